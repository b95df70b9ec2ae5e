"""From the hand to the picture: what a slider or a line takes until the page shows its effect.

* matrix: the margin of `PairMatrix`, all pairs of 128 images: 8,128 pairs are counted, shaded and
  drawn anew, on a page without a kernel.
* heatmap: the same costs as a heatmap of plotly, which is restyled. They are computed before the
  clock starts, so plotly is charged for drawing only.
* threshold: the line of a `ThresholdExplorer` over 10,000 pairs, in JupyterLab; the kernel counts,
  and sends the pairs that are judged wrongly.
* explorer: the step of a `RetrievalExplorer` among 60,000 images, in JupyterLab, let go at another
  step: at the first visit, for which all images are embedded anew, and later. The shipped run has
  one frame only, so the earlier ones are between random weights and its own.

Headless Chromium takes the time: from the event of the input to the first animation frame after
one in which the page shows the effect, so that the picture has been handed to the screen. That is
at least one frame of a screen, 17 ms, and mostly two.

``python -m benchmarks dragging`` takes two minutes on two quiet cores and writes
``benchmarks/results/dragging.json``; with ``--quick`` it is a try with few moves that writes
nothing.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import siamese_lib as sl
from benchmarks.parts.views.views import beside
from benchmarks.tools.clouds import clouds
from benchmarks.tools.fresh import ROOT
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, table
from benchmarks.tools.results import spread

COMPARED = ("plotly",)
WAYS = {
    "matrix": "margin of the pair matrix, 128 images",
    "heatmap": "the same costs as plotly's heatmap, drawing only",
    "threshold": "threshold on 10,000 pairs, in JupyterLab",
    "explorer": "step of the explorer, 60,000 images, in JupyterLab",
    "explorer, first visit": "the same at the first visit of a step",
}
MOVES, WARM, VISITED = 40, 5, 6
IMAGES, FRAMES = 128, 40
SECONDS = 300  # at most, until the explorer is there
FRAME = "const nextFrame = () => new Promise(requestAnimationFrame);"
# The view draws in the next animation frame; it has none requested when it rests.
MOVE = f"""async ([label, value]) => {{
  {FRAME}
  const {{ animation }} = document.querySelector(".siamese").view;
  const input = document.querySelector(`input[aria-label="${{label}}"]`);
  const began = performance.now();
  input.value = String(value);
  input.dispatchEvent(new Event("input", {{ bubbles: true }}));
  do await nextFrame(); while (animation.request !== null);
  await nextFrame();
  return performance.now() - began;
}}"""
RESTYLE = f"""async (margin) => {{
  {FRAME}
  const costs = window.distances.map((row, i) => row.map((distance, j) =>
    window.labels[i] === window.labels[j] ? distance ** 2 : Math.max(0, margin - distance) ** 2));
  const began = performance.now();
  await Plotly.restyle("here", {{ z: [costs] }});
  await nextFrame();
  await nextFrame();
  return performance.now() - began;
}}"""
HEATMAP = """() => {
  window.labels = data.labels;
  window.distances = data.points.map(([x, y]) =>
    data.points.map(([u, v]) => Math.hypot(x - u, y - v)));
  return Plotly.newPlot("here", [{ type: "heatmap", z: window.distances }],
    { width: 560, height: 520 });
}"""
LINE = f"""async (key) => {{
  {FRAME}
  const root = document.querySelector(".siamese-threshold");
  const told = () => [".st-figures", ".st-columns"].map((part) =>
    root.querySelector(part).innerHTML);
  const before = told();
  const began = performance.now();
  const pressed = new KeyboardEvent("keydown", {{ key, bubbles: true }});
  root.querySelector(".st-line").dispatchEvent(pressed);
  const same = (now) => now[0] === before[0] || now[1] === before[1];
  while (same(told()) && performance.now() < began + 5000) await nextFrame();
  if (same(told())) throw new Error("the threshold did not answer");
  await nextFrame();
  return performance.now() - began;
}}"""
STEP = f"""async (frame) => {{
  {FRAME}
  const root = document.querySelector(".siamese-explorer");
  const input = root.querySelector('input[aria-label="at step"]');
  const step = () => root.querySelector(".sx-verdict")?.innerText;
  const before = step();
  const began = performance.now();
  input.value = String(frame);
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, {{ bubbles: true }}));
  while (step() === before && performance.now() < began + 60000) await nextFrame();
  if (step() === before) throw new Error(`no answer at frame ${{frame}}`);
  await nextFrame();
  return performance.now() - began;
}}"""
SETUP = f"import sys; sys.path.insert(0, {json.dumps(str(ROOT))})\nimport siamese_lib as sl\n"
THRESHOLD = """import numpy as np
digits, run = sl.load_dataset("mnist"), sl.shipped_run()
test = digits.test
rng = np.random.default_rng(0)
left, right = rng.integers(0, len(test), (2, 10_000))
points = run.embed(test.images)
away = np.linalg.norm(points[left] - points[right], axis=1)
same = test.labels[left] == test.labels[right]
sl.ThresholdExplorer(away, same, left, right, test.images, test.labels)"""
EXPLORER = """import numpy as np
digits, end = sl.load_dataset("mnist"), sl.shipped_run()
start = sl.conv_tower(end.image_shape, end.embedding_dim, seed=0).get_weights()
frames = [np.linspace(one, other, {frames}) for one, other in zip(start, end.weights())]
run = sl.Run(end.tower, np.arange({frames}), frames, white=255)
sl.RetrievalExplorer(run, digits, limit={limit})"""


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Move each thing by hand, one after the other; a quick try has few moves and images."""
    from benchmarks.tools.driven import chromium

    moves = 4 if quick else MOVES
    with chromium() as browser:
        rows = {
            **ledger.once("pages", lambda: on_pages(browser, moves)),
            **ledger.once("JupyterLab", lambda: in_lab(browser, moves, quick=quick)),
        }
        return {"chromium": browser.version, "moves": moves, "ms": rows}


def on_pages(browser: Any, moves: int) -> dict[str, dict[str, float]]:
    """Move what needs no kernel, and restyle the heatmap, in turns; return milliseconds."""
    import plotly

    frames, labels = clouds(IMAGES, FRAMES)
    matrix = sl.PairMatrix(frames, labels)
    script = beside(plotly, "package_data/plotly.min.js")
    times: dict[str, list[float]] = {"matrix": [], "heatmap": []}
    with tempfile.TemporaryDirectory() as folder:
        pages = {name: browser.new_page(viewport={"width": 1400, "height": 1000}) for name in times}
        pages["matrix"].goto(sl.export_view(matrix, Path(folder, "matrix.html")).as_uri())
        pages["heatmap"].set_content('<div id="here"></div>')
        pages["heatmap"].add_script_tag(content=script)
        data = {"points": frames[-1].tolist(), "labels": labels.tolist()}
        pages["heatmap"].evaluate(f"window.data = {json.dumps(data)}")
        pages["heatmap"].evaluate(HEATMAP)
        for name, page in pages.items():
            page.bring_to_front()
            page.wait_for_timeout(1000)
            for move in range(WARM + moves):
                if name == "matrix":
                    ms = page.evaluate(MOVE, ["Margin", 20 + 37 * move % 160])
                else:
                    ms = page.evaluate(RESTYLE, 0.2 + 0.1 * (7 * move % 31))
                times[name].append(ms)
            page.close()
    return {name: spread(measured[WARM:], 1) for name, measured in times.items()}


def in_lab(browser: Any, moves: int, *, quick: bool) -> dict[str, dict[str, float]]:
    """Move what needs a kernel, in JupyterLab; return milliseconds."""
    from benchmarks.tools.driven import Lab

    limit = 2_000 if quick else None
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), browser) as lab:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(1000 * SECONDS)
        lab.open(page, "threshold", [SETUP + THRESHOLD]).run(0)
        page.locator(".siamese-threshold .st-line").wait_for()
        page.wait_for_timeout(2000)
        keys = ["PageUp" if move % 6 < 3 else "PageDown" for move in range(WARM + moves)]
        line = [page.evaluate(LINE, key) for key in keys][WARM:]
        lab.open(page, "explorer", [SETUP + EXPLORER.format(limit=limit, frames=VISITED + 1)]).run(
            0
        )
        page.locator(".siamese-explorer .sx-card").first.wait_for()
        page.wait_for_timeout(3000)
        first = [page.evaluate(STEP, frame) for frame in range(VISITED)]
        steps = [page.evaluate(STEP, move % VISITED) for move in range(moves)]
        page.close()
    return {
        "threshold": spread(line, 1),
        "explorer": spread(steps, 1),
        "explorer, first visit": spread(first, 1),
    }


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    found = result["ms"]
    rows = [{"moved": WAYS[way], "ms until it is shown": interval(found[way])} for way in found]
    return blocks(
        f"The matrix of all pairs follows the margin after {interval(found['matrix'])} ms. A "
        f"heatmap of plotly, which only draws the same costs, takes {interval(found['heatmap'])}.",
        table(rows),
        f"{medians(result['moves'], 'moves')} First visits are {VISITED}. A frame of a screen "
        "takes 17 ms, and each time includes the frame after the one that shows the effect: none "
        "can be below 17 ms, and most are two frames or more.",
        f"{measured_on(result)} Chromium {result['chromium']}.",
    )
