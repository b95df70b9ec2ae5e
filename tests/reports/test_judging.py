"""The trained tower next to its rivals, on images and classes of which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.data.dataset import Dataset, Split
from siamese_lib.reports import judging
from siamese_lib.reports.judging import TRAINED, UNTRAINED, Gain

RNG = np.random.default_rng(0)


class Known:
    """A run whose embeddings are known: perfect at the last frame, noise at the first."""

    def __init__(self, quality: float) -> None:
        self.quality = quality

    def embed_once(self, images: np.ndarray, frame: int = -1) -> np.ndarray:
        rng = np.random.default_rng(len(images))
        noise = rng.normal(size=(len(images), 4))
        if frame == 0:
            return noise.astype(np.float32)
        place = np.eye(4)[images[:, 0, 0, 0] // 64]
        return (self.quality * place + 0.1 * noise).astype(np.float32)


def stripes(count: int, seed: int) -> Split:
    """Images whose first pixel says their class, and whose other pixels are noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    images = rng.integers(0, 256, (count, 8, 8, 1), np.uint8)
    images[:, 0, 0, 0] = 64 * labels
    return Split(images, labels)


DATA = Dataset(stripes(80, 0), stripes(60, 1), ("a", "b", "c", "d"), "made here", "stripes")


def test_a_tower_that_is_better_pays() -> None:
    found = judging.judge(Known(5), DATA)
    assert found.scores[TRAINED].precision_at_1 == found.scores[TRAINED].precision == 1
    assert set(found.scores) == {
        TRAINED, UNTRAINED, "colour histogram", "raw pixels", "PCA",
    }  # fmt: skip
    assert (found.beats, found.queries, found.gallery, found.ceiling) == (True, 60, 80, 1)
    assert found.interval[0] < found.gain < found.interval[1]
    assert str(found).startswith("the nearest image is right for 100.0% of 60 test pictures. The ")


def test_a_tower_that_has_learned_nothing_does_not() -> None:
    found = judging.judge(Known(0), DATA)
    assert not found.beats
    assert found.best_rival != TRAINED


def test_a_gain_and_its_interval_by_a_loop() -> None:
    ours, theirs = RNG.random(80) < 0.7, RNG.random(80) < 0.5
    gain = Gain.of(ours, theirs)
    each = [int(a) - int(b) for a, b in zip(ours, theirs, strict=True)]
    assert gain.value == pytest.approx(sum(each) / 80)
    means = sorted(np.mean(RNG.choice(each, 80)) for _ in range(4000))
    assert gain.low == pytest.approx(means[100], abs=0.03)
    assert gain.high == pytest.approx(means[3900], abs=0.03)
    assert gain.queries == 80


@pytest.mark.parametrize(
    ("low", "high", "queries", "outcome"),
    [
        (0.01, 0.2, 30, "wins"),
        (-0.2, -0.01, 30, "loses"),
        (-0.02, 0.148, 67, "undecided"),
        (0.0, 0.2, 67, "undecided"),
        (-0.2, 0.0, 67, "undecided"),
        (0.1, 0.9, 29, "undecided"),
        (-0.9, -0.1, 10, "undecided"),
    ],
)
def test_what_an_interval_says(low: float, high: float, queries: int, outcome: str) -> None:
    gain = Gain((low + high) / 2, low, high, queries)
    assert gain.outcome == outcome
    assert gain.is_of_few == (queries < 30)


def test_the_words_have_both_measures() -> None:
    found = judging.judge(Known(5), DATA)
    rivals = {name: score for name, score in found.scores.items() if name != TRAINED}
    best = max(score.precision for score in rivals.values())
    assert found.seven.value == pytest.approx(1 - best)
    assert f"{best:.1%} (gain {100 * (1 - best):+.1f} points, 95 % interval " in found.of_seven
    assert found.of_seven.startswith(
        "100.0% of them are right. With the best way without training, “"
    )
    assert str(found.nearest) in str(found)


def test_scores_equal_a_loop() -> None:
    found = judging.judge(Known(0.2), DATA)
    gallery, queries = (Known(0.2).embed_once(s.images) for s in (DATA.train, DATA.test))
    first, right = [], []
    for query, label in zip(queries, DATA.test.labels, strict=True):
        order = np.argsort(((gallery - query) ** 2).sum(axis=1))[:7]
        hits = DATA.train.labels[order] == label
        first.append(hits[0])
        right.append(hits.mean())
    assert found.scores[TRAINED].precision_at_1 == pytest.approx(np.mean(first))
    assert found.scores[TRAINED].precision == pytest.approx(np.mean(right))


def test_among_new_classes_no_image_finds_itself() -> None:
    found = judging.judge_new_classes(Known(0), DATA)
    assert found.gallery == 60
    assert found.scores[TRAINED].precision_at_1 < 0.6
    assert judging.judge_new_classes(Known(5), DATA).beats


def test_a_query_without_an_image_to_find_does_not_count() -> None:
    test = Split(DATA.test.images, np.where(np.arange(60) < 5, 4, DATA.test.labels))
    data = Dataset(DATA.train, test, ("a", "b", "c", "d", "e"), "made here", "stripes")
    assert judging.judge(Known(5), data).queries == 55


def test_queries_of_other_classes_alone_are_refused() -> None:
    test = Split(DATA.test.images, np.full(60, 4))
    data = Dataset(DATA.train, test, ("a", "b", "c", "d", "e"), "made here", "stripes")
    with pytest.raises(ValueError, match="None of the 60 test images has an image of its class"):
        judging.judge(Known(5), data)
