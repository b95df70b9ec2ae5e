"""A run as it is at its end, without the way there."""

from __future__ import annotations

from siamese_lib.runs.run import Run


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
