"""How good an embedding is: arrays in, numbers out.

Two ways to judge it. Retrieval asks what the nearest neighbours of a query are; these measures
take their labels, nearest first, as ``gallery_labels[indices]`` with the `indices` that
`siamese_lib.Gallery.nearest` returns. Verification asks of a pair whether it is of one class.

Labels are integers or strings, and every measure is a mean over queries, from 0 to 1.

References:
    Musgrave, Belongie and Lim, "A Metric Learning Reality Check", 2020, section 3.2:
    R-precision and MAP@R.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def precision_at_k(neighbour_labels: np.ndarray, query_labels: np.ndarray) -> float:
    """Share of the k neighbours that have the query's label.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: not labels, of other shapes, or none at all.
    """
    return float(_hits(neighbour_labels, query_labels).mean())


def recall_at_k(neighbour_labels: np.ndarray, query_labels: np.ndarray) -> float:
    """Share of the queries with at least one right neighbour among the k.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: not labels, of other shapes, or none at all.
    """
    return float(_hits(neighbour_labels, query_labels).any(axis=1).mean())


def knn_accuracy(neighbour_labels: np.ndarray, query_labels: np.ndarray) -> float:
    """Share of the queries whose label wins the vote of the k neighbours.

    Of labels with equally many votes, the one whose nearest member comes first wins.

    Args:
        neighbour_labels: (Q, k), nearest first.
        query_labels: (Q,).

    Raises:
        ValueError: not labels, of other shapes, or none at all.
    """
    hits = _hits(neighbour_labels, query_labels)
    labels = np.asarray(neighbour_labels)
    votes = np.stack([(labels == column[:, None]).sum(axis=1) for column in labels.T], axis=1)
    winners = votes.argmax(axis=1)  # the first, hence nearest, of equal maxima
    return float(hits[np.arange(len(hits)), winners].mean())


def r_precision(
    neighbour_labels: np.ndarray, query_labels: np.ndarray, relevant: np.ndarray
) -> float:
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


def map_at_r(neighbour_labels: np.ndarray, query_labels: np.ndarray, relevant: np.ndarray) -> float:
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


@dataclass(frozen=True, eq=False)
class Verification:
    """How well a threshold on the distance tells same pairs from different ones.

    A pair is called same where its distance is at most the threshold. The three arrays are the
    receiver operating characteristic, float64 (T,), one entry for each distinct distance in
    rising order, after a first for "never same".

    Attributes:
        fpr: false positive rate, the share of different pairs that are called same.
        tpr: true positive rate, the share of same pairs that are called same.
        thresholds: distances; the first is −infinity.
        auc: area under `tpr` over `fpr`: how likely a same pair is closer than a different one.
        eer: equal error rate, where `fpr` = 1 − `tpr`, between two thresholds if need be.
        best_threshold: the one with the best accuracy, and of several the smallest.
        accuracy: share of all pairs that are called rightly at `best_threshold`. It was chosen on
            these same pairs, so judge other pairs by it before quoting it.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    thresholds: np.ndarray
    auc: float
    eer: float
    best_threshold: float
    accuracy: float


def verification(distances: np.ndarray, same: np.ndarray) -> Verification:
    """Judge distances as a test of whether two images are of one class.

    Args:
        distances: real numbers (N,), one for each pair.
        same: bool or numbers (N,), 1 = same class and 0 = different, some of each.

    Raises:
        ValueError: other shapes, a distance that is not finite, a label that is not 0 or 1, or
            pairs of one kind only.
    """
    distances, same = np.asarray(distances), np.asarray(same)
    if distances.ndim != 1 or distances.shape != same.shape:
        raise ValueError(
            "distances and same must have one entry for each pair, both of shape (N,); got "
            f"{distances.shape} and {same.shape}."
        )
    if distances.dtype.kind not in "biuf" or not np.isfinite(distances).all():
        raise ValueError(
            f"distances must be finite numbers, got {distances.dtype} with NaN, infinity or "
            "something else. Look for what diverged."
        )
    if same.dtype.kind not in "biuf" or not np.isin(same, (0, 1)).all():
        raise ValueError(f"same must hold 1 for same and 0 for different, got {_few(same)}.")
    positives = int(same.sum())
    negatives = len(same) - positives
    if not positives or not negatives:
        raise ValueError(
            f"same must hold both kinds of pairs, got {positives} same and {negatives} different."
        )
    thresholds, group = np.unique(distances.astype(np.float64), return_inverse=True)
    pairs = np.bincount(group)
    true = np.append(0, np.bincount(group[same == 1], minlength=len(pairs)).cumsum())
    false = np.append(0, pairs.cumsum()) - true
    thresholds = np.append(-np.inf, thresholds)
    fpr, tpr = false / negatives, true / positives
    right = true + negatives - false
    best = int(right.argmax())
    return Verification(
        fpr=fpr,
        tpr=tpr,
        thresholds=thresholds,
        auc=float(np.trapezoid(tpr, fpr)),
        eer=float(np.interp(0, fpr + tpr - 1, fpr)),
        best_threshold=float(thresholds[best]),
        accuracy=float(right[best] / len(same)),
    )


def _hits(neighbour_labels: np.ndarray, query_labels: np.ndarray) -> np.ndarray:
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
    neighbour_labels: np.ndarray, query_labels: np.ndarray, relevant: np.ndarray
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


def _few(values: np.ndarray) -> str:
    return ", ".join(map(str, np.unique(values)[:5]))
