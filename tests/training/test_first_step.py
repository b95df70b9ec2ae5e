"""The first step of a training: compiled once, and never too early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_training import Training, corners_dataset, dense_tower

import siamese_lib as sl
from siamese_lib.network.backend import keras


class Counting(keras.Model):
    """A model that counts how often Keras goes through its step, to compile it or to run it."""

    gone_through = 0

    def train_step(self, *args: Any) -> Any:
        self.gone_through += 1
        return super().train_step(*args)


class Late(keras.Model):
    """A model around a tower, with a layer that gets its weights in the first step."""

    def __init__(self, tower: keras.Model) -> None:
        super().__init__()
        self.tower, self.head = tower, keras.layers.Dense(2)

    def call(self, images: Any) -> Any:
        return self.head(self.tower(images))


def counting() -> Counting:
    tower = dense_tower()
    return Counting(tower.inputs, tower.outputs)


def test_the_step_of_a_recorded_training_is_compiled_once() -> None:
    model = counting()
    Training(tower=model, optimizer=sl.Muon(), steps=3).fit(epochs=2)
    assert model.gone_through == 1


def test_the_step_of_a_recipe_is_compiled_once() -> None:
    recipe, data = sl.Recipe(batch_size=8, steps=3), corners_dataset()
    model = recipe.compile(counting(), len(data.class_names))
    model.fit(recipe.batches(data.train), shuffle=False, verbose=0)
    assert model.gone_through == 1


@pytest.mark.parametrize("kept", [False, True])
def test_weights_that_come_with_the_first_step_are_trained(tmp_path: Path, kept: bool) -> None:
    training = Training(steps=3)
    model = Late(training.tower)
    model.compile(sl.Muon(), sl.InBatchContrastiveLoss(), jit_compile=False)
    recorder = sl.Recorder(training.tower, training.batches, folder=tmp_path if kept else None)
    model.fit(training.batches, callbacks=[recorder], shuffle=False, verbose=0)
    assert recorder.run.steps[-1] == 3
    assert model.optimizer.built
    assert model.head.built
