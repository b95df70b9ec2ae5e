"""Weights through time as arrays: what a file can hold of them, and what need be kept only once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def kept(weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return weights as arrays that a file can hold: bfloat16, which NumPy lacks, as float32."""
    arrays = [np.asarray(weight) for weight in weights]
    return [array.astype(np.float32) if array.dtype.kind == "V" else array for array in arrays]


def as_saved(weights: np.ndarray, dtype: str) -> np.ndarray:
    """Return a weight's frames (F, ...) as they are saved: floats as `dtype`, if it can hold them.

    A weight that is the same in all frames, as in a frozen layer, has one frame.
    """
    given = weights[:1] if is_constant(weights) else weights
    if given.dtype.kind != "f":
        return given
    with np.errstate(over="ignore"):
        saved = given.astype(dtype, copy=False)
    return saved if np.isfinite(saved).all() or not np.isfinite(given).all() else given


def through_time(weights: Sequence[np.ndarray]) -> np.ndarray:
    """Stack a weight's frames (F, ...). If all are one array, they take no memory of their own."""
    if all(weight is weights[0] for weight in weights):
        return np.broadcast_to(weights[0], (len(weights), *weights[0].shape))
    return np.stack(weights)


def is_constant(weights: np.ndarray) -> bool:
    """Return whether a weight's frames (F, ...) are all one array, as `through_time` left them."""
    return weights.strides[0] == 0
