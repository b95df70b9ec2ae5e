"""What an exported page says of itself: what it shows, what it leaves out, how good it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.parts import Part
from siamese_lib.metrics.headline import HEADLINE_K, ceiling_of, relevant_of
from siamese_lib.metrics.precision import knn_accuracy, precision_at_k
from siamese_lib.runs.evaluation import used_for_training
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery


def facts_of(
    run: Run,
    digits: Dataset,
    part: Part | None,
    found: Part,
    images: np.ndarray,
    classes: np.ndarray,
    queries: np.ndarray,
    vectors: np.ndarray,
) -> str:
    """Write a line about a page.

    Args:
        run: the training that it shows.
        digits: the data.
        part: which test images are the queries; None if a film of other images was given.
        found: which training images are searched.
        images: of the queries, uint8 (Q, H, W, C).
        classes: of the queries, int (Q,); `digits` may not know the last ones.
        queries: embeddings (Q, dim).
        vectors: embeddings (G, dim) of the images that are searched.
    """
    return " · ".join(
        [
            f"{len(queries):,} test images",
            f"{len(vectors):,} training images to search",
            f"{run.steps[-1]:,} training steps",
            *_measures(vectors, found.taken(digits.train.labels), queries, classes),
            *_left_out(part, found),
            *_known(run, images, found.taken(digits.train.images)),
        ]
    )


def _measures(
    vectors: np.ndarray, labels: np.ndarray, queries: np.ndarray, classes: np.ndarray
) -> Iterator[str]:
    """Say how good the network's answers are, for queries of the classes of the gallery."""
    known = classes <= labels.max(initial=-1)
    if not known.any():
        return
    if len(vectors) < HEADLINE_K:
        yield f"too few training images to measure the {HEADLINE_K} nearest"
        return
    nearest, _ = Gallery(vectors).nearest(queries[known], HEADLINE_K)
    neighbours, asked = labels[nearest], classes[known]
    right, won = precision_at_k(neighbours, asked), knn_accuracy(neighbours, asked)
    ceiling = ceiling_of(relevant_of(asked, labels))
    limit = f" (of at most {ceiling:.1%})" if ceiling < 1 else ""
    yield f"{right:.1%} of the {HEADLINE_K} nearest{limit} and {won:.1%} of the votes are right"


def _left_out(part: Part | None, found: Part) -> Iterator[str]:
    """Say which images the page has, if these are not all."""
    parts = ((part, "test images"), (found, "training images"))
    some = [each.words(what) for each, what in parts if each and each.total > len(each)]
    if some:
        yield f"these are {', and '.join(some)}"


def _known(run: Run, images: np.ndarray, found: np.ndarray) -> Iterator[str]:
    """Say how many of the images shown were trained on, or are among the images to find."""
    trained = run.was_trained_on(images)
    if trained is not None and trained.any():
        yield used_for_training(int(trained.sum()), len(images))
    copies = int(np.isin(fingerprints(images), fingerprints(found)).sum())
    if copies:
        yield f"{copies:,} of them are identical to a training image"
