"""What is wrong with how a page is laid out, as a machine can see it."""

from __future__ import annotations

from playwright.sync_api import Page

SIZES = ((800, 900), (1280, 720), (1400, 900), (1920, 1080))
LARGE = 1200  # pixels: on a page as wide as this, text has 14 pixels at least

_FAULTS = """([selector, smallest]) => {
  const faults = [];
  const words = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class")} ` +
    `"${(element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 40)}"`;
  const seen = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !element.closest(".sv-unseen, [hidden]");
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth + 1) {
    faults.push(`the page is ${page.scrollWidth - page.clientWidth} pixels too wide`);
  }
  for (const root of document.querySelectorAll(selector)) {
    const all = [root, ...root.querySelectorAll("*")].filter(seen);
    const controls = all.filter((each) => each.matches("button, input, select, summary"));
    const boxes = new Map(controls.map((each) => [each, each.getBoundingClientRect()]));
    for (const [control, box] of boxes) {
      for (let place = control.parentElement; place; place = place.parentElement) {
        const { left, right } = place.getBoundingClientRect();
        if (box.left < left - 1 || box.right > right + 1) {
          faults.push(`${words(control)} sticks out of ${words(place)}`);
          break;
        }
        if (place === root) break;
      }
      if (control.scrollWidth > control.clientWidth + 1 && control.matches("button")) {
        faults.push(`${words(control)} is narrower than what is in it`);
      }
      if (control.scrollHeight > control.clientHeight + 1 && control.matches("button")) {
        faults.push(`${words(control)} is lower than what is in it`);
      }
    }
    controls.forEach((one, i) => controls.slice(i + 1).forEach((other) => {
      const [a, b] = [boxes.get(one), boxes.get(other)];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1) faults.push(`${words(one)} overlaps ${words(other)}`);
    }));
    for (const element of all) {
      const style = getComputedStyle(element);
      const wider = element.scrollWidth > element.clientWidth + 1;
      if (style.textOverflow === "ellipsis" && wider) faults.push(`${words(element)} is cut off`);
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      const size = parseFloat(style.fontSize);
      if (own && size < smallest) faults.push(`${words(element)} has letters of ${size} pixels`);
    }
  }
  return faults;
}"""


def layout_faults(page: Page, selector: str, width: int, height: int) -> list[str]:
    """Look at a page in a window of some size.

    Args:
        page: with a viewport, which is changed.
        selector: of the parts to look at.
        width, height: of the window, in pixels.

    Returns:
        A sentence for the page if it has to be scrolled sideways; for each control that is outside
        what it is in, over another one, or too small for its words; and for each text that is cut
        off or, in a large window, smaller than 14 pixels.
    """
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))")
    smallest = 14 if width >= LARGE else 0
    faults = page.evaluate(_FAULTS, [selector, smallest])
    return [f"{width} by {height}: {fault}" for fault in faults]
