"""Opening folders of images: the first time, the second, and after a file was added.

The folders are those of the Debian packages ``tuxpaint-stamps-default`` and ``openclipart-png``,
where they are installed, or ``stamps`` and ``openclipart`` in the folder that the environment
variable ``SIAMESE_FOLDERS`` names. Each opening is a process of its own, so its peak of memory is
its own too. The files are read once before, so that the disk does not count.

``python -m benchmarks opening`` takes some ten minutes on two cores; ``--quick`` is one round that
writes nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.tools.fresh import python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, table
from benchmarks.tools.results import spread

COMPARED = ("pillow",)

PLACES = {"stamps": "/usr/share/tuxpaint/stamps", "openclipart": "/usr/share/openclipart/png"}
SIDES = {"stamps": 64, "openclipart": 32}
WITHOUT, FIRST, SECOND, ADDED = "without the cache", "first", "second", "one file added"
SECONDS, MIB = 10, 1e9 / 2**20  # the goals: of the second opening, and of every opening
OPEN = """import json, os, resource, sys, time, warnings
folder, side, cached, place = sys.argv[1:]
os.environ["SIAMESE_CACHE"] = place
import siamese_lib as sl
warnings.simplefilter("ignore")
started = time.perf_counter()
data = sl.load_folder(folder, image_size=(int(side),) * 2, color="rgb",
                      cache=cached == "True", verbose=False)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"s": seconds, "MiB": peak, "images": len(data.train) + len(data.test)}))
"""


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Open each folder that is here in four ways, round after round."""
    folders = {name: folder for name in PLACES if (folder := _place(name)).is_dir()}
    if not folders:
        return {"status": "not measured", "why": "The folders are not on this machine."}
    rounds = 1 if quick else 3
    rows = []
    for name, folder in folders.items():
        turns = [
            ledger.once(f"{name}, round {number}", partial(one_round, folder, SIDES[name]))
            for number in range(1, rounds + 1)
        ]
        rows += [
            {
                "folder": name,
                "opening": way,
                "images": turns[0][way]["images"],
                "s": spread([turn[way]["s"] for turn in turns], 2),
                "MiB": spread([turn[way]["MiB"] for turn in turns], 0),
            }
            for way in turns[0]
        ]
    return {"status": "measured", "rounds": rounds, "openings": rows}


def one_round(folder: Path, side: int) -> dict[str, dict[str, float]]:
    """Open a folder in each way, and return seconds, peaks and numbers of images."""
    with tempfile.TemporaryDirectory() as work:
        linked = Path(work, "root")  # of links to the classes, so that a class can be added
        linked.mkdir()
        for each in folder.resolve().iterdir():
            if each.is_dir():
                (linked / each.name).symlink_to(each)
        for file in folder.rglob("*"):
            if file.is_file():
                file.read_bytes()

        def opened(cached: bool) -> dict[str, float]:
            return python("-c", OPEN, str(linked), str(side), str(cached), f"{work}/cache")

        found = {WITHOUT: opened(False), FIRST: opened(True), SECOND: opened(True)}
        (linked / "new class").mkdir()
        Image.new("RGB", (200, 100), "teal").save(linked / "new class" / "one.png")
        found[ADDED] = opened(True)
        shutil.rmtree(linked / "new class")
    return found


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    if result["status"] == "not measured":
        return (
            f"Not measured: {result['why']} `apt-get install tuxpaint-stamps-default "
            "openclipart-png` brings them."
        )
    openings = result["openings"]
    most = max(row["MiB"]["most"] for row in openings)
    slowest = max(row["s"]["most"] for row in openings if row["opening"] == SECOND)
    return blocks(
        f"A second opening takes up to {slowest:.3g} s, {_below(slowest, SECONDS)} the goal of "
        f"{SECONDS} s. Every opening stays "
        f"{_below(most, MIB)} 1 GB of memory, with up to {most:,.0f} MiB.",
        table(
            [
                {
                    "folder": f"{row['folder']}, {row['images']:,} images",
                    "opening": row["opening"],
                    "seconds": interval(row["s"]),
                    "peak memory, MiB": interval(row["MiB"]),
                }
                for row in openings
            ]
        ),
        f"The peak is that of the whole process. {medians(result['rounds'])}",
        measured_on(result),
    )


def _place(name: str) -> Path:
    folders = os.environ.get("SIAMESE_FOLDERS")
    return Path(folders).expanduser() / name if folders else Path(PLACES[name])


def _below(value: float, goal: float) -> str:
    return "below" if value < goal else "not below"
