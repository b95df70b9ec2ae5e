"""Check the numbers of a figure: what cannot be drawn as it is meant is refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_lib.arrays import as_numbers, plain_array


def numbers(name: str, values: Any) -> np.ndarray:
    """Return numbers as float64 of any shape. None becomes NaN.

    Raises:
        ValueError: these are no real numbers, some are masked, or lists differ in length.
    """
    given = plain_array(name, values)
    if given.dtype.kind not in "cSU":
        try:
            return given.astype(float)
        except (TypeError, ValueError):
            pass
    raise ValueError(
        f"{name}: got {given.dtype} of shape {given.shape}; expected real numbers. "
        f"{as_numbers(given, name)}"
    )


def finite(name: str, values: Any) -> np.ndarray:
    """Return finite numbers as float64.

    Raises:
        ValueError: as `numbers`, or some are NaN or infinite.
    """
    given = numbers(name, values)
    wild = ~np.isfinite(given)
    if wild.any():
        raise ValueError(
            f"{name}: got NaN or infinity in {wild.sum():,} of {given.size:,} places; expected "
            "finite numbers. Leave these out, or find out what diverged."
        )
    return given


def shares(name: str, values: Any) -> np.ndarray:
    """Return shares from 0 to 1 as float64.

    Raises:
        ValueError: as `finite`, or some are below 0 or above 1.
    """
    given = finite(name, values)
    if given.size and not 0 <= given.min() <= given.max() <= 1:
        percent = " Divide percent by 100." if given.min() >= 0 and given.max() <= 100 else ""
        raise ValueError(
            f"{name}: got {given.min():g} to {given.max():g}; expected shares from 0 to 1.{percent}"
        )
    return given


def ascending(name: str, values: Any, *, strictly: bool = False) -> np.ndarray:
    """Return numbers (N,) that never fall, as float64.

    Args:
        name: what the error message calls them.
        values: numbers (N,).
        strictly: whether no two may be equal.

    Raises:
        ValueError: as `finite`, or a number is below the one before it, or equal to it.
    """
    given = finite(name, values)
    if given.ndim != 1:
        raise ValueError(
            f"{name}: got shape {given.shape}; expected (N,), one number after another."
        )
    steps = np.diff(given)
    falls = np.flatnonzero(steps <= 0 if strictly else steps < 0)
    if falls.size:
        first, second = given[falls[0] : falls[0] + 2]
        raise ValueError(
            f"{name}: got {second:g} after {first:g}; expected ascending numbers. Sort them, and "
            "what belongs to them in the same order."
        )
    return given


def decimals(extent: float) -> int:
    """Return how many decimals a coordinate needs, in a figure of this extent; at least 3."""
    return min(max(3, 3 - int(np.floor(np.log10(extent)))), 300) if extent > 0 else 3
