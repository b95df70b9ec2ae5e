"""The largest distance that a tower's output allows."""

from __future__ import annotations

import math

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.network.any_tower import bound_of
from siamese_lib.network.backend import keras

SHAPE = (8, 8, 1)


class Own(keras.Model):
    """A tower of a class of its own, whose layers may be called in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.last = keras.layers.Dense(2)
        self.first = keras.layers.Dense(4, activation="sigmoid")

    def call(self, images: object) -> object:
        return self.last(self.first(keras.ops.reshape(images, (-1, 64))))


def chain(*layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), *layers])


def nested() -> keras.Model:
    images = keras.Input(SHAPE)
    return keras.Model(images, chain(keras.layers.Dense(4, activation="tanh"))(images))


@pytest.mark.parametrize(
    ("tower", "output", "reach"),
    [
        (lambda: sl.small_tower(SHAPE, 2), "", math.inf),
        (lambda: sl.small_tower(SHAPE, 3, output="sigmoid"), "a sigmoid", math.sqrt(3)),
        (lambda: sl.small_tower(SHAPE, 3, output="unit"), "a normalization to unit length", 2.0),
        (nested, "a tanh", 4.0),
        (lambda: chain(keras.layers.Dense(4), keras.layers.Activation("sigmoid")), "a sigmoid", 2),
        (lambda: chain(keras.layers.Dense(4, activation="relu")), "", math.inf),
        (Own, "", math.inf),
    ],
)
def test_what_bounds_a_tower(tower: object, output: str, reach: float) -> None:
    assert callable(tower)
    assert bound_of(tower()) == (output, pytest.approx(reach))


@pytest.mark.parametrize("output", ["sigmoid", "unit"])
def test_no_distance_is_larger(output: str) -> None:
    tower = sl.small_tower(SHAPE, 2, output=output, seed=0)
    tower.set_weights([20 * weight for weight in tower.get_weights()])
    images = np.random.default_rng(0).integers(0, 256, (200, *SHAPE)).astype(np.uint8)
    points = np.asarray(tower(images))
    largest = np.linalg.norm(points[:, None] - points, axis=2).max()
    reach = bound_of(tower)[1]
    assert 0.5 * reach < largest <= reach + 1e-6
