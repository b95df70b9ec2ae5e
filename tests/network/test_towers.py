"""The tower against the same network computed pixel by pixel, and against its original order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
import tensorflow as tf

from siamese_lib.network.backend import keras, layers
from siamese_lib.network.towers import conv_tower, weight_shapes

SIZES = [(8, 8), (9, 13), (28, 28), (32, 32), (33, 33), (64, 48)]


@pytest.mark.parametrize(("shape", "dim"), [((28, 28, 1), 2), ((9, 13, 3), 16), ((64, 48, 2), 1)])
def test_shapes_of_weights_are_known_before_there_are_any(shape, dim):
    weights = conv_tower(shape, dim).weights
    assert weight_shapes(shape, dim) == [tuple(weight.shape) for weight in weights]


@pytest.mark.parametrize(("shape", "dim"), [((7, 28, 1), 2), ("big", 2), ((28, 28, 1), 0)])
def test_there_are_no_shapes_of_what_cannot_be_built(shape, dim):
    with pytest.raises(ValueError, match="expected"):
        weight_shapes(shape, dim)


def images_of(shape: tuple[int, ...], count: int = 2, seed: int = 0) -> np.ndarray:
    """Noise on a black background, as digits have: in black, many pixels tie for the maximum."""
    images = np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)
    images[:, : shape[0] // 2] = 0
    return images


def random_weights(tower: keras.Model, seed: int = 0) -> list[np.ndarray]:
    """Kernels as they are, and biases that are not zero."""
    rng = np.random.default_rng(seed)
    return [w if w.ndim == 4 else rng.normal(0, 0.1, w.shape) for w in tower.get_weights()]


def slow_tower(images: np.ndarray, weights: Sequence[np.ndarray]) -> np.ndarray:
    """Convolution, ReLU, pooling: the original's order, one pixel at a time, in float64."""
    x = images / 255
    for layer in range(5):
        x = convolved(x, *weights[2 * layer : 2 * layer + 2])
        if layer < 4:
            x = np.maximum(x, 0)
        x = pooled(x)
    return x.mean(axis=(1, 2))  # of a single cell, unless the images are larger than 32x32


def convolved(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    count, height, width, _ = x.shape
    size = len(kernel)
    padded = np.pad(x, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
    out = np.empty((count, height, width, len(bias)))
    for row, column in product(range(height), range(width)):
        patch = padded[:, row : row + size, column : column + size]
        out[:, row, column] = np.tensordot(patch, kernel, axes=3) + bias
    return out


def pooled(x: np.ndarray) -> np.ndarray:
    count, height, width, channels = x.shape
    out = np.empty((count, -(-height // 2), -(-width // 2), channels))
    for row, column in product(range(out.shape[1]), range(out.shape[2])):
        window = x[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        out[:, row, column] = window.max(axis=(1, 2))
    return out


def original_order(tower: keras.Model) -> keras.Model:
    """The tower's layers again, on the same weights, with each ReLU before its pooling."""
    x = keras.Input(tower.input_shape[1:])
    images, names = x, ["scale"]
    for number in range(1, 5):
        names += [f"conv{number}", f"relu{number}", f"pool{number}"]
    for name in [*names, "conv5", "pool5", "embedding"]:
        x = tower.get_layer(name)(x)
    return keras.Model(images, x)


# Architecture


def test_five_convolutions_hold_all_the_weights():
    tower = conv_tower()
    weighted = [layer for layer in tower.layers if layer.weights]
    assert [type(layer) for layer in weighted] == [layers.Conv2D] * 5
    assert [weight.shape for weight in tower.get_weights()] == [
        (7, 7, 1, 32), (32,), (5, 5, 32, 64), (64,), (3, 3, 64, 128), (128,),
        (1, 1, 128, 256), (256,), (1, 1, 256, 2), (2,),
    ]  # fmt: skip
    assert tower.count_params() == 160_258
    assert not tower.non_trainable_weights


def test_no_layer_holds_code():
    assert not any(isinstance(layer, layers.Lambda) for layer in conv_tower((64, 64, 3)).layers)


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_equals_the_network_computed_pixel_by_pixel(size, channels):
    tower = conv_tower((*size, channels), embedding_dim=3, seed=1)
    tower.set_weights(random_weights(tower))
    images = images_of((*size, channels))
    embeddings = np.asarray(tower(images))
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, slow_tower(images, tower.get_weights()), atol=1e-5)


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 13, 3)], ids=str)
def test_gradients_equal_those_of_relu_before_pooling(shape):
    tower = conv_tower(shape, seed=2)
    tower.set_weights(random_weights(tower))
    images = images_of(shape, count=6)
    aim = np.random.default_rng(1).normal(size=(6, 2))

    def gradients(model: keras.Model) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            cost = tf.reduce_sum(model(images) * aim)
        return tape.gradient(cost, tower.trainable_weights)

    for one, other in zip(gradients(tower), gradients(original_order(tower)), strict=True):
        assert np.abs(one).max() > 0
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_uint8_and_float_images_have_the_same_embeddings():
    tower, images = conv_tower(seed=3), images_of((28, 28, 1))
    np.testing.assert_array_equal(tower(images), tower(images.astype(np.float32)))


def test_weights_do_not_depend_on_the_size_of_the_image():
    small, large = conv_tower((28, 28, 1), seed=4), conv_tower((64, 48, 1), seed=4)
    for one, other in zip(small.get_weights(), large.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_larger_image_gives_the_mean_of_its_cells():
    """Four equal quarters, black at their seams, embed as one quarter does."""
    tile = np.zeros((32, 32, 1))
    tile[12:20, 12:20] = 255 * np.random.default_rng(0).random((8, 8, 1))
    one, four = conv_tower((32, 32, 1), seed=5), conv_tower((64, 64, 1), seed=5)
    np.testing.assert_allclose(
        four(np.tile(tile, (1, 2, 2, 1))), one(tile[None]), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_embeddings_are_float32_under_mixed_precision(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        tower = conv_tower((8, 8, 1))
    finally:
        keras.config.set_dtype_policy(before)
    assert tower.get_layer("conv1").compute_dtype == policy.removeprefix("mixed_")
    assert np.asarray(tower(images_of((8, 8, 1)))).dtype == np.float32


def test_a_policy_of_its_own_reaches_all_but_the_last_convolution():
    tower = conv_tower((40, 40, 1), dtype="mixed_bfloat16")
    dtypes = {layer.name: layer.compute_dtype for layer in tower.layers[1:]}
    last = {"conv5", "pool5", "average", "embedding"}
    assert {name for name, dtype in dtypes.items() if dtype == "float32"} == last
    assert {dtypes[name] for name in set(dtypes) - last} == {"bfloat16"}
    assert {weight.dtype for weight in tower.weights} == {"float32"}


# Initial weights


def test_initial_weights_are_glorot_uniform_and_biases_zero():
    weights = conv_tower(seed=0).get_weights()
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        height, width, channels_in, channels_out = kernel.shape
        bound = np.sqrt(6 / (height * width * (channels_in + channels_out)))
        assert 0.97 * bound < np.abs(kernel).max() <= bound
        assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)
        assert not bias.any()


def test_a_seed_gives_the_same_tower_again():
    for one, other in zip(
        conv_tower(seed=7).get_weights(), conv_tower(seed=7).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_layers_and_neighbouring_seeds_share_no_stream_of_numbers():
    streams = [
        (kernel / np.abs(kernel).max()).ravel()[:500]
        for seed in range(4)
        for kernel in conv_tower(seed=seed).get_weights()[::2]
    ]
    correlations = np.corrcoef(streams) - np.eye(len(streams))
    assert np.abs(correlations).max() < 0.3


def test_without_a_seed_keras_draws():
    keras.utils.set_random_seed(1)
    first, second = conv_tower().get_weights()[0], conv_tower().get_weights()[0]
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(conv_tower().get_weights()[0], first)
    assert (first != second).any()


# Errors, and files


@pytest.mark.parametrize(
    "shape",
    [
        *[(28, 28), (28, 28, 1, 1), (7, 28, 1), (28, 7, 1), (28, 28, 0)],
        *[(28.0, 28, 1), (None, 28, 1), 28, "28x28", None],
    ],
    ids=str,
)
def test_refuses_what_is_not_the_shape_of_an_image(shape):
    with pytest.raises(ValueError, match=r"image_shape is .*expected \(height, width, channels\)"):
        conv_tower(shape)


@pytest.mark.parametrize("dim", [0, -1, 2.0, 2.5, float("nan"), None, "2"], ids=str)
def test_refuses_an_embedding_without_a_whole_number_of_dimensions(dim):
    with pytest.raises(ValueError, match=r"embedding_dim is .*; expected a whole number"):
        conv_tower(embedding_dim=dim)


def test_embeddings_of_length_1_are_the_same_ones_divided_by_their_lengths():
    images = images_of((28, 28, 1))
    plain = np.asarray(conv_tower(embedding_dim=5, seed=3)(images))
    unit = conv_tower(embedding_dim=5, seed=3, unit_length=True)
    lengths = np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(unit(images), plain / lengths, atol=1e-6)


def test_a_saved_tower_loads_where_only_keras_is_imported(tmp_path):
    tower, images = conv_tower((40, 24, 3), embedding_dim=4, seed=8), images_of((40, 24, 3))
    tower.save(tmp_path / "tower.keras")
    np.save(tmp_path / "images.npy", images)
    script = """
import json, sys, keras, numpy as np
tower = keras.saving.load_model("tower.keras")
assert "siamese_lib" not in sys.modules
print(json.dumps(np.asarray(tower(np.load("images.npy"))).tolist()))
"""
    fresh = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    loaded = json.loads(fresh.stdout.splitlines()[-1])
    np.testing.assert_allclose(loaded, tower(images), rtol=1e-4, atol=1e-6)
