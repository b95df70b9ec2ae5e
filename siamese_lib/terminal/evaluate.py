"""``siamese evaluate``: print precision@7 and kNN accuracy of a saved run."""

from __future__ import annotations

import argparse

import siamese_lib as sl
from siamese_lib.terminal.options import Commands, add_data, add_tower, load_for_run, load_run, path


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a saved run",
        description="Print precision@7 and kNN accuracy of a saved run. Each test image is looked "
        "up among the first 10,000 training images. If these do not stand for all classes, 10,000 "
        "are drawn evenly over the classes.",
    )
    parser.add_argument("run", type=path, metavar="RUN", help="folder of the run")
    add_data(parser, "images to measure on", after="default: those the run was trained on")
    add_tower(parser, "the tower, for a run whose tower has code of its own")
    parser.set_defaults(job=evaluate)


def evaluate(options: argparse.Namespace) -> int:
    """Measure the run, print the result, and return the exit status."""
    run = load_run(options.run, options.tower)
    print(run)
    data = load_for_run(run, options.data, options.run)
    print(sl.evaluate(run, data))
    return 0
