"""Galleries with copies, ties and odd sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import Fault, check

import siamese_lib as sl


def random(count: int = 1500, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 16))


def recall(
    copies: np.ndarray,
    metric: str = "euclidean",
    index: str = "hnsw",
    near: float = 1e-3,
    **how: Any,
) -> Callable[[Path], object]:
    """Compare distances with the exact search: "all found" from 98 %."""

    def act(_: Path) -> str:
        embeddings = np.concatenate([random(), copies])
        queries = np.concatenate([random(150, seed=1), copies[:50] + near * random(50, seed=3)])
        found = sl.Gallery(embeddings, metric, index, **how).nearest(queries, 7)[1]
        exact = sl.Gallery(embeddings, metric).nearest(queries, 7)[1]
        share = np.isclose(found, exact, rtol=1e-4, atol=1e-12).mean()
        return "all found" if share > 0.98 else f"found {share}"

    return act


def equal(index: str, metric: str) -> Callable[[Path], object]:
    def act(_: Path) -> object:
        same = np.full((300, 3), 0.3)
        return sl.Gallery(same, metric, index).nearest(same[:1], 4)[0].tolist()

    return act


def few_places(index: str) -> Callable[[Path], object]:
    def act(_: Path) -> object:
        places = np.random.default_rng(0).integers(0, 3, (400, 2))
        found, exact = (
            sl.Gallery(places, index=name).nearest(places, 50)[0] for name in (index, "flat")
        )
        return bool((found == exact).all())

    return act


def saved_and_grown(folder: Path) -> object:
    copies = np.zeros((500, 16))
    gallery = sl.Gallery(np.concatenate([random(), copies]), index="hnsw")
    gallery.save(folder / "gallery")
    loaded = sl.Gallery.load(folder / "gallery")
    loaded.append(copies)
    rows, distances = loaded.nearest(copies[:1], 1000)
    return rows[0].tolist() == list(range(1500, 2500)) and not distances.any()


def damaged(folder: Path) -> object:
    content = bytearray((folder / "gallery").read_bytes())
    content[-40] ^= 1  # in the cells of the rows
    (folder / "other").write_bytes(content)
    return sl.Gallery.load(folder / "other")


ONE = np.full((1, 16), 0.3)
NEAR = ONE + 1e-7 * random(800, seed=2)
NEARER = ONE + 1e-5 * random(800, seed=2)  # apart, but not for an index in single precision
LENGTHS = ONE * np.linspace(0.5, 3, 800)[:, None]
LISTS: dict[str, Any] = {"index": "ivf", "nlist": 30, "nprobe": 30}
FAULTS: dict[str, Fault] = {
    "copies in a graph": Fault(
        "800 copies among 2,300 embeddings, hnsw", "as many neighbours as without copies",
        "^all found$", recall(np.repeat(ONE, 800, 0)),
    ),
    "copies, cosine": Fault(
        "the same by cosine", "as many neighbours as without copies",
        "^all found$", recall(np.repeat(ONE, 800, 0), "cosine"),
    ),
    "copies in lists": Fault(
        "the same in an ivf gallery", "as many neighbours as without copies",
        "^all found$", recall(np.repeat(ONE, 800, 0), **LISTS),
    ),
    "zero vectors": Fault(
        "800 blank pictures, whose embeddings are 0", "as many neighbours as without them",
        "^all found$", recall(np.zeros((800, 16))),
    ),
    "near-copies": Fault(
        "800 embeddings that differ by 1e-7, hnsw", "as many neighbours as without them",
        "^all found$", recall(NEAR),
    ),
    "near-copies, cosine": Fault(
        "the same by cosine", "as many neighbours as without them",
        "^all found$", recall(NEAR, "cosine"),
    ),
    "near-copies among themselves": Fault(
        "800 embeddings that differ by 1e-5, and queries among them, hnsw",
        "the neighbours that the exact search finds",
        "^all found$", recall(NEARER, near=1e-5),
    ),
    "near-copies among themselves, ivf": Fault(
        "the same in an ivf gallery", "the neighbours that the exact search finds",
        "^all found$", recall(NEARER, near=1e-5, **LISTS),
    ),
    "lengths": Fault(
        "800 embeddings that differ only in length, by cosine", "they count as copies",
        "^all found$", recall(LENGTHS, "cosine"),
    ),
    "groups": Fault(
        "several groups of 300, 20 and 2 copies", "as many neighbours as without copies",
        "^all found$", recall(np.repeat(random(3), (300, 20, 2), 0)),
    ),
    "equal, hnsw": Fault(
        "a gallery where everything is equal, hnsw", "the first rows, at distance 0",
        r"\[\[0, 1, 2, 3\]\]", equal("hnsw", "euclidean"),
    ),
    "equal, ivf": Fault(
        "a gallery where everything is equal, ivf by cosine", "the first rows, at distance 0",
        r"\[\[0, 1, 2, 3\]\]", equal("ivf", "cosine"),
    ),
    "few places, hnsw": Fault(
        "more neighbours than different embeddings, hnsw", "exactly what the exact search finds",
        "True", few_places("hnsw"),
    ),
    "few places, ivf": Fault(
        "more neighbours than different embeddings, ivf", "exactly what the exact search finds",
        "True", few_places("ivf"),
    ),
    "zeros by cosine": Fault(
        "an embedding of zeros, by cosine", "the number of such rows, and two remedies",
        "all zeros in 2 of 5 rows.*Leave these rows out, or use metric='euclidean'",
        lambda _: sl.Gallery(np.concatenate([np.ones((3, 2)), np.zeros((2, 2))]), "cosine"),
        error=ValueError,
    ),
    "too many lists": Fault(
        "more lists than embeddings", "the largest number of lists",
        "nlist is 9; expected at most 5", lambda _: sl.Gallery(np.eye(5), index="ivf", nlist=9),
        error=ValueError,
    ),
    "saved": Fault(
        "a gallery with copies is saved, loaded and grows", "all copies, in the order of rows",
        "True", saved_and_grown,
    ),
    "damaged": Fault(
        "a wrong bit where a file says which rows are copies", "the file is damaged",
        "is damaged: its SHA-256", damaged,
        lambda at: sl.Gallery(np.ones((50, 2)), index="hnsw").save(at / "gallery"),
        error=sl.GalleryError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
