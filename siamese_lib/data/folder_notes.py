"""What `load_folder` says of a folder: what was left out, and what may not be as expected."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from siamese_lib.data.folder_parts import FolderPart
from siamese_lib.data.walking import Walk
from siamese_lib.texts import printable, shortened

_NAMED = 10  # files that a warning names


def said_of(walk: Walk, parts: Sequence[FolderPart]) -> Iterator[str]:
    """Yield what there is to say of a folder and of its images, each in full sentences."""
    yield from _left_out(walk)
    yield from walk.notes
    yield from _depths(parts)
    yield from _nested(parts)


def _left_out(walk: Walk) -> list[str]:
    """Say in one line what was left out: by name what should have been read, others by suffix."""
    if not walk.skipped:
        return []
    named = [shortened(printable(each), 160).rstrip(".") for each in walk.skipped if not each.kind]
    kinds = Counter(each.kind for each in walk.skipped if each.kind)
    words = []
    if named:
        more = f"; and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
        words.append("; ".join(named[:_NAMED]) + more)
    if kinds:
        first = {each.kind: each.path for each in reversed(walk.skipped)}
        counts = "; ".join(
            f"{printable(kind)} {n:,}, such as {shortened(printable(first[kind]), 80)}"
            for kind, n in kinds.most_common(_NAMED)
        )
        more = "; …" if len(kinds) > _NAMED else ""
        words.append(f"{kinds.total():,} of other kinds than pictures ({counts}{more})")
    count = len(walk.skipped)
    left_out = f"{count:,} of its files and folders were left out: {'; and '.join(words)}. "
    return [left_out + "Dataset.skipped lists all of them."]


def _depths(parts: Sequence[FolderPart]) -> list[str]:
    """Say if pictures of more than 8 bits were not scaled alike."""
    whites = Counter(each.white for part in parts for each in part.found if each.white is not None)
    if len(whites) < 2:
        return []
    counts = " and ".join(f"{white:,} in {n:,}" for white, n in sorted(whites.items()))
    words = (
        "its pictures of more than 8 bits were not scaled alike, as their files do not say how "
        f"many bits they use: white is {counts} of them. If one camera took them, save them with "
        "8 bits, scaled alike."
    )
    return [words]


def _nested(parts: Sequence[FolderPart]) -> list[str]:
    """Say if no class folder holds a picture itself, as the folders in them may be the classes."""
    inner: dict[Path, set[str]] = {}
    for part in parts:
        for name, file in zip(part.classes, part.files, strict=True):
            folder = part.folders.classes[name]
            inner.setdefault(folder, set()).add(file.relative_to(folder).parts[0])
            if file.parent == folder:
                return []
    if len(inner) < 2 or min(map(len, inner.values())) < 2:
        return []
    first = min(inner)
    words = (
        f"all images of its {len(inner)} class folders are in folders further down, such as "
        f"{first.name}{os.sep}{min(inner[first])}. If those are the classes, load the folder "
        f"around them, such as {first}."
    )
    return [words]
