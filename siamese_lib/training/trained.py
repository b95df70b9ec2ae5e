"""What a ``fit`` trains: the shapes and pixels of any tower, and the numbers of any loss."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from siamese_lib.network.any_tower import Shape, check_takes, shapes_of, stated_shape
from siamese_lib.network.backend import keras
from siamese_lib.pixels import checked_pixels
from siamese_lib.runs.embedding import white_for
from siamese_lib.training.batches import ImageBatches


def shapes_in_training(tower: keras.Model, batches: ImageBatches) -> tuple[Shape, int]:
    """Return the shape of the images in training, and the length of the embeddings.

    If the tower's input does not fix the shape, it is that of the batches.

    Raises:
        ValueError: the tower does not take these images, or does not return one vector for each.
    """
    stated = stated_shape(tower)
    if stated is not None and None not in stated:
        return shapes_of(tower)
    images, _ = batches[0]
    if not isinstance(images, tuple) and stated is None:  # pairs pass through the siamese model
        images = np.asarray(images)
        check_takes(tower, images)
    one = images[0] if isinstance(images, tuple) else images
    return shapes_of(tower, np.shape(one)[1:])


def white_in_training(tower: keras.Model, batches: ImageBatches) -> int | None:
    """Return the largest pixel in training; ValueError if the tower expects other images."""
    wanted, images = white_for(tower), batches.data.images
    if batches.white is not None:
        stated = stated_shape(tower)
        free = stated is None or None in stated
        checked_pixels(images, images.shape[1:] if free else shapes_of(tower)[0], wanted)
    return wanted or batches.white


def number_of(loss: object, name: str) -> float | None:
    """Return a number of a loss, such as its margin; None if it has none, or what it has is no
    finite number above 0, as in a loss of one's own.
    """
    value = getattr(loss, name, None)
    if not isinstance(value, Real) or not math.isfinite(value) or value <= 0:
        return None
    return float(value)
