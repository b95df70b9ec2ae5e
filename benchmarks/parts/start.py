"""The start: what imports take, and how long after it Python has its first picture.

Each line below is run in a process of its own, from starting Python to its end, one after another
and round after round; from all but the first is taken off what Python alone takes in the same
round. A round before them fills the disk's cache and is not counted.

The first picture is the film of the run that ships with the package, as a notebook's first cell
makes it: the payload for the page and the still picture that stands in for it. Beside it are the
same points, read from an array file: as an ``EmbeddingView``, as plotly's figure of the last frame
and of all frames, in JSON, and as the state of jupyter-scatter's widget of the last frame. What a
browser then takes is not in it (``python -m benchmarks views`` measures that).

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
from benchmarks.tools.results import duration, interval, measured_on, spread, table

COMPARED = ("plotly", "torch", "pytorch-metric-learning", "jupyter-scatter")

LIMIT = 0.3  # seconds that importing the library may take before Keras is needed
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
    + "from benchmarks.clouds import plotly_film; plotly_film(points[-1:], labels).to_json()",
    "plotly, all frames": READ
    + "from benchmarks.clouds import plotly_film; plotly_film(points, labels).to_json()",
    "jupyter-scatter, the last frame": READ
    + "from benchmarks.views import jscatter_state; "
    + "jscatter_state(points[-1], labels, ['#777777'] * 10)",
}
NEEDS = {
    "import torch": "torch",
    "import pytorch_metric_learning": "pytorch_metric_learning",
    "jupyter-scatter, the last frame": "jscatter",
}


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Start everything in turn, round after round."""
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
    """Start Python anew for each script; seconds from start to end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.npz"
        film = sl.shipped_run().film()
        np.savez(path, points=film.frames, labels=film.labels)
        return {
            name: duration(partial(python, "-c", f"{script.format(path=str(path))}; print(0)"))
            for name, script in scripts.items()
        }


def summary(turns: list[dict[str, float]]) -> dict[str, Any]:
    """Give medians over rounds; of all but the first, beyond what Python alone takes."""

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
    library, absent = seconds[LIBRARY], result["not installed"]
    below = "below" if library["most"] < LIMIT else "not below"
    tables = [
        table([{title: row["what"], "seconds": interval(row["s"])} for row in result[part]])
        for title, part in (("from start to end", "imports"), ("first picture", "pictures"))
    ]
    return f"""\
{tables[0]}

Seconds beyond those of Python alone, but for its own. `import siamese_lib` takes
{interval(library)} s, {below} the {LIMIT:g} s allowed before Keras is needed in every round; the
same again, {interval(seconds[AGAIN])} s.

{tables[1]}

The film of the run that ships with the package is there after {interval(seconds[FILM])} s, as it
waits for no Keras, whose first use takes {interval(seconds[KERAS])} s; the same points without the
run, after {interval(seconds[VIEW])} s. Medians of {result["rounds"]} rounds, least to
most.
{f"Not installed: {', '.join(absent)}." if absent else ""}

{measured_on(result)}"""
