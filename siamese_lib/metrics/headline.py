"""The measure that the whole book quotes: precision@7."""

from __future__ import annotations

import numpy as np

from siamese_lib.metrics.precision import precision_at_k
from siamese_lib.search.gallery import Gallery

HEADLINE_K = 7
GALLERY_IMAGES = 10_000
PRECISION = f"precision@{HEADLINE_K}"
_QUERIES = 1_000


def precision_of(embeddings: np.ndarray, labels: np.ndarray) -> float:
    """Measure precision@7 of images among each other; NaN for 7 images or fewer.

    Args:
        embeddings: float (N, dim).
        labels: int or str (N,). If N is above 1,000, only 1,000 evenly spaced images are queries.
    """
    count = len(embeddings)
    if count <= HEADLINE_K:
        return np.nan
    queries = np.linspace(0, count - 1, min(count, _QUERIES)).astype(np.int64)
    found, _ = Gallery(embeddings).nearest(embeddings[queries], HEADLINE_K + 1)
    itself_last = np.argsort(found == queries[:, None], axis=1, kind="stable")
    found = np.take_along_axis(found, itself_last, axis=1)[:, :HEADLINE_K]
    return precision_at_k(labels[found], labels[queries])
