"""The options of ``siamese train``, read without Keras, so that its help is shown at once."""

from __future__ import annotations

import argparse

from siamese_lib.terminal.options import (
    OWN_TOWER,
    Commands,
    above_zero,
    add_data,
    count,
    is_own,
    path,
    positive,
)
from siamese_lib.training.choices import FOLDER_SIZE, LOSSES, PAIRS, TOWERS


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "train",
        help="train a tower, save the run, and measure it",
        description="Train a tower, save it as a run, and print precision@7 and kNN accuracy for "
        "the test images. Ctrl-C stops the training early and still saves the run.",
        epilog="For example: siamese train --data photos/ --stop-early",
    )
    add_options(parser)
    parser.set_defaults(job=_train)


def _train(options: argparse.Namespace) -> int:
    from siamese_lib.terminal.train import train  # waits for Keras, which takes seconds

    return train(options)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add all options, in groups."""
    _add_images(parser.add_argument_group("images"))
    _add_network(parser.add_argument_group("tower and loss"))
    _add_training(parser.add_argument_group("training"))
    _add_output(parser.add_argument_group("output"))


def _tower_name(name: str) -> str:
    """Check the name of a tower: of the library's own, or module:function."""
    if name not in TOWERS and not is_own(name):
        raise argparse.ArgumentTypeError(f"got {name!r}; expected conv, photo or MODULE:FUNCTION")
    return name


def _add_images(group: argparse._ArgumentGroup) -> None:
    add_data(group, "images to train on", after="default: mnist")
    group.add_argument(
        "--image-size",
        type=positive,
        metavar="N",
        help=f"scale a folder's images to N by N pixels (default: {FOLDER_SIZE})",
    )
    group.add_argument(
        "--color",
        choices=("rgb", "grayscale"),
        help="keep the colours of a folder's images, or turn them grey (default: rgb)",
    )
    group.add_argument(
        "--on-disk",
        action="store_true",
        help="leave a folder's images on disk, in the cache, for a folder larger than memory",
    )
    group.add_argument(
        "--shift",
        type=count,
        default=0,
        metavar="PIXELS",
        help="move each image at random by up to PIXELS, differently each time it is trained on "
        "(default: %(default)s, which moves none)",
    )
    group.add_argument(
        "--distort",
        choices=("none", "affine", "elastic", "photo"),
        help="distort each image at random, differently each time: affine turns, stretches and "
        "slants it a little; elastic bends it, too; photo crops it, mirrors it and changes its "
        "colours (default: what suits the images, unless --shift is given)",
    )
    group.add_argument(
        "--no-flip", action="store_true", help="let --distort photo mirror no image, as for letters"
    )


def _add_network(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--tower",
        metavar="TOWER",
        type=_tower_name,
        help="conv is the original's, of five layers; photo is a small residual network; and "
        f"MODULE:FUNCTION is your own, {OWN_TOWER} (default: conv for digits, photo for all other "
        "images)",
    )
    group.add_argument(
        "--embedding-dim",
        type=positive,
        metavar="N",
        help="length of an embedding (default: 2 for digits, which can be drawn on a map; 16 for "
        "other small grey images; 128 for letters, for 3,000 pictures in colour and more, and for "
        "more than 500 classes of up to 8 images; 64 for all other pictures; that of your own)",
    )
    group.add_argument(
        "--loss",
        choices=LOSSES,
        help="contrastive, supervised and triplet compare images with each other; softmax compares "
        "them with a learned point for each class, a proxy (default: supervised, the supervised "
        "contrastive loss, for digits in 2 dimensions; triplet for hundreds of classes with few "
        "images; else softmax)",
    )
    group.add_argument(
        "--pairs",
        choices=PAIRS,
        default="in-batch",
        help="for the contrastive loss, compare all images of a batch with each other, or draw "
        "random pairs as the original program did (default: %(default)s)",
    )
    group.add_argument(
        "--margin",
        type=above_zero,
        metavar="D",
        help="distance up to which the contrastive loss pushes images of different classes apart; "
        "by how much the triplet loss wants them farther than those of one class; the other losses "
        "have none (default: 3 for digits in 2 dimensions with the contrastive loss, 0.2 where the "
        "triplet loss is the default, else 1)",
    )


def _add_training(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--train-iter",
        type=positive,
        metavar="N",
        help="training steps (default: 9000 of the conv tower for digits, and 5000 of the photo "
        "tower for other small grey images, which take up to 10 and 16 minutes on two cores; "
        "1000 for letters; 200 to 1500 for pictures, by the number of images)",
    )
    group.add_argument(
        "--batch-size",
        type=positive,
        metavar="N",
        help="images in a training step, or pairs with --pairs random (default: 128; 64 for "
        "pictures of up to 32 classes, unless they are 3,000 in colour; 64 for up to 300 steps on "
        "digits with the conv tower and the softmax loss, from 3 to 32 dimensions)",
    )
    group.add_argument(
        "--per-class",
        type=positive,
        metavar="K",
        help="images of each class in a training step, in which the classes then take turns "
        "(default: all classes in each step, or 4 images each where classes are many)",
    )
    group.add_argument(
        "--stop-early",
        action="store_true",
        help="hold out 15 %% of the training images, measure precision@7 on them every 25 steps, "
        "stop when 6 measurements bring no better one, and keep the best weights",
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
        type=path,
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
