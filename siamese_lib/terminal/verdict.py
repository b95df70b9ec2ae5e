"""Whether a training was of any use."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

import siamese_lib as sl
from siamese_lib.data.parts import part_of
from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K

_ROWS = 20  # of the history, the last ones
USELESS = 1  # exit status of a training that taught nothing


def useless(
    run: sl.Run, data: sl.Dataset, found: sl.Evaluation, margin: float, trivial: float
) -> str | None:
    """Say why a training was useless, and what to do; None if it was not.

    It was if precision@7 is no better than chance, up to two standard errors; if neither the loss
    fell nor precision@7 rose, unless this was perfect before; or if the embedding collapsed into
    one point.

    Args:
        run: of the training.
        data: what it was trained and measured on.
        found: the measures.
        margin, trivial: those of the loss, as `collapse` takes them.
    """
    collapsed = collapse(run.history, margin, trivial)
    chance = _chance(data)
    doubt = 2 * math.sqrt(chance * (1 - chance) / len(data.test))
    if chance < 1 and found.precision <= min(chance + doubt, (1 + chance) / 2):
        return collapsed or (
            f"precision@{HEADLINE_K} is {found.precision:.3f}, no better than chance "
            f"({chance:.3f}, with a doubt of {doubt:.3f} for {len(data.test):,} test images). "
            "Check that the labels fit the images; then train longer (--train-iter), with another "
            "--learning-rate, or on more images."
        )
    if not _fell(run.history["loss"]):
        before = sl.evaluate(run, data, frame=0).precision
        if found.precision <= before < found.ceiling:
            return (
                f"the loss did not fall, and precision@{HEADLINE_K} went from {before:.3f} to "
                f"{found.precision:.3f}. Train with another --learning-rate, or longer "
                "(--train-iter)."
            )
    return collapsed


def collapse(history: Mapping[str, Sequence[float]], margin: float, trivial: float) -> str | None:
    """Check by the history of a run whether its embedding has collapsed into one point.

    Args:
        history: the history of a `Recorder`, with the columns loss and spread.
        margin: margin of the loss.
        trivial: value of the loss if all embeddings coincide. After a collapse it stays there.

    Returns:
        A sentence that says so, or None.
    """
    spreads = [spread for spread in history["spread"] if not math.isnan(spread)]
    if len(spreads) >= 2 and spreads[-1] < 0.01 * margin:
        return (
            f"all distances are near 0 (spread {spreads[-1]:.2g}): the embedding has collapsed. "
            "Lower the learning rate, or start from another seed."
        )
    recent = history["loss"][-_ROWS:]
    halves = (sum(recent[:10]) / 10, sum(recent[10:]) / 10)  # means vary less than single rows
    if len(recent) == _ROWS and all(abs(loss - trivial) < 0.03 * trivial for loss in halves):
        return (
            f"the loss stays at {trivial:g}, its value if all embeddings coincide. The tower is "
            "not learning: check the labels, or change the learning rate or the seed."
        )
    return None


def _chance(data: sl.Dataset) -> float:
    """Return the precision that random neighbours have."""
    classes = len(data.class_names)
    searched = part_of(data.train.labels, GALLERY_IMAGES).taken(data.train.labels)
    gallery, queries = (
        np.bincount(labels, minlength=classes) / len(labels)
        for labels in (searched, data.test.labels)
    )
    return float(gallery @ queries)


def _fell(losses: Sequence[float]) -> bool:
    """Return whether the last third of the losses is clearly below the first; yes for very few."""
    values = np.array([loss for loss in losses if math.isfinite(loss)])
    third = len(values) // 3
    if third < 2:
        return True
    first, last = values[:third], values[-third:]
    doubt = math.sqrt((first.var(ddof=1) + last.var(ddof=1)) / third)
    return last.mean() < first.mean() - doubt
