"""What training gains: the trained embedding next to what is free, on the same queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from siamese_lib.data.dataset import Dataset
from siamese_lib.metrics.headline import HEADLINE_K, ceiling_of, relevant_of
from siamese_lib.metrics.intervals import bootstrap
from siamese_lib.metrics.rivals import RIVALS
from siamese_lib.search.gallery import Gallery

TRAINED, UNTRAINED = "trained tower", "untrained tower"


class Embeds(Protocol):
    """What turns images into vectors at any frame, such as a `Run`."""

    def embed_once(self, images: np.ndarray, frame: int = -1) -> np.ndarray:
        """Return float32 (N, dim); frame 0 is the untrained tower, and -1 the trained one."""
        ...


@dataclass(frozen=True, eq=False)
class Score:
    """How good the neighbours are that one kind of vectors finds.

    Attributes:
        first: bool (Q,), for each query whether its nearest neighbour is right.
        right: float64 (Q,), the share of right ones among the 7 nearest.
    """

    first: NDArray[np.bool_]
    right: NDArray[np.float64]

    @property
    def precision_at_1(self) -> float:
        """Share of queries whose nearest neighbour is right."""
        return float(self.first.mean())

    @property
    def precision(self) -> float:
        """Precision@7."""
        return float(self.right.mean())


@dataclass(frozen=True, eq=False)
class Judgement:
    """The trained tower next to its rivals.

    Attributes:
        scores: by name, the trained tower among them.
        queries, gallery: how many images asked, and how many were searched.
        ceiling: the precision@7 of perfect vectors.
        gain: P@1 of the trained tower less that of the best rival.
        interval: the 95 % interval of the gain, from drawing the queries again (bootstrap).
    """

    scores: dict[str, Score]
    queries: int
    gallery: int
    ceiling: float
    gain: float
    interval: tuple[float, float]

    @property
    def best_rival(self) -> str:
        """The rival with the highest P@1."""
        rivals = [name for name in self.scores if name != TRAINED]
        return max(rivals, key=lambda name: self.scores[name].precision_at_1)

    @property
    def beats(self) -> bool:
        """Whether the trained tower is ahead of every rival, by more than chance explains."""
        return self.interval[0] > 0

    def __str__(self) -> str:
        low, high = self.interval
        trained = self.scores[TRAINED].precision_at_1
        rival = self.scores[self.best_rival].precision_at_1
        return (
            f"the nearest image is right for {trained:.1%} of {self.queries:,} queries; with the "
            f"best free rival, {self.best_rival}, for {rival:.1%} (gain {_points(self.gain)} "
            f"points, {_points(low)} to {_points(high)})"
        )


def judge(run: Embeds, data: Dataset, *, seed: int = 0) -> Judgement:
    """Let each test image search the training images.

    Args:
        run: a training on the training images of `data`.
        data: with one test image or more, and 7 training images or more.
        seed: of the intervals.
    """
    vectors = {name: rival(data.train.images, data.test.images) for name, rival in RIVALS.items()}
    for name, frame in ((UNTRAINED, 0), (TRAINED, -1)):
        vectors[name] = (
            run.embed_once(data.train.images, frame),
            run.embed_once(data.test.images, frame),
        )
    return _judged(vectors, data.train.labels, data.test.labels, seed, among=False)


def judge_new_classes(run: Embeds, data: Dataset, *, seed: int = 0) -> Judgement:
    """Let each test image search the other test images, whose classes the run never saw.

    Args:
        run: a training on the training images of `data`.
        data: from `split_by_class`, with more than 7 test images.
        seed: of the intervals.
    """
    images = data.test.images
    # Axes and means come from the training images: those of new classes are not known yet.
    vectors = {name: rival(data.train.images, images)[1] for name, rival in RIVALS.items()}
    vectors[UNTRAINED], vectors[TRAINED] = run.embed_once(images, 0), run.embed_once(images)
    both = {name: (each, each) for name, each in vectors.items()}
    return _judged(both, data.test.labels, data.test.labels, seed, among=True)


def _judged(
    vectors: Mapping[str, tuple[np.ndarray, np.ndarray]],
    gallery_labels: np.ndarray,
    query_labels: np.ndarray,
    seed: int,
    *,
    among: bool,
) -> Judgement:
    """Judge vectors of a gallery and of queries; `among` if these are the same images."""
    relevant = relevant_of(query_labels, gallery_labels) - among
    asked = relevant > 0  # a query without an image of its class to find tells nothing
    if not asked.any():
        raise ValueError(
            f"None of the {len(query_labels):,} test images has an image of its class to find; "
            "expected at least one. Add images of these classes."
        )
    scores = {}
    for name, (gallery, queries) in vectors.items():
        found, _ = Gallery(gallery).nearest(queries, HEADLINE_K, exclude_self=among)
        hits = (gallery_labels[found] == query_labels[:, None])[asked]
        scores[name] = Score(hits[:, 0], hits.mean(axis=1))
    rivals = [score for name, score in scores.items() if name != TRAINED]
    best = max(rivals, key=lambda score: score.precision_at_1)
    gains = scores[TRAINED].first.astype(float) - best.first
    return Judgement(
        scores=scores,
        queries=int(asked.sum()),
        gallery=len(gallery_labels),
        ceiling=ceiling_of(relevant[asked]),
        gain=float(gains.mean()),
        interval=bootstrap(gains, seed=seed),
    )


def _points(share: float) -> str:
    """Write a difference of shares in points of a percent, with its sign."""
    return f"{100 * share:+.1f}"
