"""The start: what imports take, and how soon Python has its first picture.

Each row is a process of its own, timed from starting Python to its end, one after another and round
after round. What Python alone takes in the same round is subtracted from all other rows. A round
before them fills the disk's cache and does not count.

The first picture is the film of the run that comes with the package, as the first cell of a
notebook makes it: what the page is sent, and the still picture for pages without JavaScript. Next
to it are the same points, read from a file of arrays: as an ``EmbeddingView``; as plotly's figures
of the last frame and of all frames, in JSON; and as the state of jupyter-scatter's widget of the
last frame. What the browser takes after that is not included (``python -m benchmarks views``
measures it).

``python -m benchmarks start`` takes some four minutes on two cores; ``--quick`` is one round that
writes nothing. Libraries that are not installed are left out by name.
"""

from __future__ import annotations

import importlib.util
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.tools.fresh import python
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, left_out, measured_on, medians, shown, table
from benchmarks.tools.results import duration, spread

COMPARED = ("plotly", "torch", "pytorch-metric-learning", "jupyter-scatter")

LIMIT = 0.3  # seconds: the goal for an import that does not use Keras yet
ALONE, LIBRARY, AGAIN = "Python alone", "import siamese_lib", "import siamese_lib, again"
KERAS = "and the first use of Keras"
FILM, VIEW = "the film of the shipped run", "the same points, EmbeddingView"
READ = (
    "import numpy as np; film = np.load({path!r}); "
    "points, labels = film['points'], film['labels']; "
)
IMPORTS = {
    ALONE: "pass",
    LIBRARY: "import siamese_lib",
    "and the first batch of pairs": (
        "import siamese_lib as sl; sl.PairSampler([0, 0, 1, 1]).batch(0)"
    ),
    "and the first search of a gallery": (
        "import siamese_lib as sl, numpy as np; sl.Gallery(np.eye(9)).nearest(np.eye(9))"
    ),
    KERAS: "import siamese_lib as sl; sl.conv_tower()",
    "import tensorflow": "import tensorflow",
    "import keras": "import keras",
    "import torch": "import torch",
    "import pytorch_metric_learning": "import pytorch_metric_learning.losses",
    AGAIN: "import siamese_lib",
}
PICTURES = {
    FILM: "import siamese_lib as sl; sl.shipped_run().film(playing=True)._repr_mimebundle_()",
    VIEW: READ + "import siamese_lib as sl; sl.EmbeddingView(points, labels)._repr_mimebundle_()",
    "plotly, the last frame": READ
    + "from benchmarks.tools.clouds import plotly_film; plotly_film(points[-1:], labels).to_json()",
    "plotly, all frames": READ
    + "from benchmarks.tools.clouds import plotly_film; plotly_film(points, labels).to_json()",
    "jupyter-scatter, the last frame": READ
    + "from benchmarks.parts.views.views import jscatter_state; "
    + "jscatter_state(points[-1], labels, ['#777777'] * 10)",
}
NEEDS = {
    "import torch": "torch",
    "import pytorch_metric_learning": "pytorch_metric_learning",
    "jupyter-scatter, the last frame": "jscatter",
}


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Start every script in turn, round after round."""
    absent = {name for name in NEEDS.values() if importlib.util.find_spec(name) is None}
    scripts = {
        name: script
        for name, script in (IMPORTS | PICTURES).items()
        if NEEDS.get(name) not in absent
    }
    rounds = 1 if quick else 7
    if not quick:
        ledger.once("a round that is not counted", partial(one_round, scripts))
    turns = [
        ledger.once(f"round {number}", partial(one_round, scripts))
        for number in range(1, rounds + 1)
    ]
    return {"rounds": rounds, "not installed": sorted(absent), **summary(turns)}


def one_round(scripts: dict[str, str]) -> dict[str, float]:
    """Run each script in a new Python, and return the seconds from start to end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.npz"
        film = sl.shipped_run().make_film()
        np.savez(path, points=film.frames, labels=np.asarray(film.labels))
        return {
            name: duration(partial(python, "-c", f"{script.format(path=str(path))}; print(0)"))
            for name, script in scripts.items()
        }


def summary(turns: list[dict[str, float]]) -> dict[str, Any]:
    """Return medians over rounds; all but the first are beyond what Python alone takes."""

    def rows(names: dict[str, str]) -> list[dict[str, Any]]:
        return [
            {
                "what": name,
                "s": spread([turn[name] - (name != ALONE) * turn[ALONE] for turn in turns], 3),
            }
            for name in names
            if name in turns[0]
        ]

    return {"imports": rows(IMPORTS), "pictures": rows(PICTURES)}


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    seconds = {row["what"]: row["s"] for row in (*result["imports"], *result["pictures"])}
    library = seconds[LIBRARY]
    below = "below" if library["most"] < LIMIT else "not below"
    tables = [
        table([{title: row["what"], "seconds": interval(row["s"])} for row in result[part]])
        for title, part in (("from start to end", "imports"), ("first picture", "pictures"))
    ]
    return blocks(
        "### Imports",
        f"`import siamese_lib` takes {interval(library)} s, {below} the goal of {LIMIT} s in every "
        f"round. Keras is imported when it is first used, which takes "
        f"{shown(seconds[KERAS]['median'])} s.",
        tables[0],
        "### The first picture, imports included",
        pictures_takeaway(seconds),
        tables[1],
        f"Seconds beyond those of Python alone. {medians(result['rounds'])}",
        left_out(result),
        measured_on(result),
    )


def pictures_takeaway(seconds: dict[str, dict[str, float]]) -> str:
    """Say when the shipped film is there, and which of the others are there before it."""
    ours = seconds[FILM]["median"]
    others = {name: seconds[name]["median"] for name in PICTURES if name in seconds}
    said = f"The film of the shipped run is there after {shown(ours)} s."
    for when, sooner in (("Sooner", True), ("Later", False)):
        names = [
            f"{name} ({shown(took)} s)"
            for name, took in sorted(others.items(), key=lambda pair: pair[1])
            if name not in (FILM, VIEW) and (took < ours) == sooner
        ]
        if names:
            said += f" {when}: {'; '.join(names)}."
    return said
