"""Measure what `siamese_lib.training.verdicts` judges: the batches of a ``fit``, and its pairs."""

from __future__ import annotations

import math
from itertools import count
from typing import NamedTuple

import numpy as np

from siamese_lib.arrays import are_same
from siamese_lib.checks import class_numbers
from siamese_lib.data.augmentation import KEEP_WHITE
from siamese_lib.metrics.thresholds import verification
from siamese_lib.network.any_tower import bound_of
from siamese_lib.network.backend import keras
from siamese_lib.network.losses import BatchTripletLoss, ContrastiveLoss, InBatchContrastiveLoss
from siamese_lib.network.many_devices import is_first
from siamese_lib.pairs.kinds import checked_batch
from siamese_lib.runs.embedding import embed
from siamese_lib.training.batches import ImageBatches
from siamese_lib.training.frame_steps import frame_steps
from siamese_lib.training.recorder import Recorder
from siamese_lib.training.trained import number_of
from siamese_lib.training.verdicts import (
    Given,
    Measured,
    Verdict,
    of_given,
    of_losses,
    of_measured,
)

_IMAGES = 300  # that are looked at, about
_LOOKS = 9  # the untrained tower included


class _Pairs(NamedTuple):
    """Pairs of the first images that are trained on.

    Attributes:
        rows: int64 (N,), the images.
        one, other: int64 (P,), the pairs, as places in `rows`.
        same: bool (P,), whether training calls a pair similar.
        classes: int64 (N,), of the images; None if they are not known.
    """

    rows: np.ndarray
    one: np.ndarray
    other: np.ndarray
    same: np.ndarray
    classes: np.ndarray | None

    @property
    def of_one_class(self) -> np.ndarray:
        """Whether the images of a pair are of one class, bool (P,)."""
        assert self.classes is not None
        return self.classes[self.one] == self.classes[self.other]

    @property
    def are_by_class(self) -> bool:
        """Whether similar pairs are those of one class."""
        return self.classes is not None and bool((self.of_one_class == self.same).all())

    def all_of_classes(self) -> _Pairs:
        """Return all pairs of the images, those of one class as similar ones."""
        one, other = np.triu_indices(len(self.rows), 1)
        pairs = self._replace(one=one, other=other)
        return pairs._replace(same=pairs.of_one_class)


class _Distances(NamedTuple):
    """Distances of similar and of different pairs, and how often a similar pair is closer."""

    similar: np.ndarray
    different: np.ndarray

    @property
    def means(self) -> tuple[float, float]:
        """Of similar and of different pairs; NaN if there are none."""
        similar, different = (float(d.mean()) if d.size else math.nan for d in self)
        return similar, different

    @property
    def order(self) -> float:
        """How often a similar pair is closer than a different one; NaN without both."""
        if not (self.similar.size and self.different.size and np.isfinite(self.means).all()):
            return math.nan
        same = np.repeat([True, False], [self.similar.size, self.different.size])
        return verification(np.concatenate(self), same).auc


class Watch:
    """Looks at a training a few times, and says what is wrong with it.

    Of several processes only the first looks.

    Args:
        recorder: of the ``fit``, which has begun.
        model: that is trained.
    """

    def __init__(self, recorder: Recorder, model: keras.Model) -> None:
        self._recorder, self._loss = recorder, model.loss
        self._due = [step for step in frame_steps(recorder.total, _LOOKS) if step > recorder.step]
        self._judged = 0  # rows of the history
        self._first = math.nan
        self._on = is_first()
        self._margin = number_of(self._loss, "margin") or math.nan
        self._trivial, self._called = _trivial_of(self._loss, math.nan)

    def begin(self) -> list[Verdict]:
        """Judge the batches, and look at the untrained tower."""
        if not self._on:
            return []
        pairs, share = _drawn(self._recorder.batches)
        self._trivial, self._called = _trivial_of(self._loss, share)
        found = of_given(self._given(pairs, share))
        # What is wrong with the batches explains what would be seen later.
        self._on = all(verdict.name == "out_of_reach" for verdict in found)
        self._by_class = pairs.are_by_class
        self._pairs = pairs.all_of_classes() if self._by_class else pairs
        if self._on and self._recorder.step == 0:
            self._first = float(np.nanmax(self._look().means))
        return found

    @property
    def due(self) -> bool:
        """Whether `judge` would look at the tower."""
        return self._on and bool(self._due) and self._recorder.step >= self._due[0]

    def judge(self) -> list[Verdict]:
        """Judge the losses, and the distances if a look is due."""
        losses = self._recorder.history["loss"]
        if not self._on:
            return []
        found = []
        if len(losses) > self._judged:
            self._judged = len(losses)
            found.append(of_losses(losses, self._trivial))
        if self.due:
            self._due = [step for step in self._due if step > self._recorder.step]
            found.append(of_measured(self._measured()))
        seen = [verdict for verdict in found if verdict is not None]
        self._on = all(verdict.name != "collapsed" for verdict in seen)
        return seen

    def _given(self, pairs: _Pairs, share: float) -> Given:
        of_one_class = math.nan, math.nan
        if pairs.classes is not None and 0 < pairs.same.mean() < 1:
            alike = pairs.of_one_class
            of_one_class = float(alike[pairs.same].mean()), float(alike[~pairs.same].mean())
        output, reach = bound_of(self._recorder.tower)
        return Given(
            share=share,
            classes=None if pairs.classes is None else len(np.unique(pairs.classes)),
            one_class=of_one_class,
            margin=self._margin,
            output=output,
            reach=reach,
        )

    def _look(self) -> _Distances:
        """Return the distances of the pairs now."""
        recorder, pairs = self._recorder, self._pairs
        batches = recorder.batches
        with recorder.paused():
            images = batches.data.images[pairs.rows]
            augment = batches.augment
            if augment is not None and not isinstance(augment, KEEP_WHITE):
                images = augment(
                    images, np.random.default_rng(0)
                )  # it may change the pixels' range
            return _between(embed(recorder.tower, images), pairs)

    def _measured(self) -> Measured:
        recorder, pairs = self._recorder, self._pairs
        found = self._look()
        similar, different = found.means
        return Measured(
            step=recorder.step,
            done=recorder.step / recorder.total,
            losses=recorder.history["loss"],
            margin=self._margin,
            trivial=self._trivial,
            called=self._called,
            stops=isinstance(self._loss, ContrastiveLoss | InBatchContrastiveLoss),
            similar=similar,
            different=different,
            beyond=_share(found.different >= self._margin),
            near=_share(found.different < self._margin / 2),
            order=found.order,
            doubt=0.0 if self._by_class else 1 / math.sqrt(len(pairs.one)),
            first=self._first,
            other_order=self._of_others() if self._by_class else math.nan,
        )

    def _of_others(self) -> float:
        """Return the order of the validation images; NaN unless they are of the same classes."""
        validation = self._recorder.validation
        if validation is None:
            return math.nan
        trained = np.unique(np.asarray(self._recorder.batches.data.labels)[self._pairs.rows])
        if not np.array_equal(trained, np.unique(validation.labels)):
            return math.nan
        with self._recorder.paused():
            embeddings = validation.embedded()
        classes = class_numbers(validation.labels).numbers
        none = np.zeros(0, np.int64)
        return _between(
            embeddings, _Pairs(classes, none, none, none, classes).all_of_classes()
        ).order


def _drawn(batches: ImageBatches) -> tuple[_Pairs, float]:
    """Return the pairs of the first batches, and the share of similar ones; NaN for images."""
    images, same = [], []
    for step in count():
        batch = checked_batch(batches.sampler.batch(step), len(batches.data.images))
        drawn = isinstance(batch, tuple)
        images.append(np.stack(batch[:2]) if drawn else np.stack([batch, batch]))
        same.append(are_same(batch[2]) if drawn else np.ones(len(batch), bool))
        if sum(each.size for each in images) >= _IMAGES:
            break
    both, alike = np.concatenate(images, axis=1), np.concatenate(same)
    rows, places = np.unique(both, return_inverse=True)
    one, other = places.reshape(both.shape)
    pairs = _Pairs(rows, one, other, alike, _classes_of(batches, rows))
    share = getattr(batches.sampler, "same_fraction", float(alike.mean()))
    return pairs, share if drawn else math.nan


def _classes_of(batches: ImageBatches, rows: np.ndarray) -> np.ndarray | None:
    """Return the classes of some images; None if the labels are not one class for each image."""
    try:
        return class_numbers(batches.data.labels, count=len(batches.data.images)).numbers[rows]
    except ValueError:  # pairs do not need them
        return None


def _between(embeddings: np.ndarray, pairs: _Pairs) -> _Distances:
    apart = embeddings[pairs.one].astype(np.float64) - embeddings[pairs.other]
    distances = np.sqrt((apart**2).sum(axis=1))
    return _Distances(distances[pairs.same], distances[~pairs.same])


def _share(which: np.ndarray) -> float:
    return float(which.mean()) if which.size else math.nan


def _trivial_of(loss: object, share: float) -> tuple[float, str]:
    """Return the loss of images that are all in one point, and what it is called.

    Args:
        loss: of the model.
        share: of similar pairs; NaN for batches of images.
    """
    value = number_of(loss, "trivial_value") or math.nan
    if isinstance(loss, BatchTripletLoss):
        return value, "the margin"
    if isinstance(loss, ContrastiveLoss) and abs(share - 0.5) > 0.01:
        different = 1 - share
        words = f"margin squared / 2, times the share of different pairs, {different:.2f},"
        return 2 * different * value, words
    if isinstance(loss, ContrastiveLoss | InBatchContrastiveLoss):
        return value, "margin squared / 4"
    return value, "its trivial value"
