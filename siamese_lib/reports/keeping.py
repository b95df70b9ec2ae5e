"""The collection that a report keeps: changes to it are never lost, and no id is given twice."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.files import digest, write_atomically
from siamese_lib.runs.collection import Collection
from siamese_lib.runs.last_frame import last_frame
from siamese_lib.runs.run import Run
from siamese_lib.texts import printable

_NOTE = "made-by-report.json"  # what the collection was made of, and what was written
_SKIPPED = 1_000_000  # ids: more than one collection gives
_OTHER = "does not fit these pictures and this training"
_DAMAGED = "cannot be read"


@dataclass(frozen=True)
class Kept:
    """What became of the collection of a report.

    Attributes:
        folder: of the collection.
        new: whether it was made now.
        changed: whether images were added or removed since it was made.
        before: the folder to which an earlier collection moved, or None.
        reason: what is wrong with that one, such as "cannot be read"; "" if there is none.
    """

    folder: Path
    new: bool
    changed: bool
    before: Path | None
    reason: str = ""

    def __str__(self) -> str:
        name = printable(self.folder)
        if self.before is not None:
            return (
                f"{name} is new, as the earlier collection {self.reason}; that one is in "
                f"{printable(self.before)}"
            )
        if self.new:
            return f"{name} holds all pictures, to search in"
        return f"{name} stays as it is{', with your changes' if self.changed else ''}"


def keep_collection(run: Run, data: Dataset, folder: Path) -> Kept:
    """Collect all images of a data set in a folder, unless their collection is there already.

    A collection of the same images and the same training stays as it is, with all that was added
    and removed. A collection of others is replaced if nobody changed it. If somebody did, or if it
    cannot be read, it moves to a folder next to it. Ids go on where the earlier ones ended. After a
    collection whose ids cannot be read, a million of them stay free.

    The new collection is complete before the earlier one moves, so an interruption loses neither.

    Args:
        run: embeds the images.
        data: its training images come first.
        folder: of the collection.

    Raises:
        OSError: it cannot be written.
    """
    made_of, note, reason = _digest(run, data), _note(folder), _OTHER
    changed = note.get("written") != _written(folder)
    try:
        Collection.load(folder)
    except (ValueError, OSError):  # there is none, or it is damaged
        changed, reason = True, _DAMAGED
    else:
        if note.get("made of") == made_of:
            return Kept(folder, new=False, changed=changed, before=None)
    made = folder.with_name(f".partial-{folder.name}")
    shutil.rmtree(made, ignore_errors=True)  # of an interrupted call
    first_id = _first_id(folder)
    Collection.of(last_frame(run), data, first_id=first_id).save(made)
    facts = {"made of": made_of, "written": _written(made), "first id": first_id}
    write_atomically(made / _NOTE, json.dumps(facts).encode())
    before = _moved(folder) if folder.exists() else None
    made.rename(folder)
    if before is None:
        return Kept(folder, new=True, changed=False, before=None)
    if not changed:
        shutil.rmtree(before, ignore_errors=True)
        return Kept(folder, new=True, changed=False, before=None)
    return Kept(folder, new=True, changed=False, before=before, reason=reason)


def _first_id(folder: Path) -> int:
    """Return an id above all that the collection in a folder, and earlier ones next to it, gave."""
    first = 0
    for each in (*_earlier(folder), *([folder] if folder.exists() else [])):
        known = _whole(_content(each / "collection.json"), "next_id")
        if known is None:
            known = max(first, _whole(_note(each), "first id") or 0) + _SKIPPED
        first = max(first, known)
    return first


def _earlier(folder: Path) -> list[Path]:
    """Return the folders to which earlier collections moved, the earliest first."""
    return [folder.with_name(f"{folder.name}-{number}") for number in _numbers(folder)]


def _numbers(folder: Path) -> list[int]:
    """Return the numbers of the folders to which earlier collections moved, ascending."""
    name = re.compile(rf"{re.escape(folder.name)}-([1-9][0-9]*)")
    there = (name.fullmatch(each.name) for each in folder.parent.iterdir())
    return sorted(int(found[1]) for found in there if found is not None)


def _digest(run: Run, data: Dataset) -> str:
    """Return what identifies a training, images, and the names of their classes and files."""
    splits = data.train, data.test
    names = json.dumps([data.class_names, str(data.root), *(split.files for split in splits)])
    arrays = [array for split in splits for array in (split.images, split.labels)]
    return digest(run.weights(), arrays, [np.frombuffer(names.encode(), np.uint8)])


def _note(folder: Path) -> dict[str, Any]:
    """Read what was noted when the collection was made; nothing if that is not known."""
    return _content(folder / _NOTE)


def _content(file: Path) -> dict[str, Any]:
    """Read an object of JSON; an empty one if there is none."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _whole(facts: dict[str, Any], name: str) -> int | None:
    """Return a whole number of 0 or more; None if there is none of this name."""
    found = facts.get(name)
    return found if type(found) is int and found >= 0 else None


def _written(folder: Path) -> str | None:
    """Return what identifies the images, classes and ids that a collection has on disk."""
    try:
        content = (folder / "collection.json").read_bytes()
    except OSError:
        return None
    return digest([np.frombuffer(content, np.uint8)])


def _moved(folder: Path) -> Path:
    """Move a folder to a name that is free, with a number above those next to it; return it."""
    number = 1 + max(_numbers(folder), default=0)
    return folder.rename(folder.with_name(f"{folder.name}-{number}"))
