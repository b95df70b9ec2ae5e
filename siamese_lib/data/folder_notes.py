"""What `load_folder` says of a folder: what was left out, and what may not be as expected."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from siamese_lib.data.folder_parts import FolderPart
from siamese_lib.data.walking import Walk
from siamese_lib.texts import composed, listed, printable, shortened

_NAMED = 10  # files that a warning names


def said_of(walk: Walk, parts: Sequence[FolderPart]) -> Iterator[str]:
    """Yield what there is to say of a folder and of its images, each in full sentences."""
    yield from _left_out(walk)
    yield from walk.notes
    yield from _alike(parts)
    yield from _depths(parts)
    yield from _nested(parts)


def _left_out(walk: Walk) -> list[str]:
    """Say in one line what was left out: by name what should have been read, others by suffix."""
    if not walk.skipped:
        return []
    named = [shortened(printable(each), 160).rstrip(".") for each in walk.skipped if not each.kind]
    all_of_them = "Dataset.skipped lists all of them."
    if not named:
        return [f"files left out, as their kinds are not read: {_kinds(walk)}. {all_of_them}"]
    more = f"; and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    words = "; ".join(named[:_NAMED]) + more
    if len(named) < len(walk.skipped):
        words += f"; and files of kinds that are not read: {_kinds(walk)}"
    count = len(walk.skipped)
    return [f"{count:,} of its files and folders were left out: {words}. {all_of_them}"]


def _kinds(walk: Walk) -> str:
    """Say how many files are of kinds that are not read, by suffix."""
    kinds = Counter(each.kind for each in walk.skipped if each.kind)
    first = {each.kind: each.path for each in reversed(walk.skipped)}
    counts = "; ".join(
        f"{printable(kind)}{f' {n:,}' if len(kinds) > 1 else ''}, such as "
        f"{shortened(printable(first[kind]), 80)}"
        for kind, n in kinds.most_common(_NAMED)
    )
    return f"{kinds.total():,} ({counts}{'; …' if len(kinds) > _NAMED else ''})"


def _alike(parts: Sequence[FolderPart]) -> Iterator[str]:
    """Say which class folders have names that look alike, or differ in capital letters only."""
    forms: dict[str, set[str]] = {}
    cases: dict[str, set[str]] = {}
    for name in {name for part in parts for name in part.folders.classes}:
        forms.setdefault(composed(name), set()).add(name)
    for name in forms:
        cases.setdefault(name.casefold(), set()).add(name)
    joined = sorted(name for name, written in forms.items() if len(written) > 1)
    if joined:
        yield (
            f"Names that look alike are written in two forms of Unicode ({listed(joined)}): the "
            "folders of one such name are one class."
        )
    differing = sorted(" and ".join(sorted(names)) for names in cases.values() if len(names) > 1)
    if differing:
        yield (
            f"Some names differ in capital letters only ({listed(differing)}), and are different "
            "classes. If they mean one class, give their folders one name."
        )


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
        folders = set(part.folders.classes.values())
        for file in part.files:
            folder = next(each for each in file.parents if each in folders)
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
