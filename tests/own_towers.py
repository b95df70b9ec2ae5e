"""Towers of every kind: what Keras can build from images to vectors, and how each is made again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tiny_training import SHAPE, corners, dense_tower

from siamese_lib.network.backend import keras, ops

layers = keras.layers


def _model(*parts: keras.layers.Layer, shape: tuple[int | None, ...] = SHAPE) -> keras.Model:
    images = keras.Input(shape)
    made = images
    for part in parts:
        made = part(made)
    return keras.Model(images, made)


def _backbone() -> keras.Model:
    return _model(
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, activation="relu"),
        layers.BatchNormalization(momentum=0.5),
        layers.GlobalMaxPooling2D(),
    )


def own_normalisation(embedding_dim: int = 2) -> keras.Model:
    adapted = layers.Normalization(axis=None)
    adapted.adapt(corners().images.astype(np.float32))
    return _model(adapted, layers.Flatten(), layers.Dense(embedding_dim))


def batch_normalisation_and_dropout() -> keras.Model:
    return _model(
        layers.Rescaling(1 / 255),
        layers.RandomTranslation(0.1, 0.1, seed=0),
        layers.Flatten(),
        layers.BatchNormalization(momentum=0.5),
        layers.Dropout(0.3, seed=0),
        layers.Dense(3),
    )


def branches() -> keras.Model:
    images = keras.Input(SHAPE)
    pixels = images / 255.0
    wide = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 5)(pixels))
    narrow = layers.GlobalMaxPooling2D()(layers.Conv2D(3, 3)(pixels))
    embedding = layers.Dense(2)(layers.Concatenate()([wide, narrow]))
    return keras.Model(images, embedding / ops.sqrt(ops.sum(embedding**2, -1, keepdims=True) + 1))


def frozen_backbone() -> keras.Model:
    backbone = _backbone()
    backbone.trainable = False
    return _model(backbone, layers.Dense(2))


def nested_and_compiled() -> keras.Model:
    backbone = _backbone()
    backbone.compile("sgd", own_loss)
    return _model(backbone, layers.Dense(4), layers.UnitNormalization())


def no_fixed_size() -> keras.Model:
    return _model(
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3),
        layers.GlobalMaxPooling2D(),
        layers.Dense(2),
        shape=(None, None, 1),
    )


def no_input() -> keras.Model:
    return keras.Sequential([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)])


def half_precision() -> keras.Model:
    return _model(
        layers.Rescaling(1 / 255, dtype="mixed_float16"),
        layers.Flatten(dtype="mixed_float16"),
        layers.Dense(2, dtype="mixed_float16"),
    )


def bfloat16_weights() -> keras.Model:
    return _model(
        layers.Rescaling(1 / 255, dtype="bfloat16"),
        layers.Flatten(dtype="bfloat16"),
        layers.Dense(2, dtype="bfloat16"),
    )


class Scale(layers.Layer):
    """A layer that says how it was made."""

    def __init__(self, by: float, **options: object) -> None:
        super().__init__(**options)
        self.by = by

    def build(self, shape: tuple[int, ...]) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, inputs: object) -> object:
        return inputs * self.scale * self.by

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "by": self.by}


def softened(values: object) -> object:
    return ops.tanh(values)


def own_layer() -> keras.Model:
    return _model(
        layers.Rescaling(1 / 255),
        layers.Flatten(),
        Scale(3.0),
        layers.Dense(2, activation=softened),
    )


class Subclassed(keras.Model):
    """A model that Keras can make again, as it has no arguments."""

    def __init__(self, dim: int = 3, **options: object) -> None:
        super().__init__(**options)
        self.flat = layers.Flatten()
        self.norm = layers.BatchNormalization(momentum=0.5)
        self.drop = layers.Dropout(0.2, seed=0)
        self.dense = layers.Dense(dim)

    def call(self, images: object, training: bool = False) -> object:
        numbers = self.norm(self.flat(ops.cast(images, "float32") / 255), training=training)
        return self.dense(self.drop(numbers, training=training))


def subclassed() -> keras.Model:
    return Subclassed()


def subclassed_with_an_argument() -> keras.Model:
    """Keras' own ``get_config`` forgets the argument."""
    return Subclassed(5)


class OfParts(keras.Model):
    """A model that Keras cannot make again."""

    def __init__(self, parts: list[keras.layers.Layer]) -> None:
        super().__init__()
        self.parts = parts

    def call(self, images: object) -> object:
        for part in self.parts:
            images = part(images)
        return images


def subclassed_without_config() -> keras.Model:
    return OfParts([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)])


def a_lambda() -> keras.Model:
    return _model(layers.Lambda(lambda images: images / 255), layers.Flatten(), layers.Dense(2))


def own_loss(labels: Any, embeddings: Any) -> Any:
    """Pull together what is of one class, push apart what is not: a function, not registered."""
    labels = ops.reshape(labels, (-1, 1))
    gaps = ops.sum((embeddings[:, None] - embeddings[None]) ** 2, axis=-1)
    return ops.mean(ops.where(labels == ops.transpose(labels), gaps, ops.relu(1 - gaps)))


class OwnLoss(keras.losses.Loss):
    """A loss that Keras cannot make again, whose margin is no number."""

    def __init__(self, margin: object) -> None:
        super().__init__()
        self.margin = margin

    def call(self, y_true: object, y_pred: object) -> object:
        return own_loss(y_true, y_pred)


def made_by_name(image_shape: tuple[int, int, int]) -> keras.Model:
    """The function that ``own_towers:made_by_name`` names."""
    return own_layer()


def made_with_dim(image_shape: tuple[int, int, int], embedding_dim: int) -> keras.Model:
    return Subclassed(embedding_dim)


# By what the reader of a run has to give: nothing, its classes and functions, or the tower.
KERAS: list[Callable[[], keras.Model]] = [
    dense_tower, own_normalisation, batch_normalisation_and_dropout, branches, frozen_backbone,
    nested_and_compiled, no_fixed_size, no_input, half_precision, bfloat16_weights,
]  # fmt: skip
BY_NAME = {
    own_layer: {"Scale": Scale, "softened": softened},
    subclassed: {"Subclassed": Subclassed},
}
AGAIN: list[Callable[[], keras.Model]] = [
    subclassed_with_an_argument, subclassed_without_config, a_lambda
]  # fmt: skip
TOWERS = [*KERAS, *BY_NAME, *AGAIN]
