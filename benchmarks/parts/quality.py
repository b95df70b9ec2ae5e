"""Quality, measured: our recipes beside those of others, by seconds of training.

``python -m benchmarks quality`` (an hour or two on two cores) prints the tables and writes
``benchmarks/results/quality.json``; ``--quick`` is a short try on a few images that writes
nothing. Who takes part: our recipes in 2, 16 and 128 dimensions, each with three lengths of
schedule (`benchmarks.contenders`), the recipe of 2017 (`benchmarks.original`), Keras' own
siamese example (`benchmarks.keras_example`), and pytorch-metric-learning's MNIST recipe with its
own network and with our tower (`benchmarks.metric_learning`).

On the clock is training alone: from building the network to a step, compilation and, for our
recipes, recording included. Off it are loading and preparing the data, imports, a first step for
practice (so that what a library sets up once is charged to nobody), copying weights, and
evaluation, which comes after the training. Weights are copied at 15 moments, each 1.36 times as
late as the one before; after 60,000 images, a pair counting as two; and at the end. Seconds to a
goal are those of the first copy that reaches it.

A training ends by itself or is stopped after 300 s. Our "five minutes" has as many steps as fit,
told by the seconds that 60 steps took just before (warm, and off the clock), with 8 % of room.
Each contender has one turn, of seed 0. The short ones of ours and one epoch of
pytorch-metric-learning's recipe have another with seed 1, which shows how much chance there is in
the figures, and the machine's noise in the seconds.
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
from benchmarks.tools.results import measured_on, table
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

    def first(split: sl.Split, count: int) -> sl.Split:
        return sl.Split(split.images[:count], split.labels[:count])

    return replace(data, train=first(data.train, train), test=first(data.test, test))


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
    lines = [
        f"Seconds of training to a precision@7. Weights were looked at at {MOMENTS} moments, the "
        f"earliest after {earliest:.1f} s, after {images:,} images and at the end; the first that "
        "reached the goal counts.",
        "",
        table([_goals_row(row) for row in rows]),
        "",
        f"After one epoch, that is {images:,} images through the tower. Where this is not all of "
        "the steps, our rate is still on its way down to 0.",
        "",
        _moment_table([row for row in rows if row["one epoch"]], "one epoch"),
        "",
        f"At its end, or stopped after {result['seconds']:g} s.",
        "",
        _moment_table(rows, "end"),
        "",
        f"Precision@7 is by the book's measure, among {min(images, GALLERY_IMAGES):,} training "
        "images. Precision@1, "
        f"R-precision and MAP@R are of {result['test images']:,} test images among all {images:,} "
        f"training images; pair accuracy, of {2 * result['test images']:,} pairs of test images, "
        "by a threshold chosen on training images, or by Keras' example's own sigmoid.",
        "",
        "On the clock is training alone, from building the network on, compilation included; not "
        "imports, preparing data, a first step for practice, and evaluation. Our convolutions run "
        "in `sl.fastest_dtype()`, the others' in float32, as they are published. *Our tower* in "
        "the recipe of pytorch-metric-learning is our change, and so is *Adam at 0.001* in place "
        "of its 0.01, which suits that tower better.",
        "",
        *(f"* {said}" for said in sentences(result)),
        "",
    ]
    if result["not installed"]:
        lines += [f"Not installed, so left out: {', '.join(result['not installed'])}.", ""]
    return "\n".join([*lines, measured_on(result)])


def sentences(result: dict[str, Any]) -> list[str]:
    """Say what the figures mean, whichever way they fall."""
    rows = result["contenders"]
    said = [_first_to(goal, rows) for goal in GOALS]
    theirs = [row for row in rows if row["whose"] == "pytorch-metric-learning"]
    for row in theirs:
        for name in ("one epoch", "end"):
            if row[name]:
                said.append(_beside(row, name, rows, dim=row["dim"], figure="precision@1"))
    if theirs:
        said.append(
            f"Published for pytorch-metric-learning's recipe after an epoch is a precision@1 of "
            f"{' or '.join(map(str, PUBLISHED))}."
        )
    for row in rows:
        if row["whose"] == "Keras":
            said.append(_beside(row, "end", rows, dim=16, figure="pair accuracy"))
    return said + [_again(row, rows) for row in result["second seeds"]]


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
    mine, our_seconds, soon = _first_of([row for row in rows if row["whose"] == "ours"], goal)
    other, seconds, as_soon = _first_of([row for row in rows if row["whose"] != "ours"], goal)
    said = f"First to a precision@7 of {goal}: of our recipes, {mine}; of the others, {other}"
    if our_seconds and seconds and not as_soon:
        least = "at least " if soon else ""
        said += f", {least}{seconds / our_seconds:.1f} times our seconds"
    return f"{said}."


def _first_of(rows: list[dict[str, Any]], goal: float) -> tuple[str, float | None, bool]:
    """Name who reached a goal first, the seconds, and if that was at the first look already.

    All whose first look was then, or less than a tenth later, are named.
    """
    reached = [(seconds, row) for row in rows if (seconds := seconds_to(goal, row))]
    if not reached:
        return "none", None, False
    seconds, first = min(reached, key=lambda pair: pair[0])
    if seconds > first["copies"][0]["seconds"]:
        return f"{first['contender']}, after {seconds:.1f} s", seconds, False
    names = "; ".join(
        row["contender"]
        for other, row in reached
        if other < 1.1 * seconds and other == row["copies"][0]["seconds"]
    )
    return f"{names}, at the first look, after {seconds:.1f} s, or before", seconds, True


def _beside(
    row: dict[str, Any], name: str, rows: list[dict[str, Any]], *, dim: int, figure: str
) -> str:
    """Set a contender beside the one of ours that takes no longer."""
    theirs = row[name]
    when = "after one epoch" if name == "one epoch" else "at the end"
    said = f"{row['contender']} {when}, {theirs['seconds']:.1f} s: {figure} {theirs[figure]:.4f}."
    mine = over_within(theirs["seconds"], dim, rows)
    if mine is None:
        return f"{said} None of ours in {dim}-D was over by then."
    ended = mine["end"]
    points = round(100 * (ended[figure] - theirs[figure]), 2)
    verdict = f"{abs(points):.2f} points {'ahead' if points > 0 else 'behind'}"
    return (
        f"{said} {mine['contender']} was over after {ended['seconds']:.1f} s, with "
        f"{ended[figure]:.4f}: {verdict if points else 'level'}."
    )


def _again(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """Set a second seed beside the first, at the same step."""
    name = row["contender"]
    base = next(one for one in rows if name.startswith(one["contender"]))
    same = next(
        (base[key] for key in ("one epoch", "end") if _same_step(base[key], row["end"])), None
    )
    figures = ("precision@7", "precision@1")
    now = ", ".join(f"{figure} {row['end'][figure]:.4f}" for figure in figures)
    said = f"{name}: {now} after {row['end']['seconds']:.1f} s"
    if same is None:
        return f"{said}."
    before = " and ".join(f"{same[figure]:.4f}" for figure in figures)
    return f"{said}; with seed {base['seed']} it was {before} after {same['seconds']:.1f} s."


def _same_step(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    return one is not None and one["step"] == other["step"]


def _goals_row(row: dict[str, Any]) -> dict[str, Any]:
    cells = {"recipe": row["contender"], "dim": row["dim"]}
    best = max(copy["precision@7"] for copy in row["copies"])
    for goal in GOALS:
        seconds = seconds_to(goal, row)
        missed = f"not reached in {row['end']['seconds']:.0f} s (best {best:.4f})"
        cells[f"s to {goal}"] = missed if seconds is None else f"{seconds:.1f}"
    return cells


def _moment_table(rows: list[dict[str, Any]], name: str) -> str:
    if not rows:
        return "No training came that far."
    lines = []
    for row in rows:
        at = row[name]
        cells = {"recipe": row["contender"], "dim": row["dim"], "s": f"{at['seconds']:.1f}"}
        cells["images"] = f"{at['images']:,}"
        share = at["step"] / row["end"]["step"]
        if name == "one epoch":
            cells["of its steps"] = f"{100 * share:.0f} %"
        lines.append({**cells, **{figure: f"{at[figure]:.4f}" for figure in FIGURES}})
    return table(lines)
