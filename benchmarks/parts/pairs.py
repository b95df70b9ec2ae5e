"""Pairs drawn a second: our samplers next to a Python loop that draws one pair at a time.

The labels are those of MNIST's 60,000 training images. `PairSampler` and the loop of the 2017
recipe (`recipes.original.random_pairs`) draw batches of 128 and of 512 pairs. A batch of
`BalancedBatchSampler` is 128 images, and all of their pairs go into the loss. A draw returns
indices, and whether they are of one class; it touches no image. Making the sampler has a column of
its own and does not count in the draws.

The ways take turns of half a second, round after round; `PairSampler` has two turns in a round, to
show the noise. ``python -m benchmarks pairs`` takes half a minute on two cores; ``--quick`` is a
short try that writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.original import random_pairs
from benchmarks.recipes.ours import full_mnist
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, table
from benchmarks.tools.results import spread

COMPARED: tuple[str, ...] = ()

SAMPLER, LOOP, EVERY = "PairSampler", "Python loop", "BalancedBatchSampler, every pair"
SIZES = (128, 512)
AGAIN = f"{SAMPLER}, {SIZES[-1]}, again"

Draw = Callable[[], int]  # draws a batch, and says how many pairs it holds


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Let every way draw in turn, round after round."""
    labels = full_mnist().train.labels
    rounds, seconds = (2, 0.02) if quick else (7, 0.5)
    turns = [
        ledger.once(f"round {number}", partial(one_round, labels, seconds, number))
        for number in range(1, rounds + 1)
    ]
    return {"images": len(labels), "rounds": rounds, **summary(turns)}


def ways() -> dict[str, Callable[[np.ndarray, int], Draw]]:
    """Name the ways, each made from the labels and a seed."""
    made: dict[str, Callable[[np.ndarray, int], Draw]] = {}
    for size in SIZES:
        made[f"{SAMPLER}, {size}"] = lambda labels, seed, size=size: _sampled(labels, size, seed)
        made[f"{LOOP}, {size}"] = lambda labels, seed, size=size: _looped(labels, size, seed)
    made[f"{EVERY} of 128 images"] = _every
    made[AGAIN] = made[f"{SAMPLER}, {SIZES[-1]}"]
    return made


def one_round(labels: np.ndarray, seconds: float, seed: int) -> dict[str, dict[str, float]]:
    """Make each way from the start and let it draw for so many seconds."""
    turns = {}
    for way, make in ways().items():
        started = time.perf_counter()
        draw = make(labels, seed)
        ready = time.perf_counter()
        draw()
        turns[way] = {"made ms": 1e3 * (ready - started), **_drawn(draw, seconds)}
    return turns


def summary(turns: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Give medians over rounds, and ratios within them."""

    def ratios(one: str, other: str) -> dict[str, float]:
        return spread([turn[one]["pairs/s"] / turn[other]["pairs/s"] for turn in turns], 3)

    return {
        "ways": [
            {
                "way": way,
                "pairs in a batch": turns[0][way]["pairs"],
                "1,000 pairs/s": spread([turn[way]["pairs/s"] / 1e3 for turn in turns], 0),
                "batch ms": spread([turn[way]["batch ms"] for turn in turns], 4),
                "made ms": spread([turn[way]["made ms"] for turn in turns], 2),
            }
            for way in turns[0]
        ],
        "times the loop": {
            str(size): ratios(f"{SAMPLER}, {size}", f"{LOOP}, {size}") for size in SIZES
        },
        "the same twice": ratios(AGAIN, f"{SAMPLER}, {SIZES[-1]}"),
    }


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    rows = [
        {
            "way, batch": row["way"],
            "pairs in a batch": f"{row['pairs in a batch']:,}",
            "thousand pairs/s": interval(row["1,000 pairs/s"]),
            "a batch, ms": interval(row["batch ms"]),
            "making the sampler, ms": interval(row["made ms"]),
        }
        for row in result["ways"]
    ]
    times = " and ".join(
        f"{interval(ratio)} in batches of {size}"
        for size, ratio in result["times the loop"].items()
    )
    return blocks(
        f"In the time that a Python loop draws one pair, `PairSampler` draws {times}.",
        table(rows),
        f"Drawn from the labels of {result['images']:,} images. {medians(result['rounds'])} The "
        "same sampler, measured twice in a round, differs by a factor of "
        f"{interval(result['the same twice'])}.",
        measured_on(result),
    )


def _sampled(labels: np.ndarray, size: int, seed: int) -> Draw:
    sampler, steps = sl.PairSampler(labels, size, seed), iter(range(1 << 62))
    return lambda: len(sampler.batch(next(steps))[0])


def _looped(labels: np.ndarray, size: int, seed: int) -> Draw:
    batches = random_pairs(labels, seed, size)
    return lambda: len(next(batches)[0])


def _every(labels: np.ndarray, seed: int) -> Draw:
    sampler, steps = sl.BalancedBatchSampler(labels, 128, seed), iter(range(1 << 62))

    def draw() -> int:
        images = len(sampler.batch(next(steps)))
        return images * (images - 1) // 2

    return draw


def _drawn(draw: Draw, seconds: float) -> dict[str, float]:
    pairs = batches = 0
    started = time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        pairs += draw()
        batches += 1
    return {
        "pairs": pairs // batches,
        "pairs/s": pairs / spent,
        "batch ms": 1e3 * spent / batches,
    }
