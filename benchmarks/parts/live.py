"""The cost of the live view: whole trainings with it and without, in turns, timed from outside.

``python -m benchmarks live`` takes some five minutes on two cores and writes
``benchmarks/results/live.json``. Both trainings have what a notebook gives them: the recorder with
its validation, Guard and Progress. Two costs are reported: the difference between two such
trainings, and what the view itself says that it spent. A second training without the view, in the
same turn, shows the noise. No page is open: what a browser takes to draw on the same cores is not
included.
"""

from __future__ import annotations

import io
import time
from dataclasses import replace
from typing import Any

import siamese_lib as sl
from benchmarks.recipes.ours import RECIPES, optimizer_of
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, measured_on, medians
from benchmarks.tools.results import spread
from siamese_lib.network.backend import keras

RECIPE = "2-D, short"


COMPARED = ()


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Time trainings with the view and without, round after round."""
    digits = sl.load_dataset("mnist")
    rounds, steps = (2, 4) if quick else (5, RECIPES[RECIPE].steps)
    training_seconds(digits, 2, live=True)  # for practice: the first time is slow

    def turn(number: int) -> dict[str, Any]:
        without, _ = training_seconds(digits, steps, live=False)
        seconds, view = training_seconds(digits, steps, live=True)
        again, _ = training_seconds(digits, steps, live=False)
        assert view is not None
        return {
            "round": number,
            "seconds without": round(without, 2),
            "seconds with": round(seconds, 2),
            "seconds without again": round(again, 2),
            "longer by %": round(100 * (2 * seconds / (without + again) - 1), 1),
            "by its own clock %": round(100 * view.spent / (seconds - view.spent), 1),
            "noise %": round(100 * (again / without - 1), 1),
            "frames": f"{len(view.view.frames)} of {len(view.recorder.kept)}",
            "images": view.view.frames.shape[1],
        }

    rows = [
        ledger.once(f"round {number + 1} of {rounds}", lambda number=number: turn(number))
        for number in range(rounds)
    ]
    return {
        "recipe": RECIPE,
        "steps": steps,
        "images": rows[0]["images"],
        "rounds": rows,
        **{
            name: spread([row[name] for row in rows], 1)
            for name in ("longer by %", "by its own clock %", "noise %")
        },
    }


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    return blocks(
        f"Watching a training of {result['steps']} steps live makes it "
        f"{interval(result['longer by %'])} % longer.",
        f"The view shows {result['images']:,} images. {medians(len(result['rounds']))} Two "
        f"trainings that nobody watches differ by {interval(result['noise %'])} %.",
        measured_on(result),
    )


def training_seconds(
    data: sl.Dataset, steps: int, *, live: bool
) -> tuple[float, sl.LiveView | None]:
    """Time one training, from building the tower to the last step."""
    recipe = RECIPES[RECIPE]
    keras.utils.set_random_seed(recipe.seed)
    started = time.perf_counter()
    tower = sl.conv_tower(data.train.images.shape[1:], recipe.embedding_dim, seed=recipe.seed)
    sampler = sl.BalancedBatchSampler(data.train.labels, recipe.batch_size, recipe.seed)
    batches = sl.ImageBatches(data.train, sampler, steps=steps)
    loss = sl.InBatchContrastiveLoss(recipe.margin)
    tower.compile(optimizer_of(replace(recipe, steps=steps)), loss, **sl.compile_options())
    recorder = sl.Recorder(tower, batches, validation=data.test)
    callbacks = [sl.Guard(), recorder, sl.Progress(recorder, stream=io.StringIO())]
    view = sl.LiveView(recorder, data.test) if live else None
    callbacks += [] if view is None else [view]
    tower.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)
    return time.perf_counter() - started, view
