"""What Guard and Progress say of trainings on real digits, with one fault each or none."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from in_node import in_node
from tiny_training import real_digits

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.pairs.samplers import Pairs
from siamese_lib.training.verdicts import Given, Measured, of_given, of_losses, of_measured

# --- trainings ---------------------------------------------------------------------------------


@cache
def digits(classes: tuple[int, ...] = tuple(range(10))) -> tuple[sl.Split, sl.Split]:
    """Up to 2,000 digits to train on, and 300 others."""
    made = real_digits()
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
    "supervised": Case(every_pair, sl.SupervisedContrastiveLoss),
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


# --- made-up numbers ---------------------------------------------------------------------------

GOOD = Measured(
    step=300, done=1.0, losses=[0.1] * 20, margin=1.0, trivial=0.25, called="margin squared / 4",
    stops=True, similar=0.4, different=0.8, beyond=0.3, near=0.0, order=0.8, first=0.08,
)  # fmt: skip
MADE_UP: list[tuple[str | None, dict[str, Any]]] = [
    (None, {}),
    (None, {"similar": 0.2, "beyond": 1.0}),
    ("collapsed", {"similar": 0.01, "different": 0.02, "losses": [0.25]}),
    ("trivial", {"similar": 0.3, "different": 0.3, "losses": [0.25], "order": 0.5}),
    ("no_push", {"similar": 4.0, "different": 5.0, "beyond": 1.0}),
    ("no_order", {"similar": 0.4, "different": 0.38, "order": 0.5}),
]
IN_LAB = """(all) => all.map((one) => labVerdict(one))"""


@pytest.mark.parametrize(("name", "numbers"), MADE_UP)
def test_the_laboratory_has_the_same_verdict_in_the_same_words(
    name: str | None, numbers: dict[str, Any]
) -> None:
    now = replace(GOOD, **numbers)
    found = of_measured(now)
    names = ("margin", "similar", "different", "beyond", "near")
    given = {each: getattr(now, each) for each in names}
    given |= {"loss": float(np.mean(now.losses)), "kind": "pairs", "share": 0.5}
    [lab] = in_node("lab/lab_verdict.js", "labVerdict", IN_LAB, [given])
    if name is None:
        assert found is None
        assert lab["name"] in ("learning", "learned")
        return
    assert found is not None
    assert (found.name, lab["name"]) == (name, name)
    assert found.text.startswith(lab["text"].removesuffix("."))


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        # Small distances of a tower that has only begun: they may still grow.
        (None, {"similar": 0.01, "different": 0.02, "first": 0.02, "done": 0.1}),
        ("collapsed", {"similar": 0.01, "different": 0.02, "first": 0.5, "done": 0.1}),
        ("collapsed", {"similar": 0.0, "different": float("nan"), "margin": float("nan")}),
        (None, {"similar": 0.4, "different": 0.38, "order": 0.5, "done": 0.4}),
        (None, {"similar": 0.4, "different": 0.38, "order": 0.5, "step": 40}),
        (None, {"order": 0.5, "doubt": 0.08}),  # few pairs
        (None, {"similar": 4.0, "different": 5.0, "beyond": 1.0, "stops": False}),
        ("wrong_labels", {"order": 0.7, "other_order": 0.8}),
        (None, {"order": 0.8, "other_order": 0.7}),
        (None, {"order": 0.76, "other_order": 0.8}),
    ],
)
def test_made_up_numbers_are_judged(name: str | None, numbers: dict[str, Any]) -> None:
    found = of_measured(replace(GOOD, **numbers))
    assert (found and found.name) == name


def test_how_many_labels_are_wrong_is_estimated() -> None:
    """Of a pair, both labels are right with probability 0.75², else it says nothing."""
    found = of_measured(replace(GOOD, order=0.5 + 0.75**2 * 0.3, other_order=0.8))
    assert found is not None
    assert "some 25% of the training labels" in found.text


def test_a_jump_of_the_loss_is_told_from_noise_and_from_a_bad_start() -> None:
    noise = np.random.default_rng(0).uniform(0.1, 0.4, 100).tolist()
    assert of_losses(noise, 0.25) is None
    assert of_losses([90.0, 30.0, 20.0, 10.0, 9.0, 8.0], 0.25) is None
    assert of_losses([0.2, 0.2, 0.2, 0.2, 3.0], 0.25) is None  # once
    assert of_losses([0.2] + 4 * [3.0], 0.25) is not None
    assert of_losses([2.0] + 5 * [9.0], float("nan")) is not None
    assert of_losses([], 0.25) is None


def test_pairs_that_contradict_the_classes_a_little_are_not_turned() -> None:
    """Neighbours in a graph are often of two classes, and strangers of one."""
    assert of_given(Given(share=0.5, classes=10, one_class=(0.4, 0.1))) == []
    assert of_given(Given(share=0.5, classes=10, one_class=(0.0, 0.1))) == []
    assert [each.name for each in of_given(Given(one_class=(0.1, 0.9)))] == ["turned"]
    assert of_given(Given(share=0.5, classes=1, one_class=(1.0, 1.0))) == []
    found = of_given(Given(share=1.0, classes=1, margin=3.0, output="a sigmoid", reach=1.4))
    assert [each.name for each in found] == ["one_class", "out_of_reach"]
