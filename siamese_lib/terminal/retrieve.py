"""``siamese retrieve``: find the training images nearest to images in files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import siamese_lib as sl
from siamese_lib.data.handwriting import from_file
from siamese_lib.data.image_folders import MODES, read_image
from siamese_lib.images import LETTERS, NAME_WIDTH, draw_neighbours
from siamese_lib.lettering import short_names
from siamese_lib.search.vectors import METRICS
from siamese_lib.terminal.options import Commands, add_data, load_for_run, positive


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "retrieve",
        help="find the training images nearest to yours",
        description="Print the nearest training images for each file: their rank, index, label, "
        "and the distance between the embeddings.",
        epilog="For example: siamese retrieve --handwriting seven.jpg",
    )
    add = parser.add_argument
    add("images", nargs="+", type=Path, metavar="IMAGE", help="image file")
    add(
        "--run",
        type=Path,
        metavar="RUN",
        help="folder of the run (default: the run on MNIST that comes with the package)",
    )
    add_data(parser, "training images to search", after="default: those the run was trained on")
    add(
        "--neighbours",
        type=positive,
        default=7,
        metavar="K",
        help="number of training images to find (default: %(default)s)",
    )
    add(
        "--metric",
        choices=METRICS,
        default=METRICS[0],
        help="distance between embeddings (default: %(default)s)",
    )
    prepared = parser.add_mutually_exclusive_group()
    prepared.add_argument(
        "--handwriting",
        action="store_true",
        help="crop the picture to what is drawn, then scale and centre it as MNIST's digits were, "
        "light on dark (default: scale the whole picture to fit)",
    )
    prepared.add_argument("--invert", action="store_true", help="swap dark and light first")
    add(
        "--picture",
        type=Path,
        metavar="FILE",
        help="also draw each image and what was found, in an image file such as found.png",
    )
    parser.set_defaults(job=retrieve)


def retrieve(options: argparse.Namespace) -> int:
    """Print the nearest images, draw them if asked to, and return the exit status."""
    if options.picture is not None:
        _check_picture(options.picture)
    run = sl.shipped_run() if options.run is None else sl.Run.load(options.run)
    if options.handwriting:
        queries = read_handwriting(options.images, run.image_shape)
    else:
        queries = read_images(options.images, run.image_shape, invert=options.invert)
    data = load_for_run(run, options.data, options.run)
    # A saved run stores these embeddings, so that the next search does not wait for them.
    embeddings = run.embed_once(data.train.images, what="training images")
    gallery = sl.Gallery(embeddings, options.metric)
    indices, distances = gallery.nearest(run.embed(queries), options.neighbours)
    labels = np.array(data.class_names)[data.train.labels[indices]]
    for file, *answer in zip(options.images, indices, labels, distances, strict=True):
        print(f"\n{file}\n{table(*answer)}")
    if options.picture is not None:
        short = np.array(short_names(data.class_names, LETTERS, NAME_WIDTH))
        captions = [
            [f"{label}  {distance:.2g}" for label, distance in zip(*row, strict=True)]
            for row in zip(short[data.train.labels[indices]], distances, strict=True)
        ]
        names = [file.name for file in options.images]
        picture = draw_neighbours(queries, names, data.train.images[indices], captions)
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        picture.save(options.picture)
        print(f"\nwrote {options.picture}")
    return 0


def read_images(
    files: Sequence[Path], image_shape: tuple[int, int, int], *, invert: bool = False
) -> np.ndarray:
    """Read image files, scaled to fit and centred.

    Args:
        files: N paths.
        image_shape: height, width and channels (H, W, C) of the result.
        invert: swap dark and light.

    Returns:
        uint8 (N, H, W, C).

    Raises:
        ValueError: a file does not exist, or cannot be read as an image.
    """
    height, width, channels = image_shape
    mode = MODES["grayscale" if channels == 1 else "rgb"]
    images = []
    for file in files:
        _check_file(file)
        try:
            images.append(read_image(file, (height, width), mode))
        except Exception as error:  # on bad files, Pillow's readers raise errors of any type
            raise ValueError(
                f"{file} is not an image that can be read ({error}). Save it as a PNG or JPEG."
            ) from error
    return 255 - np.stack(images) if invert else np.stack(images)


def read_handwriting(files: Sequence[Path], image_shape: tuple[int, int, int]) -> np.ndarray:
    """Read image files as the explorer's upload does, and print what was done to each.

    Args:
        files: N paths.
        image_shape: height, width and channels (H, W, C) of the result.

    Returns:
        uint8 (N, H, W, C).

    Raises:
        ValueError: a file does not exist, or cannot be read as a picture of something drawn.
    """
    images = []
    for file in files:
        _check_file(file)
        try:
            image, done = from_file(file.read_bytes(), image_shape)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None
        print(f"{file}: {done}")
        images.append(image)
    return np.stack(images)


def _check_file(file: Path) -> None:
    if not file.is_file():
        found = "is a folder" if file.exists() else "does not exist"
        raise ValueError(f"{file} {found}; expected an image file. Check the path.")


def table(indices: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> str:
    """Write the training images nearest to one image as a table of text.

    Args:
        indices: int (k,), of the training images.
        labels: str (k,).
        distances: float (k,).
    """
    wide = max(5, *(len(label) for label in labels.tolist()))
    lines = [f"rank   index  {'label':>{wide}}  distance"]
    rows = zip(indices, labels, distances, strict=True)
    for rank, (index, label, distance) in enumerate(rows, 1):
        lines.append(f"{rank:4}  {index:6}  {label:>{wide}}  {distance:8.3g}")
    return "\n".join(lines)


def _check_picture(path: Path) -> None:
    if path.suffix.lower() not in Image.registered_extensions():
        raise ValueError(
            f"--picture is {path}; expected the name of an image file, such as found.png."
        )
