"""Write a run as a page in one file, as a moving picture, or as files for TensorBoard.

The page and the moving picture show the run's film of test images. The page also finds their
nearest training images. TensorBoard's projector shows one frame.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.parts import Part, part_of
from siamese_lib.export.moving_pictures import SUFFIXES, Drawing, ffmpeg, moving_picture
from siamese_lib.export.page import checked_path, packed, page
from siamese_lib.export.page_facts import facts_of
from siamese_lib.export.page_network import drawing_of
from siamese_lib.export.projector import projector_files
from siamese_lib.files import write_atomically
from siamese_lib.images import shrunk_to
from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K
from siamese_lib.pixels import checked_images
from siamese_lib.runs.run import Run
from siamese_lib.search.vectors import METRICS
from siamese_lib.texts import located, printable
from siamese_lib.views.film import Film, as_film

if TYPE_CHECKING:
    from siamese_lib.views.embedding_view import EmbeddingView

MOST_IMAGES, MOST_DRAWN = 10_000, 2_000  # test images in a page, and in a moving picture
MOST_BYTES = 15_000_000  # of a page; more only if the weights of the last frame need them
_MOST_NEIGHBOURS = 50
_THUMBNAIL = 48  # pixels


def export_html(
    run: Run,
    digits: Dataset,
    path: str | os.PathLike[str],
    *,
    film: Film | EmbeddingView | None = None,
    images: int = MOST_IMAGES,
    gallery: int = GALLERY_IMAGES,
    k: int = HEADLINE_K,
    metric: str = "euclidean",
    title: str | None = None,
    playing: bool = True,
    thumbnail: int = _THUMBNAIL,
) -> Path:
    """Write a page in one file: the film of a run, and a search for nearest training images.

    The page needs no kernel, no server and no network. It opens from disk, in Chromium from
    version 80 and in Firefox from version 113, and you can send it to others. It computes distances
    from the embeddings of the last frame in full precision, and finds the same images as `Gallery`.

    If the tower has only layers such as those of `conv_tower`, the page holds it, too: you can draw
    an image, see its neighbours, and add it as an example of a class. The drawing moves with the
    film, to where the network of each frame puts it. The weights of the last frame are exact. Those
    of the others are rounded to 10 bits, which moves a drawn digit by about 0.001 of the margin,
    and by up to 0.005 (after 2,000 training steps, 0.03); the page says how far. With 10,000 test
    and 10,000 training digits, 40 frames and two dimensions, the file has about 13 MB, of which the
    weights of the frames take 5.5 MB. If it would have more than 15 MB, the weights have 9 bits, or
    8, or the page holds those of the last frame only. Then, and for a run that kept no others, a
    drawing is on the map at the last frame only, and the page says so.

    Args:
        run: the training to show.
        digits: a `Dataset`; its test images are the film's points and the queries, its training
            images are searched.
        path: of the file, ending in ``.html`` or ``.htm``. It replaces a file that is there,
            atomically.
        film: a film to show instead of that of the test images, with labels and images, such as
            ``run.film(images, labels, class_names=digits.class_names, extra=drawn)``. By
            default, a run that kept only one frame shows the film that was recorded with it, if
            that has the classes of `digits`.
        images: the most test images to show. If there are more, they are the first ones, or if
            these do not stand for all classes, some drawn evenly over the classes.
        gallery: the most training images to search, chosen in the same way.
        k: number of neighbours to show at first, up to 50.
        metric: the metric at first, "euclidean" or "cosine".
        title: of the page.
        playing: play the film when the page opens.
        thumbnail: the longest side of an image in the page, in pixels; 8 or more. Images that
            deflate to 3.5 MB or less are stored exactly, others as WebP.

    Returns:
        The path.

    Raises:
        ValueError: the path has another suffix; there are no images, or they do not have the run's
            shape; the film has no labels, no images or other classes than `digits`; or a number is
            out of range.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> path = sl.export_html(sl.shipped_run(), digits, "film.html", images=100, gallery=200)
        >>> path.read_text(encoding="utf-8")[:15]
        '<!doctype html>'
    """
    _found(digits, whole_number("gallery", gallery, 1), whole_number("k", k, 1))
    path = checked_path(path, (".html", ".htm"))  # makes its folder
    data, still = page_data(
        run, digits, film=film, images=images, gallery=gallery, k=k, metric=metric,
        playing=playing, thumbnail=thumbnail,
    )  # fmt: skip
    title = f"{digits.name} embedded in {run.embedding_dim} dimensions" if title is None else title
    write_atomically(path, page(printable(title), data, still))
    return path


def page_data(
    run: Run,
    digits: Dataset,
    *,
    film: Film | EmbeddingView | None = None,
    images: int = MOST_IMAGES,
    gallery: int = GALLERY_IMAGES,
    k: int = HEADLINE_K,
    metric: str = "euclidean",
    playing: bool = True,
    thumbnail: int = _THUMBNAIL,
    link: Callable[[str, int], str] | None = None,
) -> tuple[dict[str, Any], bytes]:
    """Return the data of the page that `export_html` writes, and its still picture.

    Args:
        run, digits, film, images, gallery, k, metric, playing, thumbnail: as for `export_html`,
            which says what is raised.
        link: returns where a picture's file is, "" for nowhere, from "train" or "test" and the
            index of the image.
    """
    whole_number("thumbnail", thumbnail, 8)
    if metric not in METRICS:
        raise ValueError(f"metric is {metric!r}; expected {' or '.join(map(repr, METRICS))}.")
    found = _found(digits, whole_number("gallery", gallery, 1), whole_number("k", k, 1))
    found_images, found_labels = found.taken(digits.train.images), found.taken(digits.train.labels)
    shown, classes, part = _film(run, digits, film, whole_number("images", images, 1))
    if shown.images is None:
        raise ValueError(
            "film has no images; expected one for each point, as the page shows them as queries. "
            "Make the film with images."
        )
    vectors, queries = run.embed(found_images), run.embed(shown.images)
    angles = bool(vectors.any(axis=1).all() and queries.any(axis=1).all())
    if metric == "cosine" and not angles:
        raise ValueError("metric is 'cosine'; expected 'euclidean', as an embedding is all zeros.")
    data: dict[str, Any] = {
        "view": shown.payload(images=False),
        "images": packed(shrunk_to(shown.images, thumbnail)),
        "queries": queries.astype("<f4").tobytes(),
        "gallery": {
            "images": packed(shrunk_to(checked_images(found_images), thumbnail)),
            "embeddings": vectors.astype("<f4").tobytes(),
            "labels": found_labels.astype("<u2").tobytes(),
            "rows": _rows(found),
        },
        "rows": None if part is None else _rows(part),
        "dim": run.embedding_dim,
        "classes": len(digits.class_names),
        "k": k,
        "metric": metric,
        "cosine": angles,
        "playing": playing,
        "facts": facts_of(run, digits, part, found, shown.images, classes, queries, vectors),
        "links": _links(link, part, found),
    }
    still = shown.still()
    room = MOST_BYTES - len(page("", data, still))
    data["drawing"], words = drawing_of(run, found_images, shown, queries, room)
    data["facts"] = " · ".join(filter(None, [data["facts"], words]))
    return data, still


def export_gif(
    run: Run,
    digits: Dataset,
    path: str | os.PathLike[str],
    *,
    film: Film | EmbeddingView | None = None,
    images: int = MOST_DRAWN,
    size: int = 440,
    seconds: float = 5.0,
    fps: int | None = None,
    dark: bool = True,
) -> Path:
    """Draw the film of a run as a moving picture: a GIF, WebP or MP4.

    Args:
        run: the training to show.
        digits: a `Dataset`, whose test images are shown.
        path: of the file, ending in ``.gif``, ``.webp`` or ``.mp4``. An MP4 needs ffmpeg, which the
            package imageio-ffmpeg provides. The file replaces one that is there, atomically.
        film: another film to show, as in `export_html`; it needs no images.
        images: the most test images to show, chosen as in `export_html`.
        size: side of the picture, in pixels; 64 or more.
        seconds: time from the first frame to the last, above 0 and below 3,600. The first picture
            is shown for 0.7 seconds, and the last one for 2.5.
        fps: pictures per second, which move smoothly through the frames. By default, a GIF has one
            picture for each frame, a WebP 20 and an MP4 30 pictures per second.
        dark: draw on a dark background, not on a light one.

    Returns:
        The path.

    Raises:
        ValueError: the path has another suffix, there are no test images, the film has no labels or
            other classes than `digits`, or a number is out of range.
        ImportError: the file is an MP4, and there is no ffmpeg.
        OSError: ffmpeg failed.
    """
    path = checked_path(path, SUFFIXES)
    whole_number("size", size, 64)
    if fps is not None:
        whole_number("fps", fps, 1)
    if not 0 < seconds < 3600:
        raise ValueError(f"seconds is {seconds}; expected a number above 0 and below 3,600.")
    if path.suffix.lower() == ".mp4":
        ffmpeg()  # if there is none, fail now rather than after embedding
    shown, classes, _ = _film(run, digits, film, whole_number("images", images, 1))
    drawn = Drawing(shown, classes, size, dark)
    write_atomically(path, moving_picture(drawn, path.suffix.lower(), seconds, fps))
    return path


def export_projector(
    run: Run,
    digits: Dataset,
    folder: str | os.PathLike[str],
    *,
    images: int = MOST_IMAGES,
    frame: int = -1,
) -> Path:
    """Write embeddings of test images for TensorBoard's projector, with a picture for each point.

    ``tensorboard --logdir FOLDER`` then shows them in 3-D, by PCA, t-SNE or UMAP, and finds
    neighbours. The files are ``embeddings.tsv``, ``metadata.tsv`` (class and index),
    ``sprite.png`` (all images) and ``projector_config.pbtxt``.

    Args:
        run: the training whose embeddings to write.
        digits: a `Dataset`, whose test images are written.
        folder: created if it is missing. Files with these names are replaced, others stay.
        images: the most test images to write, chosen as in `export_html`; ``index`` says which.
        frame: index into ``run.steps``; -1 is the last.

    Returns:
        The folder.

    Raises:
        ValueError: there are no test images, they do not have the run's shape, or there are too
            many for a sprite with a side of 8,192 pixels.
        IndexError: there is no such frame.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{located(folder)} is a file; expected a folder. Choose another path.")
    part = _part(digits, whole_number("images", images, 1))
    shown = part.taken(digits.test.images)
    embeddings = run.embed(shown, frame)
    names = [digits.class_names[label] for label in part.taken(digits.test.labels)]
    files = projector_files(embeddings, names, checked_images(shown), part.rows.tolist())
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():  # the configuration is last, as it names the others
        write_atomically(folder / name, content)
    return folder


def _film(
    run: Run, digits: Dataset, given: Film | EmbeddingView | None, count: int
) -> tuple[Film, np.ndarray, Part | None]:
    """Return the film to show, and the class of each of its points, (N,), as `digits` numbers it.

    The third is the part of the test images that it shows, or None if that is not known.
    """
    names = list(digits.class_names)
    film, part = _recorded(run, names) if given is None else as_film(given), None
    if film is None:
        part = _part(digits, count)
        images, labels = part.taken(digits.test.images), part.taken(digits.test.labels)
        film = run.make_film(images, labels, class_names=names)
    classes = film.classes
    if classes.numbers is None or not film.frames.size:
        raise ValueError(
            f"film is {given!r}; expected points with labels. Make the film with labels."
        )
    if classes.names[: len(names)] != names:
        raise ValueError(
            f"film has the classes {classes.names[:12]}; expected those of {digits.name}, "
            f"{names[:12]}. Make the film with class_names=digits.class_names."
        )
    return film, classes.numbers, part


def _recorded(run: Run, names: Sequence[str]) -> Film | None:
    """Return the film recorded with a run of one frame, if it has these classes, else None."""
    film = run.recorded if len(run) == 1 else None
    return film if film is not None and film.classes.names == names else None


def _part(digits: Dataset, count: int) -> Part:
    if not len(digits.test):
        raise ValueError(
            f"{digits.name} has no test images; expected at least one to show. Add images."
        )
    return part_of(digits.test.labels, count)


def _found(digits: Dataset, gallery: int, k: int) -> Part:
    """Choose up to `gallery` training images to search for `k` neighbours."""
    found = part_of(digits.train.labels, gallery)
    most = min(len(found), _MOST_NEIGHBOURS)
    if not most:
        raise ValueError(
            f"{digits.name} has no training images; expected at least one to find. Add images."
        )
    if k > most:
        raise ValueError(f"k is {k}; expected a whole number from 1 to {most}.")
    return found


def _rows(part: Part) -> bytes | None:
    """Return the numbers of drawn images as uint32 bytes; None if they count from 0."""
    return part.rows.astype("<u4").tobytes() if part.drawn else None


def _links(
    link: Callable[[str, int], str] | None, part: Part | None, found: Part
) -> dict[str, list[str]] | None:
    """Return the links to the files of the queries and of the images to find; None if not known."""
    if link is None or part is None:
        return None
    return {
        "queries": [link("test", row) for row in part.rows.tolist()],
        "gallery": [link("train", row) for row in found.rows.tolist()],
    }
