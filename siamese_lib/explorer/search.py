"""The search under an explorer: training images embedded once, asked at any moment of a run."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.explorer.answer import Answer
from siamese_lib.explorer.state import Facts, Query
from siamese_lib.files import digest, remembered
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.metrics.precision import vote
from siamese_lib.runs import plane
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.runs.folder import film_file
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS
from siamese_lib.views.progress import told

ON_THE_MAP = 5_000  # training images; also those that are searched at earlier moments
_PART = 2_000  # images between two movements of the progress bar
_latest: WeakKeyDictionary[Run, dict[str, np.ndarray]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Moment:
    """The searched images at one frame.

    Attributes:
        embeddings: float32 (S, dim).
        galleries: by metric; without one that these embeddings do not have.
        rows: int64 (S,), the training image of each.
        cloud: float32 (M, 2), the places on the map of those of `Search.shown`.
    """

    embeddings: np.ndarray
    galleries: dict[str, Gallery]
    rows: np.ndarray
    cloud: np.ndarray


class Search:
    """Find the nearest training images of any image, at any frame, by either metric.

    Args:
        run: the training.
        data: images of its shape.
        limit: search the first so many training images only.
        gallery: of those images at the last frame, if there is one already.

    Attributes:
        facts: of the run and the data.
        shown: int64 (M,), training images that stand on the map, evenly over the classes.
        place_of: from a training image that is shown to its place in `shown`.
        complaint: what is wrong with the gallery that was given, or "".

    Raises:
        ValueError: the data are too few, or not of the run's shape.
    """

    def __init__(
        self, run: Run, data: Dataset, limit: int | None = None, gallery: Gallery | None = None
    ) -> None:
        check_enough(data)
        self.run, self.data = run, data
        self.images, self.labels = data.train.images[:limit], data.train.labels[:limit]
        by_class = np.argsort(self.labels, kind="stable")
        count = min(len(by_class), ON_THE_MAP)
        self.shown = np.sort(by_class[np.linspace(0, len(by_class) - 1, count).astype(int)])
        self.place_of = {index: place for place, index in enumerate(self.shown.tolist())}
        self.complaint = "" if gallery is None else self._complaint(gallery)
        if gallery is None or self.complaint:
            embeddings = _embedded(run, self.images, "training")
        else:
            embeddings = gallery.vectors
        self._axes, self.explained = plane.principal_axes(embeddings[self.shown])
        self._moments = {len(run) - 1: self._moment(embeddings, np.arange(len(embeddings)))}
        self._tests = _embedded(run, data.test.images, "test")
        found, _ = self.last.galleries[METRICS[0]].nearest(self._tests, HEADLINE_K)
        mistaken = vote(self.labels[found])[0] != data.test.labels
        edges = np.concatenate([self.images[:200, 0].ravel(), self.images[:200, :, 0].ravel()])
        self.facts = Facts(
            image_shape=run.image_shape,
            light=bool(np.median(edges) > 127),
            steps=tuple(run.steps.tolist()),
            class_names=tuple(data.class_names),
            labels=data.test.labels,
            mistaken=mistaken,
            training=len(self.images),
            dim=run.embedding_dim,
        )

    @property
    def last(self) -> Moment:
        """The last frame."""
        return self._moments[len(self.run) - 1]

    def knows(self, frame: int) -> bool:
        """Whether a frame was visited before, so that an answer takes no time."""
        return frame in self._moments

    def at(self, frame: int) -> Moment:
        """Embed the images on the map as at a frame, unless that was done."""
        if frame not in self._moments:
            embeddings = self.run.embed(self.images[self.shown], frame)
            self._moments[frame] = self._moment(embeddings, self.shown)
        return self._moments[frame]

    def image(self, query: Query) -> np.ndarray:
        """Return a query's image, uint8 (H, W, C)."""
        if query.kind == "test":
            return self.data.test.images[query.index]
        if query.kind == "train":
            return self.images[query.index]
        return np.frombuffer(query.pixels, np.uint8).reshape(self.facts.image_shape)

    def label(self, query: Query) -> int | None:
        """Return a query's class, or None if it is the reader's own."""
        labels = {"test": self.facts.labels, "train": self.labels}.get(query.kind)
        return None if labels is None else int(labels[query.index])

    def embed(self, query: Query, frame: int) -> np.ndarray:
        """Embed a query as at a frame, float32 (dim,)."""
        if frame == len(self.run) - 1 and query.index is not None:
            known = self._tests if query.kind == "test" else self.last.embeddings
            return known[query.index]
        return self.run.embed(self.image(query)[None], frame)[0]

    def answers(self, query: Query, frame: int, k: int) -> dict[str, Answer]:
        """Find the neighbours by each metric that there is; ValueError if there is none."""
        moment = self.at(frame)
        embedding = self.embed(query, frame)[None]
        found = {}
        for metric, gallery in moment.galleries.items():
            if metric == "cosine" and not embedding.any():
                continue
            own = query.index if query.kind == "train" else None
            rows, distances = gallery.nearest(embedding, min(k + (own is not None), len(gallery)))
            kept = np.flatnonzero(moment.rows[rows[0]] != own)[:k]
            found[metric] = self._answer(
                query, frame, metric, moment, embedding, rows[0, kept], distances[0, kept]
            )
        return found

    def place(self, query: Query, frame: int) -> np.ndarray:
        """Return where a query stands on the map, float32 (2,)."""
        return self.embed(query, frame) @ self._axes

    def places(self, indices: np.ndarray, frame: int) -> np.ndarray:
        """Return where training images that are searched stand on the map, float32 (n, 2)."""
        moment = self.at(frame)
        return moment.embeddings[np.searchsorted(moment.rows, indices)] @ self._axes

    def around(self, query: Query, frame: int, count: int) -> np.ndarray:
        """Find the training images around a query, without itself: int64, at most `count`."""
        moment = self.at(frame)
        gallery = moment.galleries[METRICS[0]]
        rows, _ = gallery.nearest(self.embed(query, frame)[None], min(count, len(gallery)))
        found = moment.rows[rows[0]]
        return found[found != query.index] if query.kind == "train" else found

    def _answer(
        self, query: Query, frame: int, metric: str, moment: Moment, embedding: np.ndarray,
        rows: np.ndarray, distances: np.ndarray,
    ) -> Answer:  # fmt: skip
        indices, label = moment.rows[rows], self.label(query)
        labels = self.labels[indices].tolist()
        (winner,), (share,) = vote(np.array([labels]))
        far = np.linalg.norm(moment.embeddings[rows].astype(float) - embedding, axis=1)
        return Answer(
            query.kind, query.index, label, self.facts.steps[frame], metric, len(rows),
            len(moment.rows), tuple(indices.tolist()), tuple(labels), tuple(distances.tolist()),
            int(winner), float(share), None if label is None else int(winner) == label,
            float(far.max()),
            self.facts.class_names,
        )  # fmt: skip

    def _moment(self, embeddings: np.ndarray, rows: np.ndarray) -> Moment:
        galleries = {METRICS[0]: Gallery(embeddings)}
        if embeddings.any(axis=1).all():  # a zero has no angle
            galleries["cosine"] = Gallery(embeddings, "cosine")
        cloud = embeddings[np.searchsorted(rows, self.shown)] @ self._axes
        return Moment(embeddings, galleries, rows, cloud)

    def _complaint(self, gallery: Gallery) -> str:
        """Say why a gallery cannot be that of these images at the last frame, or return ""."""
        wanted = (len(self.images), self.run.embedding_dim)
        if (len(gallery), gallery.dim) != wanted:
            return (
                f"The gallery holds {len(gallery):,} embeddings of {gallery.dim} numbers; this run "
                f"makes {wanted[0]:,} of {wanted[1]} of these training images."
            )
        some = np.linspace(0, len(self.images) - 1, min(len(self.images), 20)).astype(int)
        made, held = self.run.embed(self.images[some]), gallery.vectors[some]
        spread = float(np.ptp(gallery.vectors, axis=0).max())
        if not np.abs(made - held).max() <= 0.01 * spread:
            return (
                "The gallery's embeddings are not those that this run makes of these training "
                "images."
            )
        return ""


def _embedded(run: Run, images: np.ndarray, name: str) -> np.ndarray:
    """Embed images at the last frame, float32 (N, dim), unless it was done before."""
    key = digest(run.weights(), [images], [np.zeros(0)])  # no film's name
    kept = _latest.setdefault(run, {})

    def make() -> np.ndarray:
        starts = range(0, len(images), _PART)
        many = len(images) > _PART
        parts = told(starts, f"embedding {name} images", "part") if many else starts
        return np.concatenate([run.embed(images[start : start + _PART]) for start in parts])

    if key not in kept:
        shape = (len(images), run.embedding_dim)
        file = None if run.folder is None else film_file(run.folder, key)
        kept[key] = make() if file is None else remembered(file, shape, make)
    return kept[key]
