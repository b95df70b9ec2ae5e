"""What the commands of the terminal share: options, and the images that these name."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import TypeAlias

import siamese_lib as sl
from siamese_lib.data.catalogue import KNOWN_SETS

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_data(
    group: argparse._ActionsContainer, what: str, *, after: str, default: str | None = None
) -> None:
    """Add ``--data``: a named set or a folder."""
    group.add_argument(
        "--data",
        "--model",
        dest="data",
        default=default,
        metavar="NAME",
        help=f"{what}: mnist, fashion_mnist, or a folder with one sub-folder of images per class; "
        f"--model is the original's name for this ({after})",
    )


def load(name: str, image_size: tuple[int, int], color: str) -> sl.Dataset:
    """Load a named set as it is, or a folder of images at this size (height, width) and colour."""
    if not is_folder(name):
        return sl.load_dataset(name)
    data = sl.load_folder(name, image_size=image_size, color=color)
    print(data)
    return data


def load_for_run(run: sl.Run, name: str | None, folder: Path | None) -> sl.Dataset:
    """Load the images that a run was trained on, or others by name, as the run takes them."""
    name = name or run.settings.get("data")
    if name is None:
        raise ValueError(f"{folder} does not say what it was trained on: give --data.")
    height, width, channels = run.image_shape
    return load(name, (height, width), "grayscale" if channels == 1 else "rgb")


def is_folder(name: str) -> bool:
    """Whether a path is meant: it has a slash, or it exists and no known set has that name."""
    return os.sep in name or (name not in KNOWN_SETS and Path(name).is_dir())


def lasting_name(name: str) -> str:
    """Return the name that finds the same images from any working directory."""
    return str(Path(name).resolve()) if is_folder(name) else name


def positive(text: str) -> int:
    """Read a whole number from 1 up."""
    return _whole(text, at_least=1)


def count(text: str) -> int:
    """Read a whole number from 0 up."""
    return _whole(text, at_least=0)


def _whole(text: str, at_least: int) -> int:
    number = int(text)
    if number < at_least:
        raise argparse.ArgumentTypeError(f"must be at least {at_least}, got {number}")
    return number


def above_zero(text: str) -> float:
    """Read a number above 0."""
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text}")
    return number
