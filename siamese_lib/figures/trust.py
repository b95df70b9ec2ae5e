"""Sizes of points by how far each can be trusted, as the maps in the page draw them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.figures import given

# As in views/js/trust.js; a test compares the two.
SIZES = 5  # of sizes, from the smallest to the full one
SMALLEST = 0.3  # of the full diameter


def checked_trust(trust: ArrayLike, count: int) -> np.ndarray:
    """Return shares (N,) from 0 to 1 in single precision, as the page gets them.

    Raises:
        ValueError: these are not `count` numbers from 0 to 1.
    """
    shares = given.shares("trust", trust)
    if shares.shape != (count,):
        raise ValueError(
            f"trust: got shape {shares.shape}; expected ({count},), one number for each point."
        )
    return shares.astype(np.float32)


def diameters(shares: np.ndarray) -> np.ndarray:
    """Return the share of the full diameter that each point (N,) has."""
    return SMALLEST + (1 - SMALLEST) * _rounded(SIZES * shares.astype(float)) / SIZES


def words(shares: np.ndarray) -> list[str]:
    """Return what each point (N,) says of its trust."""
    return [f"trust {percent:.0f} %" for percent in _rounded(100 * shares.astype(float))]


def _rounded(numbers: np.ndarray) -> np.ndarray:
    """Round numbers of 0 or more; halves go up, as in JavaScript."""
    return np.floor(numbers + 0.5)
