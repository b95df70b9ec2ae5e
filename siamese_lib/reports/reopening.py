"""Whether a folder or a set gives the training images of a report again."""

from __future__ import annotations

import warnings

from siamese_lib.data.dataset import Dataset
from siamese_lib.data.image_folders import load_folder
from siamese_lib.data.named_sets import is_known, load_dataset
from siamese_lib.reports.training import digest_of


def opens_again(data: Dataset) -> str | None:
    """Return the folder or the set that gives the same training images again; None if none does.

    It is opened as ``siamese retrieve`` opens it, and the images are compared. Those of another
    test fraction, those that were left out and those of a folder that has changed since make it
    another set. Nothing is downloaded. A folder that a report loads itself is not asked about here,
    as both load it in the same way.
    """
    name = data.name if data.root is None else str(data.root)
    if data.root is None and not is_known(data.name):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what there is to say was said when it was loaded
            again = _opened(data, name)
    except (ValueError, OSError):
        return None
    return name if _facts(again) == _facts(data) else None


def _opened(data: Dataset, name: str) -> Dataset:
    """Open a folder, at the size and in the colours of a data set, or a named set."""
    if data.root is None:
        return load_dataset(name, download=False, verbose=False)
    height, width, channels = data.train.images.shape[1:]
    color = "grayscale" if channels == 1 else "rgb"
    return load_folder(name, image_size=(height, width), color=color, verbose=False)


def _facts(data: Dataset) -> tuple[object, ...]:
    """Return what has to be equal for an answer to name the same image, class and file."""
    return digest_of(data.train), data.train.images.shape, data.class_names, data.train.files
