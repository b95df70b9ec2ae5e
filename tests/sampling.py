"""What the tests of samplers share: labels, a grid of cases, and a sound bound on counts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from numpy.typing import ArrayLike

from siamese_lib.pairs.samplers import PairSampler

GRID = [
    pytest.param(classes, uneven, batch_size, seed, id=f"{classes}-{uneven}-{batch_size}-{seed}")
    for classes, uneven, (batch_size, seed) in itertools.product(
        (2, 3, 7, 10), (False, True), zip((1, 2, 13, 64, 257), (0, 1, 2, 3, 2**40), strict=True)
    )
]
grid = pytest.mark.parametrize(("classes", "uneven", "batch_size", "seed"), GRID)


def labels_of(sizes: Sequence[int], seed: int = 0) -> np.ndarray:
    """Labels of classes of these sizes, numbered with gaps, in random order."""
    labels = np.repeat(3 * np.arange(len(sizes)) - 4, sizes)
    return np.random.default_rng(seed).permutation(labels)


def grid_labels(classes: int, uneven: bool) -> np.ndarray:
    sizes = [2 + 7 * c * c if uneven else 20 for c in range(classes)]
    return labels_of(sizes, seed=classes)


def within_five_deviations(count: ArrayLike, trials: ArrayLike, probability: ArrayLike) -> bool:
    """Whether counts are within five standard deviations of what a binomial count should be.

    A right sampler misses this once in two million. Seeds are fixed, so a test that passed once
    passes always; only another stream of numbers from numpy would draw again.
    """
    count, trials, probability = map(np.asarray, (count, trials, probability))
    deviation = np.sqrt(trials * probability * (1 - probability))
    return bool((np.abs(count - trials * probability) <= 5 * deviation).all())


def first_batches(sampler: PairSampler, steps: int) -> list[np.ndarray]:
    return [np.concatenate(part) for part in zip(*map(sampler.batch, range(steps)), strict=True)]


def equal(one: Iterable[ArrayLike], other: Iterable[ArrayLike]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
