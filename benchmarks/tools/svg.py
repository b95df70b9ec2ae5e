"""Figures as SVG files that need nothing else, and that suit a light page and a dark one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

# Each stands out by 3:1 or more from both grounds.
BLUE, ORANGE, GREEN, RED, PINK, VIOLET, GREY = (
    "#2f86d6", "#c07000", "#00936b", "#d4511b", "#c2649a", "#7b61ff", "#7d8590"
)  # fmt: skip
LIGHT, DARK = "#ffffff", "#0d1117"  # the grounds, so that text can be read on any page
STYLE = f"""
.ground {{ fill: {LIGHT} }}
text {{ font: 12px system-ui, sans-serif; fill: #57606a }}
.head {{ font-weight: 600; fill: #1f2328 }}
.grid, .guide {{ fill: none; stroke: {GREY}; stroke-opacity: .3 }}
.guide {{ stroke-dasharray: 6 5; stroke-opacity: .8 }}
.line {{ fill: none; stroke-width: 2; stroke-linejoin: round }}
@media (prefers-color-scheme: dark) {{
.ground {{ fill: {DARK} }} text {{ fill: #9da7b3 }} .head {{ fill: #e6edf3 }} }}"""


@dataclass(frozen=True)
class LogScale:
    """A logarithmic axis: `least` lies at `start`, in pixels, and `most` at `end`."""

    least: float
    most: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value lies, in pixels."""
        share = math.log(value / self.least) / math.log(self.most / self.least)
        return self.start + share * (self.end - self.start)


def document(
    size: tuple[int, int], title: str, description: str, drawn: Iterable[str], style: str = ""
) -> str:
    """Put a figure together.

    Args:
        size: width and height, in pixels.
        title: read aloud first.
        description: read aloud after it: what there is to see.
        drawn: the elements, from back to front.
        style: more CSS.
    """
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="title description">\n'
        f'<title id="title">{title}</title>\n<desc id="description">{description}</desc>\n'
        f"<style>{STYLE}{style}</style>\n"
        f'<rect class="ground" width="{width}" height="{height}"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def text(anchor: str, x: float, y: float, words: str, *, head: bool = False) -> str:
    """Write words; `anchor` ("start", "middle", "end") says which part of them lies at x."""
    kind = ' class="head"' if head else ""
    return f'<text{kind} text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">{words}</text>'


def grid(path: str) -> str:
    """Draw a line of the grid."""
    return f'<path class="grid" d="{path}"/>'


def line(points: Iterable[tuple[float, float]], color: str, dashes: str, name: str) -> str:
    """Draw a line through points (x, y); its name appears under the pointer."""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="line" stroke="{color}"{dashed} d="M{path}"><title>{name}</title></path>'
