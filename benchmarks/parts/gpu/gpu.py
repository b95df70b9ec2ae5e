"""Training on a GPU: the library's tower, losses, optimizer and samplers, on Keras with JAX.

``python -m benchmarks gpu`` needs jax, keras, numpy, lazy-loader and psutil, but no TensorFlow.
The result says "not measured" where JAX sees no GPU, and where Keras runs on another backend
because parts that need TensorFlow ran in the same process; that takes seconds on two cores.
``--quick`` goes through everything on whatever device there is, with sizes so tiny that the figures
mean nothing.

* Whole trainings: the 2017 recipe in full and our default recipes, each three times with other
  seeds; seconds with and without compilation. Sending the images to the device is timed; loading
  them and evaluation are not. Every mode of arithmetic has its turn in each round.
* A step next to its floor, by the size of batches. The floor is the longer of two times: that of
  the convolutions' operations at the rate of a large matrix product in the same arithmetic, and
  that of moving the bytes that must move at the rate of a large copy
  (`device_figures.image_bytes`). What fits into the device's cache need not move, so small batches
  may do better than the second. Steps are compiled before the clock starts.
* What helps: keeping images on the device, and making many steps in a call.
"""

from __future__ import annotations

import os
import statistics
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import siamese_lib as sl
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, share, shown, table
from benchmarks.tools.results import spread

if TYPE_CHECKING:
    from benchmarks.parts.gpu.device_figures import Sizes

COMPARED = ("jax", "jaxlib", "jax-cuda13-plugin", "jax-cuda12-plugin")
ROUNDED = 1e-5  # relative error of a product whose float32 factors were rounded first


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Measure everything, or say why not."""
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", "jax")
    here = sl.device()
    if here.backend != "jax":
        why = f"Keras runs on {here.backend} in this process, not on JAX"
        return {"status": "not measured", "why": f"{why}; run `python -m benchmarks gpu` alone."}
    if here.kind == "cpu" and not quick:
        return {"status": "not measured", "why": "JAX sees no GPU on this machine."}
    return _measured(ledger, quick)


def _measured(ledger: Ledger, quick: bool) -> dict[str, Any]:
    from benchmarks.parts.gpu import device_figures as figures
    from benchmarks.recipes.ours import RECIPES, full_mnist

    sizes = figures.QUICK if quick else figures.Sizes()
    data = full_mnist()
    if quick:
        few = [sl.Split(half.images[:500], half.labels[:500]) for half in (data.train, data.test)]
        data = replace(data, train=few[0], test=few[1])
    names = (figures.ORIGINAL, *(list(RECIPES)[1:2] if quick else RECIPES))
    trainings = [_trained(ledger, name, data, sizes) for name in names]
    ways = figures.step_ways(figures.OnDevice.of(data.train), sizes)
    steps = [
        ledger.once(f"steps, round {turn + 1}", lambda: figures.step_round(ways, sizes))
        for turn in range(sizes.rounds)
    ]
    ablations = figures.ablations(data, sizes)
    batch = sizes.batches[0]
    helps = [
        ledger.once(
            f"what helps, round {turn + 1}",
            lambda: figures.ablation_round(ablations, sizes.steps, batch),
        )
        for turn in range(sizes.rounds)
    ]
    return {
        "status": "a quick try" if quick else "measured",
        **figures.device_facts(),
        "product error": {
            mode: figures.product_error(figures.MODES[mode])
            for mode in sizes.modes
            if mode.startswith("float32")
        },
        "trainings": [row for each in trainings for row in training_rows(**each)],
        "steps": step_rows(steps),
        "rates": {
            "products": {
                mode: spread([each["products"][mode] / 1e12 for each in steps], 2)
                for mode in sizes.modes
            },
            "copy": spread([each["copy"] / 1e9 for each in steps], 1),
        },
        "the same step twice": spread([each["the same twice"] for each in steps], 3),
        "one image ms": spread(
            [1e3 * each["steps"][figures.ONE_IMAGE]["seconds"] for each in steps], 4
        ),
        "what helps": help_rows(helps, figures.OURS),
        "batch": batch,
        "chunk": sizes.chunk,
        "rounds": sizes.rounds,
    }


def _trained(ledger: Ledger, recipe: str, data: sl.Dataset, sizes: Sizes) -> dict[str, Any]:
    """Train by one recipe from every seed: what `training_rows` takes."""
    from benchmarks.parts.gpu.device_figures import whole_trainings

    return {
        "recipe": recipe,
        "modes": [
            ledger.once(
                f"{recipe}, training {seed + 1} of {sizes.trainings}",
                lambda seed=seed: whole_trainings(recipe, seed, data, sizes),
            )
            for seed in range(sizes.trainings)
        ],
    }


def training_rows(recipe: str, modes: list[dict[str, dict[str, float]]]) -> list[dict[str, Any]]:
    """Put the trainings of one recipe together: a row for each mode, over the seeds."""
    digits = {"all s": 2, "compile s": 2, "run s": 2, "steps/s": 1, "precision@7": 4}
    return [
        {"recipe": recipe, "arithmetic": mode, "steps": modes[0][mode]["steps"]}
        | {key: spread([seed[mode][key] for seed in modes], n) for key, n in digits.items()}
        for mode in modes[0]
    ]


def step_rows(rounds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the rounds together: a row for each mode and size of batch; shares within a round."""
    rows = []
    for name in rounds[0]["steps"]:
        each = [one["steps"][name] for one in rounds]
        mode, _, batch = name.rpartition(", ")
        if not batch.isdigit():
            continue
        limits = {
            key: statistics.median(one[key] for one in each) for key in ("arithmetic", "memory")
        }
        rows.append(
            {
                "arithmetic": mode,
                "batch": int(batch),
                "images/s": spread([one["images/s"] for one in each], 0),
                "step ms": spread([1e3 * one["seconds"] for one in each], 4),
                "floor ms": round(1e3 * max(limits.values()), 4),
                "floor of": max(limits, key=limits.__getitem__),
                "share of floor, %": spread(
                    [100 * max(one["arithmetic"], one["memory"]) / one["seconds"] for one in each],
                    1,
                ),
            }
        )
    return rows


def help_rows(rounds: list[dict[str, float]], ours: str) -> list[dict[str, Any]]:
    """Put the rounds together: images a second of each way, and ours as a multiple of it."""
    return [
        {
            "way": way,
            "images/s": spread([one[way] for one in rounds], 0),
            "our rate / its rate": spread([one[ours] / one[way] for one in rounds], 2),
        }
        for way in rounds[0]
    ]


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    if result["status"] == "not measured":
        return (
            f"Not measured: {result['why']} With one, `pip install 'jax[cuda12]'` (or `cuda13`, as "
            "its driver is) and `KERAS_BACKEND=jax python -m benchmarks gpu` measure training with "
            "the images on the device and many steps in each call."
        )
    about = [result[key] for key in ("device", "memory") if key in result]
    about += [f"driver {result['driver']}"] if "driver" in result else []
    on_cpu = result["platform"] == "cpu"
    rates = result["rates"]
    products = ", ".join(f"{mode} {interval(rate)}" for mode, rate in rates["products"].items())
    return blocks(
        f"Device: {', '.join(about)} (JAX calls it a {result['platform']}).",
        "**A quick try on a CPU, with tiny sizes: these are not figures of a GPU.**"
        if on_cpu
        else "",
        "### Whole trainings",
        trainings_takeaway(result["trainings"]),
        table([_training_cells(row) for row in result["trainings"]]),
        "*All* goes from sending the images to the last step; *compiling* and *running* are parts "
        f"of it. Medians over seeds, with the least and the most in brackets. "
        f"{_rounding(result['product error'])}",
        "### A step next to its floor",
        floors_takeaway(result["steps"]),
        table([_step_cells(row) for row in result["steps"]]),
        f"Matrix products reach, in TFLOP/s: {products}. A copy reaches {interval(rates['copy'])} "
        f"GB/s. A step of a single image takes {interval(result['one image ms'])} ms; a step of a "
        "small batch can hardly take less. The same step, measured twice in a round, differs by a "
        f"factor of {interval(result['the same step twice'])}.",
        "### What helps",
        helps_takeaway(result["what helps"]),
        table(
            [
                {
                    "way": row["way"],
                    "images/s": interval(row["images/s"]),
                    "our rate / its rate": interval(row["our rate / its rate"]),
                }
                for row in result["what helps"]
            ]
        ),
        f"Batches of {result['batch']}, float32; {result['chunk']} steps a call, or one. "
        f"{medians(result['rounds'])}",
        measured_on(result),
    )


def trainings_takeaway(rows: list[dict[str, Any]]) -> str:
    """Name the quickest arithmetic of each recipe."""
    said = []
    for recipe in dict.fromkeys(row["recipe"] for row in rows):
        mine = [row for row in rows if row["recipe"] == recipe]
        best = min(mine, key=lambda row: row["all s"]["median"])
        said.append(f"*{recipe}* takes {shown(best['all s']['median'])} s in {best['arithmetic']}")
    return f"With its quickest arithmetic, {'; '.join(said)}."


def floors_takeaway(rows: list[dict[str, Any]]) -> str:
    """Say what bounds the steps, and which comes nearest."""
    kinds = {row["floor of"] for row in rows}
    nearest = max(rows, key=lambda row: row["share of floor, %"]["median"])
    bound = (
        f"In every row {kinds.pop()} is the larger floor"
        if len(kinds) == 1
        else "The larger floor is arithmetic in some rows and memory in others"
    )
    return (
        f"{bound}. Nearest to it comes {nearest['arithmetic']} in batches of {nearest['batch']}, "
        f"with {interval(nearest['share of floor, %'])} %."
    )


def helps_takeaway(rows: list[dict[str, Any]]) -> str:
    """Say how much the slowest way loses."""
    slowest = max(rows, key=lambda row: row["our rate / its rate"]["median"])
    times = shown(slowest["our rate / its rate"]["median"])
    return f"Ours is {times} times as fast as the slowest way, *{slowest['way']}*."


def _training_cells(row: dict[str, Any]) -> dict[str, str]:
    return {
        "recipe": row["recipe"],
        "arithmetic": row["arithmetic"],
        "steps": f"{row['steps']:,}",
        "all, s": interval(row["all s"]),
        "compiling, s": interval(row["compile s"]),
        "running, s": interval(row["run s"]),
        "steps/s": interval(row["steps/s"]),
        "precision@7": interval(row["precision@7"], share),
    }


def _step_cells(row: dict[str, Any]) -> dict[str, str]:
    return {
        "arithmetic": row["arithmetic"],
        "batch, images": f"{row['batch']:,}",
        "images/s": interval(row["images/s"]),
        "step, ms": interval(row["step ms"]),
        "floor, ms": shown(row["floor ms"]),
        "floor of": row["floor of"],
        "share of the floor, %": interval(row["share of floor, %"]),
    }


def _rounding(errors: dict[str, float]) -> str:
    """Say whether products in float32 keep all digits of their factors."""
    said = []
    for mode, error in errors.items():
        how = "rounds factors first, as TF32 does" if error > ROUNDED else "keeps all their digits"
        said.append(f"*{mode}* {how} (relative error of a product {error:.1e})")
    return "; ".join(said) + "."
