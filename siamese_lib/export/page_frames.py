"""The weights of a tower at many frames, small enough for a page.

A weight is stored as a whole number of steps. Each channel of a convolution's output has its own
step, and so has each bias: the largest value of any frame is 2^(bits - 1) - 1 steps. A frame holds
the differences from the frame before it, as 16-bit numbers in which small differences of either
sign are small. All low bytes come first, then all high bytes, and both are deflated.

What the bits cost was measured on a run such as chapter 4's: 160,258 weights in 38 frames, a margin
of 1, and 1,000 test images. ``make bench BENCH_ARGS=pages`` measures it again. Without differences,
8 bits would take 7 MB and 16 bits 15 MB.

==== =========== ============================== ============================
bits in the page error of a place, in margins   precision@7, of 0.861 exact
==== =========== ============================== ============================
8    3.5 MB      0.0045 mean, 0.023 at most     0.861
10   5.5 MB      0.0011 mean, 0.0053 at most    0.860
16   11.6 MB     0.00002 mean, 0.0001 at most   0.861
==== =========== ============================== ============================

On a map where the margin takes 110 pixels, 8 bits put an image up to 2.6 pixels away, and 10 bits
less than one. With 16 bits, a page of 10,000 test and 10,000 training digits would have 19 MB.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Rounded(NamedTuple):
    """Weights of F frames as whole numbers of steps.

    Attributes:
        levels: for each weight int16 (F, ..., channels).
        steps: for each weight float32 (channels,).
    """

    levels: list[np.ndarray]
    steps: list[np.ndarray]

    @property
    def weights(self) -> list[np.ndarray]:
        """The weights that a page reads, float32 (F, ..., channels) each."""
        return [levels * step for levels, step in zip(self.levels, self.steps, strict=True)]


def rounded(weights: Sequence[np.ndarray], bits: int) -> Rounded:
    """Round weights.

    Args:
        weights: for each weight of a tower, float (F, ..., channels).
        bits: of a weight, from 2 to 16.
    """
    most = 2 ** (bits - 1) - 1
    found = Rounded([], [])
    for weight in weights:
        largest = np.abs(weight).max(axis=tuple(range(weight.ndim - 1)))
        step = np.where(largest > 0, largest / most, 1).astype(np.float32)
        found.levels.append(np.rint(weight / step).clip(-most, most).astype(np.int16))
        found.steps.append(step)
    return found


def packed_frames(given: Rounded) -> dict[str, Any]:
    """Pack rounded weights for `page_frames.js`.

    Returns:
        ``count``, of the frames; ``steps``, float32 bytes of all channels of all weights; and
        ``data``, as the module says, deflated.
    """
    count = len(given.levels[0])
    levels = np.concatenate([level.reshape(count, -1) for level in given.levels], axis=1)
    change = np.diff(levels, axis=0, prepend=np.zeros_like(levels[:1]))  # modulo 2^16
    folded = ((change << 1) ^ (change >> 15)).astype("<i2")  # 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
    planes = folded.view(np.uint8).reshape(-1, 2).T.tobytes()
    # Weights have no repeated passages. Runs of zeros are enough to look for, and found quickly.
    deflate = zlib.compressobj(6, strategy=zlib.Z_RLE)
    return {
        "count": count,
        "steps": np.concatenate(given.steps).astype("<f4").tobytes(),
        "data": deflate.compress(planes) + deflate.flush(),
    }
