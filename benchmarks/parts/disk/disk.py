"""Galleries on disk: memory, time and recall, next to FAISS on disk and to a gallery in memory.

From 1,000 to 10 million embeddings of 64 numbers are made in parts of 100,000. Only for the gallery
in memory is more than a part of them in memory. They look like those of a tower: a class for each
1,000, of which the frequent ones have more than others; within a class, they vary along 10
directions, with a little noise in all 64.

Each job has a process of its own, so its peak of memory is its own, imports and all:

* *built*: the parts are appended and the index is built. FAISS trains on a sample, writes a file
  for each million, and merges them into `OnDiskInvertedLists`, as its own demonstration does. The
  gallery in memory has no index: it compares all;
* *asked*: 200 new queries for 10 neighbours, one at a time, and then all at once. They take turns,
  three rounds. Those on disk search as many lists as it takes to find 97 % of the neighbours of 100
  embeddings, doubling from 32.

Recall is against a search of everything. Memory is VmHWM, the most that was resident of a process:
its imports, and what is mapped of files. FAISS maps its lists, so what it has read of them counts;
the gallery reads its files without mapping them. The files were just written, so the operating
system has what it can of them in memory of its own, which counts for neither.

``python -m benchmarks disk`` takes a quarter of an hour on two cores, and 14 GB of disk in TMPDIR;
it writes ``benchmarks/results/disk.json``. ``--quick`` is a short try that writes nothing.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.tools.fresh import python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, share, shown, table
from benchmarks.tools.results import spread

COMPARED = ("lancedb", "faiss-cpu")

DIM, PART = 64, 100_000
SIZES, QUICK_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000), (120_000,)
ROUNDS = 3
CONTENDERS = {
    "gallery": "DiskGallery",
    "memory": "Gallery, in memory",
    "faiss": "FAISS OnDiskInvertedLists",
}
MOST_MIB, LEAST_RECALL, MOST_MS = 1024, 0.95, 150  # the goals, at the largest size


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Measure every size, or, for a try, a small one."""
    rounds = 1 if quick else ROUNDS
    sizes = QUICK_SIZES if quick else SIZES
    return {
        "rounds": rounds,
        "sizes": [
            ledger.once(f"{size:,} embeddings", lambda size=size: one_size(size, rounds))
            for size in sizes
        ],
    }


def one_size(size: int, rounds: int) -> dict[str, Any]:
    """Build each contender in a folder of its own, and ask them in turns."""
    with tempfile.TemporaryDirectory(prefix="disk-") as folder:
        job("truth", size, folder)
        built = {name: job(f"build-{name}", size, folder) for name in CONTENDERS}
        print({"built": built}, flush=True)
        turns = [
            {name: job(f"ask-{name}", size, folder) for name in CONTENDERS} for _ in range(rounds)
        ]
    rows = [
        {
            "search": CONTENDERS[name],
            **built[name],
            **{key: spread([turn[name][key] for turn in turns], 3) for key in turns[0][name]},
        }
        for name in CONTENDERS
    ]
    return {"embeddings": size, "rows": rows}


def job(name: str, size: int, folder: str) -> dict[str, float]:
    """Do one job in a process of its own."""
    return python("-m", "benchmarks.parts.disk.disk_worker", name, str(size), folder)


def goals(result: dict[str, Any]) -> list[dict[str, str]]:
    """Say of each goal what was measured at the largest size, and whether it is met."""
    largest = result["sizes"][-1]
    row = next(row for row in largest["rows"] if row["search"] == CONTENDERS["gallery"])
    memory = max(row["build MiB"], row["search MiB"]["most"])
    recall, single = row["recall"]["least"], row["single ms"]["median"]
    measured = [
        (f"at most {MOST_MIB:,} MiB of memory", f"{shown(memory)} MiB", memory <= MOST_MIB),
        (f"recall@10 of at least {LEAST_RECALL}", share(recall), recall >= LEAST_RECALL),
        (f"median answer within {MOST_MS} ms", f"{shown(single)} ms", single <= MOST_MS),
    ]
    return [
        {"goal": goal, "measured": words, "met": "yes" if met else "no"}
        for goal, words, met in measured
    ]


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    parts = []
    for size in result["sizes"]:
        count = f"{size['embeddings']:,} embeddings"
        parts += [
            f"### {count}",
            f"Among {count} of {DIM} numbers, made in parts of {PART:,}, as if from a tower.",
            table([_laid(row) for row in size["rows"]]),
        ]
    rows = goals(result)
    met = sum(row["met"] == "yes" for row in rows)
    return blocks(
        *parts,
        f"### Goals, with {result['sizes'][-1]['embeddings']:,} embeddings",
        f"A gallery on disk meets {met} of its {len(rows)} goals.",
        table(rows),
        "Memory is the most that was resident of the whole process (VmHWM): imports, and what is "
        "mapped of files. FAISS maps its lists; the system can take these pages back if it needs "
        "memory. What the system keeps of files besides is in neither figure. *one of a class* "
        "asks for neighbours within one class. The class, and a path, are kept with each embedding "
        f"of the gallery on disk; the others keep neither. {medians(result['rounds'])}",
        measured_on(result),
    )


def _laid(row: dict[str, Any]) -> dict[str, str]:
    asked = {
        "one query, ms": "single ms",
        "one of a class, ms": "in a class ms",
        "200 queries, ms": "all ms",
        "memory asked, MiB": "search MiB",
    }
    return {
        "search": row["search"],
        "recall@10": interval(row["recall"], share),
        **{name: interval(row[key]) if key in row else "–" for name, key in asked.items()},
        "appended, s": shown(row["append s"]),
        "indexed, s": shown(row["index s"]),
        "memory built, MiB": shown(row["build MiB"]),
        "on disk, MB": shown(row["MB"]),
    }


def median_ms(seconds: list[float]) -> float:
    """Return the median in milliseconds."""
    return 1e3 * statistics.median(seconds)


def disk_mb(folder: Path) -> float:
    """Return what a folder takes on disk, in MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
