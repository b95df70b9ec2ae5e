"""What is compared when a chapter is run again: in a measured cell, the words without numbers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    path = Path(__file__).parents[1] / "conftest.py"
    spec = importlib.util.spec_from_file_location("root_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("saved", "new", "same"),
    [
        ("precision@7: 0.9712, above 0.9: True", "precision@7: 0.98, above 0.9: True", True),
        ("precision@7: 0.9712, above 0.9: True", "precision@7: 0.8, above 0.9: False", False),
        ("costs: 1.20 0.98", "costs: 1.2e-05 10,000", True),
        ("costs: 1.20 0.98", "costs: 1.20", False),
        ("2-D:   3.1 times", "2-D:  12.1 times", True),
        ("labelled 7", "labelled x", False),
    ],
)
def test_numbers_are_masked_and_words_are_not(
    rules: ModuleType, saved: str, new: str, same: bool
) -> None:
    stream = [
        rules.without_numbers([{"output_type": "stream", "name": "stdout", "text": text}])
        for text in (saved, new)
    ]
    assert (stream[0] == stream[1]) == same
    value = [
        rules.without_numbers([{"data": {"text/plain": text, "image/png": "3"}}])
        for text in (saved, new)
    ]
    assert (value[0] == value[1]) == same
    assert value[0][0]["data"]["image/png"] == "3"
