"""``python -m siamese_lib train``: train a tower, save the run, and measure it."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import siamese_lib as sl
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.terminal.options import (
    Commands,
    above_zero,
    add_data,
    count,
    is_folder,
    lasting_name,
    load,
    positive,
)

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_IMAGE_SIZE = 32  # of a folder's images: the largest that the tower sees without averaging
# Options that the run keeps, and that must be the same when it is resumed.
_SETTINGS = ("batch_size", "train_iter", "pairs", "margin", "shift", "learning_rate", "seed")


def add_parser(commands: Commands) -> None:
    """Add the command to those of the terminal."""
    parser = commands.add_parser(
        "train",
        help="train a tower, save the run, and measure it",
        description="Train a tower, save it as a run, and print precision@7 and kNN accuracy of "
        "the test images. Ctrl-C stops early and still saves.",
        epilog="For example: python -m siamese_lib train --data photos/ --embedding-dim 16",
    )
    _add_images(parser.add_argument_group("images"))
    _add_network(parser.add_argument_group("tower and loss"))
    _add_training(parser.add_argument_group("training"))
    _add_output(parser.add_argument_group("what is kept"))
    parser.set_defaults(job=train)


def _add_images(group: argparse._ArgumentGroup) -> None:
    add_data(group, "what to learn", default="mnist", after="default: mnist")
    group.add_argument(
        "--image-size",
        type=positive,
        metavar="N",
        help=f"bring a folder's images to N by N pixels (default: {_IMAGE_SIZE})",
    )
    group.add_argument(
        "--color",
        choices=("rgb", "grayscale"),
        help="whether a folder's images keep their colours (default: rgb, they do)",
    )
    group.add_argument(
        "--shift",
        type=count,
        default=0,
        metavar="PIXELS",
        help="move each image by up to PIXELS, in a new way each time it is trained on (default: "
        "%(default)s, not at all)",
    )


def _add_network(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--embedding-dim",
        type=positive,
        default=2,
        metavar="N",
        help="how many numbers an image becomes (default: %(default)s, which can be drawn)",
    )
    group.add_argument(
        "--pairs",
        choices=("in-batch", "random"),
        default="in-batch",
        help="compare all images of a batch with each other, or draw random pairs as the "
        "original did (default: %(default)s)",
    )
    group.add_argument(
        "--margin",
        type=above_zero,
        default=1.0,
        metavar="D",
        help="push images of different classes at least this far apart (default: %(default)s)",
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
        help="images in a step, or pairs with --pairs random (default: %(default)s)",
    )
    group.add_argument(
        "--learning-rate",
        type=above_zero,
        default=0.02,
        metavar="RATE",
        help="learning rate of the Muon optimizer at the first step; it falls to 0 in a straight "
        "line (default: %(default)s)",
    )
    group.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the first weights and the batches (default: %(default)s)",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the run; a run that is there already is replaced (default: "
        "runs/NAME-Nd, such as runs/mnist-2d, by the data and the embedding's dimension)",
    )
    group.add_argument(
        "--step",
        type=positive,
        metavar="N",
        help="keep the weights every N steps (default: at 40 steps, most of them early, when most "
        "changes)",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint in the folder; all other options must be the same",
    )
    group.add_argument(
        "--no-tensorboard", action="store_true", help="write no TensorBoard log into the folder"
    )


def train(options: argparse.Namespace) -> int:
    """Train, save and measure; return the exit status."""
    data = _load(options)
    check_enough(data)  # now, not after an hour of training
    out = options.out or Path("runs") / f"{data.name}-{options.embedding_dim}d"
    tower = sl.conv_tower(data.train.images.shape[1:], options.embedding_dim, seed=options.seed)
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
    print(f"saved {recorder.run} in {out}")
    if guard.stopped_by:
        print(f"Stopped early: --resume goes on, `evaluate {out}` measures what there is.")
        return 128 + guard.stopped_by
    print(sl.evaluate(recorder.run, data))
    return 0


def _load(options: argparse.Namespace) -> sl.Dataset:
    """Load the images to train on; refuse to change those of a named set."""
    if not is_folder(options.data) and (options.image_size or options.color):
        raise ValueError(
            f"--image-size and --color are for a folder of images, and {options.data} is a set "
            "whose images have their own size and colours. Leave these options out."
        )
    size = options.image_size or _IMAGE_SIZE
    return load(options.data, (size, size), options.color or "rgb")


def _compiled(tower: keras.Model, options: argparse.Namespace) -> keras.Model:
    """Return the model to train, the tower alone or a pair of it, with its loss and optimizer."""
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
    """Return the batches of a whole training, cut into Keras epochs of equal length."""
    kind = sl.PairSampler if options.pairs == "random" else sl.BalancedBatchSampler
    return sl.ImageBatches(
        images,
        kind(images.labels, options.batch_size, options.seed),
        steps=_epoch_length(options.train_iter),
        augment=sl.RandomShift(options.shift) if options.shift else None,
    )


def _epoch_length(steps: int, at_most: int = 100) -> int:
    """Steps of one Keras epoch: a divisor of all steps. After each, TensorBoard gets histograms."""
    divisors = [n for n in range(10, at_most + 1) if steps % n == 0]
    return max(divisors, default=steps)


def _log(out: Path, options: argparse.Namespace) -> list[keras.callbacks.Callback]:
    """Return the callback that writes the TensorBoard log, if one is wanted."""
    if options.no_tensorboard:
        return []
    log = out / "tensorboard"
    if not options.resume:
        shutil.rmtree(log, ignore_errors=True)  # of the run that is replaced
    return [sl.tensorboard(log)]
