"""What a network computes on the way, as pictures: filters and feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from siamese_lib.colors import PALETTE, rgb
from siamese_lib.figures.pictures import image_grid

_POSITIVE, _NEGATIVE = rgb(PALETTE[0]), rgb(PALETTE[1])
_SIDE = 28  # pixels; smaller maps are enlarged to this, in whole pixels where it is a multiple


def feature_maps(
    maps: Sequence[ArrayLike],
    titles: Sequence[object] | np.ndarray | None = None,
    *,
    columns: int = 8,
) -> go.Figure:
    """Lay out arrays of any scale and sign: positive in orange, negative in blue, zero in black.

    Each map is scaled by its own largest magnitude, so that faint ones show their pattern too.
    All are drawn at one size, whatever their own, without smoothing.

    Args:
        maps: float arrays (H, W), N of them, at least one; their sizes may differ.
        titles: words under each map.
        columns: maps in a row.

    Raises:
        ValueError: maps that are not two-dimensional and finite, or another number of titles.
    """
    arrays = [np.asarray(one, dtype=float) for one in maps]
    for array in arrays:
        if array.ndim != 2 or array.size == 0 or not np.isfinite(array).all():
            raise ValueError(
                f"a feature map must be finite and of shape (H, W), got {array.shape}. Give one "
                "image and one channel at a time, such as answers[0, :, :, 3]."
            )
    side = max([_SIDE, *(length for array in arrays for length in array.shape)])
    images = [_colored(_enlarged(array, side)) for array in arrays]
    return image_grid(np.array(images, np.uint8), titles, columns=columns)


def _enlarged(array: np.ndarray, side: int) -> np.ndarray:
    """Repeat rows and columns until both lengths are `side`."""
    rows, columns = (np.arange(side) * length // side for length in array.shape)
    return array[rows][:, columns]


def _colored(array: np.ndarray) -> np.ndarray:
    """Turn signed numbers (H, W) into colours (H, W, 3)."""
    strength = array / (np.abs(array).max() or 1.0)
    hue = np.where(strength[..., None] > 0, _POSITIVE, _NEGATIVE)
    return np.round(hue * np.abs(strength)[..., None])
