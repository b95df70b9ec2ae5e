"""Shifts against a loop over images, and what a training sees of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.ndimage import affine_transform, map_coordinates

import siamese_lib as sl


def slowly_shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """Pixel by pixel; outside the image is its nearest pixel."""
    height, width, _ = image.shape
    moved = np.empty_like(image)
    for row in range(height):
        for column in range(width):
            from_row = min(max(row + down, 0), height - 1)
            from_column = min(max(column + right, 0), width - 1)
            moved[row, column] = image[from_row, from_column]
    return moved


@pytest.mark.parametrize("pixels", [1, 2])
def test_every_shift_is_made_and_no_other(pixels):
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    several = np.repeat(image[None], 2000, axis=0)
    shifted = sl.RandomShift(pixels)(several, np.random.default_rng(1))
    assert (shifted.shape, shifted.dtype) == (several.shape, np.uint8)
    reach = range(-pixels, pixels + 1)
    expected = {slowly_shifted(image, y, x).tobytes(): (y, x) for y in reach for x in reach}
    counts = Counter(expected[one.tobytes()] for one in shifted)
    assert len(counts) == len(reach) ** 2
    assert max(counts.values()) < 2 * min(counts.values())


def test_no_pixels_is_no_change():
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 5, 1), dtype=np.uint8)
    np.testing.assert_array_equal(sl.RandomShift(0)(images, np.random.default_rng(0)), images)


@pytest.mark.parametrize("pixels", [-1, 0.5, None])
def test_refuses_pixels_that_are_no_count(pixels):
    with pytest.raises(ValueError, match=r"pixels is .*; expected a whole number, 0 or more"):
        sl.RandomShift(pixels)


@pytest.mark.parametrize("shape", [(9, 9, 1), (6, 11, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_affine_change_is_what_scipy_makes_of_the_same_numbers(shape, dtype):
    images = np.random.default_rng(0).integers(0, 256, (20, *shape)).astype(dtype)
    changed = sl.RandomAffine(0.2, shift=2)(images, np.random.default_rng(5))
    assert (changed.shape, changed.dtype) == (images.shape, dtype)
    rng = np.random.default_rng(5)
    matrices = np.eye(2) + rng.normal(0, 0.2, (20, 2, 2))
    shifts = rng.uniform(-2, 2, (20, 2))
    middle = (np.array(shape[:2]) - 1) / 2
    for image, matrix, shift, found in zip(images, matrices, shifts, changed, strict=True):
        offset = middle + shift - matrix @ middle
        for channel in range(shape[-1]):
            plane = image[..., channel].astype(np.float64)
            expected = affine_transform(plane, matrix, offset, order=1, mode="nearest")
            tolerance = 0.5001 if dtype == np.uint8 else 1e-3
            np.testing.assert_allclose(found[..., channel], expected, atol=tolerance)


@pytest.mark.parametrize("shape", [(9, 9, 1), (6, 11, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_an_elastic_change_is_what_scipy_makes_of_the_same_numbers(shape, dtype):
    images = np.random.default_rng(0).integers(0, 256, (10, *shape)).astype(dtype)
    changed = sl.ElasticDistortion(0.1, shift=1, bend=0.7)(images, np.random.default_rng(5))
    assert (changed.shape, changed.dtype) == (images.shape, dtype)
    rng = np.random.default_rng(5)
    matrices, shifts = rng.normal(0, 0.1, (10, 2, 2)), rng.uniform(-1, 1, (10, 2))
    waves = [(0, 2), (1, 1), (2, 0), (0, 3), (1, 2), (2, 1), (3, 0), (1, 3), (2, 2), (3, 1)]
    bends = rng.normal(0, 0.7, (10, 2, len(waves)))
    height, width = shape[:2]
    place = np.indices((height, width)).astype(np.float64)
    down, along = ((place[i] + 0.5) * np.pi / side for i, side in enumerate((height, width)))
    middle = (np.array([height, width]) - 1)[:, None, None] / 2
    for image, matrix, shift, bend, found in zip(
        images, matrices, shifts, bends, changed, strict=True
    ):
        moved = np.einsum("ij,jhw->ihw", matrix, place - middle) + shift[:, None, None]
        for (i, j), size in zip(waves, bend.T, strict=True):
            moved += (size * 2 / (i + j))[:, None, None] * np.cos(i * down) * np.cos(j * along)
        for channel in range(shape[-1]):
            plane = image[..., channel].astype(np.float64)
            expected = map_coordinates(plane, place + moved, order=1, mode="nearest")
            tolerance = 0.5001 if dtype == np.uint8 else 2e-3
            np.testing.assert_allclose(found[..., channel], expected, atol=tolerance)


@pytest.mark.parametrize("shape", [(5, 7, 1), (1, 9, 2), (9, 1, 1), (1, 1, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float16, bool])
def test_a_change_of_nothing_is_none(shape, dtype):
    images = np.random.default_rng(0).integers(0, 256, (4, *shape)).astype(dtype)
    for augment in (sl.RandomAffine(0, shift=0), sl.ElasticDistortion(0, shift=0, bend=0)):
        same = augment(images, np.random.default_rng(0))
        assert same.dtype == dtype
        np.testing.assert_array_equal(same, images)
    assert len(sl.ElasticDistortion()(images[:0], np.random.default_rng(0))) == 0


def test_bent_images_of_one_pixel_are_the_same():
    pixel = np.full((3, 1, 1, 1), 70, np.uint8)
    bent = sl.ElasticDistortion()(pixel, np.random.default_rng(0))
    np.testing.assert_array_equal(bent, pixel)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spread": -0.1}, "spread is -0.1; expected a number from 0 to 1"),
        ({"spread": 2}, "spread is 2; expected a number from 0 to 1"),
        ({"spread": "much"}, "spread is 'much'; expected a number from 0 to 1"),
        ({"shift": -1}, "shift is -1; expected a number that is finite and 0 or more"),
        ({"shift": float("nan")}, "shift is nan; expected a number that is finite and 0 or more"),
        ({"shift": float("inf")}, "shift is inf; expected a number that is finite and 0 or more"),
    ],
)
def test_refuses_an_affine_change_out_of_range(options, message):
    for kind in (sl.RandomAffine, sl.ElasticDistortion):
        with pytest.raises(ValueError, match=message):
            kind(**options)


@pytest.mark.parametrize("bend", [-1, float("nan"), float("inf"), "much", None])
def test_refuses_a_bend_out_of_range(bend):
    with pytest.raises(ValueError, match=r"bend is .*; expected a number that is finite"):
        sl.ElasticDistortion(bend=bend)


def slowly_zoomed(image: np.ndarray, zooms: tuple[float, float], places: tuple[float, float]):
    """Each pixel from the part of the image that is kept, between its four nearest pixels."""
    height, width, _ = image.shape
    at = []
    for side, zoom, place in zip((height, width), zooms, places, strict=True):
        middle = (side - 1) / 2
        shift = place * abs(1 - zoom) * side / 2
        at.append(
            [min(max((i - middle) * zoom + shift + middle, 0), side - 1) for i in range(side)]
        )
    new = np.zeros(image.shape)
    for row, y in enumerate(at[0]):
        for column, x in enumerate(at[1]):
            for near_y in {int(y), min(int(y) + 1, height - 1)}:
                for near_x in {int(x), min(int(x) + 1, width - 1)}:
                    share = max(0, 1 - abs(y - near_y)) * max(0, 1 - abs(x - near_x))
                    new[row, column] += share * image[near_y, near_x]
    return new


@pytest.mark.parametrize("shape", [(9, 9, 1), (6, 11, 3)])
def test_a_photo_is_cropped_and_mirrored_as_a_loop_does(shape):
    images = np.random.default_rng(0).integers(0, 256, (30, *shape), dtype=np.uint8)
    distort = sl.PhotoDistortion(zoom=0.4, stretch=0.2, color=0)
    changed = distort(images, np.random.default_rng(5))
    assert (changed.shape, changed.dtype) == (images.shape, np.uint8)
    rng = np.random.default_rng(5)
    zoom, stretch = np.exp(rng.uniform(-0.4, 0.2, 30)), np.exp(rng.uniform(-0.2, 0.2, 30) / 2)
    places, mirrored = rng.uniform(-1, 1, (2, 30)), rng.random(30) < 0.5
    assert 5 < mirrored.sum() < 25
    for i, image in enumerate(images):
        zooms = zoom[i] * stretch[i], zoom[i] / stretch[i]
        expected = slowly_zoomed(image, zooms, (places[0, i], places[1, i]))
        expected = expected[:, ::-1] if mirrored[i] else expected
        np.testing.assert_allclose(changed[i], expected, atol=0.501)


@pytest.mark.parametrize("white", [1, 255])
def test_a_photo_keeps_its_range_and_changes_its_colours(white):
    images = np.random.default_rng(0).random((40, 6, 6, 3)).astype(np.float32) * white
    still = sl.PhotoDistortion(zoom=0, stretch=0, flip=False)
    changed = still(images, np.random.default_rng(1))
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= white
    brighter = changed.mean(axis=(1, 2, 3)) / images.mean(axis=(1, 2, 3))
    assert brighter.std() > 0.05
    assert 0.5 < brighter.min() < brighter.max() < 1.6
    other = still(images / white, np.random.default_rng(1)) * white
    np.testing.assert_allclose(other, changed, atol=1e-3 * white)


def test_a_photo_without_any_change_is_the_same():
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 7, 3), dtype=np.uint8)
    nothing = sl.PhotoDistortion(zoom=0, stretch=0, flip=False, color=0)
    np.testing.assert_array_equal(nothing(images, np.random.default_rng(0)), images)


def test_without_flip_no_photo_is_mirrored():
    images = np.zeros((50, 8, 8, 1), np.uint8)
    images[:, :, :2] = 255  # a letter's stem on the left stays on the left
    changed = sl.PhotoDistortion(zoom=0.1, stretch=0, flip=False)(images, np.random.default_rng(0))
    assert (changed[:, :, :4].mean(axis=(1, 2, 3)) > changed[:, :, 4:].mean(axis=(1, 2, 3))).all()


@pytest.mark.parametrize("name", ["zoom", "stretch", "color"])
@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), "much"])
def test_refuses_a_distortion_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; expected a number from 0 to 1"):
        sl.PhotoDistortion(**{name: value})


@pytest.fixture
def data() -> sl.Split:
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
    return sl.Split(images, np.arange(40) % 4)


def test_batches_of_images_are_augmented_the_same_at_the_same_step(data):
    sampler = sl.BalancedBatchSampler(data.labels, batch_size=8, seed=3)
    plain = sl.ImageBatches(data, sampler)
    one, two = (sl.ImageBatches(data, sampler, augment=sl.RandomShift(1)) for _ in range(2))
    two[1]
    for step in range(2):
        images, labels = one[step]
        np.testing.assert_array_equal(images, two[step][0])
        np.testing.assert_array_equal(labels, plain[step][1])
        changed = np.not_equal(images, plain[step][0]).any(axis=(1, 2, 3))
        assert changed.sum() >= 4
    one.first_step = 1
    np.testing.assert_array_equal(one[0][0], two[1][0])


def test_our_own_distortions_leave_white_as_it_is(data):
    sampler = sl.BalancedBatchSampler(data.labels, batch_size=8)
    ours = sl.RandomShift(1), sl.RandomAffine(), sl.ElasticDistortion(), sl.PhotoDistortion()
    for augment in ours:
        assert sl.ImageBatches(data, sampler, augment=augment).white == 255
    assert sl.ImageBatches(data, sampler, augment=lambda images, rng: images).white is None


def test_the_two_images_of_a_pair_are_shifted_apart(data):
    sampler = sl.PairSampler(data.labels, batch_size=200, seed=0)
    (left, right), _ = sl.ImageBatches(data, sampler, augment=sl.RandomShift(2))[0]
    (plain_left, plain_right), _ = sl.ImageBatches(data, sampler)[0]
    still = [(a == b).all(axis=(1, 2, 3)) for a, b in ((left, plain_left), (right, plain_right))]
    assert (still[0] != still[1]).any()
