"""Training on a folder that stays on disk, next to the same folder in memory.

The folder holds MNIST's digits in two random colours each, as PNG files of 64 by 64 pixels, at two
sizes. Three jobs have a process of their own:

* *first*, one for each way: the folder is read, with an empty cache, and trained on for an epoch.
  Its peak of memory is its own, imports and all;
* *after*: one process has the folder in both ways, and trains the same tower on them in turns,
  after a few steps that do not count. A ratio is taken within a turn.

The tower is `conv_tower` with batches of 128 images as they are: so quick a training is harder to
keep up with than one with distortions.

``python -m benchmarks stored`` takes some ten minutes on two cores, and 2 GB of disk in TMPDIR; it
writes ``benchmarks/results/stored.json``. ``--quick`` is a short try that writes nothing.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.tools.fresh import python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, shown, table
from benchmarks.tools.results import spread

COMPARED = ("pillow",)

WAYS = ("in memory", "on disk")
SIZES, QUICK_SIZES = (5_000, 40_000), (400,)
TURNS, STEPS = 5, 30  # of training after the first epoch
LEAST = 0.9  # the goal: images a second on disk, as a share of those in memory
MILLION = 10**6


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Measure every size, or, for a try, a small one."""
    turns = 2 if quick else TURNS
    return {
        "turns": turns,
        "sizes": [
            ledger.once(f"{size:,} pictures", partial(one_size, size, turns))
            for size in (QUICK_SIZES if quick else SIZES)
        ],
    }


def one_size(size: int, turns: int) -> dict[str, Any]:
    """Make a folder of so many pictures, and train on it in both ways."""
    with tempfile.TemporaryDirectory(prefix="stored-") as work:
        folder = Path(work, "pictures")
        job("make", folder, size)
        first = [
            {"way": way, **job("first", folder, way, f"{work}/cache of {number}")}
            for number, way in enumerate(WAYS)
        ]
        print({"first": first}, flush=True)
        after = job("after", folder, f"{work}/cache of 1", turns, STEPS)
    for row, way in zip(first, WAYS, strict=True):
        row["after, images/s"] = spread(after[way], 0)
    ratios = [disk / memory for memory, disk in zip(*(after[way] for way in WAYS), strict=True)]
    return {"pictures": size, "rows": first, "share": spread(ratios, 3)}


def job(name: str, *arguments: object) -> dict[str, Any]:
    """Do one job in a process of its own."""
    return python("-m", "benchmarks.parts.stored.stored_worker", name, *map(str, arguments))


def goals(result: dict[str, Any]) -> list[dict[str, str]]:
    """Say of each size what was measured, and whether the goal is met."""
    return [
        {
            "goal": f"within 10 % after the first epoch, {size['pictures']:,} pictures",
            "measured": f"{interval(_percent(size['share']))} % of the images a second in memory",
            "met": "yes" if size["share"]["median"] >= LEAST else "no",
        }
        for size in result["sizes"]
    ]


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    rows = goals(result)
    met = sum(row["met"] == "yes" for row in rows)
    return blocks(
        f"Training on a folder on disk meets {met} of its {len(rows)} goals.",
        table(rows),
        "Speed and memory of each way.",
        table([_laid(size, row) for size in result["sizes"] for row in size["rows"]]),
        _growth(result["sizes"]),
        "*first epoch* includes reading and scaling every file, and compiling the tower; it was "
        f"measured once. Further training: {medians(result['turns'], 'turns')} Memory is the peak "
        "of the whole process, imports and all, until the end of the first epoch.",
        measured_on(result),
    )


def _percent(values: dict[str, float]) -> dict[str, float]:
    return {name: 100 * value for name, value in values.items()}


def _laid(size: dict[str, Any], row: dict[str, Any]) -> dict[str, str]:
    return {
        "pictures": f"{size['pictures']:,}",
        "images": row["way"],
        "reading, s": shown(row["reading s"]),
        "first epoch, images/s": shown(row["first images/s"]),
        "further training, images/s": interval(row["after, images/s"]),
        "peak memory, MiB": shown(row["MiB"]),
    }


def _growth(sizes: list[dict[str, Any]]) -> str:
    """Say how the peak grows from the smallest size to the largest, and what a million would need.

    A line through two sizes: an estimate, which the text says.
    """
    small, large = sizes[0], sizes[-1]
    more = large["pictures"] - small["pictures"]
    if not more:
        return ""
    each, total = {}, {}
    for one, other in zip(small["rows"], large["rows"], strict=True):
        each[one["way"]] = (other["MiB"] - one["MiB"]) / more
        total[one["way"]] = one["MiB"] + (MILLION - small["pictures"]) * each[one["way"]]
    memory, disk = (1024 * each[way] for way in WAYS)
    return (
        f"From {small['pictures']:,} to {large['pictures']:,} pictures, the peak grows by "
        f"{shown(memory)} KiB for each picture in memory and by {shown(disk)} KiB on disk; its "
        "pixels are 12 KiB. If it goes on like this, a million pictures need "
        f"{shown(total[WAYS[0]] / 1024)} GiB in memory and {shown(total[WAYS[1]] / 1024)} GiB on "
        "disk (estimated, not measured)."
    )
