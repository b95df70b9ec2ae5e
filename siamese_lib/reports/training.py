"""Train within a time, once: a finished training is loaded, and an interrupted one continues."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from siamese_lib.data.dataset import Dataset, Split
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.network.backend import keras
from siamese_lib.runs.run import Run
from siamese_lib.runs.run_files import RunError
from siamese_lib.training.callbacks import Guard, Progress
from siamese_lib.training.checkpoint import Checkpoint
from siamese_lib.training.early_stopping import StopAtBest, hold_out
from siamese_lib.training.recipes import Recipe
from siamese_lib.training.recorder import Recorder

# Steps: the first ones are slow, as Keras compiles. It also takes half a second to begin, which is
# as long as four steps of small pictures.
_WARM, _TIMED = 2, 12
_FEWEST = 60  # steps
_LEAST_HELD_OUT = 30  # images: fewer do not say when to stop


def steps_within(recipe: Recipe, data: Dataset, seconds: float) -> int:
    """Return how many steps of a recipe fit into a time, from 60 up to those of the recipe.

    A few steps of a tower that is thrown away are timed.
    """
    tower = recipe.build_tower(_shape(data), dtype=recipe.fastest_dtype())
    model = recipe.compile(tower, len(data.class_names))
    batches = recipe.batches(data.train)
    first = {"epochs": 1, "shuffle": False, "verbose": 0}
    model.fit(batches, steps_per_epoch=_WARM, **first)
    began = time.perf_counter()
    model.fit(batches, steps_per_epoch=_TIMED, **first)
    each = (time.perf_counter() - began) / _TIMED
    # A multiple of ten gives Keras epochs of equal length.
    return min(recipe.steps, max(_FEWEST, int(seconds / each) // 10 * 10))


def trained(
    data: Dataset,
    recipe: Recipe,
    folder: Path,
    *,
    seed: int = 0,
    frames: int = 20,
    progress: bool = False,
    named: str | None = None,
    say: Callable[[str], object],
) -> Run:
    """Train by a recipe, and stop when held-out precision does.

    If there are enough training images, some are held out to decide when to stop. The test images
    decide nothing. A finished training in `folder` is loaded if it is the same, and an interrupted
    one continues.

    Args:
        data: its training images are trained on.
        recipe: what to train.
        folder: of the run. What another training left there is replaced.
        seed: of the weights, the batches and the held-out images.
        frames: of weights to keep, at least 2.
        progress: whether to print lines of progress.
        named: the folder or the set that gives the same training images again. The settings of the
            run keep it as "data", so that ``siamese retrieve`` finds the images.
        say: called with ", kept from before", ", continued", or "" for a new training.

    Raises:
        KeyboardInterrupt: the training was interrupted. The next call continues it.
        DivergedError: the loss or a weight is not finite.
    """
    settings = {"recipe": str(recipe), "seed": seed, "trained on": digest_of(data.train)}
    done, interrupted = _finished(folder, settings), Checkpoint(folder)
    if done is not None and not interrupted.exists():
        say(", kept from before")
        if done.settings.get("data") != named:  # the folder has moved or has changed
            done.settings.pop("data", None)
            done.settings |= _data(named)
            done.save(folder)
        return done
    settings |= _data(named)
    fit = partial(_fit, data, recipe, folder, settings, frames=frames, progress=progress, say=say)
    if interrupted.exists():
        try:
            return fit(resume=True)
        except RunError:
            interrupted.delete()  # of another training, or damaged
    return fit(resume=False)


def _data(named: str | None) -> dict[str, object]:
    """Return the setting that names the images; none if nothing gives them again."""
    return {} if named is None else {"data": named}


def digest_of(images: Split) -> str:
    """Return 16 digits that identify images and their labels."""
    name = hashlib.blake2b(digest_size=8)
    name.update(fingerprints(images.images).tobytes())
    name.update(np.ascontiguousarray(images.labels).tobytes())
    return name.hexdigest()


def _fit(
    data: Dataset,
    recipe: Recipe,
    folder: Path,
    settings: dict[str, object],
    *,
    resume: bool,
    frames: int,
    progress: bool,
    say: Callable[[str], object],
) -> Run:
    seed = int(str(settings["seed"]))
    images, held_out = hold_out(data.train, seed=seed)
    if len(held_out) < _LEAST_HELD_OUT:
        images, held_out = data.train, None
    tower = recipe.build_tower(_shape(data), seed, recipe.fastest_dtype())
    model = recipe.compile(tower, len(data.class_names))
    batches = recipe.batches(images, seed)
    recorder = Recorder(
        tower, batches, frames=frames, folder=folder, resume=resume, settings=settings
    )
    guard, stop = Guard(), None if held_out is None else StopAtBest(tower, held_out)
    # The best weights must be back before the recorder keeps the last frame.
    callbacks = [guard, *([stop] if stop else []), recorder]
    words = ", continued" if resume else ""  # said after the recorder has opened the checkpoint
    callbacks += [keras.callbacks.LambdaCallback(on_train_begin=lambda _: say(words))]
    callbacks += [Progress(recorder)] if progress else []
    epochs = recipe.steps // len(batches)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    if guard.stopped_by:
        raise KeyboardInterrupt
    Checkpoint(folder).delete()  # of a training that stopped early
    return recorder.run


def _finished(folder: Path, settings: dict[str, object]) -> Run | None:
    """Return the run in a folder if it is the one that these settings describe."""
    try:
        run = Run.load(folder)
    except (ValueError, OSError):  # there is none, or it is damaged
        return None
    known = {name: run.settings.get(name) for name in settings}
    return run if known == settings else None


def _shape(data: Dataset) -> tuple[int, int, int]:
    height, width, channels = data.train.images.shape[1:]
    return height, width, channels
