"""Options that several commands share, and the loading of the images that they name."""

from __future__ import annotations

import argparse
import math
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import siamese_lib as sl
from siamese_lib.data.named_sets import UnknownSetError, is_known
from siamese_lib.network.any_tower import shapes_of
from siamese_lib.network.named_tower import named_tower
from siamese_lib.texts import located

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_data(group: argparse._ActionsContainer, what: str, *, after: str) -> None:
    """Add the option ``--data``, which names a data set or a folder.

    Args:
        group: a parser or a group of its arguments.
        what: what the images are for; the help begins with it.
        after: words in brackets, such as the default.
    """
    group.add_argument(
        "--data",
        "--model",
        dest="data",
        metavar="NAME",
        type=not_empty,
        help=f"{what}: mnist, fashion_mnist, letters, aeroplane, or a folder with one sub-folder "
        f"of images per class ({after}). The original program called this option --model.",
    )


OWN_TOWER = (
    "a function in a file of this folder or in an installed package, such as my_towers:deep. It "
    "gets the image shape (height, width, channels), and embedding_dim if it has that parameter, "
    "and returns a Keras model from images, 0 to 255, to vectors"
)


def add_tower(group: argparse._ActionsContainer, what: str) -> None:
    """Add the option ``--tower``, which names a function that makes a tower."""
    group.add_argument(
        "--tower",
        metavar="MODULE:FUNCTION",
        help=f"{what}: {OWN_TOWER}",
    )


def is_own(name: str | None) -> bool:
    """Return whether a tower is named as ``module:function``."""
    return name is not None and ":" in name


def tower_named(
    name: str, image_shape: tuple[int, int, int], embedding_dim: int | None
) -> keras.Model:
    """Make the tower that ``--tower`` names; ValueError if that fails."""
    _import_from_here()
    tower = named_tower(name, image_shape, embedding_dim)
    _, found = shapes_of(tower, image_shape, name)
    if embedding_dim not in (None, found):
        raise ValueError(
            f"--embedding-dim is {embedding_dim}, but {name} makes embeddings of {found} numbers. "
            "Leave the option out, or give the function a parameter embedding_dim."
        )
    return tower


def load_run(folder: Path, tower: str | None) -> sl.Run:
    """Load a run, with the tower that ``--tower`` names if it is given."""
    if tower is not None:
        _import_from_here()
    return sl.Run.load(folder, tower=tower)


def _import_from_here() -> None:
    """Let Python find modules in the working directory, as it does for ``python -m``."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def load(
    name: str, image_size: tuple[int, int], color: str, *, on_disk: bool = False
) -> sl.Dataset:
    """Load a named set, or a folder of images.

    Args:
        name: of the set, or path of the folder.
        image_size: height and width in pixels of a folder's images; a set keeps its own.
        color: "grayscale" or "rgb", for a folder's images; a set keeps its own.
        on_disk: whether a folder's images stay on disk.

    Raises:
        ValueError: there is no such set or folder.
    """
    if not is_folder(name):
        return named_set(name)
    data = sl.load_folder(name, image_size=image_size, color=color, on_disk=on_disk)
    print(data)
    return data


def named_set(name: str) -> sl.Dataset:
    """Load a named set; ValueError if there is none, nor a folder of this name."""
    try:
        return sl.load_dataset(name)
    except UnknownSetError as error:
        found = "is a file, not a folder" if Path(name).exists() else "does not exist"
        raise ValueError(f"{error} As a folder: {located(name)} {found}.") from error


def load_for_run(run: sl.Run, name: str | None, folder: Path | None) -> sl.Dataset:
    """Load images at the size and with the channels that a run expects.

    Those of a folder stay on disk if they did in the training.

    Args:
        run: the run that will embed the images.
        name: of a set or a folder; None for the images that the run was trained on.
        folder: of the run, for the error message.

    Raises:
        ValueError: no name was given and the run's settings have none, or no set or folder has it.
    """
    name = name or run.settings.get("data")
    if name is None:
        raise ValueError(
            f"{folder} does not say what it was trained on. Name the images with --data."
        )
    height, width, channels = run.image_shape
    color, on_disk = "grayscale" if channels == 1 else "rgb", bool(run.settings.get("on_disk"))
    return load(name, (height, width), color, on_disk=on_disk)


def is_folder(name: str) -> bool:
    """Return whether a name is a path: it has a slash, or is a folder's and not a known set's."""
    return os.sep in name or (not is_known(name) and Path(name).is_dir())


def lasting_name(name: str) -> str:
    """Return a name that stands for the same images in any working directory."""
    return str(Path(name).resolve()) if is_folder(name) else name


def not_empty(text: str) -> str:
    """Read the name of something; an empty one would mean the working folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a name")
    return text


def path(text: str) -> Path:
    """Read the path of a file or a folder, which is not empty."""
    return Path(not_empty(text))


def positive(text: str) -> int:
    """Read a whole number, 1 or more."""
    return _whole(text, at_least=1)


def count(text: str) -> int:
    """Read a whole number, 0 or more."""
    return _whole(text, at_least=0)


def _whole(text: str, at_least: int) -> int:
    with suppress(ValueError):
        number = int(text)
        if number >= at_least:
            return number
    raise argparse.ArgumentTypeError(f"got {text}; expected a whole number, {at_least} or more")


def above_zero(text: str) -> float:
    """Read a number above 0."""
    with suppress(ValueError):
        number = float(text)
        if 0 < number < math.inf:
            return number
    raise argparse.ArgumentTypeError(f"got {text}; expected a number above 0")
