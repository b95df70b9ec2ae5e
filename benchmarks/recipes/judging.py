"""How `parts.quality` measures an embedding: by its neighbours, and by pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.contenders import Copy, Training
from benchmarks.recipes.keras_example import Pairs, example_pairs
from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K

PAIR_SEED = 2021  # of the pairs, which are the same for all


def precision(training: Training, copy: Copy, data: sl.Dataset) -> float:
    """Measure precision@7 as `siamese_lib.evaluate` does for a run."""
    gallery = training.embed(copy.weights, data.train.images[:GALLERY_IMAGES])
    return precision_at_7(gallery, training.embed(copy.weights, data.test.images), data)


def precision_at_7(gallery: np.ndarray, queries: np.ndarray, data: sl.Dataset) -> float:
    """Measure precision@7 of embedded test images among the first embedded training images."""
    indices, _ = sl.Gallery(gallery[:GALLERY_IMAGES]).nearest(queries, HEADLINE_K)
    return sl.metrics.precision_at_k(data.train.labels[indices], data.test.labels)


def judge(training: Training, copy: Copy, data: sl.Dataset) -> dict[str, Any]:
    """Take every measure of a copy: test images among all training images, and pairs of them."""
    gallery = training.embed(copy.weights, data.train.images)
    queries = training.embed(copy.weights, data.test.images)
    among_all = sl.metrics.retrieval(queries, data.test.labels, gallery, data.train.labels)
    return {
        **moment(copy),
        "precision@7": round(precision_at_7(gallery, queries, data), 4),
        "precision@1": round(among_all.precision_at_1, 4),
        "R-precision": round(among_all.r_precision, 4),
        "MAP@R": round(among_all.map_at_r, 4),
        "pair accuracy": round(pair_accuracy(training, copy, gallery, queries, data), 4),
    }


def moment(copy: Copy) -> dict[str, Any]:
    """Return when a copy was taken."""
    return {"step": copy.step, "images": copy.images, "seconds": round(copy.seconds, 2)}


def pair_accuracy(
    training: Training, copy: Copy, gallery: np.ndarray, queries: np.ndarray, data: sl.Dataset
) -> float:
    """Measure the share of pairs of test images that are rightly judged to be of one class or not.

    The pairs are drawn as Keras' example draws them. If a recipe gives distances only, the
    threshold is the best one for such pairs of the first half of the training images.
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
