"""A prediction in Chromium: it is answered by hand and by keyboard, and the answer is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from browser import Lab, chromium
from playwright.sync_api import Browser, Page

import siamese_lib as sl
from siamese_lib.views.prediction.prediction import Prediction
from siamese_lib.views.script import Script

pytestmark = pytest.mark.browser

CHOICE = sl.Prediction("Which is the best?", choices=["pixels", "the network", "neither"])
NUMBER = sl.Prediction("How many pairs still push?", number=(0, 100), unit="%")
CURVE = sl.Prediction(
    "How does the precision rise?", curve=([0, 1, 2, 5, 10, 20], (0, 1)), axes=("step", "precision")
)
CELLS = [
    """import siamese_lib as sl
guess = sl.Prediction("How many pairs still push?", number=(0, 100), unit="%")
guess""",
    "guess.reveal(3.14)",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def write_predictions(path: Path, *views: Prediction) -> Path:
    """Write a page that mounts some views from their payloads, as an exported page does."""
    pairs = json.dumps([[view.payload(), view.state] for view in views]).replace("<", "\\u003c")
    script = json.dumps(str(Script(Path(str(Prediction._esm.entry))))).replace("<", "\\u003c")
    path.write_text(
        f"""<!doctype html><meta charset="utf-8"><title>predictions</title>
<style>body {{ margin: 8px; background: Canvas; color-scheme: light dark }}
{Prediction._css}</style><body>
<script type="module">
const url = URL.createObjectURL(new Blob([{script}], {{ type: "text/javascript" }}));
const {{ mount }} = await import(url);
window.changes = [];
window.views = {pairs}.map(([payload, state], i) => mount(document.body, payload,
  {{ state, onChange: (change) => window.changes.push([i, change.answer]) }}));
</script>""",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 800, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(write_predictions(tmp_path / "page.html", CHOICE, NUMBER, CURVE).as_uri())
    page.locator(".siamese-prediction").nth(2).wait_for()
    yield page
    page.close()
    assert errors == []


def last_answer(page: Page) -> list:
    page.wait_for_timeout(200)
    return page.evaluate("window.changes.at(-1)")


def test_answers_by_keyboard(page):
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert last_answer(page) == [0, "the network"]
    page.keyboard.press("Tab")  # the button that takes it back
    page.keyboard.press("Enter")
    assert last_answer(page) == [0, None]
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    assert last_answer(page) == [1, 51]
    page.locator(".sp-curve [tabindex]").focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert last_answer(page) == [2, pytest.approx([0.55, 0.6, None, None, None, None])]
    words = page.locator(".sp-said").all_inner_texts()
    assert words == ["What do you expect?", "You say 51 %.", "You say from 0.55 to 0.60."]


def test_a_curve_is_drawn_with_the_pointer(page):
    box = page.locator(".sp-curve svg").bounding_box()
    assert box is not None
    left, right = box["x"] + 64, box["x"] + box["width"] - 24
    page.mouse.move(left, box["y"] + 190)
    page.mouse.down()
    page.mouse.move(right, box["y"] + 20, steps=30)
    page.mouse.up()
    number, drawn = last_answer(page)
    assert number == 2
    assert drawn == sorted(drawn)
    assert drawn[0] < 0.1 < 0.9 < drawn[-1]
    count = page.evaluate("window.changes.length")
    assert count < 20  # while the hand moves, some ten times a second
    page.evaluate("window.views[2].set({ answer: window.changes.at(-1)[1] })")
    page.evaluate("window.views[1].set({ answer: 7 })")
    assert page.locator(".sp-said").nth(1).inner_text() == "You say 7 %."
    assert page.evaluate("window.changes.length") == count


@pytest.mark.parametrize("width", [320, 1920])
def test_nothing_overflows(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(200)
    wide = "() => [...document.querySelectorAll('.siamese-prediction, body')].every((e) => e.scrollWidth <= e.clientWidth)"  # noqa: E501
    assert page.evaluate(wide)


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab"), browser) as lab:
        yield lab


def test_the_answer_is_in_the_saved_notebook(lab):
    with lab.notebook("prediction", CELLS, 1100, 900) as notebook:
        notebook.run(0)
        slider = notebook.cell(0).get_by_role("slider")
        slider.focus()
        slider.press("Home")
        slider.press("ArrowRight")
        notebook.page.wait_for_timeout(1000)
        assert notebook.page.evaluate("document.activeElement.type") == "range"
        notebook.run(1)
        notebook.save()
    asked, revealed = nbformat.read(notebook.path, as_version=4).cells[:2]
    (picture,) = [o.data["image/png"] for o in asked.outputs if "image/png" in o.data]
    fresh = sl.Prediction("How many pairs still push?", number=(0, 100), unit="%")
    assert picture.strip() != fresh.still()
    assert revealed.outputs[0].data["text/plain"] == "You said 1 %. Measured: 3.1 %."
