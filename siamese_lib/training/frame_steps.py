"""The steps of a training at which a frame of weights is kept."""

from __future__ import annotations


def frame_steps(total: int, frames: int = 40) -> list[int]:
    """Return the steps at which to keep a frame: many early, when most changes, and fewer later.

    Args:
        total: steps of the whole training.
        frames: number of frames, the untrained one included; at least 2.

    Returns:
        Ascending steps from 0 to `total`, up to `frames` of them, spaced as squares.
    """
    return sorted({round(total * (i / (frames - 1)) ** 2) for i in range(frames)})
