"""Check the parts of a run: what they are, and whether they fit each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import plain_array


def checked_steps(steps: ArrayLike) -> np.ndarray:
    """Return the steps of frames as int64 (F,).

    Raises:
        ValueError: they are not ascending whole numbers, 0 or more, or there is none.
    """
    given = plain_array("steps", steps)
    whole = given.ndim == 1 and given.size and given.dtype.kind in "iu"
    if not whole or given.min() < 0 or given.max() >= 2**63 or (given[1:] <= given[:-1]).any():
        raise ValueError(
            f"steps: got {given.tolist()!r:.200}; expected ascending whole numbers, 0 or more, at "
            "least one."
        )
    return given.astype(np.int64)


def checked_white(white: int | None) -> int | None:
    """Return the largest pixel in training; ValueError unless it is 255, 1 or None."""
    if white is None or (not isinstance(white, str) and white in (1, 255)):
        return None if white is None else int(white)
    raise ValueError(
        f"white is {white!r}; expected 255 or 1, the largest pixel in training, or None."
    )


def checked_fingerprints(trained_on: ArrayLike | None) -> np.ndarray | None:
    """Return fingerprints of images as uint64 (M,), ascending and each once.

    Raises:
        ValueError: they are not whole numbers, 0 or more.
    """
    if trained_on is None:
        return None
    given = plain_array("trained_on", trained_on)
    if given.size and (given.dtype.kind not in "iu" or given.min() < 0):
        raise ValueError(
            f"trained_on: got {given.dtype} from {given.min()}; expected fingerprints of images, "
            "uint64. Pass fingerprints(images)."
        )
    return np.unique(given.astype(np.uint64))


def check_parts(
    steps: np.ndarray, frames: Sequence[np.ndarray], history: Mapping[str, Sequence[float]]
) -> None:
    """Check that the parts of a run fit each other.

    Raises:
        ValueError: they do not, or a weight is NaN or infinite.
    """
    counts = {len(array) for array in frames}
    if counts != {len(steps)}:
        raise ValueError(
            f"frames: got {' or '.join(map(str, sorted(counts)))} frames of weights; expected "
            f"one for each of {len(steps)} steps."
        )
    lengths = {name: len(column) for name, column in history.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"history: got columns of {lengths} rows; expected equal lengths.")
    for number, array in enumerate(frames):
        part = array[:1] if array.strides[0] == 0 else array  # of a frozen weight
        if part.size and not (np.isfinite(part.min()) and np.isfinite(part.max())):
            wrong = np.flatnonzero(~np.isfinite(part.reshape(len(part), -1)).all(axis=1))
            raise ValueError(
                f"frames: weight {number} is NaN or infinite in {len(wrong)} of {len(part)} "
                f"frames, the first at step {steps[wrong[0]]}; expected finite numbers, as "
                "such a tower embeds nothing. Leave these frames out."
            )
