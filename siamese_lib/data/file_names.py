"""Find images by the names of their files, or by their indices."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.texts import composed, printable

_NAMED = 3  # unknown names in an error, and names that are suggested


def rows_named(
    wanted: Iterable[str | os.PathLike[str]], files: Sequence[str], root: Path | None
) -> np.ndarray:
    """Return the places of files among those that are known.

    Args:
        wanted: names from the root, as `files` has them, or in `printable` form, or in another
            form of Unicode (`siamese_lib.texts.composed`); or absolute paths.
        files: the names that are known, from the root and with slashes.
        root: the folder; None if it is not known.

    Returns:
        int64 (n,). A name that stands several times in `files` gives all of its places.

    Raises:
        ValueError: some names are not among them; the message suggests others.
    """
    places: dict[str, list[int]] = {}
    alike: dict[str, list[int]] = {}
    for place, name in enumerate(files):
        for form in {name, printable(name)}:
            places.setdefault(form, []).append(place)
        alike.setdefault(composed(name), []).append(place)
    found: list[int] = []
    unknown = []
    for each in wanted:
        path = Path(os.fsdecode(each))
        inside = root is not None and path.is_absolute() and path.is_relative_to(root)
        name = (path.relative_to(root) if inside and root is not None else path).as_posix()
        these = places.get(name) or alike.get(composed(name), [])
        found += these
        if not these:
            unknown.append(name)
    if unknown:
        named = "; ".join(_with_similar(name, files) for name in unknown[:_NAMED])
        more = f"; and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
        raise ValueError(
            f"files: found names that no image has: {named}{more}; expected names such as "
            f"{printable(files[0])!r}. Split.files lists all of them."
            if files
            else f"files: found {printable(unknown[0])!r}, but these images have no names of "
            "files; expected images that load_folder has read. Give their indices: "
            "train=[...], test=[...]."
        )
    return np.array(found, np.int64)


def checked_rows(name: str, indices: ArrayLike, count: int) -> np.ndarray:
    """Return indices as int64 (n,).

    Args:
        name: what the error message calls them.
        indices: whole numbers, n of them.
        count: number of images.

    Raises:
        ValueError: they are not whole numbers from 0 to `count` - 1.
    """
    given = np.asarray(indices)
    if not given.size:
        return np.zeros(0, np.int64)
    fits = given.ndim == 1 and given.dtype.kind in "iu"
    if not fits or given.min() < 0 or given.max() >= count:
        found = f"{given.min()} to {given.max()}" if fits else f"{given.dtype} {given.shape}"
        raise ValueError(
            f"{name}: found {found}; expected a list of whole numbers from 0 to {count - 1:,}, "
            f"the indices of {name} images. For a mask, pass numpy.flatnonzero(mask)."
        )
    return given.astype(np.int64)


def _with_similar(name: str, files: Sequence[str]) -> str:
    """Return a name that is unknown, and the names that may have been meant."""
    base = name.rpartition("/")[2]
    same = [each for each in files if each.rpartition("/")[2] == base]
    known, least = (same, 0.0) if same else (files, 0.6)
    similar = difflib.get_close_matches(name, dict.fromkeys(known), _NAMED, least)
    words = " or ".join(repr(printable(each)) for each in similar)
    return f"{printable(name)!r}{f' (did you mean {words}?)' if words else ''}"
