"""``siamese retrieve``: find the training images nearest to images in files."""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import siamese_lib as sl
from siamese_lib.data.copies import finds_itself, same_images
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.handwriting import like_mnist
from siamese_lib.data.queries import read_query
from siamese_lib.data.reading import PictureError
from siamese_lib.images import LETTERS, NAME_WIDTH, draw_neighbours
from siamese_lib.lettering import short_names
from siamese_lib.search.vectors import METRICS
from siamese_lib.terminal.options import (
    Commands,
    add_data,
    add_tower,
    load_for_run,
    load_run,
    path,
    positive,
)
from siamese_lib.texts import printable, shortened


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "retrieve",
        help="find the training images nearest to yours",
        description="Print the nearest training images for each file: their rank, index, label, "
        "file if they are from a folder, and the distance between the embeddings.",
        epilog="For example: siamese retrieve --handwriting seven.jpg",
    )
    add = parser.add_argument
    add("images", nargs="+", type=path, metavar="IMAGE", help="image file")
    add(
        "--run",
        type=path,
        metavar="RUN",
        help="folder of the run (default: the run on MNIST that comes with the package)",
    )
    add_data(parser, "training images to search", after="default: those the run was trained on")
    add_tower(parser, "the tower, for a run whose tower has code of its own")
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
        action=argparse.BooleanOptionalAction,
        help="crop the picture to what is drawn, then scale and centre it as MNIST's digits were, "
        "light on dark; or read the whole picture, scaled to fit, as a folder's are (default: the "
        "first if the training images look as MNIST's digits do)",
    )
    prepared.add_argument("--invert", action="store_true", help="swap dark and light first")
    add(
        "--picture",
        type=path,
        metavar="FILE",
        help="also draw each image and what was found, in an image file such as found.png",
    )
    parser.set_defaults(job=retrieve)


def retrieve(options: argparse.Namespace) -> int:
    """Print the nearest images, draw them if asked to, and return the exit status."""
    if options.picture is not None:
        _check_picture(options.picture)
    if options.run is None and options.tower is not None:
        raise ValueError(
            "--tower was given without --run; expected both. Add --run, or leave it out."
        )
    run = sl.shipped_run() if options.run is None else load_run(options.run, options.tower)
    for file in options.images:
        _check_file(file)
    data = load_for_run(run, options.data, options.run)
    known = fingerprints(data.train.images)
    queries, notes = _read(options, run.image_shape, data, known)
    # A saved run stores these embeddings, so that the next search does not wait for them.
    embeddings = run.embed_once(data.train.images, what="training images")
    gallery = sl.Gallery(embeddings, options.metric)
    indices, distances = gallery.nearest(run.embed(queries), options.neighbours)
    names = np.array([shortened(name) for name in data.class_names])
    labels = names[data.train.labels[indices]]
    themselves = known_queries(run, queries, known)
    answers = zip(options.images, notes, themselves, indices, labels, distances, strict=True)
    known_files = data.train.files or ()
    if known_files:
        print(f"The files found are in {printable(data.root)}{os.sep}.")
    for file, note, same, found, kinds, away in answers:
        files = [printable(known_files[index]) for index in found] if known_files else ()
        print(f"\n{printable(file)}\n{note}{table(found, kinds, away, files)}{same}")
    if options.picture is not None:
        short = np.array(short_names(data.class_names, LETTERS, NAME_WIDTH))
        captions = [
            [f"{label}  {distance:.2g}" for label, distance in zip(*row, strict=True)]
            for row in zip(short[data.train.labels[indices]], distances, strict=True)
        ]
        names = [printable(file.name) for file in options.images]
        picture = draw_neighbours(queries, names, data.train.images[indices], captions)
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        picture.save(options.picture)
        print(f"\nwrote {printable(options.picture)}")
    return 0


def known_queries(run: sl.Run, queries: np.ndarray, known: np.ndarray) -> list[str]:
    """Say of each query whether it is one of the images searched, or was trained on; else "".

    Args:
        run: embeds them.
        queries: images (Q, H, W, C).
        known: `fingerprints` of the training images to search.
    """
    trained = run.was_trained_on(queries)
    trained = np.zeros(len(queries), bool) if trained is None else trained
    notes = []
    for same, seen in zip(same_images(queries, known), trained, strict=True):
        words = finds_itself(same) or ("The run was trained on this picture." if seen else "")
        notes.append(f"\n{words}" if words else "")
    return notes


def _read(
    options: argparse.Namespace,
    image_shape: tuple[int, int, int],
    data: sl.Dataset,
    known: np.ndarray,
) -> tuple[np.ndarray, list[str]]:
    """Read the image files, and print how each was prepared if it was.

    Returns:
        The images, uint8 (N, H, W, C), and for each a line that says how it was read, or "".

    Raises:
        ValueError: a file cannot be read as an image, or not as a picture of something drawn.
    """
    asked = options.handwriting
    prepare = like_mnist(data.train.images) and not options.invert if asked is None else asked
    images, notes = [], []
    for file in options.images:
        name = printable(file)
        try:
            image, done = read_query(file, image_shape, prepare=prepare, known=known)
        except PictureError as error:
            raise ValueError(
                f"{name} is not an image that can be read ({error}). Save it as a PNG or JPEG."
            ) from error
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        if prepare:
            print(f"{name}: {done}")
        swapped = ", dark and light swapped" if options.invert else ""
        notes.append("" if prepare else f"{done}{swapped}\n")
        images.append(255 - image if options.invert else image)
    return np.stack(images), notes


def _check_file(file: Path) -> None:
    if not file.is_file():
        found = "is a folder" if file.exists() else "does not exist"
        raise ValueError(f"{printable(file)} {found}; expected an image file. Check the path.")


def table(
    indices: np.ndarray, labels: np.ndarray, distances: np.ndarray, files: Sequence[str] = ()
) -> str:
    """Write the training images nearest to one image as a table of text.

    Args:
        indices: int (k,), of the training images.
        labels: str (k,).
        distances: float (k,).
        files: their names (k,); none if they are not known.
    """
    wide = max(5, *(len(label) for label in labels.tolist()))
    names = ["file", *files] if files else [""] * (1 + len(indices))
    names = [f"  {name:{max(map(len, names))}}" if files else "" for name in names]
    lines = [f"rank   index  {'label':>{wide}}{names[0]}  distance"]
    rows = zip(indices, labels, names[1:], distances, strict=True)
    for rank, (index, label, name, distance) in enumerate(rows, 1):
        lines.append(f"{rank:4}  {index:6}  {label:>{wide}}{name}  {distance:8.3g}")
    return "\n".join(lines)


def _check_picture(file: Path) -> None:
    """Check that Pillow writes files of this name; some kinds it only reads, or knows by name."""
    try:
        kind = Image.registered_extensions()[file.suffix.lower()]
        Image.new("RGB", (8, 8)).save(io.BytesIO(), kind)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"--picture is {printable(file)}; expected the name of an image file that can be "
            "written, such as found.png."
        ) from None
