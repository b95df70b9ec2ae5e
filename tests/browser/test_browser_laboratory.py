"""The laboratory as a reader meets it: in a page from disk, without a kernel or a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from browser import chromium, offline_page
from every_view import laboratory
from in_node import in_node
from playwright.sync_api import Browser, Page
from stateful_page import write_stateful_page
from there import there

import siamese_lib as sl
from siamese_lib.lab.state import FIRST

pytestmark = pytest.mark.browser

TRAINED = """async ({ payload, state, step }) => {
  const { inflateSync } = await import("node:zlib");
  const words = (bytes) => new Uint16Array(bytes.slice().buffer);
  const [images, shown] = [payload.images, payload.shown].map(({ data }) => inflateSync(data));
  const run = new LabRun({
    shape: payload.shown.shape.slice(1),
    images,
    labels: words(payload.labels),
    shown: { images: shown, labels: words(payload.shown_labels) },
  }, state);
  while (run.step < step) run.advance();
  return [...run.frame().points];
}"""
SETTINGS = list(FIRST)


class LaboratoryOnPage:
    """What a reader sees of a laboratory, and does to it."""

    def __init__(self, page: Page, first: dict[str, Any]) -> None:
        self.page, self.first = page, first
        self.root = page.locator(".siamese-laboratory")
        self.until(lambda: self.shown() is not None)

    def until(self, holds: Callable[[], object], seconds: float = 60) -> None:
        """Wait until something holds, on a page that may not evaluate text."""
        for _ in range(int(20 * seconds)):
            if holds():
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"still {self.shown()}")

    def shown(self) -> list[dict[str, Any]] | None:
        """What is on the maps, without the points."""
        return self.page.evaluate(
            "window.view?.shown()?.map(({ points, ...others }) => others) ?? null"
        )

    def points(self) -> list[float]:
        return self.page.evaluate("[...view.shown()[0].points]")

    @property
    def step(self) -> int:
        return (self.shown() or [{}])[0].get("step", -1)

    @property
    def state(self) -> dict[str, Any]:
        """The state at first with all that was reported since: the page reports a little later."""
        state = dict(self.first)
        for change in self.page.evaluate("changes"):
            state |= change
        return state

    @property
    def changed(self) -> set[str]:
        """The settings that were reported as changed during the training."""
        return {each["name"] for each in self.state["changes"]}

    def press(self, name: str, group: str = "") -> None:
        place = self.root.get_by_role("group", name=group) if group else self.root
        place.get_by_role("button", name=name, exact=True).click()

    def play_to(self, step: int) -> None:
        """Play on until a step, and pause."""
        self.press("Play")
        self.until(lambda: self.step >= step)
        self.press("Pause")
        self.until(lambda: not self.state["playing"])

    def slide(self, name: str, *keys: str) -> None:
        self.root.get_by_role("slider", name=name, exact=True).focus()
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    said: list[str] = []
    with offline_page(browser, 1280, 720) as page:
        page.on("console", lambda message: said.append(message.text))
        yield page
    assert said == []


@pytest.fixture
def stripes() -> sl.Laboratory:
    """Images of five classes; a second or two are enough to learn them."""
    return laboratory()


@pytest.fixture
def lab_page(page: Page, tmp_path: Path, stripes: sl.Laboratory) -> LaboratoryOnPage:
    stripes.state = {"step": 0}
    page.goto(write_stateful_page(tmp_path / "lab.html", stripes).as_uri())
    return LaboratoryOnPage(page, stripes.state)


def test_digits_are_learned_from_disk_and_a_link_shows_the_same_moment(
    page: Page, tmp_path: Path
) -> None:
    digits = sl.load_dataset("mnist", verbose=False)
    path = sl.export_laboratory(tmp_path / "lab.html", digits, most=3000, shown=300)
    page.goto(path.as_uri())
    lab = LaboratoryOnPage(page, {})
    lab.press("Play")
    lab.until(lambda: (lab.shown() or [{}])[0]["precision"] > 0.75)
    lab.press("Pause")
    page.wait_for_timeout(800)  # until the address is written
    (before,), points = lab.shown() or [], lab.points()
    link = page.url
    assert f"{before['step']}" in link
    page.goto("about:blank")
    page.goto(link)
    again = LaboratoryOnPage(page, {})
    again.until(lambda: again.step == before["step"])
    assert again.points() == points


def test_the_page_trains_what_node_trains_from_its_state(lab_page: LaboratoryOnPage) -> None:
    lab_page.press("Play")
    lab_page.until(lambda: lab_page.step > 20)
    lab_page.slide("margin", "ArrowRight", "ArrowRight")
    lab_page.until(lambda: lab_page.step > 200)
    lab_page.press("Pause")
    lab_page.until(lambda: not lab_page.state["playing"])
    state = lab_page.state
    assert lab_page.changed == {"margin"}
    settings = {name: state[name] for name in SETTINGS}
    given = {"payload": laboratory().payload(), "state": settings, "step": lab_page.step}
    expected = in_node("lab/lab_run.js", "LabRun", TRAINED, given)
    assert lab_page.points() == expected


def test_settings_change_while_it_trains(lab_page: LaboratoryOnPage) -> None:
    root, page = lab_page.root, lab_page.page
    lab_page.slide("similar pairs", "End")
    lab_page.press("Play")
    verdict = root.locator(".sl-verdict")
    lab_page.until(lambda: verdict.inner_text() == "Collapsed: all distances are near 0.")
    assert lab_page.state["playing"]
    lab_page.slide("similar pairs", "Home", *["PageUp"] * 5)
    lab_page.until(lambda: verdict.get_attribute("data-mood") == "good")
    chart = there(root.locator(".sl-distances").bounding_box())
    x, y = chart["x"] + chart["width"] / 2, chart["y"] + chart["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=4)
    page.mouse.up()
    slider = root.get_by_role("slider", name="margin", exact=True)
    lab_page.until(lambda: float(slider.get_attribute("aria-valuetext") or 0) > 1)
    lab_page.until(lambda: {"margin", "similar"} <= lab_page.changed)
    lab_page.press("every pair", "loss")
    root.locator("[aria-label='similar pairs'][disabled]").wait_for()
    assert lab_page.state["playing"]


def test_the_past_branches_and_a_comparison(lab_page: LaboratoryOnPage) -> None:
    root = lab_page.root
    lab_page.play_to(120)
    newest = lab_page.step
    lab_page.slide("step", "Home", "PageUp", "PageUp")
    lab_page.until(lambda: lab_page.step < newest)
    lab_page.until(lambda: 0 < (lab_page.state["at"] or 0) < newest)
    moment = lab_page.state["at"]
    lab_page.press("Branch here")
    lab_page.until(lambda: lab_page.state["at"] is None and lab_page.step == moment)
    lab_page.slide("similar pairs", "End")
    lab_page.play_to(newest + 5)
    assert lab_page.state["changes"][0]["step"] == moment
    root.get_by_label("compare with").select_option(label="A")
    lab_page.until(lambda: len(lab_page.shown() or []) == 2)
    one, other = lab_page.shown() or []
    assert one["step"] == other["step"]
    assert one["loss"] != other["loss"]
    assert root.locator(".sl-canvas:visible").count() == 2
    lab_page.until(lambda: (lab_page.state["other"] or {}).get("changes") == [])
    lab_page.press("A", "branches")
    lab_page.until(lambda: len(lab_page.shown() or []) == 1 and lab_page.state["changes"] == [])
    assert lab_page.step >= newest


def test_a_comparison_comes_back_from_its_state(
    page: Page, tmp_path: Path, stripes: sl.Laboratory
) -> None:
    stripes.state = {"step": 80, "margin": 2, "at": 40, "other": {"images": 80, "seed": 3}}
    page.goto(write_stateful_page(tmp_path / "lab.html", stripes).as_uri())
    lab = LaboratoryOnPage(page, stripes.state)
    lab.until(lambda: [each["step"] for each in lab.shown() or []] == [40, 40])
    assert lab.state["margin"] == 2
    assert lab.state["other"]["seed"] == 3
    assert lab.state["at"] == 40
    assert lab.state["step"] == 80


def test_what_the_network_is_begins_it_again(lab_page: LaboratoryOnPage) -> None:
    root = lab_page.root
    lab_page.play_to(30)
    lab_page.press("1", "dimensions")
    lab_page.until(lambda: lab_page.step == 0 and lab_page.state["dim"] == 1)
    unit = root.get_by_role("group", name="output").get_by_role("button", name="unit")
    assert unit.is_disabled()  # there is no circle on a line
    lab_page.press("3", "dimensions")
    lab_page.until(lambda: lab_page.state["dim"] == 3)
    lab_page.press("unit", "output")
    lab_page.until(lambda: lab_page.state["output"] == "unit")
    lab_page.play_to(30)
    points = np.reshape(lab_page.points(), (-1, 3))
    assert np.allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
    drawn = "root => root.querySelector('.sl-canvas').toDataURL()"
    lab_page.page.wait_for_timeout(800)
    before = root.evaluate(drawn)
    root.locator(".sl-canvas").first.focus()
    lab_page.page.keyboard.press("ArrowRight")
    lab_page.until(lambda: root.evaluate(drawn) != before)
    lab_page.press("next")
    lab_page.until(lambda: lab_page.state["seed"] == 1 and lab_page.step == 0)


SCRUBBED = """root => {
  const bar = root.querySelector('.sl-past input');
  for (const step of [1, 2, 3, 4]) {
    bar.value = step;
    bar.dispatchEvent(new Event('input', { bubbles: true }));
  }
  root.querySelector('.sv-run').click();
}"""


def test_play_after_a_quick_look_at_the_past_plays(lab_page: LaboratoryOnPage) -> None:
    lab_page.play_to(30)
    lab_page.root.evaluate(SCRUBBED)
    begun = lab_page.step
    lab_page.until(lambda: lab_page.step > begun + 100)
    lab_page.until(lambda: lab_page.state["playing"] and lab_page.state["at"] is None)
    lab_page.root.evaluate(
        "root => { for (let i = 0; i < 2; i++) root.querySelector('.sv-run').click(); }"
    )
    lab_page.page.wait_for_timeout(300)
    assert lab_page.root.get_attribute("data-playing") == "true"


def test_a_state_from_outside_comes_at_any_time(lab_page: LaboratoryOnPage) -> None:
    page = lab_page.page
    lab_page.press("Play")
    page.evaluate("view.set({ margin: 2 })")
    page.evaluate("view.set({ step: 90, at: 40, playing: false, seed: 5 })")
    moment = lab_page.root.locator(".sl-moment")
    lab_page.until(lambda: moment.inner_text() == "step 40 of 90")
    page.evaluate("view.set({ other: { ...view.shown()[0], margin: 3 } })")
    lab_page.until(lambda: len(lab_page.shown() or []) == 2)
    assert lab_page.root.locator(".sl-canvas:visible").count() == 2
    lab_page.slide("step", "Home")
    lab_page.until(lambda: lab_page.step == 0)


def test_a_hundred_steps_and_a_change_in_the_past(lab_page: LaboratoryOnPage) -> None:
    for steps in (100, 200):
        lab_page.press("100 steps")
        lab_page.until(lambda steps=steps: lab_page.step == steps)
        lab_page.until(lambda: not lab_page.state["playing"])
    lab_page.slide("step", "Home")
    lab_page.until(lambda: lab_page.step == 0)
    lab_page.slide("margin", "End")
    assert "press Branch here first" in lab_page.root.locator(".sl-said").inner_text()
    lab_page.until(lambda: lab_page.step == 200)


def test_a_branch_keeps_the_setting_that_was_just_made(lab_page: LaboratoryOnPage) -> None:
    lab_page.play_to(20)
    lab_page.slide("margin", "End")
    lab_page.press("Branch here")
    lab_page.until(lambda: lab_page.root.locator(".sl-chips button").count() == 2)
    slider = lab_page.root.get_by_role("slider", name="margin", exact=True)
    assert slider.get_attribute("aria-valuetext") == "20"
    lab_page.slide("step", "Home")
    lab_page.until(lambda: slider.get_attribute("aria-valuetext") == "1")  # as it was then


@pytest.mark.parametrize(
    "state",
    [
        {"margin": -1},
        {"classes": [77]},
        {"loss": "triplet", "turned": True},
        {"changes": [{"step": 1}]},
        {"other": {"fly": 1}},
        {"step": 1.5},
    ],
    ids=str,
)
def test_a_damaged_address_opens(
    page: Page, tmp_path: Path, stripes: sl.Laboratory, state: dict[str, Any]
) -> None:
    path = sl.export_view(stripes, tmp_path / "lab.html")
    page.goto(f"{path.as_uri()}#{quote(json.dumps({'step': 5} | state))}")
    lab = LaboratoryOnPage(page, {})
    before = lab.step
    lab.press("Step")
    lab.until(lambda: lab.step > before)


def test_a_new_theme_is_drawn_and_a_training_out_of_sight_pauses(
    lab_page: LaboratoryOnPage,
) -> None:
    page, root = lab_page.page, lab_page.root
    lab_page.play_to(20)
    page.wait_for_timeout(1000)
    drawn = (
        "root => [...root.querySelectorAll('canvas:not([hidden])')].map((each) => each.toDataURL())"
    )
    before = root.evaluate(drawn)
    page.emulate_media(color_scheme="dark")
    lab_page.until(
        lambda: all(old != new for old, new in zip(before, root.evaluate(drawn), strict=True))
    )
    page.evaluate("document.body.style.paddingBottom = '3000px'")
    lab_page.press("Play")
    lab_page.until(lambda: lab_page.state["playing"])
    page.mouse.wheel(0, 2500)
    lab_page.until(lambda: not lab_page.state["playing"])


def test_two_outputs_of_one_laboratory_train_each_on_its_own(
    page: Page, tmp_path: Path, stripes: sl.Laboratory
) -> None:
    stripes.state = {"step": 0}
    page.goto(write_stateful_page(tmp_path / "lab.html", stripes).as_uri())
    lab = LaboratoryOnPage(page, stripes.state)
    page.evaluate("view.set({ step: 500, playing: true }, true)")
    page.wait_for_timeout(300)
    assert lab.step == 0


def test_classes_that_do_not_take_part(lab_page: LaboratoryOnPage) -> None:
    lab_page.press("Trouser", "classes that take part")
    lab_page.until(lambda: lab_page.state["classes"] == [0, 2, 3, 4])
    lab_page.play_to(20)
    lab_page.press("Trouser", "classes that take part")
    lab_page.until(lambda: lab_page.state["changes"] != [])
    change = lab_page.state["changes"][-1]
    assert change["name"] == "classes"
    assert change["value"] is None


@pytest.mark.parametrize("width", [360, 800, 1280, 1920])
def test_all_that_matters_is_on_the_screen(
    page: Page, tmp_path: Path, stripes: sl.Laboratory, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(sl.export_view(stripes, tmp_path / "lab.html").as_uri())
    lab = LaboratoryOnPage(page, {})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = there(lab.root.bounding_box())
    if width >= 1280:
        assert box["y"] + box["height"] <= 720
    canvas = there(lab.root.locator(".sl-canvas").first.bounding_box())
    assert canvas["y"] + canvas["height"] <= 720  # the map is seen without scrolling
