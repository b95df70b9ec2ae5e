"""Images that a tiny tower learns in a few steps, and the training of one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import siamese_lib as sl
from siamese_lib.data.offline import offline_digits
from siamese_lib.network.backend import keras

SHAPE = (8, 8, 1)


def corners(count: int = 40, *, seed: int = 0, channels: int = 1) -> sl.Split:
    """A bright square in one of four corners, which is its class, on noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    images = rng.integers(0, 60, (count, 8, 8, channels), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[row : row + 4, column : column + 4] += 150
    return sl.Split(images, labels.astype(np.int64))


def corners_dataset() -> sl.Dataset:
    return sl.Dataset(
        corners(), corners(48, seed=1), ("nw", "ne", "sw", "se"), "made here", "corners"
    )


def dense_tower(seed: int = 0, *, shape: tuple[int, int, int] = SHAPE, dim: int = 2) -> keras.Model:
    """The quickest tower to train: one matrix."""
    images = keras.Input(shape)
    numbers = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    glorot = keras.initializers.GlorotUniform(seed)
    return keras.Model(images, keras.layers.Dense(dim, kernel_initializer=glorot)(numbers))


class Training:
    """A tower, its batches and a compiled model, all anew and all the same each time."""

    def __init__(
        self,
        *,
        pairs: bool = False,
        steps: int = 10,
        optimizer: Any = "sgd",
        data: Any = None,
        tower: keras.Model | None = None,
        **options: Any,
    ) -> None:
        data = corners() if data is None else data
        self.tower = dense_tower() if tower is None else tower
        if pairs:
            sampler: Any = sl.PairSampler(data.labels, batch_size=8, seed=0)
            self.model, loss = sl.siamese(self.tower), sl.ContrastiveLoss()
        else:
            sampler = sl.BalancedBatchSampler(data.labels, batch_size=8, seed=0)
            self.model, loss = self.tower, sl.InBatchContrastiveLoss()
        self.batches = sl.ImageBatches(data, sampler, steps=steps)
        self.model.compile(optimizer, loss, jit_compile=False)
        self.recorder = sl.Recorder(self.tower, self.batches, **options)

    def fit(
        self,
        *,
        epochs: int = 1,
        before: Sequence[keras.callbacks.Callback] = (),
        after: Sequence[keras.callbacks.Callback] = (),
    ) -> sl.Recorder:
        self.model.fit(
            self.batches,
            epochs=epochs,
            callbacks=[*before, self.recorder, *after],
            shuffle=False,
            verbose=0,
        )
        return self.recorder


def real_digits() -> sl.Dataset:
    """The 5,000 digits that need no network."""
    found = offline_digits()
    assert found is not None
    return found


def digits_in_five_frames(digits: sl.Dataset) -> sl.Run:
    """A training on real digits, just long enough for frames that differ."""
    tower = sl.conv_tower((28, 28, 1), 2, seed=0)
    return Training(steps=12, frames=5, tower=tower, data=digits.train, optimizer="adam").fit().run


def each_step(job: Callable[[], Any]) -> keras.callbacks.Callback:
    """Do something after every step."""
    return keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: job())


def at_step(number: int, job: Callable[[], Any]) -> keras.callbacks.Callback:
    """Do something after one step, counted over all epochs."""
    steps = itertools.count(1)
    return each_step(lambda: job() if next(steps) == number else None)


class Clock:
    """Time that passes only when told to, in place of the module time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def perf_counter(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds
