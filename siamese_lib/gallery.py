"""Nearest neighbours over embeddings."""

from __future__ import annotations

import numpy as np


class Gallery:
    def __init__(self, embeddings: np.ndarray, metric: str = "euclidean") -> None:
        import faiss

        self.index = faiss.IndexFlatL2(embeddings.shape[1])
        self.index.add(np.ascontiguousarray(embeddings, dtype=np.float32))

    def nearest(self, queries, k: int = 7, exclude_self: bool = False):
        distances, indices = self.index.search(queries, k + exclude_self)
        skip = int(exclude_self)
        return indices[:, skip:].astype(np.int64), np.sqrt(np.maximum(distances[:, skip:], 0))
