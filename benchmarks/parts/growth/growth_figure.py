"""The figure of growth as one SVG that needs nothing else and suits a light page and a dark one.

``python -m benchmarks.parts.growth.growth_figure`` draws the committed result again. Both scales of
every panel are logarithmic, and the panels of a row share theirs. The dashed grey line is linear
growth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from benchmarks.tools.results import RESULTS, load_result

ORANGE, BLUE, GREEN, RED, PINK, VIOLET = (
    "#E69F00", "#3C9BD6", "#009E73", "#D55E00", "#CC79A7", "#7B61FF"
)  # fmt: skip
INDEXES = {"flat": BLUE, "ivf": ORANGE, "hnsw": GREEN}
COLUMNS = {  # operation: colour, dashes
    "Making a gallery": {f"{index}: made": (color, "") for index, color in INDEXES.items()},
    "Searching it": {
        f"{index}: {asked}": (color, dashes)
        for asked, dashes in (("one query", "2 3"), ("1,000 queries", ""))
        for index, color in INDEXES.items()
    },
    "All else": {
        "sampler: made": (BLUE, ""),
        "sampler: 128 pairs": (BLUE, "2 3"),
        "images embedded": (RED, ""),
        "film of 10 frames": (PINK, ""),
        "precision@7": (GREEN, ""),
        "retrieval": (VIOLET, ""),
    },
}
ROWS = [("seconds", "images"), ("MiB", "images"), ("seconds", "dim"), ("MiB", "dim")]
NAMES = {"seconds": "Time", "MiB": "Memory, MiB"}
WORDS = {"images": "images", "dim": "numbers in an embedding"}
LEAST = 0.1  # MiB, below which memory is not told apart from noise
LEFT, TOP, WIDE, HIGH, GAP, BELOW = 58, 112, 268, 150, 32, 58
WIDTH, HEIGHT = LEFT + 3 * WIDE + 2 * GAP + 12, TOP + 4 * (HIGH + BELOW)
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #59616b } .head { font-weight: 600 }
.axis, .guide { stroke: #8b949e; stroke-opacity: .3 }
.guide { stroke-dasharray: 6 5; stroke-opacity: .8 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
@media (prefers-color-scheme: dark) { text { fill: #a9b2bc } }"""


def figure(result: dict[str, Any]) -> str:
    """Draw what `benchmarks.growth.measure` gives."""
    drawn = [f"<style>{STYLE}</style>", *_legends()]
    for row, (what, along) in enumerate(ROWS):
        drawn += _row(result, what, along, TOP + row * (HIGH + BELOW))
    title = "<title>Time and memory as images and dimensions grow</title>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">{title}\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def lines(result: dict[str, Any], what: str, along: str) -> dict[str, list[tuple[int, float]]]:
    """Return the points of each operation's line: size, and seconds or MiB."""
    other = "dim" if along == "images" else "images"
    found: dict[str, list[tuple[int, float]]] = {}
    for one in result["points"]:
        if one[other] == result[other]:
            value = max(one[what]["median"], LEAST if what == "MiB" else 1e-6)
            found.setdefault(one["operation"], []).append((one[along], value))
    return {name: sorted(line) for name, line in found.items() if len(line) > 1}


def _row(result: dict[str, Any], what: str, along: str, top: int) -> Iterator[str]:
    drawn = lines(result, what, along)
    sizes = sorted({size for line in drawn.values() for size, _ in line})
    values = [value for line in drawn.values() for _, value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    least, most = math.log10(sizes[0]), math.log10(sizes[-1])

    def across(size: float) -> float:
        return WIDE * (math.log10(size) - least) / (most - least)

    def down(value: float) -> float:
        return top + HIGH * (high - math.log10(value)) / (high - low)

    yield f'<text class="head" x="{LEFT}" y="{top - 10}">{NAMES[what]}</text>'
    for number, operations in enumerate(COLUMNS.values()):
        left = LEFT + number * (WIDE + GAP)
        for power in range(low, high + 1, 1 + (high - low) // 5):
            y = f"{down(10.0**power):.1f}"
            yield f'<path class="axis" d="M{left} {y}h{WIDE}"/>'
            if number == 0:
                yield _text("end", left - 7, float(y) + 4, _tick(power, what))
        for size in sizes:
            x = f"{left + across(size):.1f}"
            yield f'<path class="axis" d="M{x} {top}v{HIGH}"/>'
            anchor = {sizes[0]: "start", sizes[-1]: "end"}.get(size, "middle")
            yield _text(anchor, float(x), top + HIGH + 16, f"{size:,}")
        yield _text("middle", left + WIDE / 2, top + HIGH + 32, WORDS[along])
        # Linear growth: through the middle, as far as the panel reaches.
        reach = min((most - least) / 2, (high - low) / 2)
        dx, dy = WIDE * reach / (most - least), HIGH * reach / (high - low)
        x, y = left + WIDE / 2 - dx, top + HIGH / 2 + dy
        yield f'<path class="guide" d="M{x:.1f} {y:.1f}l{2 * dx:.1f} {-2 * dy:.1f}"/>'
        for name, (color, dashes) in operations.items():
            if name in drawn:
                path = "L".join(f"{left + across(n):.1f} {down(v):.1f}" for n, v in drawn[name])
                yield _line(f"M{path}", color, dashes, name)


def _legends() -> Iterator[str]:
    for number, (title, operations) in enumerate(COLUMNS.items()):
        left = LEFT + number * (WIDE + GAP)
        yield f'<text class="head" x="{left}" y="16">{title}</text>'
        for place, (name, (color, dashes)) in enumerate(operations.items()):
            x, y = left + place // 3 * 146, 38 + place % 3 * 18
            yield _line(f"M{x} {y - 4}h20", color, dashes, name)
            yield _text("start", x + 26, y, name.split(": made")[0])
    yield f'<path class="guide" d="M{LEFT + 112} 34h20"/>'
    yield _text("start", LEFT + 138, 38, "linear growth")


def _tick(power: int, what: str) -> str:
    if what == "MiB":
        return f"{10.0**power:,g}"
    unit, factor = ("s", 0) if power >= 0 else ("ms", 3) if power >= -3 else ("µs", 6)
    return f"{10 ** (power + factor):,} {unit}"


def _text(anchor: str, x: float, y: float, words: str) -> str:
    return f'<text text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">{words}</text>'


def _line(path: str, color: str, dashes: str, name: str) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="line" stroke="{color}"{dashed} d="{path}"><title>{name}</title></path>'


if __name__ == "__main__":
    measured = load_result("growth")
    if measured is None:
        raise SystemExit("Nothing is measured yet: python -m benchmarks growth")
    (RESULTS / "growth.svg").write_text(figure(measured))
