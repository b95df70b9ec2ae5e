"""An exported page: its bytes, what rounded weights cost, and how long a drawing takes.

The training is that of chapter 4: 300 steps of MNIST into two dimensions, with a frame for each of
39 steps. The page shows 10,000 test images, searches 10,000 training images, and holds the weights
of every frame: those of the last exactly, the others rounded.

* What rounding costs: 1,000 test images are embedded at every frame with weights of 8, 10 and 16
  bits. Their places are moved together, as the page does it, and compared with those of the exact
  weights. Precision@7 is that of these images among 10,000 training images, at the middle frame.
* In the page: a digit of one stroke is drawn again and again, in headless Chromium, at a frame in
  the middle of the film. The time goes from the end of the stroke to the first animation frame
  after the answer and the mark on the map are there. Then the film is dragged from end to end,
  right after a stroke, when the drawing is not yet embedded at most of the frames; the times are
  those between animation frames, 17 ms at least.

``python -m benchmarks pages`` takes two minutes on two cores and writes
``benchmarks/results/pages.json``; with ``--quick`` it is a try with few images that writes nothing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, table
from benchmarks.tools.results import spread
from siamese_lib.export.page import json_in_html
from siamese_lib.export.page_frames import packed_frames, rounded
from siamese_lib.network.backend import keras
from siamese_lib.runs.last_frame import with_weights

COMPARED = ("keras",)
BITS = (8, 10, 16)
MOST_MB, MOST_MS = 15, 100  # the goals
STROKE = [[0.25, 0.2], [0.5, 0.2], [0.75, 0.2], [0.6, 0.5], [0.45, 0.85]]
OPENED = "() => Boolean(window.explorer)"
AT_REST = "(frame) => { explorer.map.play(false); explorer.map.set({ frame }); }"
DRAW = """async (stroke) => {
  const square = document.querySelector("#draw .sx-ink");
  const { x, y, width, height } = square.getBoundingClientRect();
  square.setPointerCapture = () => {};  // there is no pointer of this number
  const fire = (kind, [right, down]) => square.dispatchEvent(new PointerEvent(kind, {
    pointerId: 7, button: 0, bubbles: true, clientX: x + right * width, clientY: y + down * height,
  }));
  fire("pointerdown", stroke[0]);
  for (const place of stroke) fire("pointermove", place);
  const { drawing } = explorer.pad;
  const began = performance.now();
  fire("pointerup", stroke.at(-1));
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const took = performance.now() - began;
  const said = document.querySelector("#verdict").innerText;
  if (explorer.pad.drawing === drawing || !said.startsWith("The nearest is")) {
    throw new Error("the drawing was not answered");
  }
  return took;
}"""
DRAG = """async (moves) => {
  const { clock } = explorer.map;
  const times = [];
  let before = performance.now();
  for (let i = 0; i <= moves; i++) {
    clock.scrubTo(clock.last * (1 - i / moves));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  return times;
}"""
CLEAR = "() => explorer.pad.strokes.splice(0)"


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Train, round, write the page and draw in it; a quick try has few steps and images."""
    from benchmarks.tools.driven import chromium

    digits = sl.load_dataset("mnist", verbose=False)
    run = trained(digits.train, *((20, 4) if quick else (300, 40)))
    count, few = (200, 50) if quick else (10_000, 1_000)
    rows = [
        ledger.once(f"{bits} bits", lambda bits=bits: rounding(run, digits, bits, few, count))
        for bits in BITS
    ]
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = sl.export_html(run, digits, Path(folder, "page.html"), images=count, gallery=count)
        return {
            "chromium": browser.version,
            "frames": len(run),
            "images": count,
            "rounding": rows,
            "bytes": path.stat().st_size,
            "ms": ledger.once("page", lambda: in_page(browser, path, 4 if quick else 40)),
        }


def trained(train: sl.Split, steps: int, frames: int) -> sl.Run:
    """Train as chapter 4 does."""
    tower = sl.conv_tower(train.images.shape[1:], 2, seed=0)
    sampler = sl.BalancedBatchSampler(train.labels, batch_size=128, seed=0)
    batches = sl.ImageBatches(train, sampler, steps=steps)
    rate = keras.optimizers.schedules.PolynomialDecay(0.02, steps, 0.0)
    tower.compile(sl.Muon(rate), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
    recorder = sl.Recorder(tower, batches, frames=frames)
    tower.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
    return recorder.run


def rounding(
    run: sl.Run, digits: sl.Dataset, bits: int, few: int, gallery: int
) -> dict[str, float]:
    """Return what it costs to round the weights of all frames but the last."""
    frames = range(len(run) - 1)
    found = rounded([np.stack(each) for each in zip(*map(run.weights, frames), strict=True)], bits)
    near, images = with_weights(run, found.weights), digits.test.images[:few]
    away = []
    for frame in frames:
        moved = near.embed(images, frame) - run.embed(images, frame)
        away.append(np.linalg.norm(moved - moved.mean(axis=0), axis=1))
    middle = frames[len(frames) // 2]
    return {
        "bits": bits,
        "MB": len(json_in_html(packed_frames(found))) / 1e6,
        "mean": float(np.mean(away) / run.settings["margin"]),
        "most": float(np.max(away) / run.settings["margin"]),
        "precision": precision(near, digits, middle, few, gallery),
        "exact": precision(run, digits, middle, few, gallery),
    }


def precision(run: sl.Run, digits: sl.Dataset, frame: int, few: int, gallery: int) -> float:
    """Return precision@7 of test images among training images at a frame."""
    vectors = run.embed(digits.train.images[:gallery], frame)
    nearest, _ = sl.Gallery(vectors).nearest(run.embed(digits.test.images[:few], frame), 7)
    same = digits.train.labels[:gallery][nearest] == digits.test.labels[:few, None]
    return float(same.mean())


def in_page(browser: Any, path: Path, times: int) -> dict[str, dict[str, float]]:
    """Draw in the page and drag its film; return milliseconds."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri())
    page.wait_for_function(OPENED)
    page.evaluate(AT_REST, page.evaluate("explorer.map.film.last") // 2)
    page.wait_for_timeout(1500)
    drawn = []
    for _ in range(times + 1):
        drawn.append(page.evaluate(DRAW, STROKE))
        page.evaluate(CLEAR)
        page.wait_for_timeout(200)
    page.evaluate(DRAW, STROKE)
    dragged = page.evaluate(DRAG, 2 * times)
    page.close()
    return {
        "first": spread(drawn[:1], 0),
        "drawn": spread(drawn[1:], 0),
        "dragged": spread(dragged[1:], 0),
    }


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    ms, megabytes = result["ms"], result["bytes"] / 1e6
    rows = [
        {
            "bits of a weight": row["bits"],
            "in the page, MB": f"{row['MB']:.1f}",
            "off, in margins": f"{row['mean']:.2g}, at most {row['most']:.2g}",
            "precision@7 (exact)": f"{row['precision']:.3f} ({row['exact']:.3f})",
        }
        for row in result["rounding"]
    ]
    return blocks(
        f"The page has {megabytes:.1f} MB, {_below(megabytes, MOST_MB)} the goal of {MOST_MB} MB. "
        f"A drawn digit is answered after {interval(ms['drawn'])} ms and the first one after "
        f"{ms['first']['median']:g} ms, {_below(ms['drawn']['most'], MOST_MS)} the goal of "
        f"{MOST_MS} ms. While the film is dragged right after a stroke, a picture takes "
        f"{interval(ms['dragged'])} ms.",
        table(rows),
        f"The page has {result['images']:,} test and {result['images']:,} training images and "
        f"{result['frames']} frames. The table is about the weights of all frames but the last. "
        "Times are medians, with the least and the most in brackets.",
        f"{measured_on(result)} Chromium {result['chromium']}.",
    )


def _below(value: float, goal: float) -> str:
    return "below" if value < goal else "not below"
