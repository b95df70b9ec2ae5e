"""`metrics.retrieval` against the same measures of the neighbours that a gallery finds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, DTypeLike

import siamese_lib as sl
from siamese_lib import metrics
from siamese_lib.metrics import ranking


def slowly(
    queries: ArrayLike,
    query_labels: ArrayLike,
    gallery: ArrayLike,
    gallery_labels: ArrayLike,
    *,
    exclude_self: bool = False,
) -> metrics.Retrieval:
    """Find every neighbour, and judge the list."""
    counts = (np.asarray(gallery_labels) == np.asarray(query_labels)[:, None]).sum(axis=1)
    counts = counts - exclude_self
    indices, _ = sl.Gallery(gallery).nearest(queries, counts.max(), exclude_self=exclude_self)
    found = np.asarray(gallery_labels)[indices]
    return metrics.Retrieval(
        precision_at_1=metrics.precision_at_k(found[:, :1], query_labels),
        r_precision=metrics.r_precision(found, query_labels, counts),
        map_at_r=metrics.map_at_r(found, query_labels, counts),
    )


def same(one: metrics.Retrieval, other: metrics.Retrieval) -> None:
    for name in ("precision_at_1", "r_precision", "map_at_r"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12), name


def drawn(
    seed: int, size: int, dim: int = 3, classes: int = 4, dtype: DTypeLike = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, size, p=np.arange(1, classes + 1) / sum(range(classes + 1)))
    return (labels[:, None] + rng.standard_normal((size, dim))).astype(dtype), labels


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64])
@pytest.mark.parametrize("dim", [1, 2, 16])
def test_as_from_the_neighbours_of_a_gallery(dim, dtype):
    asked, held = drawn(0, 60, dim, dtype=dtype), drawn(1, 500, dim, dtype=dtype)
    same(metrics.retrieval(*asked, *held), slowly(*asked, *held))


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
def test_near_duplicates_far_from_the_origin(offset):
    (asked, labels), (held, held_labels) = drawn(0, 60, 2, dtype=float), drawn(1, 400, 2)
    arrays = 1e-6 * asked + offset, labels, 1e-6 * held.astype(float) + offset, held_labels
    same(metrics.retrieval(*arrays), slowly(*arrays))


@pytest.mark.parametrize("levels", [1, 2, 5])
def test_of_equally_far_ones_the_first_comes_first(levels, monkeypatch):
    again = []
    ranked_again = ranking._Ranking._ranked_again
    monkeypatch.setattr(
        ranking._Ranking,
        "_ranked_again",
        lambda self, row, count: again.append(row) or ranked_again(self, row, count),
    )
    rng = np.random.default_rng(levels)
    held = rng.integers(levels, size=(300, 2)).astype(np.float32), rng.integers(3, size=300)
    for exclude_self in (False, True):
        same(
            metrics.retrieval(*held, *held, exclude_self=exclude_self),
            slowly(*held, *held, exclude_self=exclude_self),
        )
    assert again  # ties between classes are what distances alone cannot settle


def test_only_queries_with_a_doubt_are_ranked_again(monkeypatch):
    monkeypatch.setattr(ranking._Ranking, "_ranked_again", None)
    metrics.retrieval(*drawn(0, 200), *drawn(1, 2000))


def test_the_gallery_as_queries():
    held = drawn(2, 400)
    same(
        metrics.retrieval(*held, *held, exclude_self=True),
        slowly(*held, *held, exclude_self=True),
    )


def test_a_gallery_of_one_class():
    held, asked = np.eye(5), np.ones((2, 5))
    for exclude_self, queries in ((False, asked), (True, held)):
        labels, held_labels = np.zeros(len(queries), int), np.zeros(5, int)
        found = metrics.retrieval(queries, labels, held, held_labels, exclude_self=exclude_self)
        assert found == metrics.Retrieval(precision_at_1=1.0, r_precision=1.0, map_at_r=1.0)


def test_labels_may_be_words():
    (asked, labels), (held, held_labels) = drawn(0, 50), drawn(1, 300)
    names = np.array(["ape", "bee", "cat", "dogfish"])
    assert metrics.retrieval(asked, names[labels], held, names[held_labels]) == metrics.retrieval(
        asked, labels, held, held_labels
    )


def test_blocks_of_a_query_each_add_up(monkeypatch):
    arrays = *drawn(0, 40), *drawn(1, 300)
    whole = metrics.retrieval(*arrays)
    monkeypatch.setattr(ranking, "_BLOCK_BYTES", 1)
    monkeypatch.setattr(ranking, "_LEAST", 1)
    same(metrics.retrieval(*arrays), whole)


@pytest.mark.parametrize("sampled", ["small", "large"])
@pytest.mark.parametrize("count", [1, 30, 900, 1000])
def test_the_least_of_many_whatever_the_sample_says(count, sampled):
    keys = np.random.default_rng(0).integers(1 << 60, size=1000)
    step = ranking._SAMPLED
    keys[::step] = keys[::step] // 1000 if sampled == "small" else keys[::step] + (1 << 60)
    np.testing.assert_array_equal(ranking._least(keys, count), np.sort(keys)[:count])


POINTS, LABELS = np.eye(4), np.array([0, 0, 1, 1])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"queries": POINTS[:, :3]}, r"\(4, 3\) and gallery \(4, 4\); expected one dimension"),
        ({"queries": POINTS[:0], "query_labels": LABELS[:0]}, "at least one embedding in each"),
        ({"queries": POINTS * np.nan}, "queries: got NaN.*expected finite"),
        ({"query_labels": LABELS[:3]}, r"query_labels have shape \(3,\).*expected \(4,\)"),
        ({"gallery_labels": LABELS.astype(float)}, "gallery_labels are float64; expected integers"),
        ({"query_labels": np.array([0, 1, 2, 2])}, "2 of 4 queries, such as 2, have no"),
        ({"gallery": POINTS[::-1], "exclude_self": True}, "with other .*the gallery's own"),
        ({"query_labels": LABELS[::-1], "exclude_self": True}, "exclude_self was given"),
    ],
)
def test_what_does_not_fit_is_refused(changed, words):
    arguments = {
        "queries": POINTS, "query_labels": LABELS, "gallery": POINTS, "gallery_labels": LABELS,
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        metrics.retrieval(**{**arguments, **changed})
