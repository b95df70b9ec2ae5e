"""Whether the batches of a sampler hold both kinds of pairs, as a loss needs them to teach."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from siamese_lib.pairs.samplers import Pairs

_BATCHES, _PAIRS = 20, 256  # to look at: so many batches, and at least so many pairs
_HARDLY = 0.02  # share of pairs below which a kind hardly ever occurs
_MOST = 0.5  # share of batches of images that should hold both kinds


class Sampler(Protocol):
    """What decides which images make a batch, such as `PairSampler`."""

    def __len__(self) -> int:
        """Batches in an epoch."""
        ...

    def batch(self, step: int) -> np.ndarray | Pairs:
        """Indices of the images in one batch, which depend on nothing but the step."""
        ...


def check_pairs(sampler: Sampler, labels: Sequence | np.ndarray, count: int) -> None:
    """Look at the first batches of a sampler, and check what they hold.

    Args:
        sampler: draws batches of images, int (B,), or of pairs.
        labels: (N,), the class of each image.
        count: N, number of images.

    Raises:
        ValueError: an index is out of range; there is not one label for each image; or none of the
            batches of images holds both a similar and a different pair.

    Warns:
        UserWarning: similar or different pairs hardly ever occur.
    """
    first = sampler.batch(0)
    pairs = isinstance(first, tuple)
    size = len(first[0] if pairs else first)
    steps = max(_BATCHES, math.ceil(_PAIRS / max(1, size))) if pairs else _BATCHES
    batches = [first, *(sampler.batch(step) for step in range(1, steps))]
    indices = np.concatenate(
        [np.concatenate(b[:2]) if isinstance(b, tuple) else b for b in batches]
    )
    if indices.size and not 0 <= indices.min() <= indices.max() < count:
        wrong = indices.max() if indices.max() >= count else indices.min()
        raise ValueError(
            f"The sampler chooses image {wrong}; expected 0 to {count - 1}, as there are {count} "
            "images. Make it from these same images."
        )
    if pairs:
        _check_drawn_pairs(getattr(sampler, "same_fraction", None), batches)
        return
    known = np.asarray(labels)
    if len(known) != count:
        raise ValueError(
            f"data has {len(known)} labels for {count} images; expected one for each image."
        )
    if size > 1:  # one image alone is for a loss of another kind
        _check_batches(known, batches, size)


def _check_drawn_pairs(share: float | None, batches: Sequence) -> None:
    """Warn if nearly all pairs are of one kind; `share` is that of similar pairs, if known."""
    same = np.concatenate([batch[2] for batch in batches])
    if share is None:
        if len(same) < _PAIRS:
            return  # chance may leave one kind out
        share = float(np.mean(same))
    rare = min(share, 1 - share)
    if rare < _HARDLY:
        kind, does = (
            ("similar", "only pushes images apart")
            if share < 0.5
            else ("different", "pulls all images into one point")
        )
        warnings.warn(
            f"The batches hardly ever hold a {kind} pair: {rare:.1%} of the pairs are {kind}, so "
            f"training {does}. Give the sampler pairs of both kinds; half of each is usual.",
            stacklevel=4,
        )


def _check_batches(labels: np.ndarray, batches: Sequence, size: int) -> None:
    """Count the batches of images that hold both kinds of pairs."""
    sizes = [np.unique(labels[np.unique(batch)], return_counts=True)[1] for batch in batches]
    both = sum(len(counts) > 1 and counts.max() > 1 for counts in sizes)
    if both >= _MOST * len(batches):
        return
    classes = len(np.unique(labels))
    message = (
        f"{both} of {len(batches)} batches of {size} images hold both a similar and a different "
        f"pair; expected nearly all. There are {len(labels)} images in {classes} "
        f"class{'es' * (classes != 1)}. Use BalancedBatchSampler, which draws two images or "
        "more of each class that it takes, or larger batches."
    )
    if not both:
        raise ValueError(message)
    warnings.warn(message, stacklevel=4)
