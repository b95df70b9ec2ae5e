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
# For people, who may not know what a tower is: the name of each way, and what it compares.
WAYS = {
    TRAINED: ("trained network", "numbers that the network gives each picture, after training"),
    UNTRAINED: ("network before training", "numbers that it gives each picture before training"),
    "colour histogram": ("colour histogram", "how often each colour occurs"),
    "raw pixels": ("raw pixels", "the pictures themselves, pixel by pixel"),
    "PCA": ("PCA", "the few directions in which the pixels vary most"),
}
WINS, LOSES, UNDECIDED = "wins", "loses", "undecided"
FEWEST = 30  # queries, which are test pictures: with fewer, the interval is too rough to decide


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


@dataclass(frozen=True)
class Gain:
    """What one kind of vectors gains over another, on the same queries.

    Attributes:
        value: the mean over the queries, as a share from -1 to 1.
        low, high: its 95 % interval, from drawing the queries again (bootstrap).
        queries: how many.
    """

    value: float
    low: float
    high: float
    queries: int

    @classmethod
    def of(cls, ours: np.ndarray, theirs: np.ndarray, *, seed: int = 0) -> Gain:
        """Compare what two kinds of vectors got right for each query, numbers (Q,) twice."""
        gains = ours.astype(float) - theirs
        return cls(float(gains.mean()), *bootstrap(gains, seed=seed), len(gains))

    @property
    def is_of_few(self) -> bool:
        """Whether the queries are fewer than 30. Then the interval is a rough guess."""
        return self.queries < FEWEST

    @property
    def outcome(self) -> str:
        """Return "wins", "loses", or "undecided" if the interval contains 0 or is of few queries.

        The first is for an interval above 0, and the second for one below.
        """
        if self.is_of_few or self.low <= 0 <= self.high:
            return UNDECIDED
        return WINS if self.low > 0 else LOSES

    def __str__(self) -> str:
        low, high = _points(self.low), _points(self.high)
        return f"gain {_points(self.value)} points, 95 % interval {low} to {high}"


@dataclass(frozen=True, eq=False)
class Judgement:
    """The trained tower next to its rivals.

    Attributes:
        scores: by name, the trained tower among them.
        queries, gallery: how many images asked, and how many were searched.
        ceiling: the precision@7 of perfect vectors.
        nearest: gain in P@1 over the best rival.
        seven: gain in precision@7 over the best rival there, which may be another one.
    """

    scores: dict[str, Score]
    queries: int
    gallery: int
    ceiling: float
    nearest: Gain
    seven: Gain

    @property
    def best_rival(self) -> str:
        """The rival with the highest P@1."""
        return best_rival(self.scores, "precision_at_1")

    @property
    def gain(self) -> float:
        """P@1 of the trained tower less that of the best rival."""
        return self.nearest.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the gain."""
        return self.nearest.low, self.nearest.high

    @property
    def beats(self) -> bool:
        """Whether the nearest image is right more often than with any rival, not just by chance."""
        return self.nearest.outcome == WINS

    def __str__(self) -> str:
        trained = self.scores[TRAINED].precision_at_1
        rival = self.scores[self.best_rival].precision_at_1
        return (
            f"the nearest image is right for {trained:.1%} of {self.queries:,} test pictures. "
            f"The best way without training, “{plain(self.best_rival)}”, is right for {rival:.1%} "
            f"({self.nearest})"
        )

    @property
    def of_seven(self) -> str:
        """Say how many of the 7 nearest images are right."""
        rival = best_rival(self.scores, "precision")
        return (
            f"{self.scores[TRAINED].precision:.1%} of them are right. With the best way without "
            f"training, “{plain(rival)}”, it is {self.scores[rival].precision:.1%} ({self.seven})"
        )


def plain(name: str) -> str:
    """Return the name of a way to compare pictures, in words for people."""
    return WAYS.get(name, (name,))[0]


def best_rival(scores: Mapping[str, Score], measure: str) -> str:
    """Return the name of the rival for which a measure is highest."""
    rivals = [name for name in scores if name != TRAINED]
    return max(rivals, key=lambda name: getattr(scores[name], measure))


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
    ours, rival = scores[TRAINED], scores[best_rival(scores, "precision_at_1")]
    rival_of_seven = scores[best_rival(scores, "precision")]
    return Judgement(
        scores=scores,
        queries=int(asked.sum()),
        gallery=len(gallery_labels),
        ceiling=ceiling_of(relevant[asked]),
        nearest=Gain.of(ours.first, rival.first, seed=seed),
        seven=Gain.of(ours.right, rival_of_seven.right, seed=seed),
    )


def _points(share: float) -> str:
    """Write a difference of shares in points of a percent, with its sign."""
    return f"{100 * share:+.1f}"
