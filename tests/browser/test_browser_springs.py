"""The springs as a reader meets them, on a page without a kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import chromium, note_faults
from playwright.sync_api import Browser, Page
from stateful_page import write_stateful_page
from there import there

import siamese_lib as sl
from siamese_lib.views.springs import start
from siamese_lib.views.springs.forces import radius_of
from siamese_lib.views.springs.state import Moment

pytestmark = pytest.mark.browser

WIDTHS = (320, 800, 1280, 1920)
LARGE = 1000  # pixels: from here on, text has 14 pixels at least
SMALL_TEXT = """root => [...root.querySelectorAll("*")]
  .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3))
  .filter((each) => each.checkVisibility())
  .map((each) => [parseFloat(getComputedStyle(each).fontSize), each.textContent])"""
OVERFLOWING = """root => [...root.querySelectorAll("*")].filter((each) =>
  !each.closest("svg, .sv-unseen") && each.scrollWidth > each.clientWidth + 1
  && getComputedStyle(each).display !== "inline").map((each) => each.className)"""


class SpringsOnPage:
    """What a reader sees of the springs, and does to them."""

    def __init__(self, page: Page, state: dict[str, Any]) -> None:
        self.page = page
        self.first = state
        self.root = page.locator(".siamese-springs")
        self.rest()

    def rest(self) -> None:
        """Wait until nothing moves, and all is reported."""
        self.page.wait_for_function(
            "document.querySelector('.siamese-springs')?.dataset.moving === 'false'"
        )
        self.page.wait_for_timeout(250)

    @property
    def state(self) -> dict[str, Any]:
        """The state at first with all that was reported since."""
        state = dict(self.first)
        for change in self.page.evaluate("changes"):
            state |= change
        return state

    @property
    def moment(self) -> Moment:
        return Moment.of(self.state, 12, True)

    @property
    def points(self) -> np.ndarray:
        return self.moment.places()

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def loss(self) -> float:
        return float(self.root.locator(".sp-loss-value").inner_text())

    def words(self) -> str:
        return self.root.locator(".sp-words").inner_text()

    def place_of(self, point: int) -> tuple[float, float]:
        disc = self.root.locator(f'[data-point="{point}"] :is(.sp-disc, .sp-frame)')
        box = there(disc.locator("visible=true").bounding_box())
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, begin: tuple[float, float], right: float, down: float) -> None:
        self.page.mouse.move(*begin)
        self.page.mouse.down()
        self.page.mouse.move(begin[0] + right, begin[1] + down, steps=15)
        self.page.mouse.up()
        self.rest()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., SpringsOnPage]]:
    """Open a page around springs; errors on the page, and in its console, fail the test."""
    faults: list[str] = []
    pages: list[Page] = []

    def open_page(
        view: sl.Springs | None = None, width: int = 1000, height: int = 700, **more: Any
    ) -> SpringsOnPage:
        scheme = more.pop("color_scheme", "light")
        motion = more.pop("reduced_motion", "no-preference")
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion=motion,
        )
        pages.append(page)
        note_faults(page, faults)
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        view = view or sl.Springs()
        page.goto(write_stateful_page(tmp_path / "springs.html", view, **more).as_uri())
        page.locator(".siamese-springs").wait_for()
        return SpringsOnPage(page, {**view.state, **more})

    yield open_page
    for page in pages:
        page.close()
    assert faults == []


def test_a_mouse_drags_a_point(show):
    springs = show()
    springs.drag(springs.place_of(1), 60, -30)
    moved = springs.points - start.POINTS
    assert springs.state["selected"] == 1
    assert moved[1, 0] > 0.1
    assert moved[1, 1] > 0.05
    assert not np.delete(moved, 1, axis=0).any()
    assert springs.loss() == pytest.approx(springs.moment.forces(start.LABELS).loss, abs=6e-5)


def test_keys_move_a_point_and_choose_another(show):
    springs = show()
    page = springs.page
    focused = "document.activeElement.dataset"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(f"{focused}.point") == "0":
            break
    assert page.evaluate(f"{focused}.lmSuppressShortcuts") == "true"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    springs.rest()
    moved = springs.points - start.POINTS
    assert moved[0, 0] > 0
    assert moved[0, 1] == pytest.approx(4 * moved[0, 0])
    page.keyboard.press("PageDown")
    assert page.evaluate(f"{focused}.point") == "1"
    page.keyboard.press("ArrowDown")
    springs.rest()
    assert springs.state["selected"] == 1
    assert springs.points[1, 1] < start.POINTS[1, 1]
    assert "different points push it" in page.evaluate("document.activeElement.ariaLabel")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.point") is None


@pytest.mark.parametrize("means", ["two", "one"])
def test_a_step_is_that_of_python(show, means):
    springs = show(means=means, learning_rate=2.0)
    springs.press("Step")
    springs.rest()
    expected = springs.moment.of(springs.first, 12, False).after(1, start.LABELS)
    np.testing.assert_allclose(springs.points, expected.places(), rtol=1e-12)
    assert springs.state["step"] == 1
    springs.press("Start again")
    springs.rest()
    np.testing.assert_array_equal(springs.points, start.POINTS)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_with_the_pull_alone_the_radius_falls_below_a_hundredth(show, color_scheme):
    springs = show(color_scheme=color_scheme)
    springs.press("off")
    springs.press("Run")
    springs.rest()
    assert radius_of(springs.points) < 0.01 * radius_of(start.POINTS)
    assert springs.words().startswith("Collapse")
    assert springs.loss() == 0
    springs.press("on")
    springs.press("Start again")
    springs.press("Run")
    springs.rest()
    assert springs.words().startswith("At rest: each class is one dot")


def test_the_margin_sets_the_scale(show):
    springs = show()
    slider = springs.root.get_by_role("slider", name="margin")
    slider.focus()
    springs.page.keyboard.press("End")
    springs.rest()
    assert springs.state["margin"] == 10
    springs.press("Run")
    springs.rest()
    chip = springs.root.get_by_role("button", name="out of sight")
    chip.click()
    springs.rest()
    assert springs.state["follow"] is True
    assert not chip.is_visible()
    assert 10 < radius_of(springs.points) / radius_of(start.POINTS) < 13
    assert springs.root.locator(".sp-bar-margin").text_content() == "margin 10"


def test_the_circle_is_a_handle_for_the_margin(show):
    springs = show(margin=0.5)
    ring = there(springs.root.locator(".sp-ring").bounding_box())
    middle = ring["y"] + ring["height"] / 2
    springs.drag((ring["x"] + ring["width"], middle), 40, 0)
    grown = 2 * 40 / ring["width"]
    assert springs.state["margin"] == pytest.approx(0.5 * (1 + grown), rel=0.05)


def test_a_state_set_from_outside_is_shown_and_not_reported(show):
    springs = show()
    count = springs.page.evaluate("changes.length")
    springs.page.evaluate("view.set({ margin: 2, push: false, selected: null })")
    springs.rest()
    assert springs.words().startswith("Only the pull is left")
    assert not springs.root.locator(".sp-ring").is_visible()
    springs.page.evaluate("view.set({ margin: 2, push: false })")
    assert springs.page.evaluate("changes.length") == count
    springs.page.evaluate("view.destroy()")
    assert not springs.root.count()


def test_a_run_is_reported_ten_times_a_second_at_most(show):
    springs = show()
    begin = springs.page.evaluate("performance.now()")
    springs.press("Run")
    springs.rest()
    seconds = (springs.page.evaluate("performance.now()") - begin) / 1000
    reports = springs.page.evaluate("changes.length")
    assert 3 < reports <= 10 * seconds + 3
    assert springs.state["running"] is True
    assert springs.moment.forces(start.LABELS).loss < 1e-6


def test_readers_who_prefer_less_motion_see_the_end_at_once(show):
    springs = show(reduced_motion="reduce")
    springs.page.evaluate(
        "new MutationObserver(() => (window.moves = (window.moves ?? 0) + 1)).observe("
        "document.querySelector('[data-point]'), { attributeFilter: ['transform'] })"
    )
    springs.press("Run")
    springs.rest()
    assert springs.words().startswith("At rest")
    assert springs.page.evaluate("moves") <= 3


def test_images_stand_in_the_places_of_the_points(show):
    images = np.zeros((12, 8, 8), np.uint8)
    images[:, 2:6, 2:6] = 255
    springs = show(sl.Springs(images=images))
    point = springs.root.locator('[data-point="3"]')
    springs.page.wait_for_function("document.querySelector('.sp-image').getAttribute('href')")
    assert point.locator(".sp-image").get_attribute("href").startswith("data:image/png")
    assert not point.locator(".sp-disc").is_visible()
    springs.press("points")
    springs.rest()
    assert point.locator(".sp-disc").is_visible()
    assert not point.locator(".sp-image").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_windows_of_any_width(show, width):
    springs = show(width=width, height=720 if width < LARGE else 1080)
    assert springs.page.evaluate("document.documentElement.scrollWidth") <= width
    assert springs.root.evaluate(OVERFLOWING) == []
    sizes = springs.root.evaluate(SMALL_TEXT)
    least = 14 if width >= LARGE else 13
    assert [text for size, text in sizes if size < least and len(text) > 2] == []
    assert len(sizes) > 20
