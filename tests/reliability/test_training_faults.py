"""A training of other images, another tower or other batches than it says, and what comes back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faults import Fault, check
from tiny_training import SHAPE, Training, corners, corners_dataset, dense_tower

import siamese_lib as sl

DATA = corners(40)
IMAGES, LABELS = DATA.images, DATA.labels


class Own:
    """A sampler of my own, whose batches are these; the last one is repeated."""

    def __init__(self, *batches: Any) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return 60

    def batch(self, step: int) -> Any:
        return self.batches[min(step, len(self.batches) - 1)]


def labelled(labels: Any, images: Any = IMAGES) -> Any:
    return SimpleNamespace(images=images, labels=labels)


def recorder(images: Any, augment: Any = None) -> sl.Recorder:
    data, sampler = labelled(LABELS, images), sl.BalancedBatchSampler(LABELS, 8)
    return sl.Recorder(dense_tower(), sl.ImageBatches(data, sampler, steps=2, augment=augment))


def fit_another(*, tower: bool = False, pairs: bool = False) -> sl.Recorder:
    """Record a fit of another tower, or of other batches."""
    training, other = Training(pairs=pairs, steps=2), Training(pairs=pairs, steps=2)
    if tower:
        training.model = other.model
    else:
        training.batches = other.batches
    return training.fit()


def late(batch: Any) -> Any:
    """Take a batch that is no batch, after all that were looked at."""
    good = np.arange(8)
    return sl.ImageBatches(DATA, Own(*[good] * 50, batch))[55]


def late_pair() -> sl.ImageBatches:
    """Give 5,000 pairs, one of which is of an image that the data do not have, and drawn late."""
    left, right = np.arange(5000) % 39, np.arange(5000) % 39 + 1
    drawn = np.concatenate([sl.PairSampler.from_pairs(left, right, left % 2, 8).batch(0)[0]])
    row = np.flatnonzero(~np.isin(left, drawn))[-1]
    right[row] = 99
    return sl.ImageBatches(DATA, sl.PairSampler.from_pairs(left, right, left % 2, 8))


def from_pairs(*pairs: Any) -> sl.PairSampler:
    return sl.PairSampler.from_pairs(*pairs, batch_size=2)


FAULTS = {
    "16 bits": Fault(
        "training the usual tower on 16-bit images",
        "an error before the first step, with the code that mends it",
        r"uint16.*from 0 to 255.*\(images // 257\)\.astype\(\"uint8\"\)",
        lambda _: recorder(IMAGES.astype(np.uint16) * 257),
        error=ValueError,
    ),
    "standardized": Fault(
        "training it on images less their mean, divided by their standard deviation",
        "an error that asks to undo it",
        r"from -.*Undo what was done to the pixels",
        lambda _: recorder((IMAGES - IMAGES.mean()) / IMAGES.std()),
        error=ValueError,
    ),
    "signed": Fault(
        "training it on images from -128 to 127",
        "an error with the code that mends it",
        r"from -128 to 127.*\(images\.astype\(int\) \+ 128\)",
        lambda _: recorder(IMAGES.astype(int) - 128),
        error=ValueError,
    ),
    "own augmentation": Fault(
        "training it on images from 0 to 1 with an augmentation of one's own",
        "an error that names the augmentation",
        r"^images after augment: got float.*expected numbers from 0 to 255",
        lambda _: recorder(IMAGES / 255, lambda images, rng: images),
        error=ValueError,
    ),
    "own augmentation to 0..1": Fault(
        "an augmentation of one's own that turns 0..255 into 0..1",
        "the same error",
        r"^images after augment: got float.*expected numbers from 0 to 255",
        lambda _: recorder(IMAGES, lambda images, rng: images / 255),
        error=ValueError,
    ),
    "boolean, own augmentation": Fault(
        "training it on boolean images with an augmentation of one's own",
        "the same error",
        r"^images after augment: got bool",
        lambda _: recorder(IMAGES > 100, lambda images, rng: images),
        error=ValueError,
    ),
    "own augmentation from 0..1": Fault(
        "images from 0 to 1 with an augmentation of one's own that scales them to 255",
        "the recorder",
        "^None$",
        lambda _: recorder(IMAGES / 255, lambda images, rng: images * 255).white and None,
    ),
    "noise": Fault(
        "an augmentation of one's own that adds noise, a little below 0 and above 255",
        "the recorder",
        "^255$",
        lambda _: (
            recorder(IMAGES, lambda images, rng: images + rng.normal(0, 9, images.shape)).white
        ),
    ),
    "another tower": Fault(
        "a Recorder of another tower than the one that fit trains",
        "an error before the first step, where each frame would be the untrained tower",
        r"tower is not part of the model in fit: 2 of its 2 weights",
        lambda _: fit_another(tower=True),
        error=ValueError,
    ),
    "another tower in pairs": Fault(
        "a Recorder of another tower than the one in the siamese model",
        "the same error",
        r"tower is not part of the model in fit: 2 of its 2 weights",
        lambda _: fit_another(tower=True, pairs=True),
        error=ValueError,
    ),
    "other batches": Fault(
        "a Recorder of other batches than those in fit",
        "an error after the first step, where the run would remember other images",
        r"fit trains on other data than the Recorder's batches",
        lambda _: fit_another(),
        error=ValueError,
    ),
    "late pair": Fault(
        "one pair in 5,000 of an image that the data do not have",
        "an error before the first step",
        r"chooses image 99; expected 0 to 39",
        lambda _: late_pair(),
        error=ValueError,
    ),
    "late index": Fault(
        "a sampler of one's own that chooses an image too far, in its 56th batch",
        "an error with the index and the number of images",
        r"chooses image 40; expected 0 to 39",
        lambda _: late([0, 1, 40]),
        error=ValueError,
    ),
    "late negative index": Fault(
        "the same with an index below 0, where NumPy would count from the end",
        "the same error",
        r"chooses image -1; expected 0 to 39",
        lambda _: late([0, 1, -1]),
        error=ValueError,
    ),
    "late floats": Fault(
        "a sampler of one's own that returns floats",
        "an error with the dtype",
        r"returns float64; expected indices of images",
        lambda _: late([0.0, 1.0]),
        error=ValueError,
    ),
    "empty": Fault(
        "a sampler of one's own whose batches are empty",
        "an error that says so",
        r"returns an empty batch; expected one image or more",
        lambda _: sl.ImageBatches(DATA, Own(np.zeros(0, np.int64))),
        error=ValueError,
    ),
    "two parts": Fault(
        "a sampler of one's own that returns left and right without same",
        "an error with the three parts",
        r"returns 2 arrays.*expected .* left, right and same",
        lambda _: sl.ImageBatches(DATA, Own((np.arange(4), np.arange(4, 8)))),
        error=ValueError,
    ),
    "one image": Fault(
        "a sampler of one's own whose batches are one image each",
        "the batches, and a warning that a loss over pairs stays 0",
        r"one image at a time.*would stay 0",
        lambda _: sl.ImageBatches(DATA, Own(*[[i] for i in range(40)])),
    ),
    "labels": Fault(
        "labels of which some are None, with a sampler of one's own",
        "an error that counts them",
        r"20 of 40 are missing",
        lambda _: sl.ImageBatches(labelled(np.array([None, "a"] * 20, object)), Own(np.arange(8))),
        error=ValueError,
    ),
    "mixed labels": Fault(
        "labels of words and numbers, with a sampler of one's own",
        "an error that names both types",
        r"labels hold int and str",
        lambda _: sl.ImageBatches(labelled(np.array([1, "a"] * 20, object)), Own(np.arange(8))),
        error=ValueError,
    ),
    "list": Fault(
        "images in a list",
        "an error with the code that makes an array of them",
        r"data\.images are a list; expected one array.*numpy\.stack\(images\)",
        lambda _: recorder(list(IMAGES)),
        error=ValueError,
    ),
    "dataset": Fault(
        "a whole data set to train on",
        "an error that names its parts",
        r"data is a Dataset.*Pass data\.train or data\.test",
        lambda _: sl.ImageBatches(corners_dataset(), sl.BalancedBatchSampler(LABELS, 8)),  # pyright: ignore[reportArgumentType]
        error=ValueError,
    ),
    "dataset to validate": Fault(
        "a whole data set as validation",
        "the same error",
        r"validation is a Dataset.*Pass validation\.train",
        lambda _: Training(validation=corners_dataset()),
        error=ValueError,
    ),
    "both": Fault(
        "two images given both as a similar and as a different pair",
        "an error with the two rows",
        r"1 pairs are given both.*rows 0 and 2: images 0 and 1",
        lambda _: from_pairs([0, 2, 1], [1, 3, 0], [1, 1, 0]),
        error=ValueError,
    ),
    "masked pairs": Fault(
        "pairs of which one is masked",
        "an error that counts them",
        r"left: got a masked array, of which 1 of 2",
        lambda _: from_pairs(np.ma.masked_array([0, 1], np.array([True, False])), [1, 2], [1, 0]),
        error=ValueError,
    ),
    "share": Fault(
        "a share of similar pairs that is a text",
        "an error with what was expected",
        r"same_fraction is 'x'; expected a number from 0 to 1",
        lambda _: sl.PairSampler(LABELS, same_fraction="x"),  # pyright: ignore[reportArgumentType]
        error=ValueError,
    ),
    "affine booleans": Fault(
        "boolean images distorted by RandomAffine",
        "about as many True as before, where every touched pixel would become True",
        r"^True$",
        lambda _: abs(affine_share() - 0.5) < 0.08,
    ),
}


def affine_share() -> float:
    """The share of True in random boolean images after a distortion."""
    rng = np.random.default_rng(0)
    return float(sl.RandomAffine()(rng.random((50, *SHAPE)) < 0.5, rng).mean())


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
