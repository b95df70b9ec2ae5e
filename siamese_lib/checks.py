"""Checks of arguments, shared by every folder."""

from __future__ import annotations

import math
import numbers
import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from types import NoneType
from typing import Any, NamedTuple, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import check_unmasked, is_masked
from siamese_lib.texts import listed, printable_names


def whole_number(name: str, value: SupportsIndex, least: int) -> int:
    """Return `value` as an int.

    Args:
        name: what the error message calls the argument.
        value: a whole number of any integer type.
        least: the smallest value that is allowed.

    Raises:
        ValueError: `value` is not a whole number, or is below `least`.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name} is {value!r}; expected a whole number, {least} or more.")
    return number


def real_number(
    name: str, value: object, low: float = -math.inf, high: float = math.inf, *, ends: bool = False
) -> float:
    """Return `value` as a float.

    Args:
        name: what the error message calls the argument.
        value: a number of any type, or an array of no dimensions.
        low: the lower bound.
        high: the upper bound.
        ends: whether the bounds themselves are allowed; infinity is a bound, too.

    Raises:
        ValueError: `value` is not a number, is NaN, or is out of bounds.
    """
    number = math.nan
    if not isinstance(value, str | bytes) and getattr(value, "ndim", 0) == 0:
        with suppress(TypeError, ValueError, OverflowError):
            number = float(value)  # pyright: ignore[reportArgumentType]
    if low < number < high or (ends and (low <= number <= high)):
        return number
    if ends:
        expected = "a number" if low == -math.inf else f"a number from {low:g} to {high:g}"
    elif high < math.inf:
        expected = f"a number above {low:g} and below {high:g}"
    else:
        expected = "a finite number" if low == -math.inf else f"a number above {low:g} and finite"
    raise ValueError(f"{name} is {value!r:.200}; expected {expected}.")


def checked_class_names(names: object) -> tuple[str, ...]:
    """Return the names of classes as `printable_names`.

    Args:
        names: of class 0, of class 1, and so on.

    Raises:
        ValueError: a single text, whose letters would be the names; or two classes have one name.
    """
    if isinstance(names, str | bytes | Set) or not isinstance(names, Iterable):
        raise ValueError(
            f"class_names: found {names!r:.100}, a {type(names).__name__}; expected one name for "
            "each class, in order. For a single class, pass (name,)."
        )
    made = printable_names(names)
    several = [name for name, count in Counter(made).items() if count > 1]
    if several:
        raise ValueError(
            f"class_names: found {listed(several)} more than once; expected a name of its own for "
            "each class. Give these classes one number, or different names."
        )
    return made


class ClassNumbers(NamedTuple):
    """Labels as numbers.

    Attributes:
        numbers: int64 (N,), the class of each image, from 0 to K - 1.
        classes: int64 or str (K,), the label of each class, in order.
    """

    numbers: np.ndarray
    classes: np.ndarray


def class_numbers(
    labels: ArrayLike, name: str = "labels", *, count: int | None = None
) -> ClassNumbers:
    """Number the classes of labels, before anything casts the labels to another type.

    Args:
        labels, name, count: as for `checked_labels`.

    Returns:
        `ClassNumbers`, in which two images have the same number only if their labels are equal.

    Raises:
        ValueError: as `checked_labels`.
    """
    given = checked_labels(labels, name, count=count)
    classes, numbers = np.unique(given, return_inverse=True)
    return ClassNumbers(numbers.astype(np.int64), classes)


def checked_labels(
    labels: ArrayLike | Sequence[object],
    name: str = "labels",
    *,
    count: int | None = None,
    dimensions: int = 1,
) -> np.ndarray:
    """Return class labels as one of two types, so that equal labels compare as equal.

    Args:
        labels: one label for each image: integers of any type, booleans, strings, bytes (read as
            UTF-8), or an object array, list, or pandas column of these.
        name: what the error message calls the argument.
        count: the number of labels that are expected, if it is known.
        dimensions: 1, or 2 for (Q, k), such as the labels of neighbours.

    Returns:
        int64 or str of the shape of `labels`. Integers that do not fit into 64 bits with a sign
        stay Python integers, in an array of objects.

    Raises:
        ValueError: the labels are neither integers nor strings, some are missing (None or NaN), or
            their shape is another one.
    """
    given = array_of_labels(labels, name)
    if given.ndim != dimensions:
        expected = "(N,), one class for each image" if dimensions == 1 else "(Q, k)"
        raise ValueError(
            f"{name} have shape {given.shape}; expected {expected}. For a column pass "
            f"{name}.ravel(), for one-hot rows {name}.argmax(axis=1)."
        )
    if count is not None and len(given) != count:
        raise ValueError(
            f"{name}: got {len(given):,} labels; expected {count:,}, one for each image."
        )
    if given.dtype.kind in "OT" or (given.dtype.kind == "f" and np.isnan(given).any()):
        given = _from_objects(given, name)
    if given.dtype.kind == "S":
        given = _texts(given.ravel().tolist(), name).reshape(given.shape)
    if given.dtype.kind in "bi" or (given.dtype.kind == "u" and given.max(initial=0) < 2**63):
        return given.astype(np.int64, copy=False)
    if given.dtype.kind == "u":
        return given.astype(object)
    if given.dtype.kind not in "UO":
        raise ValueError(
            f"{name} are {given.dtype}; expected integers or strings. If these are class numbers, "
            f"pass {name}.astype(int)."
        )
    return given


def joined_labels(first: np.ndarray, second: np.ndarray, names: tuple[str, str]) -> np.ndarray:
    """Join the labels of two arrays that `checked_labels` returned, to number them together.

    Raises:
        ValueError: one has integers and the other strings, which would never be equal.
    """
    kinds = {array.dtype.kind == "U" for array in (first, second) if array.size}
    if len(kinds) > 1:
        raise ValueError(
            f"{names[0]} are {first.dtype} and {names[1]} {second.dtype}; expected integers for "
            "both, or strings for both."
        )
    return np.concatenate([first.ravel(), second.ravel()])


def array_of_labels(labels: Any, name: str = "labels") -> np.ndarray:
    """Return labels as an array before they are checked, so that its shape is known.

    A list becomes an array of objects, since NumPy would turn [1, "a"] into text.

    Raises:
        ValueError: `labels` are a single text, a mapping or a set; or their lists differ in length.
    """
    if isinstance(labels, str | bytes | Mapping | Set):
        raise ValueError(
            f"{name} are a {type(labels).__name__}; expected one label for each image, in a list "
            "or an array."
        )
    if is_masked(type(labels)):
        return np.where(np.ma.getmaskarray(labels), np.array(None, object), np.asarray(labels))
    if not isinstance(labels, list | tuple):
        return np.asarray(labels)
    check_unmasked(name, labels)
    flat: list[Any] = [[]]
    with suppress(ValueError):  # raised for rows that are arrays of different shapes
        flat = np.array(labels, object).ravel().tolist()
    if any(isinstance(each, list | tuple | np.ndarray) for each in flat):
        raise ValueError(
            f"{name} are lists of different lengths; expected one label for each image, or (Q, k), "
            "as many neighbours for each query."
        )
    plain = all(isinstance(each, str | bytes | numbers.Integral | NoneType) for each in flat)
    mixed = any(isinstance(each, str | bytes | NoneType) for each in flat)
    return np.array(labels, object) if plain or mixed else np.asarray(labels)


def _from_objects(given: np.ndarray, name: str) -> np.ndarray:
    """Return an array of objects as integers or strings."""
    values = given.ravel().tolist()
    missing = [place for place, each in enumerate(values) if _is_missing(each)]
    if missing:
        raise ValueError(
            f"{name} are {given.dtype}, and {len(missing):,} of {len(values):,} are missing (None "
            f"or NaN), the first in row {missing[0] // (given[:1].size or 1)}; expected a class "
            "for each image. Leave these images out, or give them a class of their own."
        )
    if all(isinstance(each, str | bytes) for each in values):
        return _texts(values, name).reshape(given.shape)
    if all(isinstance(each, bool | numbers.Integral | np.bool_) for each in values):
        whole = np.array([int(each) for each in values], object).reshape(given.shape)
        fits = all(-(2**63) <= each < 2**63 for each in whole.ravel())
        return whole.astype(np.int64) if fits else whole
    kinds = sorted({type(each).__name__ for each in values})
    raise ValueError(
        f"{name} hold {' and '.join(kinds[:5])}; expected integers for all or strings for all. "
        f"Pass [str(label) for label in {name}]."
    )


def _is_missing(value: object) -> bool:
    """Return whether a value is None, NaN, or what pandas puts in place of a missing one."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def _texts(values: Sequence[str | bytes], name: str) -> np.ndarray:
    """Return texts and bytes as an array of strings, none of which were different and now agree."""
    made = [
        each.decode("utf-8", "backslashreplace") if isinstance(each, bytes) else str(each)
        for each in values
    ]
    for text in made:
        if text.endswith("\0"):
            raise ValueError(
                f"{name} hold {text!r}, which ends with a null character; expected texts without "
                f"one, since NumPy drops it. Pass [label.rstrip({text[-1]!r}) for label in {name}]."
            )
    read = {
        each.decode("utf-8", "surrogateescape") if isinstance(each, bytes) else each
        for each in values
    }  # different for different bytes
    if len(read) > len(set(made)):
        raise ValueError(
            f"{name} hold bytes that are not UTF-8, and become the text of another label; expected "
            "labels that stay different. Decode them first, such as with label.decode('latin-1')."
        )
    return np.array(made, str)
