"""Batches that lack a kind of pairs, and arguments that mean nothing, and what comes back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faults import Fault, check
from tiny_training import Training, corners

import siamese_lib as sl
from siamese_lib.network.backend import keras

DATA = corners(40)
LABELS = DATA.labels
MANY = np.repeat(np.arange(301), 2)


class Alone:
    """A sampler of my own, whose batches are these."""

    def __init__(self, *batches: np.ndarray | list[int]) -> None:
        self.batches = [np.asarray(batch) for batch in batches]

    def __len__(self) -> int:
        return len(self.batches)

    def batch(self, step: int) -> np.ndarray:
        return self.batches[step % len(self)]


def kinds(batch_size: int) -> str:
    """The fewest similar and different pairs in 100 balanced batches of 301 classes."""
    sampler = sl.BalancedBatchSampler(MANY, batch_size)
    same = [MANY[b][:, None] == MANY[b] for b in map(sampler.batch, range(100))]
    similar = min((int(s.sum()) - batch_size) // 2 for s in same)
    return f"{similar} similar, {min(int((~s).sum()) // 2 for s in same)} different"


def with_sampler(sampler: Any, data: Any = DATA) -> sl.ImageBatches:
    return sl.ImageBatches(data, sampler)


def one_at_a_time() -> None:
    training = Training()
    training.batches = sl.ImageBatches(DATA, Alone([0]), steps=3)
    training.recorder.batches = training.batches
    training.fit()


def drawn(same: np.ndarray) -> sl.PairSampler:
    left, right = np.triu_indices(40, 1)
    return sl.PairSampler.from_pairs(left[: len(same)], right[: len(same)], same, 8)


def memory_of_a_step(count: int, dim: int) -> str:
    loss = sl.InBatchContrastiveLoss()
    points = np.random.default_rng(0).normal(0, 0.2, (count, dim)).astype(np.float32)
    points[1] = points[0]
    value = float(loss(np.arange(count) % 7, keras.ops.convert_to_tensor(points)))
    return f"{np.isfinite(value)}"


FAULTS = {
    "many classes": Fault(
        "301 classes in balanced batches of 64",
        "batches of 32 classes with two images each",
        "^32 similar, 1984 different$",
        lambda _: kinds(64),
    ),
    "odd": Fault(
        "301 classes in balanced batches of 5",
        "batches of two classes with two images each, and one more image",
        "^2 similar, 8 different$",
        lambda _: kinds(5),
    ),
    "smallest": Fault(
        "301 classes in balanced batches of 3",
        "a similar and two different pairs in each",
        "^1 similar, 2 different$",
        lambda _: kinds(3),
    ),
    "two": Fault(
        "balanced batches of 2 images",
        "an error with the smallest size and why",
        r"batch_size is 2; expected a whole number, 3 or more\. .*a similar and a different pair",
        lambda _: sl.BalancedBatchSampler(LABELS, 2),
        error=ValueError,
    ),
    "one class": Fault(
        "labels of one class",
        "an error that asks for another class",
        r"one class only, 5; expected at least two",
        lambda _: sl.BalancedBatchSampler([5] * 9, 4),
        error=ValueError,
    ),
    "single image": Fault(
        "a class with one image",
        "an error that names the class",
        r"a single image in 1 of 3 classes \(2\)",
        lambda _: sl.PairSampler([0, 0, 1, 1, 2]),
        error=ValueError,
    ),
    "a class a batch": Fault(
        "a sampler of one's own whose batches hold one class each",
        "an error with the number of batches and the sampler to use",
        r"0 of 20 batches of 10 images hold both.*BalancedBatchSampler",
        lambda _: with_sampler(Alone(*(np.flatnonzero(c == LABELS) for c in range(4)))),
        error=ValueError,
    ),
    "no class twice": Fault(
        "a sampler of one's own whose batches hold no class twice",
        "the same error",
        r"0 of 20 batches of 4 images hold both",
        lambda _: with_sampler(Alone([0, 1, 2, 3])),
        error=ValueError,
    ),
    "copies": Fault(
        "batches whose only similar pair is an image with itself",
        "the same error",
        r"0 of 20 batches of 3 images hold both",
        lambda _: with_sampler(Alone([0, 0, 1])),
        error=ValueError,
    ),
    "hardly ever": Fault(
        "batches of which a third hold a similar pair",
        "the batches, and a warning with their number",
        r"7 of 20 batches of 4 images hold both",
        lambda _: with_sampler(Alone([0, 1, 2, 3], [0, 4, 1, 2], [4, 5, 6, 7])),
    ),
    "one image": Fault(
        "training on one image at a time with a loss over the pairs of a batch",
        "an error before the first step",
        r"batch_size is 1; expected a whole number, 3 or more",
        lambda _: one_at_a_time(),
        error=ValueError,
    ),
    "no similar pair": Fault(
        "pairs of which none is similar",
        "the batches, and a warning that training only pushes",
        r"hardly ever hold a similar pair: 0\.0% .* only pushes images apart",
        lambda _: with_sampler(drawn(np.zeros(300))),
    ),
    "few similar pairs": Fault(
        "pairs of which one in a hundred is similar",
        "the batches, and a warning with the share",
        r"hardly ever hold a similar pair: 1\.0% of the pairs",
        lambda _: with_sampler(drawn(np.arange(300) % 100 == 0)),
    ),
    "no different pair": Fault(
        "similar pairs alone (same_fraction=1)",
        "the batches, and a warning that all images are pulled into one point",
        r"hardly ever hold a different pair: 0\.0% .* into one point",
        lambda _: with_sampler(sl.PairSampler(LABELS, same_fraction=1)),
    ),
    "index": Fault(
        "pairs of images that the data do not have",
        "an error with the index and the number of images",
        r"chooses image 90; expected 0 to 39",
        lambda _: with_sampler(sl.PairSampler.from_pairs([0, 1], [90, 2], [1, 0], 8)),
        error=ValueError,
    ),
    "labels": Fault(
        "39 labels for 40 images",
        "an error with both numbers",
        r"39 labels for 40 images",
        lambda _: with_sampler(
            Alone(np.arange(9)), SimpleNamespace(images=DATA.images, labels=LABELS[1:])
        ),
        error=ValueError,
    ),
    "memory": Fault(
        "a batch of 512 images embedded in 4,096 numbers, which made 4 GiB for each copy",
        "its loss",
        "^True$",
        lambda _: memory_of_a_step(512, 4096),
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
