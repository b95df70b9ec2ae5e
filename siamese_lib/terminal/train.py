"""``siamese train``: train a tower, save the run, and measure it."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import siamese_lib as sl
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.network.any_tower import shapes_of
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.terminal.options import is_folder, is_own, lasting_name, load, tower_named
from siamese_lib.terminal.verdict import USELESS, useless
from siamese_lib.texts import printable
from siamese_lib.training.checkpoint import Checkpoint
from siamese_lib.training.choices import FOLDER_SIZE, MARGIN_LOSSES, TOWERS
from siamese_lib.training.recipe_choice import photo_recipe, with_loss, with_steps, with_tower

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras
    from siamese_lib.training.batches import Augmentation

# Options that are saved with the run and must be the same when the training is resumed.
_SETTINGS = ("batch_size", "pairs", "margin", "learning_rate", "tower", "loss", "per_class")


def train(options: argparse.Namespace) -> int:
    """Train, save and measure, and return the exit status."""
    if options.data is None:
        options.data = "mnist"
        print(
            "No --data was given. This trains on the handwritten digits of mnist. For images of "
            "your own, name their folder: --data photos/",
            flush=True,
        )
    data = _load(options)
    check_enough(data)  # fails now rather than after an hour of training
    data.check_trainable()
    shape = data.train.images.shape[1:]
    recipe = _recipe(data, options)
    tower = _tower(recipe, shape, options)
    _, dim = shapes_of(tower, shape)
    out = options.out or Path("runs") / f"{data.name[:50]}-{dim}d"
    model = recipe.compile(tower, len(data.class_names))
    images, held_out = data.train, None
    if options.stop_early:
        images, held_out = _held_out(data, options.seed)
    batches = recipe.batches(images, options.seed)
    recorder = sl.Recorder(
        tower,
        batches,
        validation=data.test if len(data.test) > HEADLINE_K else None,
        frame_every=options.step,
        folder=out,
        resume=options.resume,
        settings=_settings(recipe, options),
    )
    guard, stop = sl.Guard(), None if held_out is None else sl.StopAtBest(tower, held_out)
    callbacks = [guard, *filter(None, [stop]), recorder, sl.Progress(recorder), *_log(out, options)]
    words = recipe.described(options.tower, dim) if is_own(options.tower) else str(recipe)
    print(f"recipe{f' for {recipe.name}' * bool(recipe.name)}: {printable(words)}")
    print(sl.device(), flush=True)
    try:
        epochs = recipe.steps // len(batches)
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    except sl.DivergedError:
        recorder.run.save(out)
        raise
    if stop is not None and not guard.stopped_by:
        Checkpoint(out).delete()  # of a training that was stopped early
        print(stop)
    print(f"saved {recorder.run} in {printable(out)}")
    if guard.stopped_by:
        print(
            "Stopped early. Continue with --resume, or measure this run with "
            f"`evaluate {printable(out)}`."
        )
        return 128 + guard.stopped_by
    return _judge(recorder.run, data, recipe, out)


def _judge(run: sl.Run, data: sl.Dataset, recipe: sl.Recipe, out: Path) -> int:
    """Measure a training, print the figures, and return the exit status."""
    found = sl.evaluate(run, data)
    print(found)
    why = useless(run, data, found, recipe.margin, recipe.trivial_value(len(data.class_names)))
    if why is None:
        return 0
    sys.stdout.flush()
    print(f"siamese train: useless, though the run is kept in {out}: {why}", file=sys.stderr)
    return USELESS


def _load(options: argparse.Namespace) -> sl.Dataset:
    """Load the images to train on; ValueError if a named set is to get another size or colour."""
    own = options.image_size or options.color or options.on_disk
    if not is_folder(options.data) and own:
        raise ValueError(
            f"{options.data} is a named set, whose images have their own size and colours; "
            "--image-size, --color and --on-disk are only for a folder of images. Leave them out."
        )
    size = options.image_size or FOLDER_SIZE
    return load(options.data, (size, size), options.color or "rgb", on_disk=options.on_disk)


def _tower(
    recipe: sl.Recipe, image_shape: tuple[int, int, int], options: argparse.Namespace
) -> keras.Model:
    """Return the tower of the recipe, or the one that --tower names."""
    if not is_own(options.tower):
        return recipe.build_tower(image_shape, options.seed, recipe.fastest_dtype())
    from siamese_lib.network.backend import keras  # waits until something is trained

    keras.utils.set_random_seed(options.seed % 2**32)
    return tower_named(options.tower, image_shape, options.embedding_dim)


def _held_out(data: sl.Dataset, seed: int) -> tuple[sl.Split, sl.Split]:
    """Return the images to train on, and those to decide by; ValueError if these are too few."""
    images, held_out = sl.hold_out(data.train, seed=seed)
    if len(held_out) <= HEADLINE_K:
        raise ValueError(
            f"--stop-early holds out {len(held_out)} of {len(data.train)} training images; "
            f"expected more than {HEADLINE_K}, to measure precision@{HEADLINE_K}. Add images, or "
            "leave it out."
        )
    return images, held_out


def _recipe(data: sl.Dataset, options: argparse.Namespace) -> sl.Recipe:
    """Return the recipe that suits the images, changed by the options that were given.

    Raises:
        ValueError: two options exclude each other.
    """
    recipe = sl.recipe_for(data, options.embedding_dim)
    if options.tower in TOWERS:
        recipe = with_tower(recipe, options.tower, data)
    recipe = with_loss(recipe, options.loss or recipe.loss, data)
    plain = {"margin": sl.Recipe.margin, "positive_margin": sl.Recipe.positive_margin}
    if options.pairs == "random" and options.loss in (None, "contrastive"):
        recipe = replace(with_loss(recipe, "contrastive", data), turned=False, **plain)
    if is_own(options.tower) and recipe.loss == "contrastive":
        recipe = replace(recipe, **plain)  # a tower of unit length reaches no large margin
    if options.margin is not None and recipe.loss not in MARGIN_LOSSES:
        raise ValueError(
            f"--margin {options.margin:g} was given with the {recipe.loss} loss, which has none; "
            f"expected it with --loss {' or --loss '.join(MARGIN_LOSSES)}."
        )
    steps = options.train_iter or recipe.steps
    # The batches that `with_steps` chooses were measured for the library's towers only.
    recipe = replace(recipe, steps=steps) if is_own(options.tower) else with_steps(recipe, steps)
    given = {
        "embedding_dim": options.embedding_dim,
        "loss": options.loss,
        "batch_size": options.batch_size,
        "per_class": options.per_class,
        "pairs": options.pairs,
        "margin": options.margin,
        "learning_rate": options.learning_rate,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if options.margin is not None:  # both margins are made as many times as long
        given["positive_margin"] = recipe.positive_margin * options.margin / recipe.margin
    return replace(recipe, augment=_augment(recipe, data, options), **given)


def _augment(
    recipe: sl.Recipe, data: sl.Dataset, options: argparse.Namespace
) -> Augmentation | None:
    """Return what distorts the images."""
    if options.shift:
        if options.distort not in (None, "none"):
            raise ValueError(
                f"--shift {options.shift} was given with --distort {options.distort}; expected one "
                "of them. Both affine and photo move images already."
            )
        return sl.RandomShift(options.shift)
    kinds = {
        None: recipe.augment,
        "none": None,
        "affine": sl.RandomAffine(),
        "elastic": sl.ElasticDistortion(),
        "photo": photo_recipe(data).augment,
    }
    augment = kinds[options.distort]
    if options.no_flip and isinstance(augment, sl.PhotoDistortion):
        return replace(augment, flip=False)
    return augment


def _settings(recipe: sl.Recipe, options: argparse.Namespace) -> dict[str, object]:
    """Return what is kept with the run; a margin only if its loss has one, as views draw it."""
    kept = [name for name in _SETTINGS if name != "margin" or recipe.loss in MARGIN_LOSSES]
    return {
        "data": lasting_name(options.data),
        "train_iter": recipe.steps,
        "shift": options.shift,
        "distort": repr(recipe.augment) if recipe.augment else None,
        "seed": options.seed,
        "stop_early": options.stop_early,
        **{name: getattr(recipe, name) for name in kept},
        **({"tower": options.tower} if is_own(options.tower) else {}),
        **({"on_disk": True} if options.on_disk else {}),
        **({"positive_margin": recipe.positive_margin} if recipe.positive_margin else {}),
        **({"turned": True} if recipe.turned else {}),
    }


def _log(out: Path, options: argparse.Namespace) -> list[keras.callbacks.Callback]:
    """Return the callback that writes the TensorBoard log, or none."""
    if options.no_tensorboard:
        return []
    log = out / "tensorboard"
    if not options.resume:
        shutil.rmtree(log, ignore_errors=True)  # the log of the run that is replaced
    return [sl.tensorboard(log)]
