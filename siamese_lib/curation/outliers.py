"""Find images that are like no other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import checked_labels, whole_number
from siamese_lib.curation.findings import Findings
from siamese_lib.search.gallery import Gallery

_NEAREST = 10


def outliers(
    embeddings: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    k: int = _NEAREST,
    metric: str = "euclidean",
    count: int = 100,
) -> Findings:
    """Rank images by their distances to their nearest neighbours, the farthest first.

    Some classes are denser than others. So an image's mean distance to its k neighbours is divided
    by the mean of what the same is for these neighbours.

    Args:
        embeddings: real numbers (N, dim), finite. All of them are searched.
        labels: integers or strings (N,), for `Findings.labels`. They do not change the ranks.
        k: number of neighbours, from 1 to N − 1. Of up to k images that are alike and unlike all
            others, none is found, so choose more than you expect of these.
        metric: "euclidean" or "cosine".
        count: largest number of images, at least 1.

    Returns:
        `Findings`. A score is how many times farther an image's neighbours are from it than from
        their own neighbours: about 1 for most images.

    Raises:
        ValueError: an argument is not as described.

    References:
        Ramaswamy, Rastogi and Shim, "Efficient Algorithms for Mining Outliers from Large Data
        Sets", 2000: distances to the k nearest.
        Breunig, Kriegel, Ng and Sander, "LOF: Identifying Density-Based Local Outliers", 2000:
        their ratio to those of the neighbours.

    Example:
        >>> embeddings = np.array([[0.0], [1.0], [2.0], [9.0]])
        >>> found = sl.curation.outliers(embeddings, k=2, count=1)
        >>> found.indices, found.scores.round(2)
        (array([3]), array([6.]))
    """
    gallery = Gallery(embeddings, metric)
    whole_number("count", count, 1)
    known = None if labels is None else checked_labels(labels, count=len(gallery))
    found, distances = gallery.nearest(gallery.vectors, k, exclude_self=True)
    own = distances.mean(axis=1, dtype=np.float64)
    tiny = np.finfo(float).tiny  # among copies alone, nothing is far
    scores = (own + tiny) / (own[found].mean(axis=1) + tiny)
    order = np.argsort(-scores, kind="stable")[:count]
    return Findings(
        kind="outlier",
        indices=order,
        scores=scores[order],
        labels=None if known is None else known[order],
    )
