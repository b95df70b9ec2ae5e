"""What an explorer shows but never changes: a run and its data; and the images to ask about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from siamese_lib.data.copies import same_images
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.handwriting import Paper
from siamese_lib.data.parts import is_fair
from siamese_lib.explorer.indexed import Indexed
from siamese_lib.texts import printable

MOST_NEIGHBOURS = 20
PAGE = 40  # thumbnails on a page


@dataclass(frozen=True)
class Query:
    """An image to find neighbours of.

    Attributes:
        kind: "test", "train", "drawing" or "picture".
        index: of a test or training image, or None for other queries.
        pixels: of the reader's own image, uint8 (H, W, C) as bytes.
        note: how the reader's own image was prepared.
    """

    kind: str
    index: int | None = None
    pixels: bytes = field(default=b"", repr=False)
    note: str = ""

    def __str__(self) -> str:
        """Return a name for the reader, such as "test image 865"."""
        if self.index is None:
            return {"drawing": "your drawing", "picture": "your picture"}[self.kind]
        return f"{'training' if self.kind == 'train' else 'test'} image {self.index}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """What does not change while an explorer is used.

    Attributes:
        steps: training steps of the run's frames.
        dim: length of an embedding.
        class_names: K names.
        training_images: uint8 (N, H, W, C), or what can be indexed like it.
        training_labels: int64 (N,), as `training_images`.
        searched: number of training images that are searched.
        searching: which training images are searched, in words that begin a sentence.
        test_images: uint8 (T, H, W, C), the images to choose from.
        test_labels: int64 (T,).
        mistaken: bool (T,), whether the vote of the last frame is wrong.
        asked: how many of the test images were asked about at the last frame.
        paper: colours of ground and ink of the images, for drawings.
        trained_on: number of test images that the run was trained on.
        handwriting: whether uploads are prepared as MNIST's digits were.
        training_files, test_files: names of the images' files; None if they are not known.
        one_metric: the only metric to search by at the last frame; None if there are both.
    """

    steps: tuple[int, ...]
    dim: int
    class_names: tuple[str, ...]
    training_images: np.ndarray | Indexed
    training_labels: np.ndarray | Indexed
    searched: int
    searching: str
    test_images: np.ndarray
    test_labels: np.ndarray
    mistaken: np.ndarray
    asked: int
    paper: Paper
    trained_on: int = 0
    handwriting: bool = False
    training_files: Sequence[str] | Indexed | None = None
    test_files: tuple[str, ...] | None = None
    one_metric: str | None = None

    @cached_property
    def order(self) -> np.ndarray:
        """The test images in the order of their thumbnails, int64 (T,).

        If they come class by class, the classes take turns, so that a page shows several.
        """
        classes, numbers = np.unique(self.test_labels, return_inverse=True)
        order = np.arange(len(numbers))
        if is_fair(numbers, order[:PAGE]):
            return order
        by_class = np.argsort(numbers, kind="stable")
        sizes = np.bincount(numbers, minlength=len(classes))
        turn = order - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return by_class[np.argsort(turn, kind="stable")]

    @cached_property
    def fingerprints(self) -> tuple[np.ndarray, np.ndarray]:
        """Fingerprints of the training and of the test images, uint64 (N,) and (T,).

        There are none of training images in a gallery's files, as all would have to be read.
        """
        known = self.training_images
        prints = np.empty(0, np.uint64) if isinstance(known, Indexed) else fingerprints(known)
        return prints, fingerprints(self.test_images)

    def same(self, query: Query, found: np.ndarray) -> list[int]:
        """Return the training images that are identical to a query.

        Args:
            query: the query.
            found: int64 (k,), its neighbours; of a gallery's files, only these are compared.
        """
        image = self.image(query)[None]
        if isinstance(self.training_images, Indexed):
            places = same_images(image, fingerprints(self.training_images[found]))[0]
            return sorted(found[places].tolist())
        return same_images(image, self.fingerprints[0])[0]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images."""
        height, width, channels = self.training_images.shape[1:]
        return height, width, channels

    @property
    def largest_k(self) -> int:
        """The largest k: up to 20, and below the number of training images that are searched.

        A training image is not its own neighbour, so one image less can be found.
        """
        return min(MOST_NEIGHBOURS, self.searched - 1)

    def image(self, query: Query) -> np.ndarray:
        """Return a query's image, uint8 (H, W, C)."""
        if query.kind == "test":
            return self.test_images[query.index]
        if query.kind == "train":
            return self.training_images[query.index]
        return np.frombuffer(query.pixels, np.uint8).reshape(self.image_shape)

    def file(self, query: Query) -> str:
        """Return the name of a query's file, in printable form; "" if it is not known."""
        files = {"test": self.test_files, "train": self.training_files}.get(query.kind)
        return "" if files is None or query.index is None else printable(files[query.index])

    def label(self, query: Query) -> int | None:
        """Return a query's class, or None for the reader's own image."""
        labels = {"test": self.test_labels, "train": self.training_labels}.get(query.kind)
        return None if labels is None else int(labels[query.index])
