"""The EmbeddingView as a reader meets it, on a page of its own: with WebGL2, and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from browser import (
    AS_IF_HARDWARE,
    NO_WEBGL,
    ViewOnPage,
    chromium,
    note_faults,
    words_as_seen,
    write_page,
)
from playwright.sync_api import Browser, Page

import siamese_lib as sl

pytestmark = pytest.mark.browser
FRAMES, POINTS = 6, 90
STEPS = [0, 10, 20, 40, 80, 160]
LOSS = [0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
POSE = "(({ x, y, scale }) => ({ x, y, scale }))(view.camera)"


def clouds(
    frames: int = FRAMES, points: int = POINTS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Three classes that start mixed and drift apart."""
    rng = np.random.default_rng(seed)
    labels = np.arange(points) % 3
    centres = np.array([[-2, -1], [2, -1], [0, 2]])[labels]
    spread = rng.normal(scale=0.3, size=(points, 2))
    return np.array([spread + centres * t for t in np.linspace(0, 1, frames)]), labels


def example(**more: Any) -> sl.EmbeddingView:
    frames, labels = clouds()
    images = np.zeros((POINTS, 8, 8), np.uint8)
    images[:, 2:6, 2:6] = np.arange(POINTS)[:, None, None]
    arguments = {"images": images, "steps": STEPS, "curves": {"loss": LOSS}, "margin": 1.0}
    return sl.EmbeddingView(frames, labels, **arguments | more)


@pytest.fixture(scope="module", params=["webgl2", "canvas"])
def renderer(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def browser(renderer: str) -> Iterator[Browser]:
    with chromium(*(NO_WEBGL if renderer == "canvas" else ())) as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, renderer: str, tmp_path: Path) -> Iterator[Callable[..., ViewOnPage]]:
    """Open a page around a view; errors on the page fail the test."""
    errors: list[str] = []
    pages: list[Page] = []

    def open_page(
        view: sl.EmbeddingView | None = None,
        color_scheme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> ViewOnPage:
        page = browser.new_page(viewport={"width": 900, "height": 680}, color_scheme=color_scheme)
        pages.append(page)
        page.add_init_script(AS_IF_HARDWARE)
        note_faults(page, errors)
        page.goto(write_page(tmp_path / "view.html", view or example(), **options).as_uri())
        shown = ViewOnPage(page)
        shown.rest()
        assert shown.renderer == renderer
        return shown

    yield open_page
    for page in pages:
        page.close()
    assert errors == []


def about(pixels: float) -> Any:
    """Points of other classes cover some."""
    return pytest.approx(pixels, rel=0.05)


def changes(view: ViewOnPage) -> dict[str, Any]:
    """What the view has reported, all reports in one."""
    reported: dict[str, Any] = {}
    for change in view.page.evaluate("window.changes"):
        reported |= change
    return reported


def test_points_lie_where_python_put_them(show):
    view = show()
    frames, _ = clouds()
    for frame in (0, 3, 5):
        places = np.array(view.evaluate(f"[...view.film.places({frame})]")).reshape(-1, 2)
        np.testing.assert_allclose(places, frames[frame], atol=1e-4)
    middle = np.array(view.evaluate("[...view.film.places(2.5)]")).reshape(-1, 2)
    np.testing.assert_allclose(middle, frames[2:4].mean(axis=0), atol=1e-4)  # on a straight way


@pytest.mark.parametrize("moment", [1, 2.5, 4])
def test_points_are_drawn_where_they_lie(show, moment):
    view = show()
    view.evaluate(f"view.clock.scrubTo({moment})")
    view.rest()
    pixels = view.pixels().astype(int)
    colors = view.evaluate("view.classes.rgb")
    places = np.array(view.evaluate("[...view.film.places(view.p)]")).reshape(-1, 2)
    at = np.array([view.evaluate(f"view.toScreen([{x}, {y}])") for x, y in places])
    far = np.linalg.norm(at[:, None] - at[None], axis=-1)
    other = np.arange(POINTS)[:, None] % 3 != np.arange(POINTS) % 3
    alone = np.flatnonzero(np.where(other, far, np.inf).min(axis=1) > view.evaluate("view.size"))
    assert len(alone) > 20
    for point in alone:
        x, y = np.round(at[point]).astype(int)
        assert np.abs(pixels[y, x, :3] - colors[point % 3]).sum() < 45


def test_the_film_plays_to_its_end_and_again(show):
    view = show(frame=0)
    first = view.pixels().tobytes()
    assert view.words == "step 0"
    view.button("Play").click()
    view.until("view.p > 1.5")
    middle = view.pixels().tobytes()
    view.until("!view.playing")
    assert view.words == "step 160"
    view.rest()
    assert len({first, middle, view.pixels().tobytes()}) == 3
    assert changes(view) == {"playing": False, "frame": 5}
    view.button("Play").click()  # from the end: begins anew
    view.until("view.p < 1 && view.playing && !view.clock.motion")
    view.button("Pause").click()
    assert not view.evaluate("view.playing")


def test_a_film_that_plays_by_itself_waits_until_it_is_seen(show):
    below = """(() => {
      const place = document.body.appendChild(document.createElement("div"));
      place.style.marginTop = "3000px";
      window.below = new view.constructor(place, view.payload, { frame: 0, playing: true });
    })()"""
    page = show(height=300).page
    ViewOnPage(page).evaluate(below)
    film = ViewOnPage(page, page.locator(".siamese-view").nth(1))
    film.until("view.onScreen === false")
    page.wait_for_timeout(300)
    assert film.evaluate("[view.playing, view.p]") == [True, 0]
    film.stage.scroll_into_view_if_needed()
    film.until("!view.playing && view.p === view.film.last")


def test_a_film_shows_its_end_where_motion_is_unwelcome(browser, tmp_path):
    page = browser.new_page(reduced_motion="reduce")
    page.goto(write_page(tmp_path / "view.html", example(playing=True)).as_uri())
    view = ViewOnPage(page)
    assert view.evaluate("[view.playing, view.p]") == [False, FRAMES - 1]
    assert changes(view) == {"playing": False, "frame": FRAMES - 1}
    page.close()


def test_the_frame_of_reference_stays_through_the_film(show):
    view = show(frame=0)
    before = view.evaluate(POSE)
    view.button("Play").click()
    view.until("view.p > 3")
    assert view.evaluate(POSE) == before


def test_repeat_and_speed(show):
    view = show(frame=0)
    view.button("Speed").click()
    view.button("Speed").click()
    assert view.evaluate("view.clock.speed") == 4
    view.button("Repeat").click()
    view.button("Play").click()
    view.until("view.p === view.film.last")
    view.until("view.p < 1")
    assert view.evaluate("view.playing")


def test_the_scrub_bar_and_the_curves_set_the_moment(show):
    view = show()
    assert (view.words, view.values) == ("step 160", ["0.100"])
    box = view.root.locator(".sv-scrub").bounding_box()
    view.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    view.rest()
    assert view.evaluate("view.p") == pytest.approx(2.5, abs=0.05)
    box = view.root.locator(".sv-curve").bounding_box()
    view.page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 5)
    view.page.mouse.down()
    view.page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 5, steps=4)
    view.page.mouse.up()
    view.rest()
    assert (view.words, view.values) == ("step 10", ["0.500"])
    view.until("view.clock.reported === 1")
    assert changes(view)["frame"] == 1


def test_keys(show):
    view = show(frame=3)
    view.stage.focus()
    for key, step in (("ArrowLeft", 20), ("ArrowRight", 40), ("Home", 0), ("End", 160)):
        view.page.keyboard.press(key)
        view.rest()
        assert view.words == f"step {step}"
    view.page.keyboard.press("Space")
    view.until("view.playing && view.p > 0 && view.p < 2")
    view.page.keyboard.press("Space")
    assert not view.evaluate("view.playing")
    view.page.keyboard.press("+")
    view.rest()
    assert view.evaluate("view.camera.scale > view.camera.home.scale")
    view.page.keyboard.press("0")
    view.rest()
    assert view.evaluate("view.camera.scale === view.camera.home.scale")


def test_everything_that_acts_has_a_name_and_shows_its_focus(show):
    view = show()
    unnamed = view.root.evaluate(
        """root => [...root.querySelectorAll("button, input, [tabindex]")].filter(element =>
          !(element.getAttribute("aria-label") || element.textContent.trim())).length"""
    )
    assert unnamed == 0
    outlines = []
    for _ in range(8):
        view.page.keyboard.press("Tab")
        outlines.append(view.page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
    assert set(outlines) == {"solid"}
    scrub = view.root.locator(".sv-scrub")
    assert scrub.get_attribute("aria-valuetext") == "step 160, frame 6 of 6"


def test_the_legend_hides_and_isolates(show):
    view = show()
    before = view.colors()
    assert min(before) > 100
    view.legend("1").click()
    view.rest()
    assert view.colors() == [about(before[0]), 0, about(before[2])]
    assert view.legend("1").get_attribute("aria-pressed") == "false"
    view.legend("2").dblclick()
    view.rest()
    assert view.colors() == [0, 0, about(before[2])]
    hidden = view.place_of(0)
    view.page.mouse.click(*hidden)
    assert 0 not in view.evaluate("view.selected")
    view.button("show all").click()
    view.rest()
    assert view.colors() == before
    assert view.root.locator(".sv-count").all_inner_texts() == ["30", "30", "30"]


def test_hover_tells_and_click_selects(show):
    view = show()
    view.until("view.pictures")
    view.page.mouse.move(*view.place_of(44))
    view.rest()
    card = view.root.locator(".sv-card")
    point = view.evaluate("view.hover")
    assert card.inner_text().split() == [str(point % 3), "point", str(point)]
    pixel = card.locator("canvas").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(4, 4, 1, 1).data]"
    )
    assert pixel == [point, point, point, 255]
    view.page.mouse.down()
    view.page.mouse.up()
    assert changes(view) == {"selected": [point], "highlighted": []}
    view.page.keyboard.press("Escape")
    assert changes(view) == {"selected": [], "highlighted": []}


def test_the_selection_moves_with_the_film_on_top(show):
    view = show(selected=[0], highlighted=[3, 6, 9])
    over = "view.overlay.canvas.toDataURL().length"
    late = view.evaluate(over)
    view.evaluate("view.clock.jumpTo(1)")
    view.rest()
    assert view.evaluate(over) != late
    assert view.evaluate("[view.selected, view.highlighted]") == [[0], [3, 6, 9]]


def test_marked_points_stay_in_sight(show):
    plain = show().evaluate("view.overlay.canvas.toDataURL()")
    view = show(example(marked=[4]))
    assert view.evaluate("view.overlay.canvas.toDataURL()") != plain
    assert view.evaluate("view.followed") == [4]
    view.page.mouse.click(*view.place_of(44))
    point = view.evaluate("view.selected[0]")
    assert view.evaluate("view.followed") == [4, point]
    view.legend("1").click()  # of both
    view.page.keyboard.press("Escape")
    view.rest()
    assert view.evaluate("view.followed") == []
    said = changes(view)
    assert (said["selected"], said["highlighted"]) == ([], [])


def test_a_class_may_have_a_colour_of_its_own_and_the_map_a_note(show):
    plain = show().evaluate("view.overlay.canvas.toDataURL()")
    view = show(example(colors=["#FF0000", "#00FF00", "#0000FF"], note="2 of 16 dimensions"))
    assert view.evaluate("view.classes.rgb") == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert min(view.colors()) > 100
    assert view.evaluate("view.overlay.canvas.toDataURL()") != plain


def test_a_lasso_selects_what_is_inside(show):
    view = show()
    frames, labels = clouds()
    at = [view.evaluate(f"view.toScreen([{x}, {y}])") for x, y in frames[-1]]
    box = view.stage.bounding_box()
    chosen = np.array(at)[labels == 2]
    (left, top), (right, bottom) = chosen.min(axis=0) - 3, chosen.max(axis=0) + 3
    view.page.keyboard.down("Shift")
    mouse = view.page.mouse
    mouse.move(box["x"] + left, box["y"] + top)
    mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        mouse.move(box["x"] + x, box["y"] + y, steps=3)
    mouse.up()
    view.page.keyboard.up("Shift")
    assert changes(view)["selected"] == np.flatnonzero(labels == 2).tolist()


def test_pan_zoom_fit_and_reset(show):
    view = show()
    before = view.place_of(3)
    x, y = map(round, before)  # a wheel's place is in whole pixels
    view.page.mouse.move(x - 1, y)
    view.page.mouse.move(x, y)
    view.page.mouse.wheel(0, -300)
    view.rest()
    zoom = view.evaluate("view.camera.scale / view.camera.home.scale")
    assert zoom > 1.5
    there = x + zoom * (before[0] - x), y + zoom * (before[1] - y)
    assert view.place_of(3) == pytest.approx(there, abs=0.1), "what is under the pointer stays"
    view.page.mouse.down()
    view.page.mouse.move(x + 40, y + 25, steps=3)
    view.page.mouse.up()
    assert view.place_of(3) == pytest.approx((there[0] + 40, there[1] + 25), abs=0.1)
    assert view.evaluate("view.selected") == []
    view.button("Show the whole map").click()
    view.rest()
    assert view.evaluate(POSE) == view.evaluate("view.camera.home")
    view.evaluate("view.clock.jumpTo(0)")
    view.button("Zoom to the points").click()
    view.rest()
    assert view.evaluate("view.camera.scale > 1.5 * view.camera.home.scale")


def test_a_page_scrolls_over_a_map_that_passes_under_the_pointer(show):
    view = show()
    view.page.evaluate("document.body.style.paddingBottom = '2000px'")
    scale = view.evaluate("view.camera.scale")
    view.evaluate("view.pointer.armed = false")
    view.page.evaluate("document.activeElement.blur()")
    box = view.stage.bounding_box()
    view.root.evaluate(
        """(root, [x, y]) => root.view.stage.dispatchEvent(new WheelEvent("wheel",
          { deltaY: 100, clientX: x, clientY: y, bubbles: true, cancelable: true }))""",
        [box["x"] + 50, box["y"] + 50],
    )
    assert view.evaluate("view.camera.scale") == scale


def test_what_is_set_is_shown_and_not_reported(show):
    view = show()
    view.evaluate("view.set({ frame: 1, selected: [4], highlighted: [5] })")
    view.rest()
    assert view.words == "step 10"
    assert view.evaluate("view.selected") == [4]
    assert changes(view) == {}


APPEND = """view.append({{ index: {index}, step: {step}, curves: {{ loss: {loss} }},
  bounds: [-4, -4, 8 / 65535, 4, 4] }}, Uint16Array.from({{ length: 180 }}, (_, i) => i * 300))"""


def test_the_newest_frame_moves_in_unless_the_reader_looks_back(show):
    view = show()
    view.evaluate(APPEND.format(index=6, step=320, loss=0.05))
    assert view.evaluate("view.p < 6")
    view.rest()
    assert (view.words, view.values, view.evaluate("view.p")) == ("step 320", ["0.0500"], 6)
    view.evaluate("view.clock.jumpTo(2)")
    view.rest()
    view.evaluate(APPEND.format(index=7, step=640, loss=0.04))
    view.rest()
    assert (view.words, view.evaluate("view.film.last")) == ("step 20", 7)


def test_trust_is_of_the_last_frame_and_ends_with_a_newer_one(show):
    view = show(example(trust=np.linspace(0, 1, POINTS)))
    button = view.root.get_by_role("button", name="Trust")
    button.click()
    view.rest()
    assert changes(view)["shown"]["trust"] is True
    view.evaluate(APPEND.format(index=6, step=320, loss=0.05))
    view.rest()
    assert button.is_hidden()
    assert changes(view)["shown"]["trust"] is False
    view.page.mouse.move(*view.place_of(5))
    view.rest()
    assert "trust" not in view.root.locator(".sv-card").inner_text()


def test_a_single_frame_is_a_map_without_a_film(show):
    frames, labels = clouds()
    view = show(sl.EmbeddingView(frames[-1], labels))
    assert view.root.locator(".sv-film").is_hidden()
    assert min(view.colors()) > 100


def test_points_without_classes_and_a_view_that_waits(show):
    view = show(sl.EmbeddingView(clouds()[0][-1]))
    assert view.root.locator(".sv-legend").is_hidden()
    assert view.colors()[0] > 300
    view = show(sl.EmbeddingView(np.zeros((0, 5, 2)), [0, 1, 0, 1, 0]))
    assert "waiting for the first frame" in view.stage.inner_text()


def test_names_cannot_inject_markup(show):
    name = "<img src=x onerror=alert(1)>"
    view = show(example(class_names=[name, "</script>", "&amp;"], curves={name: LOSS}))
    assert view.root.locator(".sv-name").all_inner_texts() == [name, "</script>", "&amp;"]
    assert view.root.locator("img").count() == 0


def test_a_page_outside_jupyter_is_light_or_dark_as_the_system_is(show):
    ground = "getComputedStyle(view.root).backgroundColor"
    assert show(color_scheme="light").evaluate(ground) == "rgb(255, 255, 255)"
    assert show(color_scheme="dark").evaluate(ground) == "rgb(20, 23, 28)"


def test_more_classes_than_the_palette_has(show):
    frames, _ = clouds()
    view = show(sl.EmbeddingView(frames, np.arange(POINTS) % 45))
    assert view.root.locator(".sv-legend button:visible").count() == 45


def test_many_classes_are_searched_by_name(show):
    frames, _ = clouds()
    names = [
        f"{'naïve' if k % 9 == 0 else 'plain'} class {k} {'with a long name ' * 4}"
        for k in range(45)
    ]
    view = show(sl.EmbeddingView(frames, np.arange(POINTS) % 45, class_names=names))
    buttons = view.root.locator(".sv-legend button:visible")
    search = view.root.get_by_role("searchbox")
    assert search.get_attribute("placeholder") == "Search 45 classes"
    search.press_sequentially("NAIVE class 0")  # 0 and the space are keys of the view
    assert search.input_value() == "NAIVE class 0"
    assert buttons.count() == 1
    search.fill("naive")
    assert buttons.count() == 5
    cut = "found => found.some(name => name.scrollWidth > name.clientWidth)"
    assert not view.root.locator(".sv-legend button:visible .sv-name").evaluate_all(cut)
    search.press("Enter")
    view.root.get_by_role("button", name="show all").wait_for()
    pressed = view.root.locator(".sv-legend button[aria-pressed=true]")
    assert [int(text.split()[2]) for text in pressed.all_inner_texts()] == [0, 9, 18, 27, 36]
    search.fill("no such class")
    assert view.root.get_by_text("No class has such a name.").is_visible()
    search.press("Escape")
    assert (search.input_value(), buttons.count()) == ("", 46)


def test_points_are_as_large_as_their_trust_on_demand(show, renderer):
    frames, labels = clouds()
    trust = np.where(labels == 0, 1, 0.0)
    view = show(sl.EmbeddingView(frames, labels, trust=trust), renderer=renderer)
    before = view.colors()
    button = view.root.get_by_role("button", name="Trust")
    button.click()
    view.rest()
    assert button.get_attribute("aria-pressed") == "true"
    after = view.colors()
    assert after[0] > 0.9 * before[0]
    assert max(after[1:]) < 0.4 * min(before[1:])
    assert "but not of small points" in view.root.inner_text()
    button.click()
    view.rest()
    assert view.colors() == before
    assert (
        show(sl.EmbeddingView(frames, labels)).root.get_by_role("button", name="Trust").is_hidden()
    )


def test_a_view_that_is_taken_down_leaves_nothing(show):
    view = show()
    assert view.root.evaluate("root => { root.view.destroy(); return root.isConnected }") is False


def test_webgl_that_a_processor_acts_out_is_not_used(browser, renderer, tmp_path):
    page = browser.new_page()
    page.goto(write_page(tmp_path / "view.html", example()).as_uri())
    assert ViewOnPage(page).renderer == "canvas"
    asked = write_page(tmp_path / "asked.html", example(), renderer="webgl2").as_uri()
    page.goto(asked)
    assert ViewOnPage(page).renderer == renderer
    page.close()


def test_a_context_that_is_taken_away_is_replaced(show, renderer):
    if renderer == "canvas":
        pytest.skip("there is none here")
    view = show()
    before = view.colors()
    view.evaluate("view.painter.renderer.destroy()")
    view.until("view.painter.renderer.name === 'canvas'")
    assert min(view.colors()) > 0.6 * min(before)


def test_a_pick_among_seventy_thousand_is_the_nearest_point(show):
    points = np.random.default_rng(0).normal(size=(2, 70_000, 2))
    view = show(sl.EmbeddingView(points, np.arange(70_000) % 10))
    places = np.array(view.evaluate("[...view.film.places(view.p)]")).reshape(-1, 2)
    camera = view.evaluate(
        "(({ x, y, scale, width, height }) => [x, y, scale, width, height])(view.camera)"
    )
    x, y, scale, width, height = camera
    at = (places - [x, y]) * [scale, -scale] + [width / 2, height / 2]
    for place in ([300, 200], [410.5, 240.25], [width / 2, height / 2]):
        far = np.linalg.norm(at - place, axis=1)
        picked = view.evaluate(f"view.pick({place[0]}, {place[1]})")
        assert far[picked] == pytest.approx(far.min(), abs=1e-3)
    assert view.evaluate("view.pick(-500, -500)") is None


def test_hidden_classes_stay_as_grey_points(show):
    view = show()
    whole = view.pixels()
    view.legend("1").click()
    view.rest()
    grey = view.pixels()
    drawn = (whole[..., :3] < 250).any(axis=-1).sum()
    assert (grey[..., :3] < 250).any(axis=-1).sum() == about(drawn)
    assert view.legend("1").locator(".sv-name").evaluate(
        "name => getComputedStyle(name).textDecorationLine"
    ) == ("line-through")
    assert changes(view)["shown"]["hidden"] == ["1"]


def test_the_map_follows_the_points_on_demand(show):
    view = show(frame=0)
    small = view.evaluate("view.camera.scale")
    view.button("Follow").click()
    view.rest()
    assert view.evaluate("view.camera.scale") > 2 * small
    at = np.array([view.place_of(point) for point in range(POINTS)])
    box = view.stage.bounding_box()
    assert np.ptp(at, axis=0).max() > 0.7 * min(box["width"], box["height"])
    view.evaluate("view.clock.jumpTo(5)")
    view.rest()
    assert view.evaluate("view.camera.scale") == pytest.approx(small, rel=0.02)
    assert changes(view)["shown"]["follow"] is True
    view.button("Follow").click()
    view.evaluate("view.clock.jumpTo(0)")
    view.rest()
    assert view.evaluate("view.camera.scale") == pytest.approx(small)


def test_the_card_hides_no_neighbour(show):
    view = show()
    near = view.evaluate("""[...Array(view.film.count).keys()].sort((a, b) => {
        const far = (i) => Math.hypot(...[0, 1].map((axis) =>
          view.film.place(i, view.p)[axis] - view.film.place(45, view.p)[axis]));
        return far(a) - far(b); }).slice(0, 6)""")
    view.evaluate(f"view.set({{ selected: [{near[0]}], highlighted: {near[1:]} }})")
    view.page.mouse.move(*view.place_of(near[0]))
    view.rest()
    card = view.root.locator(".sv-card").bounding_box()
    for point in near[1:]:
        x, y = view.place_of(point)
        across = card["x"] <= x <= card["x"] + card["width"]
        assert not (across and card["y"] <= y <= card["y"] + card["height"])


def test_a_selection_is_counted_and_shown(show):
    view = show(example(noun="test image", numbers=1000 + np.arange(POINTS)))
    view.until("view.pictures")
    view.evaluate("view.select([0, 3, 4])")
    view.rest()
    strip = view.root.locator(".sv-selection")
    assert "3 points selected: 2 of class 0, 1 of class 1" in strip.inner_text()
    pictures = strip.locator(".sv-selection-pictures button")
    names = [picture.get_attribute("aria-label") for picture in pictures.all()]
    assert names == ["0, test image 1,000", "0, test image 1,003", "1, test image 1,004"]
    assert [picture.get_attribute("tabindex") for picture in pictures.all()] == ["0", "-1", "-1"]
    pictures.nth(0).focus()
    view.page.keyboard.press("ArrowRight")
    assert pictures.nth(1).evaluate("picture => picture === document.activeElement")
    view.rest()
    assert view.evaluate("view.hover") == 3
    view.page.keyboard.press("Enter")
    assert view.evaluate("view.selected") == [3]
    view.rest()
    assert strip.is_hidden()


def test_counts_stay_with_names_that_are_read_from_right_to_left(show):
    names = ["חולצה", "سوار", "sock"]
    view = show(example(class_names=names))
    view.evaluate("view.select([0, 3, 4, 6, 7, 2])")
    view.rest()
    words = view.root.locator(".sv-selection-words")
    assert re.findall(r"\w+", words.inner_text()) == words_as_seen(words)
    assert "\u2068" not in words.inner_text().split(names[1])[1]  # a name that needs no mark
    counted = "3 of class {} 2 of class {} 1 of class {}".format(*names)
    assert words_as_seen(words)[3:] == counted.split()


def test_points_are_chosen_by_keyboard(show):
    view = show()
    view.stage.focus()
    view.page.keyboard.press("Shift+ArrowUp")
    first = view.evaluate("view.selected")
    view.page.keyboard.press("Shift+ArrowRight")
    second = view.evaluate("view.selected")
    assert (len(first), len(second)) == (1, 1)
    assert view.place_of(second[0])[0] > view.place_of(first[0])[0]
    assert view.words == "step 160", "the film stays where it is"


def test_a_state_comes_back(show):
    view = show(frame=2, selected=[7])
    view.legend("2").click()
    view.button("Follow").click()
    view.button("Speed").click()
    view.rest()
    shown = changes(view)["shown"]
    again = show(frame=2, selected=[7], shown=shown)
    assert again.evaluate("view.look.now") == view.evaluate("view.look.now")
    assert changes(again) == {}
    # The rim of a disc is not drawn alike twice: it differs by a few of 255 levels.
    np.testing.assert_allclose(again.pixels().astype(int), view.pixels(), atol=8)


def test_a_view_fills_the_screen_and_the_window(show):
    view = show()
    before = view.stage.bounding_box()
    view.stage.focus()
    view.page.keyboard.press("f")
    view.until("view.fullScreen.on")
    view.rest()
    inside = view.page.evaluate("[innerWidth, innerHeight]")
    box = view.root.bounding_box()
    assert [box["width"], box["height"]] == inside
    assert view.stage.bounding_box()["height"] >= before["height"]
    view.button("Leave full screen").click()
    view.until("!view.fullScreen.on")
    view.page.set_viewport_size({"width": 1920, "height": 1080})
    view.rest()
    assert view.stage.bounding_box()["height"] > 700
    view.page.set_viewport_size({"width": 1280, "height": 720})
    view.rest()
    assert view.root.bounding_box()["height"] <= 720
    assert view.root.evaluate("root => getComputedStyle(root).fontSize") == "14px"
