"""The state of an exported page stands in its address, and comes back from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from browser import ViewOnPage, chromium, offline_page
from every_view import threshold, write_pages
from playwright.sync_api import Browser, Page
from tiny_training import Training, corners_dataset

import siamese_lib as sl

pytestmark = pytest.mark.browser
# Notes each address that a page gives itself.
KEPT = """window.kept = [];
const { replaceState } = History.prototype;
History.prototype.replaceState = function (...parts) {
  window.kept.push(decodeURIComponent(parts[2]));
  return replaceState.apply(this, parts);
};"""


# For each page, what is pasted into its address.
PASTED: dict[str, dict[str, Any]] = {
    "film": {"frame": 1, "hidden": []},
    "side_by_side": {"frame": 1, "scale": "own"},
    "pair_matrix": {"frame": 1, "margin": 2.5},
    "threshold": {"threshold": 0.5, "order": "worst"},
    "springs": {"margin": 2.5},
    "laboratory": {"margin": 2.5, "step": 20},
    "choice": {"answer": "neither"},
    "number": {"answer": 70},
    "run": {"selected": [4], "k": 3},
}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with offline_page(browser, 1100, 800) as page:
        yield page


def address_with(page: Page, words: str) -> str:
    page.wait_for_function("words => decodeURIComponent(location.hash).includes(words)", arg=words)
    return page.url


def test_a_page_around_a_view(page: Page, tmp_path: Path):
    frames = np.random.default_rng(0).normal(size=(4, 40, 2))
    shown = sl.EmbeddingView(frames, np.arange(40) % 4, steps=[0, 5, 10, 20])
    shown.state = {"frame": 2, "hidden": ["3"]}
    path = sl.export_view(shown, tmp_path / "map.html", title="Four kinds")
    page.goto(path.as_uri())
    view = ViewOnPage(page)
    view.rest()
    assert page.title() == "Four kinds"
    assert (view.words, view.evaluate("view.look.now.hidden")) == ("step 10", ["3"])
    view.stage.focus()
    page.keyboard.press("ArrowRight")
    view.legend("0").click()
    view.rest()
    address_with(page, '"frame":3')
    address = address_with(page, '"hidden":["0","3"]')
    state = view.evaluate("view.look.now")
    page.goto("about:blank")
    page.goto(address)
    again = ViewOnPage(page)
    again.rest()
    assert (again.words, again.evaluate("view.look.now")) == ("step 20", state)
    page.goto("about:blank")
    page.goto(f"{path.as_uri()}#nonsense")
    assert ViewOnPage(page).words == "step 10"


def zoomed(page: Page, camera: list[float]) -> ViewOnPage:
    """The view on a page, of which the shorter side shows as much as a camera says."""
    view = ViewOnPage(page)
    view.rest()
    shown = view.evaluate(
        "(({ x, y, scale, width, height }) => [x, y, Math.min(width, height) / scale])(view.camera)"
    )
    assert shown == pytest.approx(camera, rel=1e-6)
    return view


def test_a_link_that_python_wrote_opens_the_page_there(page: Page, tmp_path: Path):
    shown = sl.EmbeddingView(np.random.default_rng(0).normal(size=(4, 40, 2)), np.arange(40) % 4)
    path = sl.export_view(shown, tmp_path / "a map.html")
    state = {"frame": 1, "hidden": ["2"], "selected": [3], "camera": [0.5, -0.25, 0.125]}
    page.goto(sl.page_address(shown, path, state))
    view = zoomed(page, state["camera"])
    assert (view.words, view.evaluate("view.selected")) == ("frame 1", [3])
    assert view.evaluate("view.look.now.hidden") == ["2"]
    page.set_viewport_size({"width": 700, "height": 900})
    zoomed(page, state["camera"])
    shown.state = state
    page.goto(sl.export_view(shown, tmp_path / "zoomed.html").as_uri())
    zoomed(page, state["camera"])


def test_the_address_keeps_up_with_a_film_that_plays_and_a_zoom(page: Page, tmp_path: Path):
    run = Training(steps=18, frames=5).fit().run
    path = sl.export_html(run, corners_dataset(), tmp_path / "page.html", playing=True)
    page.add_init_script(KEPT)
    page.goto(path.as_uri())
    page.wait_for_function("""() => window.kept.some((hash) => hash.includes('"frame":'))""")
    page.wait_for_function("() => location.hash === ''")  # the film has ended by itself
    view = ViewOnPage(page)
    view.evaluate("view.clock.loop = true")
    view.evaluate("view.clock.play(true)")
    view.stage.press("+")
    address_with(page, '"camera":[')
    assert view.evaluate("view.playing")
    camera = view.evaluate("view.look.now.camera")
    view.until("decodeURIComponent(location.hash).includes(JSON.stringify(view.look.now.camera))")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    zoomed(page, camera)


def test_a_page_with_a_search(page: Page, tmp_path: Path):
    run = Training(steps=18, frames=5).fit().run
    path = sl.export_html(run, corners_dataset(), tmp_path / "page.html", playing=True)
    page.goto(path.as_uri())
    view = ViewOnPage(page)
    view.button("Pause").click()
    page.locator("#index").fill("4")
    page.locator("#index").press("Enter")
    page.locator("#k").select_option("3")
    view.evaluate("view.clock.jumpTo(2)")
    view.rest()
    address_with(page, '"k":3')
    address_with(page, '"frame":2')
    address = address_with(page, '"selected":[4]')
    page.goto("about:blank")
    page.goto(address)
    again = ViewOnPage(page)
    again.rest()
    assert page.locator("#index").input_value() == "4"
    assert page.locator("#neighbours li").count() == 3
    assert again.evaluate("view.p") == 2


def test_a_threshold_is_a_page_that_counts_by_itself(page: Page, tmp_path: Path):
    shown = threshold()
    path = sl.export_view(shown, tmp_path / "threshold.html")
    page.goto(sl.page_address(shown, path, {"threshold": 0.5, "order": "worst"}))
    best = max(shown.verification.best_threshold, 0.0)
    for moment in (0.5, best):
        shown.state = {"threshold": moment, "order": "worst"}
        heads = page.locator(".st-head b").all_inner_texts()
        assert heads == [str(shown.at.false_accepts), str(shown.at.false_rejects)]
        expected = [f"images {row['left']} and {row['right']}" for row in shown.mistakes]
        cards = page.locator(".st-different .st-card:not(.st-empty)")
        assert [card.get_attribute("title") for card in cards.all()] == expected[: cards.count()]
        assert cards.count() == min(12, shown.at.false_accepts)
        page.wait_for_function(
            """() => [...document.querySelectorAll(".st-card:not(.st-empty) img")].every(
              (image) => image.src.startsWith("data:image/png") && image.naturalWidth === 8)"""
        )
        page.get_by_role("button", name="best accuracy").click()
    address_with(page, '"threshold":')


def words_at_rest(page: Page) -> str:
    page.wait_for_function(
        """async () => {
          const before = document.body.innerText;
          await new Promise((done) => setTimeout(done, 400));
          return before !== "" && document.body.innerText === before;
        }"""
    )
    return page.inner_text("body")


@pytest.mark.parametrize("name", PASTED)
def test_an_address_pasted_into_an_open_page_is_shown(
    page: Page, paths: dict[str, Path], name: str
):
    address = f"{paths[name].as_uri()}#{quote(json.dumps(PASTED[name]))}"
    page.goto(address)
    expected = words_at_rest(page)
    page.goto("about:blank")
    page.goto(paths[name].as_uri())
    assert words_at_rest(page) != expected
    loads: list[Page] = []
    page.on("load", lambda loaded: loads.append(loaded))
    page.evaluate("window.before = true")
    page.goto(address)  # as only what follows "#" differs, the page stays open
    page.wait_for_function("() => !window.before")
    assert words_at_rest(page) == expected
    assert loads == [page]


def test_what_the_reader_did_last_does_not_replace_a_pasted_address(
    page: Page, paths: dict[str, Path]
):
    page.goto(paths["film"].as_uri())
    view = ViewOnPage(page)
    view.rest()
    loads: list[Page] = []
    page.on("load", lambda loaded: loads.append(loaded))
    view.stage.press("Home")  # the page will write it into its address a little later
    page.goto(f"{paths['film'].as_uri()}#{quote(json.dumps({'frame': 2}))}")
    page.wait_for_function("() => document.querySelector('.sv-step')?.innerText === 'step 20'")
    again = ViewOnPage(page)
    again.rest()
    assert again.words == "step 20"
    again.stage.press("ArrowRight")
    address_with(page, '"frame":3')  # which does not open the page again
    page.evaluate("location.hash = 'a-heading'")
    again.rest()
    assert (again.words, loads) == ("step 40", [page])


@pytest.mark.parametrize("name", ["film", "run"])
def test_values_of_another_kind_in_an_address_are_left_out(
    page: Page, paths: dict[str, Path], name: str
):
    wrong = {"frame": "x", "selected": 5, "hidden": 5, "speed": [], "k": "9", "nothing": 1}
    page.goto(f"{paths[name].as_uri()}#{quote(json.dumps({**wrong, 'names': False}))}")
    view = ViewOnPage(page)
    view.rest()
    assert view.words == "step 120" if name == "film" else view.words.startswith("step")
    assert view.evaluate("[view.look.now.names, view.clock.speed]") == [False, 1]
