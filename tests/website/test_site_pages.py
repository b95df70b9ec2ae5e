"""A small site as a reader meets it: opened from disk, with the network cut off."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from browser import ViewOnPage, chromium, note_faults
from playwright.sync_api import Browser, FrameLocator, Locator, Page
from there import there

pytestmark = pytest.mark.browser
TESTS, ROOT = Path(__file__).parents[1:3]
FIRST = [
    "# One\n\n**What you will see.** Views, and the half $\\frac12 d^2$ of a square.",
    "import every_view\nimport siamese_lib as sl\nprint('words of a cell')",
    "## Views",
    "every_view.embedding_view()",
    "sl.Springs()",
    "guess = sl.Prediction('How many?', number=(0, 100), unit='%')\nguess",
    "guess.reveal(30, 'we counted')",
    "every_view.threshold()",
    """from ipywidgets import VBox
map = sl.EmbeddingView.of(every_view.film(), selected=7)
VBox([sl.NeighbourStrip(map, k=4), map])""",
    "sl.figures.loss_curve()",
    "See [the next chapter](02_two.ipynb).",
]
SECOND = [
    "# Two\n\nThe word nudibranch stands here only.",
    "import every_view\nimport siamese_lib as sl\nevery_view.explorer()",
    "every_view.side_by_side()",
    "every_view.pair_matrix()",
    "every_view.probe()",
    "every_view.laboratory()",
]
NAMES = ["index", "01_one", "02_two", "search"]


def write_notebook(path: Path, cells: list[str]) -> None:
    """Write a chapter; what reads like words is no code."""
    words = re.compile(r"#+ |See ")
    made = [
        (nbformat.v4.new_markdown_cell if words.match(cell) else nbformat.v4.new_code_cell)(cell)
        for cell in cells
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_notebook(folder / "01_one.ipynb", FIRST)
    write_notebook(folder / "02_two.ipynb", SECOND)
    command = [sys.executable, "-m", "website", "--book", str(folder), "--out", str(folder)]
    where = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(TESTS)])}
    done = subprocess.run(command, cwd=ROOT, env=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"index\.html: 2 chapters, \d+\.\d MB, in \d+ s$", done.stdout.strip())
    return folder / "html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, site: Path) -> Iterator[Callable[..., Page]]:
    """Open a page; whatever it complains of, or asks of a network, fails the test."""
    faults: list[str] = []
    contexts = []

    def open_page(name: str, *, width: int = 1280, height: int = 720) -> Page:
        context = browser.new_context(
            offline=True, viewport={"width": width, "height": height}, color_scheme="light"
        )
        contexts.append(context)
        page = context.new_page()
        note_faults(page, faults)
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto((site / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def live(page: Page, kind: str, number: int = 0) -> Locator:
    """Come near a view, and wait until it is in the place of its still picture."""
    place = page.locator(f'.site-view[data-kind="{kind}"]').nth(number)
    place.scroll_into_view_if_needed()
    page.locator(f'.site-view[data-kind="{kind}"][data-live]').nth(number).wait_for()
    return place


def film_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe.site-frame")


def drag(page: Page, *places: tuple[float, float]) -> None:
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def inside(element: Locator, *shares: tuple[float, float]) -> list[tuple[float, float]]:
    """Return places in an element, given as shares of its width and height."""
    element.scroll_into_view_if_needed()
    box = there(element.bounding_box())
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_whole_and_as_wide_as_the_window(
    show: Callable[..., Page], name: str, width: int
) -> None:
    page = show(name, width=width)
    for view in page.locator(".site-view").all():
        view.scroll_into_view_if_needed()
    expected = {"01_one": (6, 1), "02_two": (4, 0)}.get(name, (0, 0))
    for selector, count in zip((".site-view", ".site-figure"), expected, strict=True):
        assert page.locator(selector).count() == count
    page.wait_for_function(
        "() => ![...document.querySelectorAll('.site-view')].some((e) => !('live' in e.dataset))"
    )
    assert page.locator(".site-view > img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_front_page_has_a_film_that_plays_and_answers_to_a_drawing(
    show: Callable[..., Page],
) -> None:
    page = show("index")
    film = film_of(page)
    film.locator(".siamese-view").evaluate(
        "root => new Promise((done) => { const look = () => root.view.p > 0.5 ? done() : "
        "requestAnimationFrame(look); look(); })"
    )
    neighbours = film.locator("#neighbours li")
    before = neighbours.all_inner_texts()
    drag(page, *inside(film.locator("#draw canvas").first, (0.5, 0.1), (0.5, 0.5), (0.48, 0.9)))
    film.get_by_text("Your drawing").wait_for()
    assert neighbours.count() == len(before) == 5
    assert neighbours.all_inner_texts() != before
    assert re.search(r"\d of 5 say \d", film.locator("#verdict").inner_text())
    assert page.locator("table a").count() == 0, "the site has none of the README's chapters"


def test_a_film_is_played_and_dragged(show: Callable[..., Page]) -> None:
    page = show("01_one")
    view = ViewOnPage(page, live(page, "EmbeddingView").locator(".siamese-view"))
    before = view.evaluate("view.camera.shown")
    drag(page, *inside(view.stage, (0.3, 0.7), (0.5, 0.4)))
    assert view.evaluate("view.camera.shown") != before
    view.button("Play").click()
    view.until("view.playing || view.p === view.film.last")
    view.rest()
    assert view.words == "step 120"


def test_a_spring_and_a_threshold_follow_the_pointer(show: Callable[..., Page]) -> None:
    page = show("01_one")
    springs = live(page, "Springs")
    loss = springs.inner_text()
    circle = springs.locator("svg circle[data-point], svg [data-point]").first
    if not circle.count():
        circle = springs.locator("svg circle").first
    drag(page, *inside(circle, (0.5, 0.5), (3.5, 4.5)))
    assert springs.inner_text() != loss
    threshold = live(page, "ThresholdExplorer")
    words = threshold.inner_text()
    threshold.get_by_role("slider").first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([element, words]) => element.innerText !== words", arg=[threshold.element_handle(), words]
    )


def test_a_laboratory_trains(show: Callable[..., Page]) -> None:
    page = show("02_two")
    laboratory = live(page, "Laboratory")
    page.wait_for_function("() => document.querySelector('.sl-moment').innerText === 'step 60'")
    laboratory.get_by_role("button", name="100 steps").click()
    page.wait_for_function("() => document.querySelector('.sl-moment').innerText === 'step 160'")


def test_an_answer_stands_next_to_what_was_measured(show: Callable[..., Page]) -> None:
    page = show("01_one")
    answer = page.locator(".site-answer")
    assert not answer.locator("img").is_visible()
    live(page, "Prediction").get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    answer.locator("summary").click()
    assert answer.locator(".site-said").inner_text().startswith("You say ")
    words = answer.locator("img").get_attribute("alt")
    assert words == "Measured: 30 %, because we counted."


def test_the_row_of_neighbours_follows_the_map(show: Callable[..., Page]) -> None:
    page = show("01_one")
    live(page, "NeighbourStrip").locator("li").nth(4).wait_for()
    view = ViewOnPage(page, live(page, "EmbeddingView", 1).locator(".siamese-view"))
    row = "document.querySelectorAll('.site-row li')"
    for frame in (4, 0):
        view.evaluate(f"view.clock.jumpTo({frame})")
        view.rest()
        places = np.reshape(view.evaluate(f"[...view.film.places({frame})]"), (-1, 2))
        away = np.linalg.norm(places - places[7], axis=1)
        nearest = np.argsort(away, kind="stable")[:5].tolist()
        page.wait_for_function(f"{nearest}.every((point, i) => {row}[i].title === String(point))")


def test_an_explorer_answers_in_its_frame(show: Callable[..., Page]) -> None:
    page = show("02_two")
    page.locator("iframe.site-frame").scroll_into_view_if_needed()
    frame = film_of(page)
    assert frame.locator("#index").input_value() == "5", "the query of the chapter"
    verdict = frame.locator("#verdict")
    verdict.wait_for()
    frame.get_by_role("button", name="Next test image").click()
    assert frame.locator("#index").input_value() == "6"
    frame.locator("body").evaluate("() => document.fonts.ready")
    height = there(page.locator("iframe.site-frame").bounding_box())["height"]
    page.wait_for_function("() => document.querySelector('iframe').style.height !== ''")
    assert height > 300


def test_search_finds_a_word_and_leads_to_its_page(show: Callable[..., Page]) -> None:
    page = show("01_one")
    page.locator("input[name=q]").first.fill("nudibranch")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a")
    found.first.wait_for()
    assert found.all_inner_texts() == ["Two"]
    found.first.click()
    assert page.locator("h1").inner_text().startswith("Two")


def test_pages_follow_each_other(show: Callable[..., Page]) -> None:
    page = show("index")
    for name in ("01_one", "02_two"):
        page.locator(".next-page").click()
        assert page.url.endswith(f"{name}.html")
    page.locator(".prev-page").click()
    assert page.url.endswith("01_one.html")
    page.get_by_role("link", name="the next chapter").click()
    assert page.url.endswith("02_two.html")


def test_the_switch_of_the_theme_changes_views_and_frames(show: Callable[..., Page]) -> None:
    def grounds() -> list[float]:
        """The sums of red, green and blue: of the page, a view, and a page in a frame."""
        frame, view = film_of(page), live(page, "SideBySide").locator(".siamese")
        elements = [page.locator("body"), view, frame.locator(".siamese-view")]
        color = "e => getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).slice(0, 3)"
        return [sum(map(float, element.evaluate(color))) for element in elements]

    page = show("02_two")
    page.locator("iframe.site-frame").scroll_into_view_if_needed()
    film_of(page).locator(".siamese-view").wait_for()
    switch = page.locator(".theme-toggle").first
    seen = {}
    for _ in range(3):
        page.wait_for_timeout(100)  # colours of a new theme apply a little later
        seen[page.locator("body").get_attribute("data-theme")] = grounds()
        switch.evaluate("button => button.click()")
    assert all(ground > 600 for ground in seen["light"])
    assert all(ground < 200 for ground in seen["dark"])
    assert seen["auto"] == seen["light"]


def test_formulas_are_drawn_without_a_script(show: Callable[..., Page]) -> None:
    page = show("01_one")
    assert page.locator("math mfrac").text_content() == "12"


def test_a_site_without_scripts_has_stills(browser: Browser, site: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((site / "02_two.html").as_uri())
    stills = page.locator(".site-view > img")
    assert stills.count() == 4
    assert all(still.is_visible() for still in stills.all())


def test_data_of_views_is_json_that_no_page_can_break_out_of(site: Path) -> None:
    for file in (site / "views").glob("*.js"):
        found = re.fullmatch(r"siameseSite\.data\[(\".*?\")\] = (\".*\");\n", file.read_text())
        assert found, file
        assert set(json.loads(json.loads(found[2]))) <= {"payload", "state"}
