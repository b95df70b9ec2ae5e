"""Classes of pictures that training never saw: emoji of four makers, icons of eight themes.

The folders are ``emoji`` (npm's ``emoji-datasource-*``) and ``icons`` (Debian's icon themes), in
the folder that ``SIAMESE_FOLDERS`` names. ``benchmarks.tools.picture_classes`` makes them. A class
is one emoji, or the name of an icon, with a picture from each maker.

Half of the classes are for training, by the recipe that `recipe_for` chooses. The other half are
judged. In each of 1,000 episodes, twenty classes are drawn, and of each class an example and
another picture, which has to find its example (20-way 1-shot). Seeds 0, 1 and 2 draw the classes
and seed the training.

The rivals are the pixels, their principal components (the axes of the training pictures, as many as
the embedding has dimensions), the tower before training, and the recipe of pytorch-metric-learning,
trained as long as ours (`recipes.trained_rivals`). The recipe's loss was chosen by the emoji and
the icons of seed 0, on training classes that were held out.

``python -m benchmarks pictures_unseen`` takes an hour on two cores; ``--quick`` is a short try that
writes nothing. ``SIAMESE_FOLDERS_ONLY=icons`` measures one folder: its figures are printed and
kept, and results are written when the same command measures all folders.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.parts.folders import embedded
from benchmarks.recipes import trained_rivals
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, left_out, measured_on, share, table
from benchmarks.tools.results import spread

COMPARED = ("pillow", *trained_rivals.COMPARED)  # pillow scales the pictures

FOLDERS = {"icons": 32, "emoji": 32}  # pixels
SEEDS = (0, 1, 2)
PIXELS, PCA, UNTRAINED, OURS = "pixels", "PCA", "untrained tower", "ours"
WAYS, EPISODES = 20, 1000


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Train on half of the classes of each folder that is here, and judge by the other half."""
    root, only = os.environ.get("SIAMESE_FOLDERS", ""), os.environ.get("SIAMESE_FOLDERS_ONLY")
    here = {name: Path(root, name) for name in FOLDERS if root and only in (None, name)}
    rows = []
    for name, path in here.items():
        if path.is_dir():
            turns = [
                ledger.once(f"{name}, seed {seed}", partial(one_seed, path, seed, quick=quick))
                for seed in (SEEDS[:1] if quick else SEEDS)
            ]
            rows.append(summary(name, turns))
    if not rows:
        return {"status": "not measured", "folders": []}
    status = "measured" if len(rows) == len(FOLDERS) else "partly measured"
    return {"status": status, "folders": rows, "not installed": trained_rivals.absent()}


def one_seed(path: Path, seed: int, *, quick: bool = False) -> dict[str, Any]:
    """Hold out half of the classes of a folder, and judge every way by them."""
    side = FOLDERS[path.name]
    data = sl.load_folder(path, image_size=(side, side), color="rgb", verbose=False)
    return judged(sl.split_by_class(whole(data), 0.5, seed=seed), seed, 5 if quick else None)


def whole(data: sl.Dataset) -> sl.Dataset:
    """Make all images training images, as only whole classes are to be held out."""
    images, labels = (
        np.concatenate([getattr(split, what) for split in (data.train, data.test)])
        for what in ("images", "labels")
    )
    return replace(data, train=sl.Split(images, labels), test=sl.Split(images[:0], labels[:0]))


def judged(data: sl.Dataset, seed: int, steps: int | None = None) -> dict[str, Any]:
    """Train on the training images in `steps`, or as many as the recipe says, and judge all ways.

    Args:
        data: training and test images of different classes.
        seed: of the training and of the episodes.
        steps: fewer than the recipe's, for a try.
    """
    recipe = sl.recipe_for(data)
    # The classes of the training only, numbered anew, so that there is no proxy of another.
    names, numbers = np.unique(data.train.labels, return_inverse=True)
    train, test = sl.Split(data.train.images, numbers), data.test
    tower = recipe.build_tower(test.images.shape[1:], seed)
    points = {
        PIXELS: sl.metrics.raw_pixels(train.images, test.images)[1],
        PCA: sl.metrics.principal_components(
            train.images, test.images, dim=recipe.embedding_dim
        )[1],
        UNTRAINED: embedded(tower, test.images),
    }  # fmt: skip
    model, batches = recipe.compile(tower, len(names)), recipe.batches(train, seed)
    started, worked = time.perf_counter(), time.process_time()
    length = {"epochs": recipe.steps // len(batches)} if not steps else {"steps_per_epoch": steps}
    model.fit(batches, shuffle=False, verbose=0, **length)
    seconds = {"seconds": time.perf_counter() - started, "CPU s": time.process_time() - worked}
    points[OURS] = embedded(tower, test.images)
    for way, embed in trained_rivals.trained(train, seed, seconds["CPU s"]).items():
        points[way] = embed(test.images)
    return {
        "recipe": str(recipe),
        "classes": [len(names), len(np.unique(test.labels))],
        "images": [len(train), len(test)],
        **seconds,
        "ways": {
            way: sl.metrics.few_shot(
                found, test.labels, WAYS, episodes=EPISODES, seed=seed
            ).accuracy
            for way, found in points.items()
        },
    }  # fmt: skip


def summary(name: str, turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the spread of each way over the seeds, and the longest training."""
    first = turns[0]
    return {
        "folder": name,
        "pixels": FOLDERS[name],
        "seeds": len(turns),
        **{key: first[key] for key in ("recipe", "classes", "images")},
        "seconds": round(max(turn["seconds"] for turn in turns)),
        "CPU s": round(max(turn["CPU s"] for turn in turns)),
        "ways": {way: spread([turn["ways"][way] for turn in turns], 3) for way in first["ways"]},
    }


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    rows = [
        {
            "folder": folder["folder"],
            "seeds": folder["seeds"],
            **{way: interval(found, share) for way, found in folder["ways"].items()},
        }
        for folder in result["folders"]
    ]
    if not rows:
        return measured_on(result)
    return blocks(
        f"20-way 1-shot accuracy of classes that were never seen, {EPISODES:,} episodes. "
        "Medians over seeds, with the least and the most in brackets.",
        table(rows),
        *map(trained_on, result["folders"]),
        trained_rivals.explained(list(result["folders"][0]["ways"])),
        left_out(result),
        measured_on(result),
    )


def trained_on(folder: dict[str, Any]) -> str:
    """Say what a folder holds, and how the tower was trained on it."""
    (own, others), (images, test) = folder["classes"], folder["images"]
    return (
        f"{folder['folder']}, {folder['pixels']} pixels: trained on {images:,} pictures of {own:,} "
        f"classes, judged by {test:,} of {others:,} others (seed 0). A training took up to "
        f"{folder['seconds']} seconds, and up to {folder['CPU s']} seconds of processor time. The "
        f"recipe: {folder['recipe']}."
    )
