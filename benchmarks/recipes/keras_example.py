"""The recipe of Keras' own siamese example, reimplemented for this comparison.

Its settings are the published ones (keras-io, ``examples/vision/siamese_contrastive.py``): each of
the first 30,000 training images makes a pair with one of its class and a pair with one of another;
a small network of two convolutions; a sigmoid on the distance, trained with the contrastive loss as
if it were the distance; RMSprop at Keras' default learning rate; batches of 16 pairs; 10 epochs.
The progress bar and the validation after each epoch are left out, and XLA is off, as for our
recipes. All of this is in its favour.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.contenders import Contender, Steps, Watch, Weights
from siamese_lib.network.backend import keras, layers
from siamese_lib.runs.embedding import embed

BATCH = 16
EPOCHS = 10
MARGIN = 1.0
EMBEDDING_DIM = 10


class Pairs(NamedTuple):
    """Indices of left and right images, int64 (P,) each, and whether they match, float32 (P,)."""

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


def example_pairs(labels: np.ndarray, seed: int) -> Pairs:
    """Draw the example's pairs: for each image one of its class, then one of another class.

    The matching image is any of the class, the image itself included. The other class is any
    with equal chance, and so is the image within it.
    """
    rng = np.random.default_rng(seed)
    _, classes = np.unique(labels, return_inverse=True)
    sizes = np.bincount(classes)
    members, starts = np.argsort(classes, kind="stable"), sizes.cumsum() - sizes
    others = (classes + rng.integers(1, len(sizes), len(labels))) % len(sizes)
    drawn = np.stack([classes, others], axis=1).ravel()
    right = members[starts[drawn] + rng.integers(sizes[drawn])]
    same = np.tile(np.array([1, 0], np.float32), len(labels))
    return Pairs(np.arange(len(labels)).repeat(2), right, same)


def contrastive_loss(same: Any, predicted: Any) -> Any:
    """Ask for predictions near 1 of pairs that match, and near 0 of others."""
    miss = keras.ops.maximum(MARGIN - predicted, 0)
    return keras.ops.mean((1 - same) * keras.ops.square(predicted) + same * keras.ops.square(miss))


def embedding_network(image_shape: tuple[int, ...]) -> keras.Model:
    """Build the example's network, from raw pixels to 10 numbers."""
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.BatchNormalization(),
            layers.Conv2D(4, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dense(EMBEDDING_DIM, activation="tanh"),
        ]
    )


class ExampleTraining:
    """The example, from its pairs on."""

    def __init__(self, data: sl.Dataset, seed: int = 0) -> None:
        half = len(data.train) // 2
        left, right, same = example_pairs(data.train.labels[:half], seed)
        images = data.train.images[:half].astype(np.float32)
        self.seed = seed
        self.inputs, self.same_class = [images[left], images[right]], same[:, None]

    def run(self, watch: Watch) -> None:
        keras.utils.set_random_seed(self.seed)
        shape = self.inputs[0].shape[1:]
        self.network = embedding_network(shape)
        self.head = keras.Sequential(
            [
                keras.Input((1,)),
                layers.BatchNormalization(),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        left, right = keras.Input(shape), keras.Input(shape)
        apart = distance(self.network(left), self.network(right))
        self.siamese = keras.Model([left, right], self.head(apart))
        self.siamese.compile(
            "RMSprop", contrastive_loss, metrics=["accuracy"], **sl.compile_options()
        )
        self.siamese.fit(
            self.inputs,
            self.same_class,
            batch_size=BATCH,
            epochs=EPOCHS,
            callbacks=[Steps(watch, 2 * BATCH)],
            verbose=0,
        )

    def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        self.siamese.set_weights(weights)
        return embed(self.network, images.astype(np.float32))

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        self.siamese.set_weights(weights)
        return keras.ops.convert_to_numpy(self.head(distance(left, right)))[:, 0] > 0.5


def distance(left: Any, right: Any) -> Any:
    """Measure the Euclidean distance as the example does: two (N, dim) to (N, 1)."""
    square = keras.ops.sum(keras.ops.square(left - right), axis=1, keepdims=True)
    return keras.ops.sqrt(keras.ops.maximum(square, keras.config.epsilon()))


def contender() -> Contender:
    """Make the contender."""
    return Contender(
        "Keras' siamese example",
        "Keras",
        EMBEDDING_DIM,
        lambda data, seed, _: ExampleTraining(data, seed),
    )
