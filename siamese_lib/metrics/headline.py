"""The measure that the whole book quotes: precision@7, and the largest value that it can have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import class_numbers
from siamese_lib.data.parts import evenly, is_fair
from siamese_lib.metrics.precision import precision_at_k
from siamese_lib.search.gallery import Gallery

HEADLINE_K = 7
GALLERY_IMAGES = 10_000
PRECISION = f"precision@{HEADLINE_K}"
AMONG_THESE = f"{PRECISION} among these"
AMONG_VALIDATION = f"{PRECISION} among the validation images"
_QUERIES = 1_000


def ceiling_of(relevant: ArrayLike) -> float:
    """Return the precision@7 of a perfect tower.

    It is below 1 if a query has fewer than 7 images of its class to find.

    Args:
        relevant: integers (Q,), for each query the number of images of its class to find.
    """
    return float(np.minimum(relevant, HEADLINE_K).mean() / HEADLINE_K)


def relevant_of(query_numbers: np.ndarray, gallery_numbers: np.ndarray) -> np.ndarray:
    """Count for each query the gallery images of its class, int64 (Q,).

    Args:
        query_numbers: int64 (Q,), classes from 0 up.
        gallery_numbers: int64 (N,), numbered as the queries are.
    """
    sizes = np.bincount(gallery_numbers, minlength=query_numbers.max(initial=-1) + 1)
    return sizes[query_numbers]


def at_most(ceiling: float, digits: int) -> str:
    """Say what a perfect tower would reach, to follow a value; "" if that is 1."""
    return "" if ceiling >= 1 else f" of at most {ceiling:.{digits}f}"


@dataclass(frozen=True, eq=False)
class Among:
    """Precision@7 of images among each other: each finds its neighbours among the other images.

    `evaluate` searches training images, and the same network has another value there. So this
    measure has a name of its own.

    Attributes:
        labels: int or str (N,).
        queries: int64 (Q,), the images that are queries: all, or of more than 1,000 images 1,000
            that stand for all classes.
        ceiling: the value of a perfect tower; NaN for 7 images or fewer.
    """

    labels: np.ndarray
    queries: np.ndarray
    ceiling: float

    @classmethod
    def of(cls, labels: ArrayLike) -> Among:
        """Prepare the measure for images with these labels."""
        numbers, classes = class_numbers(labels)
        count = len(numbers)
        queries = np.linspace(0, count - 1, min(count, _QUERIES)).astype(np.int64)
        if not is_fair(numbers, queries):
            queries = np.sort(evenly(numbers, _QUERIES))
        others = relevant_of(numbers[queries], numbers) - 1
        ceiling = ceiling_of(others) if count > HEADLINE_K else np.nan
        return cls(classes[numbers], queries, ceiling)

    @property
    def name(self) -> str:
        """The name of the curve of this measure, with its ceiling if that is below 1."""
        return f"{AMONG_THESE}, at most {self.ceiling:.2f}" if self.ceiling < 1 else AMONG_THESE

    @property
    def missing(self) -> str:
        """Why nothing can be measured, or ""."""
        if np.isnan(self.ceiling):
            return f"too few images for {PRECISION}, which takes {HEADLINE_K + 1}"
        if self.ceiling == 0:
            return f"no {PRECISION}, as no image has another of its class"
        return ""

    def precision(self, embeddings: np.ndarray) -> float:
        """Measure embeddings, float (N, dim); NaN if nothing can be measured."""
        if self.missing:
            return np.nan
        found, _ = Gallery(embeddings).nearest(embeddings[self.queries], HEADLINE_K + 1)
        itself_last = np.argsort(found == self.queries[:, None], axis=1, kind="stable")
        found = np.take_along_axis(found, itself_last, axis=1)[:, :HEADLINE_K]
        return precision_at_k(self.labels[found], self.labels[self.queries])
