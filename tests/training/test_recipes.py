"""A recipe fits the images, says itself in words, and makes the parts of a training."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny_training import corners, corners_dataset, dense_tower

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.training.choices import LOSSES
from siamese_lib.training.recipes import epoch_length


def test_a_recipe_says_itself_in_words():
    assert str(sl.Recipe()) == (
        "conv_tower to 2 dimensions, contrastive loss with margin 1, batches of 128 images, images "
        "as they are, 1,200 steps of Muon from learning rate 0.02"
    )
    other = sl.Recipe(
        tower="photo", loss="softmax", embedding_dim=1, batch_size=32, per_class=4,
        augment=sl.RandomShift(2), steps=50, learning_rate=0.1, why="a reason",
    )  # fmt: skip
    assert str(other) == (
        "photo_tower to 1 dimension, normalized softmax loss, batches of 32 images, 4 of each "
        "class in it, images distorted by RandomShift(pixels=2), 50 steps of Muon from learning "
        "rate 0.1 (a reason)"
    )
    letters = sl.Recipe(margin=2.0, positive_margin=0.5, turned=True)
    assert str(letters) == (
        "conv_tower to 2 dimensions, contrastive loss with margin 2 and positive margin 0.5, "
        "batches of 128 images, images as they are, turned by quarters of a circle into classes of "
        "their own, 1,200 steps of Muon from learning rate 0.02"
    )
    assert "batches of 128 random pairs" in str(sl.Recipe(pairs="random"))
    assert "triplet loss with margin 0.5" in str(sl.Recipe(loss="triplet", margin=0.5))
    assert ", supervised contrastive loss, " in str(sl.Recipe(loss="supervised"))


@pytest.mark.parametrize(
    ("options", "model", "loss"),
    [
        ({}, "tower", sl.InBatchContrastiveLoss),
        ({"loss": "triplet"}, "tower", sl.BatchTripletLoss),
        ({"loss": "supervised"}, "tower", sl.SupervisedContrastiveLoss),
        ({"pairs": "random"}, "siamese", sl.ContrastiveLoss),
        ({"loss": "softmax"}, "proxy_model", keras.losses.SparseCategoricalCrossentropy),
    ],
)
def test_the_parts_train(options, model, loss):
    recipe = sl.Recipe(batch_size=16, steps=20, learning_rate=0.01, **options)
    data = corners_dataset()
    tower = recipe.build_tower((8, 8, 1), seed=4)
    np.testing.assert_array_equal(
        tower.get_weights()[0], sl.conv_tower((8, 8, 1), 2, seed=4).get_weights()[0]
    )
    before = [weight.copy() for weight in tower.get_weights()]
    compiled = recipe.compile(tower, 4)
    assert (compiled.name, type(compiled.loss)) == (model, loss)
    batches = recipe.batches(data.train, seed=4)
    assert len(batches) == 20
    compiled.fit(batches, shuffle=False, verbose=0)
    assert (before[0] != tower.get_weights()[0]).any()
    assert float(compiled.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_the_trivial_loss_is_that_of_equal_embeddings():
    labels, equal = np.arange(12) % 4, np.zeros((12, 3), np.float32)
    for recipe in (sl.Recipe(margin=0.7), sl.Recipe(loss="triplet", margin=0.7)):
        loss = recipe.compile(recipe.build_tower((8, 8, 1)), 4).loss
        assert recipe.trivial_value(4) == pytest.approx(float(loss(labels, equal)), rel=1e-4)
    recipe = sl.Recipe(loss="supervised", batch_size=12)
    loss = recipe.compile(recipe.build_tower((8, 8, 1)), 4).loss
    assert recipe.trivial_value(4) == pytest.approx(float(loss(labels, equal)), rel=1e-4)
    assert sl.Recipe(loss="softmax").trivial_value(4) == pytest.approx(math.log(4))


def test_a_map_in_two_dimensions_is_no_circle():
    images = corners(6, channels=3).images
    for dim, loss, unit in (
        (2, "contrastive", False),
        (2, "supervised", False),
        (2, "softmax", True),
        (8, "triplet", True),
    ):
        tower = sl.Recipe(tower="photo", embedding_dim=dim, loss=loss).build_tower((8, 8, 3))
        lengths = np.linalg.norm(np.asarray(tower(images)), axis=1)
        assert np.allclose(lengths, 1, atol=1e-4) == unit
    for loss, unit in (("contrastive", False), ("softmax", True), ("triplet", False)):
        tower = sl.Recipe(embedding_dim=8, loss=loss).build_tower((8, 8, 3))
        lengths = np.linalg.norm(np.asarray(tower(images)), axis=1)
        assert np.allclose(lengths, 1, atol=1e-4) == unit


@pytest.mark.parametrize("loss", LOSSES)
def test_turned_classes_are_trained_on_as_classes_of_their_own(loss):
    recipe = sl.Recipe(loss=loss, embedding_dim=8, batch_size=32, steps=40, turned=True)
    images = corners(40)
    tower = recipe.build_tower((8, 8, 1), seed=0)
    model, batches = recipe.compile(tower, 4), recipe.batches(images)
    turned = sl.turned_classes(images)
    np.testing.assert_array_equal(batches.data.images, turned.images)
    assert len(np.unique(batches.data.labels)) == 16
    history = model.fit(batches, shuffle=False, verbose=0).history
    assert np.isfinite(history["loss"][-1])  # of corners, which turned are others of their classes
    if loss == "softmax":
        assert recipe.trivial_value(4) == pytest.approx(math.log(16))


def test_both_margins_are_those_of_the_loss():
    for pairs in ("in-batch", "random"):
        recipe = sl.Recipe(pairs=pairs, margin=2.0, positive_margin=0.5)
        loss = recipe.compile(recipe.build_tower((8, 8, 1)), 4).loss
        assert (loss.margin, loss.positive_margin) == (2.0, 0.5)


def test_classes_take_turns_if_asked():
    recipe = sl.Recipe(batch_size=8, per_class=4, steps=10)
    _, labels = recipe.batches(corners(40))[0]
    assert sorted(np.unique(labels, return_counts=True)[1]) == [4, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tower": "large"}, "tower is 'large'; expected 'conv' or 'photo'"),
        ({"loss": "l2"}, "loss is 'l2'; expected 'contrastive' or 'supervised' or 'triplet'"),
        ({"pairs": "all"}, "pairs is 'all'"),
        ({"loss": "softmax", "margin": 2.0}, "margin is 2 with the softmax loss, which has none"),
        ({"loss": "supervised", "margin": 0.5}, "margin is 0.5 with the supervised loss"),
        ({"pairs": "random", "loss": "softmax"}, "'random' with the softmax loss"),
        ({"pairs": "random", "per_class": 4}, "per_class 4"),
        ({"margin": 0.0}, "margin is 0.0; expected a finite number above 0"),
        ({"positive_margin": -1.0}, "positive_margin is -1.0; expected a number from 0 to below"),
        ({"margin": 0.5, "positive_margin": 0.6}, "positive_margin is 0.6; .* margin, 0.5"),
        ({"loss": "triplet", "positive_margin": 0.2}, "positive_margin is 0.2 with the triplet"),
    ],
)
def test_refuses_what_does_not_go_together(options, message):
    with pytest.raises(ValueError, match=message):
        sl.Recipe(**options)


def test_an_epoch_is_a_divisor_of_all_steps():
    lengths = {steps: epoch_length(steps) for steps in (1, 20, 97, 1200, 1300, 1201)}
    assert lengths == {1: 1, 20: 20, 97: 97, 1200: 100, 1300: 100, 1201: 1201}
    assert all(steps % epoch_length(steps) == 0 for steps in range(1, 2001))


@pytest.mark.parametrize("steps", [7, 101, 22])
def test_a_training_makes_all_of_its_steps(steps):
    recipe, images = sl.Recipe(steps=steps, batch_size=8), corners()
    tower = dense_tower()
    model, batches = recipe.compile(tower, 4), recipe.batches(images)
    model.fit(batches, epochs=recipe.steps // len(batches), shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == steps
