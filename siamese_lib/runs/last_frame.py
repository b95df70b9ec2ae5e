"""A run with some of its frames only, or with other weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from siamese_lib.runs.embedding import probe_of
from siamese_lib.runs.run import Run
from siamese_lib.runs.unbuilt import Unbuilt


def last_frame(run: Run) -> Run:
    """Return a run of the last frame only, which embeds the same and is far smaller on disk.

    A recorded film stays with the run that was given.
    """
    return Run(
        run.tower,
        run.steps[-1:],
        [weight[None] for weight in run.weights()],
        run.history,
        run.settings,
        white=run._towers.white,
        trained_on=run.trained_on,
        image_shape=run.image_shape,
    )


def with_weights(run: Run, frames: Sequence[np.ndarray]) -> Run:
    """Return a run of other weights, to see what they do to the embeddings.

    Args:
        run: gives the tower and the steps.
        frames: for each weight of the tower, in Keras' order, (F, *shape); F up to ``len(run)``.
    """
    towers = run._towers
    return Run(
        towers.layers,
        run.steps[: len(frames[0])],
        frames,
        white=towers.white,
        image_shape=run.image_shape,
    )


def one_frame(run: Run, frame: int) -> Run:
    """Return a run of one frame, which embeds as the given run does at that frame.

    It holds nothing else, so it is small to send to another process. Its tower is not a copy.

    Raises:
        IndexError: there is no such frame.
    """
    weights, towers = run.weights(frame), run._towers
    tower = towers._given
    if isinstance(tower, Unbuilt) and frame % len(run) != len(run) - 1:
        tower = replace(tower, probe=probe_of(towers.at(frame), run.image_shape))
    return Run(
        tower,  # pyright: ignore[reportArgumentType]
        run.steps[[frame]],
        [weight[None] for weight in weights],
        white=towers.white,
        image_shape=run.image_shape,
    )
