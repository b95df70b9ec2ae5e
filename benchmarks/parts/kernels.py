"""Where the time of a step goes: the kernels of oneDNN, under this library and under PyTorch.

TensorFlow and PyTorch both compute convolutions with oneDNN. Each has its own version of it, and
its own way to divide the work between threads. oneDNN can report every kernel that it runs; here it
does so while the tower trains as in `parts.step`. There are three columns:

* this library as it is: TensorFlow runs kernels that do not depend on each other at the same time;
* this library with one kernel at a time (``TF_NUM_INTEROP_THREADS=1``), so that each has both
  cores, as in PyTorch;
* PyTorch.

The whole step is timed in the same processes, with the reports, which cost a little.

``python -m benchmarks.parts.kernels WAY STEPS`` trains one way and prints the seconds;
``python -m benchmarks kernels`` (some five minutes on two cores) writes
``benchmarks/results/kernels.json``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from benchmarks.parts.step.step_worker import BATCH, make
from benchmarks.tools.fresh import ROOT
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, measured_on, shown, table
from benchmarks.tools.results import spread

COMPARED = ("torch",)
WARM, STEPS, ROUNDS = 12, 40, 5
DTYPES = ("float32", "bfloat16")
OURS, SINGLE, PYTORCH = "this library", "this library, one kernel at a time", "PyTorch"
WAYS = {
    OURS: ("keras,{dtype}", {}),
    SINGLE: ("keras,{dtype}", {"TF_NUM_INTEROP_THREADS": "1"}),
    PYTORCH: ("torch,{dtype}", {}),
}
LAYERS = {(1, 32): "conv1", (32, 64): "conv2", (64, 128): "conv3", (128, 256): "conv4"}
PASSES = {
    "forward_training": "forward",
    "backward_weights": "gradient of the kernel",
    "backward_data": "gradient of the input",
}
STEP, CONVOLUTIONS = "the whole step", "all convolutions"
LEAST_MS = 0.05  # a step; quicker kernels are left out of the table


def main() -> None:
    """Train one way; oneDNN reports to standard output, and the seconds come last."""
    way, count = sys.argv[1], int(sys.argv[2])
    steps, _ = make(way)
    steps(WARM)
    print("warm", flush=True)
    started = time.perf_counter()
    steps(count)
    print(f"seconds {time.perf_counter() - started}", flush=True)


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Let all ways take turns; a round is one entry of the ledger."""
    rounds, steps = (1, 4) if quick else (ROUNDS, STEPS)
    ways = [OURS] if quick else [way for way in WAYS if way != PYTORCH or find_spec("torch")]
    dtypes = DTYPES[:1] if quick else DTYPES

    def turn() -> list[dict[str, Any]]:
        return [
            {"way": way, "dtype": dtype, **one(way, dtype, steps)}
            for dtype in dtypes
            for way in ways
        ]

    turns = [ledger.once(f"round {number + 1} of {rounds}", turn) for number in range(rounds)]
    return {"batch": BATCH, "steps": steps, "rounds": rounds, "columns": columns(turns)}


def one(way: str, dtype: str, steps: int) -> dict[str, Any]:
    """Train one way in a process of its own, and sum up what oneDNN reported."""
    name, environment = WAYS[way]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.parts.kernels",
            name.format(dtype=dtype),
            str(steps),
        ],
        cwd=ROOT,
        env={**os.environ, "ONEDNN_VERBOSE": "1", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return reported(done.stdout.splitlines(), steps)


def reported(lines: Iterable[str], steps: int) -> dict[str, Any]:
    """Sum up a report: milliseconds a step by kernel, and what oneDNN says of itself."""
    kernels: dict[str, float] = defaultdict(float)
    facts = {"oneDNN": "", "threads by": ""}
    warm = False
    for line in lines:
        if line == "warm":
            warm = True
        elif match := re.search(r"oneDNN v([\d.]+)", line):
            facts["oneDNN"] = match[1]
        elif match := re.search(r"runtime:(\w+)", line):
            facts["threads by"] = facts["threads by"] or match[1]
        elif line.startswith("seconds "):
            kernels[STEP] = 1000 * float(line.split()[1]) / steps
        elif warm and ",exec," in line and (kind := kernel(line)):
            name, milliseconds = kind
            kernels[name] += milliseconds / steps
            if name.startswith("conv"):
                kernels[CONVOLUTIONS] += milliseconds / steps
    return {"ms": dict(kernels), **facts}


def kernel(line: str) -> tuple[str, float] | None:
    """Name the kernel of a line of the report, and read its milliseconds; None for odd lines."""
    words = line.split(",exec,")[1].split(",")
    try:
        primitive, direction, milliseconds = words[1], words[3], float(words[-1])
    except (IndexError, ValueError):
        return None
    if primitive != "convolution":
        return "reordering" if primitive == "reorder" else primitive, milliseconds
    shape = re.search(r"ic(\d+)oc(\d+)", words[-2])
    layer = LAYERS.get((int(shape[1]), int(shape[2])), "conv5") if shape else "convolution"
    return f"{layer}, {PASSES.get(direction, direction)}", milliseconds


def columns(turns: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Turn the rounds into one column for each way and dtype: the spread of every kernel."""
    found = []
    for index, first in enumerate(turns[0]):
        rows = [turn[index] for turn in turns]
        names = dict.fromkeys(name for row in rows for name in row["ms"])
        spreads = {name: spread([row["ms"].get(name, 0.0) for row in rows], 2) for name in names}
        found.append({**first, "ms": spreads})
    return found


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown: a table for each dtype."""
    parts = []
    for dtype in dict.fromkeys(column["dtype"] for column in result["columns"]):
        of_dtype = [column for column in result["columns"] if column["dtype"] == dtype]
        parts += [f"### {dtype}", takeaway(of_dtype), kernels_table(of_dtype)]
    libraries = dict.fromkeys(
        f"{column['way'].split(',')[0]} has oneDNN {column['oneDNN']}, threads by "
        f"{column['threads by']}"
        for column in result["columns"]
    )
    ways = {column["way"] for column in result["columns"]}
    rounds = f"Medians of {result['rounds']} rounds" if result["rounds"] > 1 else "One round"
    notes = [
        (
            f"{rounds} of {result['steps']} steps in turn, with batches of {result['batch']}; "
            f"{'; '.join(libraries)}."
        ),
        (
            "*All convolutions* is the sum of the conv rows. A row is left out if no column "
            f"reaches {LEAST_MS} ms."
        ),
    ]
    if OURS in ways:
        notes.append(
            "The kernels of *this library* overlap, so they add up to more than the step takes."
        )
    if PYTORCH in ways:
        notes.append("PyTorch pools without oneDNN.")
    return blocks(*parts, "\n".join(f"* {note}" for note in notes), measured_on(result))


def kernels_table(of_dtype: list[dict[str, Any]]) -> str:
    """Set the kernels of one dtype side by side: the sums first, then the slowest."""
    names = dict.fromkeys(name for column in of_dtype for name in column["ms"])
    medians = {
        name: [column["ms"].get(name, {"median": 0.0})["median"] for column in of_dtype]
        for name in names
    }
    sums = [STEP, CONVOLUTIONS]
    ordered = sorted(
        (name for name in names if max(medians[name]) >= LEAST_MS),
        key=lambda name: (sums.index(name) if name in sums else len(sums), -max(medians[name])),
    )
    return table(
        [
            {"kernel": name}
            | {
                f"{column['way']}, ms": shown(value) if value else "–"
                for column, value in zip(of_dtype, medians[name], strict=True)
            }
            for name in ordered
        ]
    )


def takeaway(of_dtype: list[dict[str, Any]]) -> str:
    """Compare with PyTorch: our step, our convolutions one at a time, and what is around them."""
    by_way = {column["way"]: column for column in of_dtype}
    if not {OURS, SINGLE, PYTORCH} <= {*by_way}:
        return ""

    def ms(way: str, name: str) -> float:
        return by_way[way]["ms"][name]["median"]

    def rest(way: str) -> str:
        return shown(ms(way, STEP) - ms(way, CONVOLUTIONS))

    def both(name: str, way: str) -> str:
        return f"{shown(ms(way, name))} ms to PyTorch's {shown(ms(PYTORCH, name))} ms"

    return (
        f"A step takes {both(STEP, OURS)}. With one kernel at a time, convolutions take "
        f"{both(CONVOLUTIONS, SINGLE)}; everything else takes {rest(SINGLE)} ms to PyTorch's "
        f"{rest(PYTORCH)} ms."
    )


if __name__ == "__main__":
    main()
