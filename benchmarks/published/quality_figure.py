"""The README's figure: mistakes among the seven nearest, by seconds of training.

A training of ours is worth what it ends at, as its learning rate falls to 0: so each dot is the end
of a training, and a line joins the lengths in one dimension. The others have no such schedule: a
line is the course of one training. Both axes are logarithmic. ``make readme`` draws it from the
committed result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.tools.svg import BLUE, GREY, ORANGE, PINK, LogScale, document, grid, line, text

COLORS = {"ours": BLUE, "2017": GREY, "Keras": PINK, "pytorch-metric-learning": ORANGE}
DASHES = ("", "7 4", "2 3")  # of the trainings of one project, in their order
WIDTH, HEIGHT = 900, 460
LEFT, TOP, RIGHT, BOTTOM = 40, 40, 466, 408  # of the panel
SECONDS, MOST = (4.0, 300.0), 30.0  # what the axes show
PERCENTS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # the axis of mistakes names these, or the last ones
LABELS, APART = RIGHT + 28, 19  # where labels start, and how far apart they are at least


@dataclass(frozen=True)
class Course:
    """One line: its points are seconds and mistakes in percent, from first to last."""

    name: str
    whose: str
    points: list[tuple[float, float]]

    @property
    def end(self) -> float:
        """Return the mistakes at the end, in percent."""
        return self.points[-1][1]


def figure(result: dict[str, Any]) -> str:
    """Draw what `quality.measure` returns."""
    drawn = sorted(courses(result), key=lambda course: -course.end)
    least = min(percent for course in drawn for _, percent in course.points)
    percents = named_from(least)
    across = LogScale(*SECONDS, LEFT, RIGHT)
    down = LogScale(percents[0], MOST, BOTTOM, TOP)
    ends = ", ".join(f"{one.name}, {one.end:.2f}" for one in drawn)
    return document(
        (WIDTH, HEIGHT),
        "Mistakes by seconds of training",
        "Percent of wrong digits among the 7 nearest training images of a test image, by seconds "
        f"of training, both axes logarithmic. At the end: {ends}.",
        [
            *_axes(across, down, percents),
            *_lines(drawn, across, down),
            *_labels(drawn, across, down),
        ],
        style="\n.line { stroke-width: 1.6 }",
    )


def named_from(least: float) -> list[float]:
    """Return the percents that the axis names, from the last one below the lowest point on."""
    begin = max((percent for percent in PERCENTS if percent < least), default=PERCENTS[0])
    return [percent for percent in PERCENTS if percent >= begin]


def courses(result: dict[str, Any]) -> list[Course]:
    """Return a line for each dimension of ours, and for each recipe of others."""
    rows = result["contenders"]
    found = [
        Course(_named(row), row["whose"], [_place(copy) for copy in row["copies"]])
        for row in rows
        if row["whose"] != "ours"
    ]
    mine = [row for row in rows if row["whose"] == "ours"]
    for dim in dict.fromkeys(row["dim"] for row in mine):
        ends = sorted(_place(row["end"]) for row in mine if row["dim"] == dim)
        found.append(Course(f"this library, {dim}-D", "ours", ends))
    return found


def apart(places: list[float], least: float, most: float) -> list[float]:
    """Move ascending places so far that each is `least` below the next, and none above `most`."""
    moved = list(places)
    for _ in range(100):
        for i in range(len(moved) - 1):
            short = least - (moved[i + 1] - moved[i])
            if short > 0:
                moved[i], moved[i + 1] = moved[i] - short / 2, moved[i + 1] + short / 2
        moved = [min(place, most) for place in moved]
    return moved


def _named(row: dict[str, Any]) -> str:
    return f"{row['contender']}, {row['dim']}-D"


def _place(moment: dict[str, Any]) -> tuple[float, float]:
    return moment["seconds"], 100 * (1 - moment["precision@7"])


def _axes(across: LogScale, down: LogScale, percents: list[float]) -> Iterator[str]:
    yield text(
        "start", LEFT, 18, "wrong digits among the 7 nearest, % (fewer is better)", head=True
    )
    yield text("start", LABELS, 18, "at the end, %", head=True)
    for percent in percents:
        yield grid(f"M{LEFT} {down(percent):.1f}H{RIGHT}")
        yield text("end", LEFT - 8, down(percent) + 4, f"{percent:g}")
    for seconds in (5, 10, 20, 50, 100, 200, 300):
        yield grid(f"M{across(seconds):.1f} {TOP}V{BOTTOM}")
        yield text("middle", across(seconds), BOTTOM + 18, f"{seconds}")
    yield text("middle", (LEFT + RIGHT) / 2, BOTTOM + 38, "seconds of training", head=True)


def _lines(drawn: list[Course], across: LogScale, down: LogScale) -> Iterator[str]:
    yield (
        f'<clipPath id="panel"><path d="M{LEFT} {TOP}H{RIGHT + 4}V{BOTTOM}H{LEFT}"/></clipPath>\n'
        '<g clip-path="url(#panel)">'
    )
    numbers: dict[str, int] = {}
    for course in drawn:
        number = numbers[course.whose] = numbers.get(course.whose, -1) + 1
        color, ours = COLORS[course.whose], course.whose == "ours"
        places = [(across(seconds), down(percent)) for seconds, percent in course.points]
        yield line(places, color, DASHES[number], course.name)
        for x, y in places if ours else places[-1:]:
            yield f'<circle fill="{color}" cx="{x:.1f}" cy="{y:.1f}" r="{3.5 if ours else 2.5}"/>'
    yield "</g>"


def _labels(drawn: list[Course], across: LogScale, down: LogScale) -> Iterator[str]:
    places = apart([down(course.end) for course in drawn], APART, BOTTOM + 4)
    for course, place in zip(drawn, places, strict=True):
        x, y = across(course.points[-1][0]), down(course.end)
        yield grid(f"M{x + 6:.1f} {y:.1f}H{RIGHT + 6}L{LABELS - 5} {place:.1f}")
        words = f"{course.end:.2f}  {course.name}"
        yield text("start", LABELS, place + 4, words, head=course.whose == "ours")
