"""A soak of the retrieval explorer: thousands of choices, and what grows meanwhile.

Run by hand, from the root: ``PYTHONPATH=.:tests python tests/soak_explorer.py --minutes 5``. Each
line shows how many choices were made, memory, and what else could grow: widgets, messages' targets
(comms), observers of traits, Python objects, threads, and the median processor time of an answer.
The last line compares the second half with the first, and the exit status is 1 if something grew.
"""

from __future__ import annotations

import argparse
import gc
import io
import statistics
import sys
import threading
import time
from pathlib import Path

import comm
import ipywidgets
import numpy as np
from PIL import Image, ImageDraw

import siamese_lib as sl

KINDS = (
    "test", "random", "mistake", "draw", "upload", "point", "pin", "unpin", "metric", "k", "frame",
)  # fmt: skip


def memory() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def observers() -> int:
    """All functions that wait for a change of a trait of a widget."""
    return sum(
        len(functions)
        for widget in list(ipywidgets.widgets.widget._instances.values())
        for kinds in widget._trait_notifiers.values()
        for functions in kinds.values()
    )


def counts() -> dict[str, float]:
    gc.collect()
    return {
        "MB": memory(),
        "widgets": len(ipywidgets.widgets.widget._instances),
        "comms": len(comm.get_comm_manager().comms),
        "observers": observers(),
        "objects": len(gc.get_objects()),
        "threads": threading.active_count(),
    }


def picture(rng: np.random.Generator) -> bytes:
    """Something drawn, as the file of an upload."""
    image = Image.new("L", (90, 120), 255)
    points = [tuple(map(float, point)) for point in rng.integers(15, 75, (5, 2))]
    ImageDraw.Draw(image).line(points, 0, 9)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def act(explorer: sl.RetrievalExplorer, panel: str, name: str, value: object = None) -> None:
    """Send what the page sends when a control of a panel is used."""
    explorer._panels[panel]._handle_custom_msg({"act": name, "value": value}, [])


def choose(explorer: sl.RetrievalExplorer, kind: str, rng: np.random.Generator) -> None:
    """Make one choice, as a reader does: by messages of the panels, and by traits."""
    if kind == "test":
        act(
            explorer,
            "picker",
            "choose_test",
            int(rng.integers(len(explorer._search.facts.test_labels))),
        )
    elif kind == "mistake":
        act(explorer, "picker", "toggle_mistakes")
        act(explorer, "picker", "choose_random")
    elif kind == "draw":
        strokes = rng.uniform(0.2, 0.8, (3, 6, 2)).tolist()
        explorer.pad.strokes = strokes
        explorer.pad.strokes = []
    elif kind == "upload":
        message = {"act": "upload", "value": "drawn.png"}
        explorer.pad._handle_custom_msg(message, [memoryview(picture(rng))])
    elif kind == "point":
        view = (explorer.map, explorer.near)[rng.integers(2)]
        view.selected = [int(rng.integers(view.frames.shape[1]))]
    elif kind == "unpin":
        act(explorer, "pins", "recall", 0)
        act(explorer, "pins", "unpin", 0)
    elif kind == "metric":
        act(explorer, "answer", "set_metric", ("euclidean", "cosine")[rng.integers(2)])
    elif kind == "k":
        explorer._k.value = int(rng.integers(1, explorer._k.max + 1))
    elif kind == "frame":
        explorer._frame.value = int(rng.integers(len(explorer._frame.options)))
    else:
        act(explorer, "picker" if kind == "random" else "answer", KINDS_OF_ACTS[kind])


KINDS_OF_ACTS = {"random": "choose_random", "pin": "pin"}


def soak(explorer: sl.RetrievalExplorer, minutes: float, choices: int) -> list[dict[str, float]]:
    """Make random choices, and return a row of figures for every twentieth of them."""
    rng, rows, failed = np.random.default_rng(0), [], 0
    began, every, times = time.perf_counter(), choices // 20, []
    for done in range(1, choices + 1):
        started = time.process_time()  # other programs do not count
        choose(explorer, KINDS[rng.integers(len(KINDS))], rng)
        times.append(1000 * (time.process_time() - started))
        failed += explorer.state.failed
        over = time.perf_counter() - began > 60 * minutes
        if len(times) == every or (over and not rows):
            row = {"choices": done, **counts(), "ms": statistics.median(times), "refused": failed}
            print("  ".join(f"{name} {value:,.6g}" for name, value in row.items()), flush=True)
            rows.append(row)
            times.clear()
        if over:
            break
    return rows


def grown(rows: list[dict[str, float]]) -> list[str]:
    """Name what is more in the last quarter than in the second, beyond what varies."""
    quarter = max(len(rows) // 4, 1)
    some, last = rows[quarter : 2 * quarter], rows[-quarter:]
    allowed = {"MB": 1.05, "widgets": 1, "comms": 1, "observers": 1, "objects": 1.02, "threads": 1}
    return [
        f"{name} from {before:,.6g} to {after:,.6g}"
        for name, factor in {**allowed, "ms": 1.5}.items()
        for before in [statistics.median(row[name] for row in some)]
        for after in [statistics.median(row[name] for row in last)]
        if after > before * factor
    ]


def main() -> int:
    """Soak an explorer over the shipped run, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5, help="stop then (default: 5)")
    parser.add_argument("--choices", type=int, default=4000, help="or after so many (4000)")
    parser.add_argument("--limit", type=int, default=4000, help="training images searched (4000)")
    options = parser.parse_args()
    data = sl.load_dataset("mnist")
    explorer = sl.RetrievalExplorer(sl.shipped_run(), data, limit=options.limit)
    rows = soak(explorer, options.minutes, options.choices)
    more = grown(rows)
    print("grew: " + "; ".join(more) if more else "nothing grew")
    return int(bool(more))


if __name__ == "__main__":
    sys.exit(main())
