"""How far the places on an explorer's map can be trusted."""

from __future__ import annotations

import numpy as np

from siamese_lib.metrics.trust import NEAREST, in_both, kept_neighbours
from siamese_lib.search.gallery import Gallery


class MapTrust:
    """Measure how many of the 10 nearest images on the map are the 10 nearest in the embedding.

    Args:
        embeddings: float (M, dim), the images on the map; more than 10.
        cloud: float (M, 2), their places.

    Attributes:
        shares: float64 (M,), for each image on the map, from 0 to 1, by its neighbours among the
            other images on the map.
    """

    def __init__(self, embeddings: np.ndarray, cloud: np.ndarray) -> None:
        self.shares = kept_neighbours(embeddings, cloud, NEAREST)
        self._near, self._shown = Gallery(embeddings), Gallery(cloud)

    def of(self, embeddings: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Measure images that are not on the map, by their neighbours among those that it does.

        Args:
            embeddings: float (n, dim).
            places: float (n, 2).

        Returns:
            float64 (n,), from 0 to 1.
        """
        near, _ = self._near.nearest(embeddings, NEAREST)
        shown, _ = self._shown.nearest(places, NEAREST)
        return in_both(near, shown)
