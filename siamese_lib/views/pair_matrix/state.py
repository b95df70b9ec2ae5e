"""What the reader of a matrix of pairs has set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from siamese_lib.checks import real_number, whole_number
from siamese_lib.views.pair_matrix.costs import MEANS

WHICH = ("all", "random")
MARGINS = (0.1, 10.0)


@dataclass(frozen=True)
class Looking:
    """What the reader has set.

    Attributes:
        frame: number of the frame that is shown.
        playing: whether the frames play.
        margin: of the loss, 0.1 to 10.
        which: the pairs that the loss compares, "all" or "random".
        means: how the loss averages them, "two" or "one".
        selected: two different images, the lower number first, or None.
    """

    frame: int
    playing: bool
    margin: float
    which: str
    means: str
    selected: tuple[int, int] | None

    @classmethod
    def of(cls, state: Mapping[str, Any], *, frames: int, images: int, random: bool) -> Looking:
        """Check a state that came from a reader or a page.

        Args:
            state: one value for each attribute; a frame below 0 counts from the end.
            frames: how many there are.
            images: how many there are.
            random: whether there are random pairs.

        Raises:
            ValueError: a value is not as described.
        """
        frame = whole_number("frame", state["frame"], -frames)
        if frame >= frames:
            raise ValueError(f"frame is {frame}; expected {frames - 1} or less.")
        looking = cls(
            frame=frame % frames,
            playing=state["playing"],
            margin=real_number("margin", state["margin"], *MARGINS, ends=True),
            which=state["which"],
            means=state["means"],
            selected=None,
        )
        for name, allowed in (("playing", (True, False)), ("which", WHICH), ("means", MEANS)):
            value = getattr(looking, name)
            if not any(value is one or (value == one and isinstance(one, str)) for one in allowed):
                expected = " or ".join(map(repr, allowed))
                raise ValueError(f"{name} is {value!r:.200}; expected {expected}.")
        if looking.which == "random" and not random:
            raise ValueError(
                "which is 'random', but there are no random pairs: fewer than two classes have two "
                "images. Pass pairs=(left, right)."
            )
        return looking.choosing(state["selected"], images)

    def choosing(self, pair: Sequence[int] | None, images: int) -> Looking:
        """Choose a pair of two of so many images, or None."""
        if pair is None:
            return replace(self, selected=None)
        try:
            one, other = sorted(whole_number("selected", image, 0) for image in pair)
        except (TypeError, ValueError):
            one = other = images
        if one == other or other >= images:
            raise ValueError(
                f"selected is {pair!r:.200}; expected two different images, whole numbers from 0 "
                f"to {images - 1}, or None."
            )
        return replace(self, selected=(one, other))

    def state(self) -> dict[str, Any]:
        """Return the values as JSON has them."""
        pair = self.selected
        return {**asdict(self), "selected": None if pair is None else list(pair)}
