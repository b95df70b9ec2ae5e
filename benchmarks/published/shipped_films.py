"""Train the films that come with the package, to be seen side by side: ``make shipped-films``.

Five small trainings, from the same first weights and on as many images of MNIST. Each differs
from *two means*, the book's loss, in one thing. The films show the first of the test images that
the shipped run's film shows, and take their pictures from there.

Margin 10 gets the same learning rate as margin 1. Muon's updates have a fixed size, but the tower
has layers that multiply each other, so that its embeddings grow tenfold within 24 steps.

``--compare`` trains with three seeds, and measures on all test images. That shows what a single
film cannot: which differences are larger than those between seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.ours import full_mnist
from benchmarks.tools.results import save_result
from siamese_lib.network.backend import Tensor, keras, ops
from siamese_lib.network.distances import distances_within
from siamese_lib.runs.shipped import FILMS, film_path

IMAGES = 128  # in a batch
STEPS = 360
LEARNING_RATE = 0.02  # at the beginning; it falls to 0 in a straight line
FILMED = 500  # test images


class OneMean(keras.losses.Loss):
    """The contrastive loss over every pair of a batch, in one plain mean, with or without a push.

    Args:
        push: whether different pairs push each other apart.
        margin: as for `siamese_lib.InBatchContrastiveLoss`.
    """

    def __init__(self, *, push: bool, margin: float = 1.0) -> None:
        super().__init__(name="one_mean")
        self.push = push
        self.margin = margin

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of a batch: of all its pairs, or of its similar pairs."""
        labels = ops.reshape(y_true, (-1,))
        same = ops.cast(ops.equal(labels[:, None], labels[None, :]), y_pred.dtype)
        pairs = 1 - ops.eye(ops.shape(y_pred)[0], dtype=y_pred.dtype)
        distance = distances_within(y_pred)
        pull = same * ops.square(distance)
        if not self.push:
            similar = same * pairs
            return ops.sum(pull * similar) / ops.sum(similar) / 4
        push = (1 - same) * ops.square(ops.maximum(self.margin - distance, 0))
        return ops.sum((pull + push) * pairs) / ops.sum(pairs) / 2


@dataclass(frozen=True)
class Training:
    """What one film differs in.

    Attributes:
        loss: makes the loss.
        margin: of the loss; None where nothing pushes.
        paired: whether the loss compares 128 random pairs, of 256 images, in half as many steps.
        seed: of the first weights and the batches.
    """

    loss: Callable[[], keras.losses.Loss]
    margin: float | None = 1.0
    paired: bool = False
    seed: int = 0


TRAININGS = {
    "two means": Training(sl.InBatchContrastiveLoss),
    "one plain mean": Training(lambda: OneMean(push=True)),
    "random pairs": Training(sl.ContrastiveLoss, paired=True),
    "margin 10": Training(lambda: sl.InBatchContrastiveLoss(10.0), margin=10.0),
    "pull only": Training(lambda: OneMean(push=False), margin=None),
}
COMPARED = {
    (name, seed): replace(training, seed=seed)
    for name, training in TRAININGS.items()
    for seed in (0, 1, 2)
    if name in ("two means", "one plain mean", "margin 10")
}


def trained(training: Training, data: sl.Split) -> sl.Run:
    """Train a fresh tower, and return the run with a tower that is not compiled."""
    keras.utils.set_random_seed(training.seed)
    steps = STEPS // 2 if training.paired else STEPS
    shape = data.images.shape[1:]
    tower = sl.conv_tower(shape, 2, seed=training.seed, dtype=sl.fastest_dtype())
    sampler = (sl.PairSampler if training.paired else sl.BalancedBatchSampler)(
        data.labels, IMAGES, training.seed
    )
    batches = sl.ImageBatches(data, sampler, steps=steps)
    model = sl.siamese(tower) if training.paired else tower
    rate = keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, steps, 0.0)
    model.compile(sl.Muon(rate), training.loss(), **sl.compile_options())
    recorder = sl.Recorder(tower, batches)
    model.fit(batches, callbacks=[sl.Guard(), recorder], shuffle=False, verbose=0)
    run = recorder.run
    frames = [np.stack(kept) for kept in zip(*map(run.weights, range(len(run))), strict=True)]
    plain = sl.conv_tower(shape, 2, seed=training.seed, dtype="float32")
    margin = {} if training.margin is None else {"margin": training.margin}
    return sl.Run(plain, run.steps, frames, run.history, margin)


def summary(name: str, film: sl.Film) -> str:
    """Return one line about the end of a training."""
    last = film.frames[-1].astype(float)
    radius = np.sqrt(((last - last.mean(axis=0)) ** 2).sum(axis=1).mean())
    ends = "  ".join(f"{curve} {values[-1]:.5f}" for curve, values in film.curves.items())
    return f"{name:30} radius {radius:9.5f}  {ends}"


def main() -> None:
    """Train them all, one after the other, and write their films into the package."""
    digits = full_mnist()
    images, labels = digits.test.images[:FILMED], digits.test.labels[:FILMED]
    FILMS.mkdir(exist_ok=True)
    for name, training in TRAININGS.items():
        run = trained(training, digits.train)
        film = run.make_film(images, labels, class_names=digits.class_names)
        print(summary(name, film), flush=True)
        bare = {**film.parts(), "images": None}
        film_path(name).write_bytes(sl.Film(**bare).to_bytes())


def compare() -> None:
    """Train with three seeds, measure on all test images, and save that to ``results/films.json``.

    The neighbours are the nearest 7 of the first 10,000 training images.
    """
    digits = full_mnist()
    rows = []
    for (name, seed), training in COMPARED.items():
        quality = sl.evaluate(trained(training, digits.train), digits)
        measured = {
            "precision@7": round(quality.precision, 4),
            "kNN accuracy": round(quality.accuracy, 4),
        }
        rows.append({"training": name, "seed": seed, **measured})
        print(rows[-1], flush=True)
    sizes = {"training images": IMAGES * STEPS, "test images": len(digits.test)}
    save_result("films", {**sizes, "rows": rows})


if __name__ == "__main__":
    compare() if "--compare" in sys.argv[1:] else main()
