"""The widget: points that pull and push each other as the contrastive loss does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib import checks
from siamese_lib.views import wire
from siamese_lib.views.film import Film
from siamese_lib.views.given import ViewError
from siamese_lib.views.script import Script
from siamese_lib.views.springs import start
from siamese_lib.views.springs.forces import Forces, radius_of
from siamese_lib.views.springs.state import Moment, as_points
from siamese_lib.views.springs.still import still_png
from siamese_lib.views.stateful import StatefulView
from siamese_lib.views.style import Style

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_MOST = 60  # points, so that each can be seen and dragged


class Springs(StatefulView):
    """Drag points, and see how the contrastive loss pulls and pushes them.

    Similar points pull each other, and different points push each other if they are nearer than the
    margin. Arrows show both forces on each point, and a bar shows both parts of the loss. The
    chosen point has the margin as a circle around it, and its springs. The reader drags points and
    the margin, takes steps of gradient descent, turns the push off, and chooses between the losses
    `InBatchContrastiveLoss` (two means) and `ContrastiveLoss` (one mean, over all pairs). All of it
    works without a kernel.

    Args:
        points: float (N, 2), 2 to 60 points. By default twelve points of three classes.
        labels: int or str (N,), the class of each point.
        margin: distance beyond which different points do not push each other, 0.1 to 10.
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), to show in place of the points.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        colors: "#rrggbb" of each class; by default those of the book.
        learning_rate: a step moves each point by this times its force, 0.1 to 10.

    Attributes:
        state: all that the reader can change. Assign a dict to change what it names:

            * ``points``: N lists of x and y.
            * ``margin`` and ``learning_rate``: 0.1 to 10.
            * ``push``: whether different points push each other.
            * ``means``: "two" or "one".
            * ``running``: whether the page takes one step after the other.
            * ``step``: how many steps were taken since the start.
            * ``selected``: the chosen point, or None.
            * ``pictures``: whether images stand in the places of the points.
            * ``follow``: whether the map zooms with the points; else its scale stays the same.
        loss: float, the loss of the points as they are.
        forces: float64 (N, 2), the negative gradient of `loss`.
        parts: the `siamese_lib.views.springs.forces.Forces`: loss and forces in two parts, and how
            many pairs pull and push.
        radius: float, the root mean square of the points' distances from their middle.

    Raises:
        ViewError: (a ValueError and a TraitError) an argument or a new state is not as described,
            or does not fit the others.

    References:
        Hadsell, Chopra and LeCun (2006), section 2.2, the spring analogy.

    Example:
        >>> springs = sl.Springs(margin=1.0)
        >>> springs.take_steps(100)
        >>> round(springs.loss, 6), springs.parts.pull.shape
        (0.0, (12, 2))
        >>> springs = sl.Springs(margin=1.0)
        >>> springs.state = {"push": False}
        >>> before = springs.radius
        >>> springs.take_steps(100)
        >>> springs.radius < 0.01 * before  # all points are in one place
        True
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_suffix(".css"))

    def __init__(
        self,
        points: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        *,
        margin: float = 1.0,
        images: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        colors: Sequence[str] | None = None,
        learning_rate: float = 1.0,
    ) -> None:
        if (points is None) != (labels is None):
            missing = "points" if points is None else "labels"
            raise ViewError(f"{missing} is None; expected points and labels, or neither of them.")
        if points is None:
            points, labels = start.POINTS, start.LABELS
            class_names, colors = class_names or start.NAMES, colors or start.COLORS
        film = Film(points, labels, images=images, class_names=class_names, colors=colors)
        count = film.frames.shape[1]
        if len(film.frames) != 1 or not 2 <= count <= _MOST:
            raise ViewError(
                f"points: got shape {np.shape(points)}; expected 2 to {_MOST} points of shape "
                "(N, 2). Take a few dozen of them."
            )
        self._classes = wire.classes_of(film.labels, film.class_names, film.colors)
        self._marks = start.marks_of(self._classes.names)
        self._images = film.images
        self._numbers = np.asarray(self._classes.numbers)
        first = Moment(
            points=as_points(np.asarray(points, np.float64).reshape(-1, 2)),
            margin=margin,
            learning_rate=learning_rate,
            selected=0,
            pictures=film.images is not None,
        )
        try:
            now = self._checked(asdict(first))
        except ValueError as error:
            raise ViewError(str(error)) from None
        payload = {
            "start": now["points"],
            "margin": now["margin"],
            "classes": self._numbers.astype("<u2").tobytes(),
            "names": self._classes.names,
            "marks": self._marks,
            "colors": self._classes.colors,
            "inks": start.inks_of(self._classes.colors),
            "images": wire.packed_images(film.images),
        }
        super().__init__(payload, now)

    def __repr__(self) -> str:
        """Return a summary: the numbers of points and classes, the step and the loss."""
        points, classes = len(self._moment.points), len(self._classes.names)
        step, loss = self._moment.step, self.loss
        return f"Springs({points} points of {classes} classes, step {step}, loss {loss:.4g})"

    @property
    def parts(self) -> Forces:
        """The loss and the forces, in two parts, and how many pairs pull and push."""
        return self._moment.forces(self._numbers)

    @property
    def loss(self) -> float:
        """The loss of the points as they are."""
        return self.parts.loss

    @property
    def forces(self) -> np.ndarray:
        """The force on each point, float64 (N, 2): the negative gradient of the loss."""
        return self.parts.total

    @property
    def radius(self) -> float:
        """The root mean square of the points' distances from their middle."""
        return radius_of(self._moment.places())

    def take_steps(self, count: int = 1) -> None:
        """Take steps of gradient descent, here and in the page.

        Args:
            count: how many, 0 or more.
        """
        self.state = self._moment.after(
            checks.whole_number("count", count, 0), self._numbers
        ).state()

    def still(self) -> bytes:
        """Draw the points, their forces and the loss as a PNG below 60 kB."""
        return still_png(self._moment, self._classes, self._marks, self._images)

    @property
    def _moment(self) -> Moment:
        return self._of(self.state)

    def _of(self, state: dict[str, Any]) -> Moment:
        return Moment.of(state, len(self._numbers), self._images is not None)

    def _checked(self, state: dict[str, Any]) -> dict[str, Any]:
        return self._of(state).state()
