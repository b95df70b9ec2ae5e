"""Files of images to embeddings: in memory, in parts on disk, and in parts with Ray Data.

There are two kinds of files, all drawn from digits:

* *photos*: JPEGs of 256 pixels in colour, read as 64 by 64, and `photo_tower` with 64 dimensions;
* *digits*: PNGs of 28 pixels in grey, and the tower of the shipped run, with 2 dimensions.

Each way embeds 1,000, 4,000 and 16,000 of them, in a process of its own, and writes the embeddings:

* *load_folder, run.embed*: all images in memory, then all embeddings, in one file;
* *embed_files*: in parts, in one process with threads;
* *embed_files, Ray*: in parts, in a process that Ray starts on this machine. On two cores, that is
  one, which takes both.

The clock counts the whole process, with the start of Python, of TensorFlow and of Ray. A line is
laid through the seconds of the sizes: where it begins is the start-up, and its slope is the rate.
Memory is the peak of the process and all that it has started, looked at five times a second: the
sum of their proportional set sizes (PSS), in which a page that several share counts once.

Ray's workers get the priority of the other ways; by default, they have a lower one.

The files were just written, so they are read from the memory of the operating system.

``python -m benchmarks embed_files`` takes half an hour on two cores, and 400 MB of disk in TMPDIR;
``--quick`` is a short try that writes nothing.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.tools.fresh import python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, shown, table
from benchmarks.tools.results import spread

COMPARED = ("ray", "pyarrow", "pillow")

SIZES, QUICK_SIZES = (1_000, 4_000, 16_000), (100, 300)
ROUNDS = 2
KINDS = {"photos": "JPEGs of 256 pixels", "digits": "PNGs of 28 pixels"}
MEMORY, ONE, RAY = "load_folder, run.embed", "embed_files", "embed_files, Ray"
WAYS = {MEMORY: "memory", ONE: "parts", RAY: "ray"}
MACHINES = 2
NOISE = 0.05  # rates that are closer count as equal


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Let the ways take turns on each kind and size."""
    sizes, rounds = (QUICK_SIZES, 1) if quick else (SIZES, ROUNDS)
    return {
        "rounds": rounds,
        "kinds": [
            {
                "kind": kind,
                "sizes": [
                    ledger.once(f"{size:,} {kind}", lambda k=kind, s=size: one_size(k, s, rounds))
                    for size in sizes
                ],
            }
            for kind in KINDS
        ],
    }


def one_size(kind: str, size: int, rounds: int) -> dict[str, Any]:
    """Embed as many files in each way, in turns."""
    with tempfile.TemporaryDirectory(prefix="embed-") as folder:
        written = job("write", kind, size, folder)
        turns = [
            {name: job(way, kind, size, folder) for name, way in WAYS.items()}
            for _ in range(rounds)
        ]
    rows = [
        {
            "way": name,
            "seconds": spread([turn[name]["seconds"] for turn in turns], 2),
            "MiB": spread([turn[name]["MiB"] for turn in turns], 0),
        }
        for name in WAYS
    ]
    return {"images": size, **written, "rows": rows}


def job(way: str, kind: str, size: int, folder: str) -> dict[str, float]:
    """Do one job in a process of its own; return what it says, and the seconds of the process."""
    os.environ |= {"RAY_worker_niceness": "0"}  # as the other ways; 15 by default
    started = time.perf_counter()
    said = python(
        "-m", "benchmarks.parts.embed_files.embed_files_worker", way, kind, str(size), folder
    )
    return said if way == "write" else {**said, "seconds": time.perf_counter() - started}


def line(sizes: list[dict[str, Any]], way: str) -> tuple[float, float]:
    """Return the seconds of the start-up of a way, and its images in a second after that."""
    images = [each["images"] for each in sizes]
    slope, start = np.polyfit(images, [row_of(each, way)["seconds"]["median"] for each in sizes], 1)
    return float(start), float(1 / slope)


def row_of(size: dict[str, Any], way: str) -> dict[str, Any]:
    """Return the row of a way."""
    return next(row for row in size["rows"] if row["way"] == way)


def pays_from(
    one: tuple[float, float], ray: tuple[float, float], machines: int = 1
) -> float | None:
    """Return from how many images on Ray is quicker than one process; None if it never is.

    Args:
        one: seconds of the start-up, and images in a second.
        ray: the same, on one machine.
        machines: how many there are; each more is taken to add as much to the rate.
    """
    saved = 1 / one[1] - 1 / (machines * ray[1])  # seconds for each image
    return None if saved <= NOISE / one[1] else max(0.0, (ray[0] - one[0]) / saved)


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    parts = []
    for kind in result["kinds"]:
        sizes = kind["sizes"]
        parts += [
            f"### {KINDS[kind['kind']]}, {shown(sizes[-1]['kB'])} kB each",
            verdict(sizes),
            table([laid(sizes, way) for way in WAYS]),
        ]
    return blocks(
        *parts,
        "*start-up* and *images a second* are those of a line through the seconds of all sizes. "
        "Seconds are those of the whole process, with the start of Python, TensorFlow and Ray. "
        "Memory is the peak of the process and of all that it started: the sum of their "
        f"proportional set sizes. {medians(result['rounds'])}",
        measured_on(result),
    )


def laid(sizes: list[dict[str, Any]], way: str) -> dict[str, str]:
    """Return the row of a way in the table."""
    start, rate = line(sizes, way)
    seconds = {f"{s['images']:,}, s": interval(row_of(s, way)["seconds"]) for s in sizes}
    memory = {
        f"{s['images']:,}, MiB": interval(row_of(s, way)["MiB"]) for s in (sizes[0], sizes[-1])
    }
    return {
        "way": way,
        **seconds,
        "start-up, s": shown(start),
        "images a second": shown(rate),
        **memory,
    }


def verdict(sizes: list[dict[str, Any]]) -> str:
    """Say from how many images on Ray pays."""
    one, ray = line(sizes, ONE), line(sizes, RAY)
    if min(one[1], ray[1]) <= 0:
        return "The start-up hides the rate of so few images, so it is not known where Ray pays."
    here, more = pays_from(one, ray), pays_from(one, ray, MACHINES)
    alone = (
        "On this machine alone Ray never pays, as the threads of one process use both cores already"
        if here is None
        else f"On this machine alone Ray pays from {shown(here)} images on"
    )
    if more is None:
        return f"{alone}; nor does it with a second one like it."
    return (
        f"{alone}. With a second machine like it, if that doubles Ray's rate, it would pay from "
        f"{shown(more)} images on."
    )
