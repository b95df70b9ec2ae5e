"""What is counted among the labels of nearest neighbours."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    """What `per_class` says of the queries of one class."""

    r_precision: float
    map_at_r: float


def precision_at_k(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> float:
    """Share of the k neighbours that have the query's label.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: not labels, of other shapes, or none at all.
    """
    return float(_hits(neighbour_labels, query_labels).mean())


def recall_at_k(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> float:
    """Share of the queries with at least one right neighbour among the k.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: not labels, of other shapes, or none at all.
    """
    return float(_hits(neighbour_labels, query_labels).any(axis=1).mean())


def knn_accuracy(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> float:
    """Share of the queries whose label wins the vote of the k neighbours.

    Of labels with equally many votes, the one whose nearest member comes first wins.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: not labels, of other shapes, or none at all.
    """
    _hits(neighbour_labels, query_labels)
    winners, _ = vote(neighbour_labels)
    return float((winners == np.asarray(query_labels)).mean())


def vote(neighbour_labels: ArrayLike) -> tuple[np.ndarray, NDArray[np.float64]]:
    """Let the k neighbours of each query vote, as `knn_accuracy` does.

    Args:
        neighbour_labels: (Q, k), nearest first.

    Returns:
        The label that wins, (Q,), and its share of the votes, float64 (Q,).
    """
    labels = np.asarray(neighbour_labels)
    votes = np.stack([(labels == column[:, None]).sum(axis=1) for column in labels.T], axis=1)
    first = votes.argmax(axis=1)[:, None]  # the first, hence nearest, of equal maxima
    winners, most = (np.take_along_axis(part, first, axis=1)[:, 0] for part in (labels, votes))
    return winners, most / labels.shape[1]


def r_precision(neighbour_labels: ArrayLike, query_labels: ArrayLike, relevant: ArrayLike) -> float:
    """Share of right ones among the R nearest, where R is how many there are to find.

    Args:
        neighbour_labels: (Q, k), nearest first, with k at least the largest R.
        query_labels: (Q,).
        relevant: integers (Q,), R: how many images of the query's class are in the gallery, the
            query itself not counted. With integer labels that is
            ``np.bincount(gallery_labels)[query_labels]``, minus 1 if the queries are the gallery.

    Raises:
        ValueError: not labels, of other shapes, or none at all; R is below 1, above k, or
            smaller than the number of right neighbours found.
    """
    hits, counts = _ranked_hits(neighbour_labels, query_labels, relevant)
    return float((hits.sum(axis=1) / counts).mean())


def map_at_r(neighbour_labels: ArrayLike, query_labels: ArrayLike, relevant: ArrayLike) -> float:
    """Mean average precision at R: R-precision that also rewards right neighbours for rank.

    The mean over queries of ``1/R Σ P(i)`` over those ranks i from 1 to R where the i-th
    neighbour is right; P(i) is the share of right ones among the first i.

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
    """Judge the queries of each class by themselves.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).
        relevant: integers (Q,), R: as for `r_precision`; without it, the measures at R are left
            out.

    Returns:
        A row for each class of the queries, in order: its label as ``class``, the number of its
        ``queries``, and under their names ``precision_at_k``, ``recall_at_k``, ``knn_accuracy``,
        ``r_precision`` and ``map_at_r``. ``pandas.DataFrame`` shows it as a table.

    Raises:
        ValueError: as `precision_at_k`, and with `relevant` as `r_precision`.
    """
    _hits(neighbour_labels, query_labels)  # refuses what are no labels
    neighbours, queries = np.asarray(neighbour_labels), np.asarray(query_labels)
    counts = None if relevant is None else _ranked_hits(neighbours, queries, relevant)[1]
    rows: list[ClassMeasures] = []
    for label in np.unique(queries):
        own = queries == label
        found, asked = neighbours[own], queries[own]
        row: ClassMeasures = {
            "class": label.item(),
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
    """Count which classes are retrieved for which.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Returns:
        classes: all labels (C,) of queries or neighbours, in order.
        counts: int64 (C, C): in row i and column j, how many neighbours of class j the queries
            of class i have. A row sums to k times the number of its queries.

    Raises:
        ValueError: as `precision_at_k`.
    """
    k = _hits(neighbour_labels, query_labels).shape[1]
    pairs = np.repeat(query_labels, k), np.ravel(neighbour_labels)
    classes, codes = np.unique(np.concatenate(pairs), return_inverse=True)
    asked, found = np.split(codes, 2)
    size = len(classes)
    return classes, np.bincount(asked * size + found, minlength=size**2).reshape(size, size)


def _hits(neighbour_labels: ArrayLike, query_labels: ArrayLike) -> np.ndarray:
    """Return which neighbours are right, bool (Q, k)."""
    neighbours, queries = np.asarray(neighbour_labels), np.asarray(query_labels)
    if neighbours.ndim != 2 or queries.shape != neighbours.shape[:1] or not neighbours.size:
        raise ValueError(
            "neighbour_labels must be of shape (Q, k) and query_labels of shape (Q,), Q and k at "
            f"least 1; got {neighbours.shape} and {queries.shape}. The labels of neighbours are "
            "gallery_labels[indices]."
        )
    kinds = {neighbours.dtype.kind, queries.dtype.kind}
    if not (kinds <= set("biu") or kinds == {"U"}):
        raise ValueError(
            "labels must be integers or strings, and of one kind; got neighbour_labels of "
            f"{neighbours.dtype} and query_labels of {queries.dtype}."
        )
    return neighbours == queries[:, None]


def _ranked_hits(
    neighbour_labels: ArrayLike, query_labels: ArrayLike, relevant: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Return which of the R nearest are right, bool (Q, k) and False beyond R; and R, (Q,)."""
    hits, counts = _hits(neighbour_labels, query_labels), np.asarray(relevant)
    if counts.shape != hits.shape[:1] or counts.dtype.kind not in "iu":
        raise ValueError(
            f"relevant must be one integer for each of {len(hits)} queries, got {counts.dtype} of "
            f"shape {counts.shape}."
        )
    if counts.min() < 1 or counts.max() > hits.shape[1]:
        raise ValueError(
            f"relevant must be from 1 to the {hits.shape[1]} neighbours given, got "
            f"{counts.min()} to {counts.max()}. Ask the gallery for more neighbours; leave out "
            "queries of which it has no relative."
        )
    if (hits.sum(axis=1) > counts).any():
        query = int((hits.sum(axis=1) > counts).argmax())
        raise ValueError(
            f"relevant must count every gallery image of the query's class, got {counts[query]} "
            f"for query {query}, which has {hits[query].sum()} right neighbours."
        )
    return hits & (np.arange(hits.shape[1]) < counts[:, None]), counts
