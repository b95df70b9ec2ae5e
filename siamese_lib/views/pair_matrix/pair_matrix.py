"""The widget: a matrix of all pairs of a batch, and which of them still teach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.checks import real_number
from siamese_lib.views import wire
from siamese_lib.views.given import ViewError
from siamese_lib.views.pair_matrix.batch import Batch
from siamese_lib.views.pair_matrix.costs import Costs, Counts, costliest, costs_of
from siamese_lib.views.pair_matrix.state import MARGINS, Looking
from siamese_lib.views.pair_matrix.still import still_png
from siamese_lib.views.script import Script
from siamese_lib.views.stateful import StatefulView
from siamese_lib.views.style import BAR_SHEET, Style

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_HERE = Path(__file__)
_LISTED = 20  # costliest pairs


class PairMatrix(StatefulView):
    """See which pairs of a batch still teach.

    A matrix has a row and a column for each image, sorted by class. Each tile is a pair, shaded by
    what it costs in the contrastive loss. Next to it is the map of the same images. Counters say
    how many pairs pull, push, and are **silent**: a different pair beyond the margin costs nothing,
    so it teaches nothing. The reader scrubs through time, moves the margin, takes a few random
    pairs in place of every pair, and looks at the images of any pair. All of it works without a
    kernel.

    Args:
        frames: float (F, N, dim), the embeddings of N images at F moments, or (N, dim) for one
            moment; 2 to 200 images. Distances use all dimensions. The map shows the two in which
            the images spread most in the last frame.
        labels: int or str (N,), the class of each image.
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), the pictures.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        colors: "#rrggbb" of each class; by default those of the book.
        steps: int (F,), ascending: the training step of each frame.
        margin: distance beyond which different images do not push each other, 0.1 to 10.
        positive_margin: distance within which similar images do not pull each other, from 0 to
            below `margin`. Where the reader moves the margin, it stays the same part of it.
        pairs: (left, right), int (R,) each: the images that make the random pairs. None draws N / 2
            pairs as `PairSampler` does; half of them are similar. An image that is alone in its
            class is in none of them.
        seed: of the pairs that are drawn.
        frame: the frame to begin with; below 0 counts from the end.

    Attributes:
        state: all that the reader can change. Assign a dict to change what it names:

            * ``frame``: number of the frame; below 0 counts from the end.
            * ``playing``: whether the frames play.
            * ``margin``: 0.1 to 10.
            * ``which``: "all" for every pair, "random" for the random ones.
            * ``means``: "two" for the loss `InBatchContrastiveLoss`, "one" for the plain mean of
              `ContrastiveLoss`.
            * ``selected``: two images, or None.
        counts: how many pairs are ``silent``, ``pulling`` and ``pushing``, by name.
        costs: float64 (N, N), each pair's part of the loss, in the order of `labels`. It is
            symmetric, with zeros on the diagonal, so it adds up to twice the loss.
        loss: float, the loss of the batch.
        costliest: up to 20 pairs (left, right) with the largest costs, no image in two of them.
            Wrong labels are often among them.

    Raises:
        ViewError: (a ValueError and a TraitError) an argument or a new state is not as described,
            or does not fit the others.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4.

    Example:
        >>> points = np.array([[0.0, 0.0], [0.6, 0.0], [0.3, 0.4]])
        >>> view = sl.PairMatrix(points, ["cat", "cat", "dog"], margin=1.0)
        >>> view.counts
        Counts(silent=0, pulling=1, pushing=2)
        >>> round(view.loss, 4)  # (0.6² + (1 - 0.5)²) / 4
        0.1525
        >>> view.state = {"margin": 0.5}
        >>> view.counts
        Counts(silent=2, pulling=1, pushing=0)
    """

    _esm = Script(_HERE.with_suffix(".js"))
    _css = Style(BAR_SHEET, _HERE.with_suffix(".css"))

    def __init__(
        self,
        frames: ArrayLike,
        labels: ArrayLike,
        *,
        images: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        colors: Sequence[str] | None = None,
        steps: ArrayLike | None = None,
        margin: float = 1.0,
        positive_margin: float = 0.0,
        pairs: tuple[ArrayLike, ArrayLike] | None = None,
        seed: int = 0,
        frame: int = -1,
    ) -> None:
        parts = {"images": images, "class_names": class_names, "colors": colors, "steps": steps}
        self._batch = Batch.of(frames, labels, pairs, seed, **parts)
        first = {
            "frame": frame,
            "playing": False,
            "margin": _checked_margin(margin),
            "which": "all",
            "means": "two",
            "selected": None,
        }
        try:
            first = self._checked(first)
            self._resting = _part_of(margin, positive_margin)
        except ValueError as error:
            raise ViewError(str(error)) from None
        super().__init__(self._packed(), first)

    def __repr__(self) -> str:
        """Return a summary: the numbers of images and frames, and what their pairs do."""
        silent, pulling, pushing = self.counts
        return (
            f"PairMatrix({self._batch.images} images, {self._batch.frames} frames; "
            f"{silent:,} silent, {pulling:,} pulling and {pushing:,} pushing pairs)"
        )

    @property
    def counts(self) -> Counts:
        """How many of the compared pairs are silent, pull and push."""
        return self._costs.counts

    @property
    def loss(self) -> float:
        """The loss of the compared pairs."""
        return self._costs.loss

    @property
    def costs(self) -> np.ndarray:
        """Each pair's part of the loss, float64 (N, N)."""
        matrix = np.zeros((self._batch.images, self._batch.images))
        matrix[np.triu_indices(len(matrix), k=1)] = self._costs.shares
        return matrix + matrix.T

    @property
    def costliest(self) -> list[tuple[int, int]]:
        """The pairs of images with the largest costs, no image in two of them."""
        rows, columns = np.triu_indices(self._batch.images, k=1)
        found = costliest(self._costs.shares, self._batch.images, _LISTED)
        return [(int(rows[pair]), int(columns[pair])) for pair in found]

    def still(self) -> bytes:
        """Draw the matrix, the map and the counts as a PNG below 60 kB."""
        return still_png(self._batch, self._looking, self._costs)

    @property
    def _looking(self) -> Looking:
        return self._of(self.state)

    @property
    def _costs(self) -> Costs:
        looking, batch = self._looking, self._batch
        times = batch.times(looking.which)
        distances = batch.distances(looking.frame)
        resting = self._resting * looking.margin
        return costs_of(distances, batch.same, times, looking.margin, looking.means, resting)

    def _of(self, state: dict[str, Any]) -> Looking:
        batch = self._batch
        random = batch.drawn is not None
        return Looking.of(state, frames=batch.frames, images=batch.images, random=random)

    def _checked(self, state: dict[str, Any]) -> dict[str, Any]:
        return self._of(state).state()

    def _packed(self) -> dict[str, Any]:
        batch, film = self._batch, self._batch.film
        dim = batch.points.shape[2]
        share = f"{100 * batch.explained:.0f} % of the variance"
        return {
            "points": [frame.astype("<f4").tobytes() for frame in batch.points],
            "dim": dim,
            "resting": self._resting,
            "drawn": None if batch.drawn is None else batch.drawn.tolist(),
            "film": wire.packed_film(film.frames),
            "classes": np.asarray(film.classes.numbers).astype("<u2").tobytes(),
            "names": film.classes.names,
            "colors": film.classes.colors,
            "steps": None if film.steps is None else film.steps.tolist(),
            "note": f"2 of {dim} dimensions, {share}" if dim > 2 else "",
            "images": wire.packed_images(film.images),
        }


def _checked_margin(margin: float) -> float:
    try:
        return real_number("margin", margin, *MARGINS, ends=True)
    except ValueError as error:
        raise ViewError(str(error)) from None


def _part_of(margin: float, positive_margin: float) -> float:
    """Return a positive margin as a share of the margin; ValueError if it is not below it."""
    distance = real_number("positive_margin", positive_margin)
    if not 0 <= distance < margin:
        raise ValueError(
            f"positive_margin is {distance:g}; expected a number from 0 to below the margin, "
            f"{margin:g}."
        )
    return distance / margin
