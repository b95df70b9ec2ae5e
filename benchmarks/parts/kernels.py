"""Where a step's time goes: the kernels of oneDNN, under this library and under PyTorch.

TensorFlow and PyTorch both compute convolutions with oneDNN, each with a version of its own and
its own way of sharing the work between threads. oneDNN can report every kernel that it runs. Here
it does so while the tower trains as in `benchmarks.step`: as it is, where TensorFlow runs kernels
that do not wait for each other at the same time; with one kernel at a time
(``TF_NUM_INTEROP_THREADS=1``), so that each has both cores to itself, as in PyTorch; and in
PyTorch. The first line of each column, the whole step, is from the same processes, reports
included, which cost a little.

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
from benchmarks.tools.results import measured_on, spread, table

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


def main() -> None:
    """Train one way, oneDNN's reports going to standard output, and end with the seconds."""
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
        parts += [kernels_table(dtype, of_dtype), ""]
    libraries = "; ".join(
        dict.fromkeys(
            f"{column['way'].split(',')[0]}: oneDNN {column['oneDNN']}, {column['threads by']}"
            for column in result["columns"]
        )
    )
    return "\n".join(
        [
            *parts,
            f"Milliseconds a step of {result['batch']} images, medians of {result['rounds']} "
            f"rounds of {result['steps']} steps in turn ({libraries}).",
            "*All convolutions* sums up those below it. Kernels of the first column overlap, so "
            "that they add up to more than the step takes. "
            "PyTorch pools without oneDNN. What is not listed is below a twentieth of a "
            "millisecond in all columns.",
            "",
            *(f"* {said}" for said in sentences(result)),
            "",
            measured_on(result),
        ]
    )


def kernels_table(dtype: str, of_dtype: list[dict[str, Any]]) -> str:
    """Set the kernels of one dtype side by side, the dearest first."""
    names = dict.fromkeys(name for column in of_dtype for name in column["ms"])
    medians = {
        name: [column["ms"].get(name, {"median": 0.0})["median"] for column in of_dtype]
        for name in names
    }
    ordered = sorted(
        names, key=lambda name: (name not in (STEP, CONVOLUTIONS), -max(medians[name]))
    )
    ordered = [name for name in ordered if max(medians[name]) >= 0.05]
    return table(
        [
            {f"{dtype}, ms": name}
            | {
                column["way"]: f"{value:.2f}" if value else "–"
                for column, value in zip(of_dtype, medians[name], strict=True)
            }
            for name in ordered
        ]
    )


def sentences(result: dict[str, Any]) -> list[str]:
    """Say how our convolutions, each alone, compare with PyTorch's, and what is around them."""
    by_way = {(column["way"], column["dtype"]): column for column in result["columns"]}
    said = []
    for dtype in dict.fromkeys(dtype for _, dtype in by_way):
        if (PYTORCH, dtype) not in by_way or (SINGLE, dtype) not in by_way:
            continue

        def ms(way: str, name: str, dtype: str = dtype) -> float:
            return by_way[way, dtype]["ms"][name]["median"]

        alone, theirs = ms(SINGLE, CONVOLUTIONS), ms(PYTORCH, CONVOLUTIONS)
        rest = ms(SINGLE, STEP) - alone
        their_rest = ms(PYTORCH, STEP) - theirs
        said.append(
            f"{dtype}, one kernel at a time: convolutions, {alone:.1f} ms under TensorFlow and "
            f"{theirs:.1f} ms under PyTorch; all else of the step, {rest:.1f} ms and "
            f"{their_rest:.1f} ms. As it is, our step takes {ms(OURS, STEP):.1f} ms and theirs "
            f"{ms(PYTORCH, STEP):.1f} ms."
        )
    return said


if __name__ == "__main__":
    main()
