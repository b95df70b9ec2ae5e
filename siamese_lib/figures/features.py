"""What a network computes inside, as pictures: filters and feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.colors import PALETTE, rgb
from siamese_lib.figures import given
from siamese_lib.figures.pictures import image_grid
from siamese_lib.figures.style import Figure

_POSITIVE, _NEGATIVE = rgb(PALETTE[0]), rgb(PALETTE[1])
_SIDE = 28  # pixels; smaller maps are enlarged to this, evenly if it is a multiple of theirs


def feature_maps(
    maps: Sequence[ArrayLike],
    titles: Sequence[object] | np.ndarray | None = None,
    *,
    columns: int = 8,
) -> Figure:
    """Lay out arrays of any scale and sign: positive in orange, negative in blue, zero in black.

    Each map is scaled by its own largest magnitude, so that weak maps show their pattern too. All
    maps are drawn at one size, without smoothing.

    Args:
        maps: N float arrays (H, W), at least one. Their sizes may differ.
        titles: words under each map.
        columns: maps in a row.

    Raises:
        ValueError: a map is not two-dimensional or not finite, or there are not N titles.
    """
    arrays = [given.finite(f"maps[{place}]", one) for place, one in enumerate(maps)]
    for array in arrays:
        if array.ndim != 2 or array.size == 0:
            raise ValueError(
                f"A feature map has shape {array.shape}; expected finite numbers of shape (H, W). "
                "Give one image and one channel at a time, such as answers[0, :, :, 3]."
            )
    side = max([_SIDE, *(length for array in arrays for length in array.shape)])
    images = [_colored(_enlarged(array, side)) for array in arrays]
    return image_grid(np.array(images, np.uint8), titles, columns=columns)


def _enlarged(array: np.ndarray, side: int) -> np.ndarray:
    """Repeat rows and columns until both lengths are `side`."""
    rows, columns = (np.arange(side) * length // side for length in array.shape)
    return array[rows][:, columns]


def _colored(array: np.ndarray) -> np.ndarray:
    """Return the colours (H, W, 3), from 0 to 255, of signed numbers (H, W)."""
    strength = array / (np.abs(array).max() or 1.0)
    hue = np.where(strength[..., None] > 0, _POSITIVE, _NEGATIVE)
    return np.round(hue * np.abs(strength)[..., None])
