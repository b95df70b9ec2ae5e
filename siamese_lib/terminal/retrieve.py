"""``siamese retrieve``: find the training images nearest to images in files."""

from __future__ import annotations

import argparse
import io
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import siamese_lib as sl
from siamese_lib.data.copies import finds_itself, same_images
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.handwriting import like_mnist
from siamese_lib.data.paths import given_path
from siamese_lib.data.queries import in_color, read_query
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
from siamese_lib.terminal.outcome import told
from siamese_lib.texts import listed, located, printable, shortened


@dataclass(frozen=True, eq=False)
class _Query:
    """A picture that was read.

    Attributes:
        file: its path.
        image: uint8 (H, W, C).
        note: a line that says how it was read, or "".
    """

    file: Path
    image: np.ndarray
    note: str


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "retrieve",
        help="find the training images nearest to yours",
        description="Print the nearest training images for each file: their rank, index, label, "
        "file if they are from a folder, and the distance between the embeddings. A file that "
        "cannot be read does not stop the others; the exit status is then 2.",
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
    there, failed = _sorted_out(options.images)
    if there:
        if options.run is None:
            print(_default_run(run, options.data), flush=True)
        data = load_for_run(run, options.data, options.run)
        known = fingerprints(data.train.images)
        queries, unread = _read(there, options, run.image_shape, data, known)
        failed += unread
        if queries:
            _answer(queries, options, run, data, known)
    return told("retrieve", failed)


def _default_run(run: sl.Run, data: str | None) -> str:
    """Say what is searched if no run was named, and how to name one."""
    trained_on = run.settings["data"]
    searched = f"the handwritten digits of {trained_on}" if data is None else printable(data)
    return (
        f"No --run was given. This searches {searched}, with the run on {trained_on} that comes "
        "with the package. Name another one with --run, such as --run report_files/run after "
        "`siamese report photos/ report.html`."
    )


def _answer(
    queries: Sequence[_Query],
    options: argparse.Namespace,
    run: sl.Run,
    data: sl.Dataset,
    known: np.ndarray,
) -> None:
    """Print what is nearest to each query, and draw it if asked to."""
    images = np.stack([query.image for query in queries])
    # A saved run stores these embeddings, so that the next search does not wait for them.
    embeddings = run.embed_once(data.train.images, what="training images")
    gallery = sl.Gallery(embeddings, options.metric)
    indices, distances = gallery.nearest(run.embed(images), options.neighbours)
    names = np.array([shortened(name) for name in data.class_names])
    labels = names[data.train.labels[indices]]
    answers = zip(
        queries, known_queries(run, images, known), indices, labels, distances, strict=True
    )
    known_files = data.train.files or ()
    if known_files:
        print(f"The files found are in {printable(data.root)}{os.sep}.")
    for query, same, found, kinds, away in answers:
        files = [printable(known_files[index]) for index in found] if known_files else ()
        print(f"\n{printable(query.file)}\n{query.note}{table(found, kinds, away, files)}{same}")
    if options.picture is not None:
        short = np.array(short_names(data.class_names, LETTERS, NAME_WIDTH))
        captions = short[data.train.labels[indices]].tolist()
        names = [printable(query.file.name) for query in queries]
        found = data.train.images[indices]
        picture = draw_neighbours(images, names, found, captions, distances)
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        picture.save(options.picture)
        print(f"\nwrote {printable(options.picture)}")


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


def _sorted_out(files: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return the files that are there, and why each of the others is not one."""
    there, failed = [], []
    for given in files:
        try:
            file = given_path(given)
            if file.is_file():
                there.append(file)
            else:
                found = "is a folder" if file.is_dir() else "does not exist"
                failed.append(f"{located(file)} {found}; expected an image file. Check the path.")
        except ValueError as error:
            failed.append(str(error))
    return there, failed


def _read(
    files: Sequence[Path],
    options: argparse.Namespace,
    image_shape: tuple[int, int, int],
    data: sl.Dataset,
    known: np.ndarray,
) -> tuple[list[_Query], list[str]]:
    """Read the image files, and print how each was prepared if it was.

    It warns of colours, if a set of grey images is searched; a folder's images may have had some.

    Returns:
        Those that were read, and for each other file why it was not.
    """
    asked = options.handwriting
    prepare = like_mnist(data.train.images) and not options.invert if asked is None else asked
    grey = image_shape[2] == 1 and data.train.files is None
    queries, failed, colored = [], [], []
    for file in files:
        name = printable(file)
        try:
            image, done = read_query(file, image_shape, prepare=prepare, known=known)
            if grey and in_color(file):
                colored.append(name)
        except PictureError as error:
            failed.append(
                f"{located(file)} is not an image that can be read ({error}). Save it as a PNG or "
                "JPEG."
            )
            continue
        except ValueError as error:
            failed.append(f"{located(file)}: {error}")
            continue
        if prepare:
            print(f"{name}: {done}")
        swapped = ", dark and light swapped" if options.invert else ""
        note = "" if prepare else f"{done}{swapped}\n"
        queries.append(_Query(file, 255 - image if options.invert else image, note))
    if colored:
        warnings.warn(
            f"the images searched are grey, and so are those that this run was trained on. It does "
            f"not see the colours of {listed(colored)}.",
            stacklevel=2,
        )
    return queries, failed


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
