"""What the README says of quality and speed: the recipes, and one line for each comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.parts.training import against_original, recipes_table
from benchmarks.tools.results import interval, load_result, table

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

Medians (least to most) of rounds in which both took turns, with two exceptions. 2017's seconds are
the steps that it took in a recorded training, times a step's seconds now; ours are those of the
whole training. Precision@1 is of one training each, ours the longest that was over by then, in
`sl.fastest_dtype()` where theirs is in float32; only *own network* is as they publish it.
{behind()}{elsewhere(machine)}
[benchmarks/README.md](benchmarks/README.md) has all of it, with versions, dates, and what each
figure leaves out; `make bench` measures it again.

"""


def behind() -> str:
    """Say in which of these comparisons this library is behind."""
    said = []
    for part, find in BEHIND.items():
        result = load_result(part)
        said += [] if result is None else find(result)
    return f"Behind: {'; '.join(said)}." if said else ""


def elsewhere(machine: dict[str, Any]) -> str:
    """Name the parts that were measured on another processor than the recipes."""
    others: dict[str, list[str]] = {}
    for part in LINES:
        facts = (load_result(part) or {"machine": machine})["machine"]
        if facts["processor"] != machine["processor"]:
            others.setdefault(facts["processor"], []).append(part)
    named = "; ".join(f"{', '.join(parts)} on {name}" for name, parts in others.items())
    return f"\nMeasured on another machine: {named}." if named else ""


def quality_behind(result: dict[str, Any]) -> list[str]:
    """Name the recipes that end with a better precision@1 than ours of the same length."""
    from benchmarks.parts.quality import over_within

    return [
        f"precision@1 at {row['end']['seconds']:.0f} s, {row['contender']}"
        for row in result["contenders"]
        if (mine := over_within(row["end"]["seconds"], row["dim"], result["contenders"]))
        and mine["end"]["precision@1"] < row["end"]["precision@1"]
    ]


def step_behind(result: dict[str, Any]) -> list[str]:
    """Name the dtypes in which PyTorch makes more steps, and those in which it holds less."""
    from benchmarks.parts.step.step import OURS, PYTORCH

    peaks = {(row["way"], row["dtype"]): row["peak GiB"] for row in result["rows"]}
    more = [
        f"memory of training in {dtype}, {peaks[OURS, dtype]} GiB to PyTorch's {peak}"
        for (way, dtype), peak in peaks.items()
        if way == PYTORCH and peak < peaks[OURS, dtype]
    ]
    return more + [
        f"training in {row['dtype']}, {interval(row['ours, times as fast'])} times PyTorch's images"
        for row in result["rows"]
        if row["way"] == PYTORCH and row["ours, times as fast"]["median"] < 1
    ]


def retrieval_behind(result: dict[str, Any]) -> list[str]:
    """Say if FAISS with one thread answers a single query sooner."""
    from benchmarks.parts.retrieval import FAISS_ALONE, OURS

    times = {row["search"]: row["single ms"]["median"] for row in result["exact"]}
    sooner = times[FAISS_ALONE] < times[OURS]
    return [f"a single query, {FAISS_ALONE}"] if sooner else []


def start_behind(result: dict[str, Any]) -> list[str]:
    """Name what has its first picture sooner than the film of the shipped run."""
    from benchmarks.parts.start import FILM

    seconds = {row["what"]: row["s"]["median"] for row in result["pictures"]}
    sooner = [name for name in seconds if seconds[name] < seconds[FILM] and "plotly" in name]
    return [f"the first picture, {name}" for name in sooner]


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
    from benchmarks.parts.quality import over_within

    rows = []
    for theirs in result["contenders"]:
        if theirs["whose"] != "pytorch-metric-learning":
            continue
        for when in ("one epoch", "end"):
            if not theirs[when]:
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
    from benchmarks.parts.step.step import OURS, PYTORCH

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
    from benchmarks.parts.retrieval import FAISS, FAISS_ALONE, OURS, SCIPY

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
    from benchmarks.parts.metrics import NEEDS, OURS

    rows = {row["way"]: row for row in result["ways"]}

    def cost(name: str) -> str:
        return f"{interval(rows[name]['seconds'])} s, {interval(rows[name]['MiB'])} MiB"

    what = f"MAP@R and two more, {result['queries']:,} × {result['images']:,}"
    others = (f"{cost(name)}, {name}" for name in NEEDS if name in rows)
    return [line(what, cost(OURS), "; ".join(others))]


def start(result: dict[str, Any]) -> list[Row]:
    """Set importing the library beside what it saves."""
    from benchmarks.parts.start import KERAS, LIBRARY

    seconds = {row["what"]: interval(row["s"]) for row in result["imports"]}
    others = ("import tensorflow", "import torch")
    pictures = {row["what"]: interval(row["s"]) for row in result["pictures"]}
    apart = "; ".join(f"{s}, {name}" for name, s in pictures.items() if "Embedding" not in name)
    beside = "; ".join(f"{seconds[name]}, {name}" for name in others if name in seconds)
    ours = f"{seconds[LIBRARY]}; {seconds[KERAS]} with the first use of Keras"
    first, _, rest = apart.partition("; ")
    return [
        line("seconds to import", ours, beside),
        line("seconds to the first picture, imports included", first, rest),
    ]


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

BEHIND: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "quality": quality_behind,
    "step": step_behind,
    "retrieval": retrieval_behind,
    "start": start_behind,
}
