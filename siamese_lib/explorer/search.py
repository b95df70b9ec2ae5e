"""The search behind an explorer: find neighbours among the training images, at any frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.copies import same_images
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.handwriting import like_mnist, paper_of
from siamese_lib.data.parts import evenly, part_of
from siamese_lib.explorer.answer import Answer
from siamese_lib.explorer.facts import Facts, Query
from siamese_lib.explorer.screen import Screen, answer_by
from siamese_lib.explorer.state import State
from siamese_lib.explorer.trust import MapTrust
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.metrics.precision import vote
from siamese_lib.metrics.trust import NEAREST
from siamese_lib.runs import projection
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS

ON_THE_MAP = 5_000  # training images on the map; at earlier frames only these are searched
_LATEST = 64  # answers that are cached


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameSearch:
    """The searched images as they are at one frame.

    Attributes:
        embeddings: float32 (S, dim).
        galleries: galleries of the embeddings, by metric. There is none for cosine if an embedding
            is all zeros.
        rows: int64 (S,), the training image of each embedding.
        cloud: float32 (M, 2), the places on the map of the images in `NeighbourSearch.shown`.
        trust: how far the places on the map can be trusted; None if the map is exact, or for 10
            images or fewer.
    """

    embeddings: np.ndarray
    galleries: dict[str, Gallery]
    rows: np.ndarray
    cloud: np.ndarray
    trust: MapTrust | None


class NeighbourSearch:
    """Find the nearest training images of any image, at any frame, by either metric.

    Args:
        run: the training.
        data: images of the run's shape.
        limit: search only this many training images, as `siamese_lib.data.parts.part_of` chooses
            them; at least 7.
        gallery: a `Gallery` of those images at the last frame, if there is one already.
        handwriting: whether uploads are prepared as MNIST's digits were; None if the images look
            as those do.

    Attributes:
        run: the training.
        facts: about the run and the data.
        shown: int64 (M,), the training images on the map, spread evenly over the classes.
        place_of: for a training image on the map, its place in `shown`.
        gallery_error: what is wrong with the gallery that was given, or "".

    Raises:
        ValueError: there are too few images, or they do not have the run's shape.
    """

    def __init__(
        self,
        run: Run,
        data: Dataset,
        limit: int | None = None,
        gallery: Gallery | None = None,
        handwriting: bool | None = None,
    ) -> None:
        check_enough(data)
        if limit is not None:
            whole_number("limit", limit, HEADLINE_K)
        self.run = run
        most = len(data.train) if limit is None else limit
        part = part_of(data.train.labels, most)
        images, labels = part.taken(data.train.images), part.taken(data.train.labels)
        self.shown = np.sort(part.rows[evenly(labels, ON_THE_MAP)])
        self.place_of = {index: place for place, index in enumerate(self.shown.tolist())}
        self.gallery_error = "" if gallery is None else _gallery_error(gallery, run, images)
        if gallery is None or self.gallery_error:
            embeddings = run.embed_once(images, what="training images")
        else:
            embeddings = gallery.vectors
        on_map = embeddings[np.searchsorted(part.rows, self.shown)]
        self._axes, self.explained = projection.principal_axes(on_map)
        self._frames = {len(run) - 1: self._prepared(embeddings, part.rows)}
        self._tests = run.embed_once(data.test.images, what="test images")
        found, _ = self.last.galleries[METRICS[0]].nearest(self._tests, HEADLINE_K)
        seen = run.was_trained_on(data.test.images)
        self.facts = Facts(
            steps=tuple(run.steps.tolist()),
            dim=run.embedding_dim,
            class_names=tuple(data.class_names),
            training_images=data.train.images,
            training_labels=data.train.labels,
            searched=part,
            test_images=data.test.images,
            test_labels=data.test.labels,
            mistaken=vote(labels[found])[0] != data.test.labels,
            paper=paper_of(images[part_of(labels, 500).rows]),
            trained_on=0 if seen is None else int(seen.sum()),
            handwriting=like_mnist(images) if handwriting is None else handwriting,
            training_files=data.train.files,
            test_files=data.test.files,
        )
        # Most changes leave the query or the pins as they are, so their answers are cached.
        self._answers = lru_cache(_LATEST)(self._found)

    @property
    def last(self) -> FrameSearch:
        """The searched images at the last frame."""
        return self._frames[len(self.run) - 1]

    @property
    def known(self) -> list[int]:
        """The frames at which the images are embedded already."""
        return sorted(self._frames)

    def knows(self, frame: int) -> bool:
        """Return whether the images are embedded at a frame already, so that answers are quick."""
        return frame in self._frames

    def at(self, frame: int) -> FrameSearch:
        """Return the searched images at a frame; embed those on the map if necessary."""
        if frame not in self._frames:
            embeddings = self.run.embed(self.facts.training_images[self.shown], frame)
            self._frames[frame] = self._prepared(embeddings, self.shown)
        return self._frames[frame]

    def screen(self, state: State) -> Screen:
        """Find all that is shown for a state; ValueError if a query has no answer at all."""
        frame, k = state.frame, state.k
        return Screen(
            state=state,
            facts=self.facts,
            answers=self.answers(state.query, frame, k),
            pinned=tuple(
                answer_by(self.answers(pin, frame, k), state.metric) for pin in state.pins
            ),
        )

    def embed(self, query: Query, frame: int) -> np.ndarray:
        """Embed a query at a frame, float32 (dim,)."""
        if frame == len(self.run) - 1 and query.index is not None:
            if query.kind == "test":
                return self._tests[query.index]
            place = int(np.searchsorted(self.last.rows, query.index))
            if place < len(self.last.rows) and self.last.rows[place] == query.index:
                return self.last.embeddings[place]
        return self.run.embed(self.facts.image(query)[None], frame)[0]

    def answers(self, query: Query, frame: int, k: int) -> Mapping[str, Answer]:
        """Find the neighbours by each available metric.

        Returns:
            A read-only mapping of metrics to answers; at least the Euclidean one.
        """
        return self._answers(query, frame, k)

    def _found(self, query: Query, frame: int, k: int) -> Mapping[str, Answer]:
        embedding = self.embed(query, frame)
        metrics = [m for m in self.at(frame).galleries if m != "cosine" or embedding.any()]
        return MappingProxyType({m: self._answer(query, embedding, frame, k, m) for m in metrics})

    def place(self, query: Query, frame: int) -> np.ndarray:
        """Return the place of a query on the map, float32 (2,)."""
        return self.embed(query, frame) @ self._axes

    def places(self, indices: np.ndarray, frame: int) -> np.ndarray:
        """Return the places of searched training images on the map, float32 (n, 2)."""
        searched = self.at(frame)
        return searched.embeddings[np.searchsorted(searched.rows, indices)] @ self._axes

    def trust(self, indices: np.ndarray, query: Query, frame: int) -> np.ndarray | None:
        """Return the share of each image's neighbours that the map keeps; None if it is exact.

        Args:
            indices: int64 (n,), searched training images; -1 stands for the query.
            query: the query.
            frame: of the run.

        Returns:
            float64 (n,), from 0 to 1, as `MapTrust` measures it.
        """
        searched = self.at(frame)
        if searched.trust is None:
            return None
        own = query.index if query.kind == "train" and query.index is not None else -1
        images = np.where(indices < 0, own, indices)
        on_map = np.array([self.place_of.get(index, -1) for index in images.tolist()])
        others = np.flatnonzero(on_map < 0)
        shares = searched.trust.shares[on_map]
        if len(others):
            wanted = indices[others]
            found = np.where(wanted < 0, searched.rows[0], wanted)
            embeddings = searched.embeddings[np.searchsorted(searched.rows, found)]
            embeddings[wanted < 0] = self.embed(query, frame)
            shares[others] = searched.trust.of(embeddings, embeddings @ self._axes)
        return shares

    def around(self, query: Query, frame: int, count: int) -> np.ndarray:
        """Find up to `count` training images around a query, without the query itself: int64."""
        searched = self.at(frame)
        gallery = searched.galleries[METRICS[0]]
        rows, _ = gallery.nearest(self.embed(query, frame)[None], min(count, len(gallery)))
        found = searched.rows[rows[0]]
        return found[found != query.index] if query.kind == "train" else found

    def _answer(
        self, query: Query, embedding: np.ndarray, frame: int, k: int, metric: str
    ) -> Answer:
        searched, facts = self.at(frame), self.facts
        gallery = searched.galleries[metric]
        own = query.index if query.kind == "train" else None  # no image is its own neighbour
        found, away = gallery.nearest(embedding[None], min(k + (own is not None), len(gallery)))
        kept = np.flatnonzero(searched.rows[found[0]] != own)[:k]
        rows, distances = found[0, kept], away[0, kept]
        indices, label = searched.rows[rows], facts.label(query)
        labels = facts.training_labels[indices].tolist()
        (winner,), (share,) = vote(np.array([labels]))
        far = np.linalg.norm(searched.embeddings[rows].astype(float) - embedding, axis=1)
        return Answer(
            query=query.kind,
            index=query.index,
            label=label,
            step=facts.steps[frame],
            metric=metric,
            k=len(rows),
            searched=len(searched.rows),
            indices=tuple(indices.tolist()),
            labels=tuple(labels),
            distances=tuple(distances.tolist()),
            vote=int(winner),
            confidence=float(share),
            right=None if label is None else int(winner) == label,
            reach=float(far.max()),
            same=tuple(index for index in self._same(query) if index != own),
            _class_names=facts.class_names,
        )

    def _same(self, query: Query) -> list[int]:
        """Return the searched training images that are identical to a query."""
        return same_images(self.facts.image(query)[None], self.facts.fingerprints[0])[0]

    def _prepared(self, embeddings: np.ndarray, rows: np.ndarray) -> FrameSearch:
        galleries = {METRICS[0]: Gallery(embeddings)}
        if embeddings.any(axis=1).all():  # an embedding of zeros has no angle
            galleries["cosine"] = Gallery(embeddings, "cosine")
        on_map = embeddings[np.searchsorted(rows, self.shown)]
        cloud = on_map @ self._axes
        judged = self.run.embedding_dim > 2 and len(on_map) > NEAREST
        return FrameSearch(
            embeddings=embeddings, galleries=galleries, rows=rows, cloud=cloud,
            trust=MapTrust(on_map, cloud) if judged else None,
        )  # fmt: skip


def _gallery_error(gallery: Gallery, run: Run, images: np.ndarray) -> str:
    """Return why a gallery does not hold these images at the last frame, or ""."""
    wanted = (len(images), run.embedding_dim)
    if (len(gallery), gallery.dim) != wanted:
        return (
            f"The gallery was not used: it holds {len(gallery):,} embeddings of {gallery.dim} "
            f"numbers; expected {wanted[0]:,} of {wanted[1]}, one for each image to search."
        )
    some = np.linspace(0, len(images) - 1, min(len(images), 20)).astype(int)
    made, held = run.embed(images[some]), gallery.vectors[some]
    spread = float(np.ptp(gallery.vectors, axis=0).max())
    if not np.abs(made - held).max() <= 0.01 * spread:
        return (
            "The gallery was not used: it holds other embeddings than those of the training images "
            "at the last frame of this run."
        )
    return ""
