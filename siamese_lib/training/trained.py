"""What a ``fit`` trains: the shapes and pixels of any tower, and the numbers of any loss."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

import numpy as np

from siamese_lib.arrays import OnDisk
from siamese_lib.data.augmentation import KEEP_WHITE
from siamese_lib.network.any_tower import Shape, check_takes, shapes_of, stated_shape
from siamese_lib.network.backend import keras
from siamese_lib.pixels import checked_pixels, white_of
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
    """Return the largest pixel in training; ValueError if the tower expects other images.

    An augmentation of the user's own may change the range of the pixels. So the first batch after
    it is looked at, too. A little noise below 0 or above 255 is not refused there.
    """
    wanted = white_for(tower)
    stated = stated_shape(tower)
    own = batches.augment is not None and not isinstance(batches.augment, KEEP_WHITE)
    images, name = batches.data.images, "images"
    array = isinstance(images, np.ndarray | OnDisk)
    if own or not array:
        first, _ = batches[0]
        first = np.asarray(first[0] if isinstance(first, tuple) else first)
        good = array and white_of(images) == wanted
        if good and white_of(first) != 1:
            return wanted
        images, name = first, "images after augment" if own else "images of the first batch"
    free = stated is None or None in stated
    checked_pixels(images, images.shape[1:] if free else shapes_of(tower)[0], wanted, name)
    return wanted or batches.white


def check_trains(model: keras.Model, tower: keras.Model) -> None:
    """Check that a model trains a tower: that it holds the tower's weights.

    Raises:
        ValueError: it does not, so every frame would be the untrained tower.
    """
    inside = {id(weight) for weight in model.weights}
    watched = tower.trainable_weights or tower.weights
    outside = sum(id(weight) not in inside for weight in watched)
    if outside:
        raise ValueError(
            f"The Recorder's tower is not part of the model in fit: {outside} of its "
            f"{len(watched)} weights are not among the model's {len(inside)}; expected the tower "
            "that fit trains. Make the Recorder with that tower."
        )


def check_asked(batches: ImageBatches, before: int) -> None:
    """Check that a ``fit`` took batches from here, if that can be seen.

    Args:
        batches: those that the recorder was made with.
        before: how many were asked for before the ``fit``.

    Raises:
        ValueError: none was asked for, so the ``fit`` trains on something else.
    """
    if batches.asked == before and not batches.use_multiprocessing:
        raise ValueError(
            "fit trains on other data than the Recorder's batches, of which none was asked for; "
            "expected the same ImageBatches in both: model.fit(batches, callbacks=[recorder])."
        )


def are_finite(weights: Iterable[np.ndarray]) -> bool:
    """Return whether no weight is NaN or infinite."""
    return all(np.isfinite(weight).all() for weight in weights)


def number_of(loss: object, name: str) -> float | None:
    """Return a number of a loss, such as its margin; None if it has none, or what it has is no
    finite number above 0, as in a loss of one's own.
    """
    value = getattr(loss, name, None)
    if not isinstance(value, Real) or not math.isfinite(value) or value <= 0:
        return None
    return float(value)
