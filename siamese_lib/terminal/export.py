"""``siamese export``: write a run as files to share."""

from __future__ import annotations

import argparse
from pathlib import Path

import siamese_lib as sl
from siamese_lib.data.parts import part_of
from siamese_lib.export.export_run import MOST_DRAWN, MOST_IMAGES
from siamese_lib.files import size_in_words
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.terminal.options import (
    Commands,
    add_data,
    add_tower,
    load_for_run,
    load_run,
    not_empty,
    path,
    positive,
)
from siamese_lib.terminal.outcome import explained, told
from siamese_lib.texts import printable

_DESCRIPTION = """Write a finished run as files to share. The suffix of each name chooses what is
written: .html is a page that plays the film and finds the nearest training images of any test
image; .gif, .webp and .mp4 are moving pictures (.mp4 needs ffmpeg: pip install imageio-ffmpeg). A
name without a suffix, or one that ends in a slash, is a folder of files for TensorBoard's
projector. What cannot be written does not stop the others; the exit status is then 2."""
_KINDS = {
    "": "folder", ".html": "page", ".htm": "page",
    ".gif": "picture", ".webp": "picture", ".mp4": "picture",
}  # fmt: skip


def add_parser(commands: Commands) -> None:
    """Add this command to the terminal's commands."""
    parser = commands.add_parser(
        "export",
        help="write a run as a page, a moving picture, or TensorBoard projector files",
        description=_DESCRIPTION,
        epilog="For example: siamese export runs/mnist-2d film.html film.gif",
    )
    parser.add_argument("run", type=path, metavar="RUN", help="folder of the run")
    parser.add_argument("out", nargs="+", type=_target, metavar="OUT", help="what to write")
    parser.add_argument(
        "--images",
        type=positive,
        metavar="N",
        help="show up to N test images (default: 10000; in a moving picture 2000)",
    )
    parser.add_argument(
        "--gallery",
        type=positive,
        metavar="N",
        help="let the page search up to N training images (default: 10000)",
    )
    parser.add_argument("--title", metavar="TEXT", help="title of the page")
    add_data(parser, "images to show", after="default: those the run was trained on")
    add_tower(parser, "the tower, for a run whose tower has code of its own")
    parser.set_defaults(job=export)


def export(options: argparse.Namespace) -> int:
    """Write each file, print its name, and return the exit status."""
    images = {} if options.images is None else {"images": options.images}
    page = {"gallery": options.gallery, "title": options.title}
    page = {name: value for name, value in page.items() if value is not None}
    if page and not any(kind == "page" for kind, _ in options.out):
        raise ValueError(
            "--gallery and --title were given without a page; expected a name that ends in .html. "
            "Add one, or leave these options out."
        )
    run = load_run(options.run, options.tower)
    print(run)
    data = load_for_run(run, options.data, options.run)
    if options.gallery is not None:
        page["k"] = min(HEADLINE_K, options.gallery)  # as many as there are to find
    failed = []
    for kind, out in options.out:
        try:
            if kind == "page":
                made = sl.export_html(run, data, out, **images, **page)
            elif kind == "picture":
                made = sl.export_gif(run, data, out, **images)
            else:
                made = sl.export_projector(run, data, out, **images)
        except Exception as error:  # the other files can be written all the same
            failed.append(f"{printable(out)}: {explained(error)}")
            continue
        words = f"wrote {printable(made)}{_size(made)}"
        print(words + _drawn(run, data, kind, options.images), flush=True)
    return told("export", failed)


def _target(out: str) -> tuple[str, str]:
    """Return the kind of file that a name asks for, and the name."""
    suffix = "" if not_empty(out).endswith(("/", "\\")) else Path(out).suffix.lower()
    if suffix not in _KINDS:
        raise argparse.ArgumentTypeError(
            f"got {out!r}; expected a name that ends in .html, .gif, .webp or .mp4, or the name of "
            "a folder, which may end in a slash"
        )
    return _KINDS[suffix], out


def _drawn(run: sl.Run, data: sl.Dataset, kind: str, images: int | None) -> str:
    """Say which test images a file shows, if they were drawn. A page says it itself."""
    if kind == "page" or (kind == "picture" and len(run) == 1 and run.recorded is not None):
        return ""
    most = images or (MOST_DRAWN if kind == "picture" else MOST_IMAGES)
    part = part_of(data.test.labels, most)
    return f"; it shows {part.words('test images')}" if part.drawn else ""


def _size(path: Path) -> str:
    if path.is_dir():
        return f"; open it with `tensorboard --logdir {printable(path)}`"
    return f" ({size_in_words(path)})"
