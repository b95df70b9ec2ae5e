"""Write a laboratory as a page in one file: a training that needs no Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from siamese_lib.data.dataset import Dataset
from siamese_lib.data.named_sets import load_dataset
from siamese_lib.export.export_view import export_view
from siamese_lib.lab.laboratory import Laboratory


def export_laboratory(
    path: str | os.PathLike[str],
    data: Dataset | None = None,
    *,
    title: str = "",
    **settings: Any,
) -> Path:
    """Write a `Laboratory` as a page in one file, which trains where it is opened.

    The page needs no kernel, no server and no network, and opens from disk. Its address always
    holds the state on screen: a copy of the address trains the same network up to the same step,
    and on if it was playing. Of several branches it holds those that are shown.

    Args:
        path: of the file, ending in ``.html`` or ``.htm``. It replaces a file that is there,
            atomically.
        data: images to train on; by default those of ``sl.load_dataset()``, the digits.
        title: of the page.
        settings: as for `Laboratory`, such as ``margin=0.1`` or ``most=2000``.

    Returns:
        The path. With 10,000 digits the file has 3 MB.

    Raises:
        ValueError: the path has another suffix, or the data or a setting is not as `Laboratory`
            describes.
        DataError: (a ValueError) there are no digits.

    Example:
        >>> path = sl.export_laboratory("laboratory.html", margin=0.5, most=500)
        >>> path.read_text(encoding="utf-8")[:15]
        '<!doctype html>'
    """
    laboratory = Laboratory(load_dataset(verbose=False) if data is None else data, **settings)
    return export_view(laboratory, path, title=title)
