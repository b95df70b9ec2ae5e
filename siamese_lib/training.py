"""The siamese model, and the batches of images that Keras trains it on."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from siamese_lib._keras import keras
from siamese_lib.losses import euclidean_distance


@keras.saving.register_keras_serializable("siamese_lib")
class EuclideanDistance(keras.layers.Layer):
    """Euclidean distance between two batches of embeddings: two (N, dim) to (N,)."""

    def call(self, inputs: list[Any]) -> Any:
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


def load_model(path: str | os.PathLike) -> keras.Model:
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
    import_module("siamese_lib.optimizers")  # registers Muon; this module registers the rest
    return keras.saving.load_model(path)


class Images(Protocol):
    """Labelled images, such as one half of a `Dataset`: uint8 (N, H, W, C) and int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray


class Sampler(Protocol):
    """What decides which images make a batch, such as `PairSampler`."""

    def __len__(self) -> int:
        """Batches in an epoch."""
        ...

    def batch(self, step: int) -> Any:
        """Indices of the images in one batch."""
        ...


Augmentation = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class ImageBatches(keras.utils.PyDataset):
    """Feed ``model.fit`` with the images that a sampler asks for.

    With a `PairSampler` a batch is ``((left images, right images), same)``, for `siamese`
    and `ContrastiveLoss`; with a `BalancedBatchSampler` it is ``(images, labels)``, for the
    tower itself and `InBatchContrastiveLoss`. Each batch depends only on the sampler's seed
    and the number of the step, so pass ``shuffle=False`` to ``fit``: the sampler has shuffled
    already, and an interrupted training can go on exactly where it stopped.

    Args:
        data: images uint8 (N, H, W, C) and labels (N,), such as ``digits.train``.
        sampler: what decides which images make a batch.
        steps: batches in one Keras epoch; by default ``len(sampler)``.
        augment: changes each batch of images before it is trained on, such as `RandomShift`:
            called with images (B, H, W, C) and a `numpy.random.Generator`, which depends only on
            the sampler's seed and the step.
        workers: threads that gather batches ahead of the training. By default 2 on TensorFlow: with
            a single one Keras leaves that to `tf.data`, which can hold up the end of a ``fit`` for
            five seconds. By default 1 on JAX and PyTorch: with more, Keras 3.15 begins with what
            was left over when it looked at the data, out of order.

    Attributes:
        first_step: the sampler's step that the current epoch begins with. Keras takes its first
            look at the data for an epoch; a `Recorder` sets this right when training begins.

    Raises:
        ValueError: the sampler was made for another number of images, or `steps` is below 1.
    """

    def __init__(
        self,
        data: Images,
        sampler: Sampler,
        *,
        steps: int | None = None,
        augment: Augmentation | None = None,
        workers: int | None = None,
    ) -> None:
        if workers is None:
            workers = 2 if keras.backend.backend() == "tensorflow" else 1
        super().__init__(workers=workers)
        size = getattr(sampler, "size", None)
        if size is not None and size != len(data.images):
            raise ValueError(
                f"The sampler chooses among {size} images, but there are {len(data.images)}. "
                "Make it from the labels of these same images."
            )
        if steps is not None and steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}.")
        self.data = data
        self.sampler = sampler
        self.steps = len(sampler) if steps is None else steps
        self.augment = augment
        self.first_step = 0

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.steps

    @cached_property
    def images_per_step(self) -> int:
        """Images that go through the tower for one batch: two for each pair."""
        batch = self.sampler.batch(0)
        return 2 * len(batch[0]) if isinstance(batch, tuple) else len(batch)

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray]:
        """Gather the batch at one step of the current epoch."""
        step = self.first_step + index
        batch = self.sampler.batch(step)
        if isinstance(batch, tuple):
            left, right, same = batch
            return self._images(step, left, right), same
        (images,) = self._images(step, batch)
        return images, self.data.labels[batch]

    def _images(self, step: int, *indices: np.ndarray) -> tuple[np.ndarray, ...]:
        images = tuple(self.data.images[each] for each in indices)
        if self.augment is None:
            return images
        rng = np.random.default_rng([getattr(self.sampler, "seed", 0), step])
        return tuple(self.augment(each, rng) for each in images)

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's batches."""
        self.first_step += self.steps
