"""Quality by seconds of training: our recipes next to those of others.

``python -m benchmarks quality`` (an hour or two on two cores) prints the tables and writes
``benchmarks/results/quality.json``; ``--quick`` is a short try on a few images that writes
nothing. Our recipes take part in 2, 16 and 128 dimensions, each with three lengths
(`recipes.contenders`); the others are the recipe of 2017 (`recipes.original`), Keras' own siamese
example (`recipes.keras_example`), and pytorch-metric-learning's MNIST recipe, with its network and
with our tower (`recipes.metric_learning`).

The clock counts training alone, from building the network to a step. Compilation is counted, and so
is recording, for our recipes. Not counted: loading and preparing data, imports, a first step for
practice (what a library sets up only once is charged to nobody), copying weights, and evaluation,
which follows the training. Weights are copied at 15 moments, each 1.36 times as late as the one
before; after 60,000 images, where a pair counts as two; and at the end. The seconds to a goal are
those of the first copy that reaches it.

A training ends by itself or is stopped after 300 s. Our "five minutes" has as many steps as fit,
with 8 % to spare: 60 warm steps, timed just before, tell how many. Each contender has one turn,
with seed 0. Our short recipes, and one epoch of pytorch-metric-learning's recipe, have another
turn with seed 1. It shows how much of the figures is chance, and how noisy the seconds are.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.recipes import judging, keras_example
from benchmarks.recipes.contenders import DIMS, SHORT, Contender, Watch, old, ours
from benchmarks.recipes.ours import full_mnist
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, left_out, measured_on, share, shown, table
from siamese_lib.metrics.headline import GALLERY_IMAGES

COMPARED = ("torch", "pytorch-metric-learning")
LIMIT = 300.0
FIRST, MOMENTS = 4.0, 15
GOALS = (0.938, 0.974)
FIGURES = ("precision@7", "precision@1", "R-precision", "MAP@R", "pair accuracy")
PUBLISHED = (0.9789, 0.9808)  # P@1 after an epoch, in two versions of their notebook


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Train and judge every contender, one after the other."""
    data = part_of(sl.load_dataset("mnist"), 600, 200) if quick else full_mnist()
    limit = 0.5 if quick else LIMIT
    first, again, absent = contenders(DIMS[-1:] if quick else DIMS)
    if quick:
        again = again[-1:]
    rows = [
        ledger.once(one.name, lambda one=one: trained(one, data, limit, practise=not quick))
        for one in (*first, *again)
    ]
    return {
        "seconds": limit,
        "our dtype": sl.fastest_dtype(),
        "training images": len(data.train),
        "test images": len(data.test),
        "contenders": rows[: len(first)],
        "second seeds": rows[len(first) :],
        "not installed": absent,
    }


def contenders(dims: Sequence[int]) -> tuple[list[Contender], list[Contender], list[str]]:
    """Say who takes part, who does so with a second seed, and what is not installed."""
    first = [*ours(dims), old(), keras_example.contender()]
    again = [
        replace(one, name=f"{one.name}, seed 1", seed=1)
        for one in first
        if one.name.endswith(SHORT)
    ]
    try:
        from benchmarks.recipes import metric_learning
    except ModuleNotFoundError as missing:
        return first, again, [str(missing.name)]
    first += metric_learning.contenders()
    return first, [*again, metric_learning.one_epoch(seed=1)], []


def part_of(data: sl.Dataset, train: int, test: int) -> sl.Dataset:
    """Take the first images of each split."""
    few = [
        sl.Split(split.images[:count], split.labels[:count])
        for split, count in ((data.train, train), (data.test, test))
    ]
    return replace(data, train=few[0], test=few[1])


def trained(
    contender: Contender, data: sl.Dataset, limit: float, *, practise: bool = True
) -> dict[str, Any]:
    """Train one contender, after a step for practice, and judge the copies of its weights."""
    training = contender.prepare(data, contender.seed, limit)
    if practise:
        Watch(0).follow(training)  # what follows begins from nothing again
    gc.collect()
    moments = np.geomspace(min(FIRST, limit / 8), limit, MOMENTS)
    watch = Watch(limit, moments.tolist(), len(data.train))
    watch.follow(training)
    print(f"{contender.name}: {watch.step} steps in {watch.seconds:.1f} s", flush=True)
    last = watch.copies[-1]
    at_epoch = next((copy for copy in watch.copies if copy.images >= len(data.train)), None)
    judged = {last.step: judging.judge(training, last, data)}
    if at_epoch is not None and at_epoch is not last:
        judged[at_epoch.step] = judging.judge(training, at_epoch, data)
    rows = []
    for copy in watch.copies:
        known = judged.get(copy.step)
        value = known["precision@7"] if known else judging.precision(training, copy, data)
        rows.append({**judging.moment(copy), "precision@7": round(value, 4)})
    return {
        "contender": contender.name,
        "whose": contender.whose,
        "dim": contender.dim,
        "seed": contender.seed,
        "stopped by the clock": watch.over,
        "copies": rows,
        "one epoch": judged[at_epoch.step] if at_epoch else None,
        "end": judged[last.step],
    }


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    rows, images = result["contenders"], result["training images"]
    earliest = min(copy["seconds"] for row in rows for copy in row["copies"])
    return blocks(
        "![Mistakes by seconds of training: our recipes next to those of others]"
        "(results/quality.svg)",
        _rules(result),
        "### Seconds to a precision@7",
        "\n".join(f"* {_first_to(goal, rows)}" for goal in GOALS),
        table([_goals_row(row) for row in rows]),
        f"Weights were looked at {MOMENTS} times, first after {shown(earliest)} s, and also after "
        f"{images:,} images and at the end. The first look that finds the goal reached counts.",
        "### After one epoch",
        _ahead(rows, "one epoch"),
        _moment_table(rows, "one epoch"),
        f"An epoch is {images:,} images through the tower. Where this is not all of the steps, our "
        "learning rate is still on its way down to 0.",
        "### At the end",
        _ahead(rows, "end"),
        _moment_table(rows, "end"),
        "### Others, and ours that took no longer",
        _compared(result),
        "### How much is chance",
        _chances(result),
        left_out(result),
        measured_on(result),
    )


def _rules(result: dict[str, Any]) -> str:
    """Say what is on the clock, and what the measures are."""
    images, queries = result["training images"], result["test images"]
    return f"""\
Every recipe trains on {images:,} images, until it ends or for {shown(result["seconds"])} s. The
clock counts training and compilation; it does not count imports, preparing the data, a first step
for practice, or evaluation. Our convolutions run in `sl.fastest_dtype()`, which is
{result["our dtype"]} here, those of others in float32, as they are published. In the recipe of
pytorch-metric-learning, *our tower* is our change, and so is *Adam at 0.001*, which suits that
tower better than the published 0.01.

* **precision@7** is the book's measure, among {min(images, GALLERY_IMAGES):,} training images.
* **precision@1**, **R-precision** and **MAP@R** are those of {queries:,} test images among all
  training images.
* **pair accuracy** is the share of {2 * queries:,} pairs of test images that are rightly judged to
  be of one class or not: by a threshold chosen on training images, or by the sigmoid of Keras'
  example."""


def seconds_to(goal: float, row: dict[str, Any]) -> float | None:
    """Find the seconds of the first copy at or above a precision@7, or None."""
    reached = (copy["seconds"] for copy in row["copies"] if copy["precision@7"] >= goal)
    return next(reached, None)


def over_within(seconds: float, dim: int, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Find the longest training of ours in so many dimensions that was over by then, or None."""
    over = [
        row
        for row in rows
        if (row["whose"], row["dim"]) == ("ours", dim) and row["end"]["seconds"] <= seconds
    ]
    return max(over, key=lambda row: row["end"]["seconds"], default=None)


def _first_to(goal: float, rows: list[dict[str, Any]]) -> str:
    """Say who reaches a goal first, of our recipes and of the others."""
    mine, our_seconds, soon = _first_of([row for row in rows if row["whose"] == "ours"], goal)
    other, seconds, as_soon = _first_of([row for row in rows if row["whose"] != "ours"], goal)
    said = f"First to {goal}: of our recipes, {mine}; of the others, {other}"
    if our_seconds and seconds and not as_soon:
        least = "at least " if soon else ""
        said += f", {least}{shown(seconds / our_seconds)} times our seconds"
    return f"{said}."


def _first_of(rows: list[dict[str, Any]], goal: float) -> tuple[str, float | None, bool]:
    """Name who reached a goal first, the seconds, and whether the first look found it reached.

    All who had reached it at their first look are named, if that was less than a tenth later.
    """
    reached = [(seconds, row) for row in rows if (seconds := seconds_to(goal, row))]
    if not reached:
        return "none", None, False
    seconds, first = min(reached, key=lambda pair: pair[0])
    if seconds > first["copies"][0]["seconds"]:
        return f"*{first['contender']}*, after {shown(seconds)} s", seconds, False
    names = " and ".join(
        dict.fromkeys(
            f"{row['dim']}-D" if row["whose"] == "ours" else f"*{row['contender']}*"
            for other, row in reached
            if other < 1.1 * seconds and other == row["copies"][0]["seconds"]
        )
    )
    return f"{names}, at the first look after {shown(seconds)} s or before", seconds, True


def _ahead(rows: list[dict[str, Any]], name: str) -> str:
    """Say who has the best precision@1 at a moment, of our recipes and of the others."""

    def best(there: list[dict[str, Any]]) -> str:
        if not there:
            return "none"
        row = max(there, key=lambda row: row[name]["precision@1"])
        at = row[name]
        return f"*{row['contender']}*, {share(at['precision@1'])} after {shown(at['seconds'])} s"

    there = [row for row in rows if row[name]]
    mine = best([row for row in there if row["whose"] == "ours"])
    others = best([row for row in there if row["whose"] != "ours"])
    return f"The best precision@1 of our recipes: {mine}. The best of the others: {others}."


def _compared(result: dict[str, Any]) -> str:
    """Set each recipe of others next to the longest of ours that was over by then."""
    rows = result["contenders"]
    lines = []
    for row in rows:
        if row["whose"] == "pytorch-metric-learning":
            moments = [name for name in ("one epoch", "end") if row[name]]
            lines += [beside(row, name, rows, row["dim"], "precision@1") for name in moments]
    published = (
        f"\n\nPublished for pytorch-metric-learning's recipe, after one epoch: a precision@1 of "
        f"{' or '.join(map(share, PUBLISHED))}."
        if lines
        else ""
    )
    for row in rows:
        if row["whose"] == "Keras":
            lines.append(beside(row, "end", rows, 16, "pair accuracy"))
    if not lines:
        return "None of the others is here."
    points = [line["ours ahead, points"] for line in lines]
    ahead, behind = (sum(sign * float(p or 0) > 0 for p in points) for sign in (1, -1))
    return (
        f"In the same seconds or fewer, ours are ahead in {ahead} of {len(lines)} comparisons and "
        f"behind in {behind}.\n\n{table(lines)}{published}"
    )


def beside(
    row: dict[str, Any], name: str, rows: list[dict[str, Any]], dim: int, measure: str
) -> dict[str, str]:
    """Set a recipe, after "one epoch" or at the "end", next to ours that took no longer.

    The difference is in hundredths of the measure, of the figures as they are shown.
    """
    theirs = row[name]
    mine = over_within(theirs["seconds"], dim, rows)
    line = {
        "recipe": row["contender"],
        "when": name,
        "seconds": shown(theirs["seconds"]),
        "measure": measure,
        "value": share(theirs[measure]),
        "ours": f"none in {dim}-D was over",
        "our seconds": "",
        "our value": "",
        "ours ahead, points": "",
    }
    if mine is None:
        return line
    ended = mine["end"]
    points = 100 * (round(ended[measure], 3) - round(theirs[measure], 3))
    return line | {
        "ours": mine["contender"],
        "our seconds": shown(ended["seconds"]),
        "our value": share(ended[measure]),
        "ours ahead, points": f"{points:.1f}" if round(points, 1) else "0",
    }


def _chances(result: dict[str, Any]) -> str:
    """Set the trainings with a second seed next to the same steps with the first."""
    lines, apart = [], []
    for again in result["second seeds"]:
        name, _, _ = again["contender"].rpartition(", seed ")
        base = next(row for row in result["contenders"] if name.startswith(row["contender"]))
        moments = [base[name] for name in ("one epoch", "end") if base[name]]
        first = next((one for one in moments if one["step"] == again["end"]["step"]), None)
        for seed, at in ((base["seed"], first), (again["seed"], again["end"])):
            if at is not None:
                figures = {key: share(at[key]) for key in ("precision@7", "precision@1")}
                line = {"recipe": name, "seed": seed, "seconds": shown(at["seconds"])}
                lines.append(line | figures)
        if first is not None:
            apart.append(abs(first["precision@1"] - again["end"]["precision@1"]))
    if not lines:
        return "Each training was made with one seed only."
    most = f"Another seed changes precision@1 by up to {100 * max(apart):.1f} points.\n\n"
    return f"{most if apart else ''}{table(lines)}"


def _goals_row(row: dict[str, Any]) -> dict[str, Any]:
    cells = {"recipe": row["contender"], "dimensions": row["dim"]}
    best = max(copy["precision@7"] for copy in row["copies"])
    for goal in GOALS:
        seconds = seconds_to(goal, row)
        missed = f"not in {shown(row['end']['seconds'])} (best {share(best)})"
        cells[f"seconds to {goal}"] = missed if seconds is None else shown(seconds)
    return cells


def _moment_table(rows: list[dict[str, Any]], name: str) -> str:
    lines = []
    for row in rows:
        at = row[name]
        if at is None:
            continue
        cells = {
            "recipe": row["contender"],
            "dimensions": row["dim"],
            "seconds": shown(at["seconds"]),
            "images, thousands": shown(at["images"] / 1000),
        }
        if name == "one epoch":
            cells["of its steps, %"] = shown(100 * at["step"] / row["end"]["step"])
        lines.append({**cells, **{figure: share(at[figure]) for figure in FIGURES}})
    return table(lines) if lines else "No training came that far."
