"""Images of another scale, dtype or layout are refused, and the remedy that is named works."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.pixels import (
    checked_images,
    checked_pixels,
    pictures_of,
    remedy_for_one,
    white_of,
)

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (12, 20, 16, 1), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (12, 20, 16, 3), dtype=np.uint8)
for each in (GREY, COLOUR):
    each[:, 0], each[:, 1] = 0, 255
LABELS = np.arange(12) % 3

SCALES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "0 to 1": lambda x: x / 255,
    "0 to 1 in single precision": lambda x: (x / 255).astype(np.float32),
    "0 to 1 in half precision": lambda x: (x / 255).astype(np.float16),
    "a little more than 0 to 1": lambda x: np.where(x == 255, 1.04, x / 255),
    "-1 to 1": lambda x: x / 127.5 - 1,
    "-0.5 to 0.5": lambda x: x / 255 - 0.5,
    "0 to 1 less a mean": lambda x: x / 255 - 0.3,
    "int8": lambda x: (x.astype(int) - 128).astype(np.int8),
    "10 bits": lambda x: x.astype(np.uint16) * 4,
    "12 bits": lambda x: x.astype(np.uint16) * 16,
    "14 bits": lambda x: x.astype(np.int16) * 64,
    "16 bits": lambda x: x.astype(np.uint16) * 257,
    "16 bits as floats": lambda x: x * 257.0,
    "0 to 1 in big-endian": lambda x: (x / 255).astype(">f4"),
}
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as it should be": lambda x: x,
    "channels first": lambda x: np.moveaxis(x, -1, 1),
    "the last axis": lambda x: np.moveaxis(x, 0, -1),
    "rows": lambda x: x.reshape(len(x), -1),
}
for_scales = pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)


def mended(check: Callable[[np.ndarray], Any], images: np.ndarray) -> Any:
    """Do what the message says."""
    with pytest.raises(ValueError, match="expected") as caught:
        check(images)
    code = re.search(r"[Pp]ass (.*?)\.(?: |$)(?!\d)", str(caught.value))
    assert code, str(caught.value)
    return eval(code[1], {"numpy": np, "images": images})


@for_scales
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
def test_what_the_message_says_makes_images_for_a_tower(images, layout, scale):
    shape = images.shape[1:]
    good = mended(lambda given: checked_pixels(given, shape), layout(scale(images)))
    found = checked_pixels(good, shape)
    assert np.abs(found.astype(float) - images).max() <= 1


@for_scales
def test_what_the_message_says_makes_a_split(scale):
    good = mended(lambda given: sl.Split(given, LABELS), scale(COLOUR))
    split = sl.Split(good, LABELS)
    assert np.abs(split.images.astype(int) - COLOUR).max() <= 1


@for_scales
def test_what_the_message_says_makes_images_to_show(scale):
    good = mended(checked_images, scale(GREY)[..., 0])
    assert np.abs(checked_images(good).astype(int) - GREY).max() <= 1


@pytest.mark.parametrize(
    ("images", "wanted", "words"),
    [
        (GREY > 127, (GREY > 127) * 255, "boolean"),
        (GREY[0], GREY[:1], "one image"),
        (GREY[0, ..., 0], GREY[:1], "one image without an axis of channels"),
        (GREY[..., 0] / 255, GREY, "from 0 to 1"),
        (GREY.astype(object), GREY, "object"),
        (GREY * (1 + 0j), GREY, "complex128"),
        (np.where(GREY == 0, np.nan, GREY), GREY, "NaN or infinity in 12 of 12 images, first 0"),
        (np.where(GREY == 255, np.inf, GREY / 255.0), None, "NaN or infinity in 12 of 12"),
    ],
)
def test_other_images_that_a_tower_refuses(images, wanted, words):
    with pytest.raises(ValueError, match=words):
        checked_pixels(images, GREY.shape[1:])
    good = mended(lambda given: checked_pixels(given, GREY.shape[1:]), images)
    found = checked_pixels(good, GREY.shape[1:])
    if wanted is not None:
        assert np.abs(found.astype(float) - wanted).max() <= 1


def test_grey_and_coloured_images_are_turned_into_each_other():
    good = mended(lambda given: checked_pixels(given, COLOUR.shape[1:]), GREY)
    np.testing.assert_array_equal(good, np.repeat(GREY, 3, axis=-1))
    good = mended(lambda given: checked_pixels(given, GREY.shape[1:]), COLOUR)
    assert checked_pixels(good, GREY.shape[1:]).shape == GREY.shape
    with_alpha = np.concatenate([COLOUR, GREY], axis=-1)
    good = mended(lambda given: checked_pixels(given, COLOUR.shape[1:]), with_alpha)
    np.testing.assert_array_equal(good, COLOUR)


ALPHA = np.full_like(GREY, 255)
CHANNELS = {
    "grey": GREY,
    "grey with alpha": np.concatenate([GREY, ALPHA], axis=-1),
    "colour": COLOUR,
    "colour with alpha": np.concatenate([COLOUR, ALPHA], axis=-1),
}


@pytest.mark.parametrize("first", [False, True], ids=["channels last", "channels first"])
@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("wanted", [GREY, COLOUR], ids=["for grey", "for colour"])
def test_other_channels_are_turned_into_those_of_the_tower(kind, wanted, first):
    luma = COLOUR @ [0.299, 0.587, 0.114]
    expected = wanted
    if kind.startswith("grey"):
        expected = np.repeat(GREY, wanted.shape[-1], axis=-1)
    elif wanted is GREY:
        expected = luma[..., None]
    images = np.moveaxis(CHANNELS[kind], -1, 1) if first else CHANNELS[kind]
    if images.shape[1:] != wanted.shape[1:]:
        images = mended(lambda given: checked_pixels(given, wanted.shape[1:]), images)
    found = checked_pixels(images, wanted.shape[1:])
    np.testing.assert_allclose(found.astype(float), expected)
    for image in (CHANNELS[kind][0], np.moveaxis(CHANNELS[kind][0], -1, 0)):
        one = eval_remedy(image, (20, 16, wanted.shape[-1]))
        assert one.dtype == np.uint8
        assert np.abs(one.astype(float) - expected[0]).max() <= 0.5


def eval_remedy(image: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Do what is said for one image."""
    if image.shape == shape:
        return image
    code = re.fullmatch(r"Pass (.*)\.", remedy_for_one(image, "image", shape))
    assert code
    return eval(code[1], {"numpy": np, "image": image})


def test_images_to_show_with_an_alpha_channel():
    for kind in ("grey with alpha", "colour with alpha"):
        good = mended(checked_images, CHANNELS[kind])
        np.testing.assert_array_equal(checked_images(good), CHANNELS[kind][..., :-1])


def test_other_numbers_of_channels_are_not_resized():
    with pytest.raises(ValueError, match="Choose 3 of their 5 channels"):
        checked_pixels(np.zeros((2, 20, 16, 5)), (20, 16, 3))
    with pytest.raises(ValueError, match="Resize the images"):
        checked_pixels(np.zeros((2, 9, 16, 4)), (20, 16, 3))
    assert remedy_for_one(GREY[0, :9], "image", (20, 16, 1)) == "Resize it first."


def test_images_whose_own_shape_has_no_channels():
    with pytest.raises(ValueError, match=r"expected .*\(N, H, W, C\).*pass images\[..., None\]"):
        checked_pixels(GREY[..., 0], GREY.shape[1:3], None)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((3, 20, 16, 1)),
        np.zeros((1, 20, 16, 1), np.float32),
        np.zeros((0, 20, 16, 1), np.float32),
        np.zeros((3, 20, 16, 1), np.uint8),
        np.ones((3, 20, 16, 1), np.uint8),
        np.full((3, 20, 16, 1), 2.5),
        GREY.astype(np.float16),
        GREY.astype(np.int64),
        GREY[..., 0].astype(np.float64),
        np.clip(GREY + 0.4, 0, 255.2),
        GREY - 0.3,
        [image.tolist() for image in GREY[:2]],
    ],
)
def test_images_that_are_taken(images):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = checked_pixels(images, (20, 16, 1))
    np.testing.assert_array_equal(found[..., 0], np.asarray(images).reshape(-1, 20, 16))


@pytest.mark.parametrize(
    "images",
    [
        (GREY - 33.0) / 78,  # standardized
        GREY - 128.0 + 0.1,
        GREY.astype(np.int64) + 70_000,
        np.full((2, 20, 16, 1), np.nan),
        np.array([["a"]]),
        np.array([GREY[0], GREY[1, :5]], dtype=object),
        np.zeros((2, 21, 16, 1)),
        np.zeros(()),
        np.zeros((2, 20, 16, 1, 1)),
    ],
    ids=lambda images: f"{images.dtype} {images.shape}",
)
def test_images_for_which_there_is_no_simple_remedy(images):
    with pytest.raises(ValueError, match=r"got .*; expected .*\(N, 20, 16, 1\), as in training"):
        checked_pixels(images, (20, 16, 1))


def test_images_of_several_shapes():
    with pytest.raises(ValueError, match=r"images of different shapes .* Resize them"):
        checked_pixels([GREY[0], GREY[1, :5]], (20, 16, 1))


@pytest.mark.parametrize(
    "use", [lambda x: checked_pixels(x, (20, 16, 1)), lambda x: sl.Split(x, LABELS)]
)
def test_bytes_of_nothing_but_0_and_1_are_taken_with_a_warning(use):
    binary = (GREY > 127).astype(np.uint8)
    with pytest.warns(UserWarning, match=r"nothing but 0 and 1.*pass images \* 255"):
        use(binary)
    use(binary * 255)
    binary[5, 3, 3] = 2  # dark, but not binary
    use(binary)


def test_a_tower_that_expects_0_to_1():
    shape = GREY.shape[1:]
    unit = GREY / 255
    np.testing.assert_array_equal(checked_pixels(unit, shape, 1), unit)
    np.testing.assert_allclose(checked_pixels(GREY, shape, 1), unit, atol=1e-7)
    assert checked_pixels(GREY, shape, 1).dtype == np.float32
    for other in (GREY.astype(float), GREY > 127, GREY.astype(np.uint16) * 257, unit * 2 - 1):
        good = mended(lambda given: checked_pixels(given, shape, 1), other)
        assert 0 <= checked_pixels(good, shape, 1).max() <= 1


def test_a_tower_of_an_unknown_range_takes_all_that_is_finite():
    shape = GREY.shape[1:]
    for images in (GREY / 255, GREY, GREY - 128.0, GREY > 3, GREY.astype(np.uint16) * 257):
        np.testing.assert_array_equal(checked_pixels(images, shape, None), images)
    with pytest.raises(ValueError, match=r"infinity in 12 of 12 .*; expected finite numbers"):
        checked_pixels(np.where(GREY == 0, np.nan, GREY), shape, None)


def test_white_is_seen_in_the_images():
    assert white_of(GREY) == white_of(GREY * 1.0) == white_of((GREY > 9).astype(np.uint8)) == 255
    assert white_of(GREY / 255) == white_of(GREY > 127) == 1
    for images in (np.zeros((2, 8, 8, 1)), GREY[:0], GREY * 300.0, GREY - 128.0):
        assert white_of(images) is None


def test_pictures_of_any_scale_look_the_same():
    for images in (GREY, GREY * 1.0, GREY / 255):
        np.testing.assert_array_equal(pictures_of(images), GREY)
    np.testing.assert_array_equal(pictures_of(GREY > 127), 255 * (GREY > 127))
    assert pictures_of(np.zeros((2, 8, 8, 5))) is None
