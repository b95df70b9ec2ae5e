"""How `benchmarks.quality` judges an embedding: by its neighbours, and by pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.contenders import Copy, Training
from benchmarks.keras_example import Pairs, example_pairs
from siamese_lib.evaluation import GALLERY_IMAGES, NEIGHBOURS

CHUNK = 250  # queries ranked at once: 120 MB of distances to 60,000 images
PAIR_SEED = 2021  # of the pairs that all are judged by


def precision(training: Training, copy: Copy, data: sl.Dataset) -> float:
    """Measure precision@7 by the book's measure, as `siamese_lib.evaluate` does for a run."""
    gallery = training.embed(copy.weights, data.train.images[:GALLERY_IMAGES])
    return precision_at_7(gallery, training.embed(copy.weights, data.test.images), data)


def precision_at_7(gallery: np.ndarray, queries: np.ndarray, data: sl.Dataset) -> float:
    """Measure precision@7 of embedded test images among the first embedded training images."""
    indices, _ = sl.Gallery(gallery[:GALLERY_IMAGES]).nearest(queries, NEIGHBOURS)
    return sl.metrics.precision_at_k(data.train.labels[indices], data.test.labels)


def judge(training: Training, copy: Copy, data: sl.Dataset) -> dict[str, Any]:
    """Judge a copy by everything: test images among all training images, and pairs of them."""
    gallery = training.embed(copy.weights, data.train.images)
    queries = training.embed(copy.weights, data.test.images)
    return {
        **moment(copy),
        "precision@7": round(precision_at_7(gallery, queries, data), 4),
        **retrieval(gallery, data.train.labels, queries, data.test.labels),
        "pair accuracy": round(pair_accuracy(training, copy, gallery, queries, data), 4),
    }


def moment(copy: Copy) -> dict[str, Any]:
    """Say when a copy was taken."""
    return {"step": copy.step, "images": copy.images, "seconds": round(copy.seconds, 2)}


def retrieval(
    gallery: np.ndarray, gallery_labels: np.ndarray, queries: np.ndarray, query_labels: np.ndarray
) -> dict[str, float]:
    """Measure precision@1, R-precision and MAP@R.

    R is thousands here. For so many neighbours it is quicker to compare everything with
    everything in double precision, some queries at a time, than to ask a `Gallery`.

    Args:
        gallery: embeddings (N, dim).
        gallery_labels: int64 (N,).
        queries: embeddings (Q, dim).
        query_labels: int64 (Q,), of classes that the gallery has.
    """
    counts = np.bincount(gallery_labels)
    total = dict.fromkeys(("precision@1", "R-precision", "MAP@R"), 0.0)
    for start in range(0, len(queries), CHUNK):
        labels = query_labels[start : start + CHUNK]
        nearest = ranked(gallery, queries[start : start + CHUNK], int(counts.max()))
        found, relevant = gallery_labels[nearest], counts[labels]
        total["precision@1"] += len(labels) * sl.metrics.precision_at_k(found[:, :1], labels)
        total["R-precision"] += len(labels) * sl.metrics.r_precision(found, labels, relevant)
        total["MAP@R"] += len(labels) * sl.metrics.map_at_r(found, labels, relevant)
    return {name: round(value / len(queries), 4) for name, value in total.items()}


def ranked(gallery: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """Find the k nearest by Euclidean distance, nearest first: int64 (Q, k)."""
    gallery, queries = gallery.astype(np.float64), queries.astype(np.float64)
    # The square of the query's own length is the same for all that it is compared with.
    squares = np.vecdot(gallery, gallery) - 2 * queries @ gallery.T
    nearest = np.argpartition(squares, k - 1, axis=1)[:, :k]
    order = np.take_along_axis(squares, nearest, axis=1).argsort(axis=1)
    return np.take_along_axis(nearest, order, axis=1)


def pair_accuracy(
    training: Training, copy: Copy, gallery: np.ndarray, queries: np.ndarray, data: sl.Dataset
) -> float:
    """Measure how many pairs of test images are told rightly, same class or not.

    The pairs are drawn as Keras' example draws them. Where a recipe gives distances only, the
    threshold is the best for such pairs of training images, the first half of them.
    """
    pairs = example_pairs(data.test.labels, PAIR_SEED)
    judged = training.same(copy.weights, queries[pairs.left], queries[pairs.right])
    if judged is None:
        half = len(data.train) // 2
        known = example_pairs(data.train.labels[:half], PAIR_SEED)
        chosen = sl.metrics.verification(_distances(gallery, known), known.same).best_threshold
        judged = _distances(queries, pairs) <= chosen
    return float((judged == (pairs.same == 1)).mean())


def _distances(embeddings: np.ndarray, pairs: Pairs) -> np.ndarray:
    apart = embeddings[pairs.left].astype(np.float64) - embeddings[pairs.right]
    return np.sqrt(np.vecdot(apart, apart))
