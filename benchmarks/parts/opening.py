"""Opening folders of images, and asking a collection of them for one picture's neighbours.

A folder is opened the first time, the second, and after a file was added. Then a process keeps its
images as a collection, and another one loads it and is asked with one file after another. Its tower
is the untrained `photo_tower`, as the weights do not change the time.

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
KEEP = """import os, sys, warnings
folder, side, place, cache = sys.argv[1:]
os.environ["SIAMESE_CACHE"] = cache
import siamese_lib as sl
warnings.simplefilter("ignore")
data = sl.load_folder(folder, image_size=(int(side),) * 2, color="rgb", verbose=False)
tower = sl.photo_tower(data.train.images.shape[1:], seed=0)
run = sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])
sl.Collection.of(run, data).save(place)
print("{}")
"""
ASK = """import json, sys, time
place, = sys.argv[1:]
import siamese_lib as sl
started = time.perf_counter()
collection = sl.Collection.load(place)
files = [entry.path for entry in collection.entries][:: max(1, len(collection) // 200)]
collection.nearest(files[0])
first, times, found = time.perf_counter() - started, [], 0
for file in files[:20]:  # the tower is compiled meanwhile
    collection.nearest(file)
for file in files:
    started = time.perf_counter()
    answers = collection.nearest(file)[0]
    times.append(1000 * (time.perf_counter() - started))
    found += answers[0].distance < 1e-5
times.sort()
print(json.dumps({"first, s": first, "ms": times[len(times) // 2],
                  "asked": len(times), "found": found}))
"""
MILLISECONDS = 20  # the goal for an answer


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
    answers = [
        {"folder": name, **ledger.once(f"{name}, answers", partial(answers_of, name, folder))}
        for name, folder in folders.items()
    ]
    return {"status": "measured", "rounds": rounds, "openings": rows, "answers": answers}


def answers_of(name: str, folder: Path) -> dict[str, float]:
    """Keep a folder's images as a collection, and ask it from another process."""
    with tempfile.TemporaryDirectory() as work:
        python("-c", KEEP, str(folder), str(SIDES[name]), f"{work}/kept", f"{work}/cache")
        return python("-c", ASK, f"{work}/kept")


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
        *_answers(result.get("answers", [])),
        measured_on(result),
    )


def _answers(rows: list[dict[str, Any]]) -> list[str]:
    """Say how long one picture's answer takes."""
    if not rows:
        return []
    slowest = max(row["ms"] for row in rows)
    said = (
        f"Another process loads the collection and answers half of the files in {slowest:.3g} ms "
        f"or less, {_below(slowest, MILLISECONDS)} the goal of {MILLISECONDS} ms: it reads "
        "a file, embeds it, and finds its 7 neighbours."
    )
    return [
        said,
        table(
            [
                {
                    "collection": row["folder"],
                    "loading and the first answer, s": f"{row['first, s']:.3g}",
                    "the middle one of the further answers, ms": f"{row['ms']:.3g}",
                    "found as themselves": f"{row['found']} of {row['asked']}",
                }
                for row in rows
            ]
        ),
    ]


def _place(name: str) -> Path:
    folders = os.environ.get("SIAMESE_FOLDERS")
    return Path(folders).expanduser() / name if folders else Path(PLACES[name])


def _below(value: float, goal: float) -> str:
    return "below" if value < goal else "not below"
