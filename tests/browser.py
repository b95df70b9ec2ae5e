"""A real browser and a real JupyterLab for tests: Chromium, driven by Playwright."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Response, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from there import there

from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.script import Script
from siamese_lib.views.stateful import StatefulView
from siamese_lib.views.style import MAP_SHEETS, Style

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Quiet, and with WebGL2 in software where there is no graphics card; the page is put together
# without it, as Chromium does by itself there.
ARGUMENTS = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-gl=angle",
    "--use-angle=swiftshader-webgl", "--enable-unsafe-swiftshader",
)  # fmt: skip
NO_WEBGL = ("--disable-3d-apis", "--disable-webgl2")
# Run in a page first, this lets WebGL2 in software pass for a graphics card.
AS_IF_HARDWARE = """
const known = globalThis.WebGL2RenderingContext?.prototype;
const asked = known?.getParameter;
if (known) known.getParameter = function (name) {
  return name === 0x9246 ? "a graphics card" : asked.call(this, name);
};"""
START_SECONDS, CELL_SECONDS = 120, 120
ASSETS = Path(sys.modules[EmbeddingView.__module__].__file__ or "").parent


@contextlib.contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """Start Chromium, or skip the test where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()


def write_page(path: Path, view: EmbeddingView, **options: Any) -> Path:
    """Write a page of its own around the widget's script, with the view's payload inside."""
    state = {name: getattr(view, name) for name in ("frame", "playing", "selected", "highlighted")}
    state["shown"] = view._look
    script = Script(ASSETS / "embedding_view.js")
    style = Style(*MAP_SHEETS)
    return write_mounted(path, script, style, view.payload(), state | options)


def write_stateful_page(path: Path, view: StatefulView, **state: Any) -> Path:
    """Write a page of its own around a view whose state is one dict."""
    options = {"state": view.state | state}
    return write_mounted(path, view._esm, view._css, view.payload(), options)


def write_mounted(
    path: Path, script: object, style: object, payload: dict[str, Any], options: dict[str, Any]
) -> Path:
    """Write a page that mounts a payload, and notes what is reported in ``changes``."""
    path.write_text(
        f"""<!doctype html><meta charset="utf-8"><title>view</title>
<style>body {{ margin: 0; background: Canvas; color-scheme: light dark }}\n{style}</style>
<body><div id="here"></div>
<script type="module">
const script = {_in_script(str(script))};
const url = URL.createObjectURL(new Blob([script], {{ type: "text/javascript" }}));
const {{ mount }} = await import(url);
const payload = JSON.parse({_in_script(json.dumps(payload, default=_as_text))},
  (key, value) => value?.base64 === undefined ? value
    : Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)));
window.changes = [];
const onChange = (change) => window.changes.push(change);
const options = {{ ...{json.dumps(options)}, onChange }};
window.view = mount(document.getElementById("here"), payload, options);
</script>""",
        encoding="utf-8",
    )
    return path


def _in_script(value: Any) -> str:
    """Write JSON that cannot end the script element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


def _as_text(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


def note_faults(page: Page, faults: list[str]) -> None:
    """Note errors on a page, and what it asks of a network."""

    def asked(request: Request) -> None:
        if not request.url.startswith(("file:", "blob:")):
            faults.append(request.url)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", asked)


@contextlib.contextmanager
def offline_page(browser: Browser, width: int, height: int) -> Iterator[Page]:
    """Open a page without a network; in the end there must be no error, and no request."""
    context = browser.new_context(offline=True, viewport={"width": width, "height": height})
    page = context.new_page()
    faults: list[str] = []
    note_faults(page, faults)
    yield page
    context.close()
    assert faults == []


def words_as_seen(element: Locator) -> list[str]:
    """Return the words of an element from the top to the bottom, and from left to right."""
    return element.evaluate(
        """element => {
          const found = [];
          const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            for (const word of walker.currentNode.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
              const range = document.createRange();
              range.setStart(walker.currentNode, word.index);
              range.setEnd(walker.currentNode, word.index + word[0].length);
              const { left, bottom } = range.getBoundingClientRect();
              found.push({ word: word[0], left, bottom: Math.round(bottom / 8) });
            }
          }
          found.sort((a, b) => a.bottom - b.bottom || a.left - b.left);
          return found.map(({ word }) => word);
        }"""
    )


class ViewOnPage:
    """What a reader sees of an `EmbeddingView`, and does to it."""

    def __init__(self, page: Page, root: Locator | None = None) -> None:
        self.page = page
        self.root = root or page.locator(".siamese-view").first
        self.stage = self.root.locator(".sv-stage")
        self.stage.wait_for()

    @property
    def renderer(self) -> str | None:
        return self.root.get_attribute("data-renderer")

    @property
    def words(self) -> str:
        """What the read-out says, such as "step 20"."""
        return self.root.locator(".sv-step").inner_text()

    @property
    def values(self) -> list[str]:
        return self.root.locator(".sv-value").all_inner_texts()

    def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript in which `view` is the view."""
        return self.root.evaluate(f"root => {{ const view = root.view; return {expression}; }}")

    def button(self, label: str) -> Locator:
        return self.root.get_by_role("button", name=re.compile(label))

    def legend(self, name: str) -> Locator:
        named = self.page.locator(".sv-name", has_text=re.compile(rf"^{re.escape(name)}$"))
        return self.root.locator(".sv-legend button", has=named)

    def place_of(self, point: int) -> tuple[float, float]:
        """Return where a point is on the page, in pixels."""
        x, y = self.evaluate(f"view.toScreen(view.film.place({point}, view.p))")
        box = there(self.stage.bounding_box())
        return box["x"] + x, box["y"] + y

    def rest(self) -> None:
        """Wait until nothing moves."""
        self.until("view.animation.request === null && !view.playing")

    def until(self, condition: str, seconds: float = 20) -> None:
        """Wait until JavaScript about `view` holds."""
        handle = self.root.element_handle()
        function = f"root => {{ const view = root.view; return {condition}; }}"
        try:
            self.page.wait_for_function(function, arg=handle, timeout=1000 * seconds)
        except PlaywrightTimeout:
            state = self.evaluate(
                "{ p: view.p, frames: view.film.frames.length, playing: view.playing, selected:"
                " view.selected, highlighted: view.highlighted,"
                " renderer: view.painter.renderer.name }"
            )
            pytest.fail(f"{seconds} seconds on it does not hold that {condition}; it is {state}")

    def picture(self) -> bytes:
        return self.stage.screenshot()

    def pixels(self) -> np.ndarray:
        """Return the points as they are drawn, without names and lines: uint8 (H, W, 4)."""
        height, width, data = self.evaluate(
            """(() => {
              view.draw();
              const { canvas } = view.painter;
              const flat = document.createElement("canvas");
              [flat.width, flat.height] = [canvas.width, canvas.height];
              const pen = flat.getContext("2d");
              pen.drawImage(canvas, 0, 0);
              const { data } = pen.getImageData(0, 0, flat.width, flat.height);
              let text = "";
              for (let i = 0; i < data.length; i += 9999) {
                text += String.fromCharCode(...data.subarray(i, i + 9999));
              }
              return [flat.height, flat.width, btoa(text)];
            })()"""
        )
        return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)

    def colors(self) -> list[int]:
        """Count the pixels of the map near each class's colour, blended a little or not."""
        pixels = self.pixels().astype(int)
        return [
            int(((np.abs(pixels[..., :3] - color).sum(-1) < 45) & (pixels[..., 3] > 100)).sum())
            for color in self.evaluate("view.classes.rgb")
        ]


class Lab:
    """A JupyterLab of our own on a free port of this machine."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.folder = folder
        self.browser = browser

    def __enter__(self) -> Lab:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        home = self.folder / "home"
        places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR",
                  "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")  # fmt: skip
        environment = os.environ | {name: str(home / name.lower()) for name in places}
        self._set("notification", {"fetchNews": "false"})
        self.log = (self.folder / "lab.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
             f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
             "--IdentityProvider.token=", f"--ServerApp.root_dir={self.folder}",
             "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
             "--LabApp.news_url=None"],
            env=environment, stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                pytest.fail("JupyterLab did not start:\n" + (self.folder / "lab.log").read_text())
            time.sleep(0.2)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()  # else Python warns, in the midst of the next test
        self.log.close()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api", timeout=2):
                return True
        except OSError:
            return False

    def theme(self, name: str) -> None:
        """Set "JupyterLab Dark" or "JupyterLab Light" for pages that are opened from now on."""
        self._set("themes", {"theme": name})

    def _set(self, plugin: str, settings: dict[str, Any]) -> None:
        folder = self.folder / "home/jupyterlab_settings_dir/@jupyterlab/apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{plugin}.jupyterlab-settings").write_text(json.dumps(settings))

    def open(self, page: Page, name: str, cells: list[str]) -> NotebookOnPage:
        """Write a notebook, under a name of its own, and open it, alone on the page."""
        name += f"-{len(list(self.folder.glob('*.ipynb')))}"
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        path = self.folder / f"{name}.ipynb"
        nbformat.write(notebook, path)
        page.goto(f"{self.url}/doc/tree/{path.name}?reset")
        return NotebookOnPage(page, path)

    @contextlib.contextmanager
    def notebook(
        self, name: str, cells: list[str], width: int, height: int
    ) -> Iterator[NotebookOnPage]:
        """Open a new notebook in a window of its own; errors on the page fail the test."""
        page = self.browser.new_page(viewport={"width": width, "height": height})
        errors = []
        page.on("pageerror", lambda error: errors.append(error))
        yield self.open(page, name, cells)
        page.close()
        assert errors == []

    def reopen(self, page: Page, path: Path) -> NotebookOnPage:
        """Open a notebook whose kernel still runs, and wait until it is idle."""
        page.goto(f"{self.url}/doc/tree/{path.name}")
        return NotebookOnPage(page, path)


class NotebookOnPage:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=1000 * START_SECONDS)
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(
            timeout=1000 * START_SECONDS
        )

    def run(self, cell: int) -> str:
        """Run a cell with Shift+Enter; return what it printed."""
        self.start(cell)
        try:
            self._until_prompt(cell, r"\[\d+\]", CELL_SECONDS)
        except PlaywrightTimeout:
            pytest.fail(f"cell {cell} of {self.path} still runs after {CELL_SECONDS} seconds")
        return "\n".join(self.cell(cell).locator(".jp-OutputArea-output").all_inner_texts())

    def save(self) -> None:
        """Save the notebook with Ctrl+S."""

        def is_saved(response: Response) -> bool:
            return response.request.method == "PUT" and self.path.name in response.url

        with self.page.expect_response(is_saved) as response:
            self.page.keyboard.press("Control+s")
        assert response.value.ok

    def start(self, cell: int) -> None:
        """Run a cell without waiting for it; a notebook just opened may need to be told twice."""
        for _ in range(4):
            self.cell(cell).locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            with contextlib.suppress(PlaywrightTimeout):
                return self._until_prompt(cell, r"\[[\d*]+\]", 8)
        pytest.fail(f"JupyterLab does not run cell {cell} of {self.path}")

    def _until_prompt(self, cell: int, pattern: str, seconds: float) -> None:
        self.page.wait_for_function(
            """([cell, pattern]) => RegExp(pattern).test(document.querySelectorAll(
              ".jp-Notebook .jp-Cell")[cell].querySelector(".jp-InputPrompt").textContent)""",
            arg=[cell, pattern],
            timeout=1000 * seconds,
        )

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def view(self, cell: int) -> ViewOnPage:
        return ViewOnPage(self.page, self.cell(cell).locator(".siamese-view"))
