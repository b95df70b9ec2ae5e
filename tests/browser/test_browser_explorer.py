"""The RetrievalExplorer in a real JupyterLab: every way of choosing reaches the page and Python."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Lab, NotebookOnPage, ViewOnPage
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator
from there import there
from tiny_explorer import mixed_dataset

from siamese_lib.data.handwriting import paper_of

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SETUP = f"""import sys; sys.path[:0] = [{json.dumps(str(ROOT))}, {json.dumps(str(ROOT / "tests"))}]
from tiny_explorer import tiny_explorer
explorer = tiny_explorer()
explorer"""
ASK = "print(explorer.answer.query, explorer.answer.index, *explorer.answer.indices)"
CELLS = [SETUP, *[ASK] * 9, "explorer.select(index=30); None"]


class ExplorerOnPage:
    """What a reader sees of an explorer, and does to it."""

    def __init__(self, notebook: NotebookOnPage) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.root = notebook.cell(0).locator(".siamese-explorer")
        self.cards.first.wait_for()
        self.asked = 0

    @property
    def cards(self) -> Locator:
        return self.root.locator("section[data-metric=euclidean] .sx-card")

    def shown(self) -> list[int]:
        """Indices of the neighbours on the page."""
        return [
            int(name[1:]) for name in self.cards.locator("span:first-of-type").all_inner_texts()
        ]

    def changes(self, act: Callable[[], object]) -> tuple[str, str]:
        """Do something; wait until the neighbours are others; return what Python answers."""
        before = self.cards.all_inner_texts()
        act()
        self.page.wait_for_function(
            """before => { const now = [...document.querySelectorAll(
              "section[data-metric=euclidean] .sx-card")].map((card) => card.innerText);
              return now.length && now.join() !== before.join(); }""",
            arg=before,
        )
        return self.answer()

    def answer(self) -> tuple[str, str]:
        self.asked += 1
        kind, index, *indices = self.notebook.run(self.asked).split()
        assert [*map(int, indices)] == self.shown()
        return kind, index

    def status(self, words: str) -> None:
        self.root.locator("[aria-live] .sx-error", has_text=re.compile(words)).wait_for()

    def stroke(self, *points: tuple[float, float]) -> None:
        box = there(self.root.locator(".sx-ink").bounding_box())
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=5)
        self.page.mouse.up()


@pytest.fixture
def explorer(lab: Lab) -> Iterator[ExplorerOnPage]:
    with lab.notebook("explorer", CELLS, 1400, 2400) as notebook:
        notebook.run(0)
        yield ExplorerOnPage(notebook)


def sheet() -> FilePayload:
    picture = Image.new("L", (90, 90), 255)
    ImageDraw.Draw(picture).rectangle((10, 50, 50, 80), 0)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return {"name": "sheet.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def test_every_way_of_choosing(explorer):
    root, page = explorer.root, explorer.page
    thumb = root.locator(".sx-thumb[data-value='9']")
    assert explorer.changes(thumb.click) == ("test", "9")
    assert thumb.get_attribute("aria-pressed") == "true"

    def type_index() -> None:
        root.get_by_label("Index of a test image").fill("14")
        page.keyboard.press("Enter")

    assert explorer.changes(type_index) == ("test", "14")

    view = ViewOnPage(page, root.locator(".siamese-view").first)
    view.rest()
    assert explorer.changes(lambda: page.mouse.click(*view.place_of(5))) == ("train", "5")
    view.until("view.selected[0] === 40 && view.highlighted.length === 7")

    colors = root.locator(".sx-ink").evaluate(
        "pad => [getComputedStyle(pad).backgroundColor, getComputedStyle(pad).color]"
    )
    paper = paper_of(mixed_dataset().train.images)
    assert colors == [f"rgb({level}, {level}, {level})" for (level,) in (paper.ground, paper.ink)]
    drawn = [(0.2, 0.2), (0.8, 0.3)]
    assert explorer.changes(lambda: explorer.stroke(*drawn)) == ("drawing", "None")
    root.locator(".sx-prepared:not([hidden])").wait_for()
    more = explorer.changes(lambda: explorer.stroke((0.2, 0.9), (0.3, 0.9)))
    assert more == ("drawing", "None")
    assert explorer.changes(root.get_by_text("Undo").click) == ("drawing", "None")

    with page.expect_file_chooser() as chooser:
        root.get_by_text("Upload…").click()
    assert explorer.changes(lambda: chooser.value.set_files(sheet())) == ("picture", "None")
    assert "scaled to fit and centred" in root.locator("[aria-live]").first.inner_text()


def test_errors_are_shown(explorer):
    root, page = explorer.root, explorer.page
    root.get_by_label("Index of a test image").fill("4800")
    root.get_by_text("Go", exact=True).click()
    explorer.status("index is '4800'; expected a whole number from 0 to 47")
    root.get_by_role("button", name="Clear").click()
    root.get_by_text("Find", exact=True).click()
    explorer.status("pad is empty")
    with page.expect_file_chooser() as chooser:
        root.get_by_text("Upload…").click()
    chooser.value.set_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    explorer.status("not a PNG or JPEG")
    root.locator("[data-copy]").click()
    root.locator("[aria-live]", has_text=re.compile("Copied|could not be copied")).wait_for()
    assert explorer.answer() == ("test", "0")


def test_the_network_of_an_earlier_step_answers_otherwise(explorer):
    slider = explorer.root.get_by_role("slider", name="at step")

    def to_the_start() -> None:
        slider.focus()
        explorer.page.keyboard.press("Home")

    assert explorer.changes(to_the_start) == ("test", "0")
    assert "step 0" in explorer.root.locator(".sx-why").inner_text()
    assert "at step 0" in explorer.root.locator(".sx-verdict").first.inner_text()
    assert "mistakes of the last step" in explorer.root.inner_text()


def test_a_slider_follows_the_hand_where_answers_are_quick(explorer):
    root, page = explorer.root, explorer.page
    neighbours = root.get_by_role("slider", name="neighbours")
    box = there(neighbours.bounding_box())
    before = explorer.cards.count()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=6)
    page.wait_for_function(
        "before => document.querySelectorAll('section[data-metric=euclidean] .sx-card').length"
        " > before",
        arg=before,
    )
    page.mouse.up()
    page.wait_for_function(
        "slider => document.querySelectorAll('section[data-metric=euclidean] .sx-card').length"
        " === Number(slider.value)",
        arg=neighbours.element_handle(),
    )
    assert there(neighbours.bounding_box()) == box  # more cards do not move what the hand is on
    step = root.get_by_role("slider", name="at step")
    box = there(step.bounding_box())
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)
    root.get_by_text("Let go to see the answer at this step.").wait_for()
    page.mouse.up()
    root.locator(".sx-verdict", has_text="at step").first.wait_for()
    assert root.get_by_text("Let go to see").count() == 0


def test_the_thumbnails_are_one_tab_stop(explorer):
    root, page = explorer.root, explorer.page
    stops = root.locator(".sx-thumb[tabindex='0']")
    assert stops.count() == 1
    stops.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    ninth = root.locator(".sx-thumb").nth(9)
    assert ninth.evaluate("thumb => thumb === document.activeElement")
    assert stops.count() == 1
    explorer.changes(lambda: page.keyboard.press("Enter"))
    assert root.locator(".sx-thumb").nth(9).get_attribute("aria-pressed") == "true"


def test_an_upload_clears_an_old_drawing_and_the_explorer_fills_the_screen(explorer):
    root, page = explorer.root, explorer.page
    explorer.changes(lambda: explorer.stroke((0.2, 0.2), (0.8, 0.3)))
    ink = "pad => pad.getContext('2d').getImageData(0, 0, pad.width, pad.height).data.some(v => v)"
    assert root.locator(".sx-ink").evaluate(ink)
    with page.expect_file_chooser() as chooser:
        root.get_by_text("Upload…").click()
    explorer.changes(lambda: chooser.value.set_files(sheet()))
    page.wait_for_timeout(300)
    assert not root.locator(".sx-ink").evaluate(ink)
    root.get_by_role("button", name="Full screen").first.click()
    page.wait_for_function("document.fullscreenElement?.matches('.siamese-explorer')")
    page.keyboard.press("Escape")


def test_mistakes_pins_and_python(explorer):
    root, page = explorer.root, explorer.page
    root.locator("[data-act=toggle_mistakes]").click()
    root.locator("[data-act=toggle_mistakes][aria-pressed=true]").wait_for()
    assert root.locator(".sx-thumb").count() == root.locator(".sx-mistaken").count() > 0
    explorer.changes(root.locator(".sx-thumb").last.click)
    assert "wrong" in root.locator(".sx-vote").inner_text()
    root.locator("[data-act=pin]").click()
    root.locator(".sx-pin").wait_for()
    count = page.locator(".jp-Notebook .jp-Cell").count()
    root.locator("[data-act=toggle_mistakes]").focus()
    page.keyboard.press("a")  # the notebook would add a cell
    assert page.locator(".jp-Notebook .jp-Cell").count() == count
    explorer.changes(lambda: explorer.notebook.run(10))
    assert root.locator(".sx-pin").count() == 1


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [700, 1400])
def test_nothing_sticks_out(lab, theme, width):
    lab.theme(f"JupyterLab {theme}")
    page = lab.browser.new_page(viewport={"width": width, "height": 1000})
    notebook = lab.open(page, "themes", CELLS)
    notebook.run(0)
    explorer = ExplorerOnPage(notebook)
    inside = explorer.root.evaluate(
        """root => { const { left, right } = root.getBoundingClientRect();
          return [...root.querySelectorAll("button, img, canvas, select")].every(
            (part) => { const box = part.getBoundingClientRect();
              return !box.width || (box.left >= left && box.right <= right + 1); }); }"""
    )
    assert inside
    ground = explorer.root.evaluate("root => getComputedStyle(root).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) == (theme == "Dark")
    page.close()
