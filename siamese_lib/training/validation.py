"""How a training is going, measured on a few images now and then, at a bounded cost."""

from __future__ import annotations

import math
import time

import numpy as np

from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.metrics.precision import precision_at_k
from siamese_lib.network.backend import keras
from siamese_lib.runs.embedding import embed
from siamese_lib.search.gallery import Gallery
from siamese_lib.training.batches import Images
from siamese_lib.training.stopwatch import Stopwatch

_IMAGES = 300
_SHARE = 0.04  # of the training time, at most


class Validation:
    """Precision and spread of a few labelled images, whenever the time for it has been earned.

    Args:
        tower: the tower in training.
        data: the images to watch, more than 7; at most 300 are, evenly spaced over the classes.
        clock: of the training; it is paused for the measurement.

    Raises:
        ValueError: too few images.
    """

    def __init__(self, tower: keras.Model, data: Images, clock: Stopwatch) -> None:
        self._tower = tower
        self._images, self._labels = evenly(data, _IMAGES)
        self._clock = clock
        self._began = self._cost = self._spent = 0.0

    def begin(self) -> None:
        """Measure once in vain, since the first time is slow, and begin to earn."""
        self._measure()
        self._began = self._clock.seconds()

    def look(self, *, last: bool) -> tuple[float, float]:
        """Measure precision@7 and spread, if earned or for the last time; else NaN and NaN."""
        earned = _SHARE * (self._clock.seconds() - self._began)
        if self._spent + self._cost > earned and not last:
            return math.nan, math.nan
        started = time.perf_counter()
        with self._clock.paused():
            measured = self._measure()
        self._cost = time.perf_counter() - started
        self._spent += self._cost
        return measured

    def _measure(self) -> tuple[float, float]:
        embeddings = embed(self._tower, self._images)
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(np.sqrt(embeddings.var(axis=0).sum()))
        if not math.isfinite(spread):  # diverged; Guard will say so
            return math.nan, math.nan
        neighbours, _ = Gallery(embeddings).nearest(embeddings, HEADLINE_K, exclude_self=True)
        return precision_at_k(self._labels[neighbours], self._labels), spread


def evenly(data: Images, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Pick at most so many images and their labels, evenly spaced over the classes.

    Raises:
        ValueError: they are not more than 7.
    """
    by_class = np.argsort(data.labels, kind="stable")
    count = min(len(by_class), most)
    if count <= HEADLINE_K:
        raise ValueError(
            f"To watch precision@{HEADLINE_K} takes more than {HEADLINE_K} images, so that each "
            f"has {HEADLINE_K} neighbours; got {count}."
        )
    chosen = by_class[np.linspace(0, len(by_class) - 1, count).astype(np.int64)]
    return data.images[chosen], data.labels[chosen]
