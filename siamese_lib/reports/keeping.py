"""The collection that a report keeps: changes to it are never lost, and no id is given twice."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.files import digest, write_atomically
from siamese_lib.runs.collection import Collection
from siamese_lib.runs.run import Run
from siamese_lib.texts import printable

_NOTE = "made-by-report.json"  # what the collection was made of, and what was written


@dataclass(frozen=True)
class Kept:
    """What became of the collection of a report.

    Attributes:
        folder: of the collection.
        new: whether it was made now.
        changed: whether images were added or removed since it was made.
        before: the folder to which an earlier collection moved, or None.
    """

    folder: Path
    new: bool
    changed: bool
    before: Path | None

    def __str__(self) -> str:
        name = printable(self.folder)
        if self.before is not None:
            return (
                f"{name} is new, as the earlier collection does not fit these pictures and this "
                f"training; that one is in {printable(self.before)}"
            )
        if self.new:
            return f"{name} holds all pictures, to search in"
        return f"{name} stays as it is{', with your changes' if self.changed else ''}"


def keep_collection(run: Run, data: Dataset, folder: Path) -> Kept:
    """Collect all images of a data set in a folder, unless their collection is there already.

    A collection of the same images and the same training stays as it is, with all that was added
    and removed. A collection of others is replaced if nobody changed it. If somebody did, or if it
    cannot be read, it moves to a folder next to it. Ids go on where the earlier ones ended.

    Args:
        run: embeds the images.
        data: its training images come first.
        folder: of the collection.

    Raises:
        OSError: it cannot be written.
    """
    made_of, note, next_id = _digest(run, data), _note(folder), 0
    changed = note.get("written") != _written(folder)
    try:
        earlier = Collection.load(folder)
    except (ValueError, OSError):  # there is none, or it is damaged
        changed = True
    else:
        if note.get("made of") == made_of:
            return Kept(folder, new=False, changed=changed, before=None)
        next_id = earlier.next_id
    before = _moved(folder) if changed and folder.exists() else None
    # A copy, as a run that is saved counts as being in the folder where it was saved last.
    Collection.of(copy.copy(run), data, first_id=next_id).save(folder)
    facts = {"made of": made_of, "written": _written(folder)}
    write_atomically(folder / _NOTE, json.dumps(facts).encode())
    return Kept(folder, new=True, changed=False, before=before)


def _digest(run: Run, data: Dataset) -> str:
    """Return what identifies a training, images, and the names of their classes and files."""
    splits = data.train, data.test
    names = json.dumps([data.class_names, str(data.root), *(split.files for split in splits)])
    arrays = [array for split in splits for array in (split.images, split.labels)]
    return digest(run.weights(), arrays, [np.frombuffer(names.encode(), np.uint8)])


def _note(folder: Path) -> dict[str, Any]:
    """Read what was noted when the collection was made; nothing if that is not known."""
    try:
        found = json.loads((folder / _NOTE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _written(folder: Path) -> str | None:
    """Return what identifies the images, classes and ids that a collection has on disk."""
    try:
        content = (folder / "collection.json").read_bytes()
    except OSError:
        return None
    return digest([np.frombuffer(content, np.uint8)])


def _moved(folder: Path) -> Path:
    """Move a folder to a name that is free, and return it."""
    names = (folder.with_name(f"{folder.name}-{number}") for number in count(1))
    free = next(name for name in names if not name.exists())
    return folder.rename(free)
