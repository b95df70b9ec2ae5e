"""The siamese model: one tower embeds two images, and the model returns their distance."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from siamese_lib.network import losses, optimizers, proxies  # noqa: F401  # registered for load_model
from siamese_lib.network.any_tower import shapes_of
from siamese_lib.network.backend import Tensor, keras
from siamese_lib.network.distances import euclidean_distance


@keras.saving.register_keras_serializable("siamese_lib")
class EuclideanDistance(keras.layers.Layer):
    """A layer from two batches of embeddings, each (N, dim), to their distances (N,)."""

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the Euclidean distance of each left embedding from its right one, (N,)."""
        left, right = inputs
        return euclidean_distance(left, right)


def siamese(tower: keras.Model, image_shape: Sequence[int] | None = None) -> keras.Model:
    """Build the model that embeds two images with the same tower and returns their distance.

    Args:
        tower: any Keras model from images (N, height, width, channels) to embeddings (N, dim).
        image_shape: height, width and channels, for a tower of a class of its own, or a
            ``Sequential`` without an input, that was not called yet.

    Returns:
        A Keras model from ``[left, right]``, two batches of images, to their Euclidean
        distances (N,). It shares the tower's weights, so training one trains the other.

    Raises:
        ValueError: the tower does not take one batch of images and return one vector for each.

    References:
        Hadsell, Chopra and LeCun (2006), section 2.1 and figure 3.
    """
    try:
        inputs, outputs, shape = tower.inputs, tower.outputs, tower.input_shape
    except (AttributeError, ValueError):  # neither functional nor built
        shape = (None, *shapes_of(tower, image_shape)[0])
    else:
        if len(inputs) != 1 or len(outputs) != 1 or len(tower.output_shape) != 2:
            raise ValueError(
                f"The tower has {len(inputs)} input(s) and output shape {tower.output_shape}; "
                "expected one input, a batch of images, and one output, embeddings of shape "
                "(N, dim)."
            )
    left = keras.Input(shape[1:], name="left")
    right = keras.Input(shape[1:], name="right")
    # float32, since in 16 bits the square of a small distance is 0, and its root has no gradient.
    distance = EuclideanDistance(dtype="float32", name="distance")([tower(left), tower(right)])
    return keras.Model([left, right], distance, name="siamese")


def load_model(
    path: str | os.PathLike[str],
    *,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> keras.Model:
    """Load a siamese model, or any other Keras model, from a ``.keras`` file.

    Keras can rebuild this library's layer, losses and optimizer only after their modules are
    imported. This module imports them; ``import siamese_lib`` alone does not. A tower that was
    not compiled is plain Keras, so `keras.saving.load_model` loads it too.

    Args:
        path: the file that ``model.save`` wrote.
        custom_objects: classes and functions of your own by name, which are not registered with
            ``keras.saving.register_keras_serializable``.
        compile: False leaves out the loss and the optimizer, so their code is not needed.

    Returns:
        The model, compiled with the loss and the optimizer's state if it was saved with them.

    Raises:
        ValueError: there is no such file, it is not a Keras model, or code of its own is missing.
    """
    try:
        return keras.saving.load_model(path, custom_objects=custom_objects, compile=compile)
    except TypeError as error:
        why = str(error).strip().partition("\n")[0].partition(". ")[0]
        raise ValueError(
            f"The model in {path} cannot be built ({why}). If it has classes or functions of your "
            "own, pass custom_objects={'Name': Name}. If only its loss or its optimizer is "
            "missing, pass compile=False."
        ) from error
