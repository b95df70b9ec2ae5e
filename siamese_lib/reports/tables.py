"""Tables for a page: text stays text, and a picture can link to its file."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote_from_bytes

import numpy as np

from siamese_lib.images import png_uri, shrunk_to, without_gray_axis
from siamese_lib.texts import printable

_SIDE = 64  # pixels: the longer side of a picture in a table


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in a cell.

    Attributes:
        pixels: uint8 (H, W, C).
        name: what is said of it where it is not seen.
        href: where a click leads; "" for nowhere.
    """

    pixels: np.ndarray
    name: str
    href: str = ""


@dataclass(frozen=True)
class Interval:
    """A share with its interval, from 0 to 1."""

    value: float
    low: float
    high: float


Cell: TypeAlias = "str | int | float | Interval | Picture | None"


@dataclass(frozen=True)
class Table:
    """A table with a title.

    Attributes:
        title: above it.
        columns: names of the columns.
        rows: cells; None is empty. A column of numbers is sorted by them.
        note: a sentence or more, under the title.
        folded: whether only the title is seen until it is clicked.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    folded: bool = False


def table_html(table: Table) -> str:
    """Return the markup of a table."""
    heads = "".join(f'<th scope="col">{_text(name)}</th>' for name in table.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    note = f'<p class="quiet">{_text(table.note)}</p>' if table.note else ""
    title = f"<h2>{_text(table.title)}</h2>"
    content = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(table.title)}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    if table.folded:
        return f'<details class="table"><summary>{title}</summary>{note}{content}</details>'
    return f'<section class="table">{title}{note}{content}</section>'


def list_html(title: str, lines: Sequence[str], first: str = "") -> str:
    """Return the markup of a heading and lines, the first of which stands out.

    What stands between two backticks is code.
    """
    lead = f'<p class="lead">{_text(first)}</p>' if first else ""
    items = "".join(f"<li>{_with_code(line)}</li>" for line in lines)
    return f'<section class="words"><h2>{_text(title)}</h2>{lead}<ul>{items}</ul></section>'


def _with_code(line: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _text(line))


def link_to(file: Path | None, page: Path) -> str:
    """Return a link from a page to a file: relative if that is possible, so that both can move."""
    if file is None:
        return ""
    try:
        target = file.resolve().relative_to(page.resolve().parent)
        return quote_from_bytes(bytes(target))
    except ValueError:
        return file.resolve().as_uri()


def _cell(cell: Cell) -> str:
    if cell is None:
        return "<td></td>"
    if isinstance(cell, Picture):
        small = shrunk_to(cell.pixels[None], _SIDE)[0]
        name = _text(cell.name)
        picture = f'<img alt="{name}" title="{name}" src="{png_uri(without_gray_axis(small))}">'
        link = f'<a href="{html.escape(cell.href)}" target="_blank">{picture}</a>'
        return f'<td class="picture">{link if cell.href else picture}</td>'
    if isinstance(cell, Interval):
        low, high = f"{100 * cell.low:.1f}", f"{100 * cell.high:.1f}"
        words = f'{100 * cell.value:.1f} % <span class="quiet">({low} to {high})</span>'
        return f'<td class="number" data-value="{cell.value!r}">{words}</td>'
    if isinstance(cell, int | float):
        words = f"{cell:,}" if isinstance(cell, int) else f"{cell:.3f}"
        return f'<td class="number" data-value="{cell!r}">{words}</td>'
    return f"<td>{_text(cell)}</td>"


def _text(words: str) -> str:
    return html.escape(printable(words))
