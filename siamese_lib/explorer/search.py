"""The search behind an explorer: find neighbours among the training images, at any frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.parts import part_of
from siamese_lib.explorer.answer import Answer
from siamese_lib.explorer.facts import Facts, Query
from siamese_lib.explorer.indexed import Indexed
from siamese_lib.explorer.screen import Screen, answer_by
from siamese_lib.explorer.searched import GalleryOnDisk, InMemory, Searched
from siamese_lib.explorer.sources import source_of
from siamese_lib.explorer.state import State
from siamese_lib.explorer.trust import MapTrust
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.metrics.precision import vote
from siamese_lib.metrics.trust import NEAREST
from siamese_lib.runs import projection
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery

ON_THE_MAP = 5_000  # training images on the map; at earlier frames only these are searched
_BLOCK = 500  # images that are read and embedded at once
_LATEST = 64  # answers that are cached


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameSearch:
    """The searched images as they are at one frame.

    Attributes:
        searched: their embeddings.
        cloud: float32 (M, 2), the places on the map of the images in `NeighbourSearch.shown`.
        trust: how far the places on the map can be trusted; None if the map is exact, or for 10
            images or fewer.
    """

    searched: Searched
    cloud: np.ndarray
    trust: MapTrust | None


class NeighbourSearch:
    """Find the nearest training images of any image, at any frame, by either metric.

    Args:
        run: the training.
        data: images of the run's shape.
        limit: search only this many training images, as `siamese_lib.data.parts.part_of` chooses
            them; at least 7.
        gallery: a `Gallery` of those images at the last frame, if there is one already; or a
            `DiskGallery`, as `siamese_lib.explorer.sources` says.
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
        gallery: Gallery | GalleryOnDisk | None = None,
        handwriting: bool | None = None,
    ) -> None:
        check_enough(data)
        if limit is not None:
            whole_number("limit", limit, HEADLINE_K)
        self.run = run
        source = source_of(run, data, limit, gallery, ON_THE_MAP)
        self.shown, self.gallery_error = source.shown, source.wrong
        self.place_of = {index: place for place, index in enumerate(self.shown.tolist())}
        on_map = source.searched.embeddings_of(self.shown)
        self._axes, self.explained = projection.principal_axes(on_map)
        self._frames = {len(run) - 1: self._prepared(source.searched, on_map)}
        asked, test = part_of(data.test.labels, source.most_asked).rows, data.test
        self._tests = run.embed_once(test.images, what="test images")
        metric = source.searched.metrics[0]
        if metric == "cosine":  # an embedding of zeros has no angle, so no answer either
            asked = asked[self._tests[asked].any(axis=1)]
        self._test_paths = source.test_paths
        spare = int(source.test_paths is not None and len(source.searched) > HEADLINE_K)
        found, _ = source.searched.nearest(self._tests[asked], HEADLINE_K + spare, metric)
        if source.test_paths is not None and isinstance(source.files, Indexed):
            others = source.files[found] != source.test_paths[asked, None]
            first = np.argsort(~others, axis=1, kind="stable")[:, :HEADLINE_K]
            found = np.take_along_axis(found, first, axis=1)
        mistaken = np.zeros(len(test), bool)
        mistaken[asked] = vote(source.labels[found])[0] != test.labels[asked]
        seen = run.was_trained_on(test.images)
        self.facts = Facts(
            steps=tuple(run.steps.tolist()),
            dim=run.embedding_dim,
            class_names=source.class_names,
            training_images=source.images,
            training_labels=source.labels,
            searched=len(source.searched),
            searching=source.searching,
            test_images=test.images,
            test_labels=test.labels,
            mistaken=mistaken,
            asked=len(asked),
            paper=source.paper,
            trained_on=0 if seen is None else int(seen.sum()),
            handwriting=source.like_mnist if handwriting is None else handwriting,
            training_files=source.files,
            test_files=test.files,
            one_metric=source.one_metric,
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
            images = self.facts.training_images
            blocks = np.array_split(self.shown, -(-len(self.shown) // _BLOCK))
            parts = [self.run.embed(images[rows], frame) for rows in blocks]
            embeddings = np.concatenate(parts)
            self._frames[frame] = self._prepared(InMemory(embeddings, self.shown), embeddings)
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
            if self.last.searched.holds(query.index):
                return self.last.searched.embeddings_of([query.index])[0]
        return self.run.embed(self.facts.image(query)[None], frame)[0]

    def answers(self, query: Query, frame: int, k: int) -> Mapping[str, Answer]:
        """Find the neighbours by each available metric.

        Returns:
            A read-only mapping of metrics to answers, at least one.

        Raises:
            ValueError: the gallery searches by cosine only, and the query's embedding is all zeros.
        """
        return self._answers(query, frame, k)

    def _found(self, query: Query, frame: int, k: int) -> Mapping[str, Answer]:
        embedding = self.embed(query, frame)
        metrics = self.at(frame).searched.metrics
        if not embedding.any():  # an embedding of zeros has no angle
            metrics = tuple(metric for metric in metrics if metric != "cosine")
        if not metrics:
            raise ValueError(
                f"The embedding of {query} is all zeros, which have no angle; expected another "
                "image, as this gallery searches by cosine distance."
            )
        return MappingProxyType({m: self._answer(query, embedding, frame, k, m) for m in metrics})

    def place(self, query: Query, frame: int) -> np.ndarray:
        """Return the place of a query on the map, float32 (2,)."""
        return self.embed(query, frame) @ self._axes

    def places(self, indices: np.ndarray, frame: int) -> np.ndarray:
        """Return the places of searched training images on the map, float32 (n, 2)."""
        return self.at(frame).searched.embeddings_of(indices) @ self._axes

    def trust(self, indices: np.ndarray, query: Query, frame: int) -> np.ndarray | None:
        """Return the share of each image's neighbours that the map keeps; None if it is exact.

        Args:
            indices: int64 (n,), searched training images; -1 stands for the query.
            query: the query.
            frame: of the run.

        Returns:
            float64 (n,), from 0 to 1, as `MapTrust` measures it.
        """
        trust, searched = self.at(frame).trust, self.at(frame).searched
        if trust is None:
            return None
        own = query.index if query.kind == "train" and query.index is not None else -1
        images = np.where(indices < 0, own, indices)
        on_map = np.array([self.place_of.get(index, -1) for index in images.tolist()])
        others = np.flatnonzero(on_map < 0)
        shares = trust.shares[on_map]
        if len(others):
            wanted = indices[others]
            embeddings = searched.embeddings_of(np.where(wanted < 0, self.shown[0], wanted))
            embeddings[wanted < 0] = self.embed(query, frame)
            shares[others] = trust.of(embeddings, embeddings @ self._axes)
        return shares

    def around(self, query: Query, frame: int, count: int) -> np.ndarray:
        """Find up to `count` training images around a query, without the query itself: int64."""
        searched = self.at(frame).searched
        embedding = self.embed(query, frame)[None]
        (found,), _ = searched.nearest(embedding, min(count, len(searched)), searched.metrics[0])
        return found[~self._itself(query, found)]

    def _answer(
        self, query: Query, embedding: np.ndarray, frame: int, k: int, metric: str
    ) -> Answer:
        searched, facts = self.at(frame).searched, self.facts
        (found,), (away,) = searched.nearest(embedding[None], min(k + 1, len(searched)), metric)
        kept = np.flatnonzero(~self._itself(query, found))[:k]
        indices, distances, label = found[kept], away[kept], facts.label(query)
        labels = facts.training_labels[indices].tolist()
        (winner,), (share,) = vote(np.array([labels]))
        places = searched.embeddings_of(indices).astype(float)
        far = np.linalg.norm(places - embedding, axis=1)
        return Answer(
            query=query.kind,
            index=query.index,
            label=label,
            step=facts.steps[frame],
            metric=metric,
            k=len(indices),
            searched=len(searched),
            indices=tuple(indices.tolist()),
            labels=tuple(labels),
            distances=tuple(distances.tolist()),
            vote=int(winner),
            confidence=float(share),
            right=None if label is None else int(winner) == label,
            reach=float(far.max()),
            same=tuple(
                index
                for index in facts.same(query, indices)
                if query.kind != "train" or index != query.index
            ),
            _class_names=facts.class_names,
        )

    def _itself(self, query: Query, found: np.ndarray) -> np.ndarray:
        """Return which images are the query itself, which is not its own neighbour: bool (n,)."""
        if query.kind == "train":
            return found == query.index
        files = self.facts.training_files
        if query.kind == "test" and self._test_paths is not None and isinstance(files, Indexed):
            return files[found] == self._test_paths[query.index]
        return np.zeros(len(found), bool)

    def _prepared(self, searched: Searched, on_map: np.ndarray) -> FrameSearch:
        cloud = on_map @ self._axes
        judged = self.run.embedding_dim > 2 and len(on_map) > NEAREST
        trust = MapTrust(on_map, cloud) if judged else None
        return FrameSearch(searched=searched, cloud=cloud, trust=trust)
