"""The examples in the library's docstrings do what they say."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.data import named_sets

ROOT = Path(__file__).parents[1]
# What a user meets first.
FIRST = (
    "BalancedBatchSampler",
    "ContrastiveLoss",
    "EmbeddingView",
    "Gallery",
    "ImageBatches",
    "InBatchContrastiveLoss",
    "PairSampler",
    "Recorder",
    "RetrievalExplorer",
    "compile_options",
    "conv_tower",
    "evaluate",
    "export_html",
    "load_dataset",
    "load_folder",
    "precision_at_k",
    "shipped_run",
)


def examples() -> Iterator[doctest.DocTest]:
    """Every docstring with an example, read from the source, so that nothing is imported for it."""
    parser = doctest.DocTestParser()
    for path in sorted((ROOT / "siamese_lib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                words = ast.get_docstring(node, clean=False) or ""
                found = parser.get_doctest(words, {}, node.name, str(path), node.body[0].lineno - 1)
                if found.examples:
                    yield found


EXAMPLES = list(examples())


def test_what_a_user_meets_first_has_an_example() -> None:
    assert set(FIRST) <= {example.name for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_gives_what_it_shows(
    example: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Only the offline digits are there, on any machine.
    monkeypatch.delenv("SIAMESE_DATA", raising=False)
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(named_sets, "fetch", lambda *_, **__: None)
    example.globs = {"np": np, "sl": sl}
    said: list[str] = []
    result = doctest.DocTestRunner().run(example, out=said.append)
    assert result.failed == 0, "".join(said)
