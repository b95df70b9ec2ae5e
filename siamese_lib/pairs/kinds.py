"""Whether the batches of a sampler hold both kinds of pairs, as a loss needs them to teach."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from siamese_lib.arrays import are_same
from siamese_lib.checks import class_numbers
from siamese_lib.pairs.samplers import Pairs

_BATCHES, _PAIRS = 20, 256  # to look at: so many batches, and at least so many pairs
_HARDLY = 0.02  # share of pairs below which a kind hardly ever occurs
_MOST = 0.5  # share of batches of images that should hold both kinds


class RareKind(NamedTuple):
    """A kind of pairs that hardly ever occurs.

    Attributes:
        kind: "similar" or "different".
        text: what that does, and what to do.
    """

    kind: str
    text: str


class Sampler(Protocol):
    """What decides which images make a batch, such as `PairSampler`."""

    def __len__(self) -> int:
        """Batches in an epoch."""
        ...

    def batch(self, step: int) -> np.ndarray | Pairs:
        """Indices of the images in one batch, which depend on nothing but the step."""
        ...


def checked_batch(batch: object, count: int) -> np.ndarray | Pairs:
    """Check what a sampler returned for one step, and return it as arrays.

    Args:
        batch: indices of images, integers (B,); or of pairs: left (B,), right (B,), and whether
            they are similar (B,).
        count: N, number of images.

    Raises:
        ValueError: it is empty, has another shape or type, or an index is out of range.
    """
    pairs = isinstance(batch, tuple)
    given = [np.asarray(part) for part in batch] if pairs else [np.asarray(batch)]
    shapes = [part.shape for part in given]
    indices = given[:2]
    whole = all(part.dtype.kind in "iu" for part in indices)
    if len(given) != (3 if pairs else 1) or len(set(shapes)) > 1 or len(shapes[0]) != 1:
        found = f"{len(given)} arrays" if pairs else "an array"
        raise ValueError(
            f"The sampler returns {found} of shape {' and '.join(map(str, shapes))}; expected "
            "indices of images, (B,), or a tuple of left, right and same, each (B,)."
        )
    if not shapes[0][0]:
        raise ValueError("The sampler returns an empty batch; expected one image or more.")
    if not whole:
        raise ValueError(
            f"The sampler returns {indices[0].dtype}; expected indices of images, integers from 0 "
            f"to {count - 1}. For a mask pass numpy.flatnonzero(mask)."
        )
    for part in indices:
        _check_index(int(part.max()), count)
        _check_index(int(part.min()), count)
    if not pairs:
        return given[0]
    return given[0], given[1], given[2]


def _check_index(index: int, count: int) -> None:
    """Raise ValueError if there is no image of this index."""
    if not 0 <= index < count:
        raise ValueError(
            f"The sampler chooses image {index}; expected 0 to {count - 1}, as there are {count} "
            "images. Make it from these same images."
        )


def check_pairs(sampler: Sampler, labels: Sequence | np.ndarray, count: int) -> None:
    """Look at the first batches of a sampler, and check what they hold.

    Explicit pairs are checked whole.

    Args:
        sampler: draws batches of images, int (B,), or of pairs.
        labels: (N,), the class of each image.
        count: N, number of images.

    Raises:
        ValueError: a batch is not as `checked_batch` demands; there is not one class for each
            image; or none of the batches of images holds both a similar and a different pair.

    Warns:
        UserWarning: similar or different pairs hardly ever occur, or each batch is one image.
    """
    largest = getattr(sampler, "largest_index", None)
    if largest is not None:
        _check_index(largest, count)
    first = checked_batch(sampler.batch(0), count)
    pairs = isinstance(first, tuple)
    size = len(first[0] if pairs else first)
    steps = max(_BATCHES, math.ceil(_PAIRS / max(1, size))) if pairs else _BATCHES
    batches = [first, *(checked_batch(sampler.batch(step), count) for step in range(1, steps))]
    if pairs:
        _check_drawn_pairs(getattr(sampler, "same_fraction", None), batches)
        return
    if len(labels) != count:
        raise ValueError(
            f"data has {len(labels)} labels for {count} images; expected one for each image."
        )
    known = class_numbers(labels).numbers
    if size > 1:
        _check_batches(known, batches, size)
        return
    warnings.warn(
        "The sampler returns one image at a time, and one image makes no pair: a loss over the "
        "pairs of a batch would stay 0. Use larger batches, unless the loss compares images with "
        "proxies.",
        stacklevel=3,
    )


def rare_kind(share: float) -> RareKind | None:
    """Return the kind of pairs that hardly ever occurs; None if both kinds do, or for NaN.

    Args:
        share: of similar pairs.
    """
    rare = min(share, 1 - share)
    if not rare < _HARDLY:
        return None
    kind, does = (
        ("similar", "only pushes images apart")
        if share < 0.5
        else ("different", "pulls all images into one point")
    )
    return RareKind(
        kind,
        f"The batches hardly ever hold a {kind} pair: {rare:.1%} of the pairs are {kind}, so "
        f"training {does}. Give the sampler pairs of both kinds; half of each is usual.",
    )


def _check_drawn_pairs(share: float | None, batches: Sequence) -> None:
    """Warn if nearly all pairs are of one kind; `share` is that of similar pairs, if known."""
    same = are_same(np.concatenate([batch[2] for batch in batches]))
    if share is None:
        if len(same) < _PAIRS:
            return  # chance may leave one kind out
        share = float(np.mean(same))
    if (rare := rare_kind(share)) is not None:
        warnings.warn(rare.text, stacklevel=4)


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
