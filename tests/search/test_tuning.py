"""An approximate index looks as far as its vectors need."""

from __future__ import annotations

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.search import tuning


def crowded(spread: float, seed: int = 0) -> np.ndarray:
    """800 nearly equal embeddings in the middle of 1,500 others."""
    rng = np.random.default_rng(seed)
    others, crowd = rng.normal(size=(1500, 16)), rng.normal(size=(800, 16))
    return np.concatenate([others, 0.3 + spread * crowd])


def share_found(gallery: sl.Gallery, queries: np.ndarray) -> float:
    """The share of the true neighbours by brute force, equal distances counting as equal."""
    found = gallery.nearest(queries, 7)[1]
    distances = np.linalg.norm(queries[:, None] - gallery.vectors[None], axis=2)
    return float((found <= np.sort(distances, axis=1)[:, :7] * 1.0001).mean())


@pytest.mark.parametrize("spread", [1e-5, 1e-3, 1e-2])
def test_a_crowd_hides_no_neighbours(spread: float) -> None:
    queries = np.random.default_rng(1).normal(size=(100, 16))
    gallery = sl.Gallery(crowded(spread), index="hnsw")
    assert gallery.parameters["ef_search"] > 64
    assert share_found(gallery, queries) > 0.95
    assert share_found(sl.Gallery(crowded(spread), index="hnsw", ef_search=64), queries) < 0.9


def test_vectors_without_a_crowd_keep_the_default() -> None:
    vectors = np.random.default_rng(0).normal(size=(2000, 2))
    assert sl.Gallery(vectors, index="hnsw").parameters["ef_search"] == 64
    assert sl.Gallery(vectors, index="ivf").parameters["nprobe"] == 32


def test_lists_are_searched_until_enough_is_found() -> None:
    vectors = np.random.default_rng(0).normal(size=(8000, 24))
    gallery = sl.Gallery(vectors, index="ivf")
    assert 32 < gallery.parameters["nprobe"] <= gallery.parameters["nlist"]
    assert share_found(gallery, vectors[:100] + 0.01) > 0.93


@pytest.mark.parametrize(
    "given", [{"index": "hnsw", "ef_search": 9}, {"index": "ivf", "nprobe": 2}]
)
def test_a_width_that_is_given_stays(given: dict) -> None:
    name = next(reversed(given))
    assert sl.Gallery(crowded(1e-3), **given).parameters[name] == given[name]


def test_what_it_cannot_promise_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "WIDEST", 64)
    with pytest.warns(UserWarning, match=r"^With ef_search=64, index='hnsw' finds \d\d% .*'flat'"):
        sl.Gallery(crowded(1e-3), index="hnsw")


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9])
@pytest.mark.parametrize("index", ["hnsw", "ivf"])
def test_a_handful_of_vectors(index: str, count: int) -> None:
    gallery = sl.Gallery(np.random.default_rng(0).normal(size=(count, 3)), index=index)
    assert share_found_all(gallery, count)


def share_found_all(gallery: sl.Gallery, count: int) -> bool:
    return sorted(gallery.nearest(np.zeros((1, 3)), count)[0][0].tolist()) == list(range(count))
