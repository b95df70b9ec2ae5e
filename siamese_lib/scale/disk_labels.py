"""Labels and paths of a gallery on disk: as texts in its table, and as what they were."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import checked_labels
from siamese_lib.texts import shortened

_NAMES = {"int": "whole numbers", "str": "strings"}


def words_of(
    labels: ArrayLike | Sequence[object], known: str | None, count: int | None = None
) -> tuple[list[str], str]:
    """Return labels as texts, and their kind.

    Args:
        labels: whole numbers or strings, (N,).
        known: the kind of the labels that the gallery has, "int" or "str"; None if it has none.
        count: N, if it is known.

    Raises:
        ValueError: they are something else, or of the other kind.
    """
    given = checked_labels(labels, count=count)
    kind = "str" if given.dtype.kind == "U" else "int"
    if given.size and known not in (None, kind):
        raise ValueError(
            f"labels are {_NAMES[kind]}; expected {_NAMES[str(known)]}, which the gallery has. "
            "Pass labels of its kind."
        )
    words = [str(label) for label in given.tolist()]
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"labels hold {word!r}, which cannot be written as UTF-8; expected texts that can. "
                "Give this class another name."
            ) from None
    return words, kind


def check_there(labels: object, count: int) -> None:
    """Check that a search that is limited to some classes has something to find.

    Raises:
        ValueError: there is no embedding of these classes.
    """
    if labels is not None and not count:
        raise ValueError(
            f"labels are {shortened(repr(labels))}; expected classes of which the gallery has "
            "embeddings. Check how they are written: it has none of these."
        )


def files_of(paths: Iterable[str | os.PathLike[str]], count: int) -> list[bytes]:
    """Return paths as bytes, since a name of a file need not be text.

    Raises:
        ValueError: there are not `count`.
    """
    files = [os.fsencode(path) for path in paths]
    if len(files) != count:
        raise ValueError(
            f"paths: got {len(files):,} for {count:,} embeddings; expected one for each."
        )
    return files


def labels_from(words: np.ndarray, kind: str | None) -> np.ndarray:
    """Return labels of any shape from their texts: int64, str, or objects if some are None."""
    made = converted(words, int if kind == "int" else str)
    if any(label is None for label in made.flat):
        return made
    return checked_labels(made.ravel()).reshape(made.shape)


def converted(values: np.ndarray, read: Callable[[Any], object]) -> np.ndarray:
    """Return objects of the same shape: None stays, and what is there is read."""
    made = np.empty(np.size(values), object)
    made[:] = [None if value is None else read(value) for value in np.ravel(values)]
    return made.reshape(np.shape(values))
