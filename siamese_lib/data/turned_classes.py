"""More classes from the same images: each class turned by quarters of a circle is a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.split import Split, joined


def turned_classes(images: Split, turns: Iterable[int] = (1, 2, 3)) -> Split:
    """Add every class again, turned by a quarter, a half and three quarters of a circle.

    A network that is to tell apart classes that it has never seen needs many classes to learn
    from. A turned letter is seldom another letter, so four times as many classes cost nothing.
    Where a turned image does belong to another class, as d and p do, two classes look the same, and
    training has to live with it.

    Args:
        images: square images.
        turns: quarters of a circle, counterclockwise, from 1 to 3, each once.

    Returns:
        The images as they are, then all of them turned, for one turn after the other. The labels of
        turn t are t times the number of labels higher, which is the highest label plus 1. So
        ``labels % number`` gives the class before turning. Arrays are copies; files and factors are
        repeated.

    Raises:
        ValueError: images are not square, there are none, or a turn is out of range or there twice.

    References:
        Santoro et al., "Meta-Learning with Memory-Augmented Neural Networks", 2016, and Vinyals et
        al., "Matching Networks for One Shot Learning", 2016, both for Omniglot.

    Example:
        >>> letters = sl.load_dataset("letters", verbose=False)
        >>> more = sl.turned_classes(letters.train)
        >>> len(more) == 4 * len(letters.train)
        True
    """
    quarters = [0, *(whole_number("turns", turn, 1) for turn in turns)]
    if max(quarters) > 3 or len(set(quarters)) < len(quarters):
        raise ValueError(f"turns are {quarters[1:]}; expected some of 1, 2 and 3, each once.")
    if not len(images):
        raise ValueError("There are no images; expected at least one to turn.")
    _, height, width, _ = images.images.shape
    if height != width:
        raise ValueError(
            f"images are {height}×{width} pixels; expected square ones, which keep their shape "
            "when they are turned. Load them with image_size=(64, 64), for example."
        )
    number = int(images.labels.max()) + 1
    return joined(
        [
            replace(
                images,
                images=np.rot90(images.images, turn, axes=(1, 2)),
                labels=images.labels + turn * number,
            )
            for turn in quarters
        ]
    )
