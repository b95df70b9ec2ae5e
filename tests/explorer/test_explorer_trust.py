"""How many neighbours of each point the explorer's maps keep, against a loop over all distances."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_explorer import mixed_dataset, tiny_run

import siamese_lib as sl
from siamese_lib.explorer import search

RUN = tiny_run(dim=5)
DATA = mixed_dataset()


@pytest.fixture
def explorer(monkeypatch: pytest.MonkeyPatch) -> sl.RetrievalExplorer:
    """An explorer that has half of the training images on its map."""
    monkeypatch.setattr(search, "ON_THE_MAP", len(DATA.train) // 2)
    return sl.RetrievalExplorer(RUN, DATA, index=1)


def kept(explorer: sl.RetrievalExplorer, view: sl.EmbeddingView, frame: int) -> np.ndarray:
    """Count what is kept of each point of a view, (N,), by sorting all distances."""
    indices = explorer._maps._indices[view]
    on_map = explorer._search.shown
    axes = explorer._search._axes
    embeddings = RUN.embed(DATA.train.images, frame).astype(np.float64)
    query = explorer._search.embed(explorer.state.query, frame)
    counts = []
    for index in indices:
        own = query if index < 0 else embeddings[index]
        itself = explorer.state.query.index if index < 0 else index
        if index < 0 and explorer.state.query.kind != "train":
            itself = -1
        others = on_map[on_map != itself]
        near = np.argsort(np.linalg.norm(embeddings[others] - own, axis=1), kind="stable")
        shown = np.argsort(np.linalg.norm((embeddings[others] - own) @ axes, axis=1), kind="stable")
        counts.append(len({*near[:10]} & {*shown[:10]}) / 10)
    return np.array(counts)


@pytest.mark.parametrize("frame", [0, -1])
@pytest.mark.parametrize("chosen", ["test", "train on the map", "train that is not", "own"])
def test_trust_is_that_of_a_loop(explorer: sl.RetrievalExplorer, frame: int, chosen: str) -> None:
    on_map = explorer._search.shown
    query = {
        "test": {"index": 4},
        "train on the map": {"train": int(on_map[3])},
        "train that is not": {"train": int(np.setdiff1d(np.arange(len(DATA.train)), on_map)[2])},
        "own": {"image": DATA.test.images[7].copy()},
    }[chosen]
    explorer.select(**query, frame=frame)  # pyright: ignore[reportArgumentType]
    for view in (explorer.map, explorer.near):
        wanted = kept(explorer, view, explorer.state.frame)
        assert view.trust is not None
        assert len(view.trust) == view.frames.shape[1]
        assert (np.abs(view.trust - wanted) < 0.25).all()  # equally far points may change places
        assert np.abs(view.trust - wanted).mean() < 0.02
        assert wanted.min() < 0.9, "or any map would do"
        assert view.payload()["about"]["trust"] == view.trust.tobytes()


def test_a_map_of_two_dimensions_is_exact() -> None:
    explorer = sl.RetrievalExplorer(tiny_run(), DATA)
    assert explorer.map.trust is None
    assert explorer.near.trust is None


def test_too_few_images_are_all_neighbours() -> None:
    assert sl.RetrievalExplorer(RUN, DATA, limit=10).map.trust is None
    assert sl.RetrievalExplorer(RUN, DATA, limit=11).map.trust is not None


def test_a_query_among_images_that_are_not_searched() -> None:
    explorer = sl.RetrievalExplorer(RUN, DATA, limit=20)
    explorer.select(train=len(DATA.train) - 1)
    assert explorer.searched.max() < len(DATA.train) - 1
    for view in (explorer.map, explorer.near):
        assert view.trust is not None
        np.testing.assert_allclose(view.trust, kept(explorer, view, -1), atol=0.25)
