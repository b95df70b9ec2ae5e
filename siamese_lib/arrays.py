"""Arrays of numbers at the boundary: nothing masked, nothing ragged, no other dtype."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray


class OnDisk(ABC):
    """Images on disk that stand for one array: rows are read when they are asked for.

    Attributes:
        shape: (N, H, W, C).
        dtype: of the pixels.
        fingerprints: of each image, uint64 (N,), as `siamese_lib.data.fingerprints` computes them.
    """

    shape: tuple[int, int, int, int]
    dtype: np.dtype
    fingerprints: NDArray[np.uint64]

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows."""

    @abstractmethod
    def __getitem__(self, key: Any) -> np.ndarray:
        """Read rows."""

    @abstractmethod
    def rows(self, chosen: Any) -> OnDisk:
        """Return some rows, which stay on disk."""

    @abstractmethod
    def blocks(self, most: int | None = None) -> Iterator[np.ndarray]:
        """Read all rows, up to `most` at a time. Yield at least one block, perhaps an empty one."""


def taken(array: np.ndarray, rows: Any) -> np.ndarray:
    """Return the rows of an array that an index chooses. Those of an `OnDisk` stay on disk."""
    return cast(np.ndarray, array.rows(rows)) if isinstance(array, OnDisk) else array[rows]


def in_blocks(array: np.ndarray, most: int | None = None) -> Iterator[np.ndarray]:
    """Yield an array as it is; an `OnDisk` in blocks of up to `most` rows."""
    yield from array.blocks(most) if isinstance(array, OnDisk) else [array]


def plain_array(
    name: str,
    values: Any,
    parts: str = "rows",
    expected: str = "rows of one length. Give each row the same number of entries",
) -> np.ndarray:
    """Return values as an array, of which no entry is masked.

    NumPy forgets the mask of an array where it needs a plain one, and goes on with the numbers
    below the mask. So whatever takes arrays takes them through this function.

    Args:
        name: what the error message calls the argument, as Python code.
        values: an array, or numbers in nested lists. A masked array without masked entries is
            taken.
        parts: what the error message calls the members of a list.
        expected: what was expected in place of a list whose members differ in length, and what
            to do.

    Raises:
        ValueError: entries are masked, or the members of a list differ in length.
    """
    check_unmasked(name, values)
    if isinstance(values, OnDisk):  # its own error says how much memory it needs
        return np.asarray(values)
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name}: got {parts} of different shapes ({error}); expected {expected}."
        ) from None


def check_unmasked(name: str, values: Any) -> None:
    """Raise ValueError if entries are masked, of an array or of the arrays in a list."""
    inside = isinstance(values, list | tuple) and any(map(is_masked, set(map(type, values))))
    parts: Sequence[Any] = values if inside else [values]
    for part in parts:
        masked = part.mask if is_masked(type(part)) else False
        if np.any(masked):
            everywhere = np.broadcast_to(masked, part.shape)
            raise ValueError(
                f"{name}: got a masked array, of which {everywhere.sum():,} of {part.size:,} "
                f"entries are masked, the first in row {np.argwhere(everywhere)[0, :1].sum()}; "
                "expected an array of which no entry is masked. Leave these entries out, or pass "
                f"{name}.filled(value)."
            )


def is_masked(kind: type) -> bool:
    """Return whether a type is a masked array; by name, as numpy.ma takes time to import."""
    return any(each.__name__ == "MaskedArray" for each in kind.__mro__)


def real_array(name: str, values: Any) -> np.ndarray:
    """Return real numbers as an array, as `plain_array`, of their own dtype.

    Raises:
        ValueError: as `plain_array`, or the dtype is not one of integers, floats or booleans.
    """
    given = plain_array(name, values)
    if given.dtype.kind not in "biuf":
        raise ValueError(
            f"{name}: got {given.dtype} of shape {given.shape}; expected real numbers. "
            f"{as_numbers(given, name)}"
        )
    return given


def as_numbers(given: np.ndarray, name: str) -> str:
    """Say in a full sentence how to make an array of numbers of an array of another dtype."""
    if given.dtype.kind == "c":
        return f"Pass {name}.real."
    ways: dict[str, Callable[[], np.ndarray]] = {
        f"{name}.astype(float)": lambda: given.astype(float)
    }
    if given.dtype == object and given.size:
        ways[f"numpy.stack({name})"] = lambda: np.stack(list(given))
    for code, make in ways.items():
        with suppress(ValueError, TypeError):
            if make().dtype.kind in "buif":
                return f"Pass {code}."
    return "Make one array of numbers of them first, of parts of one shape."


def are_same(values: Any, name: str = "same") -> np.ndarray:
    """Return which pairs are similar, bool of the shape of `values`.

    Args:
        values: 1 or True for a similar pair, 0 or False for a different one: numbers of any type,
            booleans, or objects that are these, as in a pandas column.
        name: what the error message calls the argument.

    Raises:
        ValueError: an entry is another one, or is masked.
    """
    given = plain_array(name, values)
    kinds = bool, np.bool_, numbers.Real
    known = given.dtype.kind in "biuf" or (
        given.dtype == object and all(isinstance(each, kinds) for each in given.flat)
    )
    good = (given == 0) | (given == 1) if known else np.zeros(given.shape, bool)
    if not np.all(good):
        wrong = list(dict.fromkeys(str(each) for each in given[~good].flat))[:5]
        kind = "" if known else f", of the type {type(given.flat[0]).__name__}"
        raise ValueError(
            f"{name} holds {', '.join(wrong)}{kind}; expected the number 1 for same and 0 for "
            "different."
        )
    return given.astype(bool)
