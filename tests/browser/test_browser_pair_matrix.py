"""The matrix of pairs as a reader meets it, on a page of its own, light and dark."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from browser import chromium, note_faults
from playwright.sync_api import Browser, Page, expect
from there import there

import siamese_lib as sl

pytestmark = pytest.mark.browser
COUNT = 24


def example() -> sl.PairMatrix:
    """Three clouds of eight images that drift apart in four frames."""
    rng = np.random.default_rng(0)
    labels = np.arange(COUNT) % 3
    centres = np.array([[-2, -1], [2, -1], [0, 2]])[labels]
    spread = rng.normal(scale=0.3, size=(COUNT, 2))
    frames = np.array([spread + centres * t for t in (0, 0.1, 0.3, 1)])
    images = np.zeros((COUNT, 8, 8), np.uint8)
    images[:, 2:6, 2:6] = 10 * np.arange(COUNT)[:, None, None]
    names = ["ant", "bee", "cat"]
    return sl.PairMatrix(frames, labels, images=images, class_names=names, steps=[0, 10, 20, 90])


class MatrixOnPage:
    """What a reader sees of the matrix, and does to it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".siamese-pair-matrix")
        self.board = self.root.locator(".pm-board")
        self.card = self.root.locator(".pm-card")
        self.margin = self.root.get_by_label("Margin")
        self.board.wait_for()
        self.rest()

    def rest(self) -> None:
        """Wait until nothing moves."""
        self.page.wait_for_function(
            "document.querySelector('.siamese-pair-matrix').view.animation.request === null"
        )

    def counts(self) -> dict[str, int]:
        self.rest()
        words = self.root.locator(".pm-count").all_inner_texts()
        found = [re.match(r"([\d,]+)\s+(\w+)", text) for text in words]
        return {there(match)[2]: int(there(match)[1].replace(",", "")) for match in found}

    def changes(self) -> dict[str, Any]:
        """What was reported, the latest of each key."""
        self.page.wait_for_timeout(150)
        return self.page.evaluate("Object.assign({}, ...window.changes)")

    def set(self, **state: Any) -> None:
        self.page.evaluate("state => window.view.set(state)", state)
        self.rest()

    def cell(self, row: int, column: int) -> tuple[float, float]:
        """Return where a cell is on the page."""
        left, side = self.page.evaluate(
            """() => {
              const { board } = document.querySelector('.siamese-pair-matrix').view;
              const { left, top } = board.canvas.getBoundingClientRect();
              // The last column and row end two pixels before the canvas does.
              return [[left, top], [board.canvas.clientWidth, board.canvas.clientHeight]];
            }"""
        )
        size = (side[1] - 22) / COUNT
        return left[0] + side[0] - 2 - (COUNT - column - 0.5) * size, left[1] + 20 + (
            row + 0.5
        ) * size


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., MatrixOnPage]]:
    """Open a page around a matrix; errors on the page fail the test."""
    errors: list[str] = []
    pages: list[Page] = []

    def open_page(
        view: sl.PairMatrix | None = None,
        width: int = 1100,
        color_scheme: Literal["light", "dark"] = "light",
        height: int = 900,
    ) -> MatrixOnPage:
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            reduced_motion="reduce",
        )
        pages.append(page)
        note_faults(page, errors)
        page.goto(write_page(tmp_path / "matrix.html", view or example()).as_uri())
        return MatrixOnPage(page)

    yield open_page
    for page in pages:
        page.close()
    assert errors == []


def write_page(path: Path, view: sl.PairMatrix) -> Path:
    """Write a page around the widget's script, with its payload and state inside."""

    def in_script(value: Any) -> str:
        return json.dumps(value).replace("<", "\\u003c")

    packed = json.dumps(
        view.payload(), default=lambda data: {"base64": base64.b64encode(data).decode()}
    )
    path.write_text(
        f"""<!doctype html><meta charset="utf-8"><title>matrix</title>
<style>body {{ margin: 0; background: Canvas; color-scheme: light dark }}\n{view._css}</style>
<body><div id="here"></div>
<script type="module">
const url = URL.createObjectURL(new Blob([{in_script(view._esm)}], {{ type: "text/javascript" }}));
const {{ mount }} = await import(url);
const payload = JSON.parse({in_script(packed)}, (key, value) => value?.base64 === undefined
  ? value : Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)));
window.changes = [];
const onChange = (change) => window.changes.push(change);
const state = {json.dumps(view.state)};
window.view = mount(document.getElementById("here"), payload, {{ state, onChange }});
</script>""",
        encoding="utf-8",
    )
    return path


def counts_of(view: sl.PairMatrix, **state: Any) -> dict[str, int]:
    view.state = state
    return view.counts._asdict()


@pytest.mark.parametrize(("width", "scheme"), [(800, "light"), (1920, "dark")])
def test_a_cell_shows_its_pair_and_a_click_keeps_it(show, width, scheme):
    shown = show(width=width, color_scheme=scheme)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    expect(shown.card).to_contain_text("Point at a tile")
    shown.page.mouse.move(*shown.cell(0, 12))  # images 0 and 13, by class
    expect(shown.card).to_contain_text("different pair: ant and bee")
    expect(shown.card).to_contain_text("images 0 and 13")
    expect(shown.card.locator("canvas")).to_have_count(2)
    assert shown.changes() == {}
    shown.page.mouse.click(*shown.cell(0, 1))
    assert shown.changes() == {"selected": [0, 3]}
    shown.page.mouse.move(2, 2)
    expect(shown.card).to_contain_text("similar pair: both are labelled ant")
    shown.page.mouse.click(*shown.cell(0, 1))  # lets it go
    assert shown.changes() == {"selected": None}


def test_the_arrow_keys_go_from_cell_to_cell(show):
    shown = show()
    shown.board.focus()
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("ArrowDown")  # over the diagonal is not necessary here
    shown.page.keyboard.press("Enter")
    assert shown.changes() == {"selected": [3, 6]}
    expect(shown.root.locator("[aria-live]")).to_contain_text("kept: images 3 and 6")
    shown.page.keyboard.press("Shift+ArrowRight")
    expect(shown.card).to_contain_text("images 3 and 13")
    shown.page.keyboard.press("Escape")
    assert shown.changes() == {"selected": None}


def test_margin_time_and_random_pairs_change_what_is_counted(show):
    view = example()
    shown = show(view)
    assert shown.counts() == counts_of(view)
    shown.margin.fill("150")  # of 200 steps
    assert shown.counts() == counts_of(view, margin=3.16)
    assert shown.changes() == {"margin": 3.16}
    shown.margin.press("ArrowLeft")
    assert shown.counts() == counts_of(view, margin=3.09)

    scrub = shown.root.get_by_role("slider", name="Frame")
    scrub.fill("1")
    assert shown.counts() == counts_of(view, frame=1)
    scrub.press("ArrowRight")
    assert shown.counts() == counts_of(view, frame=2)
    scrub.press("ArrowLeft")
    assert shown.counts() == counts_of(view, frame=1)
    shown.root.get_by_role("button", name="random pairs").click()
    assert shown.counts() == counts_of(view, which="random")
    assert sum(shown.counts().values()) == COUNT // 2
    shown.root.get_by_role("button", name="one plain mean").click()
    expect(shown.root.locator(".pm-loss")).to_contain_text(f"loss {loss_of(view, means='one')}")
    assert shown.changes() == {"margin": 3.09, "frame": 1, "which": "random", "means": "one"}


def loss_of(view: sl.PairMatrix, **state: Any) -> str:
    view.state = state
    return f"{view.loss:.3f}"


def test_python_sets_the_state_and_nothing_is_reported(show):
    view = example()
    shown = show(view)
    before = shown.page.evaluate("window.changes.length")
    shown.set(**view.state)
    shown.set(frame=0, margin=0.5, which="all", means="two", selected=[1, 2], playing=False)
    assert shown.counts() == counts_of(view, frame=0, margin=0.5)
    expect(shown.card).to_contain_text("images 1 and 2")
    assert shown.page.evaluate("window.changes.length") == before


def test_a_costly_pair_is_chosen_from_the_list(show):
    view = example()
    shown = show(view)
    shown.root.locator(".pm-row").first.click()
    assert shown.changes() == {"selected": list(view.costliest[0])}
    expect(shown.root.locator(".pm-row").first).to_have_attribute("aria-pressed", "true")


def test_the_list_of_costly_pairs_says_the_cost_and_the_distance_and_is_sorted_by_cost(show):
    view = example()
    view.state = {"frame": 1}
    shown = show(view)
    assert shown.root.locator(".pm-heads").inner_text().split("\n") == [
        "Costliest pairs", "of the loss", "distance",
    ]  # fmt: skip
    rows = shown.root.locator(".pm-row:not(.pm-empty)").all()
    costs = [float(row.locator(".pm-cost").inner_text().split()[-2]) for row in rows]
    assert len(costs) > 3
    assert costs == sorted(costs, reverse=True)
    far = float(rows[0].locator(".pm-far").inner_text())
    left, right = view.costliest[0]
    points = view._batch.points[1]
    assert far == pytest.approx(np.linalg.norm(points[left] - points[right]), abs=1e-3)


@pytest.mark.parametrize("width", [1150, 1280])
def test_it_fits_the_room_of_a_notebook_in_a_small_window(show, width):
    view = example()
    view.state = {"selected": [0, 4]}
    shown = show(view, width=width, height=720)
    assert shown.root.evaluate("root => root.offsetHeight") <= 590
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "least"), [(1280, 14), (1920, 21)])
def test_its_words_grow_with_the_screen(show, width, least):
    shown = show(width=width, height=width * 9 // 16)
    shown.root.get_by_role("button", name="Full screen").click()
    shown.page.wait_for_function("document.fullscreenElement !== null")
    sizes = shown.page.evaluate(
        """async () => {
          const sizes = [];
          const { fillText } = CanvasRenderingContext2D.prototype;
          CanvasRenderingContext2D.prototype.fillText = function (...parts) {
            sizes.push(parseFloat(/[\\d.]+px/.exec(this.font)[0]));
            return fillText.apply(this, parts);
          };
          const { view } = document.querySelector('.siamese-pair-matrix');
          view.animation.wake();
          await new Promise((done) => setTimeout(done, 200));
          return [...sizes, parseFloat(getComputedStyle(view.root).fontSize)];
        }"""
    )
    assert len(sizes) > 5
    assert min(sizes) >= least
    shown.root.get_by_role("button", name="Leave full screen").click()
    shown.page.wait_for_function("document.fullscreenElement === null")
