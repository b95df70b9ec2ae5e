"""The figure of growth: time and memory, by the number of images and of dimensions.

Both axes of every panel are logarithmic, and the panels of a row share theirs. The dashed grey
line is linear growth. ``make readme`` draws it from the committed result.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from benchmarks.tools.svg import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    RED,
    VIOLET,
    LogScale,
    document,
    grid,
    line,
    text,
)

INDEXES = {"flat": BLUE, "ivf": ORANGE, "hnsw": GREEN}
COLUMNS = {  # operation: color, dashes
    "Making a gallery": {f"{index}: made": (color, "") for index, color in INDEXES.items()},
    "Searching it": {
        f"{index}: {asked}": (color, dashes)
        for asked, dashes in (("one query", "2 3"), ("1,000 queries", ""))
        for index, color in INDEXES.items()
    },
    "Everything else": {
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
LEAST = 0.1  # MiB: less memory than this is noise
LEFT, TOP, WIDE, HIGH, GAP, BELOW = 58, 112, 268, 150, 32, 58
WIDTH, HEIGHT = LEFT + 3 * WIDE + 2 * GAP + 12, TOP + 4 * (HIGH + BELOW)


def figure(result: dict[str, Any]) -> str:
    """Draw what `growth.measure` returns."""
    drawn = [*_legends()]
    for row, (what, along) in enumerate(ROWS):
        drawn += _row(result, what, along, TOP + row * (HIGH + BELOW))
    return document(
        (WIDTH, HEIGHT),
        "Time and memory as images and dimensions grow",
        "Twelve panels with logarithmic axes: the seconds and the peak memory of making a "
        "gallery, searching it, and everything else, first by the number of images, then by the "
        "numbers in an embedding. The tables below the figure hold the same values.",
        drawn,
    )


def lines(result: dict[str, Any], what: str, along: str) -> dict[str, list[tuple[int, float]]]:
    """Return the points of each operation's line: size, and seconds or MiB."""
    other = "dim" if along == "images" else "images"
    found: dict[str, list[tuple[int, float]]] = {}
    for one in result["points"]:
        if one[other] == result[other]:
            value = max(one[what]["median"], LEAST if what == "MiB" else 1e-6)
            found.setdefault(one["operation"], []).append((one[along], value))
    return {name: sorted(places) for name, places in found.items() if len(places) > 1}


def _row(result: dict[str, Any], what: str, along: str, top: int) -> Iterator[str]:
    drawn = lines(result, what, along)
    sizes = sorted({size for places in drawn.values() for size, _ in places})
    values = [value for places in drawn.values() for _, value in places]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    down = LogScale(10.0**low, 10.0**high, top + HIGH, top)
    yield text("start", LEFT, top - 10, NAMES[what], head=True)
    for number, operations in enumerate(COLUMNS.values()):
        left = LEFT + number * (WIDE + GAP)
        across = LogScale(sizes[0], sizes[-1], left, left + WIDE)
        for power in range(low, high + 1, 1 + (high - low) // 5):
            y = down(10.0**power)
            yield grid(f"M{left} {y:.1f}h{WIDE}")
            if number == 0:
                yield text("end", left - 7, y + 4, _tick(power, what))
        for size in sizes:
            yield grid(f"M{across(size):.1f} {top}v{HIGH}")
            anchor = {sizes[0]: "start", sizes[-1]: "end"}.get(size, "middle")
            yield text(anchor, across(size), top + HIGH + 16, f"{size:,}")
        yield text("middle", left + WIDE / 2, top + HIGH + 32, WORDS[along])
        yield _linear(across, down)
        for name, (color, dashes) in operations.items():
            if name in drawn:
                places = ((across(size), down(value)) for size, value in drawn[name])
                yield line(places, color, dashes, name)


def _linear(across: LogScale, down: LogScale) -> str:
    """Draw linear growth through the middle of a panel, as far as the panel reaches."""
    wide, high = math.log(across.most / across.least), math.log(down.most / down.least)
    reach = min(wide, high) / 2
    dx, dy = (across.end - across.start) * reach / wide, (down.start - down.end) * reach / high
    x, y = (across.start + across.end) / 2 - dx, (down.start + down.end) / 2 + dy
    return f'<path class="guide" d="M{x:.1f} {y:.1f}l{2 * dx:.1f} {-2 * dy:.1f}"/>'


def _legends() -> Iterator[str]:
    for number, (title, operations) in enumerate(COLUMNS.items()):
        left = LEFT + number * (WIDE + GAP)
        yield text("start", left, 16, title, head=True)
        for place, (name, (color, dashes)) in enumerate(operations.items()):
            x, y = left + place // 3 * 146, 38 + place % 3 * 18
            yield line([(x, y - 4), (x + 20, y - 4)], color, dashes, name)
            yield text("start", x + 26, y, name.split(": made")[0])
    yield f'<path class="guide" d="M{LEFT + 112} 34h20"/>'
    yield text("start", LEFT + 138, 38, "linear growth")


def _tick(power: int, what: str) -> str:
    if what == "MiB":
        return f"{10.0**power:,g}"
    unit, factor = ("s", 0) if power >= 0 else ("ms", 3) if power >= -3 else ("µs", 6)
    return f"{10 ** (power + factor):,} {unit}"
