"""Training, measured: quality by seconds, and a step against the machine and the recipe of 2017.

``python -m benchmarks training`` takes a quarter to half an hour on two cores and writes
``benchmarks/results/training.json``. Every recipe is trained with three seeds. The seconds are
those of the whole training, from building the tower to the last step, with compilation and
recording; loading the data and evaluation are not counted. Everything is measured in one run,
except the number of steps that the recipe of 2017 needs: a recording of a full run gives it
(``benchmarks.recipes.original``).
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.original import OriginalTraining
from benchmarks.recipes.ours import OFFLINE_RECIPES, RECIPES, Recipe, full_mnist, train
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, share, shown, table
from benchmarks.tools.results import duration, load_result, spread
from siamese_lib.data.offline import offline_digits
from siamese_lib.network.backend import keras

GOAL = 0.938
SEEDS = (0, 1, 2)

COMPARED = ()


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Train every recipe; measure a step, recording, and a step of the recipe of 2017.

    A quick try trains each recipe for a few steps only, so its precision means nothing.
    """
    digits, offline = full_mnist(), offline_digits()
    few, seeds = ({"steps": 6}, SEEDS[:1]) if quick else ({}, SEEDS)
    sets = {**dict.fromkeys(RECIPES, digits), **dict.fromkeys(OFFLINE_RECIPES, offline)}
    recipes = {name: replace(recipe, **few) for name, recipe in (RECIPES | OFFLINE_RECIPES).items()}
    trained = [
        ledger.once(f"{name}, seed {seed}", partial(quality, name, recipe, sets[name], seed))
        for seed in seeds
        for name, recipe in recipes.items()
    ]
    small = {"rounds": 2, "steps": 4} if quick else {}
    return {
        "seeds": len(seeds),
        "quality": over_seeds(trained),
        "step": ledger.once("a step's share", lambda: step_share(digits, **small)),
        "recording": ledger.once("recording", lambda: recording_cost(digits, **small)),
        "original step": ledger.once(
            "the original's step", lambda: original_step(digits, 2 if quick else 12)
        ),
    }


def quality(name: str, recipe: Recipe, data: sl.Dataset, seed: int) -> dict[str, Any]:
    """Train one recipe from nothing and evaluate it."""
    started = time.perf_counter()
    recorder = train(replace(recipe, seed=seed), data)
    seconds = time.perf_counter() - started
    measured = sl.evaluate(recorder.run, data)
    return {
        "recipe": name,
        "dtype": recorder.tower.get_layer("conv1").dtype_policy.name,
        "images": recipe.steps * recipe.batch_size,
        "seconds": seconds,
        "precision@7": measured.precision,
        "kNN accuracy": measured.accuracy,
    }


def over_seeds(trained: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the trainings of each recipe into one row, with the spread over seeds."""
    rows = []
    for name in dict.fromkeys(row["recipe"] for row in trained):
        same = [row for row in trained if row["recipe"] == name]
        spreads = {
            column: spread([row[column] for row in same], digits)
            for column, digits in (("seconds", 1), ("precision@7", 4), ("kNN accuracy", 4))
        }
        rows.append({**same[0], **spreads})
    return rows


def step_share(data: sl.Dataset, rounds: int = 5, steps: int = 40) -> dict[str, Any]:
    """Compare the arithmetic rate of training with that of matrix products, in turns.

    The recipe's own ``fit``, with batches and recording, is compared with products of two 4096 by
    4096 float32 matrices in the same TensorFlow.
    """
    import tensorflow as tf

    tower = sl.conv_tower(seed=0)
    sampler = sl.BalancedBatchSampler(data.train.labels, 128, 0)
    batches = sl.ImageBatches(data.train, sampler, steps=steps)
    tower.compile(sl.Muon(0.001), sl.InBatchContrastiveLoss(), **sl.compile_options())
    tower.fit(batches, shuffle=False, verbose=0)
    matrix = tf.random.normal((4096, 4096))
    product = tf.function(lambda a: a @ a, jit_compile=False)
    product(matrix)
    operations = training_operations(tower)
    rows = []
    for _ in range(rounds):
        peak = 4 * 2 * 4096**3 / duration(lambda: [product(matrix) for _ in range(4)][-1].numpy())
        recorder = sl.Recorder(tower, batches)
        fit = duration(
            lambda recorder=recorder: tower.fit(
                batches, callbacks=[sl.Guard(), recorder], shuffle=False, verbose=0
            )
        )
        rate = steps * 128 / fit
        rows.append({"peak": peak, "rate": rate, "share": rate * operations / peak})
    return {
        "rounds": rounds,
        "MFLOP for an image": round(operations / 1e6, 1),
        **{
            key: spread([row[key] * factor for row in rows], digits)
            for key, factor, digits in (("peak", 1e-9, 0), ("rate", 1, 0), ("share", 100, 1))
        },
    }


def recording_cost(data: sl.Dataset, rounds: int = 5, steps: int = 100) -> dict[str, Any]:
    """Time the same steps with a `Recorder` and without, in turns.

    A frame at every third step is a lot: a real training keeps as many in thousands of steps.
    The order changes from round to round, so a machine that slows down favours neither.
    """
    tower = sl.conv_tower(seed=0)
    batches = sl.ImageBatches(
        data.train, sl.BalancedBatchSampler(data.train.labels, 128, 0), steps=steps
    )
    tower.compile(sl.Muon(0.001), sl.InBatchContrastiveLoss(), **sl.compile_options())
    tower.fit(batches, shuffle=False, verbose=0)

    def fit(*callbacks: keras.callbacks.Callback) -> float:
        return duration(
            lambda: tower.fit(batches, callbacks=list(callbacks), shuffle=False, verbose=0)
        )

    recorder = sl.Recorder(tower, batches)
    costs, twice = [], []
    for number in range(rounds):
        if number % 2:
            plain, recorded, again = fit(), fit(recorder), fit()
        else:
            recorded, plain, again = fit(recorder), fit(), fit()
        costs.append(100 * (recorded / plain - 1))
        twice.append(100 * (again / plain - 1))
    return {
        "rounds": rounds,
        "steps": steps,
        "frames": len(recorder.run.steps),
        "cost in %": spread(costs, 1),
        "the same fit twice, difference in %": spread(twice, 1),
    }


def training_operations(tower: keras.Model) -> int:
    """Count the multiplications and additions of the convolutions, for one image of a step.

    A convolution counts once forward and twice backward, for the gradients of kernel and input.
    The input of the first one needs no gradient.
    """
    forward = []
    for layer in tower.layers:
        if isinstance(layer, keras.layers.Conv2D):
            _, height, width, _ = layer.output.shape
            forward.append(2 * height * width * int(np.prod(layer.kernel.shape)))
    return 3 * sum(forward) - forward[0]


def original_step(data: sl.Dataset, steps: int = 12) -> dict[str, float]:
    """Time a step of the original recipe, in seconds."""
    training = OriginalTraining(data)
    training.step()
    return spread([duration(training.step) for _ in range(steps)], 3)


def against_original(result: dict[str, Any]) -> dict[str, Any]:
    """Compare seconds to 0.938: ours, and 2017's recorded steps times the seconds of a step.

    If the recorded run never reached 0.938, all of its steps count, and the ratio is a lower
    bound.
    """
    recorded = load_result("original")
    rows = recorded["rows"] if recorded else []
    reached = [row["step"] for row in rows if row["precision"] >= GOAL]
    recorded_steps = rows[-1]["step"] if rows else 0
    theirs = (reached[0] if reached else recorded_steps) * result["original step"]["median"]
    (ours,) = (row for row in result["quality"] if row["recipe"] == "2-D, short")
    return {
        "seconds a step": result["original step"],
        "steps to 0.938": reached[0] if reached else "not reached",
        "steps recorded": recorded_steps,
        "best precision@7": round(max((row["precision"] for row in rows), default=0.0), 4),
        "seconds to 0.938": round(theirs),
        "our seconds to 0.938": ours["seconds"],
        "our precision@7": ours["precision@7"],
        "times as long": round(theirs / ours["seconds"]["median"], 1),
        "is a lower bound": not reached,
    }


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    step, rows = result["step"], result["quality"]
    return blocks(
        takeaway(rows),
        recipes_table(result),
        medians(result["seeds"], "seeds"),
        _columns(result),
        "### A step, recording, and the recipe of 2017",
        "* Training in float32 reaches "
        f"{interval(step['share'])} % of the arithmetic rate of matrix products on the same "
        f"machine, with {interval(step['rate'])} images a second ({step['rounds']} rounds).\n"
        f"* {recording_line(result['recording'])}\n"
        f"* {original_line(against_original(result))}",
        f"{measured_on(result)} The steps that the recipe of 2017 needs are a recording "
        "(`python -m benchmarks.recipes.original`).",
    )


def _columns(result: dict[str, Any]) -> str:
    """Say what the columns of the table hold."""
    dtypes = " and ".join(sorted({row["dtype"] for row in result["quality"]}))
    return f"""\
* **images**: each image counts every time that it comes into a batch.
* **seconds**: the whole training on {result["machine"]["cores"]} cores, from building the tower to
  the last step, with compilation and recording. Convolutions run in {dtypes}
  (`sl.fastest_dtype()`).
* **precision@7**: the share of right digits among the 7 nearest of the first 10,000 training
  images, for each of the 10,000 test images.
* **kNN accuracy**: the share of test images to which a vote of the 7 nearest gives the right digit.
* **4,000 digits**: trained on the 4,000 digits that need no download; 1,000 others are the test
  images."""


def takeaway(rows: list[dict[str, Any]]) -> str:
    """Name the quickest recipe and the best one, by their medians."""
    quickest = min(rows, key=lambda row: row["seconds"]["median"])
    best = max(rows, key=lambda row: row["precision@7"]["median"])
    (quick_s, quick_p), (best_s, best_p) = (
        (shown(row["seconds"]["median"]), share(row["precision@7"]["median"]))
        for row in (quickest, best)
    )
    return (
        f"The quickest recipe, *{quickest['recipe']}*, takes {quick_s} s to a precision@7 of "
        f"{quick_p}; the best, *{best['recipe']}*, takes {best_s} s to {best_p}."
    )


def recipes_table(result: dict[str, Any]) -> str:
    """Write what each recipe reaches as a Markdown table."""
    return table(
        [
            {
                "recipe": row["recipe"].replace("offline", "4,000 digits"),
                "images, thousands": shown(row["images"] / 1000),
                "seconds": interval(row["seconds"]),
                **{key: interval(row[key], share) for key in ("precision@7", "kNN accuracy")},
            }
            for row in result["quality"]
        ]
    )


def recording_line(measured: dict[str, Any]) -> str:
    """Say what recording costs, or that the cost is within the noise of two equal trainings."""
    cost, noise = measured["cost in %"], measured["the same fit twice, difference in %"]
    what = f"Recording {measured['frames']} frames in {measured['steps']} steps"
    much = f"{interval(cost)} % of the training time"
    twice = f"The same training without it, measured twice, differs by {interval(noise)} %."
    if noise["least"] <= cost["median"] <= noise["most"]:
        return f"{what} costs less than the noise: {much}. {twice}"
    return f"{what} costs {much}. {twice}"


def original_line(original: dict[str, Any]) -> str:
    """Say how much longer the recipe of 2017 takes."""
    seeds = "all seeds" if original["our precision@7"]["least"] >= GOAL else "not all seeds"
    ours = (
        f"The first recipe passes a precision@7 of {GOAL} with {seeds}, and takes "
        f"{interval(original['our seconds to 0.938'])} s."
    )
    step = f"{shown(original['seconds a step']['median'])} s in float32"
    times = f"{shown(original['times as long'])} times as long"
    if original["is a lower bound"]:
        return (
            f"{ours} The recipe of 2017, reimplemented for this comparison, is at "
            f"{share(original['best precision@7'])} after {original['steps recorded']:,} steps of "
            f"{step}: more than {times}."
        )
    return (
        f"{ours} The recipe of 2017, reimplemented for this comparison, needs "
        f"{original['steps to 0.938']:,} steps of {step}: {times}."
    )
