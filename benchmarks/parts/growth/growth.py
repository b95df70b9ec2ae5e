"""Growth: time and memory as images become more, and embeddings longer.

From 1,000 images to 600,000 with 32 numbers each, and from 2 numbers to 128 for 60,000 images:

* a gallery is made, asked one query, and asked 1,000: "flat", "ivf" and "hnsw";
* pairs: a sampler is made, and draws a batch of 128;
* images are embedded by the tower that ships with the package, up to MNIST's 60,000: more would be
  repeated images, and twice as many take twice as long;
* a film of 10 frames in the plane becomes what the page is sent;
* 1,000 queries are judged: precision@7 by a gallery, and ``sl.metrics.retrieval``.

Each size has a process of its own, round after round; what is over in less than a twentieth of a
second is done ten times, and the median counts. Memory is the peak of the process over what it
held before, the input included in that. Imports and a small first try are outside the clock. A
graph of 600,000 embeddings of 128 numbers is left out, as it alone takes minutes a round.

``python -m benchmarks growth`` takes some twenty minutes on two cores, and draws
``benchmarks/results/growth.svg`` too; ``--quick`` is a short try that writes nothing.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.parts.growth.growth_figure import figure
from benchmarks.parts.retrieval import clustered
from benchmarks.recipes.ours import full_mnist
from benchmarks.tools.clouds import clouds
from benchmarks.tools.fresh import measured, python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.results import RESULTS, interval, measured_on, spread, table

COMPARED: tuple[str, ...] = ()

QUERIES, FRAMES, BATCH = 1_000, 10, 128
MOST_EMBEDDED = 60_000
FLAT_IN_DIM = ("pairs", "embed", "film")  # what does not depend on the length of embeddings
BRIEF = 0.05  # seconds below which once is too short a look

Operation = tuple[str, Callable[[], Any]]


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Measure every size in turn, round after round."""
    sizes, dims = ([1_000, 3_000], [2, 8]) if quick else (
        [1_000, 6_000, 60_000, 600_000],
        [2, 8, 32, 128],
    )  # fmt: skip
    at_dim, at_size = (8, 1_000) if quick else (32, 60_000)
    plan = [
        (family, size, dim)
        for family in FAMILIES
        for size, dim in dict.fromkeys(
            [(size, at_dim) for size in sizes] + [(at_size, dim) for dim in dims]
        )
        if family not in FLAT_IN_DIM or dim == at_dim
        if family != "embed" or size <= MOST_EMBEDDED
    ]
    rounds = 1 if quick else 3
    turns = [
        ledger.once(f"round {number}", partial(one_round, plan)) for number in range(1, rounds + 1)
    ]
    fixed = {"rounds": rounds, "images": at_size, "dim": at_dim}
    result = {**fixed, "points": points(turns)}
    if not quick:
        (RESULTS / "growth.svg").write_text(figure(result))
    return result


def one_round(plan: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Measure each size of each family of operations once, in a process of its own."""
    return [
        {"operation": operation, "images": size, "dim": dim, **cost}
        for family, size, dim in plan
        for operation, cost in python(
            "-m", "benchmarks.parts.growth.growth", family, str(size), str(dim)
        ).items()
    ]


def one_size(family: str, size: int, dim: int) -> dict[str, dict[str, float]]:
    """Measure the operations of a family in this process, after a small first try."""
    for _, job in FAMILIES[family](200, dim):
        job()
    return {name: looked_at(job) for name, job in FAMILIES[family](size, dim)}


def looked_at(job: Callable[[], Any]) -> dict[str, float]:
    """Say what a job takes; a brief one is done again, for a steadier figure."""
    _, cost = measured(job)
    if cost["seconds"] < BRIEF:
        again = [measured(job)[1]["seconds"] for _ in range(10)]
        cost["seconds"] = statistics.median(again)
    return cost


def gallery(index: str, size: int, dim: int) -> Iterator[Operation]:
    """Make a gallery, and search in it."""
    vectors = clustered(size + QUERIES, dim, np.random.default_rng(0))
    made: list[sl.Gallery] = []
    held, queries = vectors[:size], vectors[size:]
    yield f"{index}: made", lambda: made.append(sl.Gallery(held, index=index))
    yield f"{index}: one query", lambda: made[0].nearest(queries[:1])
    yield f"{index}: {QUERIES:,} queries", lambda: made[0].nearest(queries)


def pairs(size: int, dim: int) -> Iterator[Operation]:
    """Make a sampler, and draw a batch."""
    labels, made = np.arange(size) % 10, []
    yield "sampler: made", lambda: made.append(sl.PairSampler(labels, BATCH))
    yield f"sampler: {BATCH} pairs", lambda: made[0].batch(1)


def embed(size: int, dim: int) -> Iterator[Operation]:
    """Embed images, by a tower of which only the last of five layers knows the dimension."""
    run, images = sl.shipped_run(), full_mnist().train.images[:size]
    yield "images embedded", lambda: run.embed(images)


def film(size: int, dim: int) -> Iterator[Operation]:
    """Pack a film for the page."""
    frames, labels = clouds(size, FRAMES)
    yield f"film of {FRAMES} frames", lambda: sl.EmbeddingView(frames, labels).payload()


def judged(size: int, dim: int) -> Iterator[Operation]:
    """Judge queries by their neighbours, from embeddings to numbers."""
    rng = np.random.default_rng(0)
    labels = np.arange(size + QUERIES) % 10
    centres = rng.standard_normal((10, dim), np.float32)
    offsets = np.float32(0.5) * rng.standard_normal((len(labels), dim), np.float32)
    vectors = centres[labels] + offsets
    held, held_labels = vectors[:size], labels[:size]
    asked, asked_labels = vectors[size:], labels[size:]

    def precision() -> float:
        indices, _ = sl.Gallery(held).nearest(asked)
        return sl.metrics.precision_at_k(held_labels[indices], asked_labels)

    yield "precision@7", precision
    yield "retrieval", lambda: sl.metrics.retrieval(asked, asked_labels, held, held_labels)


FAMILIES: dict[str, Callable[[int, int], Iterator[Operation]]] = {
    **{index: partial(gallery, index) for index in ("flat", "ivf", "hnsw")},
    "pairs": pairs,
    "embed": embed,
    "film": film,
    "judged": judged,
}


def points(turns: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Give medians over rounds of every operation at every size."""
    return [
        {
            **{key: same[0][key] for key in ("operation", "images", "dim")},
            "seconds": spread([one["seconds"] for one in same], 7),
            "MiB": spread([one["MiB"] for one in same], 2),
        }
        for same in zip(*turns, strict=True)
    ]


def exponent(sizes: list[int], values: list[float]) -> float:
    """Fit the a of ``value ~ size^a`` by least squares of the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def rows(result: dict[str, Any], along: str) -> list[dict[str, str]]:
    """Lay out one sweep, "images" or "dim": seconds at each size, how they grow, and memory."""
    other = {"images": "dim", "dim": "images"}[along]
    swept = [one for one in result["points"] if one[other] == result[other]]
    sizes = sorted({one[along] for one in swept})
    laid = []
    for operation in dict.fromkeys(one["operation"] for one in swept):
        line = {one[along]: one for one in swept if one["operation"] == operation}
        if len(line) < 2:
            continue
        medians = [line[size]["seconds"]["median"] for size in line]
        last = [*line][-2:]
        laid.append(
            {
                "operation": operation,
                **{f"{size:,}": _seconds(line[size]) if size in line else "" for size in sizes},
                "a": f"{exponent([*line], medians):.2f}",
                "a, last step": f"{exponent(last, medians[-2:]):.2f}",
                "MiB at most": interval(line[last[-1]]["MiB"]),
            }
        )
    return laid


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    return f"""\
![Time and memory against the number of images and of dimensions](results/growth.svg)

#### As images become more

Milliseconds, embeddings of {result["dim"]} numbers:

{table(rows(result, "images"))}

#### As embeddings become longer

Milliseconds, {result["images"]:,} images:

{table(rows(result, "dim"))}

Time grows as size^*a*: fitted over all sizes, and over the last two. *MiB at most* is the peak at
the largest size, beyond the input. Images are embedded up to {MOST_EMBEDDED:,}. Medians of
{result["rounds"]} rounds; of memory, least to most too. *Precision@7* and `sl.metrics.retrieval`
judge {QUERIES:,} queries.

{measured_on(result)}"""


def _seconds(point: dict[str, Any]) -> str:
    milliseconds = 1e3 * point["seconds"]["median"]
    return f"{float(f'{milliseconds:.3g}'):,g}"


if __name__ == "__main__":
    wanted, images, numbers = sys.argv[1:]
    print(json.dumps(one_size(wanted, int(images), int(numbers))))
