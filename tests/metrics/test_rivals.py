"""What a trained embedding is compared with, each computed a second, slower way."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from siamese_lib.metrics import RIVALS, color_histogram, principal_components, raw_pixels


def pictures(count: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 4, 5, channels), dtype=np.uint8)


def test_raw_pixels_are_the_pixels():
    gallery, queries = raw_pixels(pictures(3), pictures(2, seed=1))
    assert (gallery.dtype, gallery.shape, queries.shape) == (np.float32, (3, 60), (2, 60))
    np.testing.assert_allclose(queries[1] * 255, pictures(2, seed=1)[1].ravel(), rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bins", [2, 3, 4, 16])
def test_a_histogram_counts_each_pixel_by_its_colour(bins, channels):
    images = pictures(6, channels)
    images[0] = 255
    gallery, queries = color_histogram(images[:4], images[4:], bins=bins)
    assert gallery.dtype == queries.dtype == np.float32
    for image, vector in zip(images, np.concatenate([gallery, queries]), strict=True):
        counts = Counter(
            sum(int(level * bins / 256) * bins**c for c, level in enumerate(pixel))
            for pixel in image.reshape(-1, channels).tolist()
        )
        expected = [counts[color] / 20 for color in range(bins**channels)]
        np.testing.assert_allclose(vector**2, expected, atol=1e-6)


@pytest.mark.parametrize("count", [12, 200])  # fewer, and more images than pixels
def test_pca_is_the_projection_with_the_largest_variance(count):
    images, others = pictures(count), pictures(7, seed=1)
    gallery, queries = principal_components(images, others, dim=5)
    pixels = images.reshape(count, -1) / 255
    center = pixels.mean(axis=0)
    axes = np.linalg.svd(pixels - center)[2][:5].T
    # An axis may point the other way.
    np.testing.assert_allclose(np.abs(gallery), np.abs((pixels - center) @ axes), atol=1e-4)
    expected = (others.reshape(7, -1) / 255 - center) @ axes
    np.testing.assert_allclose(np.abs(queries), np.abs(expected), atol=1e-4)


def test_pca_of_few_images_has_as_many_axes_as_they_span():
    gallery, queries = principal_components(pictures(4), pictures(2, seed=1))
    assert (gallery.shape, queries.shape) == ((4, 3), (2, 3))


@pytest.mark.parametrize("name", RIVALS)
def test_equal_pictures_are_nearest_to_each_other(name):
    images = pictures(9)
    gallery, queries = RIVALS[name](images, images[::-1])
    distances = np.linalg.norm(queries[:, None] - gallery[None], axis=2)
    assert distances.argmin(axis=1).tolist() == list(range(9))[::-1]


@pytest.mark.parametrize("name", RIVALS)
@pytest.mark.parametrize(
    ("gallery", "queries", "message"),
    [
        (pictures(3), pictures(3, channels=1), "gallery has shape .* Load both at one size"),
        (pictures(0), pictures(3), "N of 1 or more"),
        (pictures(3) / 255, pictures(3), "gallery: got float64"),
        (pictures(3), pictures(3) / 255, "queries: got float64"),
    ],
)
def test_what_cannot_be_compared(name, gallery, queries, message):
    with pytest.raises(ValueError, match=message):
        RIVALS[name](gallery, queries)


@pytest.mark.parametrize("bins", [1, 17, 2.5])
def test_bins_that_cannot_be_meant(bins):
    with pytest.raises(ValueError, match=f"bins is {bins}; expected"):
        color_histogram(pictures(1), pictures(1), bins=bins)


@pytest.mark.parametrize("dim", [0, 1.5])
def test_axes_that_cannot_be_meant(dim):
    with pytest.raises(ValueError, match=f"dim is {dim}; expected a whole number, 1 or more"):
        principal_components(pictures(1), pictures(1), dim=dim)
