"""``python -m siamese_lib evaluate``: precision@7 and kNN accuracy of a saved run."""

from __future__ import annotations

import argparse
from pathlib import Path

import siamese_lib as sl
from siamese_lib.terminal.options import Commands, add_data, load_for_run


def add_parser(commands: Commands) -> None:
    """Add the command to those of the terminal."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a saved run",
        description="Print precision@7 and kNN accuracy of a saved run: each test image is looked "
        "up among the first 10,000 training images.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    add_data(parser, "images to measure on", after="default: those it was trained on")
    parser.set_defaults(job=evaluate)


def evaluate(options: argparse.Namespace) -> int:
    """Measure the run, and print it; return the exit status."""
    run = sl.Run.load(options.run)
    print(run)
    data = load_for_run(run, options.data, options.run)
    print(sl.evaluate(run, data))
    return 0
