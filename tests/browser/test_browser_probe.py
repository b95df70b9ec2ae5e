"""The probe as a reader meets it, on a page without a kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from browser import chromium, note_faults, words_as_seen
from every_view import probe
from playwright.sync_api import Browser, Page, expect
from stateful_page import write_stateful_page
from there import there

import siamese_lib as sl

pytestmark = pytest.mark.browser

SHIFT, AZIMUTH = "pixels to the right", "azimuth"


class ProbeOnPage:
    """What a reader sees of a probe, and does to it."""

    def __init__(self, page: Page, view: sl.Probe, state: dict[str, Any]) -> None:
        self.page = page
        self.view = view
        self.first = view.state | state
        self.root = page.locator(".siamese-probe[data-ready]")
        self.root.wait_for()
        self.picture = self.root.locator(".pr-picture")
        self.rest()

    def rest(self) -> None:
        """Wait until all is drawn and reported."""
        self.page.wait_for_timeout(250)

    @property
    def state(self) -> dict[str, Any]:
        """The state at first with all that was reported since."""
        state = dict(self.first)
        for change in self.page.evaluate("changes"):
            state |= change
        return state

    @property
    def python(self) -> sl.Probe:
        """The view in Python, in the state of the page."""
        self.view.state = self.state
        return self.view

    def slider(self, name: str) -> Any:
        return self.root.get_by_role("slider", name=name)

    def sentences(self) -> list[str]:
        return self.root.locator(".pr-sentence").all_inner_texts()

    def places(self) -> list[list[float]]:
        """Where the point is on each map, as the maps' names for screen readers say."""
        stages = self.root.locator(".pr-stage").all()
        words = [there(stage.get_attribute("aria-label")).replace("−", "-") for stage in stages]
        found = [there(re.search(r"point is at ([-\d.e, ]+\d)", each))[1] for each in words]
        return [[float(number) for number in each.split(", ")] for each in found]

    def drag(self, element: Any, right: float, down: float) -> None:
        box = there(element.bounding_box())
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + right, y + down, steps=12)
        self.page.mouse.up()
        self.rest()

    def pixels(self, selector: str = ".pr-stage canvas:last-of-type", number: int = 0) -> str:
        return self.root.locator(selector).nth(number).evaluate("each => each.toDataURL()")

    def matches_python(self) -> None:
        """Check that points and shares are those that Python has for the state of the page."""
        view = self.python
        at = view._setting.at
        for shown, own in zip(self.places(), view._maps, strict=True):
            np.testing.assert_allclose(shown, own.points[at], rtol=6e-3)
        for sentence, travel in zip(self.sentences(), view.travel.values(), strict=True):
            percent = float(there(re.search(r"over ([\d.]+)\s%", sentence))[1])
            assert percent == pytest.approx(100 * travel, abs=0.51)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., ProbeOnPage]]:
    """Open a page around a probe; errors on the page, and in its console, fail the test."""
    faults: list[str] = []
    pages: list[Page] = []

    def open_page(view: sl.Probe | None = None, width: int = 1100, **more: Any) -> ProbeOnPage:
        scheme = more.pop("color_scheme", "light")
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        pages.append(page)
        note_faults(page, faults)
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        view = view or probe()
        page.goto(write_stateful_page(tmp_path / "probe.html", view, **more).as_uri())
        return ProbeOnPage(page, view, more)

    yield open_page
    for page in pages:
        page.close()
    assert faults == []


def test_dragging_the_picture_moves_the_sliders_the_state_and_the_point(show):
    shown = show()
    shown.matches_python()
    before, picture = shown.places(), shown.pixels(".pr-picture")
    shown.drag(shown.picture, 50, -5)
    assert shown.state["values"] == {SHIFT: 1, AZIMUTH: 0}
    assert shown.slider(SHIFT).get_attribute("aria-valuetext") == "1"
    assert shown.slider(SHIFT).input_value() == "3"
    assert shown.places() != before
    assert shown.pixels(".pr-picture") != picture
    shown.matches_python()
    shown.drag(shown.picture, 500, 0)
    assert shown.state["values"][SHIFT] == 2
    shown.drag(shown.picture, 3, -90)
    assert shown.state["values"] == {SHIFT: 2, AZIMUTH: 180}
    assert shown.state["dial"] == AZIMUTH
    shown.drag(shown.picture, 0, -90)
    assert shown.state["values"][AZIMUTH] == 0  # once round
    shown.matches_python()
    assert "azimuth 0°" in there(shown.picture.get_attribute("aria-label"))


def test_keys_move_a_slider_and_an_azimuth_goes_round(show):
    shown = show()
    shown.slider(AZIMUTH).focus()
    shown.page.keyboard.press("ArrowLeft")
    shown.rest()
    assert shown.state["values"] == {SHIFT: 0, AZIMUTH: 270}
    assert shown.state["dial"] == AZIMUTH
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("ArrowRight")
    shown.rest()
    assert shown.state["values"][AZIMUTH] == 90
    shown.slider(SHIFT).focus()
    shown.page.keyboard.press("Home")
    shown.page.keyboard.press("ArrowLeft")
    shown.rest()
    assert shown.state["values"][SHIFT] == -2
    said = shown.root.get_by_role("status").text_content()
    assert said.startswith("a four, pixels to the right −2, azimuth 90°. trained: the point is at")
    assert "nearest to class" in said
    shown.matches_python()


def test_another_path_and_another_image_are_chosen(show):
    shown = show()
    before = shown.sentences()
    assert before[0].startswith("Pixels to the right, −2 to 2: the point moves over")
    shown.root.get_by_role("radio", name=AZIMUTH).check()
    shown.rest()
    assert shown.state["dial"] == AZIMUTH
    assert shown.sentences()[0].startswith("Azimuth, 0° to 270° and round: the point moves over")
    places = shown.places()
    shown.root.get_by_role("radio", name="a four").focus()
    shown.page.keyboard.press("ArrowRight")
    shown.rest()
    assert shown.state["subject"] == 1
    assert shown.places() != places
    shown.matches_python()
    assert there(shown.picture.get_attribute("aria-label")).startswith("a nine")


def test_a_map_in_three_dimensions_turns_and_a_flat_one_stays(show):
    shown = show()
    stage = shown.root.get_by_role("application")
    assert stage.count() == 1
    flat, deep = shown.pixels(number=0), shown.pixels(number=1)
    shown.drag(stage, -60, 20)
    assert shown.state["turn"] == [70, 35]
    assert shown.pixels(number=1) != deep
    assert shown.pixels(number=0) == flat
    stage.focus()
    assert shown.page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("ArrowUp")
    shown.rest()
    assert shown.state["turn"] == [80, 45]
    shown.root.get_by_role("button", name="Turn in three dimensions left").click()
    shown.rest()
    assert shown.state["turn"] == [65, 45]
    shown.root.get_by_role("button", name="Turn in three dimensions back").click()
    shown.rest()
    assert shown.state["turn"] == [40, 25]
    assert shown.pixels(number=1) == deep


def test_pictures_stand_on_the_maps_on_demand(show):
    shown = show()
    behind = ".pr-stage canvas:first-of-type"
    before = shown.pixels(behind)
    shown.root.get_by_role("checkbox", name="Pictures on the maps").check()
    shown.rest()
    assert shown.state["pictures"] is True
    assert shown.pixels(behind) != before


def test_a_state_set_from_outside_is_shown_and_not_reported(show):
    shown = show()
    changes = '{ subject: 1, values: { "pixels to the right": -1, azimuth: 90 }, dial: "azimuth" }'
    shown.page.evaluate(f"view.set({changes})")
    shown.rest()
    assert shown.page.evaluate("changes.length") == 0
    assert shown.slider(SHIFT).input_value() == "1"
    assert shown.root.get_by_role("radio", name="a nine").is_checked()
    assert shown.root.get_by_role("radio", name=AZIMUTH).is_checked()
    shown.first |= {"subject": 1, "values": {SHIFT: -1, AZIMUTH: 90}, "dial": "azimuth"}
    shown.matches_python()
    shown.page.evaluate("view.destroy()")
    assert not shown.root.count()


def test_a_drag_is_reported_ten_times_a_second_at_most(show):
    images = np.zeros((1, 200, 8, 8), np.uint8)
    points = np.random.default_rng(0).normal(size=(1, 200, 2))
    shown = show(sl.Probe({"map": points}, images, {"x": range(200)}))
    begin = shown.page.evaluate("performance.now()")
    shown.drag(shown.picture, 100, 0)
    seconds = (shown.page.evaluate("performance.now()") - begin) / 1000
    assert 1 <= shown.page.evaluate("changes.length") <= 10 * seconds + 3
    assert shown.state["values"] == {"x": 20}
    assert not shown.root.get_by_role("radio").count()
    assert not shown.root.get_by_role("checkbox").count()


def test_a_new_theme_draws_the_maps_again(show):
    shown = show()
    light = shown.pixels()
    shown.page.emulate_media(color_scheme="dark")
    shown.rest()
    assert shown.pixels() != light


def test_an_exported_page_works_without_a_kernel_and_its_address_holds_the_state(
    browser: Browser, tmp_path: Path
) -> None:
    faults: list[str] = []
    view = probe()
    path = sl.export_view(view, tmp_path / "probe.html")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    note_faults(page, faults)
    page.goto(sl.page_address(view, path, {"values": {SHIFT: 2}, "subject": 1}))
    root = page.locator(".siamese-probe[data-ready]")
    slider = root.get_by_role("slider", name=SHIFT)
    assert slider.get_attribute("aria-valuetext") == "2"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(600)  # browsers allow only some changes of the address
    assert '"pixels to the right":1' in page.evaluate("decodeURIComponent(location.hash)")
    page.reload()
    assert slider.get_attribute("aria-valuetext") == "1"
    # States that the view cannot show: no value, and an eye beyond the top.
    for state in [{"values": {}}, {"values": {SHIFT: 2, AZIMUTH: 0}, "turn": [0, 500]}]:
        page.goto("about:blank")
        page.goto(f"{path.as_uri()}#{quote(json.dumps(state))}")
        expect(slider).to_have_attribute("aria-valuetext", "0")
    assert faults == []
    page.close()


def test_names_that_are_read_from_right_to_left_stay_in_their_places(show):
    images, points = np.zeros((1, 3, 2, 8, 8), np.uint8), np.random.default_rng(0)
    dials = {"הזזה": range(3), "زاوية": ["يسار 1", "يمين 2"]}
    view = sl.Probe(
        {"מפה": points.normal(size=(1, 3, 2, 2))}, images, dials, units={"הזזה": " מטר"}
    )
    shown = show(view)
    shown.root.get_by_role("radio", name="زاوية").check()
    shown.rest()
    sentence = shown.root.locator(".pr-sentence")
    seen = words_as_seen(sentence)
    assert seen[0] == "زاوية"
    assert seen[seen.index("to") - 2 : seen.index("to")] == ["1", "يسار"]
    assert seen[seen.index("to") + 1 :][:4] == ["2", "يمين", "the", "point"]
    hint = words_as_seen(shown.root.locator(".pr-hint"))
    expected = "Drag the picture sideways הזזה Up and down زاوية Or use the sliders"
    assert hint == expected.split()
    first = shown.root.locator(".pr-dial-head").first
    assert words_as_seen(first) == ["הזזה", "מטר", "0"]


def test_a_legend_names_many_classes_also_in_forced_colours(show):
    points = np.random.default_rng(0).normal(size=(31, 2))
    images, own = np.zeros((1, 2, 8, 8), np.uint8), points[:2][None]
    for count, shown in [(13, 13), (30, 30), (31, 0)]:
        names = [f"class {k}" for k in range(count)]
        labels = np.arange(31) % count
        view = sl.Probe(
            {"map": own}, images, {"x": range(2)}, clouds={"map": points}, labels=labels,
            class_names=names,
        )  # fmt: skip
        page = show(view)
        keys = page.root.locator(".pr-legend i")
        assert keys.count() == shown
        if shown:
            color = "each => getComputedStyle(each).backgroundColor"
            before = keys.first.evaluate(color)
            page.page.emulate_media(forced_colors="active")
            assert keys.first.evaluate(color) == before


def test_a_map_is_called_a_map_once(show):
    images, points = np.zeros((1, 2, 8, 8), np.uint8), np.zeros((1, 2, 2))
    shown = show(sl.Probe({"map": points, "pixels": points}, images, {"x": range(2)}))
    stages = shown.root.locator(".pr-stage")
    assert there(stages.nth(0).get_attribute("aria-label")).startswith("map: the point")
    assert there(stages.nth(1).get_attribute("aria-label")).startswith("Map pixels: the point")
    assert shown.sentences() == ["X, 0 to 1: the point stands still."] * 2


def test_small_pictures_of_the_images_are_those_of_the_values_to_begin_with(show):
    images, points = np.zeros((2, 3, 8, 8), np.uint8), np.zeros((2, 3, 2))
    images[:] = np.array([0, 128, 255], np.uint8)[:, None, None]
    shown = show(sl.Probe({"map": points}, images, {"x": [5, 6, 7]}), values={"x": 7})
    red = "each => each.getContext('2d').getImageData(3, 3, 1, 1).data[0]"
    assert shown.root.locator(".pr-subjects canvas").first.evaluate(red) == 128
    assert shown.picture.evaluate(red) == 255


def test_dots_are_solid_so_that_they_keep_their_contrast(show):
    shown = show()
    count = """each => {
      const { data } = each.getContext("2d").getImageData(0, 0, each.width, each.height);
      const alphas = data.filter((_, i) => i % 4 === 3 && data[i]);
      return [alphas.filter((alpha) => alpha === 255).length, alphas.length];
    }"""
    solid, drawn = shown.root.locator(".pr-stage canvas").first.evaluate(count)
    assert solid > 0.3 * drawn  # the rest is the smooth rim


@pytest.mark.parametrize("width", [320, 400, 800, 1280, 1920])
def test_it_fits_windows_of_any_width(show, width):
    shown = show(width=width)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    overflowing = """root => [...root.querySelectorAll("*")].filter((each) =>
      !each.closest("svg, .sv-unseen") && each.scrollWidth > each.clientWidth + 1
      && getComputedStyle(each).display !== "inline").map((each) => each.className)"""
    assert shown.root.evaluate(overflowing) == []
    sizes = [there(each.bounding_box()) for each in shown.root.locator(".pr-stage").all()]
    assert all(size["width"] >= 220 and size["height"] >= 220 for size in sizes)
