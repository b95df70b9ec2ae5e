"""Films of several runs, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.views.side_by_side.side_by_side import SideBySide

if TYPE_CHECKING:
    from siamese_lib.runs.run import Run


def side_by_side(
    runs: Mapping[str, Run],
    images: np.ndarray,
    labels: np.ndarray | Sequence | None = None,
    *,
    class_names: Sequence[str] | None = None,
    batch_size: int = 500,
    **options: Any,
) -> SideBySide:
    """Watch the same images move through several trainings, on one bar.

    Each run makes its film as `Run.film` does, so the embeddings of a run that has a folder are
    stored there. The runs may differ in margin, loss, steps and dimension.

    Args:
        runs: the runs, by the names to write above their films.
        images: as for `Run.film`.
        labels: int or str (N,), for the classes and the curve "precision@7 among these".
        class_names: K names; the labels are then numbers from 0 to K - 1.
        batch_size: images in one pass.
        options: more arguments of `SideBySide`, such as ``scale="own"``.

    Returns:
        A `SideBySide`, whose ``films`` are turned to match the first.

    Raises:
        ValueError: `runs` is no dict of runs, or as `Run.film` and `SideBySide`.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> run = sl.shipped_run()
        >>> images, labels = digits.test.images[:50], digits.test.labels[:50]
        >>> sl.side_by_side({"once": run, "again": run}, images, labels)
        SideBySide('once', 'again')
    """
    if not isinstance(runs, Mapping) or not all(hasattr(r, "make_film") for r in runs.values()):
        raise ValueError(f"runs: got {runs!r:.100}; expected a dict from names to runs.")
    films = {
        name: run.make_film(images, labels, class_names=class_names, batch_size=batch_size)
        for name, run in runs.items()
    }
    return SideBySide(films, **options)
