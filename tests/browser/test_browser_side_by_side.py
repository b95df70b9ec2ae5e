"""Films side by side as a reader meets them: one bar, one legend, one selection, two scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from browser import ViewOnPage, chromium, note_faults, write_stateful_page
from playwright.sync_api import Browser, Page

import siamese_lib as sl

pytestmark = pytest.mark.browser
POINTS = 60
LABELS = np.arange(POINTS) % 3
OVERFLOWING = """root => [...root.querySelectorAll("*")].filter((each) =>
  !each.closest("svg, .sv-unseen, .sv-stage, .sv-ticks, .sv-curve")
  && each.scrollWidth > each.clientWidth + 1
  && getComputedStyle(each).display !== "inline").map((each) => each.className)"""


def film(size: float, steps: list[int]) -> sl.Film:
    """Three clouds that drift apart; `size` is how far the last frame reaches."""
    noise = np.random.default_rng(0).normal(scale=0.2, size=(POINTS, 2))
    centres = np.array([[-2, -1], [2, -1], [0, 2]])[LABELS]
    growth = np.linspace(0, 1, len(steps))[:, None, None]
    loss = {"loss": np.linspace(size, 0, len(steps)).tolist()}
    images = np.zeros((POINTS, 8, 8), np.uint8)
    images[:, 2:6, 2:6] = 4 * np.arange(POINTS)[:, None, None]
    return sl.Film(
        (noise + centres * growth) * size, LABELS, images=images, steps=steps, curves=loss,
        margin=size,
    )  # fmt: skip


def example(**options: Any) -> sl.SideBySide:
    films = {"large": film(10, [0, 10, 20, 40]), "small": film(1, [0, 5, 10, 20]),
             "dot": film(0.01, [0, 20, 40])}  # fmt: skip
    return sl.SideBySide(films, **options)


class PanelsOnPage(ViewOnPage):
    """What a reader sees of the films, and does to them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".siamese-side-by-side")
        self.stages = self.root.locator(".sv-stage")
        self.stages.first.wait_for()
        self.rest()

    def place_in(self, panel: int, point: int) -> tuple[float, float]:
        """Return where a point of a panel is on the page, in pixels."""
        of = f"view.panels[{panel}]"
        x, y = self.evaluate(f"{of}.toScreen({of}.film.place({point}, {of}.p))")
        box = self.stages.nth(panel).bounding_box() or {}
        return box["x"] + x, box["y"] + y

    def radii(self) -> list[float]:
        """How far the points of each panel reach from their middle on the page, in pixels."""
        self.rest()
        return self.evaluate(
            """view.panels.map((panel) => {
              const [left, bottom, right, top] = panel.film.boxAt(panel.p);
              return Math.max(right - left, top - bottom) / 2 * panel.camera.scale;
            })"""
        )

    def inks(self, panel: int) -> int:
        """Count the pixels of a map that have the colour of a class."""
        return self.evaluate(
            f"""(() => {{
              const {{ canvas }} = view.panels[{panel}].painter;
              const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width,
                canvas.height);
              let count = 0;
              for (let i = 0; i < data.length; i += 4) {{
                const [low, high] = [Math.min(data[i], data[i + 1], data[i + 2]),
                  Math.max(data[i], data[i + 1], data[i + 2])];
                if (high - low > 60) count++;
              }}
              return count;
            }})()"""
        )

    @property
    def reported(self) -> dict[str, Any]:
        self.page.wait_for_timeout(300)
        return {k: v for change in self.page.evaluate("changes") for k, v in change.items()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., PanelsOnPage]]:
    """Open a page around a view; errors on the page fail the test."""
    errors: list[str] = []
    pages: list[Page] = []

    def open_page(
        width: int = 800, scheme: Literal["light", "dark"] = "light", **state: Any
    ) -> PanelsOnPage:
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        pages.append(page)
        note_faults(page, errors)
        page.on(
            "console", lambda message: errors.extend([message.text] * (message.type == "error"))
        )
        page.goto(write_stateful_page(tmp_path / "view.html", example(), **state).as_uri())
        return PanelsOnPage(page)

    yield open_page
    for page in pages:
        page.close()
    assert errors == []


def test_the_bar_moves_all_films_to_the_same_share_of_their_trainings(show):
    view = show(frame=0)
    steps = view.root.locator(".sv-panel-step")
    assert steps.all_inner_texts() == ["step 0", "step 0", "step 0"]
    view.root.locator(".sv-scrub").fill("2")
    view.rest()
    assert view.words == "50 %"
    assert steps.all_inner_texts() == ["step 20", "step 10", "step 20"]
    assert view.values == ["3.333", "0.333", "0.0050"]
    assert view.reported["frame"] == 2
    view.stages.nth(1).press("End")
    view.rest()
    assert steps.all_inner_texts() == ["step 40", "step 20", "step 40"]


def test_one_button_plays_all_films(show):
    view = show(frame=0)
    view.button("Play").click()
    view.until("view.clock.p === 3 && !view.playing")
    assert view.evaluate("view.panels.map(({ p, film }) => p === film.last)") == [True] * 3
    assert view.reported["frame"] == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [800, 1920])
def test_the_scale_decides_what_is_seen(show, width, scheme):
    view = show(width, scheme)
    large, small, dot = view.radii()
    assert small == pytest.approx(large / 10, rel=0.01)
    assert dot < 1
    inks = [view.inks(panel) for panel in range(3)]
    assert inks[0] > 3 * inks[2] > 0
    view.button("Own scale").click()
    assert view.radii() == pytest.approx([large] * 3, rel=0.05)
    assert view.inks(2) == pytest.approx(view.inks(0), rel=0.1)
    assert view.reported == {"scale": "own", "cameras": [None] * 3}
    assert view.root.evaluate(OVERFLOWING) == []


def test_own_scale_fills_the_panel_at_every_moment(show):
    view = show(scale="own")
    ends = view.radii()
    for frame in ("0", "0.5", "2"):  # the points spread to five times their first size
        view.root.locator(".sv-scrub").fill(frame)
        assert view.radii() == pytest.approx(ends, rel=0.3)


def test_a_click_selects_a_point_in_every_panel(show):
    view = show(scale="own")
    view.page.mouse.click(*view.place_in(1, 7))
    view.rest()
    assert view.evaluate("view.panels.map(({ followed }) => followed)") == [[7]] * 3
    assert view.reported["selected"] == [7]
    view.page.mouse.move(5, 5)
    view.rest()
    pictured = view.evaluate("view.panels.map(({ pictures }) => pictures !== null)")
    assert pictured == [False, True, False]
    view.stages.nth(2).press("Escape")
    assert view.reported["selected"] == []


def test_a_point_under_the_pointer_has_a_ring_in_every_panel_and_one_card(show):
    view = show(scale="own")
    view.page.mouse.move(*view.place_in(2, 11))
    view.rest()
    assert view.evaluate("view.panels.map(({ hover }) => hover)") == [11] * 3
    cards = view.root.locator(".sv-card.sv-shown")
    assert cards.count() == 1
    assert "point 11" in cards.inner_text()


def test_the_legend_hides_a_class_in_every_panel(show):
    view = show(scale="own")
    before = [view.inks(panel) for panel in range(3)]
    view.legend("0").click()
    view.rest()
    for panel in range(3):
        assert view.inks(panel) < 0.8 * before[panel]
    assert view.reported == {"hidden": ["0"]}


def test_maps_at_one_scale_are_zoomed_together_and_at_their_own_alone(show):
    view = show()
    view.stages.nth(1).press("+")
    view.rest()
    scales = view.evaluate("view.panels.map(({ camera }) => camera.scale)")
    assert scales == [scales[0]] * 3
    assert scales[0] > view.evaluate("view.panels[0].camera.home.scale") * 1.2
    view.button("Own scale").click()
    view.rest()
    view.stages.nth(1).press("+")
    view.rest()
    zooms = view.evaluate("view.panels.map(({ camera }) => camera.zoom)")
    assert zooms == pytest.approx([1, 1.25, 1])


def test_a_zoom_is_part_of_the_state(show):
    view = show()
    view.stages.nth(1).press("+")
    view.rest()
    reported = view.reported["cameras"]
    assert reported == [reported[0]] * 3 == view.evaluate("view.cameras")
    view.button("Own scale").click()
    view.rest()
    assert view.reported == {"scale": "own", "cameras": [None] * 3}
    view.stages.nth(1).press("+")
    view.rest()
    reported = view.reported["cameras"]
    assert [camera is None for camera in reported] == [True, False, True]
    view.stages.nth(1).press("0")
    view.rest()
    assert view.reported["cameras"] == [None] * 3


@pytest.mark.parametrize(("scale", "zoomed"), [("same", [0, 1, 2]), ("own", [1])])
def test_a_page_opens_with_the_zoom_of_its_state(show, scale, zoomed):
    camera = [0.5, -0.25, 1 / 3]
    cameras = [camera if panel in zoomed else None for panel in range(3)]
    view = show(scale=scale, cameras=cameras)
    seen = view.evaluate(
        "view.panels.map(({ camera: { x, y, scale, width, height } }) =>"
        " [x, y, Math.min(width, height) / scale])"
    )
    for panel in range(3):
        assert (seen[panel] == pytest.approx(camera, rel=1e-6)) == (panel in zoomed)
    assert view.reported == {}
    view.page.evaluate("window.view.set({ cameras: [null, null, null] })")
    view.rest()
    assert view.evaluate("view.cameras") == [None] * 3
    assert view.reported == {}


def test_a_state_from_outside_does_not_undo_a_zoom_that_is_still_to_be_reported(show):
    view = show()
    state = {"frame": 1, "cameras": [None] * 3}
    zoom = """root.querySelector(".sv-stage").dispatchEvent(
      new KeyboardEvent("keydown", { key: "+", bubbles: true }))"""
    view.root.evaluate(
        f"""async (root, state) => {{
          const drawn = () => new Promise((done) => requestAnimationFrame(() => done()));
          {zoom};
          await drawn();
          {zoom};
          await drawn();
          window.view.set(state);
        }}""",
        state,
    )
    view.rest()
    assert view.evaluate("view.panels[2].camera.zoom") == pytest.approx(1.25**2)
    assert view.reported["cameras"] == view.evaluate("view.cameras")


def test_a_state_that_is_set_is_shown_and_not_reported(show):
    view = show()
    state = {"frame": 1, "playing": False, "selected": [3], "scale": "own", "hidden": ["1"]}
    for _ in range(2):
        view.page.evaluate("state => window.view.set(state)", state)
        view.rest()
        assert view.words == "25 %"
        assert view.button("Own scale").get_attribute("aria-pressed") == "true"
        assert view.legend("1").get_attribute("aria-pressed") == "false"
        assert view.evaluate("view.selected") == [3]
    assert view.reported == {}


def test_the_address_of_an_exported_page_holds_the_state(browser, tmp_path):
    page = browser.new_page(viewport={"width": 900, "height": 800})
    page.goto(sl.export_view(example(), tmp_path / "films.html").as_uri())
    view = PanelsOnPage(page)
    view.button("Own scale").click()
    view.legend("2").click()
    page.mouse.click(*view.place_in(0, 4))
    page.wait_for_function("() => decodeURIComponent(location.hash).includes('selected')")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    again = PanelsOnPage(page)
    assert again.button("Own scale").get_attribute("aria-pressed") == "true"
    assert again.legend("2").get_attribute("aria-pressed") == "false"
    assert again.evaluate("view.selected") == [4]
    page.close()
