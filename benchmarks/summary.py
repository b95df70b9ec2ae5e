"""What the README says of quality and speed: the recipes, and one line for each comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.report import interval, load_result, table
from benchmarks.training import against_original, recipes_table

Row = dict[str, str]


def summary() -> str:
    """Write the README's two tables from the results there are."""
    training = load_result("training")
    if training is None:
        return "Not measured yet.\n\n"
    rows = [original(training)]
    for part, rows_of in LINES.items():
        result = load_result(part)
        rows += [] if result is None else rows_of(result)
    machine = training["machine"]
    return f"""\
{recipes_table(training)}

Medians (least to most) of {training["seeds"]} seeds, on {machine["cores"]} cores of
{machine["processor"]}, compilation and recording included. *Precision@7* is the
share of right digits among the 7 nearest of the first 10,000 training images, for each of the
10,000 test images; *kNN accuracy*, the share of test images whose 7 nearest elect the right digit;
in the last two rows 4,000 digits are trained on and searched, for 1,000 others.

{table(rows)}

Medians (least to most) of rounds in which both took turns, but for the line on 2017 and those on
precision@1, which are one training each; ours is the longest that was over by then.
[benchmarks/README.md](benchmarks/README.md) has all of it, with versions, dates, and what each
figure leaves out; `make bench` measures it again.

"""


def line(what: str, ours: str, others: str) -> Row:
    """Make a row of the second table."""
    return {"what": what, "this library": ours, "beside it": others}


def original(training: dict[str, Any]) -> Row:
    """Set the shortest recipe beside that of 2017."""
    facts = against_original(training)
    never = facts["is a lower bound"]
    return line(
        "seconds to precision@7 of 0.938, 2-D",
        interval(facts["our seconds to 0.938"]),
        f"{'more than ' if never else ''}{facts['seconds to 0.938']}, recipe of 2017 "
        f"({facts['steps to 0.938' if not never else 'steps recorded']:,} steps at "
        f"{facts['seconds a step']['median']} s)",
    )


def quality(result: dict[str, Any]) -> list[Row]:
    """Set precision@1 beside that of the other recipes: after an epoch, and at five minutes."""
    from benchmarks.quality import over_within

    variants = [row for row in result["contenders"] if row["whose"] == "pytorch-metric-learning"]
    rows = []
    for theirs in variants:
        for when in ("one epoch", "end"):
            if not theirs[when] or (when == "one epoch" and theirs is not variants[0]):
                continue
            at = theirs[when]
            mine = over_within(at["seconds"], theirs["dim"], result["contenders"])
            if mine is not None:
                what = "an epoch" if when == "one epoch" else f"{at['seconds']:.0f} s"
                ours, beside = (
                    f"{end['precision@1']:.4f} in {end['seconds']:.1f} s"
                    for end in (mine["end"], at)
                )
                beside = f"{beside}, {theirs['contender']}"
                rows.append(
                    line(f"precision@1, {theirs['dim']}-D, at {what} of theirs", ours, beside)
                )
    return rows


def step(result: dict[str, Any]) -> list[Row]:
    """Set a training step beside PyTorch's."""
    from benchmarks.step import OURS, PYTORCH

    rates = {(row["way"], row["dtype"]): row["images/s"] for row in result["rows"]}
    return [
        line(
            f"training images a second, {dtype}",
            interval(rates[OURS, dtype]),
            f"{interval(rates[PYTORCH, dtype])}, {PYTORCH}",
        )
        for dtype in ("float32", "bfloat16")
        if (OURS, dtype) in rates and (PYTORCH, dtype) in rates
    ]


def pairs(result: dict[str, Any]) -> list[Row]:
    """Set the sampler beside a loop."""
    return [
        line(f"pairs drawn, batches of {size}", f"{interval(ratio)} times as many", "a Python loop")
        for size, ratio in result["times the loop"].items()
    ]


def retrieval(result: dict[str, Any]) -> list[Row]:
    """Set a gallery beside FAISS and SciPy."""
    from benchmarks.retrieval import FAISS, FAISS_ALONE, OURS, SCIPY

    times = {row["search"]: interval(row["single ms"]) for row in result["exact"]}
    others = [f"{times[name]}, {name}" for name in (FAISS, FAISS_ALONE, SCIPY) if name in times]
    return [
        line(
            f"ms for the {result['k']} nearest of {result['vectors']:,} × {result['dim']}",
            times[OURS],
            "; ".join(others),
        )
    ]


def metrics(result: dict[str, Any]) -> list[Row]:
    """Set judging a whole gallery beside other libraries."""
    from benchmarks.metrics import NEEDS, OURS

    rows = {row["way"]: row for row in result["ways"]}

    def cost(name: str) -> str:
        return f"{interval(rows[name]['seconds'])} s, {interval(rows[name]['MiB'])} MiB"

    what = f"MAP@R and two more, {result['queries']:,} × {result['images']:,}"
    others = (f"{cost(name)}, {name}" for name in NEEDS if name in rows)
    return [line(what, cost(OURS), "; ".join(others))]


def start(result: dict[str, Any]) -> list[Row]:
    """Set importing the library beside what it saves."""
    from benchmarks.start import LIBRARY

    seconds = {row["what"]: interval(row["s"]) for row in result["imports"]}
    others = ("import tensorflow", "import torch")
    beside = "; ".join(f"{seconds[name]}, {name}" for name in others if name in seconds)
    return [line("seconds to import", seconds[LIBRARY], beside)]


def views(result: dict[str, Any]) -> list[Row]:
    """Set the film beside plotly's."""
    rows = {(row["points"], row["way"]): row for row in result["frames a second"]}
    return [
        line(
            f"frames a second, {points:,} points",
            interval(rows[points, "view"]),
            f"{interval(rows[points, 'scattergl'])}, plotly scattergl; "
            f"{interval(rows[points, 'jscatter'])}, jupyter-scatter",
        )
        for points in dict.fromkeys(points for points, _ in rows)
    ]


def explorer(result: dict[str, Any]) -> list[Row]:
    """Say how soon the explorer answers."""
    what = f"ms from a choice to its neighbours among {result['training images']:,}"
    return [line(what, interval(result["neighbours ms"]), "")]


LINES: dict[str, Callable[[dict[str, Any]], list[Row]]] = {
    "quality": quality,
    "step": step,
    "pairs": pairs,
    "retrieval": retrieval,
    "metrics": metrics,
    "start": start,
    "views": views,
    "explorer": explorer,
}
