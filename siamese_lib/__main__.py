"""``siamese``, or ``python -m siamese_lib``: the same jobs in a terminal, without a notebook."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from siamese_lib.terminal import evaluate, export, report, retrieve, train_options
from siamese_lib.terminal.outcome import status_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of the terminal.

    Args:
        arguments: the words after the program's name; by default those it was started with.

    Returns:
        The exit status: 0 for success, 1 for a training that taught nothing, 2 for bad input or a
        failure, 130 or 143 if it was interrupted.
    """
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        words, prog = " ".join(unknown), options.parser.prog
        options.parser.error(f"unrecognized arguments: {words} (see {prog} --help)")
    return status_of(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "siamese",
        description="Train a siamese network and see how well it finds similar images.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (train_options, evaluate, retrieve, export, report):
        command.add_parser(commands)
    for command in commands.choices.values():
        command.set_defaults(parser=command)  # which has the usage of its own options
    return parser


if __name__ == "__main__":
    sys.exit(main())
