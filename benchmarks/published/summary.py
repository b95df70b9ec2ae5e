"""What the README says of quality and speed: one figure, and one row for each comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.parts import metrics, quality, retrieval, start
from benchmarks.parts.step import step
from benchmarks.parts.training import against_original
from benchmarks.parts.views import views
from benchmarks.tools.markdown import blocks, share, shown, table
from benchmarks.tools.results import load_result

Result = dict[str, Any]

LENGTH = "five minutes"  # of the trainings that the README compares


@dataclass(frozen=True)
class Comparison:
    """This library and the best of the others.

    Attributes:
        what: what is compared, and its unit.
        ours: our figure.
        best: the best figure of the others.
        who: whose that is.
        more: whether more is better.
        write: writes a figure.
    """

    what: str
    ours: float
    best: float
    who: str
    more: bool = False
    write: Callable[[float], str] = shown

    @property
    def behind(self) -> bool:
        """Return whether the other one is better, as the figures are written."""
        ours, best = (float(self.write(value).replace(",", "")) for value in (self.ours, self.best))
        return best > ours if self.more else best < ours

    def row(self) -> dict[str, str]:
        """Lay it out; the better figure is bold."""
        ours, best = self.write(self.ours), self.write(self.best)
        if ours != best:
            ours, best = (ours, f"**{best}**") if self.behind else (f"**{ours}**", best)
        columns = {"what": self.what, "this library": ours, "best of the others": best}
        return columns | {"who that is": self.who}


def summary() -> str:
    """Write the README's figure and table from the results there are."""
    compared = comparisons()
    if not compared:
        return "Not measured yet.\n"
    return blocks(
        "![Mistakes among the seven nearest by seconds of training: this library, the recipe of "
        "2017, Keras' example and pytorch-metric-learning](benchmarks/results/quality.svg)",
        table([one.row() for one in compared]),
        behind(compared),
        machines(),
    )


def comparisons() -> list[Comparison]:
    """Return all comparisons of the results there are."""
    results = {part: load_result(part) for part in ROWS}
    return [row for part, result in results.items() if result for row in ROWS[part](result)]


def behind(compared: list[Comparison]) -> str:
    """Say in which of these comparisons another is ahead."""
    said = [f"{one.what.split(',')[0]} ({one.who})" for one in compared if one.behind]
    return f"**Others are ahead in:** {'; '.join(said)}." if said else ""


def machines() -> str:
    """Name the processors that these figures are from."""
    by_processor: dict[str, list[str]] = {}
    for part in ROWS:
        result = load_result(part)
        if result is not None:
            by_processor.setdefault(result["machine"]["processor"], []).append(part)
    cores = (load_result("training") or {"machine": {"cores": 2}})["machine"]["cores"]
    return f"{cores} {by_processor}"


def training(result: Result) -> list[Comparison]:
    """Compare the shortest recipe with that of 2017."""
    facts = against_original(result)
    never = " (not reached)" if facts["is a lower bound"] else ""
    return [
        Comparison(
            f"training to a precision@7 of 0.938 in 2-D, seconds{never}",
            facts["our seconds to 0.938"]["median"],
            facts["seconds to 0.938"],
            "the recipe of 2017",
        )
    ]
