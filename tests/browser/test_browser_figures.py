"""Figures on narrow and wide pages, light and dark: nothing covers, cuts or hides words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from playwright.sync_api import Browser
from plotly.offline import get_plotlyjs
from tiny_figures import examples

from siamese_lib.colors import contrast
from siamese_lib.figures.style import SHEET

pytestmark = pytest.mark.browser

# What JupyterLab leaves for an output in windows of 800, 1280, 1400 and 1920 pixels.
WIDTHS = (640, 1110, 1230, 1750)
GROUNDS = {"light": "#ffffff", "dark": "#111111"}  # JupyterLab's
# Of each figure: boxes of its words by kind, of its toolbar and its pictures, and what is hidden.
BOXES = """() => [...document.querySelectorAll("section")].map((section) => {
  const plot = section.querySelector(".js-plotly-plot");
  const boxes = [];
  const add = (kind, element) => {
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    const turned = /rotate\\((?!0[,)])/.test(element.getAttribute("transform") ?? "");
    const color = element.tagName === "text" ? getComputedStyle(element).fill : "";
    const box = [left, top, right, bottom];
    boxes.push({ kind, turned, color, box, words: element.textContent });
  };
  const kinds = {
    title: ".g-xtitle text, .g-ytitle text", tick: ".xtick text, .ytick text, .cbaxis text",
    caption: ".textpoint text", legend: ".legend", toolbar: ".modebar-group", picture: ".im image",
  };
  // The names on a map are on its points, wherever these are.
  if (plot.layout.dragmode !== "pan") kinds.note = ".annotation-text";
  for (const [kind, selector] of Object.entries(kinds)) {
    for (const element of plot.querySelectorAll(selector)) add(kind, element);
  }
  const scroll = [...plot.querySelectorAll(".legend .scrollbar")];
  const { left, top, right, bottom } = plot.getBoundingClientRect();
  return {
    name: section.id, boxes, whole: [left, top, right, bottom],
    logo: plot.querySelectorAll(".plotlyjsicon").length,
    scrolls: scroll.some((bar) => bar.getBoundingClientRect().height > 0),
    wide: plot.scrollWidth > section.clientWidth,
    pictures: plot.querySelectorAll(".im image").length,
  };
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def figures() -> str:
    parts = {
        name: figure.to_html(full_html=False, include_plotlyjs=False)
        for name, figure in examples().items()
    }
    sections = "".join(f'<section id="{name}">{part}</section>' for name, part in parts.items())
    return f"<style>{SHEET}</style><script>{get_plotlyjs()}</script>{sections}"


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two boxes share more than a pixel in both directions."""
    a, b = one["box"], other["box"]
    shared = [min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1)]
    return min(shared) > 1


def faults_of(figure: dict[str, Any]) -> list[str]:
    """Say what is covered, cut or hidden in a figure."""
    name, boxes, whole = figure["name"], figure["boxes"], figure["whole"]
    faults = [f"{name}: {what}" for what in ("logo", "scrolls", "wide") if figure[what]]
    for number, one in enumerate(boxes):
        left, top, right, bottom = one["box"]
        inside = left >= whole[0] - 1 and top >= whole[1] - 1
        if not (inside and right <= whole[2] + 1 and bottom <= whole[3] + 1):
            faults.append(f"{name}: {one['kind']} {one['words']!r} is cut")
        for other in boxes[number + 1 :]:
            if {one["kind"], other["kind"]} == {"picture", "caption"}:
                continue  # the picture has room for the words
            # The box around turned words is much larger than they are.
            if overlap(one, other) and not (one["turned"] and other["turned"]):
                faults.append(f"{name}: {one['words']!r} is on {other['words']!r}")
    if figure["pictures"] and any(one["kind"] == "toolbar" for one in boxes):
        faults.append(f"{name}: tools on pictures")
    return faults


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", GROUNDS)
def test_nothing_covers_words_and_all_can_be_read(
    browser: Browser, figures: str, tmp_path: Path, width: int, theme: str
) -> None:
    path = tmp_path / "figures.html"
    light = str(theme == "light").lower()
    path.write_text(
        f'<!doctype html><meta charset="utf-8"><body data-jp-theme-light="{light}" '
        f'style="width: {width}px; margin: 0; background: {GROUNDS[theme]}">{figures}',
        encoding="utf-8",
    )
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_function(
        "document.querySelectorAll('section .main-svg .infolayer').length"
        " >= document.querySelectorAll('section').length"
    )
    found = page.evaluate(BOXES)
    page.close()
    assert [figure["name"] for figure in found] == list(examples())
    assert [fault for figure in found for fault in faults_of(figure)] == []
    kinds = {box["kind"] for figure in found for box in figure["boxes"]}
    assert kinds == {"title", "tick", "caption", "legend", "toolbar", "picture", "note"}
    tools = {f["name"] for f in found if any(box["kind"] == "toolbar" for box in f["boxes"])}
    assert tools == {"map", "map of images", "map with a lonely point", "arrows"}
    colors = {box["color"] for figure in found for box in figure["boxes"] if box["kind"] == "title"}
    (color,) = colors
    levels = "".join(f"{int(level):02x}" for level in color[4:-1].split(","))
    assert contrast(f"#{levels}", GROUNDS[theme]) >= 4.5


def test_the_check_finds_what_covers_and_what_is_cut() -> None:
    words = {"kind": "title", "turned": False, "words": "loss", "box": [10, 10, 60, 30]}
    figure: dict[str, Any] = {
        "name": "one", "whole": [0, 0, 100, 100], "logo": 0, "scrolls": False, "wide": False,
        "pictures": 1,
    }  # fmt: skip
    assert faults_of({**figure, "boxes": [words]}) == []
    legend = {**words, "kind": "legend", "words": "same", "box": [50, 20, 110, 40]}
    assert faults_of({**figure, "boxes": [words, legend]}) == [
        "one: 'loss' is on 'same'", "one: legend 'same' is cut",
    ]  # fmt: skip
    tools = {**words, "kind": "toolbar", "box": [70, 10, 90, 20]}
    found = {**figure, "boxes": [words, tools], "logo": 1, "scrolls": True}
    assert faults_of(found) == ["one: logo", "one: scrolls", "one: tools on pictures"]
