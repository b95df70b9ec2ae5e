"""The small trained run that comes with the package, so that a book can open on something."""

from __future__ import annotations

from pathlib import Path

from siamese_lib.runs.run import Run

FOLDER = Path(__file__).parents[1] / "assets" / "mnist-2d"


def shipped_run() -> Run:
    """Load the 2-D run on MNIST that comes with the package.

    It holds the final weights only, in half precision (320 kB); its ``film()`` is one of 1,000 test
    images that was recorded before the others were dropped. ``settings`` says how it was trained,
    and ``settings["precision"]`` and ``["accuracy"]`` how well it answers the test images, as
    `evaluate` measured it. ``make shipped-run`` makes it again.
    """
    run = Run.load(FOLDER)
    run.folder = None  # films of other images are not to be kept inside the package
    return run
