"""The small trained run that comes with the package, so that the book can begin with a film."""

from __future__ import annotations

from pathlib import Path

from siamese_lib.runs.run import Run
from siamese_lib.views.film import Film

FOLDER = Path(__file__).parents[1] / "assets" / "mnist-2d"
FILMS = FOLDER.with_name("films")
FILM_NAMES = (
    "pull only", "margin 1", "margin 10", "random pairs", "one plain mean", "two means",
)  # fmt: skip


def shipped_run() -> Run:
    """Load the 2-D run on MNIST that comes with the package.

    It holds only the final weights, in half precision (320 kB), as the weights of all 40 frames
    would take 40 times as much. So ``film(images)`` has one frame: it embeds any images, at the end
    of the training. Without images, ``film()`` shows 1,000 test images in 40 frames, as they were
    embedded before the other weights were dropped. To film other images, train a run of your own.

    ``settings`` says how the run was trained; ``settings["precision"]`` and
    ``settings["accuracy"]`` are what `evaluate` measured on the test images. ``make shipped-run``
    trains it again.

    Example:
        >>> run = sl.shipped_run()
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> run.embed(digits.test.images[:3]).shape
        (3, 2)
        >>> run.film().frames.shape  # the film that was recorded with this run
        (40, 1000, 2)
        >>> run.film(digits.test.images[:3]).frames.shape  # other images: the last frame only
        (1, 3, 2)
    """
    run = Run.load(FOLDER)
    run.folder = None  # otherwise films of other images would be saved inside the package
    return run


def shipped_films() -> dict[str, Film]:
    """Load the small films that come with the package, to be seen side by side.

    Each shows the first 500 test images of the shipped run's film, in a training of its own on
    MNIST. All trainings start from the same weights, see 46,080 training images, and use Muon with
    a learning rate that falls from 0.02 to 0. They differ in this:

    * ``"margin 1"``: the book's loss, a mean over the similar and a mean over the pushed pairs.
    * ``"margin 10"``: the same, with margin 10.
    * ``"pull only"``: only its first half, the mean over the similar pairs. Nothing pushes.
    * ``"one plain mean"``: one mean over all pairs of a batch, with margin 1.
    * ``"random pairs"``: the contrastive loss of random pairs, half of them similar, margin 1. A
      step sees 256 images instead of 128, so there are 180 steps instead of 360.

    ``make shipped-films`` trains them again.

    Returns:
        The films by name. ``"two means"`` is another name of ``"margin 1"``.

    Example:
        >>> films = sl.shipped_films()
        >>> films["margin 1"].frames.shape[1:]
        (500, 2)
    """
    pictures = shipped_run().make_film().parts()["images"]
    films = {}
    for name in FILM_NAMES:
        film = Film.from_bytes(film_path(name).read_bytes())
        films[name] = Film(**{**film.parts(), "images": pictures[: film.frames.shape[1]]})
    return films


def film_path(name: str) -> Path:
    """Return the file of a shipped film. "margin 1" is "two means": the book's own loss."""
    name = "two means" if name == "margin 1" else name
    return FILMS / f"{name.replace(' ', '-')}.npz"
