"""The tower for photographs against the same network computed with loops."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.network.backend import keras
from siamese_lib.network.photo_tower import photo_tower
from siamese_lib.runs.embedding import white_for

SHAPES = [(8, 8, 1), (32, 32, 3), (64, 40, 3), (100, 64, 1)]


def images_of(shape: tuple[int, ...], count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def with_random_norms(tower: keras.Model) -> keras.Model:
    """Fresh normalizations do nothing: give them numbers of their own."""
    rng = np.random.default_rng(0)
    tower.set_weights(
        [w if w.ndim > 1 else rng.uniform(0.5, 1.5, w.shape) for w in tower.get_weights()]
    )
    return tower


def windows(x: np.ndarray, size: int, stride: int, fill: float) -> np.ndarray:
    """Every window of padding "same", (N, rows, columns, size, size, C)."""
    count, height, width, channels = x.shape
    rows, columns = -(-height // stride), -(-width // stride)
    short = [
        max((n - 1) * stride + size - side, 0) for n, side in ((rows, height), (columns, width))
    ]
    pads = [(s // 2, s - s // 2) for s in short]
    x = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill)
    out = np.empty((count, rows, columns, size, size, channels))
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            out[:, row, column] = x[:, top : top + size, left : left + size]
    return out


def slow_tower(tower: keras.Model, images: np.ndarray) -> np.ndarray:
    """As the docstring says, in float64."""

    def weights(name: str) -> list[np.ndarray]:
        return tower.get_layer(name).get_weights()

    def convolution(x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
        (kernel,) = weights(name)
        x = np.tensordot(windows(x, len(kernel), stride, 0), kernel, axes=3)
        gamma, beta, mean, variance = weights(f"{name}_norm")
        return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta

    x, side = images / 127.5 - 1, max(images.shape[1:3])
    x = np.maximum(convolution(x, "stem", 2 if side > 24 else 1), 0)
    side = -(-side // 2) if side > 24 else side
    while side > 24:
        x, side = windows(x, 2, 2, -np.inf).max(axis=(3, 4)), -(-side // 2)
    for number in range(1, 5):
        stride = 1 if number == 1 else 2
        inner = np.maximum(convolution(x, f"block{number}_conv1", stride), 0)
        inner = convolution(inner, f"block{number}_conv2")
        if number > 1:
            x = np.nanmean(windows(x, 2, 2, np.nan), axis=(3, 4))
            x = convolution(x, f"block{number}_widen")
        x = np.maximum(x + inner, 0)
    return x.mean(axis=(1, 2)) @ weights("embedding")[0]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equals_the_network_computed_with_loops(shape):
    tower = with_random_norms(photo_tower(shape, embedding_dim=5, seed=1, unit_length=False))
    images = images_of(shape)
    embeddings = np.asarray(tower(images))
    assert embeddings.dtype == np.float32
    expected = slow_tower(tower, images)
    np.testing.assert_allclose(embeddings, expected, atol=1e-4 * np.abs(expected).max())


def test_embeddings_of_unit_length_keep_their_direction():
    free, unit = (photo_tower((16, 16, 3), 4, seed=2, unit_length=u) for u in (False, True))
    images = images_of((16, 16, 3))
    embeddings = np.asarray(free(images))
    expected = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    np.testing.assert_allclose(np.asarray(unit(images)), expected, atol=1e-5)


def test_size_of_the_docstring():
    assert photo_tower().count_params() == 1_245_664


def test_a_seed_gives_the_same_weights_and_another_seed_others():
    one, same, other = (photo_tower((8, 8, 1), 3, seed=seed).get_weights() for seed in (0, 0, 1))
    for first, second, third in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(first, second)
        if first.ndim > 1:
            assert (first != third).mean() > 0.99


def test_mixed_precision_ends_in_float32():
    tower = photo_tower((16, 16, 3), 4, dtype="mixed_bfloat16")
    assert tower.get_layer("block1_conv1").compute_dtype == "bfloat16"
    assert tower.get_layer("average").compute_dtype == "float32"
    assert np.asarray(tower(images_of((16, 16, 3)))).dtype == np.float32


def test_pixels_from_0_to_255_are_expected():
    assert white_for(photo_tower((8, 8, 1))) == 255


@pytest.mark.parametrize(
    ("shape", "dim", "message"),
    [
        ((7, 28, 1), 2, r"image_shape is \(7, 28, 1\); expected"),
        ("big", 2, "image_shape is 'big'"),
        ((28, 28, 1), 0, "embedding_dim is 0; expected"),
    ],
)
def test_refuses_what_cannot_be_built(shape, dim, message):
    with pytest.raises(ValueError, match=message):
        photo_tower(shape, dim)
