"""Classes that training never saw: letters of other scripts, and a digit that was left out.

A tower is trained on the letters of the Latin and the Greek script, where each letter turned by a
quarter, a half and three quarters of a circle is a class of its own (`turned_classes`). It is
judged by letters of other scripts, in typefaces that include those of the training. Letters that
look like a Latin or a Greek one are not judged. *20-way 1-shot*: twenty letters are drawn, an
example of each and another image of each, which has to find its example. *P@1*: an image's nearest
among all other images of the script is of the same letter.

Then a tower is trained on nine digits of MNIST, with each digit left out in turn. *10-way 1-shot*:
an image of the digit has to find the example of its digit among ten. Half of the test images are
examples, the other half are asked about.

The rivals need no training: the pixels, their principal components, and the tower before training.
For letters, the recipe of pytorch-metric-learning is one too, trained as long as ours
(`recipes.trained_rivals`), on letters that are not turned, as it is published. Our recipe was
chosen by training on Latin and judging by Greek letters. There, 20-way 1-shot of seeds 0 and 1, for
`conv_tower` with the contrastive loss, was 0.855 and 0.868; for `photo_tower`, 0.872 and 0.890 with
the triplet loss, and 0.857 and 0.860 with the softmax loss, after 600 steps each; with turned
letters, 0.884 with the triplet loss after 600 steps (seed 0), and 0.901 and 0.900 with the softmax
loss after 1,000 steps.
After 1,500 steps it was 0.903 and 0.900, and with mirrored letters too, 0.902 (seed 0).

``python -m benchmarks unseen`` takes twenty minutes on two cores; ``--quick`` is a short try that
writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

import siamese_lib as sl
from benchmarks.parts.folders import embedded
from benchmarks.recipes import trained_rivals
from benchmarks.recipes.ours import Recipe, full_mnist, train
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import (
    blocks,
    interval,
    left_out,
    measured_on,
    medians,
    share,
    table,
)
from benchmarks.tools.results import spread

COMPARED = ("matplotlib", "pillow", *trained_rivals.COMPARED)  # the first two draw the letters

TRAINED_ON = {"Latin", "Greek"}
JUDGED_BY = ("Cyrillic", "Armenian", "Georgian", "Hebrew", "Lao")
LETTERS = sl.Recipe(
    tower="photo",
    embedding_dim=128,
    loss="softmax",
    augment=sl.RandomAffine(0.1, shift=2),
    turned=True,
    steps=1000,
)
DIGITS = Recipe(16, steps=80)
PIXELS, PCA, UNTRAINED, OURS = "pixels", "PCA", "untrained tower", "ours"
SEEN = "ours, trained on all ten"
EPISODES = 1000

Embed: TypeAlias = Callable[[np.ndarray], np.ndarray]


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Train on some classes, judge by others, seed after seed and digit after digit."""
    letters, digits = split_letters(sl.load_dataset("letters")), full_mnist()
    seeds, steps = (1, 5) if quick else (3, None)
    rounds = [
        ledger.once(f"letters, seed {seed}", partial(judge_letters, letters, seed, steps))
        for seed in range(seeds)
    ]
    whole = {
        SEEN: ledger.once("all ten digits", partial(judge_seen, digits, steps)),
    }
    left_out = {
        name: ledger.once(f"without {name}", partial(judge_without, digits, name, steps))
        for name in digits.class_names[: 2 if quick else None]
    }
    sizes = {
        script: int(np.isin(letters.test.labels, own).sum())
        for script, own in scripts(letters).items()
    }
    return {
        "seeds": seeds,
        "not installed": trained_rivals.absent(),
        "steps": {"letters": LETTERS.steps, "digits": DIGITS.steps},
        "trained on": {
            "classes": len(np.unique(letters.train.labels)),
            "images": len(letters.train),
        },
        "classes": {script: len(own) for script, own in scripts(letters).items()},
        "images": sizes,
        "letters": over_seeds(rounds),
        "digits": {name: {**found, SEEN: whole[SEEN][name]} for name, found in left_out.items()},
    }


def split_letters(letters: sl.Dataset) -> sl.Dataset:
    """Keep all letters from training that look like no Latin and no Greek one."""
    names = [name for name in letters.class_names if not sl.scripts_of(name) & TRAINED_ON]
    return sl.split_by_class(letters, names)


def scripts(letters: sl.Dataset) -> dict[str, list[int]]:
    """Return the classes held out that have letters of one script only."""
    held_out = np.unique(letters.test.labels).tolist()
    return {
        script: [
            label for label in held_out if sl.scripts_of(letters.class_names[label]) == {script}
        ]
        for script in JUDGED_BY
    }


def rivals(tower: Any, train_images: np.ndarray) -> dict[str, Embed]:
    """Return what needs no training, as functions from images to embeddings.

    Args:
        tower: one that is not trained. There are as many principal components as it has outputs.
        train_images: uint8 (N, H, W, C), for the principal components.
    """

    def pixels(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1) / np.float32(255)

    known = pixels(train_images[:10_000])
    mean = known.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(known, rowvar=False))
    axes = axes[:, -tower.output_shape[-1] :].astype(np.float32)
    return {
        PIXELS: pixels,
        PCA: lambda images: (pixels(images) - mean) @ axes,
        UNTRAINED: partial(embedded, tower),
    }


def judge_letters(data: sl.Dataset, seed: int, steps: int | None) -> dict[str, Any]:
    """Train with one seed, and judge every way by every script."""
    shape = data.train.images.shape[1:]
    ways, started = rivals(LETTERS.build_tower(shape, seed), data.train.images), time.process_time()
    ways[OURS] = trained_letters(data.train, seed, steps or LETTERS.steps)
    seconds = time.process_time() - started
    ways.update(trained_rivals.trained(data.train, seed, seconds))
    rows: dict[str, Any] = {}
    for script, own in scripts(data).items():
        chosen = np.isin(data.test.labels, own)
        images, labels = data.test.images[chosen], data.test.labels[chosen]
        rows[script] = {way: measures(embed(images), labels, seed) for way, embed in ways.items()}
    return rows


def trained_letters(train: sl.Split, seed: int, steps: int) -> Embed:
    """Train on letters and turned letters, and return the function from images to embeddings."""
    from siamese_lib.network.backend import keras

    keras.utils.set_random_seed(seed)
    # Numbered anew, so that there is no proxy of a class without images.
    names, numbers = np.unique(train.labels, return_inverse=True)
    recipe = replace(LETTERS, steps=steps)
    tower = recipe.build_tower(train.images.shape[1:], seed)
    batches = recipe.batches(sl.Split(train.images, numbers), seed)
    model = recipe.compile(tower, len(names))
    model.fit(batches, epochs=steps // len(batches), shuffle=False, verbose=0)
    return partial(embedded, tower)


def measures(points: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, float]:
    """Measure images of classes that were never seen, among each other."""
    found = sl.metrics.retrieval(points, labels, points, labels, exclude_self=True)
    return {
        **{
            f"{ways}-way 1-shot": sl.metrics.few_shot(
                points, labels, ways, episodes=EPISODES, seed=seed
            ).accuracy
            for ways in (20, 5)
        },
        "P@1": found.precision_at_1,
    }


def over_seeds(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the spread over seeds of every measure, by script and way."""
    return {
        script: {
            way: {
                name: spread([each[script][way][name] for each in rounds], 3)
                for name in rounds[0][script][way]
            }
            for way in rounds[0][script]
        }
        for script in rounds[0]
    }


def judge_without(digits: sl.Dataset, name: str, steps: int | None) -> dict[str, float]:
    """Train without a digit, and judge every way by it."""
    data = sl.split_by_class(digits, [name])
    recipe = replace(DIGITS, steps=steps or DIGITS.steps)
    untrained = sl.conv_tower(data.train.images.shape[1:], recipe.embedding_dim, seed=recipe.seed)
    ways = {**rivals(untrained, data.train.images), OURS: train(recipe, data).run.embed}
    label, test = digits.class_names.index(name), digits.test
    return {way: one_of_ten(embed(test.images), test.labels, label) for way, embed in ways.items()}


def judge_seen(digits: sl.Dataset, steps: int | None) -> dict[str, float]:
    """Train on all digits, and judge by each."""
    run = train(replace(DIGITS, steps=steps or DIGITS.steps), digits).run
    points = run.embed(digits.test.images)
    return {
        name: one_of_ten(points, digits.test.labels, label)
        for label, name in enumerate(digits.class_names)
    }


def one_of_ten(points: np.ndarray, labels: np.ndarray, label: int, seed: int = 0) -> float:
    """Return how often images of a class find its example among one of each class.

    Args:
        points: float (N, dim).
        labels: int (N,).
        label: the class of the queries.
        seed: of the examples, which are drawn 1,000 times for all queries.
    """
    even = np.arange(len(labels)) % 2 == 0
    classes, rng = np.unique(labels), np.random.default_rng(seed)
    drawn = np.stack(
        [rng.choice(np.flatnonzero(even & (labels == each)), EPISODES) for each in classes], axis=1
    )
    queries, held = points[~even & (labels == label)].astype(np.float64), points.astype(np.float64)
    # The squared distance less the square of the query, which is the same for all examples.
    away = np.vecdot(held, held) - 2 * queries @ held.T
    right = [classes[away[:, rows].argmin(axis=1)] == label for rows in drawn]
    return round(float(np.mean(right)), 4)


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    judged = ", ".join(
        f"{result['images'][script]:,} of {count} {script} letters"
        for script, count in result["classes"].items()
    )
    return blocks(
        takeaway(result),
        f"20-way 1-shot accuracy, the mean of {EPISODES:,} episodes.",
        letters_table(result, "20-way 1-shot"),
        "P@1, each image among all others of its script.",
        letters_table(result, "P@1"),
        f"Trained on {result['trained on']['images']:,} images of "
        f"{result['trained on']['classes']} Latin and Greek letters, "
        f"{result['steps']['letters']:,} steps, in which each letter turned by a quarter, a half "
        "and three quarters of a circle is a class of its own. "
        f"{medians(result['seeds'], 'seeds')} Judged by images: {judged}.",
        trained_rivals.explained(list(next(iter(result["letters"].values())))),
        "### A digit left out",
        "10-way 1-shot accuracy of the digit's test images, for towers that were trained "
        f"{result['steps']['digits']} steps on the nine other digits, and for one that was trained "
        "on all ten.",
        digits_table(result["digits"]),
        left_out(result),
        measured_on(result),
    )


def takeaway(result: dict[str, Any]) -> str:
    """Say what training on some letters is worth for others."""
    gains = [
        f"{share(ways[OURS]['20-way 1-shot']['median'])} for {script} (pixels "
        f"{share(ways[PIXELS]['20-way 1-shot']['median'])})"
        for script, ways in result["letters"].items()
    ]
    return f"20-way 1-shot accuracy of letters that were never seen: {', '.join(gains)}."


def letters_table(result: dict[str, Any], measure: str) -> str:
    """Write one measure of all ways and scripts as a table."""
    return table(
        [
            {
                "script": script,
                **{way: interval(found[measure], share) for way, found in ways.items()},
            }
            for script, ways in result["letters"].items()
        ]
    )


def digits_table(digits: Mapping[str, Mapping[str, float]]) -> str:
    """Write the digits and their mean as a table."""
    ways = list(next(iter(digits.values())))
    rows = [
        {"digit": name, **{way: share(found[way]) for way in ways}}
        for name, found in digits.items()
    ]
    mean = {way: share(float(np.mean([found[way] for found in digits.values()]))) for way in ways}
    return table([*rows, {"digit": "mean", **mean}])
