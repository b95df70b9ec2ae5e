"""A recipe fits the images, says itself in words, and makes the parts of a training."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tiny_training import corners, corners_dataset, dense_tower

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.training.recipes import epoch_length, photo_recipe


def dataset(classes: int, each: int, side: int = 16, channels: int = 3) -> sl.Dataset:
    labels = np.repeat(np.arange(classes), each)
    images = np.zeros((len(labels), side, side, channels), np.uint8)
    names = tuple(f"class {c}" for c in range(classes))
    split = sl.Split(images, labels)
    return sl.Dataset(split, sl.Split(images[:1], labels[:1]), names, "made here", "made")


def test_digits_keep_the_recipe_of_the_book():
    recipe = sl.recipe_for(dataset(10, 500, side=28, channels=1))
    assert recipe == replace(sl.Recipe(), why=recipe.why)
    assert (recipe.tower, recipe.embedding_dim, recipe.batch_size, recipe.steps) == (
        "conv", 2, 128, 1200,
    )  # fmt: skip
    assert "5,000 training images of 28×28×1, 10 classes with 500 images" in recipe.why


@pytest.mark.parametrize(
    ("data", "batch_size", "steps", "flip"),
    [
        (dataset(16, 40), 64, 300, True),
        (dataset(3, 10), 64, 200, True),  # the fewest steps
        (dataset(22, 136), 64, 1400, True),
        (dataset(200, 4), 128, 200, True),
        (dataset(10, 40, side=28, channels=1), 64, 200, False),  # few images each
        (dataset(2, 500, side=40, channels=1), 64, 500, False),  # larger than digits
    ],
)
def test_other_images_get_the_recipe_for_photographs(data, batch_size, steps, flip):
    recipe = sl.recipe_for(data)
    assert recipe == photo_recipe(data)
    assert (recipe.tower, recipe.embedding_dim) == ("photo", 64)
    assert (recipe.batch_size, recipe.steps) == (batch_size, steps)
    assert recipe.augment == sl.PhotoDistortion(flip=flip)


@pytest.mark.parametrize(("classes", "each", "steps"), [(22, 137, 700), (200, 100, 750)])
def test_thousands_of_pictures_are_distorted_less(classes, each, steps):
    recipe = sl.recipe_for(dataset(classes, each))
    assert (recipe.loss, recipe.embedding_dim, recipe.batch_size) == ("softmax", 128, 128)
    assert recipe.steps == steps  # 750 are the most: as many images as in 1,500 batches of 64
    assert recipe.augment == sl.PhotoDistortion(zoom=0.1, stretch=0.1, color=0.3)
    grey = sl.recipe_for(dataset(40, 80, side=28, channels=1))
    assert grey.augment == sl.PhotoDistortion(flip=False)


@pytest.mark.parametrize(
    ("classes", "each", "loss", "margin"),
    [
        (501, 8, "triplet", 0.2),
        (900, 3, "triplet", 0.2),
        (500, 8, "softmax", 1.0),  # fewer classes
        (501, 9, "softmax", 1.0),  # more images of each
    ],
)
def test_hundreds_of_classes_with_few_images_get_the_triplet_loss(classes, each, loss, margin):
    recipe = sl.recipe_for(dataset(classes, each))
    assert (recipe.loss, recipe.margin) == (loss, margin)
    assert recipe.embedding_dim == 128
    assert isinstance(recipe.augment, sl.PhotoDistortion)
    assert recipe.augment.flip == (loss != "triplet")  # a sign is another in a mirror


def test_only_training_images_decide():
    data = dataset(16, 40)
    with_others = sl.Dataset(
        data.train, sl.Split(data.train.images[:300], data.train.labels[:300]),
        data.class_names, "made here", "made",
    )  # fmt: skip
    assert sl.recipe_for(with_others) == sl.recipe_for(data)


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
    assert "batches of 128 random pairs" in str(sl.Recipe(pairs="random"))
    assert "triplet loss with margin 0.5" in str(sl.Recipe(loss="triplet", margin=0.5))


@pytest.mark.parametrize(
    ("options", "model", "loss"),
    [
        ({}, "tower", sl.InBatchContrastiveLoss),
        ({"loss": "triplet"}, "tower", sl.BatchTripletLoss),
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
    assert sl.Recipe(loss="softmax").trivial_value(4) == pytest.approx(math.log(4))


def test_a_map_in_two_dimensions_is_no_circle():
    images = corners(6, channels=3).images
    for dim, loss, unit in ((2, "contrastive", False), (2, "softmax", True), (8, "triplet", True)):
        tower = sl.Recipe(tower="photo", embedding_dim=dim, loss=loss).build_tower((8, 8, 3))
        lengths = np.linalg.norm(np.asarray(tower(images)), axis=1)
        assert np.allclose(lengths, 1, atol=1e-4) == unit


def test_classes_take_turns_if_asked():
    recipe = sl.Recipe(batch_size=8, per_class=4, steps=10)
    _, labels = recipe.batches(corners(40))[0]
    assert sorted(np.unique(labels, return_counts=True)[1]) == [4, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tower": "large"}, "tower is 'large'; expected 'conv' or 'photo'"),
        ({"loss": "l2"}, "loss is 'l2'; expected 'contrastive' or 'triplet' or 'softmax'"),
        ({"pairs": "all"}, "pairs is 'all'"),
        ({"pairs": "random", "loss": "softmax"}, "'random' with the softmax loss"),
        ({"pairs": "random", "per_class": 4}, "per_class 4"),
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
