"""What was tried for the record: each way judged by training images that were held out.

``python -m benchmarks tried`` (three to four hours on two cores) prints the tables and writes
``benchmarks/results/tried.json``; ``--quick`` is a short try that writes nothing. 10,000 of the
60,000 training images are held out, drawn at random; a way trains on the others, with seed 0 or
with several seeds, and is judged by the held-out ones. No test image is used. Each way is one
entry, and nothing is timed here. In a question, all ways see as many images, or take about as long
where it asks for the size of batches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.parts.record import KNN, MEASURES, P1, P7, judge
from benchmarks.recipes.contenders import RecipeTraining, Watch
from benchmarks.recipes.tried_losses import (
    ClassMeans,
    HardestPairs,
    NeighbourhoodComponents,
    SupervisedContrastive,
)
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import (
    blocks,
    fine,
    interval,
    measured_by,
    measured_on,
    medians,
    table,
)
from benchmarks.tools.results import spread
from siamese_lib.network.backend import keras
from siamese_lib.network.optimizers import Muon

COMPARED = ()
ANYWHERE = True  # nothing is timed
HELD_OUT = 10_000
LONG = 10_000  # steps
BY_CHANCE = 0.15  # below this share, ten classes are no better than guessed
AVERAGED = 0.995  # of a running average that is kept in a step: it looks back some 200 steps


@dataclass(frozen=True)
class Way:
    """One training.

    Attributes:
        name: what is tried.
        recipe: how it is trained.
        loss: makes a loss that takes the place of the recipe's, or None.
        cosine: whether it trains on cosines, and is judged by them.
        optimizer: makes, for so many steps, one that takes the place of the recipe's, or None.
    """

    name: str
    recipe: sl.Recipe
    loss: Callable[[], keras.losses.Loss] | None = None
    cosine: bool = False
    optimizer: Callable[[int], keras.optimizers.Optimizer] | None = None


@dataclass(frozen=True)
class Question:
    """Ways that are compared with each other.

    Attributes:
        name: what they are for.
        data: name of the data set.
        measure: by which one is chosen.
        ways: all of them.
        seeds: how many trainings of each.
    """

    name: str
    data: str
    measure: str
    ways: list[Way]
    seeds: int = 1


AFFINE, ELASTIC = sl.RandomAffine(0.08), sl.ElasticDistortion(0.1, bend=0.5)
FLAT = sl.Recipe(steps=2000, augment=AFFINE)
WIDE = sl.Recipe(embedding_dim=16, steps=370)
CLOTHES = sl.Recipe(embedding_dim=16, steps=2000, loss="softmax", augment=sl.RandomShift(1))
RESTING = {"margin": 3.0, "positive_margin": 0.6}
CHOSEN = "margin 3, positive margin 0.6"
HEAVY = "supervised contrastive loss, Student's t distribution"


def cosine_schedule(steps: int) -> keras.optimizers.Optimizer:
    """Make the recipe's optimizer, whose rate falls like half a cosine instead of a line."""
    return Muon(keras.optimizers.schedules.CosineDecay(FLAT.learning_rate, steps))


def averaged(steps: int) -> keras.optimizers.Optimizer:
    """Make the recipe's optimizer, which leaves the running average of the weights at the end."""
    falling = keras.optimizers.schedules.PolynomialDecay(FLAT.learning_rate, steps, 0.0)
    return Muon(falling, use_ema=True, ema_momentum=AVERAGED)


def constant_and_averaged(_: int) -> keras.optimizers.Optimizer:
    """Make the same with a constant rate."""
    return Muon(FLAT.learning_rate, use_ema=True, ema_momentum=AVERAGED)


def questions() -> list[Question]:
    """Return all that was tried."""
    return [*_flat(), _photo(), _wide(), *_batches(), _clothes()]


def _flat() -> list[Question]:
    change, long = partial(replace, FLAT), partial(replace, FLAT, steps=LONG, **RESTING)
    supervised = partial(SupervisedContrastive, 0.3)
    mnist = "MNIST in 2-D, the original's tower"
    short = [
        Way("contrastive loss, margin 1", FLAT),
        Way("margin 3", change(margin=3.0)),
        Way("positive margin 0.1", change(positive_margin=0.1)),
        Way("positive margin 0.2", change(positive_margin=0.2)),
        Way(CHOSEN, change(**RESTING)),
        Way("batches of 64, 4,000 steps", change(batch_size=64, steps=4000)),
        Way("batches of 256, 1,000 steps", change(batch_size=256, steps=1000)),
        Way("learning rate 0.03", change(learning_rate=0.03)),
        Way("a cosine schedule", FLAT, optimizer=cosine_schedule),
        Way("averaged weights", FLAT, optimizer=averaged),
        Way("averaged weights, constant learning rate", FLAT, optimizer=constant_and_averaged),
        Way("weaker distortions", change(augment=sl.RandomAffine(0.04, shift=0.5))),
        Way("elastic distortions", change(augment=sl.ElasticDistortion(0.08, bend=0.5))),
        Way("the hardest pairs of each image", FLAT, HardestPairs),
        Way("triplet loss, the hardest triplets", change(loss="triplet")),
        Way("neighbourhood components", FLAT, NeighbourhoodComponents),
        Way("class means of the batch", FLAT, partial(ClassMeans, 10)),
        Way("supervised contrastive loss", FLAT, partial(SupervisedContrastive, 1.0)),
        Way("the same, temperature 0.3", FLAT, supervised),
        Way(HEAVY, change(loss="supervised")),
    ]
    whole = [
        Way("contrastive loss, margin 1", change(steps=LONG)),
        Way(CHOSEN, long()),
        Way("margin 3, positive margin 1", long(positive_margin=1.0)),
        Way("margin 10, positive margin 2", long(margin=10.0, positive_margin=2.0)),
        Way(f"{CHOSEN}, weaker distortions", long(augment=sl.RandomAffine(0.05, shift=0.7))),
        Way(f"{CHOSEN}, elastic distortions", long(augment=ELASTIC)),
        Way(
            "supervised contrastive loss, batches of 256",
            change(batch_size=256, steps=LONG // 2),
            supervised,
        ),
        Way(HEAVY, change(loss="supervised", steps=LONG)),
    ]
    return [
        Question(f"{mnist}, 256,000 images", "mnist", KNN, short),
        Question(f"{mnist}, 1,280,000 images", "mnist", KNN, whole),
    ]


def _photo() -> Question:
    change = partial(replace, FLAT, tower="photo")
    half = partial(change, steps=LONG // 2)
    ways = [
        Way("margin 1, 256,000 images", change()),
        Way(f"{CHOSEN}, 640,000 images", half(**RESTING)),
        Way(f"{CHOSEN}, 640,000 images, elastic distortions", half(augment=ELASTIC, **RESTING)),
        Way(
            "supervised contrastive loss, 640,000 images",
            half(),
            partial(SupervisedContrastive, 0.3),
        ),
        Way(
            f"{HEAVY}, 640,000 images, elastic distortions",
            half(augment=ELASTIC, loss="supervised"),
        ),
    ]
    return Question("MNIST in 2-D, photo_tower", "mnist", KNN, ways)


def _wide() -> Question:
    softmax = replace(WIDE, loss="softmax")
    cosines = partial(SupervisedContrastive, 0.2, cosine=True)
    ways = [
        Way("contrastive loss", WIDE),
        Way("normalized softmax loss, length 1", softmax),
        Way("the same, elastic distortions", replace(softmax, augment=ELASTIC)),
        Way("supervised contrastive loss of cosines", WIDE, cosines, cosine=True),
    ]
    return Question("MNIST in 16-D, 47,360 images", "mnist", P7, ways)


def _batches() -> list[Question]:
    """Ask for the size of batches: smaller ones get as many steps as take about the same time."""
    recipe = replace(WIDE, loss="softmax", augment=ELASTIC)
    asked = [
        (16, "about 10 seconds", P7, 12, 138, 250),
        (16, "about 25 seconds", P7, 4, 370, 680),
        (16, "about three minutes", P7, 1, 3000, 5500),
        (16, "the whole recipe", P7, 3, 9000, 16_000),
        (128, "about three minutes", P1, 1, 3000, 5500),
    ]
    return [
        Question(
            f"MNIST in {dim}-D, softmax loss, elastic distortions, {length}",
            "mnist",
            measure,
            [
                Way(
                    f"batches of {size}, {steps:,} steps",
                    replace(recipe, embedding_dim=dim, batch_size=size, steps=steps),
                )
                for size, steps in ((128, large), (64, small))
            ],
            seeds,
        )
        for dim, length, measure, seeds, large, small in asked
    ]


def _clothes() -> Question:
    photo = replace(CLOTHES, tower="photo")
    mirrored = sl.PhotoDistortion(zoom=0.1, stretch=0, color=0)
    ways = [
        Way("conv_tower", CLOTHES),
        Way("photo_tower", photo),
        Way("photo_tower, affine distortions", replace(photo, augment=AFFINE)),
        Way("photo_tower, mirrored images", replace(photo, augment=mirrored)),
    ]
    return Question("Fashion-MNIST in 16-D, 256,000 images", "fashion_mnist", KNN, ways)


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Train and judge every way."""
    asked = list(_quick(questions())) if quick else questions()
    sets = {name: held_out(sl.load_dataset(name)) for name in {each.data for each in asked}}
    return {
        "held out": HELD_OUT,
        "questions": [
            {
                "name": question.name,
                "measure": question.measure,
                "seeds": question.seeds,
                "rows": [
                    {
                        "way": way.name,
                        **ledger.once(
                            f"{question.name}: {way.name}",
                            partial(over_seeds, way, sets[question.data], question.seeds),
                        ),
                    }
                    for way in question.ways
                ],
            }
            for question in asked
        ],
        "processors": ledger.processors(),
    }


def _quick(asked: list[Question]) -> Iterator[Question]:
    """Take one way in ten steps."""
    first = asked[0]
    ways = [replace(first.ways[-1], recipe=replace(first.ways[-1].recipe, steps=10))]
    yield replace(first, ways=ways)


def held_out(data: sl.Dataset, count: int = HELD_OUT, seed: int = 12345) -> sl.Dataset:
    """Return the training images in two parts: the held-out ones take the place of test images."""
    order = np.random.default_rng(seed).permutation(len(data.train))
    parts = (np.sort(order[count:]), np.sort(order[:count]))
    train, test = (sl.Split(data.train.images[rows], data.train.labels[rows]) for rows in parts)
    return replace(data, train=train, test=test)


def tried(way: Way, data: sl.Dataset, seed: int = 0) -> dict[str, float]:
    """Train in one way, and judge it."""
    training = RecipeTraining(way.recipe, data, seed, way.loss, way.optimizer)
    watch = Watch(math.inf)
    watch.follow(training)

    def embed(images: np.ndarray) -> np.ndarray:
        points = training.embed(watch.copies[-1].weights, images)
        return points / np.linalg.norm(points, axis=1, keepdims=True) if way.cosine else points

    return judge(embed, data)


def over_seeds(way: Way, data: sl.Dataset, seeds: int) -> dict[str, dict[str, float]]:
    """Train with each seed from 0 on, and return the spread of each measure."""
    found = [tried(way, data, seed) for seed in range(seeds)]
    return {name: spread([each[name] for each in found], 4) for name in MEASURES}


def render(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown."""
    return blocks(
        f"Judged by {result['held out']:,} training images that were held out, and by no test "
        "image. Differences of two standard errors or less may be chance, and one training to the "
        "next adds to that. The recipes of *The best embedding in five minutes* for 2, 16 and 128 "
        "dimensions and for Fashion-MNIST are among these ways, most with other numbers of steps. "
        "In the first table, a way is that of the first row, except for what it names. Where a "
        "title says how long, each of its trainings took about that on two cores.",
        *(
            blocks(
                f"### {question['name']}",
                f"Chosen by {question['measure']}, whose standard error is "
                f"{fine(standard_error(question, result['held out']))}. "
                f"{medians(question['seeds'], 'seeds')}",
                table(
                    [
                        {
                            "way": row["way"],
                            **{name: interval(row[name], fine) for name in MEASURES},
                        }
                        for row in question["rows"]
                    ]
                ),
                _chance(question),
            )
            for question in result["questions"]
        ),
        measured_by(result),
        measured_on(result),
    )


def _chance(question: dict[str, Any]) -> str:
    """Say which ways learned nothing, if any: all data sets here have ten classes."""
    name = question["measure"]
    lost = [row["way"] for row in question["rows"] if row[name]["median"] < BY_CHANCE]
    return f"No better than chance: {'; '.join(lost)}." if lost else ""


def standard_error(question: dict[str, Any], count: int) -> float:
    """Return the standard error of the best share of so many images, with one training."""
    best = max(row[question["measure"]]["median"] for row in question["rows"])
    return math.sqrt(best * (1 - best) / count)
