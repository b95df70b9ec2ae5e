"""A model that trains a tower is known from one that does not, however the tower is inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tiny_training import SHAPE, dense_tower

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.training.trained import check_trains


class Wrapped(keras.Model):
    """A model of one's own that holds a tower as an attribute."""

    def __init__(self, tower: keras.Model) -> None:
        super().__init__()
        self.tower = tower

    def call(self, inputs: Any) -> Any:
        return self.tower(inputs)


def around(tower: keras.Model) -> keras.Model:
    images = keras.Input(SHAPE)
    return keras.Model(images, keras.layers.Dense(3)(tower(images)))


AROUND: dict[str, Callable[[keras.Model], keras.Model]] = {
    "the tower itself": lambda tower: tower,
    "the siamese model": sl.siamese,
    "the model of proxies": lambda tower: sl.proxy_model(tower, 4),
    "a nested model": lambda tower: around(around(tower)),
    "a class of one's own": Wrapped,
    "another model of the same layers": lambda tower: keras.Model(tower.inputs, tower.outputs),
}


@pytest.mark.parametrize("kind", AROUND)
def test_a_tower_inside_is_found_and_another_is_not(kind: str) -> None:
    tower = dense_tower()
    model = AROUND[kind](tower)
    check_trains(model, tower)
    with pytest.raises(ValueError, match=r"not part of the model in fit: 2 of its 2 weights"):
        check_trains(model, dense_tower())


def test_a_shared_frozen_backbone_is_not_enough() -> None:
    backbone = dense_tower(dim=4)
    backbone.trainable = False
    trained, watched = around(backbone), around(backbone)
    check_trains(trained, trained)
    with pytest.raises(ValueError, match=r"2 of its 2 weights"):
        check_trains(trained, watched)
