"""The widget: a small tower that trains in the page, while the reader changes everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib import checks
from siamese_lib.data.dataset import Dataset
from siamese_lib.lab.state import FIRST, FIRST_VIEW, checked_state
from siamese_lib.lab.still import still_png
from siamese_lib.views import wire
from siamese_lib.views.given import ViewError
from siamese_lib.views.script import Script
from siamese_lib.views.stateful import StatefulView
from siamese_lib.views.style import Style

if TYPE_CHECKING:
    from siamese_lib.data.split import Split

_SIDES = (8, 96)  # pixels that the tower takes, and that two cores train in a page
_MOST_CLASSES = 64
_FEWEST = 4  # images
_WORKER = Script(Path(__file__).with_name("lab_worker_page.js"))


class Laboratory(StatefulView):
    """Train a small tower in the page, and change everything while it trains.

    The tower is `siamese_lib.small_tower`; it trains in a worker of the browser, by WebAssembly,
    so it needs no kernel. A map shows where it puts images that it does not train on, histograms
    how far similar and different pairs are apart, with the margin among them, and a sentence
    judges the training. The reader can go back to any moment, begin a branch there, and compare
    two branches at the same step.

    Args:
        data: its training images are trained on, and its test images are shown and measured. 8 to
            96 pixels wide and high, grey or in colours; two classes or more.
        most: training images that the page gets, chosen at random, as many of each class as of the
            others where there are enough.
        shown: test images that the page gets. Half of them ask and the other half answer: so
            precision@7 is measured, or that of as many neighbours as the smallest class has.
        settings: values for `state`, such as ``margin=0.1``.

    Attributes:
        state: all that the reader can change; the same state gives the same weights. Assign a dict
            to change what it names:

            * ``margin``: 0.01 to 100.
            * ``learning_rate``: 0 to 100.
            * ``similar``: share of similar pairs, 0 to 1, of the loss "pairs".
            * ``flipped``: share of training images with a wrong label, 0 to 0.5.
            * ``classes``: numbers of those that take part, or None for all.
            * ``images``: how many are trained on.
            * ``loss``: "pairs" (`ContrastiveLoss` of random pairs), "every_pair"
              (`InBatchContrastiveLoss`) or "triplet" (`BatchTripletLoss`, all triplets).
            * ``output``: "linear", "sigmoid", or "unit" for embeddings of length 1.
            * ``dim``: 1, 2 or 3 numbers of an embedding.
            * ``optimizer``: "sgd", "momentum" (of 0.9) or "adam".
            * ``batch``: pairs of a step for the loss "pairs", images for the others; 2 to 1,024.
            * ``seed``: of the first weights and of the batches, 0 to 2**32 - 1.
            * ``turned``: whether similar pairs are called different, and the other way round.
            * ``changes``: dicts of ``step``, ``name`` and ``value``: settings that change before a
              step. All but images, output, dim and seed can.
            * ``step``: how far to train, and how far it is.
            * ``playing``: whether it goes on.
            * ``at``: the step that is shown, or None for the newest.
            * ``other``: the settings of a branch that is shown beside this one, or None. Other
              branches are not in the state.
            * ``forces``, ``pictures``: whether these are on the map.

    Raises:
        ViewError: (a ValueError and a TraitError) an argument or a new state is not as described.

    Example:
        >>> images = np.random.default_rng(0).integers(0, 255, (40, 12, 12, 1), np.uint8)
        >>> half = sl.Split(images[:20], [0, 1] * 10), sl.Split(images[20:], [0, 1] * 10)
        >>> laboratory = sl.Laboratory(sl.Dataset(*half, ("a", "b"), "made here", "noise"))
        >>> laboratory.state = {"margin": 2, "step": 200}
        >>> laboratory
        Laboratory(20 images of 2 classes, step 200)
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_suffix(".css"))

    def __init__(
        self, data: Dataset, *, most: int = 10_000, shown: int = 1000, **settings: Any
    ) -> None:
        if not isinstance(data, Dataset):
            raise ViewError(f"data is of type {type(data).__name__}; expected a Dataset.")
        _check_data(data)
        try:
            counts = [
                checks.whole_number(name, number, _FEWEST)
                for name, number in (("most", most), ("shown", shown))
            ]
        except ValueError as error:
            raise ViewError(str(error)) from None
        if counts[0] < 2 * len(np.unique(data.train.labels)):
            raise ViewError(f"most is {most}; expected two images or more of each class.")
        train, test = (
            _some(split, count)
            for split, count in zip((data.train, data.test), counts, strict=True)
        )
        self._classes = wire.classes_of(train[1], data.class_names)
        self._examples = test
        self._train_labels = train[1]
        images, shown_images = (wire.packed_images(part[0]) for part in (train, test))
        payload = {
            "worker": str(_WORKER),
            "images": images,
            "labels": train[1].astype("<u2").tobytes(),
            "shown": shown_images,
            "shown_labels": test[1].astype("<u2").tobytes(),
            "names": self._classes.names,
            "colors": self._classes.colors,
        }
        first = {**FIRST, **FIRST_VIEW, "images": len(train[1])}
        unknown = sorted(set(settings) - set(first))
        if unknown:
            raise ViewError(f"{', '.join(unknown)}: no such setting; expected {', '.join(first)}.")
        try:
            state = self._checked({**first, **settings})
        except ValueError as error:
            raise ViewError(str(error)) from None
        super().__init__(payload, state)

    def __repr__(self) -> str:
        """Return a summary: how many images and classes are trained on, and the step."""
        images, classes = self.state["images"], self.state["classes"]
        count = len(self._classes.names if classes is None else classes)
        kind = "class" if count == 1 else "classes"
        return f"Laboratory({images:,} images of {count} {kind}, step {self.state['step']:,})"

    def still(self) -> bytes:
        """Draw some of the shown images and the settings as a PNG below 60 kB."""
        images, labels = self._examples
        return still_png(self.state, images, labels, self._classes)

    def _checked(self, state: dict[str, Any]) -> dict[str, Any]:
        checked = checked_state(state)
        if checked["images"] > len(self._train_labels):
            raise ValueError(
                f"images is {checked['images']}; expected at most {len(self._train_labels)}, which "
                "the laboratory was given. Pass a larger most."
            )
        if checked["images"] < 2 * len(np.unique(self._train_labels)):
            raise ValueError(
                f"images is {checked['images']}; expected two or more of each of the "
                f"{len(np.unique(self._train_labels))} classes."
            )
        changed = [each["value"] for each in checked["changes"] if each["name"] == "classes"]
        for classes in (checked["classes"], *changed):
            for number in classes or ():
                if number >= len(self._classes.names):
                    raise ValueError(
                        f"classes has {number}; expected numbers from 0 to "
                        f"{len(self._classes.names) - 1}."
                    )
        return checked


def _check_data(data: Dataset) -> None:
    """Refuse what a page cannot train on."""
    height, width, channels = data.train.images.shape[1:]
    low, high = _SIDES
    if not (low <= min(height, width) and max(height, width) <= high and channels in (1, 3)):
        raise ViewError(
            f"data has images of shape {(height, width, channels)}; expected {low} to {high} "
            "pixels in height and width, grey or in three colours. Make them smaller."
        )
    for name, split in (("train", data.train), ("test", data.test)):
        sizes = np.bincount(split.labels)
        pairs = np.count_nonzero(sizes > 1)
        if pairs < 2 or (name == "train" and pairs < np.count_nonzero(sizes)):
            raise ViewError(
                f"data.{name} has classes of {sizes[sizes > 0].tolist()!s:.100} images; expected "
                "two images or more of two classes or more, and of each class to train on."
            )
    if len(data.class_names) > _MOST_CLASSES:
        raise ViewError(
            f"data has {len(data.class_names)} classes; expected at most {_MOST_CLASSES}, as each "
            "has a button. Keep some of them, with sl.split_by_class."
        )


def _some(split: Split, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of a split, at most so many, chosen at random.

    The classes come in turn, as long as they have images: so each has as many as the others where
    it can, and any part of the images has all of them.
    """
    order = np.random.default_rng(0).permutation(len(split.labels))
    labels = split.labels[order]
    turns = np.empty(len(labels), int)
    for label in np.unique(labels):
        turns[labels == label] = np.arange((labels == label).sum())
    rows = order[np.argsort(turns, kind="stable")[:count]]
    places = np.argsort(rows)  # images on disk are read in the order of their files
    images = np.empty((len(rows), *split.images.shape[1:]), np.uint8)
    images[places] = np.asarray(split.images[rows[places]])
    return images, split.labels[rows]
