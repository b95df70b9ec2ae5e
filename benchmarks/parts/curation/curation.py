"""Faults that are planted in folders, and who finds how many of them.

* 20 near duplicates among 796 stamps of Debian's package tuxpaint-stamps-default: half of them are
  scaled JPEGs, the others are cut, shifted, turned, or changed in brightness or contrast, once a
  little and once twice as much. They are to be among the first 40 pairs.
* 20 wrong labels among these stamps are to be among the first 100 images: once each other class is
  as likely, and once as likely as it is large.
* 100 wrong labels among 9,216 Cyrillic glyphs, drawn in the 16 faces that matplotlib ships, are to
  be among the first 100 images.
* 20 glyphs among 2,000 digits are to be among the first 40 images.

The embeddings are those of a tower that was trained on the wrong labels: 16 numbers, 300 steps.
What `siamese_lib.curation` does was chosen on other pictures (openclipart-png), and not on these.
``SIAMESE_STAMPS`` names the folder of stamps, if it is not where Debian's package puts it. ``python
-m benchmarks curation`` takes some 20 minutes on two cores; ``--quick`` trains for 10 steps, and
writes nothing.
"""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.parts.curation import faults, rivals
from benchmarks.recipes.ours import Recipe, full_mnist, train
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import blocks, interval, left_out, measured_on, medians, table
from benchmarks.tools.results import spread
from siamese_lib.images import shrunk_to

COMPARED = ("imagededup", "cleanvision", "cleanlab", "scikit-learn")
SEEDS = 3
MILD, STRONG = "20 copies", "20 copies, changed twice as much"
IN_STAMPS, IN_LARGE, IN_GLYPHS = "20 in stamps", "20 in large classes of stamps", "100 in glyphs"
STRANGE = "20 glyphs among digits"

Counts = dict[str, dict[str, int]]  # how many of each fault each way finds


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Plant faults with several seeds, and let every way that is installed find them."""
    if not faults.STAMPS.is_dir():
        why = f"there is no folder {faults.STAMPS}; install tuxpaint-stamps-default."
        return {"status": "not measured", "why": why}
    absent = [
        way for way, module in rivals.NEEDS.items() if importlib.util.find_spec(module) is None
    ]
    seeds, steps, each = (1, 10, 1) if quick else (SEEDS, 300, 9)
    turns: dict[str, list[Counts]] = {"stamps": [], "glyphs": [], "digits": []}
    for seed in range(seeds):
        for name, job in (
            ("digits", partial(digits, seed)),
            ("stamps", partial(stamps, seed, steps, absent)),
            ("glyphs", partial(glyphs, seed, steps, each, absent)),
        ):
            turns[name].append(ledger.once(f"{name}, seed {seed}", job))
    return {"status": "measured", "seeds": seeds, "not installed": absent, **summary(turns)}


def stamps(seed: int, steps: int, absent: list[str]) -> Counts:
    """Plant near duplicates and wrong labels among stamps."""
    pictures = faults.stamps()
    small, features = shrunk_to(pictures.images, 32), sl.curation.looks(pictures.images)
    counts: Counts = {}
    for name, by_size in ((IN_LARGE, True), (IN_STAMPS, False)):
        labels, wrong = faults.with_wrong_labels(pictures.labels, seed, 20, by_size=by_size)
        run = trained(small, labels, steps, seed)
        counts[name] = suspects(features, run.embed(small), labels, wrong, absent)
    for name, strong in ((MILD, False), (STRONG, True)):
        images, planted = faults.with_copies(pictures, seed, 20, strong=strong)
        embeddings = run.embed(shrunk_to(images, 32))
        counts[name] = {
            way: len(planted & set(find(images, embeddings)[:40]))
            for way, find in rivals.DUPLICATES.items()
            if way not in absent
        }
    return counts


def glyphs(seed: int, steps: int, each: int, absent: list[str]) -> Counts:
    """Plant wrong labels among glyphs."""
    images, true = faults.cyrillic(each)
    labels, wrong = faults.with_wrong_labels(true, seed, 100)
    embeddings = trained(images, labels, steps, seed).embed(images)
    found = suspects(sl.curation.looks(images), embeddings, labels, wrong, absent)
    return {IN_GLYPHS: found}


def digits(seed: int) -> Counts:
    """Plant glyphs among digits."""
    rng = np.random.default_rng(seed)
    test = full_mnist().test.images
    strange = faults.cyrillic(1, seed)[0]
    images = np.concatenate(
        [test[rng.choice(len(test), 2000, False)], strange[rng.choice(len(strange), 20, False)]]
    )
    vectors = sl.curation.looks(images)["shapes"]
    planted = np.arange(2000, 2020)
    return {
        STRANGE: {
            way: int(np.isin(find(vectors)[:40], planted).sum())
            for way, find in rivals.OUTLIERS.items()
        }
    }


def suspects(
    features: dict[str, np.ndarray],
    embeddings: np.ndarray,
    labels: np.ndarray,
    wrong: np.ndarray,
    absent: list[str],
) -> dict[str, int]:
    """Count the wrong labels among the first 100 images of each way."""
    return {
        way: int(np.isin(find(features, embeddings, labels)[:100], wrong).sum())
        for way, find in rivals.SUSPECTS.items()
        if way not in absent
    }


def trained(images: np.ndarray, labels: np.ndarray, steps: int, seed: int) -> sl.Run:
    """Train a tower on these labels, in single precision."""
    split = sl.Split(images, labels)
    names = tuple(map(str, range(labels.max() + 1)))
    data = sl.Dataset(split, sl.Split(split.images[:0], labels[:0]), names, "planted", "planted")
    recipe = Recipe(16, steps=steps, seed=seed, dtype="float32")
    return train(recipe, data).run


def summary(turns: dict[str, list[Counts]]) -> dict[str, Any]:
    """Return for each fault and way the median, the least and the most over seeds."""
    found = {}
    for counts in turns.values():
        for fault in counts[0]:
            ways = counts[0][fault]
            found[fault] = {way: spread([each[fault][way] for each in counts], 1) for way in ways}
    return {"found": found}


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    if result["status"] == "not measured":
        return f"Not measured: {result['why']}"
    found = result["found"]
    tables = {
        "Near duplicates": ("How many are among the first 40 pairs.", (MILD, STRONG)),
        "Wrong labels": (
            "How many are among the first 100 images.",
            (IN_STAMPS, IN_LARGE, IN_GLYPHS),
        ),
        "Strange images": ("How many are among the first 40 images.", (STRANGE,)),
    }
    parts = []
    for title, (sentence, names) in tables.items():
        rows = [
            {"way": way, **{name: interval(found[name][way]) for name in names}}
            for way in found[names[0]]
        ]
        parts += [f"### {title}", sentence, table(rows)]
    return blocks(
        *parts,
        f"{medians(result['seeds'], 'seeds')} cleanvision reports sets without ranking their "
        "pairs. cleanlab ranks by a logistic regression on all looks, in five folds. The looks are "
        "colours, edges and shapes (`sl.curation.looks`). The trained embeddings are of 16 numbers "
        "and were trained on the wrong labels for 300 steps.",
        left_out(result),
        measured_on(result),
    )
