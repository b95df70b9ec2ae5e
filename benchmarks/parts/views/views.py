"""The embedding view next to plotly and jupyter-scatter: frames a second, a pick, the start, bytes.

``python -m benchmarks views`` takes some fifteen minutes on two quiet cores and writes
``benchmarks/results/views.json``; with ``--quick`` it is a try with few points that writes
nothing.

Frames a second are measured in headless Chromium with its software WebGL. All ways show the same
film of the same points, at the same size in pixels, color and opacity, in a place of the same size:

* view: the page's ``View``, playing, with class names, scale, legend and read-outs;
* scattergl: plotly's WebGL points as they come, with axes and legend. They are restyled in each
  animation frame to places that were computed before, so plotly is charged for drawing only;
* bare: the same without axes, legend, margins, or a canvas finer than the screen's;
* scatter: plotly's SVG points, also bare, moved by its own frames and ``animate``;
* jscatter: jupyter-scatter's widget, also bare, its points in transition from frame to frame.

The last two and the view go from frame to frame in the same time. For the others the film is
prepared before the clock starts.

A page can draw more frames than a browser shows. The smaller of two numbers counts: the animation
frames in which points were drawn, which the page counts, and the pictures that went to the screen,
which the browser's own trace counts. The browser's limit of 60 frames a second is lifted for all;
with it, everything faster would look the same. Next to the frames stands the processor time of the
whole browser for each frame that counts. Each way gets a fresh page in turn, in several rounds.

A pick finds the point under the pointer while the film plays: the places of all points at that
moment, and the nearest of them. `views_lab` says what is measured in JupyterLab.
"""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import psutil

import siamese_lib as sl
from benchmarks.tools.clouds import clouds
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians, shown, table
from benchmarks.tools.results import spread
from siamese_lib.views.script import Script
from siamese_lib.views.style import MAP_SHEETS, Style

WAYS = {
    "view": "EmbeddingView",
    "scattergl": "plotly scattergl, restyled",
    "bare": "plotly scattergl, bare",
    "scatter": "plotly scatter, its frames",
    "jscatter": "jupyter-scatter, transitions",
}
SIZES = (10_000, 70_000)
FRAMES = 40
SHOWN = "Display::DrawAndSwap"  # in a trace of Chromium: a picture goes to the screen
NO_LIMIT = ("--disable-frame-rate-limit", "--disable-gpu-vsync")
SCREEN_MS = 1000 / 60
VIEWPORT = {"width": 900, "height": 640}
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/view.css">
<style>body { margin: 0 }</style><div id="here"></div>
<script src="/plotly.js"></script><script type="module" src="/views.js"></script>"""


COMPARED = ("plotly", "jupyter-scatter")


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Measure films, picks, starts and bytes; a quick try has few points."""
    from benchmarks.parts.views.views_lab import bytes_sent, starts
    from benchmarks.tools.driven import chromium

    sizes, rounds, seconds = ((300, 600), 1, 1.0) if quick else (SIZES, 5, 4.0)
    with chromium(*NO_LIMIT) as browser:
        moved = [
            ledger.once(
                f"{points:,} points", lambda points=points: tween(browser, points, rounds, seconds)
            )
            for points in sizes
        ]
        return {
            "chromium": browser.version,
            "rounds": rounds,
            "frames a second": [row for part in moved for row in part["rows"]],
            "pick": moved[-1]["pick"],
            "start": ledger.once("starts", lambda: starts(browser, sizes[0], FRAMES, rounds)),
            "bytes": bytes_sent(sizes[0], FRAMES),
        }


def tween(browser: Any, points: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Count the frames a second of every way, in turns; time our pick among as many points."""
    files = page_files(*clouds(points, FRAMES))

    def answer(route: Any) -> None:
        route.fulfill(**files[urlparse(route.request.url).path])

    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    picks: list[float] = []
    for number in range(rounds):
        for way in WAYS:
            page = browser.new_page(viewport=VIEWPORT)
            page.route("**/*", answer)
            page.goto("http://localhost/")
            started = time.perf_counter()
            stage = page.evaluate("way => bench.prepare(way)", way)
            prepared = time.perf_counter() - started
            page.evaluate("bench.measure(1)")  # what is slow the first time
            browser.start_tracing(categories=["viz"])
            before = processor_seconds()
            count = page.evaluate("seconds => bench.measure(seconds)", seconds)
            worked = processor_seconds() - before
            events = json.loads(browser.stop_tracing())["traceEvents"]
            shown = sum(event["name"] == SHOWN for event in events)
            frames = min(count["frames"], shown)
            rates[way].append(frames / count["seconds"])
            costs[way].append(1000 * worked / max(frames, 1))
            if way == "view":
                picks += page.evaluate("bench.pick(20)")
            page.close()
            print(
                f"{points:,} points, round {number}, {way}: {rates[way][-1]:.1f} frames/s "
                f"({count['frames']} drawn, {shown} shown), {costs[way][-1]:.0f} ms of "
                f"processor time each (ready after {prepared:.1f} s)",
                flush=True,
            )
    rows = [
        {
            "points": points,
            "way": way,
            "canvas": stage,
            **spread(measured, 1),
            "processor ms": spread(costs[way], 1)["median"],
        }
        for way, measured in rates.items()
    ]
    pick = {"points": points, "ms": spread(picks, 2)}
    return {"rows": with_ratios(rows), "pick": pick}


def processor_seconds() -> float:
    """Return the processor time that all parts of the browser have taken."""
    processes = psutil.Process().children(recursive=True)
    times = [p.cpu_times() for p in processes if "chrom" in p.name()]
    return sum(each.user + each.system for each in times)


def with_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each row how many times as many frames as scattergl, and as scattergl bare."""
    medians = {row["way"]: row["median"] for row in rows}
    return [
        {
            **row,
            **{
                f"times {base}": round(row["median"] / medians[base], 2) if medians[base] else None
                for base in ("scattergl", "bare")
            },
        }
        for row in rows
    ]


def page_files(frames: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, Any]]:
    """Say what the page asks for: path to body and content type, all of it from this machine."""
    import jscatter
    import plotly

    view = sl.EmbeddingView(frames, labels, steps=np.arange(len(frames)))
    colors = view.payload()["about"]["colors"]
    theirs = jscatter_state(frames[0], labels, colors)
    script, style, data = "text/javascript", "text/css", "application/json"
    files = {
        "/": (PAGE, "text/html"),
        "/views.js": (str(Script(Path(__file__).with_suffix(".js"))), script),
        "/view.css": (str(Style(*MAP_SHEETS)), style),
        "/film.json": (json.dumps(view.payload(), default=as_text), data),
        "/plotly.js": (beside(plotly, "package_data/plotly.min.js"), script),
        "/jscatter.js": (beside(jscatter, "bundle.js"), script),
        "/jscatter.json": (json.dumps(theirs, default=as_text), data),
        "/favicon.ico": ("", "image/x-icon"),
    }
    # Isolated from other sites, a page's clock is exact to 5 microseconds instead of 100.
    alone = {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }
    return {
        path: {"body": body, "headers": {"Content-Type": kind, **alone}}
        for path, (body, kind) in files.items()
    }


def jscatter_state(points: np.ndarray, labels: np.ndarray, colors: list[str]) -> dict[str, Any]:
    """Return what jupyter-scatter's widget would send to its page, without its interface."""
    import jscatter
    import pandas as pd

    table = pd.DataFrame({"x": points[:, 0], "y": points[:, 1]})
    table["class"] = pd.Categorical(labels.astype(str))
    scatter = jscatter.Scatter(
        data=table, x="x", y="y", color_by="class", color_map=colors, axes=False, legend=False,
        tooltip=False,
    )  # fmt: skip
    state = scatter.widget.get_state()
    return {name: value for name, value in state.items() if not name.startswith("_")}


def as_text(data: Any) -> dict[str, str]:
    """Write bytes in JSON, for the page to read back."""
    return {"base64": base64.b64encode(data).decode()}


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    rows = [
        {
            "points that move": WAYS[row["way"]],
            "how many": f"{row['points']:,}",
            "frames/s": interval(row),
            "times scattergl": shown(row["times scattergl"]),
            "times scattergl, bare": shown(row["times bare"]),
            "processor time a frame, ms": shown(row["processor ms"]),
        }
        for row in result["frames a second"]
    ]
    pick, start, sent = (result[part] for part in ("pick", "start", "bytes"))
    return blocks(
        takeaway(result["frames a second"]),
        table(rows),
        "The same film in a place of the same size, in headless Chromium without a graphics card, "
        "with the browser's limit of 60 frames a second lifted. Frames that reached the screen "
        f"count. {medians(result['rounds'])} *Bare* has no axes, no legend, and no finer canvas. "
        "Plotly and jupyter-scatter draw with WebGL, which the processor has to emulate here; the "
        "view notices that and draws into a 2-D canvas instead. Nothing was measured on a "
        "graphics card.",
        f"* The point under the pointer is found among {pick['points']:,} in "
        f"{interval(pick['ms'])} ms while the film plays; a frame of a screen takes "
        f"{shown(SCREEN_MS)} ms.\n"
        f"* In JupyterLab, {start['points']:,} points in {start['frames']} frames move "
        f"{interval(start['view s'])} s after their cell is run; those of a plotly figure with "
        f"frames {interval(start['plotly s'])} s after it.\n"
        f"* The page is sent {shown(sent['view'] / 1e6)} MB, and "
        f"{shown(sent['plotly'] / 1e6)} MB as plotly's figure.",
        f"{measured_on(result)} Chromium {result['chromium']}.",
    )


def takeaway(rows: list[dict[str, Any]]) -> str:
    """Compare our view with the quickest of the others, for each number of points."""
    said = []
    for points in dict.fromkeys(row["points"] for row in rows):
        rates = {row["way"]: row["median"] for row in rows if row["points"] == points}
        ours = rates.pop("view", None)
        if ours and rates:
            best = max(rates, key=rates.__getitem__)
            said.append(
                f"With {points:,} points, an `EmbeddingView` shows {shown(ours)} frames a second; "
                f"the quickest of the others, {WAYS[best].split(',')[0]}, {shown(rates[best])}."
            )
    return " ".join(said)


def beside(package: Any, name: str) -> str:
    """Read a text file of a package."""
    return (Path(package.__file__).parent / name).read_text(encoding="utf-8")
