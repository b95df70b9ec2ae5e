"""``siamese report``: turn a folder of images into one page with a verdict."""

from __future__ import annotations

import argparse

import siamese_lib as sl
from siamese_lib.terminal.options import (
    Commands,
    above_zero,
    is_folder,
    named_set,
    not_empty,
    path,
    positive,
)
from siamese_lib.training.choices import FOLDER_SIZE

_DESCRIPTION = """Train on a folder of images, and write a page that says whether that was worth it:
the trained tower next to what is free, on images and on classes that it never saw; pictures that
are there twice and labels that may be wrong; a threshold for "same or different"; the film, and a
search whose answers open their files. Called again, it does not repeat what is finished."""


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "report",
        help="turn a folder of images into one page with a verdict",
        description=_DESCRIPTION,
        epilog="For example: siamese report photos/ report.html",
    )
    parser.add_argument(
        "data",
        type=not_empty,
        metavar="DATA",
        help="a folder with one sub-folder of images per class, or mnist",
    )
    parser.add_argument("out", type=path, metavar="PAGE", help="the page, ending in .html")
    parser.add_argument(
        "--minutes",
        type=above_zero,
        default=5.0,
        metavar="N",
        help="about how long it may take (default: %(default)g)",
    )
    parser.add_argument(
        "--image-size",
        type=positive,
        default=FOLDER_SIZE,
        metavar="N",
        help="scale a folder's images to N by N pixels (default: %(default)s)",
    )
    parser.add_argument(
        "--color",
        choices=("rgb", "grayscale"),
        default="rgb",
        help="keep the colours of a folder's images, or turn them grey (default: %(default)s)",
    )
    parser.add_argument(
        "--false-accept",
        type=above_zero,
        default=0.01,
        metavar="SHARE",
        help="the share of different pairs that the threshold may call same (default: %(default)g)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of all that is random (default: 0)"
    )
    parser.set_defaults(job=report)


def report(options: argparse.Namespace) -> int:
    """Write the report, and return the exit status."""
    sl.report(
        options.data if is_folder(options.data) else named_set(options.data),
        options.out,
        image_size=options.image_size,
        color=options.color,
        minutes=options.minutes,
        false_accept=options.false_accept,
        seed=options.seed,
    )
    return 0
