"""Cosines with proxies, and their cross-entropy, against loops."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from tiny_training import corners, dense_tower

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.network.siamese import load_model

CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def model_of(temperature: float = 0.25, dim: int = 3) -> tuple[keras.Model, keras.Model]:
    tower = dense_tower(dim=dim)
    return tower, sl.proxy_model(tower, 4, temperature)


def slow_cosine(one: np.ndarray, other: np.ndarray) -> float:
    dot = sum(float(a) * float(b) for a, b in zip(one, other, strict=True))
    return dot / math.hypot(*map(float, one)) / math.hypot(*map(float, other))


def test_outputs_are_cosines_divided_by_the_temperature():
    tower, model = model_of()
    images = corners(6).images
    (proxies,) = model.get_layer("proxies").get_weights()
    embeddings, found = np.asarray(tower(images)), np.asarray(model(images))
    assert found.shape == (6, 4)
    for i in range(6):
        for k in range(4):
            expected = slow_cosine(embeddings[i], proxies[:, k]) / 0.25
            assert found[i, k] == pytest.approx(expected, abs=1e-5)


def test_the_loss_is_the_formula_of_the_docstring():
    _, model = model_of()
    data = corners(8)
    scaled = np.asarray(model(data.images)).astype(float)
    each = [
        -math.log(math.exp(row[y]) / sum(map(math.exp, row)))
        for row, y in zip(scaled.tolist(), data.labels, strict=True)
    ]
    loss = float(CROSS_ENTROPY(data.labels, model(data.images)))
    assert loss == pytest.approx(sum(each) / 8, rel=1e-5)


def test_training_brings_images_to_their_proxies():
    tower, model = model_of()
    data, others = corners(80), corners(40, seed=1)
    model.compile(keras.optimizers.Adam(0.05), CROSS_ENTROPY, jit_compile=False)
    sampler = sl.BalancedBatchSampler(data.labels, batch_size=16)
    model.fit(sl.ImageBatches(data, sampler, steps=40), shuffle=False, verbose=0)
    assert (np.asarray(model(others.images)).argmax(axis=1) == others.labels).mean() > 0.95
    found, _ = sl.Gallery(np.asarray(tower(data.images))).nearest(
        np.asarray(tower(others.images)), 1
    )
    assert (data.labels[found[:, 0]] == others.labels).mean() > 0.95


def test_a_model_is_saved_and_loaded(tmp_path: Path):
    _, model = model_of()
    model.compile("sgd", CROSS_ENTROPY)
    model.save(tmp_path / "model.keras")
    images = corners(4).images
    again = load_model(tmp_path / "model.keras")
    assert again.get_layer("proxies").temperature == 0.25
    np.testing.assert_allclose(np.asarray(again(images)), np.asarray(model(images)), atol=1e-6)


def test_an_embedding_of_zeros_has_no_infinite_cosine():
    layer = sl.Proxies(3)
    assert np.isfinite(np.asarray(layer(np.zeros((2, 5), np.float32)))).all()


@pytest.mark.parametrize(
    ("classes", "temperature", "message"),
    [
        (1, 0.1, "num_classes is 1; expected a whole number, 2 or more"),
        (2.5, 0.1, "num_classes is 2.5"),
        (3, 0, "temperature is 0; expected a finite number above 0"),
        (3, math.inf, "temperature is inf"),
        (3, "hot", "temperature is 'hot'"),
    ],
)
def test_refuses_arguments_out_of_range(classes, temperature, message):
    with pytest.raises(ValueError, match=message):
        sl.proxy_model(dense_tower(), classes, temperature)


def test_refuses_a_tower_that_returns_no_vectors():
    images = keras.Input((8, 8, 1))
    with pytest.raises(ValueError, match=r"returns shape .* expected one vector"):
        sl.proxy_model(keras.Model(images, keras.layers.ReLU()(images)), 3)


def test_a_tower_of_own_code_is_taken_once_it_was_called():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.flat, self.dense = keras.layers.Flatten(), keras.layers.Dense(3)

        def call(self, images):
            return self.dense(self.flat(images))

    tower, images = Own(), np.random.default_rng(0).random((4, 8, 8, 1)).astype(np.float32)
    with pytest.raises(ValueError, match="takes images of any size"):
        sl.proxy_model(tower, 5)
    embeddings = np.asarray(tower(images))
    model = sl.proxy_model(tower, 5)
    proxies = model.get_layer("proxies").get_weights()[0]
    cosines = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)) @ (
        proxies / np.linalg.norm(proxies, axis=0)
    )
    np.testing.assert_allclose(model(images), cosines / 0.2, rtol=1e-4, atol=1e-4)
