"""The small trained run that comes with the package, so that the book can begin with a film."""

from __future__ import annotations

from pathlib import Path

from siamese_lib.runs.run import Run

FOLDER = Path(__file__).parents[1] / "assets" / "mnist-2d"
FILMS = FOLDER.with_name("films")


def shipped_run() -> Run:
    """Load the 2-D run on MNIST that comes with the package.

    It holds only the final weights, in half precision (320 kB). Its ``film()`` shows 1,000 test
    images and was recorded before the other frames were dropped. ``settings`` says how the run was
    trained; ``settings["precision"]`` and ``settings["accuracy"]`` are what `evaluate` measured on
    the test images. ``make shipped-run`` trains it again.

    Example:
        >>> run = sl.shipped_run()
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> run.embed(digits.test.images[:3]).shape
        (3, 2)
        >>> run.film().frames.shape  # the film that was recorded with this run
        (40, 1000, 2)
    """
    run = Run.load(FOLDER)
    run.folder = None  # otherwise films of other images would be saved inside the package
    return run


def film_path(name: str) -> Path:
    """Return where the shipped film of this name lies."""
    return FILMS / f"{name.replace(' ', '-')}.npz"
