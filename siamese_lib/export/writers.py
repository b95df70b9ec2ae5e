"""What leaves the notebook: a page in one file, a moving picture, files for TensorBoard.

Each shows a run's film of test images; the page also looks up their nearest training images.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import Dataset, Split
from siamese_lib.export.moving_pictures import SUFFIXES, Drawing, ffmpeg, moving_picture
from siamese_lib.export.page import packed, page
from siamese_lib.export.projector import projector_files
from siamese_lib.files import write_atomically
from siamese_lib.images import at_most, checked_images
from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K
from siamese_lib.metrics.precision import knn_accuracy, precision_at_k
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery
from siamese_lib.search.vectors import METRICS
from siamese_lib.views.film import Film, as_film

if TYPE_CHECKING:
    from siamese_lib.views.embedding_view import EmbeddingView

_IMAGES = 10_000
_MOST_NEIGHBOURS = 50
_THUMBNAIL = 48  # pixels


def export_html(
    run: Run,
    digits: Dataset,
    path: str | os.PathLike[str],
    *,
    film: Film | EmbeddingView | None = None,
    images: int = _IMAGES,
    gallery: int = GALLERY_IMAGES,
    k: int = HEADLINE_K,
    metric: str = "euclidean",
    title: str | None = None,
    playing: bool = True,
    thumbnail: int = _THUMBNAIL,
) -> Path:
    """Write a page in one file: the film of a run, and the nearest training images of any image.

    The page needs no kernel, no server and no network: it opens from disk, in Chromium from
    version 80 and Firefox from 113, and may be sent as it is. It computes distances itself, from
    the embeddings of the last frame in full precision, and finds what `Gallery` finds. With 10,000
    digits on both sides, 40 frames and two dimensions the file has about 8 MB.

    Args:
        run: the training to show.
        digits: test images for the film and the questions, training images to find.
        path: of the file, ending in ``.html``. A file that is there is replaced, all or nothing.
        film: a film to show in place of that of the first test images, with labels and images, such
            as ``run.film(images, labels, class_names=digits.class_names, extra=drawn)``. A run that
            kept only its last frame shows the film recorded with it, if it has one.
        images: how many test images at most.
        gallery: how many training images at most, the first ones.
        k: neighbours to show at first, up to 50.
        metric: to begin with, "euclidean" or "cosine".
        title: of the page.
        playing: play the film when the page opens.
        thumbnail: pixels of a side of an image at most. Images are kept exactly if they deflate
            below 3.5 MB, else compressed.

    Returns:
        The path.

    Raises:
        ValueError: another suffix, no images, images of another shape than the run's, a film
            without labels or images or with other classes than `digits`, or numbers out of range.
    """
    path = _checked_path(path, (".html", ".htm"))
    whole_number("thumbnail", thumbnail, 8)
    if metric not in METRICS:
        raise ValueError(f"metric must be {' or '.join(map(repr, METRICS))}, got {metric!r}.")
    found = slice(whole_number("gallery", gallery, 1))
    found_images, found_labels = digits.train.images[found], digits.train.labels[found]
    most = min(len(found_labels), _MOST_NEIGHBOURS)
    if not most:
        raise ValueError(f"{digits.name} has no training images to find: add some.")
    if whole_number("k", k, 1) > most:
        raise ValueError(f"k must be from 1 to {most}, got {k}.")
    shown, classes = _film(run, digits, film, whole_number("images", images, 1))
    if shown.images is None:
        raise ValueError("film must have images: they are what the page asks about.")
    vectors, queries = run.embed(found_images), run.embed(shown.images)
    angles = bool(vectors.any(axis=1).all() and queries.any(axis=1).all())
    if metric == "cosine" and not angles:
        raise ValueError("metric must be 'euclidean': an embedding is all zeros, without an angle.")
    data = {
        "view": shown.payload(images=False),
        "images": packed(at_most(shown.images, thumbnail)),
        "queries": queries.astype("<f4").tobytes(),
        "gallery": {
            "images": packed(at_most(checked_images(found_images), thumbnail)),
            "embeddings": vectors.astype("<f4").tobytes(),
            "labels": found_labels.astype("<u2").tobytes(),
        },
        "dim": run.embedding_dim,
        "classes": len(digits.class_names),
        "k": k,
        "metric": metric,
        "cosine": angles,
        "playing": playing,
        "facts": _facts(run, digits, vectors, found_labels, queries, classes),
    }
    title = f"{digits.name} embedded in {run.embedding_dim} dimensions" if title is None else title
    write_atomically(path, page(title, data, shown.still()))
    return path


def export_gif(
    run: Run,
    digits: Dataset,
    path: str | os.PathLike[str],
    *,
    film: Film | EmbeddingView | None = None,
    images: int = 2_000,
    size: int = 440,
    seconds: float = 5.0,
    fps: int | None = None,
    dark: bool = True,
) -> Path:
    """Draw the film of a run as a moving picture: a GIF, or a WebP or an MP4 by the suffix.

    Args:
        run: the training to show.
        digits: test images, of which the first are shown.
        path: of the file, ending in ``.gif``, ``.webp``, or ``.mp4``, which needs ffmpeg, such
            as the package imageio-ffmpeg brings. A file that is there is replaced, all or nothing.
        film: another film to show, as for `export_html`; it need not have images.
        images: how many test images at most.
        size: of the picture's sides, in pixels.
        seconds: from the first frame to the last; both then stay a while.
        fps: pictures a second, moving smoothly through the frames. By default a GIF shows the
            frames as they are, a WebP 20 and an MP4 30 pictures a second.
        dark: on a dark ground, or a light one.

    Returns:
        The path.

    Raises:
        ValueError: another suffix, no test images, or numbers out of range.
        ImportError: an MP4 without ffmpeg.
        OSError: ffmpeg could not write it.
    """
    path = _checked_path(path, SUFFIXES)
    whole_number("size", size, 64)
    if fps is not None:
        whole_number("fps", fps, 1)
    if not 0 < seconds < 3600:
        raise ValueError(f"seconds must be above 0 and below an hour, got {seconds}.")
    if path.suffix.lower() == ".mp4":
        ffmpeg()  # to say now, not after embedding, that there is none
    shown, classes = _film(run, digits, film, whole_number("images", images, 1))
    drawn = Drawing(shown, classes, size, dark)
    write_atomically(path, moving_picture(drawn, path.suffix.lower(), seconds, fps))
    return path


def export_projector(
    run: Run,
    digits: Dataset,
    folder: str | os.PathLike[str],
    *,
    images: int = _IMAGES,
    frame: int = -1,
) -> Path:
    """Write embeddings of test images for TensorBoard's projector, with a picture for each point.

    ``tensorboard --logdir FOLDER`` then shows them in 3-D, by PCA, t-SNE or UMAP, and searches
    neighbours. The folder gets ``embeddings.tsv``, ``metadata.tsv`` (class and index),
    ``sprite.png`` and ``projector_config.pbtxt``.

    Args:
        run: the training whose embeddings to write.
        digits: test images, of which the first are written.
        folder: made if missing; files of these names are replaced, others stay.
        images: how many test images at most.
        frame: index into ``run.steps``; -1 is the last.

    Returns:
        The folder.

    Raises:
        ValueError: no test images, of another shape than the run's, or too many for a sprite of
            8,192 pixels a side.
        IndexError: there is no such frame.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; the projector's files need a folder.")
    shown = _first(digits, whole_number("images", images, 1))
    embeddings = run.embed(shown.images, frame)
    names = [digits.class_names[label] for label in shown.labels]
    files = projector_files(embeddings, names, checked_images(shown.images))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():  # the configuration last: it names the others
        write_atomically(folder / name, content)
    return folder


def _film(
    run: Run, digits: Dataset, given: Film | EmbeddingView | None, count: int
) -> tuple[Film, np.ndarray]:
    """Return the film to show and the class of each of its points, (N,), as `digits` numbers it."""
    names = list(digits.class_names)
    film = _recorded(run, names) if given is None else as_film(given)
    if film is None:
        shown = _first(digits, count)
        film = run.make_film(shown.images, shown.labels, class_names=names)
    classes = film.classes
    if classes.numbers is None or not film.frames.size:
        raise ValueError(f"film must have points with labels, got {given!r}.")
    if classes.names[: len(names)] != names:
        raise ValueError(
            f"film has the classes {classes.names[:12]}, and {digits.name} has {names[:12]}. Make "
            "the film with class_names=digits.class_names."
        )
    return film, classes.numbers


def _recorded(run: Run, names: Sequence[str]) -> Film | None:
    """Return the film recorded with a run that kept one frame only, if it is of these classes."""
    film = run.recorded if len(run) == 1 else None
    return film if film is not None and film.classes.names == names else None


def _first(digits: Dataset, count: int) -> Split:
    if not len(digits.test):
        raise ValueError(f"{digits.name} has no test images to show: add some.")
    return Split(digits.test.images[:count], digits.test.labels[:count])


def _facts(
    run: Run,
    digits: Dataset,
    vectors: np.ndarray,
    found_labels: np.ndarray,
    queries: np.ndarray,
    classes: np.ndarray,
) -> str:
    """Say what the page shows, and how well the images it asks about are answered."""
    known = classes < len(digits.class_names)
    words = [
        f"{len(queries):,} test images",
        f"{len(vectors):,} training images to find",
        f"{run.steps[-1]:,} training steps",
    ]
    if known.any() and len(vectors) >= HEADLINE_K:
        found, _ = Gallery(vectors).nearest(queries[known], HEADLINE_K)
        labels, asked = found_labels[found], classes[known]
        right, won = precision_at_k(labels, asked), knn_accuracy(labels, asked)
        words += [f"{right:.1%} of the {HEADLINE_K} nearest are right, {won:.1%} of the votes"]
    return " · ".join(words)


def _checked_path(path: str | os.PathLike[str], suffixes: Sequence[str]) -> Path:
    """Return the path of a file to write, its folder made; ValueError for another suffix."""
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"path must end in {' or '.join(suffixes)}, got {str(path)!r}.")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give the name of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
