"""The two maps of an explorer: the query among all training images, and a close-up of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from siamese_lib.colors import EXTRA, class_colors
from siamese_lib.explorer.screen import Screen
from siamese_lib.explorer.search import NeighbourSearch
from siamese_lib.views.embedding_view import EmbeddingView

AROUND = 150  # training images in the close-up


class Maps:
    """Two views of training images and a query, with lines from the query to its neighbours.

    Args:
        search: finds what is shown.
        clicked: called with the index of the training image that the reader clicks, -1 for the
            query, or None for several points or none.
        height: of both maps together, in pixels; None for maps that suit the window.

    Attributes:
        whole: `EmbeddingView` of the images in `NeighbourSearch.shown`, then the query, then the
            neighbours that are not in `NeighbourSearch.shown`.
        near: `EmbeddingView` of the query and the images around it, with pictures.
    """

    def __init__(
        self, search: NeighbourSearch, clicked: Callable[[int | None], None], height: int | None
    ) -> None:
        self._search, self._clicked = search, clicked
        dim, names = search.run.embedding_dim, search.facts.class_names
        flat = f"2 of {dim} dimensions, {100 * search.explained:.0f} % of the variance"
        common = {
            "class_names": [*names, "query"],
            "colors": [*class_colors(len(names)), EXTRA],
            "note": flat if dim > 2 else "",
            "noun": "training image",
        }
        whole, near = (
            (None, None) if height is None else (height * 3 // 5, height - height * 3 // 5)
        )
        margin = search.run.settings.get("margin")
        self.whole = EmbeddingView(
            search.last.cloud, search.facts.training_labels[search.shown],
            margin=margin, height=whole, numbers=search.shown, **common,
        )  # fmt: skip
        self.near = EmbeddingView(search.last.cloud[:1], [0], height=near, **common)
        self._indices = {self.whole: search.shown, self.near: search.shown[:1]}
        self._showing = False
        for view in (self.whole, self.near):
            view.observe(lambda change: self._selected(change.owner, change.new), "selected")

    def show(self, screen: Screen) -> None:
        """Show the query on both maps, and highlight its neighbours."""
        search, state, found = self._search, screen.state, screen.answer.indices
        others = [index for index in found if index not in search.place_of]
        around = np.setdiff1d(search.around(state.query, state.frame, AROUND), found)
        self._showing = True
        try:
            whole = np.concatenate([search.shown, [-1], np.array(others, np.int64)])
            self._fill(self.whole, whole, screen)
            near = np.concatenate([[-1], np.array(found), around])
            self._fill(self.near, near, screen, pictures=True)
        finally:
            self._showing = False

    def _fill(
        self, view: EmbeddingView, indices: np.ndarray, screen: Screen, *, pictures: bool = False
    ) -> None:
        """Show training images by index; −1 stands for the query."""
        search, facts = self._search, screen.facts
        query, frame = screen.state.query, screen.state.frame
        at = int(np.flatnonzero(indices < 0)[0])
        known = np.where(indices < 0, search.shown[0], indices)
        places = search.places(known, frame)
        places[at] = search.place(query, frame)
        labels = facts.training_labels[known]
        labels[at] = len(facts.class_names)
        images = None
        if pictures and facts.image_shape[2] in (1, 3):
            images = facts.training_images[known]
            images[at] = facts.image(query)
        self._indices[view] = indices
        with view.hold_sync():
            with view.hold_trait_notifications():
                view.frames, view.labels, view.images = places, labels, images
                view.trust, view.numbers = search.trust(indices, query, frame), indices
            view.marked = view.selected = [at]
            on_map = search.place_of if view is self.whole else {}
            last = {int(index): place for place, index in enumerate(indices.tolist()[at:], at)}
            view.highlighted = [last.get(i, on_map.get(i, at)) for i in screen.answer.indices]

    def _selected(self, view: EmbeddingView, points: list[int]) -> None:
        """Report which image the reader selected."""
        if self._showing:
            return
        chosen = [int(self._indices[view][point]) for point in points]
        self._clicked(chosen[0] if len(chosen) == 1 else None)
