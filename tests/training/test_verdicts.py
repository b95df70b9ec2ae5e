"""What Guard and Progress say of trainings on real digits, with one fault each or none."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.data.offline import offline_digits
from siamese_lib.network.backend import keras
from siamese_lib.pairs.samplers import Pairs

# --- trainings ---------------------------------------------------------------------------------


@cache
def digits(classes: tuple[int, ...] = tuple(range(10))) -> tuple[sl.Split, sl.Split]:
    """Up to 2,000 digits to train on, and 300 others."""
    made = offline_digits()
    assert made is not None
    parts = [part.rows(np.isin(part.labels, classes)) for part in (made.train, made.test)]
    train, others = (
        part.rows(np.arange(min(len(part), most)))
        for part, most in zip(parts, (2000, 300), strict=True)
    )
    return train, others


class Turned:
    """Pairs whose labels are written as in the paper of 2006."""

    def __init__(self, pairs: sl.PairSampler) -> None:
        self.pairs, self.size, self.seed = pairs, pairs.size, pairs.seed

    def __len__(self) -> int:
        return len(self.pairs)

    def batch(self, step: int) -> Pairs:
        left, right, same = self.pairs.batch(step)
        return left, right, 1 - same


def pairs_of(labels: np.ndarray, batch: int = 32, **options: Any) -> sl.PairSampler:
    return sl.PairSampler(labels, batch, **options)


def turned(labels: np.ndarray) -> Turned:
    return Turned(pairs_of(labels))


def every_pair(labels: np.ndarray) -> sl.BalancedBatchSampler:
    return sl.BalancedBatchSampler(labels, 64)


def neighbours(labels: np.ndarray) -> sl.PairSampler:
    """Similar are an image and the next five of its class, whatever its other images are."""
    places = [np.flatnonzero(labels == label) for label in labels]
    rows = [place[(np.searchsorted(place, i) + np.arange(1, 6)) % len(place)]
            for i, place in enumerate(places)]  # fmt: skip
    return sl.PairSampler.from_neighbours(np.array(rows), 32)


def one_class(labels: np.ndarray) -> sl.PairSampler:
    threes = np.flatnonzero(labels == 3)
    return sl.PairSampler.from_pairs(threes[:-1], threes[1:], np.ones(len(threes) - 1), 32)


class Reversed(sl.ContrastiveLoss):
    """A loss of one's own, with a slip: similar pairs push, and different ones pull."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return super().call(1 - y_true, y_pred)


adam = keras.optimizers.Adam
sgd = keras.optimizers.SGD


usual = partial(adam, 0.003)


@dataclass(frozen=True)
class Case:
    """A training. What is not given is that of a healthy one."""

    sampler: Callable[[np.ndarray], Any] = pairs_of
    loss: Callable[[], keras.losses.Loss] = sl.ContrastiveLoss
    optimizer: Callable[[], keras.optimizers.Optimizer] = usual
    tower: dict[str, Any] = field(default_factory=dict)
    classes: tuple[int, ...] = tuple(range(10))
    wrong: float = 0.0  # share of training labels
    steps: int = 150

    def said(self) -> tuple[list[str], str, str]:
        """Train, and return the names of the verdicts, what was printed, and what was raised."""
        train, others = digits(self.classes)
        train = sl.Split(train.images, flipped(train.labels, self.wrong))
        tower = sl.small_tower(seed=0, **self.tower)
        sampler, raised = self.sampler(train.labels), ""
        model = sl.siamese(tower) if isinstance(sampler.batch(0), tuple) else tower
        model.compile(self.optimizer(), self.loss())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The batches hardly ever hold")
            batches = sl.ImageBatches(train, sampler, steps=self.steps)
        recorder = sl.Recorder(tower, batches, validation=others, frames=2)
        printed = io.StringIO()
        progress = sl.Progress(recorder, stream=printed)
        callbacks = [sl.Guard(), recorder, progress]
        try:
            model.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)
        except sl.DivergedError as error:
            raised = str(error)
        return [each.name for each in progress.verdicts], printed.getvalue(), raised


def flipped(labels: np.ndarray, share: float) -> np.ndarray:
    """Labels of which some are those of other images."""
    wrong = np.random.default_rng(0).permutation(len(labels))[: round(share * len(labels))]
    given = labels.copy()
    given[wrong] = np.roll(labels[wrong], 1)
    return given


HEALTHY = {
    "random pairs": Case(),
    "a batch of 8": Case(partial(pairs_of, batch=8)),
    "slow": Case(optimizer=partial(sgd, 0.01)),
    "every pair": Case(every_pair, sl.InBatchContrastiveLoss),
    "every triplet": Case(every_pair, partial(sl.BatchTripletLoss, hardest=False)),
    "unit length": Case(tower={"output": "unit"}),
    "unit length in 16 dimensions": Case(tower={"output": "unit", "embedding_dim": 16}),
    "a sigmoid": Case(tower={"output": "sigmoid"}),
    "two classes": Case(classes=(4, 9)),
    "margin 0.1": Case(loss=partial(sl.ContrastiveLoss, 0.1)),
    "margin 10": Case(loss=partial(sl.ContrastiveLoss, 10.0)),
    "few similar pairs": Case(partial(pairs_of, same_fraction=0.1)),
    "a graph of neighbours": Case(neighbours),
}
FAULTY = {
    "no different pairs": (Case(partial(pairs_of, same_fraction=1)), "no_different_pairs"),
    "no similar pairs": (Case(partial(pairs_of, same_fraction=0)), "no_similar_pairs"),
    "one class": (Case(one_class), "one_class"),
    "the label's sign": (Case(turned), "turned"),
    "a margin that a sigmoid never reaches": (
        Case(loss=partial(sl.ContrastiveLoss, 2.0), tower={"output": "sigmoid"}),
        "out_of_reach",
    ),
    "a margin that unit length never reaches": (
        Case(every_pair, partial(sl.InBatchContrastiveLoss, 5.0), tower={"output": "unit"}),
        "out_of_reach",
    ),
    "a sigmoid that is driven to its end": (
        Case(optimizer=partial(sgd, 10.0), tower={"output": "sigmoid"}),
        "collapsed",
    ),
    "the hardest triplets": (Case(every_pair, sl.BatchTripletLoss), "collapsed"),
    "a learning rate far too low": (Case(optimizer=partial(sgd, 1e-5)), "trivial"),
    "a margin far below the distances": (
        Case(loss=partial(sl.ContrastiveLoss, 0.002), optimizer=partial(sgd, 0.01)),
        "no_push",
    ),
    "a loss with the sign turned": (Case(loss=Reversed), "no_order"),
    "wrong labels": (Case(wrong=0.3, steps=300), "wrong_labels"),
    "labels by chance": (Case(wrong=1.0), "wrong_labels"),
    "a learning rate too high": (Case(optimizer=partial(adam, 0.3)), "rate_too_high"),
}


@pytest.mark.parametrize("case", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_training_gets_no_warning(case: Case) -> None:
    names, text, raised = case.said()
    assert names == [], text
    assert "Warning" not in text
    assert raised == ""


@pytest.mark.parametrize(("case", "name"), FAULTY.values(), ids=FAULTY)
def test_a_fault_is_named(case: Case, name: str) -> None:
    names, text, raised = case.said()
    assert names[:1] == [name], text
    assert text.count("Warning: ") == len(names)
    assert raised == ""


def test_a_rate_that_ends_in_nan_stops_the_fit() -> None:
    names, _, raised = Case(optimizer=partial(sgd, 1000.0), steps=30).said()
    assert "The loss is nan" in raised
    assert "the learning rate is too high" in raised
    assert names in ([], ["rate_too_high"])
