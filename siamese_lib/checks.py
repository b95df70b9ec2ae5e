"""Refusals in words: checks of arguments that every folder shares."""

from __future__ import annotations

import operator
from typing import SupportsIndex


def whole_number(name: str, value: SupportsIndex, least: int) -> int:
    """Return `value` as an int, or raise a ValueError that says what `name` must be."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name} must be a whole number from {least} up, got {value!r}.")
    return number
