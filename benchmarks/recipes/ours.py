"""The recipes that the README quotes, and one function that trains any of them.

All take class-balanced batches of 128, every pair of the batch, margin 1, and Muon with a learning
rate that falls to 0 in a straight line. They differ in length, in the dimension of the embedding,
and in whether images are changed a little each time. The shortest has a higher learning rate and
less momentum: a momentum of 0.9 builds up too slowly for so few steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any

import siamese_lib as sl


@dataclass(frozen=True)
class Recipe:
    """The settings of a training."""

    embedding_dim: int
    _: KW_ONLY
    steps: int
    batch_size: int = 128
    margin: float = 1.0
    learning_rate: float = 0.02
    momentum: float = 0.9
    adam_ratio: float = 0.15
    shift: int = 0
    affine: float = 0.0
    seed: int = 0
    dtype: str | None = None  # by default the fastest on this machine

    def settings(self) -> dict[str, object]:
        """Return the settings as JSON values."""
        return asdict(self)


RECIPES = {
    "2-D, short": Recipe(2, steps=200, learning_rate=0.03, momentum=0.8, adam_ratio=0.3),
    "2-D, long": Recipe(2, steps=5000, shift=1),
    "16-D, short": Recipe(16, steps=300),
    "16-D, long": Recipe(16, steps=2700),
}
OFFLINE_RECIPES = {
    "2-D, offline": Recipe(2, steps=1150, shift=1, affine=0.08),
    "16-D, offline": Recipe(16, steps=560, shift=1, affine=0.08),
}


def full_mnist() -> sl.Dataset:
    """Load all of MNIST, so that nothing is measured on the offline digits by mistake."""
    digits = sl.load_dataset("mnist")
    if len(digits.train) < 60_000:
        raise SystemExit("This needs all of MNIST: connect, or set SIAMESE_DATA.")
    return digits


def train(recipe: Recipe, data: sl.Dataset, *, callbacks: Sequence[Any] = ()) -> sl.Recorder:
    """Train a fresh tower, recorded as a notebook would, without validation.

    Args:
        recipe: the settings.
        data: the images to train on.
        callbacks: more Keras callbacks, called after the recorder.

    Raises:
        KeyboardInterrupt: a signal stopped it, which `Guard` had turned into an early end.
    """
    from siamese_lib.network.backend import keras

    keras.utils.set_random_seed(recipe.seed)
    dtype = recipe.dtype or sl.fastest_dtype()
    tower = sl.conv_tower(
        data.train.images.shape[1:], recipe.embedding_dim, seed=recipe.seed, dtype=dtype
    )
    sampler = sl.BalancedBatchSampler(data.train.labels, recipe.batch_size, recipe.seed)
    augment = sl.RandomShift(recipe.shift) if recipe.shift else None
    if recipe.affine:
        augment = sl.RandomAffine(recipe.affine, shift=recipe.shift)
    batches = sl.ImageBatches(data.train, sampler, steps=recipe.steps, augment=augment)
    loss = sl.InBatchContrastiveLoss(recipe.margin)
    tower.compile(optimizer_of(recipe), loss, **sl.compile_options())
    recorder = sl.Recorder(tower, batches)
    guard = sl.Guard()
    recording = [guard, recorder, sl.Progress(recorder), *callbacks]
    tower.fit(batches, callbacks=recording, shuffle=False, verbose=0)
    if guard.stopped_by:
        raise KeyboardInterrupt
    return recorder


def optimizer_of(recipe: Recipe) -> Any:
    """Make a recipe's optimizer: Muon, with a learning rate that falls to 0 in a straight line."""
    from siamese_lib.network.backend import keras

    schedule = keras.optimizers.schedules.PolynomialDecay(
        recipe.learning_rate, recipe.steps, end_learning_rate=0.0
    )
    return sl.Muon(schedule, momentum=recipe.momentum, adam_ratio=recipe.adam_ratio)
