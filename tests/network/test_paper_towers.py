"""The networks of 2006: shapes and parameters by hand, and their values computed with loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from siamese_lib.data.shifts import padded
from siamese_lib.network.backend import keras
from siamese_lib.network.paper_towers import dense_tower, paper_tower
from siamese_lib.runs.embedding import white_for

FLAT: Any = (28, 28)


def images_of(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def with_random_weights(tower: keras.Model) -> keras.Model:
    """Fresh biases are 0 and fresh gains 1: give them numbers of their own."""
    rng = np.random.default_rng(0)
    tower.set_weights([rng.uniform(-0.3, 0.3, w.shape) for w in tower.get_weights()])
    return tower


def convolved(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A convolution of padding "valid" with a tanh, in loops: (N, H, W, C) to (N, h, w, K)."""
    size = len(kernel)
    out = np.empty((len(x), x.shape[1] - size + 1, x.shape[2] - size + 1, kernel.shape[-1]))
    for row in range(out.shape[1]):
        for column in range(out.shape[2]):
            window = x[:, row : row + size, column : column + size]
            out[:, row, column] = np.einsum("nhwc,hwck->nk", window, kernel) + bias
    return np.tanh(out)


def test_shapes_and_parameters_of_the_convolutional_network():
    tower = paper_tower()
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in tower.layers}
    assert shapes["convolution1"] == (27, 27, 15)
    assert shapes["subsampling"] == shapes["gain"] == (9, 9, 15)
    assert shapes["convolution2"] == (1, 1, 30)
    assert shapes["embedding"] == (2,)
    counts = {layer.name: layer.count_params() for layer in tower.layers if layer.weights}
    assert counts == {
        "convolution1": 15 * (6 * 6 * 1 + 1),
        "gain": 15 * 2,
        "convolution2": 30 * (9 * 9 * 15 + 1),
        "embedding": 2 * (30 + 1),
    }
    assert tower.count_params() == 37_127


def test_shapes_and_parameters_of_the_fully_connected_network():
    assert dense_tower().count_params() == 20 * (48 * 48 + 1) + 3 * (20 + 1) == 46_163
    assert dense_tower((96, 96, 1)).count_params() == 20 * (96 * 96 + 1) + 3 * (20 + 1)
    assert dense_tower((9, 8, 3), 2, hidden=5).count_params() == 5 * (9 * 8 * 3 + 1) + 2 * (5 + 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_convolutional_network_equals_loops(channels):
    tower = with_random_weights(paper_tower((32, 32, channels), 4))
    images = images_of(3, 32, 32, channels)
    one, one_bias, gain, gain_bias, two, two_bias, last, last_bias = tower.get_weights()
    x = convolved(-0.1 + 1.275 * images / 255, one, one_bias)
    means = np.stack(
        [
            x[:, r : r + 3, c : c + 3].mean(axis=(1, 2))
            for r in range(0, 27, 3)
            for c in range(0, 27, 3)
        ],
        axis=1,
    ).reshape(3, 9, 9, 15)
    x = np.tanh(means * gain[0, 0, :, 0] + gain_bias)
    x = convolved(x, two, two_bias)[:, 0, 0]
    np.testing.assert_allclose(np.asarray(tower(images)), x @ last + last_bias, atol=1e-4)


def test_the_fully_connected_network_equals_a_sum_over_all_pixels():
    tower = with_random_weights(dense_tower((9, 8, 1), 3, hidden=4))
    images = images_of(3, 9, 8, 1)
    first, first_bias, last, last_bias = tower.get_weights()
    x = np.tanh((-0.1 + 1.275 * images.reshape(3, -1) / 255) @ first + first_bias)
    np.testing.assert_allclose(np.asarray(tower(images)), x @ last + last_bias, atol=1e-4)


@pytest.mark.parametrize("shape", [(28, 28, 1), (27, 30, 1), (8, 8, 3)])
def test_smaller_images_get_a_black_border(shape):
    small, whole = paper_tower(shape, seed=3), paper_tower((32, 32, shape[-1]), seed=3)
    images = images_of(4, *shape)
    expected = np.asarray(whole(padded(images, 32)))
    np.testing.assert_allclose(np.asarray(small(images)), expected, atol=1e-5)


@pytest.mark.parametrize("build", [paper_tower, dense_tower])
def test_a_seed_fixes_the_weights_and_layers_differ(build):
    one, again, other = (build((20, 20, 1), seed=seed) for seed in (1, 1, 2))
    for a, b in zip(one.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(a, b)
    kernels = [w for w in one.get_weights() if w.ndim > 1 and np.ptp(w) > 0]
    changed = [w for w in other.get_weights() if w.ndim > 1 and np.ptp(w) > 0]
    assert len(kernels) >= 2
    for a, b in zip(kernels, changed, strict=True):
        assert not np.array_equal(a, b)
        fan_in = a.size // a.shape[-1]
        assert np.abs(a).max() <= np.sqrt(3 / fan_in)
        assert a.std() == pytest.approx(np.sqrt(1 / fan_in), rel=0.3)


@pytest.mark.parametrize("build", [paper_tower, dense_tower])
def test_pixels_are_known_to_be_in_bytes_and_the_file_loads(build, tmp_path):
    tower = build((28, 28, 1), seed=0)
    assert white_for(tower) == 255
    tower.save(tmp_path / "tower.keras")
    images = images_of(2, 28, 28, 1)
    loaded = keras.saving.load_model(tmp_path / "tower.keras")
    assert np.array_equal(np.asarray(loaded(images)), np.asarray(tower(images)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paper_tower((33, 20, 1)), "sides of at most 32 pixels"),
        (lambda: paper_tower(FLAT), "expected .height, width, channels."),
        (lambda: paper_tower(embedding_dim=0), "embedding_dim is 0"),
        (lambda: dense_tower((7, 48, 1)), "at least 8 pixels"),
        (lambda: dense_tower(hidden=0), "hidden is 0"),
    ],
)
def test_what_cannot_be_built(call, message):
    with pytest.raises(ValueError, match=message):
        call()
