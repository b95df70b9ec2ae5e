"""A page's own network gives the embeddings of Keras, and takes no tower that it does not know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from in_node import in_node
from tiny_training import corners, dense_tower

import siamese_lib as sl
from siamese_lib.data.offline import offline_digits
from siamese_lib.export.page_network import drawing_of, network_of
from siamese_lib.network.backend import keras, layers

CALL = """({ tower, images, count }) => {
  const network = new Network(tower);
  const size = images.length / count;
  return Array.from({ length: count }, (_, i) =>
    [...network.embed(images.subarray(i * size, (i + 1) * size))]);
}"""


def in_page(tower: keras.Model, images: np.ndarray) -> np.ndarray:
    """Embed images (N, H, W, C), uint8, with a page's network in Node: (N, dim)."""
    page = {"shape": images.shape[1:], "layers": network_of(tower)}
    given = {"tower": page, "images": images.tobytes(), "count": len(images)}
    return np.array(in_node("export/page_network.js", "Network", CALL, given))


def farthest(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=1).max())


def noise(shape: tuple[int, int, int], count: int = 20) -> np.ndarray:
    """Images of blocks, a third of them black."""
    height, width, channels = shape
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (count, -(-height // 4), -(-width // 4), channels))
    small[rng.random(small.shape[:3]) < 0.3] = 0
    return small.repeat(4, 1).repeat(4, 2)[:, :height, :width].astype(np.uint8)


@pytest.mark.parametrize("dim", [2, 64])
@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28, 3), (48, 48, 1), (48, 48, 3), (9, 35, 1)])
def test_an_embedding_is_that_of_keras(shape: tuple[int, int, int], dim: int) -> None:
    tower = sl.conv_tower(shape, dim, seed=1)
    rng = np.random.default_rng(1)
    for layer in tower.layers:  # which begins with biases of 0
        if weights := layer.get_weights():
            layer.set_weights([weights[0], rng.normal(0, 0.05, weights[1].shape)])
    images = noise(shape)
    expected = np.asarray(tower(images))
    spread = expected.std(axis=0).min()
    assert spread > 1e-3
    assert farthest(in_page(tower, images), expected) < 1e-3 * spread


def test_digits_lie_where_keras_puts_them() -> None:
    digits = offline_digits()
    assert digits is not None
    images, run = digits.test.images[:1000], sl.shipped_run()
    assert farthest(in_page(run.tower, images), run.embed(images)) < 1e-4 * run.settings["margin"]


def test_other_chains_of_these_layers_are_taken() -> None:
    tower = keras.Sequential(
        [
            keras.Input((9, 7, 3)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(5, (4, 2), padding="same", use_bias=False),
            layers.ReLU(),
            layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(3, 3, padding="same"),
            layers.GlobalAveragePooling2D(),
        ]
    )
    images = noise((9, 7, 3))
    assert farthest(in_page(tower, images), np.asarray(tower(images))) < 1e-5


@pytest.mark.parametrize("shape", [(28, 28, 1), (48, 48, 3)])
def test_an_embedding_of_length_1_is_that_of_keras(shape: tuple[int, int, int]) -> None:
    tower = sl.conv_tower(shape, 16, seed=1, unit_length=True)
    images = noise(shape)
    found = in_page(tower, images)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert farthest(found, np.asarray(tower(images))) < 1e-5


def chain(*some: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Rescaling(1 / 255), *some])


def branched() -> keras.Model:
    images = keras.Input((8, 8, 1))
    relu = layers.ReLU()
    x = layers.Conv2D(2, 3, padding="same")(relu(images))
    return keras.Model(images, layers.Flatten()(relu(x)))  # which calls one layer twice


class Own(keras.Sequential):
    """A model with code of its own."""

    def call(self, x, training=None, mask=None):
        return 2 * super().call(x, training=training)


OTHERS: dict[str, Callable[[], keras.Model]] = {
    "a matrix": dense_tower,
    "photo_tower": lambda: sl.photo_tower((64, 64, 3), 16),
    "stride 2": lambda: chain(layers.Conv2D(2, 3, strides=2, padding="same")),
    "no padding": lambda: chain(layers.Conv2D(2, 3)),
    "an activation": lambda: chain(layers.Conv2D(2, 3, padding="same", activation="relu")),
    "dilation": lambda: chain(layers.Conv2D(1, 3, padding="same", dilation_rate=2)),
    "groups": lambda: chain(
        layers.Conv2D(4, 3, padding="same"), layers.Conv2D(4, 3, padding="same", groups=2)
    ),
    "pools of 3": lambda: chain(layers.MaxPooling2D(3, padding="same")),
    "pools without padding": lambda: chain(layers.MaxPooling2D(2)),
    "pools that overlap": lambda: chain(layers.MaxPooling2D(2, strides=1, padding="same")),
    "a ReLU with a slope": lambda: chain(layers.ReLU(negative_slope=0.1)),
    "a ReLU with a limit": lambda: chain(layers.ReLU(max_value=6)),
    "another layer": lambda: chain(layers.BatchNormalization()),
    "a length in each place": lambda: chain(layers.UnitNormalization(), layers.Flatten()),
    "lengths along rows": lambda: chain(layers.Flatten(), layers.UnitNormalization(axis=0)),
    "a scale per channel": lambda: chain(layers.Rescaling([2.0])),
    "a layer called twice": branched,
    "a class of its own": lambda: Own([keras.Input((8, 8, 1)), layers.ReLU(), layers.Flatten()]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_tower_is_not_taken(name: str) -> None:
    assert network_of(OTHERS[name]()) is None


def run_of(shape: tuple[int, int, int], dim: int, white: int | None = None) -> sl.Run:
    tower = sl.conv_tower(shape, dim, seed=0)
    return sl.Run(tower, [0], [weight.numpy()[None] for weight in tower.weights], white=white)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_a_drawing_lies_on_the_map_where_its_embedding_would(dim: int) -> None:
    run, split = run_of((8, 8, 1), dim), corners()
    film, embeddings = run.make_film(split.images, split.labels), run.embed(split.images)
    made, _ = drawing_of(run, split.images, film, embeddings, 10**6)
    assert made is not None
    assert made["ground"][0] < 60 < 150 < made["ink"][0]
    axes = np.frombuffer(made["axes"], "<f4").reshape(dim, 2)
    origin = np.frombuffer(made["origins"], "<f4")
    places = film.frames[-1]
    np.testing.assert_allclose(embeddings @ axes + origin, places, atol=1e-3 * np.ptp(places))
    twisted = sl.Film(places[None] ** 3, split.labels)
    other, _ = drawing_of(run, split.images, twisted, embeddings, 10**6)
    assert other is not None
    assert other["axes"] is None


def test_no_drawing_for_pixels_from_0_to_1_and_for_two_channels() -> None:
    for run, channels in ((run_of((8, 8, 1), 2, white=1), 1), (run_of((8, 8, 2), 2), 2)):
        split = corners(channels=channels)
        split.images[0] = 0  # which any scale leaves as it is
        film, embeddings = run.make_film(split.images, split.labels), run.embed(split.images)
        assert drawing_of(run, split.images, film, embeddings, 10**6) == (None, "")
