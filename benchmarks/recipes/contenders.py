"""Who takes part in `parts.quality`, and how a stopwatch follows a training.

A `Training` builds its network, trains it, and reports every step to a `Watch`. This works for
Keras' ``fit`` and for any other loop. Our recipes and that of 2017 are here; those of others have
modules of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.original import PAIRS, OriginalTraining
from benchmarks.recipes.ours import RECIPES, Recipe, train
from siamese_lib.network.backend import keras
from siamese_lib.runs.embedding import embed
from siamese_lib.training.recipe_choice import with_steps

Weights = list[np.ndarray]

DIMS = (2, 16, 128)
SHORT, EPOCH, LONG = "short", "one epoch", "five minutes"
LENGTHS = (SHORT, EPOCH, LONG)
ROOM = 0.08  # share of the seconds to leave free: a long training is slower than a short try
WARM, TIMED = 10, 60  # steps of the short try that shows how many fit


@dataclass(frozen=True)
class Copy:
    """The weights after a step, and the images and seconds up to it."""

    step: int
    images: int
    seconds: float
    weights: Weights


class Watch:
    """A stopwatch of training alone, which copies the weights at planned moments.

    Args:
        limit: seconds after which the training should stop. It always makes one step.
        moments: seconds, ascending: after the first step beyond each, weights are copied.
        epoch: images; weights are copied when this many have been through the tower.
        clock: tells the seconds, `time.perf_counter` by default.

    Attributes:
        step, images, seconds: made, seen and spent so far.
        times: the seconds after each step.
        copies: the copies taken so far.
    """

    def __init__(
        self,
        limit: float,
        moments: Sequence[float] = (),
        epoch: int = 0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.limit, self.epoch, self._clock = limit, epoch, clock or time.perf_counter
        self.step = self.images = 0
        self.times: list[float] = []
        self.copies: list[Copy] = []
        self._moments = list(moments)

    @property
    def seconds(self) -> float:
        """Seconds of training up to the last step."""
        return self.times[-1] if self.times else 0.0

    @property
    def over(self) -> bool:
        """Whether the limit is reached."""
        return bool(self.times) and self.seconds >= self.limit

    def follow(self, training: Training) -> None:
        """Run a training from nothing to its end or the limit, and copy the last weights."""
        self._since = self._clock()
        training.run(self)
        if not self.copies or self.copies[-1].step < self.step:
            self._copy()

    def stepped(self, images: int, weights: Callable[[], Weights]) -> bool:
        """Note that a step is done, copy the weights if that is due, and say whether to go on.

        Args:
            images: how many went through the tower in this step; a pair is two.
            weights: gives copies of the weights.
        """
        now = self._clock()
        self.times.append(now - self._since)
        self._weights = weights
        self.step += 1
        passed = self.images < self.epoch <= self.images + images
        self.images += images
        due = bool(self._moments) and self.seconds >= self._moments[0]
        if due or passed:
            self._moments = [moment for moment in self._moments if moment > self.seconds]
            self._copy()
            self._since += self._clock() - now
        return not self.over

    def _copy(self) -> None:
        self.copies.append(Copy(self.step, self.images, self.seconds, self._weights()))


class Training(Protocol):
    """One training. Its data are ready when it is made; its network is not."""

    def run(self, watch: Watch) -> None:
        """Build the network and train it; report each step to `watch`, and stop when it says so."""
        ...

    def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        """Embed uint8 images (N, H, W, C) with a copy of the weights: float32 (N, dim)."""
        ...

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
        """Judge pairs of embeddings, (N, dim) each, as the recipe itself does.

        Returns:
            bool (N,), True = same class; None for a recipe that gives distances only.
        """
        ...


@dataclass(frozen=True)
class Contender:
    """A recipe that takes part.

    Attributes:
        name: shown to the reader.
        whose: the project that it is from.
        dim: numbers in an embedding.
        prepare: makes a training from data, seed and the limit in seconds; not timed.
        seed: for everything that is random in it.
    """

    name: str
    whose: str
    dim: int
    prepare: Callable[[sl.Dataset, int, float], Training]
    seed: int = 0


class Steps(keras.callbacks.Callback):
    """Report each step of a ``fit`` to a watch.

    Args:
        watch: the stopwatch.
        images: in a step.
        weights: gives copies of the weights; by default those of the model that is trained.
    """

    def __init__(
        self, watch: Watch, images: int, weights: Callable[[], Weights] | None = None
    ) -> None:
        super().__init__()
        self.watch, self.images, self.weights = watch, images, weights

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if not self.watch.stepped(self.images, self.weights or self.model.get_weights):
            self.model.stop_training = True


class OurTraining:
    """One of our recipes, as a notebook would train it: with ``fit``, and recorded."""

    def __init__(self, recipe: Recipe, data: sl.Dataset) -> None:
        self.recipe, self.data = recipe, data

    def run(self, watch: Watch) -> None:
        steps = Steps(watch, self.recipe.batch_size)
        self.tower = train(self.recipe, self.data, callbacks=[steps]).tower

    def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        self.tower.set_weights(weights)
        return embed(self.tower, images)

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> None:
        return None


class RecipeTraining:
    """A recipe of the library, trained as ``siamese train`` does: with ``fit``, and recorded.

    Args:
        recipe: how to train.
        data: the training images.
        seed: of weights and batches.
        loss: makes a loss that takes the place of the recipe's, or None.
        optimizer: makes, for so many steps, one that takes the place of the recipe's, or None.
        fastest: whether to train in the dtype that is fastest here, as ``siamese train``.
    """

    def __init__(
        self,
        recipe: sl.Recipe,
        data: sl.Dataset,
        seed: int,
        loss: Callable[[], keras.losses.Loss] | None = None,
        optimizer: Callable[[int], keras.optimizers.Optimizer] | None = None,
        *,
        fastest: bool = True,
    ) -> None:
        self.recipe, self.data, self.seed = recipe, data, seed
        self.loss, self.optimizer = loss, optimizer
        self.dtype = recipe.fastest_dtype() if fastest else "float32"

    def run(self, watch: Watch) -> None:
        keras.utils.set_random_seed(self.seed)
        recipe, train = self.recipe, self.data.train
        shape = train.images.shape[1:]
        tower = recipe.build_tower(shape, self.seed, self.dtype)
        model = recipe.compile(tower, len(self.data.class_names))
        if self.loss is not None or self.optimizer is not None:
            loss = self.loss() if self.loss else model.loss
            optimizer = self.optimizer(recipe.steps) if self.optimizer else model.optimizer
            model.compile(optimizer, loss, **sl.compile_options())
        batches = recipe.batches(train, self.seed)
        recorder = sl.Recorder(tower, batches)
        steps = Steps(watch, recipe.batch_size, tower.get_weights)
        epochs, guard = recipe.steps // len(batches), sl.Guard()
        callbacks = [guard, recorder, steps]
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
        if guard.stopped_by:
            raise KeyboardInterrupt

    def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        tower = self.recipe.build_tower(images.shape[1:])  # in float32, as a run embeds
        tower.set_weights(weights)
        return embed(tower, images)

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> None:
        return None


class OldTraining:
    """The recipe of 2017."""

    def __init__(self, data: sl.Dataset, seed: int) -> None:
        self.data, self.seed = data, seed

    def run(self, watch: Watch) -> None:
        training = OriginalTraining(self.data, self.seed)
        self.tower = training.tower
        going_on = True
        while going_on:
            training.step()
            going_on = watch.stepped(2 * PAIRS, self.tower.get_weights)

    def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        self.tower.set_weights(weights)
        return embed(self.tower, images)

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> None:
        return None


def our_recipe(length: str, images: int = 60_000) -> Recipe:
    """Return the short recipe in 2-D, or the one of an epoch."""
    if length == SHORT:
        return RECIPES["2-D, short"]
    return Recipe(2, steps=-(-images // Recipe.batch_size))


def chosen_recipe(data: sl.Dataset, dim: int, length: str) -> sl.Recipe:
    """Return the recipe that the library chooses; "five minutes" gets its number of steps later.

    A training that goes through the images once, or less, takes them as they are.
    """
    recipe = sl.recipe_for(data, dim)
    if length == LONG:
        return recipe
    if length == SHORT:
        return replace(with_steps(recipe, RECIPES["16-D, short"].steps), augment=None)
    return replace(recipe, augment=None, steps=our_recipe(length, len(data.train)).steps)


def ours(dims: Sequence[int] = DIMS) -> list[Contender]:
    """Make our contenders: in each number of dimensions, each length of schedule."""

    def preparing(dim: int, length: str) -> Callable[[sl.Dataset, int, float], Training]:
        def prepare(data: sl.Dataset, seed: int, limit: float) -> Training:
            if dim == 2 and length != LONG:
                return OurTraining(replace(our_recipe(length, len(data.train)), seed=seed), data)
            recipe = chosen_recipe(data, dim, length)

            def of(steps: int) -> Training:
                return RecipeTraining(replace(recipe, steps=steps), data, seed)

            if length != LONG:
                return of(recipe.steps)
            return of(steps_that_fit(of, limit * (1 - ROOM)))

        return prepare

    return [
        Contender(f"ours, {dim}-D, {length}", "ours", dim, preparing(dim, length))
        for dim in dims
        for length in LENGTHS
    ]


def old() -> Contender:
    """Make the contender of 2017."""
    return Contender("the recipe of 2017", "2017", 2, lambda data, seed, _: OldTraining(data, seed))


def steps_that_fit(
    training_of: Callable[[int], Training], seconds: float, least: float = 0.0
) -> int:
    """Return how many steps of a training fit in so many seconds.

    It makes a short try, which takes up to a tenth of the seconds, or `least` if that is more.

    Args:
        training_of: makes a training of so many steps.
        seconds: of the whole training.
        least: seconds that the try may always take.
    """
    watch = Watch(limit=max(seconds / 10, least))
    watch.follow(training_of(WARM + TIMED))
    warm = min(WARM, watch.step - 1)
    started = watch.times[warm - 1] if warm else 0.0
    return max(1, warm + int((seconds - started) * (watch.step - warm) / (watch.seconds - started)))
