"""``siamese train``: train a tower, save the run, and measure it."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import siamese_lib as sl
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.network.any_tower import shapes_of
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.terminal.options import (
    Commands,
    above_zero,
    add_data,
    add_tower,
    count,
    is_folder,
    lasting_name,
    load,
    positive,
    tower_named,
)
from siamese_lib.terminal.verdict import USELESS, useless
from siamese_lib.texts import printable

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_EMBEDDING_DIM = 2
_IMAGE_SIZE = 32  # pixels: the largest side of an image that the tower sees without averaging
# Options that are saved with the run and must be the same when the training is resumed.
_SETTINGS = ("batch_size", "train_iter", "pairs", "margin", "shift", "learning_rate", "seed")


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "train",
        help="train a tower, save the run, and measure it",
        description="Train a tower, save it as a run, and print precision@7 and kNN accuracy for "
        "the test images. Ctrl-C stops the training early and still saves the run.",
        epilog="For example: siamese train --data photos/ --embedding-dim 16",
    )
    _add_images(parser.add_argument_group("images"))
    _add_network(parser.add_argument_group("tower and loss"))
    _add_training(parser.add_argument_group("training"))
    _add_output(parser.add_argument_group("output"))
    parser.set_defaults(job=train)


def _add_images(group: argparse._ArgumentGroup) -> None:
    add_data(group, "images to train on", default="mnist", after="default: mnist")
    group.add_argument(
        "--image-size",
        type=positive,
        metavar="N",
        help=f"scale a folder's images to N by N pixels (default: {_IMAGE_SIZE})",
    )
    group.add_argument(
        "--color",
        choices=("rgb", "grayscale"),
        help="keep the colours of a folder's images, or turn them grey (default: rgb)",
    )
    group.add_argument(
        "--shift",
        type=count,
        default=0,
        metavar="PIXELS",
        help="move each image at random by up to PIXELS, differently each time it is trained on "
        "(default: %(default)s, which moves none)",
    )


def _add_network(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--embedding-dim",
        type=positive,
        metavar="N",
        help=f"length of an embedding (default: {_EMBEDDING_DIM}, which can be drawn on a map, or "
        "that of --tower)",
    )
    add_tower(group, "another tower than the library's own")
    group.add_argument(
        "--pairs",
        choices=("in-batch", "random"),
        default="in-batch",
        help="compare all images of a batch with each other, or draw random pairs as the "
        "original program did (default: %(default)s)",
    )
    group.add_argument(
        "--margin",
        type=above_zero,
        default=1.0,
        metavar="D",
        help="distance up to which the loss pushes images of different classes apart (default: "
        "%(default)s)",
    )


def _add_training(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--train-iter",
        type=positive,
        default=1200,
        metavar="N",
        help="training steps (default: %(default)s)",
    )
    group.add_argument(
        "--batch-size",
        type=positive,
        default=128,
        metavar="N",
        help="images in a training step, or pairs with --pairs random (default: %(default)s)",
    )
    group.add_argument(
        "--learning-rate",
        type=above_zero,
        default=0.02,
        metavar="RATE",
        help="learning rate of the Muon optimizer at the first step; it falls linearly to 0 "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="seed of the first weights and of the batches (default: %(default)s)",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder to save the run in; an earlier run there is replaced (default: runs/NAME-Nd, "
        "such as runs/mnist-2d, from the name of the data and the embedding's length)",
    )
    group.add_argument(
        "--step",
        type=positive,
        metavar="N",
        help="keep the weights every N steps (default: at 40 steps, most of them early, when the "
        "weights change most)",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="continue from the last checkpoint in the folder; all other options must be the same",
    )
    group.add_argument(
        "--no-tensorboard", action="store_true", help="write no TensorBoard log in the folder"
    )


def train(options: argparse.Namespace) -> int:
    """Train, save and measure, and return the exit status."""
    data = _load(options)
    check_enough(data)  # fails now rather than after an hour of training
    data.check_trainable()
    tower = _tower(data.train.images.shape[1:], options)
    _, dim = shapes_of(tower, data.train.images.shape[1:])
    out = options.out or Path("runs") / f"{data.name[:50]}-{dim}d"
    model, batches = _compiled(tower, options), _batches(data.train, options)
    recorder = sl.Recorder(
        tower,
        batches,
        validation=data.test if len(data.test) > HEADLINE_K else None,
        frame_every=options.step,
        folder=out,
        resume=options.resume,
        settings={
            "data": lasting_name(options.data),
            **{name: getattr(options, name) for name in _SETTINGS},
            **({} if options.tower is None else {"tower": options.tower}),
        },
    )
    guard = sl.Guard()
    callbacks = [guard, recorder, sl.Progress(recorder), *_log(out, options)]
    print(sl.device(), flush=True)
    try:
        epochs = options.train_iter // len(batches)
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    except sl.DivergedError:
        recorder.run.save(out)
        raise
    print(f"saved {recorder.run} in {printable(out)}")
    if guard.stopped_by:
        print(
            "Stopped early. Continue with --resume, or measure this run with "
            f"`evaluate {printable(out)}`."
        )
        return 128 + guard.stopped_by
    found = sl.evaluate(recorder.run, data)
    print(found)
    why = useless(recorder.run, data, found, options.margin, model.loss.trivial_value)
    if why is None:
        return 0
    sys.stdout.flush()
    print(f"siamese train: useless, though the run is kept in {out}: {why}", file=sys.stderr)
    return USELESS


def _load(options: argparse.Namespace) -> sl.Dataset:
    """Load the images to train on; ValueError if a named set is to get another size or colour."""
    if not is_folder(options.data) and (options.image_size or options.color):
        raise ValueError(
            f"{options.data} is a named set, whose images have their own size and colours; "
            "--image-size and --color are only for a folder of images. Leave them out."
        )
    size = options.image_size or _IMAGE_SIZE
    return load(options.data, (size, size), options.color or "rgb")


def _tower(image_shape: tuple[int, int, int], options: argparse.Namespace) -> keras.Model:
    """Return the tower that --tower names, or the library's own."""
    if options.tower is None:
        dim = options.embedding_dim or _EMBEDDING_DIM
        return sl.conv_tower(image_shape, dim, seed=options.seed)
    from siamese_lib.network.backend import keras  # waits until something is trained

    keras.utils.set_random_seed(options.seed % 2**32)
    return tower_named(options.tower, image_shape, options.embedding_dim)


def _compiled(tower: keras.Model, options: argparse.Namespace) -> keras.Model:
    """Return the compiled model: the tower, or for random pairs the siamese model around it."""
    from siamese_lib.network.backend import keras  # waits until something is trained

    if options.pairs == "random":
        model, loss = sl.siamese(tower), sl.ContrastiveLoss(options.margin)
    else:
        model, loss = tower, sl.InBatchContrastiveLoss(options.margin)
    falling = keras.optimizers.schedules.PolynomialDecay(
        options.learning_rate, options.train_iter, end_learning_rate=0.0
    )
    model.compile(sl.Muon(falling), loss, **sl.compile_options())
    return model


def _batches(images: sl.Split, options: argparse.Namespace) -> sl.ImageBatches:
    """Return the batches of the whole training, divided into Keras epochs of equal length."""
    kind = sl.PairSampler if options.pairs == "random" else sl.BalancedBatchSampler
    return sl.ImageBatches(
        images,
        kind(images.labels, options.batch_size, options.seed),
        steps=_epoch_length(options.train_iter),
        augment=sl.RandomShift(options.shift) if options.shift else None,
    )


def _epoch_length(steps: int, at_most: int = 100) -> int:
    """Return the steps of one Keras epoch, a divisor of all steps.

    TensorBoard gets histograms after each epoch.
    """
    divisors = [n for n in range(10, at_most + 1) if steps % n == 0]
    return max(divisors, default=steps)


def _log(out: Path, options: argparse.Namespace) -> list[keras.callbacks.Callback]:
    """Return the callback that writes the TensorBoard log, or none."""
    if options.no_tensorboard:
        return []
    log = out / "tensorboard"
    if not options.resume:
        shutil.rmtree(log, ignore_errors=True)  # the log of the run that is replaced
    return [sl.tensorboard(log)]
