"""Measures from the labels of nearest neighbours.

A neighbour is *right* if it has the label of its query.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.arrays import plain_array
from siamese_lib.checks import array_of_labels, checked_labels, joined_labels

_MeasuresAtK = TypedDict(
    "_MeasuresAtK",
    {
        "class": int | str,
        "queries": int,
        "precision_at_k": float,
        "recall_at_k": float,
        "knn_accuracy": float,
    },
)


class ClassMeasures(_MeasuresAtK, total=False):
    """The measures of the queries of one class. Those at R are left out where R is not known."""

    r_precision: float
    map_at_r: float


def precision_at_k(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> float:
    """Return the share of the k neighbours that are right.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: the labels are of another type or shape, or there are none.

    Example:
        >>> neighbours = np.array([["seal", "seal", "owl"], ["owl", "owl", "owl"]])
        >>> round(sl.metrics.precision_at_k(neighbours, np.array(["seal", "owl"])), 3)
        0.833
    """
    return float(_hits(neighbour_labels, query_labels).mean())


def recall_at_k(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> float:
    """Return the share of the queries that have at least one right neighbour among the k.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: the labels are of another type or shape, or there are none.
    """
    return float(_hits(neighbour_labels, query_labels).any(axis=1).mean())


def knn_accuracy(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> float:
    """Return the share of the queries whose label wins the vote of their k neighbours.

    If labels have equally many votes, the one with the nearest neighbour wins.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: the labels are of another type or shape, or there are none.
    """
    neighbours, queries = _checked(neighbour_labels, query_labels)
    winners, _ = vote(neighbours)
    return float((winners == queries).mean())


def vote(neighbour_labels: ArrayLike) -> tuple[np.ndarray, NDArray[np.float64]]:
    """Return the outcome of the vote that `knn_accuracy` takes among each query's k neighbours.

    Args:
        neighbour_labels: (Q, k), nearest first.

    Returns:
        The winning label, (Q,), and its share of the votes, float64 (Q,).

    Raises:
        ValueError: the labels are of another type or shape, or there are none.
    """
    labels = checked_labels(neighbour_labels, "neighbour_labels", dimensions=2)
    if not labels.size:
        raise ValueError(
            f"neighbour_labels have shape {labels.shape}; expected (Q, k), with Q and k at least 1."
        )
    votes = np.stack([(labels == column[:, None]).sum(axis=1) for column in labels.T], axis=1)
    first = votes.argmax(axis=1)[:, None]  # of equal maxima the first, which is the nearest
    winners, most = (np.take_along_axis(part, first, axis=1)[:, 0] for part in (labels, votes))
    return winners, most / labels.shape[1]


def r_precision(neighbour_labels: ArrayLike, query_labels: ArrayLike, relevant: ArrayLike) -> float:
    """Return the share of right neighbours among the R nearest, where R can be found at most.

    Args:
        neighbour_labels: (Q, k), nearest first, with k at least the largest R.
        query_labels: (Q,).
        relevant: integers (Q,), R: the number of gallery images of the query's class, without
            the query itself. For integer labels it is
            ``np.bincount(gallery_labels)[query_labels]``, minus 1 if the queries are the gallery.

    Raises:
        ValueError: the labels are of another type or shape, or there are none; or R is below 1,
            above k, or smaller than the number of right neighbours.
    """
    hits, counts = _ranked_hits(neighbour_labels, query_labels, relevant)
    return float((hits.sum(axis=1) / counts).mean())


def map_at_r(neighbour_labels: ArrayLike, query_labels: ArrayLike, relevant: ArrayLike) -> float:
    """Return the mean average precision at R: R-precision that also rewards a high rank.

    It is the mean over queries of ``1/R Σ P(i)``. The sum is over those ranks i from 1 to R at
    which the neighbour is right, and P(i) is the share of right ones among the first i.

    Args:
        neighbour_labels: (Q, k), nearest first, with k at least the largest R.
        query_labels: (Q,).
        relevant: integers (Q,), R: as for `r_precision`.

    Raises:
        ValueError: as `r_precision`.
    """
    hits, counts = _ranked_hits(neighbour_labels, query_labels, relevant)
    found = hits.cumsum(axis=1, dtype=np.int32)
    ranks = np.arange(1, hits.shape[1] + 1)
    return float((np.einsum("qk,qk,k->q", hits, found, 1 / ranks) / counts).mean())


def per_class(
    neighbour_labels: ArrayLike, query_labels: ArrayLike, relevant: ArrayLike | None = None
) -> list[ClassMeasures]:
    """Measure the queries of each class separately.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).
        relevant: integers (Q,), R: as for `r_precision`. Without it, the measures at R are left
            out.

    Returns:
        A row for each class of the queries, in order: its label ``class``, the number of its
        ``queries``, and the measures ``precision_at_k``, ``recall_at_k``, ``knn_accuracy``,
        ``r_precision`` and ``map_at_r``. ``pandas.DataFrame`` shows the rows as a table.

    Raises:
        ValueError: as `precision_at_k`, and with `relevant` as `r_precision`.
    """
    neighbours, queries = _checked(neighbour_labels, query_labels)
    counts = None if relevant is None else _ranked_hits(neighbours, queries, relevant)[1]
    rows: list[ClassMeasures] = []
    for label in np.unique(queries):
        own = queries == label
        found, asked = neighbours[own], queries[own]
        row: ClassMeasures = {
            "class": label.item() if isinstance(label, np.generic) else label,
            "queries": len(asked),
            "precision_at_k": precision_at_k(found, asked),
            "recall_at_k": recall_at_k(found, asked),
            "knn_accuracy": knn_accuracy(found, asked),
        }
        if counts is not None:
            row["r_precision"] = r_precision(found, asked, counts[own])
            row["map_at_r"] = map_at_r(found, asked, counts[own])
        rows.append(row)
    return rows


def confusion(
    neighbour_labels: ArrayLike, query_labels: ArrayLike
) -> tuple[np.ndarray, NDArray[np.int64]]:
    """Count how often each class is retrieved for the queries of each class.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Returns:
        classes: all labels (C,) of queries and neighbours, in order.
        counts: int64 (C, C): row i, column j is the number of neighbours of class j that the
            queries of class i have. A row sums to k times the number of its queries.

    Raises:
        ValueError: as `precision_at_k`.
    """
    neighbours, queries = _checked(neighbour_labels, query_labels)
    pairs = np.repeat(queries, neighbours.shape[1]), neighbours.ravel()
    classes, codes = np.unique(np.concatenate(pairs), return_inverse=True)
    asked, found = np.split(codes, 2)
    size = len(classes)
    return classes, np.bincount(asked * size + found, minlength=size**2).reshape(size, size)


def _hits(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> np.ndarray:
    """Return which neighbours are right, bool (Q, k)."""
    neighbours, queries = _checked(neighbour_labels, query_labels)
    return neighbours == queries[:, None]


def _checked(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of neighbours (Q, k) and of queries (Q,), both integers or both strings."""
    neighbours = array_of_labels(neighbour_labels, "neighbour_labels")
    queries = array_of_labels(query_labels, "query_labels")
    found, asked = neighbours.shape, queries.shape
    if len(found) != 2 or asked != found[:1] or 0 in found:
        raise ValueError(
            f"neighbour_labels have shape {found} and query_labels {asked}; expected (Q, k) and "
            "(Q,), with Q and k at least 1. The labels of neighbours are gallery_labels[indices]."
        )
    neighbours = checked_labels(neighbours, "neighbour_labels", dimensions=2)
    queries = checked_labels(queries, "query_labels")
    joined_labels(neighbours[:1], queries[:1], ("neighbour_labels", "query_labels"))
    return neighbours, queries


def _ranked_hits(
    neighbour_labels: ArrayLike, query_labels: ArrayLike, relevant: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return which of the R nearest are right, bool (Q, k) and False beyond R, and R, (Q,)."""
    hits, counts = _hits(neighbour_labels, query_labels), plain_array("relevant", relevant)
    if counts.shape != hits.shape[:1] or counts.dtype.kind not in "iu":
        raise ValueError(
            f"relevant is {counts.dtype} of shape {counts.shape}; expected one integer for each of "
            f"{len(hits)} queries."
        )
    if counts.min() < 1 or counts.max() > hits.shape[1]:
        raise ValueError(
            f"relevant is from {counts.min()} to {counts.max()}; expected 1 to {hits.shape[1]}, "
            "the number of neighbours given. Ask the gallery for more neighbours, and leave out "
            "queries that have no image of their class in it."
        )
    if (hits.sum(axis=1) > counts).any():
        query = int((hits.sum(axis=1) > counts).argmax())
        raise ValueError(
            f"relevant is {counts[query]} for query {query}, which has {hits[query].sum()} right "
            "neighbours; expected the number of all gallery images of its class."
        )
    return hits & (np.arange(hits.shape[1]) < counts[:, None]), counts
