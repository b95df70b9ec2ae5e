"""What an explorer searches: embeddings in memory, or a gallery on disk.

Both are asked in the same way: `indices` are the training images, int64 (S,), ascending; `metrics`
are those to search by, at least one.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS


class GalleryOnDisk(Protocol):
    """What an explorer needs of `siamese_lib.DiskGallery`, whose docstrings say what these do."""

    metric: str
    dim: int

    def __len__(self) -> int:
        """Return the number of embeddings."""
        ...

    @property
    def ids(self) -> np.ndarray:
        """All ids, ascending."""
        ...

    @property
    def next_id(self) -> int:
        """The id above all."""
        ...

    def count(self, labels: ArrayLike | None = None) -> int:
        """Return the number of embeddings of some classes."""
        ...

    def nearest(self, queries: ArrayLike, k: int = 7) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and distances."""
        ...

    def embeddings_of(self, ids: ArrayLike) -> np.ndarray:
        """Return embeddings by id."""
        ...

    def labels_of(self, ids: ArrayLike) -> np.ndarray:
        """Return classes by id."""
        ...

    def paths_of(self, ids: ArrayLike) -> np.ndarray:
        """Return files by id."""
        ...


class InMemory:
    """Embeddings in memory, searched by both metrics.

    Args:
        embeddings: float32 (S, dim).
        indices: int64 (S,), the training image of each, ascending.
        gallery: a `Gallery` of the embeddings, if there is one already.
    """

    def __init__(
        self, embeddings: np.ndarray, indices: np.ndarray, gallery: Gallery | None = None
    ) -> None:
        self.embeddings, self.indices = embeddings, indices
        self._galleries = {} if gallery is None else {gallery.metric: gallery}
        for metric in METRICS:
            if metric == METRICS[0] or embeddings.any(axis=1).all():  # zeros have no angle
                self._galleries.setdefault(metric, Gallery(embeddings, metric))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Both, or only "euclidean" if an embedding is all zeros."""
        return tuple(metric for metric in METRICS if metric in self._galleries)

    def __len__(self) -> int:
        return len(self.indices)

    def nearest(self, queries: np.ndarray, k: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """Find the `k` nearest of each query: training images int64 (Q, k), and distances."""
        rows, distances = self._galleries[metric].nearest(queries, k)
        return self.indices[rows], distances

    def embeddings_of(self, indices: ArrayLike) -> np.ndarray:
        """Return the embeddings of searched training images, float32 (n, dim)."""
        return self.embeddings[np.searchsorted(self.indices, indices)]

    def holds(self, index: int) -> bool:
        """Return whether a training image is searched."""
        place = int(np.searchsorted(self.indices, index))
        return place < len(self) and self.indices[place] == index


class InGallery:
    """A gallery on disk, whose ids stand for the training images."""

    def __init__(self, gallery: GalleryOnDisk) -> None:
        self.gallery = gallery
        self.metrics = (gallery.metric,)

    @property
    def indices(self) -> np.ndarray:
        """All ids."""
        return self.gallery.ids

    def __len__(self) -> int:
        return len(self.gallery)

    def nearest(self, queries: np.ndarray, k: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest by the gallery's metric, whatever `metric` is; as `InMemory` does."""
        return self.gallery.nearest(queries, k)

    def embeddings_of(self, indices: ArrayLike) -> np.ndarray:
        """Return the embeddings of searched training images, float32 (n, dim)."""
        try:
            return self.gallery.embeddings_of(indices)
        except ValueError as error:
            raise ValueError(
                f"The gallery has changed since this explorer opened: {error} Open it again."
            ) from error

    def holds(self, index: int) -> bool:
        """Return whether a training image is searched: those that the gallery shows all are."""
        return True


Searched: TypeAlias = InMemory | InGallery
