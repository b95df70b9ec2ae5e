"""What the README says of quality and speed: one figure, and a table with one row a comparison."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.parts import metrics, record, retrieval, start
from benchmarks.parts.step import step
from benchmarks.parts.training import GOAL, against_original
from benchmarks.parts.views import views
from benchmarks.tools.markdown import blocks, share, shown, table
from benchmarks.tools.results import load_result

Result = dict[str, Any]
FIGURE = """\
![Mistakes by seconds of training: this library next to the recipe of 2017, Keras' siamese example
and pytorch-metric-learning](benchmarks/results/quality.svg)

Each blue dot is the end of one of our trainings; every other line is the course of one training.
*Our tower* and *Adam at 0.001* are our changes to the recipe of pytorch-metric-learning."""


@dataclass(frozen=True)
class Comparison:
    """This library and the best of the others.

    Attributes:
        what: what is compared.
        unit: of both figures; empty for a share of 1.
        ours: our figure.
        best: the best figure of the others.
        who: whose that is.
        more: whether more is better.
    """

    what: str
    unit: str
    ours: float
    best: float
    who: str
    more: bool = False

    @property
    def written(self) -> tuple[str, str]:
        """Return both figures as they are shown."""
        write: Callable[[float], str] = shown if self.unit else share
        return write(self.ours), write(self.best)

    @property
    def behind(self) -> bool:
        """Return whether the other figure is the better one, as they are shown."""
        ours, best = (float(text.replace(",", "")) for text in self.written)
        return ours < best if self.more else ours > best

    def row(self) -> dict[str, str]:
        """Lay it out as a row of the table, with the better figure in bold."""
        ours, best = self.written
        if self.behind:
            best = f"**{best}**"
        elif ours != best:
            ours = f"**{ours}**"
        what = f"{self.what}, {self.unit}" if self.unit else self.what
        return {"": what, "this library": ours, "best of the others": best, "which is": self.who}


def summary() -> str:
    """Write the README's figure and table from the results there are."""
    results = {part: load_result(part) for part in ("quality", *COMPARED)}
    there = {part: result for part, result in results.items() if result is not None}
    rows = {part: compare(there[part]) for part, compare in COMPARED.items() if part in there}
    compared = [one for part in rows for one in rows[part]]
    if not compared:
        return "Not measured yet."
    measured_by = processors({part: there[part] for part in rows}, rows)
    drawn = "quality" in there
    figure = f"The figure is from {processor(there['quality']['machine'])}. " if drawn else ""
    return blocks(
        FIGURE if drawn else "",
        table([one.row() for one in compared]),
        behind(compared),
        f"{figure}The table has medians from {measured_by}. The better number is bold. "
        "*Precision@7* is the share of right digits among the 7 nearest training images of a test "
        "image; *precision@1* looks at the nearest alone.",
        goal(there),
    )


def behind(compared: list[Comparison]) -> str:
    """Say in which of these comparisons another is ahead."""
    said = [f"{one.what} ({one.who})" for one in compared if one.behind]
    return f"**Others are ahead in** {'; '.join(said)}." if said else ""


def processors(results: Mapping[str, Result], rows: Mapping[str, list[Comparison]]) -> str:
    """Name the processor that most results are from, then the others, each with its comparisons.

    Args:
        results: by the name of the part.
        rows: the comparisons of each part.
    """
    names = {part: processor(result["machine"]) for part, result in results.items()}
    usual = Counter(names.values()).most_common(1)[0][0]
    others: dict[str, list[str]] = {}
    for part, name in names.items():
        if name != usual:
            others.setdefault(name, []).extend(one.what for one in rows[part])
    return usual + "".join(
        f". These rows are from {name}: {'; '.join(what)}" for name, what in others.items()
    )


def processor(machine: dict[str, Any]) -> str:
    """Name a processor and count its cores: "2 cores of Intel Xeon"."""
    name = re.sub(r"\((R|TM)\)| Processor\b| CPU\b| @.*| \(.*", "", machine["processor"])
    return f"{machine['cores']} cores of {name}"


def goal(results: Mapping[str, Result]) -> str:
    """Say where the goal of a training comes from, and whether the figure shows who reaches it."""
    if "training" not in results:
        return ""
    said = f"{GOAL} is the precision@7 of the checkpoint published with the recipe of 2017."
    facts = against_original(results["training"])
    seconds, least = facts["seconds to 0.938"], "at least " if facts["is a lower bound"] else ""
    limit = results["quality"]["seconds"] if "quality" in results else seconds
    if seconds <= limit:
        return said
    return (
        f"{said} That recipe needs {least}{shown(seconds)} s to reach it; the figure stops "
        f"before, at {shown(limit)} s."
    )


def best_of(figures: dict[str, float], *, more: bool = False) -> tuple[float, str]:
    """Return the best figure and its name."""
    name = (max if more else min)(figures, key=figures.__getitem__)
    return figures[name], name


def of_training(result: Result) -> list[Comparison]:
    """Compare the shortest recipe with that of 2017."""
    facts = against_original(result)
    who = "the recipe of 2017" + (", at least" if facts["is a lower bound"] else "")
    ours = facts["our seconds to 0.938"]["median"]
    what = f"training to a precision@7 of {GOAL} in 2-D"
    return [Comparison(what, "s", ours, facts["seconds to 0.938"], who)]


def of_record(result: Result) -> list[Comparison]:
    """Compare precision@1 in 128 dimensions with the best of pytorch-metric-learning's recipes."""
    (group,) = (group for group in result["groups"] if group["name"] == record.WIDE)
    medians = {row["contender"]: row[record.P1]["median"] for row in group["rows"]}
    ours = medians.pop(record.OURS)
    what = f"precision@1 after {shown(group['seconds'])} s of training in 128-D"
    return [Comparison(what, "", ours, *best_of(medians, more=True), more=True)] if medians else []


def of_step(result: Result) -> list[Comparison]:
    """Compare images a second with the faster of PyTorch and JAX, and memory in float32."""
    rates, memory = [], []
    for dtype in dict.fromkeys(row["dtype"] for row in result["rows"]):
        rows = {row["way"]: row for row in result["rows"] if row["dtype"] == dtype}
        others = {
            way: row["images/s"]["median"]
            for way, row in rows.items()
            if way.startswith(("PyTorch", "JAX"))
        }
        if step.OURS not in rows or not others:
            continue
        ours, (best, who) = rows[step.OURS], best_of(others, more=True)
        rate = ours["images/s"]["median"]
        rates.append(Comparison(f"training in {dtype}", "images/s", rate, best, who, more=True))
        if dtype == "float32":
            peaks = (ours["peak GiB"], rows[who]["peak GiB"])
            memory.append(Comparison(f"memory of training in {dtype}", "GiB", *peaks, who))
    return rates + memory


def of_retrieval(result: Result) -> list[Comparison]:
    """Compare one query to a gallery with one to the quickest of the others."""
    times = {row["search"]: row["single ms"]["median"] for row in result["exact"]}
    ours = times.pop(retrieval.OURS)
    what = f"one query among {result['vectors']:,} embeddings of {result['dim']} numbers"
    return [Comparison(what, "ms", ours, *best_of(times))]


def of_metrics(result: Result) -> list[Comparison]:
    """Compare the time to measure a whole gallery with that of other libraries."""
    rows = {row["way"]: row["seconds"]["median"] for row in result["ways"]}
    others = {way: seconds for way, seconds in rows.items() if way in metrics.NEEDS}
    *most, last = metrics.NAMES
    measures = f"{', '.join(most)} and {last}"
    what = f"{measures} of {result['queries']:,} queries among {result['images']:,} images"
    return [Comparison(what, "s", rows[metrics.OURS], *best_of(others))] if others else []


def of_start(result: Result) -> list[Comparison]:
    """Compare the first picture of the shipped film with that of plotly and jupyter-scatter."""
    seconds = {row["what"]: row["s"]["median"] for row in result["pictures"]}
    ours = seconds.pop(start.FILM)
    seconds.pop(start.VIEW)
    return [Comparison("the first picture, imports included", "s", ours, *best_of(seconds))]


def of_views(result: Result) -> list[Comparison]:
    """Compare the frames a second of the largest film with those of plotly and jupyter-scatter."""
    rows = result["frames a second"]
    points = max(row["points"] for row in rows)
    rates = {row["way"]: row["median"] for row in rows if row["points"] == points}
    ours = rates.pop("view")
    best, way = best_of(rates, more=True)
    what = f"a film of {points:,} points"
    who = views.WAYS[way].split(",")[0]
    return [Comparison(what, "frames/s", ours, best, who, more=True)]


COMPARED: dict[str, Callable[[Result], list[Comparison]]] = {
    "training": of_training,
    "record": of_record,
    "step": of_step,
    "retrieval": of_retrieval,
    "metrics": of_metrics,
    "start": of_start,
    "views": of_views,
}
