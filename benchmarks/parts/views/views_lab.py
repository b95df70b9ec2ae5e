"""The embedding view and a plotly figure with frames in a real JupyterLab: start, and bytes.

The start is the time from Shift+Enter in a cell to a picture that has moved, when data and
libraries are loaded: making the view or figure, sending it, loading its JavaScript, drawing. The
page itself takes the time, in its animation frames. Our view has moved when the film has passed its
first frame and one more animation frame was drawn. Plotly's figure has moved when a mark has left
its place after the Play button was pressed. A script presses it as soon as the frames are there,
because JupyterLab does not start a plotly film by itself. Each cell runs in a notebook and page of
its own.

Bytes are those of the payload: binary buffers, and JSON for the rest; for plotly, the JSON of the
figure with its arrays in base64, as it is sent. What came through the page's web sockets, from
Shift+Enter to the moving picture, is measured too; for a widget it includes its JavaScript.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.tools.clouds import clouds, plotly_film
from benchmarks.tools.fresh import ROOT
from benchmarks.tools.results import spread

SETUP = f"""import sys; sys.path.insert(0, {json.dumps(str(ROOT))})
import numpy as np
import plotly.graph_objects
import siamese_lib as sl
from benchmarks.tools.clouds import clouds, plotly_film
frames, labels = clouds({{points}}, {{frames}})
steps = np.arange(len(frames))
sl.EmbeddingView, print("ready")"""
CELLS = {
    "view": "sl.EmbeddingView(frames, labels, steps=steps, playing=True)",
    "plotly": "plotly_film(frames, labels)",
}
SECONDS = 180  # at most
WATCH = """addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.shiftKey) return;
  const began = (window.began = performance.now());
  const nextFrame = () => new Promise(requestAnimationFrame);
  const until = async (found) => {
    let value;
    while (!(value = found()) && began === window.began) await nextFrame();
    return value || new Promise(() => {}); // another cell was run since: leave it alone
  };
  const find = (selector) => document.querySelector(`.jp-OutputArea ${selector}`);
  const view = () => until(() => find(".siamese-view")?.view?.p > 0);
  const plotly = async () => {
    const figure = await until(() => find(".js-plotly-plot"));
    await until(() => figure._transitionData?._frames.length > 0 && find(".updatemenu-button"));
    const mark = figure.querySelector("path.point");
    const place = mark.getAttribute("transform");
    find(".updatemenu-button").dispatchEvent(new MouseEvent("click"));
    await until(() => mark.getAttribute("transform") !== place);
  };
  window.started = Promise.race([view(), plotly()]).then(nextFrame)
    .then(() => (performance.now() - began) / 1000);
}, true);"""


def starts(browser: Any, points: int, frames: int, rounds: int) -> dict[str, Any]:
    """Time the start of both, in turns, in seconds, and count what their pages were sent."""
    from benchmarks.tools.driven import Lab

    seconds: dict[str, list[float]] = {name: [] for name in CELLS}
    received: dict[str, list[float]] = {name: [] for name in CELLS}
    setup = SETUP.format(points=points, frames=frames)
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), browser) as lab:
        for number in range(rounds):
            for name, cell in CELLS.items():
                page = browser.new_page(viewport={"width": 1100, "height": 900})
                page.set_default_timeout(1000 * SECONDS)
                page.add_init_script(WATCH)
                sizes: list[int] = []
                page.on(
                    "websocket",
                    lambda socket, sizes=sizes: socket.on(
                        "framereceived", lambda data: sizes.append(len(data))
                    ),
                )
                notebook = lab.open(page, "start", [setup, cell])
                notebook.run(0)
                sizes.clear()
                notebook.start(1)
                seconds[name].append(page.evaluate("started"))
                received[name].append(sum(sizes) / 1e6)
                page.close()
                print(f"start, round {number}, {name}: {seconds[name][-1]:.2f} s", flush=True)
    return {
        "points": points,
        "frames": frames,
        **{f"{name} s": spread(values, 2) for name, values in seconds.items()},
        **{f"{name} received MB": spread(values, 2) for name, values in received.items()},
    }


def bytes_sent(points: int, frames: int) -> dict[str, int]:
    """Count the bytes of both films."""
    film, labels = clouds(points, frames)
    view = sl.EmbeddingView(film, labels, steps=np.arange(frames))
    return {
        "points": points,
        "frames": frames,
        "view": payload_bytes(view.payload()),
        "plotly": len(plotly_film(film, labels).to_json().encode()),
    }


def payload_bytes(payload: dict[str, Any]) -> int:
    """Count the bytes of a payload: its binary buffers, and JSON for the rest."""
    buffers: list[int] = []

    def take(data: bytes) -> None:  # which leaves null in its place
        buffers.append(len(data))

    rest = json.dumps(payload, default=take)
    return sum(buffers) + len(rest.encode())
