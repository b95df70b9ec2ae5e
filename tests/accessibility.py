"""Checks of accessibility for pages in tests: axe-core, and the contrast of the theme's colours."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from siamese_lib.colors import contrast

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_SOURCE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
_CHECK = """async ([selectors, rules]) => {
  const context = selectors.length ? { include: selectors.map((each) => [each]) } : document;
  const { violations } = await axe.run(context, { runOnly: { type: "tag", values: rules } });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, target, failureSummary }) =>
    `${id}: ${target.join(" ")}\\n  ${html.slice(0, 200)}\\n  ${
      failureSummary.replaceAll("\\n", "\\n  ")}`));
}"""

TEXT, MARK = 4.5, 3.0  # contrasts that WCAG 2.2 asks for
_COLORS = """names => {
  const root = document.querySelector(".siamese");
  const probe = root.appendChild(document.createElement("i"));
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const seen = (name, under) => {
    for (const color of [under, `var(--sv-${name})`]) {
      probe.style.color = color;
      pen.fillStyle = getComputedStyle(probe).color;
      pen.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return "#" + [red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("");
  };
  const found = Object.fromEntries(["ground", "raised", "hover"].map((ground) => [ground,
    [seen(ground, "white"), names.map((name) => seen(name, `var(--sv-${ground})`))]]));
  probe.remove();
  return found;
}"""


def violations(page: Page, *selectors: str) -> list[str]:
    """Check a page, or the elements that some selectors find.

    Returns:
        For each element that breaks a rule: the rule, the element and the reason.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{_source()}; 0")  # a policy of the page may forbid scripts of a tag
    return page.evaluate(_CHECK, [selectors, RULES])


def pale(page: Page) -> list[str]:
    """Name the colours of the theme that have too little contrast on one of its grounds."""
    least = {"ink": TEXT, "quiet": TEXT, "same": TEXT, "different": TEXT, "accent": MARK,
             "edge": MARK}  # fmt: skip
    found = page.evaluate(_COLORS, [*least])
    return [
        f"{name} is {color} on {ground}, which is {under}"
        for ground, (under, colors) in found.items()
        for name, color in zip(least, colors, strict=True)
        if contrast(color, under) < least[name] and (ground, name) != ("hover", "edge")
    ]  # what the pointer is at has the edge of what it is not


@cache
def _source() -> str:
    return _SOURCE.read_text(encoding="utf-8")
