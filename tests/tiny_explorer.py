"""An explorer over images that a tiny tower learned, with all its frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from tiny_training import Training, corners_dataset, dense_tower

import siamese_lib as sl


def tiny_run(dim: int = 2) -> sl.Run:
    """Train for a few steps; every class ends in a corner of its own, or nearly so."""
    training = Training(steps=30, tower=dense_tower(dim=dim), optimizer="adam")
    return training.fit().run


def mixed_dataset() -> sl.Dataset:
    """Corners, of which two test images have another's label, so that there are mistakes."""
    data = corners_dataset()
    labels = data.test.labels.copy()
    labels[[5, 20]] = (labels[[5, 20]] + 1) % 4
    test = sl.Split(data.test.images, labels)
    return sl.Dataset(data.train, test, data.class_names, data.source, data.name)


def tiny_explorer(**options: Any) -> sl.RetrievalExplorer:
    return sl.RetrievalExplorer(tiny_run(), mixed_dataset(), **options)


def by_hand(embeddings: np.ndarray, query: np.ndarray, k: int, metric: str) -> list[int]:
    """Rank by a loop, the slow way."""

    def away(row: np.ndarray) -> float:
        if metric == "euclidean":
            return float(np.sqrt(((row - query) ** 2).sum()))
        return 1 - float(row @ query) / float(np.linalg.norm(row) * np.linalg.norm(query))

    wide = embeddings.astype(np.float64)
    return sorted(range(len(wide)), key=lambda i: (away(wide[i]), i))[:k]
