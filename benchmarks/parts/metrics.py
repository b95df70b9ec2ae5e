"""Precision@1, R-precision and MAP@R of 10,000 queries over 60,000 images, in time and memory.

The embeddings have 16 numbers and are made up: ten clusters around random centres, drawn with a
seed, so wide that classes overlap a little. The labels are those of MNIST's training and test
images. R is up to 6,742, so a search for the R nearest returns lists of that length.

* ``sl.metrics.retrieval`` goes from embeddings to the measures at once;
* ``sl.Gallery`` finds the lists, and `siamese_lib.metrics` computes the measures from them;
* pytorch-metric-learning's ``AccuracyCalculator`` with ``k="max_bin_count"`` searches with FAISS;
* scikit-learn's ``NearestNeighbors``, by brute force on all cores, finds the lists, and NumPy
  computes the measures.

Each runs in a process of its own, one after another, round after round; the first has two turns in
a round, to show the noise. Imports, drawing the embeddings and a small first try are not timed.
Memory is the peak of the process while it works, less what it held before. ``python -m benchmarks
metrics`` takes some ten minutes on two cores; ``--quick`` is a short try with fewer images that
writes nothing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.ours import full_mnist
from benchmarks.tools.fresh import measured, python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, left_out, measured_on, medians, shown, table
from benchmarks.tools.results import spread

COMPARED = ("pytorch-metric-learning", "torch", "scikit-learn")

DIM, WIDTH = 16, 0.5  # of the embeddings; centres have a standard deviation of 1
NAMES = ("precision@1", "R-precision", "MAP@R")
OURS = "sl.metrics.retrieval"
AGAIN = f"{OURS}, again"
LISTS, PYTORCH, SCIKIT = "sl.Gallery and sl.metrics", "pytorch-metric-learning", "scikit-learn"
WORDS = {OURS: f"`{OURS}`", AGAIN: f"`{OURS}`, again", LISTS: "`sl.Gallery` and `sl.metrics`"}
NEEDS = {PYTORCH: "pytorch_metric_learning", SCIKIT: "sklearn"}

Task = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # queries, labels; gallery, labels
Way = Callable[..., list[float]]  # from a task to the three measures


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Let every installed way take its turn, round after round."""
    absent = [way for way, module in NEEDS.items() if importlib.util.find_spec(module) is None]
    ways = [way for way in (OURS, LISTS, PYTORCH, SCIKIT, AGAIN) if way not in absent]
    rounds, queries, images = (1, 100, 3_000) if quick else (3, 10_000, 60_000)
    turns = [
        ledger.once(f"round {number}", partial(one_round, ways, queries, images))
        for number in range(1, rounds + 1)
    ]
    sizes = {"queries": queries, "images": images, "dim": DIM, "rounds": rounds}
    return {**sizes, "not installed": absent, **summary(turns)}


def one_round(ways: list[str], queries: int, images: int) -> dict[str, Any]:
    """Run each way once, in a process of its own."""
    return {
        way: python("-m", "benchmarks.parts.metrics", way, str(queries), str(images))
        for way in ways
    }


def one_turn(way: str, queries: int, images: int) -> dict[str, Any]:
    """Compute the measures once in this process, after a small try."""
    judge = {OURS: ours, AGAIN: ours, LISTS: by_lists, PYTORCH: pytorch, SCIKIT: scikit}[way]
    digits = full_mnist()
    labels = digits.test.labels[:queries], digits.train.labels[:images]
    task = embeddings(*labels)
    judge(*(part[:1000] for part in task))
    values, cost = measured(lambda: judge(*task))
    return {**cost, "values": values}


def embeddings(query_labels: np.ndarray, gallery_labels: np.ndarray, seed: int = 0) -> Task:
    """Draw float32 embeddings (N, DIM) around a centre for each class."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((10, DIM))

    def around(labels: np.ndarray) -> np.ndarray:
        offsets = WIDTH * rng.standard_normal((len(labels), DIM))
        return (centres[labels] + offsets).astype(np.float32)

    return around(query_labels), query_labels, around(gallery_labels), gallery_labels


def ours(*task: np.ndarray) -> list[float]:
    """Compute the measures without lists of neighbours."""
    found = sl.metrics.retrieval(*task)
    return [found.precision_at_1, found.r_precision, found.map_at_r]


def by_lists(
    queries: np.ndarray, labels: np.ndarray, gallery: np.ndarray, gallery_labels: np.ndarray
) -> list[float]:
    """Find the neighbours, then compute the measures."""
    relevant = np.bincount(gallery_labels)[labels]
    indices, _ = sl.Gallery(gallery).nearest(queries, int(relevant.max()))
    found = gallery_labels[indices]
    return [
        sl.metrics.precision_at_k(found[:, :1], labels),
        sl.metrics.r_precision(found, labels, relevant),
        sl.metrics.map_at_r(found, labels, relevant),
    ]


def pytorch(*task: np.ndarray) -> list[float]:
    """Compute the measures as pytorch-metric-learning does by itself."""
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    names = ("precision_at_1", "r_precision", "mean_average_precision_at_r")
    found = AccuracyCalculator(include=names, k="max_bin_count").get_accuracy(*task)
    return [float(found[name]) for name in names]


def scikit(
    queries: np.ndarray, labels: np.ndarray, gallery: np.ndarray, gallery_labels: np.ndarray
) -> list[float]:
    """Search with scikit-learn, and compute the measures in a few lines of NumPy."""
    from sklearn.neighbors import NearestNeighbors

    relevant = np.bincount(gallery_labels)[labels][:, None]
    search = NearestNeighbors(n_neighbors=int(relevant.max()), algorithm="brute", n_jobs=-1)
    indices = search.fit(gallery).kneighbors(queries, return_distance=False)
    ranks = np.arange(1, indices.shape[1] + 1)
    hits = (gallery_labels[indices] == labels[:, None]) & (ranks <= relevant)
    averages = hits * (hits.cumsum(axis=1) / ranks)
    return [
        float(hits[:, 0].mean()),
        float((hits.sum(axis=1, keepdims=True) / relevant).mean()),
        float((averages.sum(axis=1, keepdims=True) / relevant).mean()),
    ]


def summary(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over rounds, ratios within them, and the largest difference of values."""
    values = np.array([[turn[way]["values"] for way in turn] for turn in turns])

    def ratios(way: str, what: str) -> dict[str, float]:
        return spread([turn[way][what] / turn[OURS][what] for turn in turns], 3)

    return {
        "values": dict(zip(NAMES, turns[0][OURS]["values"], strict=True)),
        "largest difference": float(np.ptp(values, axis=(0, 1)).max()),
        "ways": [
            {
                "way": way,
                "seconds": spread([turn[way]["seconds"] for turn in turns], 2),
                "MiB": spread([turn[way]["MiB"] for turn in turns], 0),
                "seconds, ratio": ratios(way, "seconds"),
                "MiB, ratio": ratios(way, "MiB"),
            }
            for way in turns[0]
        ],
    }


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    rows = [
        {
            "way": WORDS.get(row["way"], row["way"]),
            "seconds": interval(row["seconds"]),
            "peak memory, MiB": interval(row["MiB"]),
            "time, times ours": interval(row["seconds, ratio"]),
            "memory, times ours": interval(row["MiB, ratio"]),
        }
        for row in result["ways"]
    ]
    return blocks(
        f"{placed(result, 'seconds', 'fastest')} {placed(result, 'MiB', 'leanest')}",
        table(rows),
        f"The measures are {', '.join(NAMES[:-1])} and {NAMES[-1]} of {result['queries']:,} "
        f"queries among {result['images']:,} images, with embeddings of {result['dim']} numbers. "
        f"No two ways differ in a measure by more than {result['largest difference']:.1g}. "
        f"{medians(result['rounds'])} *Ours* is `{OURS}` in the same round.",
        left_out(result),
        measured_on(result),
    )


def placed(result: dict[str, Any], what: str, most: str) -> str:
    """Say whether ours is ahead of all others by the medians, or who is."""
    others = [row for row in result["ways"] if row["way"] not in (OURS, AGAIN)]
    best = min(others, key=lambda row: row[f"{what}, ratio"]["median"])
    times = best[f"{what}, ratio"]["median"]
    name = WORDS.get(best["way"], best["way"])
    much = f"{shown(times)} times as {'long' if what == 'seconds' else 'much memory'}"
    if times > 1:
        return f"`{OURS}` is the {most}; the next, {name}, takes {much}."
    return f"`{OURS}` is not the {most}: {name} takes {much}."


if __name__ == "__main__":
    wanted, *sizes = sys.argv[1:]
    print(json.dumps(one_turn(wanted, *map(int, sizes))))
