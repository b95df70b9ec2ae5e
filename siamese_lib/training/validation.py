"""Measure on a few images how a training is going, now and then, at a limited cost."""

from __future__ import annotations

import math
import time
import warnings

import numpy as np

from siamese_lib.checks import checked_labels
from siamese_lib.data import parts
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.metrics.headline import HEADLINE_K, Among
from siamese_lib.network.any_tower import shapes_of
from siamese_lib.network.backend import keras
from siamese_lib.network.many_devices import is_first
from siamese_lib.pixels import checked_pixels
from siamese_lib.runs.embedding import embed
from siamese_lib.training.batches import Images, check_labelled
from siamese_lib.training.stopwatch import Stopwatch

_IMAGES = 300
_SHARE = 0.04  # at most, of the training time


class Validation:
    """Precision and spread of a few labelled images, measured whenever the time allows it.

    Args:
        tower: the tower in training.
        data: the images, more than 7. Of more than 300, only 300 are used, evenly spaced over the
            classes.
        clock: the stopwatch of the training. It is paused during a measurement.
        white: the largest pixel in training, as for `checked_pixels`.
        image_shape: height, width and channels; by default those that the tower's input fixes.

    Attributes:
        count: number of images used.
        labels: their classes, int or str (count,).
        ceiling: the precision@7 of a perfect tower; 0 if no image has another of its class.

    Raises:
        ValueError: there are 7 images or fewer, or they are not like those in training.
    """

    def __init__(
        self,
        tower: keras.Model,
        data: Images,
        clock: Stopwatch,
        white: int | None = None,
        image_shape: tuple[int, int, int] | None = None,
    ) -> None:
        self._tower = tower
        images, labels = evenly(data, _IMAGES)
        shape = image_shape or shapes_of(tower)[0]
        self._images = checked_pixels(images, shape, white, "validation images")
        self._among = Among.of(labels)
        self.count, self.labels, self.ceiling = len(labels), labels, self._among.ceiling
        self._clock = clock
        self._began = self._cost = self._spent = 0.0

    def begin(self) -> None:
        """Begin to count time. Measure once without using it, since the first time is slow."""
        self._measure()
        self._began = self._clock.seconds()

    def look(self, *, last: bool) -> tuple[float, float]:
        """Measure precision@7 and spread if time allows it, or for the last time; else NaN, NaN.

        Of several processes only the first measures.
        """
        allowed = _SHARE * (self._clock.seconds() - self._began)
        if (self._spent + self._cost > allowed and not last) or not is_first():
            return math.nan, math.nan
        started = time.perf_counter()
        with self._clock.paused():
            measured = self._measure()
        self._cost = time.perf_counter() - started
        self._spent += self._cost
        return measured

    def embedded(self) -> np.ndarray:
        """Return the embeddings of the images now, float32 (count, dim)."""
        return embed(self._tower, self._images)

    def _measure(self) -> tuple[float, float]:
        embeddings = self.embedded()
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(np.sqrt(embeddings.var(axis=0).sum()))
        if not math.isfinite(spread):  # diverged; Guard will say so
            return math.nan, math.nan
        return self._among.precision(embeddings), spread


def evenly(data: Images, most: int, name: str = "validation") -> tuple[np.ndarray, np.ndarray]:
    """Pick up to `most` images and their labels, evenly over the classes.

    Returns:
        Images (n, H, W, C) and labels, int64 or str (n,), class by class.

    Raises:
        ValueError: that leaves 7 images or fewer; or `data` is not as `check_labelled` demands.
    """
    check_labelled(data, name)
    labels = checked_labels(data.labels, count=len(data.images))
    count = min(len(labels), most)
    if count <= HEADLINE_K:
        raise ValueError(
            f"Got {count} images to measure precision@{HEADLINE_K}; expected more than "
            f"{HEADLINE_K} images, so that each has {HEADLINE_K} neighbours."
        )
    chosen = parts.evenly(labels, count)
    return data.images[chosen], labels[chosen]


def warn_of_known(images: np.ndarray, trained_on: np.ndarray) -> None:
    """Warn if validation images are trained on, since their precision then says little.

    Args:
        images: for validation, (N, H, W, C).
        trained_on: `fingerprints` of the training images.
    """
    known = int(np.isin(fingerprints(images), trained_on).sum())
    if known:
        warnings.warn(
            f"{known:,} of {len(images):,} validation images are trained on, so their precision "
            "says little about new images. Leave them out of one of the two.",
            stacklevel=3,
        )
