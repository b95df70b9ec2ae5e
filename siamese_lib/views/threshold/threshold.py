"""A threshold to drag, and the pairs that it judges wrongly.

The page draws, and moves the line without waiting. This class computes what a threshold does
(with `siamese_lib.views.threshold.mistakes`) and sends only what has changed. A page that
`export_view` writes gets all pairs, and counts by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets
from traitlets.utils.bunch import Bunch

from siamese_lib.metrics.thresholds import AtThreshold, Verification
from siamese_lib.texts import printable
from siamese_lib.views import given
from siamese_lib.views.given import ViewError
from siamese_lib.views.script import Script
from siamese_lib.views.showing import WithStill
from siamese_lib.views.style import Style
from siamese_lib.views.threshold import mistakes
from siamese_lib.views.threshold.mistakes import Choice
from siamese_lib.views.threshold.packed_pairs import packed_pairs
from siamese_lib.views.threshold.still import still_png
from siamese_lib.views.view_state import check_names, checked_traits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class ThresholdExplorer(WithStill, anywidget.AnyWidget):
    """Distances of pairs, and a threshold between *same* and *different* to drag.

    In the page, drag the line in the histogram or the point on the ROC curve, or use the arrow
    keys. The counts and the wrongly judged pairs follow. Two buttons set the threshold of the best
    accuracy and that of equal error rates; a third chooses which mistakes come first. A still
    picture is shown where no JavaScript runs, as in a code host's preview of a notebook.

    Args:
        distances: real numbers (N,), 0 or more, one for each pair.
        same: bool or numbers (N,), 1 = same class and 0 = different, some of each.
        left: int (N,), number of the first image of each pair.
        right: int (N,), number of the second image.
        images: uint8 (M, H, W), (M, H, W, 1) or (M, H, W, 3).
        labels: int or str (M,), written under the images.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        threshold: from 0 to the largest distance; by default that of the best accuracy.
        order: which mistakes come first, those "nearest" to the threshold or the "worst".

    Attributes:
        threshold: float; pairs up to this far apart are called same. It may be set.
        order: "nearest" or "worst". It may be set.
        state: ``threshold`` and ``order``, as a dict. Assign a dict to change what it names.
        verification: the `siamese_lib.metrics.Verification` of the pairs.
        at: the `siamese_lib.metrics.AtThreshold` of the threshold.
        mistakes: every wrongly judged pair, as rows of a table.

    Raises:
        ViewError: (a ValueError and a TraitError) an argument or a new value of an attribute is
            not as described, or does not fit the others.
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_suffix(".css"))

    threshold = traitlets.Float(0.0, help="a distance").tag(sync=True)
    order = traitlets.Unicode("nearest", help='"worst" or "nearest"').tag(sync=True)

    _chart = traitlets.Dict().tag(sync=True)
    _counts = traitlets.Dict().tag(sync=True)
    _mistakes = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        distances: np.ndarray,
        same: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        images: np.ndarray,
        labels: np.ndarray | Sequence | None = None,
        *,
        class_names: Sequence[str] | None = None,
        threshold: float | None = None,
        order: str = "nearest",
    ) -> None:
        words = _words(labels, class_names)
        try:
            self._pairs = mistakes.judged(distances, same, left, right, images, words)
        except ValueError as error:
            raise ViewError(str(error)) from None
        chart = mistakes.chart(self._pairs)
        if threshold is None:
            threshold = chart["best"]
        super().__init__(_chart=chart, threshold=threshold, order=order)
        self._show()

    def __repr__(self) -> str:
        """Return a summary: the numbers of same and of different pairs."""
        v = self._pairs.verification
        return f"ThresholdExplorer({v.positives:,} same and {v.negatives:,} different pairs)"

    @property
    def state(self) -> dict[str, Any]:
        """All that the reader can change."""
        return {"threshold": self.threshold, "order": self.order}

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        checked = self.checked_state(state)
        with self.hold_trait_notifications():
            for name, value in checked.items():
                setattr(self, name, value)

    def checked_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole state with some changes, which are checked. The view stays as it is."""
        check_names(state, self.state)
        return {**self.state, **checked_traits(self, state)}

    def payload(self) -> dict[str, Any]:
        """Return the data for the module's ``mount``, which counts without a kernel.

        Returns:
            JSON values, and bytes.
        """
        return {"chart": self._chart, **packed_pairs(self._pairs)}

    @property
    def verification(self) -> Verification:
        """How well each threshold does on these pairs."""
        return self._pairs.verification

    @property
    def at(self) -> AtThreshold:
        """What the current threshold does: its rates and counts."""
        return self._pairs.verification.at(self.threshold)

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        """Every wrongly judged pair; `siamese_lib.views.threshold.mistakes.listed` has the form."""
        return mistakes.listed(self._pairs, self._choice)

    def still(self) -> bytes:
        """Draw what is shown, as a PNG below 60 kB."""
        return still_png(self._pairs, self._choice)

    @property
    def _choice(self) -> Choice:
        return Choice(self.threshold, self.order)

    def _show(self) -> None:
        self._counts = mistakes.counts(self._pairs, self._choice)
        self._mistakes = mistakes.mistakes(self._pairs, self._choice)

    @traitlets.validate("threshold")
    def _validate_threshold(self, proposal: Bunch) -> float:
        try:
            return mistakes.moved(self._pairs, self._choice, proposal["value"]).threshold
        except ValueError as error:
            raise ViewError(str(error)) from None

    @traitlets.validate("order")
    def _validate_order(self, proposal: Bunch) -> str:
        try:
            return mistakes.sorted_by(self._choice, proposal["value"]).order
        except ValueError as error:
            raise ViewError(str(error)) from None

    @traitlets.observe("threshold", "order")
    def _changed(self, change: Bunch) -> None:
        self._show()


def _words(labels: ArrayLike | None, class_names: Sequence[str] | None) -> list[str] | None:
    """Return a word for each image, or None."""
    known, names = given.checked_labels(labels), given.checked_names(class_names)
    if known is None or names is None:
        return None if known is None else [printable(label) for label in known.tolist()]
    if (
        known.dtype.kind != "i"
        or not len(known)
        or not 0 <= known.min() <= known.max() < len(names)
    ):
        raise ViewError(
            f"labels: got {known[:5].tolist()} at first; expected numbers from 0 to "
            f"{len(names) - 1}, as there are {len(names)} class_names."
        )
    return [names[label] for label in known.tolist()]
