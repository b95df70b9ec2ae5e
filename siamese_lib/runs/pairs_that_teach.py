"""Show which pairs of a batch still taught a run, at each of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from siamese_lib.pixels import pictures_of
from siamese_lib.runs.run import Run
from siamese_lib.views.pair_matrix.batch import MOST
from siamese_lib.views.pair_matrix.pair_matrix import PairMatrix
from siamese_lib.views.pair_matrix.state import MARGINS


def pairs_that_teach(
    run: Run,
    images: np.ndarray,
    labels: np.ndarray | Sequence,
    *,
    class_names: Sequence[str] | None = None,
    **options: Any,
) -> PairMatrix:
    """Embed a batch at every frame of a run, and show which of its pairs still teach.

    Args:
        run: a training.
        images: one batch, as for `Run.embed`: 2 to 200 images.
        labels: int or str (N,), the class of each image.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        options: more arguments of `PairMatrix`. The margin is that of the run, or 1. The positive
            margin is the same part of the margin as in the run.

    Returns:
        A `PairMatrix` with the run's steps and the images. It begins with the last frame.

    Raises:
        ValueError: as `Run.embed` and `PairMatrix`.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> view = sl.pairs_that_teach(
        ...     sl.shipped_run(), digits.test.images[:20], digits.test.labels[:20]
        ... )
        >>> sum(view.counts)  # 20 images make 20 * 19 / 2 pairs
        190
    """
    if len(images) > MOST:
        raise ValueError(
            f"images: got {len(images):,}; expected at most {MOST}, so that a pair can be seen. "
            "Take one batch, such as sl.BalancedBatchSampler(labels, 128).batch(0)."
        )
    margin = run.settings.get("margin") or 1.0
    resting = run.settings.get("positive_margin", 0.0) / margin
    given = {"margin": min(max(margin, MARGINS[0]), MARGINS[1]), "steps": run.steps, **options}
    given.setdefault("positive_margin", resting * given["margin"])
    frames = run.embed_once(images, None, what="images of a batch")
    pictures = pictures_of(np.asarray(images).reshape(len(images), *run.image_shape))
    return PairMatrix(frames, labels, images=pictures, class_names=class_names, **given)
