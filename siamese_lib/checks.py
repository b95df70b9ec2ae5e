"""Checks of arguments, shared by every folder."""

from __future__ import annotations

import operator
from typing import SupportsIndex


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
