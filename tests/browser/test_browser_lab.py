"""The EmbeddingView in a real JupyterLab: what the page does reaches Python, and the reverse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Lab, NotebookOnPage, ViewOnPage

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[1]
PATHS = [str(TESTS), str(TESTS / "browser")]
SETUP = f"""import sys, time; sys.path[:0] = {json.dumps(PATHS)}
import ipywidgets
import siamese_lib as sl
from test_browser_view import clouds, example
view = example(frame=0)
view"""
FIT = """from tiny_training import Training, corners, each_step
training = Training(steps=60)
live = sl.LiveView(training.recorder, corners(48, seed=1), share=1e9, height=240)
training.fit(after=[live, each_step(lambda: time.sleep(0.1))])"""
LINKED = """one, two = example(height=200), example(height=200)
for name in ("frame", "selected"):
    ipywidgets.link((one, name), (two, name))
ipywidgets.VBox([one, two])"""
LIVE = """import numpy as np
frames, labels = clouds(9)
live = sl.EmbeddingView(np.zeros((0, 90, 2)), labels, height=240)
display(live)
for number, frame in enumerate(frames):
    live.append_frame(frame, step=number, curves={"loss": 1 - number / 10})
    time.sleep(0.4)"""
CELLS = [
    SETUP,
    "print(view.frame, view.selected, view.playing)",
    "view.frame = 2; view.selected = 7",
    LINKED,
    "print(one.frame, two.frame, one.selected, two.selected)",
    LIVE,
    "print(len(live.frames), live.frame)",
    "live",
    FIT,
    "print(training.recorder.step, set(training.recorder.kept) <= set(live.view.steps.tolist()))",
    "live.view",
]


@pytest.fixture
def notebook(lab: Lab) -> Iterator[NotebookOnPage]:
    with lab.notebook("views", CELLS, 1100, 900) as notebook:
        yield notebook


def test_the_view_and_its_kernel_in_jupyterlab(notebook):
    notebook.run(0)
    view = notebook.view(0)
    view.rest()
    first = view.picture()
    view.stage.focus()
    view.page.keyboard.press("Space")
    view.until("view.p > 2")
    view.until("!view.playing")
    view.rest()
    assert view.picture() != first
    view.page.mouse.click(*view.place_of(44))
    point = view.evaluate("view.selected[0]")
    assert notebook.run(1).split() == ["5", f"[{point}]", "False"]

    notebook.run(2)  # Python sets, the page follows
    view.until("view.p === 2 && view.selected[0] === 7")
    assert view.words == "step 20"

    view.stage.focus()  # keys are the view's: the notebook would add a cell at "a"
    count = notebook.page.locator(".jp-Notebook .jp-Cell").count()
    for key in ("a", "b", "ArrowRight"):
        view.page.keyboard.press(key)
    view.rest()
    assert view.words == "step 40"
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == count


def test_linked_views_follow_each_other_and_come_to_rest(notebook):
    notebook.run(0)
    notebook.run(3)
    roots = notebook.cell(3).locator(".siamese-view")
    one, two = (ViewOnPage(notebook.page, roots.nth(i)) for i in (0, 1))
    one.button("Previous").click()
    two.until("view.p === 4")
    two.page.mouse.click(*two.place_of(3))
    point = two.evaluate("view.selected[0]")
    one.until(f"view.selected[0] === {point}")
    one.rest()
    two.rest()
    assert notebook.run(4).split() == ["4", "4", f"[{point}]", f"[{point}]"]


def test_a_live_view_moves_while_its_cell_runs(notebook):
    notebook.run(0)
    notebook.start(5)
    view = notebook.view(5)
    view.until("view.film.frames.length >= 2 && view.film.frames.length < 9")
    early = view.picture()
    view.until("view.film.frames.length === 9")
    view.rest()
    assert view.picture() != early
    assert (view.words, view.values) == ("step 8", ["0.200"])
    assert notebook.run(6).split() == ["9", "8"]
    notebook.run(7)  # a second view of the model knows the frames that came one at a time
    again = notebook.view(7)
    again.rest()
    assert (again.words, again.evaluate("view.film.frames.length")) == ("step 8", 9)


def test_the_map_moves_while_fit_runs_and_outlives_its_page(lab, notebook):
    notebook.run(0)
    notebook.start(8)
    view = notebook.view(8)
    view.until("view.film.frames.length >= 3", seconds=60)  # TensorFlow takes its time
    early, words = view.picture(), view.words
    count = view.evaluate("view.film.frames.length")
    view.until(f"view.film.frames.length >= {count + 3} && view.p >= {count + 1}")
    assert view.picture() != early
    assert view.words != words
    assert all(float(value) > 0 for value in view.values)
    assert view.evaluate("view.film.frames.length < 34")
    notebook.page.goto("about:blank")  # as if the browser had gone down, in the midst of fit
    notebook = lab.reopen(notebook.page, notebook.path)
    assert notebook.run(9).split() == ["60", "True"]
    notebook.run(10)
    again = notebook.view(10)
    again.rest()
    assert again.words == "step 60"
    assert again.evaluate("view.film.frames.length") >= 34
