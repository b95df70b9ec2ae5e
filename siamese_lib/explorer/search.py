"""The search under an explorer: training images embedded once, asked at any moment of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.explorer.answer import Answer
from siamese_lib.explorer.screen import Screen, lit
from siamese_lib.explorer.state import Facts, Query, State
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.metrics.precision import vote
from siamese_lib.runs import plane
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS

ON_THE_MAP = 5_000  # training images; also those that are searched at earlier moments
_LATEST = 64  # answers that are kept


@dataclass(frozen=True, kw_only=True, eq=False)
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
        run: the training.
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
        self.run = run
        images, labels = data.train.images[:limit], data.train.labels[:limit]
        by_class = np.argsort(labels, kind="stable")
        count = min(len(by_class), ON_THE_MAP)
        self.shown = np.sort(by_class[np.linspace(0, len(by_class) - 1, count).astype(int)])
        self.place_of = {index: place for place, index in enumerate(self.shown.tolist())}
        self.complaint = "" if gallery is None else _complaint(gallery, run, images)
        if gallery is None or self.complaint:
            embeddings = run.embed_once(images, what="training images")
        else:
            embeddings = gallery.vectors
        self._axes, self.explained = plane.principal_axes(embeddings[self.shown])
        self._moments = {len(run) - 1: self._moment(embeddings, np.arange(len(embeddings)))}
        self._tests = run.embed_once(data.test.images, what="test images")
        found, _ = self.last.galleries[METRICS[0]].nearest(self._tests, HEADLINE_K)
        edges = np.concatenate([images[:200, 0].ravel(), images[:200, :, 0].ravel()])
        self.facts = Facts(
            steps=tuple(run.steps.tolist()),
            dim=run.embedding_dim,
            class_names=tuple(data.class_names),
            training_images=images,
            training_labels=labels,
            test_images=data.test.images,
            test_labels=data.test.labels,
            mistaken=vote(labels[found])[0] != data.test.labels,
            light=bool(np.median(edges) > 127),
        )
        # Answers to the latest queries and pins, which most changes leave as they are.
        self._answers = lru_cache(_LATEST)(self._found)

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
            embeddings = self.run.embed(self.facts.training_images[self.shown], frame)
            self._moments[frame] = self._moment(embeddings, self.shown)
        return self._moments[frame]

    def screen(self, state: State) -> Screen:
        """Find all that is shown of a state; ValueError if a query has no answer at all."""
        frame, k = state.frame, state.k
        return Screen(
            state=state,
            facts=self.facts,
            answers=self.answers(state.query, frame, k),
            pinned=tuple(lit(self.answers(pin, frame, k), state.metric) for pin in state.pins),
        )

    def embed(self, query: Query, frame: int) -> np.ndarray:
        """Embed a query as at a frame, float32 (dim,)."""
        if frame == len(self.run) - 1 and query.index is not None:
            known = self._tests if query.kind == "test" else self.last.embeddings
            return known[query.index]
        return self.run.embed(self.facts.image(query)[None], frame)[0]

    def answers(self, query: Query, frame: int, k: int) -> Mapping[str, Answer]:
        """Find the neighbours by each metric that there is: read-only, at least the Euclidean."""
        return self._answers(query, frame, k)

    def _found(self, query: Query, frame: int, k: int) -> Mapping[str, Answer]:
        embedding = self.embed(query, frame)
        metrics = [m for m in self.at(frame).galleries if m != "cosine" or embedding.any()]
        return MappingProxyType({m: self._answer(query, embedding, frame, k, m) for m in metrics})

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
        self, query: Query, embedding: np.ndarray, frame: int, k: int, metric: str
    ) -> Answer:
        moment, facts = self.at(frame), self.facts
        gallery = moment.galleries[metric]
        own = query.index if query.kind == "train" else None  # no image is its own neighbour
        found, away = gallery.nearest(embedding[None], min(k + (own is not None), len(gallery)))
        kept = np.flatnonzero(moment.rows[found[0]] != own)[:k]
        rows, distances = found[0, kept], away[0, kept]
        indices, label = moment.rows[rows], facts.label(query)
        labels = facts.training_labels[indices].tolist()
        (winner,), (share,) = vote(np.array([labels]))
        far = np.linalg.norm(moment.embeddings[rows].astype(float) - embedding, axis=1)
        return Answer(
            query=query.kind,
            index=query.index,
            label=label,
            step=facts.steps[frame],
            metric=metric,
            k=len(rows),
            searched=len(moment.rows),
            indices=tuple(indices.tolist()),
            labels=tuple(labels),
            distances=tuple(distances.tolist()),
            vote=int(winner),
            confidence=float(share),
            right=None if label is None else int(winner) == label,
            reach=float(far.max()),
            _class_names=facts.class_names,
        )

    def _moment(self, embeddings: np.ndarray, rows: np.ndarray) -> Moment:
        galleries = {METRICS[0]: Gallery(embeddings)}
        if embeddings.any(axis=1).all():  # a zero has no angle
            galleries["cosine"] = Gallery(embeddings, "cosine")
        cloud = embeddings[np.searchsorted(rows, self.shown)] @ self._axes
        return Moment(embeddings=embeddings, galleries=galleries, rows=rows, cloud=cloud)


def _complaint(gallery: Gallery, run: Run, images: np.ndarray) -> str:
    """Say why a gallery cannot be that of these images at the last frame, or return ""."""
    wanted = (len(images), run.embedding_dim)
    if (len(gallery), gallery.dim) != wanted:
        return (
            f"The gallery holds {len(gallery):,} embeddings of {gallery.dim} numbers; this run "
            f"makes {wanted[0]:,} of {wanted[1]} of these training images."
        )
    some = np.linspace(0, len(images) - 1, min(len(images), 20)).astype(int)
    made, held = run.embed(images[some]), gallery.vectors[some]
    spread = float(np.ptp(gallery.vectors, axis=0).max())
    if not np.abs(made - held).max() <= 0.01 * spread:
        return (
            "The gallery's embeddings are not those that this run makes of these training images."
        )
    return ""
