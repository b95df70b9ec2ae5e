"""Folders of pictures: our recipe next to other ways, on three splits each.

The folders are Debian's: ``tuxpaint-stamps-default`` (796 pictures, 16 classes) and
``openclipart-png`` (some 8,100 pictures, 22 classes). They are looked for where the packages put
them, or as folders ``stamps`` and ``openclipart`` in the folder that ``SIAMESE_FOLDERS`` names.

Each split keeps other pictures for testing (seeds 0, 1 and 2, which also seed the training). The
training pictures are the gallery, and the test pictures are the queries. The recipe was chosen on
training pictures that were held out, so the test pictures decided nothing.

The rivals need no training, or come from pytorch-metric-learning and are trained as long as ours
(`recipes.trained_rivals`).

``python -m benchmarks folders`` takes an hour on two cores; ``--quick`` is a short try that writes
nothing. ``SIAMESE_FOLDERS_ONLY=stamps`` measures one folder: its figures are printed and kept, and
results are written when the same command measures all folders.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.recipes import trained_rivals
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, left_out, measured_on, table

COMPARED = trained_rivals.COMPARED

FOLDERS = {
    "stamps": ("/usr/share/tuxpaint/stamps", 64),
    "openclipart": ("/usr/share/openclipart/png", 32),
}
SPLITS = (0, 1, 2)
OURS, UNTRAINED = "siamese_lib's recipe", "untrained tower"
MEASURES = ("kNN accuracy", "P@1", "precision@7", "MAP@R")
K = 7


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Judge every way on every split of the folders that are here."""
    only = os.environ.get("SIAMESE_FOLDERS_ONLY")
    found = [name for name in FOLDERS if folder_of(name).is_dir() and only in (None, name)]
    if not found:
        return {"status": "not measured", "folders": []}
    splits = SPLITS[:1] if quick else SPLITS
    folders = []
    for name in found:
        turns = [
            ledger.once(f"{name}, split {seed}", partial(one_split, name, seed, quick=quick))
            for seed in splits
        ]
        folders.append(summary(name, turns))
    status = "measured" if len(found) == len(FOLDERS) else "partly measured"
    return {"status": status, "folders": folders, "not installed": trained_rivals.absent()}


def folder_of(name: str) -> Path:
    """Return where a folder is looked for."""
    own = os.environ.get("SIAMESE_FOLDERS")
    return Path(own, name) if own else Path(FOLDERS[name][0])


def one_split(name: str, seed: int, *, quick: bool = False) -> dict[str, Any]:
    """Train on a split of a folder, and judge the tower and its rivals on the test pictures."""
    size = FOLDERS[name][1]
    data = sl.load_folder(folder_of(name), image_size=(size, size), color="rgb", seed=seed)
    return judged(data, seed, steps=20 if quick else None)


def judged(data: sl.Dataset, seed: int, steps: int | None = None) -> dict[str, Any]:
    """Train by the recipe for these images, in `steps` if given, and judge all ways."""
    recipe = sl.recipe_for(data)
    tower = recipe.build_tower(data.train.images.shape[1:], seed)
    gallery, queries = data.train.images, data.test.images
    ways = {name: rival(gallery, queries) for name, rival in sl.metrics.RIVALS.items()}
    ways[UNTRAINED] = embedded(tower, gallery), embedded(tower, queries)
    model, batches = recipe.compile(tower, len(data.class_names)), recipe.batches(data.train, seed)
    started, worked = time.perf_counter(), time.process_time()
    if steps is None:
        model.fit(batches, epochs=recipe.steps // len(batches), shuffle=False, verbose=0)
    else:
        model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    seconds = {"seconds": time.perf_counter() - started, "CPU s": time.process_time() - worked}
    ways[OURS] = embedded(tower, gallery), embedded(tower, queries)
    for name, embed in trained_rivals.trained(data.train, seed, seconds["CPU s"]).items():
        ways[name] = embed(gallery), embed(queries)
    return {
        "recipe": str(recipe),
        "training images": len(data.train),
        "test images": len(data.test),
        "classes": len(data.class_names),
        **seconds,
        "ways": {
            way: quality(one, data.train.labels, other, data.test.labels)
            for way, (one, other) in ways.items()
        },
    }


def embedded(tower: Any, images: np.ndarray) -> np.ndarray:
    """Embed images in batches, float32 (N, dim)."""
    parts = [tower(images[i : i + 500], training=False) for i in range(0, len(images), 500)]
    return np.concatenate([np.asarray(part) for part in parts])


def quality(
    gallery: np.ndarray, known: np.ndarray, queries: np.ndarray, truth: np.ndarray
) -> dict[str, float]:
    """Measure how well the gallery's labels (N,) say the class of each query (Q,)."""
    found = known[sl.Gallery(gallery).nearest(queries, K)[0]]
    ranked = sl.metrics.retrieval(queries, truth, gallery, known)
    values = (
        sl.metrics.knn_accuracy(found, truth),
        sl.metrics.precision_at_k(found[:, :1], truth),
        sl.metrics.precision_at_k(found, truth),
        ranked.map_at_r,
    )
    return dict(zip(MEASURES, map(float, values), strict=True))


def summary(name: str, turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the mean of each measure over the splits, with the least and the most."""

    def over(way: str, measure: str) -> dict[str, float]:
        values = [turn["ways"][way][measure] for turn in turns]
        return {
            "mean": round(mean(values), 3),
            "least": round(min(values), 3),
            "most": round(max(values), 3),
        }

    return {
        "folder": name,
        "pixels": FOLDERS[name][1],
        "splits": len(turns),
        "recipe": turns[0]["recipe"],
        "test images": sum(turn["test images"] for turn in turns),
        "seconds": round(max(turn["seconds"] for turn in turns)),
        "CPU s": round(max(turn["CPU s"] for turn in turns)),
        "ways": [
            {"way": way, **{measure: over(way, measure) for measure in MEASURES}}
            for way in turns[0]["ways"]
        ],
    }


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    texts = []
    for folder in result["folders"]:
        rows = [
            {"way": row["way"], **{measure: _within(row[measure]) for measure in MEASURES}}
            for row in folder["ways"]
        ]
        texts.append(
            f"{folder['folder']}, {folder['pixels']} pixels: the mean of {folder['splits']} splits "
            f"(least to most), {folder['test images']:,} test images in all. The recipe: "
            f"{folder['recipe']}. A training took up to {folder['seconds']} seconds, and up to "
            f"{folder['CPU s']} seconds of processor time."
        )
        texts.append(table(rows))
    ways = [row["way"] for folder in result["folders"] for row in folder["ways"]]
    return blocks(*texts, trained_rivals.explained(ways), left_out(result), measured_on(result))


def _within(value: dict[str, float]) -> str:
    return f"{value['mean']:.3f} ({value['least']:.3f} to {value['most']:.3f})"
