"""The table of faults holds what its README shows, and a fault that is not answered is seen."""

from __future__ import annotations

import importlib
import re
import warnings
from pathlib import Path

import pytest
from faults import Fault, check, table

HERE = Path(__file__).parent
TABLES = sorted(path.stem for path in HERE.glob("test_*_faults.py"))  # test_folder_faults, ...
INTRODUCTION = """# What people bring, and what they get back

Each row is tried by a test in this folder. Nothing that was there before is lost in any.
`python -m pytest tests/reliability` tries them; this page is written from their tables
(`python tests/reliability/write_table.py`).

"""


def page() -> str:
    """The page of all tables."""
    areas = {
        name.removeprefix("test_").removesuffix("_faults").replace("_", " ").capitalize(): (
            importlib.import_module(name).FAULTS
        )
        for name in TABLES
    }
    return INTRODUCTION + table(areas)


def test_the_page_shows_the_tables() -> None:
    saved = (HERE / "README.md").read_text(encoding="utf-8")
    assert saved == page(), "run: python tests/reliability/write_table.py"


def test_there_are_enough() -> None:
    rows = re.findall(r"^\| (?!given|---)", page(), re.MULTILINE)
    assert len(rows) >= 60
    assert len(TABLES) >= 10


def warned(_: Path) -> None:
    warnings.warn("one file was left out", stacklevel=1)


def refused(_: Path) -> None:
    raise ValueError("labels are floats")


def lost(folder: Path) -> str:
    (folder / "photo.png").write_text("other")
    return "done"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("a value", "", "^7$", lambda _: 7),
        Fault("a warning", "", "left out", warned),
        Fault("an error", "", "are floats", refused, error=ValueError),
    ],
    ids=lambda fault: fault.given,
)
def test_an_answer_is_taken(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("another value", "", "^8$", lambda _: 7),
        Fault("silence", "", "left out", lambda _: None),
        Fault("an error that is not in the table", "", "are floats", refused),
        Fault("no error", "", "", lambda _: None, error=ValueError),
        Fault("an error of another type", "", "are floats", refused, error=OSError),
        Fault("a lost file", "", "", lost, lambda at: (at / "photo.png").write_text("mine")),
    ],
    ids=lambda fault: fault.given,
)
def test_another_is_not(fault: Fault, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=fault.given):
        check(fault, tmp_path)
