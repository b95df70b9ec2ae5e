"""Small trainings that one device and several should end with the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tiny_training import SHAPE, Training, corners, dense_tower

import siamese_lib as sl
from siamese_lib.network.backend import keras

STEPS = 50


def small_tower() -> keras.Model:
    """A tower whose layers also depend on the rest of the batch, and on random numbers."""
    layers = keras.layers
    images = keras.Input(SHAPE)
    numbers = layers.Rescaling(1 / 255)(images)
    glorot = keras.initializers.GlorotUniform
    kernel = glorot(1)
    numbers = layers.Conv2D(4, 3, strides=2, use_bias=False, kernel_initializer=kernel)(numbers)
    numbers = layers.Activation("relu")(layers.BatchNormalization()(numbers))
    numbers = layers.Flatten()(layers.Dropout(0.2, seed=2)(numbers))
    return keras.Model(images, layers.Dense(2, kernel_initializer=glorot(3))(numbers))


def training(kind: str, steps: int = STEPS, **options: Any) -> Training:
    """A compiled training of one kind, the same each time, in batches of 8."""
    tower = dense_tower() if kind == "pairs" else small_tower()
    made = Training(tower=tower, pairs=kind == "pairs", steps=steps, **options)
    if kind == "proxies":
        made.model = sl.proxy_model(tower, 4)
    loss: Any = {
        "pairs": sl.ContrastiveLoss(),
        "in-batch": sl.InBatchContrastiveLoss(),
        "batch-hard": sl.BatchTripletLoss(),
        "batch-all": sl.BatchTripletLoss(hardest=False),
        "supervised": sl.SupervisedContrastiveLoss(),
        "proxies": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    }[kind]
    made.model.compile(keras.optimizers.SGD(0.05, momentum=0.5), loss)
    return made


KINDS = ("pairs", "in-batch", "batch-hard", "batch-all", "supervised", "proxies")


def close(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    """Check that two trainings ended with the same weights, but not where they began."""
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4)


def held_out() -> sl.Split:
    return corners(40, seed=1)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []
