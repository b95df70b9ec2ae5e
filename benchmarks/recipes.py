"""The recipes that the README quotes, and one function that trains any of them.

They differ in length, in the dimension of the embedding, and in whether images are shifted by a
pixel, in nothing else: class-balanced batches of 128, every pair of the batch, margin 1, Muon at
0.02 falling to 0 in a line.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import siamese_lib as sl
from siamese_lib._keras import keras


@dataclass(frozen=True)
class Recipe:
    """What there is to choose."""

    embedding_dim: int
    steps: int
    batch_size: int = 128
    margin: float = 1.0
    learning_rate: float = 0.02
    shift: int = 0
    seed: int = 0

    def settings(self) -> dict[str, Any]:
        """Say it in JSON."""
        return asdict(self)


RECIPES = {
    "2-D, short": Recipe(2, steps=200),
    "2-D, long": Recipe(2, steps=2800, shift=1),
    "16-D, short": Recipe(16, steps=240),
    "16-D, long": Recipe(16, steps=1600, shift=1),
}
OFFLINE_RECIPES = {
    "2-D, offline": Recipe(2, steps=800, shift=1),
    "16-D, offline": Recipe(16, steps=400, shift=1),
}


def train(recipe: Recipe, data: sl.Dataset) -> sl.Recorder:
    """Train a fresh tower, recorded as a notebook would, without validation."""
    keras.utils.set_random_seed(recipe.seed)
    tower = sl.conv_tower(data.train.images.shape[1:], recipe.embedding_dim, seed=recipe.seed)
    sampler = sl.BalancedBatchSampler(data.train.labels, recipe.batch_size, recipe.seed)
    augment = sl.RandomShift(recipe.shift) if recipe.shift else None
    batches = sl.ImageBatches(data.train, sampler, steps=recipe.steps, augment=augment)
    schedule = keras.optimizers.schedules.PolynomialDecay(
        recipe.learning_rate, recipe.steps, end_learning_rate=0.0
    )
    loss = sl.InBatchContrastiveLoss(recipe.margin)
    tower.compile(sl.Muon(schedule), loss, **sl.compile_options())
    recorder = sl.Recorder(tower, batches)
    callbacks = [sl.Guard(), recorder, sl.Progress(recorder)]
    tower.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)
    return recorder
