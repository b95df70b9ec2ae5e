"""A recipe is chosen by what the training images are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.training.recipe_choice import in_lines, photo_recipe, with_steps, with_tower


def dataset(classes: int, each: int, side: int = 16, channels: int = 3) -> sl.Dataset:
    labels = np.repeat(np.arange(classes), each)
    images = np.zeros((len(labels), side, side, channels), np.uint8)
    names = tuple(f"class {c}" for c in range(classes))
    split = sl.Split(images, labels)
    return sl.Dataset(split, sl.Split(images[:1], labels[:1]), names, "made here", "made")


def drawn(classes: int, each: int, thick: int = 3, side: int = 28) -> sl.Dataset:
    """White lines on black, level and upright; with much thicker ones no longer lines."""
    data = dataset(classes, each, side, channels=1)
    for i, image in enumerate(data.train.images):
        at = 4 + i % (side - thick - 8)
        image[at : at + thick, 4:-4] = 255
        image[4:-4, at : at + thick] = 255
    return data


def test_digits_get_a_map():
    recipe = sl.recipe_for(drawn(10, 500))
    assert (recipe.name, recipe.tower, recipe.embedding_dim) == ("digits", "conv", 2)
    assert (recipe.loss, recipe.margin, recipe.positive_margin) == ("supervised", 1.0, 0.0)
    assert (recipe.batch_size, recipe.steps, recipe.augment) == (128, 9000, sl.RandomAffine(0.08))
    assert "5,000 training images of 28×28×1, 10 classes with 500 images" in recipe.why


@pytest.mark.parametrize(("dim", "loss"), [(1, "supervised"), (3, "softmax"), (128, "softmax")])
def test_in_more_dimensions_digits_get_the_softmax_loss(dim, loss):
    recipe = sl.recipe_for(drawn(10, 200), dim)
    assert (recipe.name, recipe.embedding_dim, recipe.loss) == ("digits", dim, loss)


@pytest.mark.parametrize(
    ("dim", "tower", "steps", "batch_size"),
    [
        (2, "conv", 300, 128),
        (3, "conv", 300, 64),
        (32, "conv", 1, 64),
        (33, "conv", 300, 128),
        (16, "conv", 301, 128),
        (16, "photo", 300, 128),
    ],
)
def test_few_steps_to_a_few_dimensions_get_small_batches(dim, tower, steps, batch_size):
    data = drawn(10, 200)
    recipe = with_steps(with_tower(sl.recipe_for(data, dim), tower, data), steps)
    assert (recipe.steps, recipe.batch_size) == (steps, batch_size)
    whole = sl.recipe_for(data, dim)
    assert (whole.steps, whole.batch_size) == (9000, 128)


def test_steps_of_other_images_change_no_batches():
    recipe = sl.recipe_for(drawn(10, 200, thick=12))
    assert with_steps(recipe, 7) == replace(recipe, steps=7)


def test_other_small_images_are_no_digits():
    recipe = sl.recipe_for(drawn(10, 200, thick=12))
    assert (recipe.name, recipe.tower, recipe.embedding_dim) == ("small images", "photo", 16)
    assert (recipe.loss, recipe.steps) == ("softmax", 5000)
    assert sl.recipe_for(drawn(10, 200, thick=12), 5) == replace(recipe, embedding_dim=5)


def test_letters_are_turned():
    recipe = sl.recipe_for(drawn(40, 10))
    assert (recipe.name, recipe.tower, recipe.turned, recipe.embedding_dim) == (
        "letters", "photo", True, 128,
    )  # fmt: skip
    assert sl.recipe_for(drawn(32, 10)).name == "photographs"  # too few classes
    assert sl.recipe_for(drawn(40, 10, thick=12)).name == "photographs"


def test_another_tower_for_the_same_images():
    data = drawn(10, 200)
    digits, small = sl.recipe_for(data), sl.recipe_for(drawn(10, 200, thick=12))
    assert with_tower(digits, "conv", data) is digits
    bent = sl.ElasticDistortion(0.1, bend=0.5)
    photo = replace(digits, tower="photo", steps=5000, augment=bent)
    assert with_tower(digits, "photo", data) == photo
    assert with_tower(photo, "conv", data) == digits
    assert with_tower(small, "conv", data) == replace(small, tower="conv", steps=9000)
    photos = dataset(16, 40)
    plain = with_tower(sl.recipe_for(photos), "conv", photos)
    assert plain == sl.Recipe(why=plain.why)


def test_letters_on_disk_are_not_turned(tmp_path):
    data = drawn(40, 10)
    for image, label in zip(data.train.images, data.train.labels, strict=True):
        folder = tmp_path / "photos" / f"class {label:02}"
        folder.mkdir(parents=True, exist_ok=True)
        image[:4, :4, 0] = 255 * (label >> np.arange(16) & 1).reshape(4, 4)  # no two are equal
        Image.fromarray(image[..., 0]).save(folder / f"{len(list(folder.iterdir()))}.png")
    options = {"image_size": (28, 28), "color": "grayscale", "verbose": False}
    memory = sl.load_folder(tmp_path / "photos", **options)
    disk = sl.load_folder(tmp_path / "photos", on_disk=tmp_path / "stored", **options)
    recipe = sl.recipe_for(memory)
    assert (recipe.name, sl.recipe_for(disk).name) == ("letters", "photographs")
    with pytest.raises(ValueError, match="turned is True for images on disk; expected images in"):
        recipe.batches(disk.train)


@pytest.mark.parametrize("dim", [0, -3, 2.5, "two"])
def test_a_number_of_dimensions_is_checked(dim):
    with pytest.raises(ValueError, match="embedding_dim is"):
        sl.recipe_for(drawn(10, 200), dim)


def scaled(images: np.ndarray, side: int) -> np.ndarray:
    size, box = (side, side), Image.Resampling.BOX
    return np.stack([np.asarray(Image.fromarray(i[..., 0]).resize(size, box)) for i in images])


@pytest.mark.parametrize("side", [14, 16, 18, 20, 24, 28, 32])
def test_handwriting_is_lines_at_any_size_and_clothes_are_not(side):
    digits = sl.load_dataset("mnist", verbose=False).train.images[:300]
    assert in_lines(scaled(digits, side)[..., None])
    assert in_lines(255 - scaled(digits[:, 4:24, 4:24], side)[..., None])  # without a frame
    shirts = drawn(2, 150, thick=14).train.images
    assert not in_lines(scaled(shirts, side)[..., None])


def test_letters_are_lines_and_noise_is_not():
    assert in_lines(sl.load_dataset("letters", verbose=False).train.images, most=0.05)
    noise = np.random.default_rng(0).integers(0, 256, (50, 32, 32, 1), dtype=np.uint8)
    assert not in_lines(noise)


def test_ink_may_be_dark_or_light_or_missing():
    assert not in_lines(np.zeros((3, 28, 28, 1), np.uint8))  # there is no ink
    grey = np.full((2, 8, 8, 1), 200, np.uint8)
    grey[:, 2:6, 2:6] = 10  # dark on light
    assert in_lines(grey) == in_lines(255 - grey)


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
