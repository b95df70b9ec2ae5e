"""The record: what two cores learn in five minutes, with the recipes that ``siamese train`` takes.

``python -m benchmarks record`` (an hour for each seed on two cores) prints the tables and writes
``benchmarks/results/record.json``; ``--quick`` is a short try that writes nothing. Each recipe is
that one, with as many steps as fit in the seconds. It is measured next to the default of before,
which was the same for all named sets, and to pytorch-metric-learning's recipe, as published and
with our tower (`recipes.metric_learning`), which trains for the same seconds.

The clock is that of `parts.quality`: building the network, compilation, training and recording
count; imports, loading data, a first step for practice, the try that shows how many steps fit, and
evaluation do not. One group of contenders with one seed is one turn, and turns of several machines
may stand together: the seconds are those of each. All choices were made on training images that
were held out; the test images are looked at here only.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

import siamese_lib as sl
from benchmarks.parts.quality import part_of
from benchmarks.recipes import trained_rivals
from benchmarks.recipes.contenders import RecipeTraining, Training, Watch, steps_that_fit
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import (
    blocks,
    fine,
    interval,
    left_out,
    measured_by,
    measured_on,
    medians,
    shown,
    table,
)
from benchmarks.tools.results import spread
from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K
from siamese_lib.training.recipe_choice import with_steps, with_tower

COMPARED = trained_rivals.COMPARED
ANYWHERE = True  # with as many cores, as what is compared is compared within one entry
WIDE = "MNIST in 128-D"
SEEDS, LIMIT, SHORT, TRY = 3, 300.0, 10.0, 8.0  # seconds, but for the seeds
FEW = 250  # steps, about as many as fit in the short time: these get smaller batches
ROOM = 0.08  # share of the seconds to leave free: a long training is slower than a short try
MEASURES = KNN, P7, P1 = "kNN accuracy", "precision@7", "precision@1"
OURS, BEFORE = "this library", "this library, the default before"
DEFAULT_BEFORE = sl.Recipe()


Make: TypeAlias = Callable[[sl.Dataset, int, float], Training]
Choose: TypeAlias = Callable[[sl.Dataset], sl.Recipe]


@dataclass(frozen=True)
class Group:
    """Contenders that take turns: our recipe, the default of before, and rivals.

    Attributes:
        name: of the group.
        data: name of the data set.
        measure: of `MEASURES`, the one that the group is about.
        recipe: chooses our recipe.
        must: what ours has to reach; None if it has to be ahead of all others.
        seconds: of each training but that of the default of before, which ends by itself.
        fit: whether ours makes as many steps as fit in the seconds, or those of the recipe.
        before: whether the default of before takes part.
        rivals: whether pytorch-metric-learning does.
    """

    name: str
    data: str
    measure: str
    recipe: Choose
    must: float | None = None
    seconds: float = LIMIT
    fit: bool = True
    before: bool = False
    rivals: bool = False

    def makes(self) -> dict[str, Make]:
        """Return what makes the training of each contender."""
        return {
            OURS: (_fitting if self.fit else _as_long)(self.recipe),
            **({BEFORE: _before} if self.before else {}),
            **(rivals() if self.rivals else {}),
        }


GROUPS = [
    Group(
        "MNIST in 2-D, the original's tower", "mnist", KNN, sl.recipe_for, must=0.9925, before=True
    ),
    Group(
        "MNIST in 2-D, any tower",
        "mnist",
        KNN,
        lambda data: with_tower(sl.recipe_for(data), "photo", data),
        must=0.9935,
    ),
    Group(
        "MNIST in 16-D",
        "mnist",
        P7,
        lambda data: with_steps(sl.recipe_for(data, 16), FEW),
        must=0.988,
        seconds=SHORT,
    ),
    Group(WIDE, "mnist", P1, partial(sl.recipe_for, embedding_dim=128), rivals=True),
    Group("Fashion-MNIST", "fashion_mnist", KNN, sl.recipe_for, before=True, rivals=True),
    Group("letters", "letters", P1, sl.recipe_for, fit=False, before=True),
]


def rivals() -> dict[str, Make]:
    """Make pytorch-metric-learning's contenders; none if it is not installed."""
    if trained_rivals.absent():
        return {}
    from benchmarks.recipes import metric_learning as theirs

    def making(network: theirs.Network, rate: float) -> Make:
        def make(data: sl.Dataset, seed: int, seconds: float) -> Training:
            pixels = theirs.pixels_of(data.train.images)
            return theirs.TripletTraining(data.train, seed, network, rate, pixels=pixels)

        return make

    name = "pytorch-metric-learning"
    return {
        f"{name}, own network": making(theirs.own_network, theirs.RATE),
        f"{name}, our tower": making(theirs.our_tower, theirs.RATE),
        f"{name}, our tower, Adam at {theirs.LOWER_RATE}": making(
            theirs.our_tower, theirs.LOWER_RATE
        ),
    }


def _fitting(choose: Choose) -> Make:
    """Make trainings of a recipe with as many steps as fit in the seconds."""

    def make(data: sl.Dataset, seed: int, seconds: float) -> Training:
        recipe = choose(data)

        def of(steps: int) -> Training:
            return RecipeTraining(replace(recipe, steps=steps), data, seed)

        return of(steps_that_fit(of, seconds * (1 - ROOM), least=TRY))

    return make


def _as_long(choose: Choose) -> Make:
    """Make trainings of a recipe with its own steps."""
    return lambda data, seed, _: RecipeTraining(choose(data), data, seed)


def _before(data: sl.Dataset, seed: int, _: float) -> Training:
    """Make the training of the default of before, which was in float32."""
    return RecipeTraining(DEFAULT_BEFORE, data, seed, fastest=False)


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Train every group with every seed; a group and a seed are one entry of the ledger."""
    chosen = [replace(GROUPS[2], seconds=3.0, before=True)] if quick else GROUPS
    sets = {name: sl.load_dataset(name) for name in dict.fromkeys(each.data for each in chosen)}
    if quick:
        sets = {name: part_of(data, 6000, 500) for name, data in sets.items()}
    seeds = range(1 if quick else SEEDS)
    turns = {
        (group.name, seed): ledger.once(
            f"{group.name}, seed {seed}", partial(turn, group, sets[group.data], seed)
        )
        for seed in seeds
        for group in chosen
    }
    return {
        "seeds": len(seeds),
        "not installed": trained_rivals.absent(),
        "processors": ledger.processors(),
        "groups": [
            {
                "name": group.name,
                "seconds": group.seconds,
                "measure": group.measure,
                "must": group.must,
                "fit": group.fit,
                "images": [len(sets[group.data].train), len(sets[group.data].test)],
                "recipe": str(group.recipe(sets[group.data])),
                "rows": over_seeds([turns[group.name, seed] for seed in seeds]),
            }
            for group in chosen
        ],
    }


def turn(group: Group, data: sl.Dataset, seed: int) -> list[dict[str, Any]]:
    """Train and judge each contender of a group with one seed."""
    rows = []
    for name, make in group.makes().items():
        training = make(data, seed, group.seconds)
        Watch(0).follow(training)  # a step for practice; what follows begins from nothing again
        gc.collect()
        watch = Watch(group.seconds)
        watch.follow(training)
        last = watch.copies[-1]
        judged = judge(partial(training.embed, last.weights), data)
        rows.append({"contender": name, "seconds": watch.seconds, "steps": watch.step, **judged})
        print(f"{group.name}, {name}, seed {seed}: {rows[-1]}", flush=True)
    return rows


def judge(embed: Callable[[np.ndarray], np.ndarray], data: sl.Dataset) -> dict[str, float]:
    """Measure test images: among the first 10,000 training images, and the nearest among all."""
    gallery, queries, truth = embed(data.train.images), embed(data.test.images), data.test.labels
    found, _ = sl.Gallery(gallery[:GALLERY_IMAGES]).nearest(queries, HEADLINE_K)
    nearest, _ = sl.Gallery(gallery).nearest(queries, 1)
    labels = data.train.labels
    return {
        KNN: sl.metrics.knn_accuracy(labels[found], truth),
        P7: sl.metrics.precision_at_k(labels[found], truth),
        P1: sl.metrics.precision_at_k(labels[nearest], truth),
    }


def over_seeds(turns: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Put the turns of a group into one row for each contender, with the spread over seeds."""
    return [
        {
            "contender": same[0]["contender"],
            "seconds": spread([row["seconds"] for row in same], 1),
            "steps": spread([row["steps"] for row in same], 0),
            **{name: spread([row[name] for row in same], 4) for name in MEASURES},
        }
        for same in zip(*turns, strict=True)
    ]


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    return blocks(
        "What a recipe of `sl.recipe_for`, which `siamese train` takes by default, reaches in "
        f"{shown(LIMIT)} s of training or less on {result['machine']['cores']} cores.",
        overview(result["groups"]),
        medians(result["seeds"], "seeds"),
        "* **kNN accuracy** and **precision@7** are those of the test images among the first "
        f"{GALLERY_IMAGES:,} training images, or all if there are fewer; **precision@1**, among "
        "all training images.\n"
        "* *The default before* was one recipe for all named sets: "
        f"{DEFAULT_BEFORE}. It ends by itself.\n"
        "* *pytorch-metric-learning* is its recipe for MNIST, with 128 dimensions, without "
        "distortions and with a constant rate; *our tower*, which is `conv_tower`, and *Adam at "
        "0.001* are our changes.\n"
        f"* The try that shows how many of our steps fit, of {shown(TRY)} s and more, is not "
        "counted.",
        *(blocks(f"### {group['name']}", group_table(group)) for group in result["groups"]),
        left_out(result),
        measured_by(result),
        measured_on(result),
    )


def overview(groups: list[dict[str, Any]]) -> str:
    """Write what each group has to reach, and what it reached, as a table."""
    return table([_overview_row(group) for group in groups])


def _overview_row(group: dict[str, Any]) -> dict[str, str]:
    (ours,) = (row for row in group["rows"] if row["contender"] == OURS)
    others = [row for row in group["rows"] if row["contender"] != OURS]
    best = max(others, key=lambda row: row[group["measure"]]["median"], default=None)
    return {
        "what": group["name"],
        "seconds": shown(ours["seconds"]["median"]),
        "measure": group["measure"],
        "this library": interval(ours[group["measure"]], fine),
        "best of the others": interval(best[group["measure"]], fine) if best else "",
        "which is": best["contender"] if best else "",
        "goal": "ahead" if group["must"] is None else fine(group["must"]),
    }


def group_table(group: dict[str, Any]) -> str:
    """Write the recipe of a group, and its contenders as a table."""
    train, test = group["images"]
    length = "Its steps are as many as fit." if group["fit"] else "It ends by itself."
    rows = [
        {
            "recipe": row["contender"],
            "seconds": interval(row["seconds"]),
            "steps": interval(row["steps"]),
            **{name: interval(row[name], fine) for name in MEASURES},
        }
        for row in group["rows"]
    ]
    return blocks(
        f"{train:,} training and {test:,} test images. Ours: {group['recipe']}. {length}",
        table(rows),
    )
