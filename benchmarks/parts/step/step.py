"""A training step: this library next to PyTorch and JAX, with oneDNN and XLA on and off.

``python -m benchmarks step`` (some ten minutes on two cores) writes
``benchmarks/results/step.json``. Every way trains the same tower on the same batches of 128, in a
process of its own (`step_worker`). The ways take turns of sixty steps, round after round; ours has
two turns in a round, to show the noise. The rate of the machine is the best product of two 4096 by
4096 matrices that any of the three libraries computes in that round, in the dtype of the
convolutions. The share of it counts only the multiplications and additions of the convolutions.
Peak memory is that of the whole process, with libraries and MNIST.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.parts.step.step_worker import BATCH
from benchmarks.tools.fresh import ROOT
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, shown, table
from benchmarks.tools.results import spread

COMPARED = ("torch", "jax", "jaxlib")
STEPS, ROUNDS = 60, 5
JAX = {"KERAS_BACKEND": "jax"}
OURS, AGAIN, PYTORCH = "this library", "this library, again", "PyTorch, channels last"
# Name and dtype: the argument of `step_worker`, and its environment.
WAYS: dict[tuple[str, str], tuple[str, dict[str, str]]] = {
    (OURS, "float32"): ("keras,float32", {}),
    (AGAIN, "float32"): ("keras,float32", {}),
    ("Keras as it comes", "float32"): ("keras,float32,plain", {}),
    ("this library, XLA on", "float32"): ("keras,float32,xla", {}),
    ("this library, oneDNN off", "float32"): ("keras,float32", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    ("this library, oneDNN off, XLA on", "float32"): (
        "keras,float32,xla",
        {"TF_ENABLE_ONEDNN_OPTS": "0"},
    ),
    ("this library, Muon", "float32"): ("keras,float32,muon", {}),
    (PYTORCH, "float32"): ("torch,float32", {}),
    ("PyTorch, channels first", "float32"): ("torch,float32,channels_first", {}),
    ("PyTorch, channels last, compiled", "float32"): ("torch,float32,compiled", {}),
    ("JAX", "float32"): ("jax,float32", {}),
    ("this library on JAX", "float32"): ("keras,float32", JAX),
    (OURS, "bfloat16"): ("keras,bfloat16", {}),
    (AGAIN, "bfloat16"): ("keras,bfloat16", {}),
    ("this library, Muon", "bfloat16"): ("keras,bfloat16,muon", {}),
    (PYTORCH, "bfloat16"): ("torch,bfloat16", {}),
    ("PyTorch, channels last, compiled", "bfloat16"): ("torch,bfloat16,compiled", {}),
    ("JAX", "bfloat16"): ("jax,bfloat16", {}),
}
QUICK = ((OURS, "float32"), (AGAIN, "float32"), (PYTORCH, "float32"), ("JAX", "float32"))
MUST = 1.15  # times PyTorch's images a second


class Worker:
    """One way, in a process that waits for its turns."""

    def __init__(self, way: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.parts.step.step_worker", way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment},
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:  # the data set says where it is from
            if line.strip() == "ready":
                return
        self.close()
        raise WorkerError(f"{way} did not start: python -m benchmarks.parts.step.step_worker {way}")

    def ask(self, order: str) -> float:
        """Send an order and return the number that answers it."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(order, file=stdin, flush=True)
        return float(stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


class WorkerError(RuntimeError):
    """A way that does not work on this machine."""


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Let all ways take turns; a round is one entry of the ledger."""
    rounds, steps = (1, 4) if quick else (ROUNDS, STEPS)
    chosen = {key: WAYS[key] for key in (QUICK if quick else WAYS)}
    with ExitStack() as stack:
        workers: dict[tuple[str, str], Worker] = {}

        def turn() -> list[dict[str, Any]]:
            if not workers:
                workers.update(stack.enter_context(_working(chosen)))
            return [_row(key, worker, steps) for key, worker in workers.items()]

        turns = [ledger.once(f"round {number + 1} of {rounds}", turn) for number in range(rounds)]
    return {"batch": BATCH, "steps": steps, "rounds": rounds, **summary(turns, chosen)}


@contextmanager
def _working(chosen: dict[Any, Any]) -> Iterator[dict[tuple[str, str], Worker]]:
    """Start every way that works here, and stop them all at the end."""
    workers: dict[tuple[str, str], Worker] = {}
    try:
        for key, (way, environment) in chosen.items():
            print(f"step: starting {', '.join(key)}", flush=True)
            try:
                workers[key] = Worker(way, environment)
            except WorkerError as error:
                print(f"step: {error}")
        yield workers
    finally:
        for worker in workers.values():
            worker.close()


def _row(key: tuple[str, str], worker: Worker, steps: int) -> dict[str, Any]:
    name, dtype = key
    seconds = worker.ask(f"steps {steps}")
    row: dict[str, Any] = {"way": name, "dtype": dtype, "images/s": steps * BATCH / seconds}
    if name in (OURS, PYTORCH, "JAX"):
        row["product"] = worker.ask(f"product {dtype}")
    row["peak MiB"] = worker.ask("memory")
    print(f"step: {name}, {dtype}: {row['images/s']:.0f} images/s", flush=True)
    return row


def summary(turns: list[list[dict[str, Any]]], chosen: dict[Any, Any]) -> dict[str, Any]:
    """Turn the rounds into rows: rates, ratios to ours within a round, shares, memory."""
    operations = operations_for_an_image()
    there = [(row["way"], row["dtype"]) for row in turns[0]]
    rows = []
    for name, dtype in there:
        rates, ratios, shares, peaks = [], [], [], []
        for turn in turns:
            by_key = {(row["way"], row["dtype"]): row for row in turn}
            row = by_key[name, dtype]
            products = [r["product"] for r in turn if r["dtype"] == dtype and "product" in r]
            rates.append(row["images/s"])
            ratios.append(by_key[OURS, dtype]["images/s"] / row["images/s"])
            shares.append(100 * row["images/s"] * operations / max(products))
            peaks.append(row["peak MiB"] / 1024)
        rows.append(
            {
                "way": name,
                "dtype": dtype,
                "images/s": spread(rates, 0),
                "ours, times as fast": spread(ratios, 2),
                "share of matrix products in %": spread(shares, 1),
                "peak GiB": round(max(peaks), 2),
            }
        )
    products = {
        dtype: spread(
            [
                max(r["product"] for r in turn if r["dtype"] == dtype and "product" in r) / 1e9
                for turn in turns
            ],
            0,
        )
        for dtype in dict.fromkeys(dtype for _, dtype in there)
    }
    return {
        "MFLOP for an image": round(operations / 1e6, 1),
        "GFLOP/s of matrix products": products,
        "rows": rows,
        "did not work here": [", ".join(key) for key in chosen if key not in there],
    }


def operations_for_an_image() -> int:
    """Return the multiplications and additions of the convolutions for one image of a step."""
    import siamese_lib as sl
    from benchmarks.parts.training import training_operations

    return training_operations(sl.conv_tower(seed=0))


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    rows = [
        {
            "way": row["way"],
            "dtype": row["dtype"],
            "images/s": interval(row["images/s"]),
            "our rate / its rate": interval(row["ours, times as fast"]),
            "share of a matrix product's rate, %": interval(row["share of matrix products in %"]),
            "peak memory, GiB": shown(row["peak GiB"]),
        }
        for row in result["rows"]
    ]
    missing = "; ".join(result["did not work here"])
    return blocks(
        verdict(result),
        table(rows),
        medians(result["rounds"]),
        _notes(result),
        f"Not measured, as they do not work here: {missing}." if missing else "",
        measured_on(result),
    )


def _notes(result: dict[str, Any]) -> str:
    """Say what is compared, of the ways that were measured."""
    ways = " ".join(row["way"] for row in result["rows"])
    rates = result["GFLOP/s of matrix products"].items()
    products = " and ".join(f"{interval(rate)} GFLOP/s in {dtype}" for dtype, rate in rates)
    notes = [
        (
            f"All train the same tower on the same batches of {result['batch']} with Adam, in "
            f"turns of {result['steps']} steps. Ours is the whole `fit`, recorded and guarded; the "
            "others are bare loops."
        ),
        (
            f"A step takes {shown(result['MFLOP for an image'])} MFLOP for an image. Matrix "
            f"products reach {products} here."
        ),
    ]
    if "Muon" in ways:
        notes.append("*Muon* is the library's optimizer in place of Adam.")
    if "Keras as it comes" in ways:
        notes.append(
            "*Keras as it comes* trains without `sl.compile_options()`, and without the "
            "environment that `siamese_lib` sets."
        )
    return "\n".join(f"* {note}" for note in notes)


def verdict(result: dict[str, Any]) -> str:
    """Say how far ahead of PyTorch's channels-last loop this library is."""
    said = []
    for row in result["rows"]:
        if row["way"] == PYTORCH:
            times = row["ours, times as fast"]
            met = "reaches" if times["median"] >= MUST else "misses"
            said.append(
                f"In {row['dtype']} this library trains {interval(times)} times as many images a "
                f"second as PyTorch, which {met} the goal of {MUST}."
            )
    return " ".join(said)
