"""A row of pictures: one image and its nearest neighbours, each marked as right or wrong."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import cast

import ipywidgets
import numpy as np
from PIL import Image

from siamese_lib.checks import checked_labels, whole_number
from siamese_lib.colors import DIFFERENT, INK, SAME
from siamese_lib.images import draw_neighbours, png, png_uri, without_gray_axis
from siamese_lib.pixels import checked_images
from siamese_lib.texts import printable
from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.given import ViewError
from siamese_lib.views.showing import WithStill

_ROW = "display:flex;flex-wrap:wrap;gap:14px;align-items:flex-end;min-height:112px;padding:6px 2px"
_WORDS = "font:14px/1.35 var(--jp-ui-font-family,sans-serif);color:var(--jp-ui-font-color1,#555)"
_PICTURE = "width:64px;height:64px;object-fit:contain;image-rendering:pixelated;border-radius:3px"


def strip_html(
    images: np.ndarray,
    labels: Sequence[object] | None,
    distances: Sequence[float],
    *,
    names: Sequence[str] | None = None,
) -> str:
    """Write a row of a query and its neighbours, as HTML that needs no other file.

    Args:
        images: uint8 (1 + k, H, W) or (1 + k, H, W, C), the query first.
        labels: integers or strings (1 + k,), or None. A neighbour with the query's label is marked
            as right.
        distances: (k,), from the query to its neighbours.
        names: names of the images, (1 + k,), such as their indices.

    Returns:
        HTML, in which labels and names are escaped.
    """
    labels = None if labels is None else checked_labels(labels, count=len(images)).tolist()
    cells = []
    for place, image in enumerate(checked_images(images)):
        label = "" if labels is None else html.escape(printable(labels[place]))
        right = None if labels is None or not place else labels[place] == labels[0]
        color = {None: INK, True: SAME, False: DIFFERENT}[right]
        mark = {None: "", True: "✓ ", False: "✗ "}[right]
        name = "" if names is None else html.escape(printable(names[place]))
        title = f"<b style='color:{color}'>{mark}{label or name}</b>"
        below = f"{distances[place - 1]:.3g}" if place else "query"
        cells.append(
            f"<div style='text-align:center' title='{name}'>"
            f"<img alt='{label or name}' src='{png_uri(without_gray_axis(image))}' "
            f"style='{_PICTURE};outline:3px solid {color}'><br>{title}<br>{below}</div>"
        )
    return f"<div style='{_ROW};{_WORDS}'>{''.join(cells)}</div>"


class NeighbourStrip(WithStill, ipywidgets.HTML):
    """The points nearest to the selected point of a view, at the frame on screen.

    Select a point on the map. Its neighbours among the points of the view are highlighted there
    and shown here, nearest first, by distance on the map. Both follow the film. Use a `Gallery` to
    search more images than a map holds.

    Args:
        view: a view with images.
        k: number of neighbours, from 1 to the number of the view's points minus 1.

    Attributes:
        neighbours: int64 (k,), the points shown, nearest first; (0,) while none is selected.
        distances: float32 (k,), their distances on the map.

    Raises:
        ViewError: the view has no images, or `k` is out of range.
    """

    def __init__(self, view: EmbeddingView, k: int = 7) -> None:
        super().__init__()
        if view.images is None:
            raise ViewError(
                "view has no images; expected a view with images. Make the view with images=."
            )
        points = view.frames.shape[1]
        if whole_number("k", k, 1) >= points:
            raise ViewError(f"k is {k}; expected less than the number of points, {points}.")
        self.view = view
        self.k = k
        view.observe(self._show, ["selected", "frame", "frames"])
        self._show()

    def _show(self, change: object = None) -> None:
        """Find the neighbours of the selected point, highlight them, and draw the row."""
        view = self.view
        self.neighbours, self.distances = np.zeros(0, np.int64), np.zeros(0, np.float32)
        if len(view.selected) != 1 or not len(view.frames) or view.images is None:
            self.value = f"<div style='{_ROW};{_WORDS}'>Choose a point on the map.</div>"
            return
        (query,) = view.selected
        cloud = view.frames[view.frame].astype(np.float64)  # squares of 1e20 need it
        away = np.linalg.norm(cloud - cloud[query], axis=1)
        away[query] = np.inf
        self.neighbours = np.argsort(away, kind="stable")[: self.k]
        self.distances = away[self.neighbours].astype(np.float32)
        view.highlighted = self.neighbours.tolist()
        shown = [query, *self.neighbours.tolist()]
        distances = self.distances.tolist()
        self.value = strip_html(view.images[shown], self._words(shown), distances, names=shown)

    def still(self) -> bytes:
        """Draw the selected point and its neighbours as a PNG on a transparent ground."""
        shown = [*self.view.selected, *self.neighbours.tolist()]
        images = cast(np.ndarray, self.view.images)[shown]
        words = self._words(shown) or shown
        captions = [str(word) for word in words[1:]]
        row = draw_neighbours(
            images[:1], [str(words[0])], images[None, 1:], [captions], self.distances[None],
            clear=True,
        )  # fmt: skip
        return png(row.quantize(64, Image.Quantize.FASTOCTREE))

    def _has_still(self) -> bool:
        return len(self.neighbours) > 0

    def _words(self, points: list[int]) -> list[object] | None:
        """Return the classes of some points, or None if they have none."""
        view = self.view
        if view.labels is None:
            return None
        labels = view.labels[points].tolist()
        return labels if view.class_names is None else [view.class_names[k] for k in labels]
