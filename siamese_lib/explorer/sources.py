"""The training images that an explorer searches and shows: of a `Dataset`, or of a gallery on disk.

A gallery on disk may hold far more than memory does, so nothing here reads all of it: images, names
and classes are read when they are shown. Its ids stand for the images. If it keeps paths, the
images are in these files; else id i is image i of the training images.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.data.handwriting import Paper, like_mnist, paper_of
from siamese_lib.data.parts import evenly, part_of
from siamese_lib.explorer.indexed import (
    NO_CLASS,
    Indexed,
    files_of,
    images_of,
    is_missing,
    labels_of,
)
from siamese_lib.explorer.searched import GalleryOnDisk, InGallery, InMemory, Searched
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery
from siamese_lib.texts import located

_LOOKED_AT = 500  # images that say what all look like
_COMPARED = 20  # embeddings of a gallery that are computed again
_ASKED = 1_000  # test images for which a gallery on disk is searched before anything is shown


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """Training images to search.

    Attributes:
        images: uint8 (N, H, W, C), or what can be indexed like it.
        labels: int64 (N,), as `images`.
        files: names of their files, as `images`; None if they are not known.
        class_names: names of the labels' classes.
        searched: their embeddings at the last frame.
        shown: int64 (M,), ascending, those on the map.
        searching: which are searched, in words that begin a sentence.
        paper: colours of ground and ink.
        like_mnist: whether they look as MNIST's digits do.
        most_asked: for how many test images to find the neighbours before anything is shown.
        one_metric: the metric that a gallery searches by, if it knows only one.
        test_paths: the files of the test images, as `files` names them, if they may be in it, too.
        wrong: why a gallery that was given is not used, or "".
    """

    images: np.ndarray | Indexed
    labels: np.ndarray | Indexed
    files: Sequence[str] | Indexed | None
    class_names: tuple[str, ...]
    searched: Searched
    shown: np.ndarray
    searching: str
    paper: Paper
    like_mnist: bool
    most_asked: int
    one_metric: str | None = None
    test_paths: np.ndarray | None = None
    wrong: str = ""


def source_of(
    run: Run,
    data: Dataset,
    limit: int | None,
    gallery: Gallery | GalleryOnDisk | None,
    most_shown: int,
) -> Source:
    """Choose what to search: a gallery if one is given and fits, else the training images.

    Args:
        run: embeds images.
        data: images of the run's shape.
        limit: search only so many of the training images, or None.
        gallery: embeddings at the run's last frame, or None.
        most_shown: images on the map.
    """
    if not (gallery is None or hasattr(gallery, "embeddings_of") or isinstance(gallery, Gallery)):
        raise ValueError(
            f"gallery is a {type(gallery).__name__}; expected a Gallery or a DiskGallery. Read one "
            "with Gallery.load or DiskGallery.open."
        )
    if gallery is None or isinstance(gallery, Gallery):
        return _in_memory(run, data, limit, gallery, most_shown)
    wrong = _misfit_on_disk(gallery, run, data, limit)
    if wrong:
        return _in_memory(run, data, limit, None, most_shown, wrong)
    return _on_disk(run, data, gallery, most_shown)


def _in_memory(
    run: Run,
    data: Dataset,
    limit: int | None,
    gallery: Gallery | None,
    most_shown: int,
    wrong: str = "",
) -> Source:
    part = part_of(data.train.labels, len(data.train) if limit is None else limit)
    images, labels = part.taken(data.train.images), part.taken(data.train.labels)
    if gallery is not None:
        wrong = _misfit(gallery, run, images)
    if gallery is None or wrong:
        gallery, embeddings = None, run.embed_once(images, what="training images")
    else:
        embeddings = gallery.vectors
    words = part.words("training images to search")
    return Source(
        images=data.train.images,
        labels=data.train.labels,
        files=data.train.files,
        class_names=tuple(data.class_names),
        searched=InMemory(embeddings, part.rows, gallery),
        shown=np.sort(part.rows[evenly(labels, most_shown)]),
        searching=words[:1].upper() + words[1:],
        paper=paper_of(images[part_of(labels, _LOOKED_AT).rows]),
        like_mnist=like_mnist(images),
        most_asked=len(data.test),
        wrong=wrong,
    )


def _on_disk(run: Run, data: Dataset, gallery: GalleryOnDisk, most_shown: int) -> Source:
    ids = gallery.ids
    shown = _spread(ids, most_shown)
    images, files = data.train.images, data.train.files
    labels, names, test_paths = data.train.labels, tuple(data.class_names), None
    if _keeps_files(gallery, ids):
        images, files = images_of(gallery, run.image_shape), files_of(gallery)
        if _known(gallery, ids, names) < len(gallery):
            names = (*names, NO_CLASS)
        labels = labels_of(gallery, tuple(data.class_names))
        if data.root is not None and data.test.files is not None:
            tests = [os.path.join(data.root, file) for file in data.test.files]
            test_paths = np.array(tests, object)
    looked_at = images[_spread(ids, _LOOKED_AT)]
    return Source(
        images=images,
        labels=labels,
        files=files,
        class_names=names,
        searched=InGallery(gallery),
        shown=shown,
        searching=f"A gallery of {len(gallery):,} images to search",
        paper=paper_of(looked_at),
        like_mnist=like_mnist(looked_at),
        most_asked=_ASKED,
        one_metric=gallery.metric,
        test_paths=test_paths,
    )


def _spread(ids: np.ndarray, most: int) -> np.ndarray:
    """Choose up to `most` ids at equal distances, ascending."""
    return ids[np.linspace(0, len(ids) - 1, min(len(ids), most)).astype(np.int64)]


def _keeps_files(gallery: GalleryOnDisk, ids: np.ndarray) -> bool:
    return all(path is not None for path in gallery.paths_of(_spread(ids, _COMPARED)))


def _known(gallery: GalleryOnDisk, ids: np.ndarray, names: Sequence[str]) -> int:
    """Return how many embeddings of a gallery have a class of `names`, by number or by name."""
    some = gallery.labels_of(_spread(ids, _COMPARED)).tolist()
    if all(label is None for label in some):
        return 0
    numbered = any(isinstance(label, int) for label in some)
    return gallery.count(list(range(len(names))) if numbered else list(names))


def _misfit(gallery: Gallery, run: Run, images: np.ndarray) -> str:
    """Return why a gallery in memory does not hold these images at the last frame, or ""."""
    wanted = (len(images), run.embedding_dim)
    if (len(gallery), gallery.dim) != wanted:
        return (
            f"The gallery was not used: it holds {len(gallery):,} embeddings of {gallery.dim} "
            f"numbers; expected {wanted[0]:,} of {wanted[1]}, one for each image to search."
        )
    some = _spread(np.arange(len(images)), _COMPARED)
    return _differ(run.embed(images[some]), gallery.vectors[some])


def _misfit_on_disk(gallery: GalleryOnDisk, run: Run, data: Dataset, limit: int | None) -> str:
    """Return why a gallery on disk cannot be searched with this run, or ""."""
    if limit is not None:
        raise ValueError(
            f"limit is {limit}; expected none with a gallery on disk, all of which is searched."
        )
    if gallery.dim != run.embedding_dim:
        return (
            f"The gallery was not used: its embeddings have {gallery.dim} numbers; expected "
            f"{run.embedding_dim}, as those of this run."
        )
    if len(gallery) < HEADLINE_K:
        return (
            f"The gallery was not used: it holds {len(gallery)} embeddings; expected at least "
            f"{HEADLINE_K}."
        )
    ids = gallery.ids
    some = _spread(ids, _COMPARED)
    if not _keeps_files(gallery, ids):
        if ids[-1] >= len(data.train):
            return (
                f"The gallery was not used: it keeps no files, and its ids go up to {ids[-1]:,}; "
                f"expected ids below {len(data.train):,}, the number of training images."
            )
        return _differ(run.embed(data.train.images[some]), gallery.embeddings_of(some))
    paths = gallery.paths_of(some)
    there = np.array([path.is_file() for path in paths])
    if not there.any():
        return (
            f"The gallery was not used: none of its files that were looked for is there, such as "
            f"{located(paths[0])}; expected paths that are valid from this folder, {Path.cwd()}."
        )
    images = images_of(gallery, run.image_shape)[some[there]]
    readable = ~is_missing(images)
    if not readable.any():
        return (
            f"The gallery was not used: none of its files can be read, such as {located(paths[0])}."
        )
    return _differ(run.embed(images[readable]), gallery.embeddings_of(some[there][readable]))


def _differ(made: np.ndarray, held: np.ndarray) -> str:
    """Return that a gallery holds other embeddings than those just made, or ""."""
    spread = max(float(np.ptp(held, axis=0).max()), float(np.abs(made).max()) / 100)
    if not np.abs(made - held).max() <= 0.01 * spread:
        return (
            "The gallery was not used: it holds other embeddings than those of the training images "
            "at the last frame of this run."
        )
    return ""
