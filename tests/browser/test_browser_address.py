"""The state of an exported page stands in its address, and comes back from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import ViewOnPage, chromium, note_faults
from playwright.sync_api import Browser, Page
from tiny_training import Training, corners_dataset

import siamese_lib as sl

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    note_faults(page, faults)
    yield page
    context.close()
    assert faults == []


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
