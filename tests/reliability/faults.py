"""What people bring that is not as it should be, and what they get back.

Each area has a table of faults (``test_folders.py``, ...). A row says in words what is given and
what comes back, and holds the code that tries it. ``README.md`` is the table of all areas.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong.

    Attributes:
        given: what somebody brings, in words.
        back: what comes back, in words.
        says: a regular expression for what the user sees: the message of the error, the
            warnings, and what `act` returns, as text.
        act: does it in a folder of its own, and returns what the user sees besides.
        prepare: puts files into that folder first. None of them may change or vanish.
        error: the type of the error that is raised; None if none is.
    """

    given: str
    back: str
    says: str
    act: Callable[[Path], object]
    prepare: Callable[[Path], object] = lambda _: None
    error: type[Exception] | None = None


def check(fault: Fault, folder: Path) -> None:
    """Try a fault; fail if something else comes back, or if a file of the user's is lost."""
    fault.prepare(folder)
    before = contents(folder)
    seen, raised = outcome(fault.act, folder)
    assert raised is None or fault.error, f"{fault.given}: {raised!r}"
    assert fault.error is None or isinstance(raised, fault.error), f"{fault.given}: {seen}"
    assert re.search(fault.says, seen), f"{fault.given}: {seen}"
    after = contents(folder)
    assert {name: after.get(name) for name in before} == before, f"{fault.given}: lost a file"


def outcome(act: Callable[[Path], object], folder: Path) -> tuple[str, Exception | None]:
    """Return what the user sees of `act`, and the error that it raised."""
    raised, answer = None, None
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            answer = act(folder)
        except Exception as error:
            raised = error
    said = [str(each.message) for each in warned]
    return "\n".join([str(answer if raised is None else raised), *said]), raised


def contents(folder: Path) -> dict[str, str]:
    """Return the checksum of each file below `folder`, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def table(areas: Mapping[str, Mapping[str, Fault]]) -> str:
    """Write the faults of all areas as Markdown."""
    lines = []
    for area, faults in areas.items():
        lines += [f"## {area}", "", "| given | what comes back |", "| --- | --- |"]
        lines += [
            f"| {fault.given} | {fault.back} |".replace("\n", " ") for fault in faults.values()
        ]
        lines.append("")
    return "\n".join(lines)
