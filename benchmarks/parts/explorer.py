"""The retrieval explorer: from choosing an image to its neighbours on the page.

``python -m benchmarks explorer`` takes two minutes on two quiet cores and writes
``benchmarks/results/explorer.json``; with ``--quick`` it is a try with few images that writes
nothing.

The explorer shows the shipped run and all 60,000 training images, in JupyterLab in headless
Chromium. A script sends what a click on a thumbnail sends, one after the other, for test images
drawn at random that are not shown yet. The page takes the time: from the click to the first
animation frame after one in which the page names the query and shows its neighbours, so that the
frame with the neighbours has been handed to the screen. A second time is taken when the map has
highlighted them too.

Python's share is what the handler takes in the same choices, from the message to the last widget
that is set. A few choices before the first are not counted.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tools.fresh import ROOT
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians
from benchmarks.tools.results import spread

CHOICES, WARM = 50, 5
SECONDS = 300  # at most, for embedding
SETUP = f"""import sys, time; sys.path.insert(0, {json.dumps(str(ROOT))})
import siamese_lib as sl
digits = sl.load_dataset("mnist")
explorer = sl.RetrievalExplorer(sl.shipped_run(), digits, limit={{limit}})
seconds, handler = [], explorer._do
def timed(*values):
    started = time.perf_counter()
    handler(*values)
    seconds.append(time.perf_counter() - started)
for panel in explorer._panels.values():
    panel.on_msg(lambda _, message, buffers: timed(message["act"], message["value"]))
    panel._msg_callbacks.callbacks[:-1] = []
explorer"""
KERNEL = "print(explorer.answer.searched, *(f'{1000 * s:.3f}' for s in seconds))"
CHOOSE = """async (index) => {
  const root = document.querySelector(".siamese-explorer");
  const nextFrame = () => new Promise(requestAnimationFrame);
  const map = root.querySelector(".siamese-view").view;
  const told = () => root.querySelector(".sx-chosen")?.innerText.includes(`test image ${index},`);
  const lit = map.payload;
  const button = root.querySelector(".sx-thumb");
  button.dataset.value = String(index);
  const began = performance.now();
  button.click();
  const limit = began + 10000;
  while (!told() && performance.now() < limit) await nextFrame();
  if (!told()) throw new Error(`no neighbours of test image ${index}`);
  await nextFrame();
  const neighbours = performance.now() - began;
  const dark = () => map.payload === lit || !map.highlighted.length;
  while (dark() && performance.now() < limit) await nextFrame();
  await nextFrame();
  return [neighbours, performance.now() - began];
}"""


COMPARED = ()


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Choose images at random in a real page; a quick try has few choices and images."""
    from benchmarks.tools.driven import chromium

    with chromium() as browser:
        measured = ledger.once("choices", lambda: choices(browser, 5 if quick else CHOICES, quick))
        return {"chromium": browser.version, **measured}


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    return blocks(
        f"In the explorer, the neighbours of an image among {result['training images']:,} are on "
        f"the page {interval(result['neighbours ms'])} ms after it was chosen.",
        f"Python takes {interval(result['kernel ms'])} ms of that. The map highlights them after "
        f"{interval(result['map ms'])} ms. {medians(result['choices'], 'random choices')}",
        f"{measured_on(result)} Chromium {result['chromium']}.",
    )


def choices(browser: Any, count: int, quick: bool) -> dict[str, Any]:
    """Choose so many images at random; return milliseconds, and the kernel's."""
    from benchmarks.tools.driven import Lab

    setup = SETUP.format(limit=2_000 if quick else None)
    indices = np.random.default_rng(0).choice(10_000, WARM + count, replace=False).tolist()
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), browser) as lab:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(1000 * SECONDS)
        notebook = lab.open(page, "explorer", [setup, KERNEL])
        notebook.run(0)
        page.locator(".siamese-explorer .sx-card").first.wait_for()
        page.wait_for_timeout(3000)  # what a page does on opening
        times = [page.evaluate(CHOOSE, index) for index in indices][WARM:]
        searched, *kernel = notebook.run(1).split()
        page.close()
    return {
        "training images": int(searched),
        "choices": count,
        "neighbours ms": spread([neighbours for neighbours, _ in times], 1),
        "map ms": spread([whole for _, whole in times], 1),
        "kernel ms": spread([float(ms) for ms in kernel[WARM:]], 1),
    }
