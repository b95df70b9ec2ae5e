"""How good an embedding is: arrays in, numbers out."""

from __future__ import annotations

import numpy as np


def precision_at_k(neighbour_labels: np.ndarray, query_labels: np.ndarray) -> float:
    return float((neighbour_labels == np.asarray(query_labels)[:, None]).mean())


def knn_accuracy(neighbour_labels: np.ndarray, query_labels: np.ndarray) -> float:
    votes = [max(row, key=[*row].count) for row in np.asarray(neighbour_labels).tolist()]
    return float((np.asarray(votes) == query_labels).mean())
