"""The siamese model: two images through one tower, and how far apart they come out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module

from siamese_lib.network.backend import Tensor, keras
from siamese_lib.network.losses import euclidean_distance


@keras.saving.register_keras_serializable("siamese_lib")
class EuclideanDistance(keras.layers.Layer):
    """Euclidean distance between two batches of embeddings: two (N, dim) to (N,)."""

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Measure the distance of each left embedding from its right one."""
        left, right = inputs
        return euclidean_distance(left, right)


def siamese(tower: keras.Model) -> keras.Model:
    """Put two images through the same tower and measure how far apart they come out.

    Args:
        tower: model from images (N, height, width, channels) to embeddings (N, dim).

    Returns:
        A Keras model from ``[left, right]``, two batches of images, to their Euclidean
        distances (N,). It shares the tower's weights: training one trains the other.

    Raises:
        ValueError: the tower does not give one vector for each image.

    References:
        Hadsell, Chopra and LeCun (2006), section 2.1 and figure 3.
    """
    if len(tower.inputs) != 1 or len(tower.outputs) != 1 or len(tower.output_shape) != 2:
        raise ValueError(
            "A tower takes one batch of images and gives embeddings of shape (N, dim), got "
            f"{len(tower.inputs)} input(s) and output shape {tower.output_shape}."
        )
    left = keras.Input(tower.input_shape[1:], name="left")
    right = keras.Input(tower.input_shape[1:], name="right")
    # In 16 bits the square of a small distance is 0, where the square root has no gradient.
    distance = EuclideanDistance(dtype="float32", name="distance")([tower(left), tower(right)])
    return keras.Model([left, right], distance, name="siamese")


def load_model(path: str | os.PathLike[str]) -> keras.Model:
    """Load a siamese model, or any other, from the ``.keras`` file that ``model.save`` wrote.

    Keras can only rebuild this library's layer, losses and optimizer once their modules are
    imported, and ``import siamese_lib`` alone does not do that. A tower that was not compiled
    is plain Keras: `keras.saving.load_model` loads it too.

    Args:
        path: the file.

    Returns:
        The model, compiled with the loss and the optimizer's state if it was saved with them.

    Raises:
        ValueError: there is no such file, or it is not a Keras model.
    """
    import_module("siamese_lib.network.optimizers")  # registers Muon; losses are imported above
    return keras.saving.load_model(path)
