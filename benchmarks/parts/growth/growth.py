"""Growth: time and memory as images become more, and embeddings longer.

From 1,000 images to 600,000 with 32 numbers each, and from 2 numbers to 128 for 60,000 images:

* a gallery is made, answers one query, and answers 1,000: "flat", "ivf" and "hnsw";
* pairs: a sampler is made, and draws a batch of 128;
* images are embedded by the tower that comes with the package, up to MNIST's 60,000: more would be
  repeated images, and twice as many take twice as long;
* a film of 10 frames in the plane becomes what the page is sent;
* 1,000 queries are measured: precision@7 with a gallery, and ``sl.metrics.retrieval``.

Each size has a process of its own, round after round. What takes less than a twentieth of a second
is done ten times, and the median counts. Memory is the peak of the process, less what it held
before, the input included. Imports and a small first try are not timed. A graph of 600,000
embeddings of 128 numbers is left out, as it takes minutes a round.

``python -m benchmarks growth`` takes some twenty minutes on two cores; ``--quick`` is a short try
that writes nothing. ``make readme`` draws the figure.
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
from benchmarks.parts.retrieval import clustered
from benchmarks.recipes.ours import full_mnist
from benchmarks.tools.clouds import clouds
from benchmarks.tools.fresh import measured, python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, shown, table
from benchmarks.tools.results import spread

COMPARED: tuple[str, ...] = ()

QUERIES, FRAMES, BATCH = 1_000, 10, 128
MOST_EMBEDDED = 60_000
FLAT_IN_DIM = ("pairs", "embed", "film")  # these do not depend on the length of embeddings
BRIEF = 0.05  # seconds: what takes less is done several times

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
    return {**fixed, "points": points(turns)}


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
    """Return what a job takes; a brief one is done again, for a steadier figure."""
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
    """Embed images; only the last of the tower's five layers depends on the dimension."""
    run, images = sl.shipped_run(), full_mnist().train.images[:size]
    yield "images embedded", lambda: run.embed(images)


def film(size: int, dim: int) -> Iterator[Operation]:
    """Pack a film for the page."""
    frames, labels = clouds(size, FRAMES)
    yield f"film of {FRAMES} frames", lambda: sl.EmbeddingView(frames, labels).payload()


def judged(size: int, dim: int) -> Iterator[Operation]:
    """Measure queries by their neighbours, from embeddings to numbers."""
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
    """Return medians over rounds of every operation at every size."""
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
    """Lay out one sweep, "images" or "dim": time at each size, its exponents, and memory."""
    other = {"images": "dim", "dim": "images"}[along]
    swept = [one for one in result["points"] if one[other] == result[other]]
    sizes = sorted({one[along] for one in swept})
    laid = []
    for operation in dict.fromkeys(one["operation"] for one in swept):
        line = {one[along]: one for one in swept if one["operation"] == operation}
        if len(line) < 2:
            continue
        medians_of_line = [line[size]["seconds"]["median"] for size in line]
        last = [*line][-2:]
        unit = {"images": "images", "dim": "numbers"}[along]
        laid.append(
            {
                "operation": operation,
                **{
                    f"{size:,} {unit}, ms": _milliseconds(line[size]) if size in line else ""
                    for size in sizes
                },
                "exponent": f"{exponent([*line], medians_of_line):.2f}",
                "exponent, last two": f"{exponent(last, medians_of_line[-2:]):.2f}",
                "peak memory, MiB": interval(line[last[-1]]["MiB"]),
            }
        )
    return laid


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    most = max(one["images"] for one in result["points"] if one["operation"] == "images embedded")
    return blocks(
        "![Time and memory against the number of images and of dimensions](results/growth.svg)",
        f"### As images become more: embeddings of {result['dim']} numbers",
        takeaway(result, "images"),
        table(rows(result, "images")),
        f"### As embeddings become longer: {result['images']:,} images",
        takeaway(result, "dim"),
        table(rows(result, "dim")),
        "Time grows as size^*exponent*, fitted over all sizes, and over the last two. The peak of "
        "memory is that of the largest size, beyond the input. Images are embedded up to "
        f"{most:,}. *precision@7* and *retrieval* measure {QUERIES:,} queries. "
        f"{medians(result['rounds'])}",
        measured_on(result),
    )


def takeaway(result: dict[str, Any], along: str) -> str:
    """Name the operations whose time grows least and most over the last two sizes."""
    other = {"images": "dim", "dim": "images"}[along]
    swept = [one for one in result["points"] if one[other] == result[other]]
    less, more = sorted({one[along] for one in swept})[-2:]
    seconds = {(one["operation"], one[along]): one["seconds"]["median"] for one in swept}
    factors = sorted(
        (seconds[name, more] / seconds[name, less], name)
        for name, size in seconds
        if size == more and (name, less) in seconds
    )
    least, most = (
        f"*{name}* ({shown(factor)} times)" for factor, name in (factors[0], factors[-1])
    )
    what = {"images": "images", "dim": "numbers"}[along]
    return (
        f"From {less:,} to {more:,} {what}, the time grows least for {least} and most for {most}."
    )


def _milliseconds(point: dict[str, Any]) -> str:
    return shown(1e3 * point["seconds"]["median"])


if __name__ == "__main__":
    wanted, images, numbers = sys.argv[1:]
    print(json.dumps(one_size(wanted, int(images), int(numbers))))
