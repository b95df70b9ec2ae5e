"""Choose, draw or upload an image, and see the training images that are nearest to it.

`siamese_lib.explorer.state` has the state and the actions, `search` finds the answers, `screen`
holds both, and `markup` writes them as HTML. Here they are connected to widgets. Each handler is
one line, and all of them call `RetrievalExplorer._do`, which shows errors in the status line.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import ipywidgets
import numpy as np

from siamese_lib.data.dataset import Dataset
from siamese_lib.explorer import markup
from siamese_lib.explorer.answer import Answer
from siamese_lib.explorer.controls import Controls
from siamese_lib.explorer.drawing_pad import Pad
from siamese_lib.explorer.html_panel import Panel
from siamese_lib.explorer.maps import Maps
from siamese_lib.explorer.saved_state import restored, saved
from siamese_lib.explorer.screen import Screen
from siamese_lib.explorer.search import NeighbourSearch
from siamese_lib.explorer.searched import GalleryOnDisk
from siamese_lib.explorer.state import ACTIONS, State, begin, choose_test, fail, set_k
from siamese_lib.explorer.still import explorer_png
from siamese_lib.runs.run import Run
from siamese_lib.search.gallery import Gallery
from siamese_lib.views.showing import WithStill


class RetrievalExplorer(WithStill, ipywidgets.VBox):
    """Ask a trained network which training images are most similar to another image.

    Choose a test image with its thumbnail, by its index or at random; click a training image on the
    map; draw an image; or upload a picture. The nearest training images appear in order, by
    Euclidean distance and by cosine. Each is shown with its label, index and distance, is marked as
    right or wrong, and is highlighted on the map. Errors appear in the status line.

    An upload is read as `load_folder` reads files, so a training file finds itself. For images that
    look as MNIST's digits do, it is also cropped, inverted and centred as those were. The status
    line says what was done.

    All training images are embedded once, at the last frame (13 s for 60,000 on two cores). The
    embeddings are stored in the run's folder if it has one, else in memory. At earlier frames, only
    the images on the map are searched, up to 5,000 spread evenly over the classes. They are
    embedded when the frame is first visited.

    Args:
        run: the training.
        digits: a `Dataset` of images of the run's shape.
        index: test image to begin with.
        k: number of neighbours, from 1 to 20.
        limit: search only this many training images, to begin sooner: the first ones, or if the
            images come class by class, some drawn evenly over the classes; at least 7.
        gallery: a `Gallery` of the images in `searched`, embedded by the run at its last frame; or
            a `DiskGallery` of any images, whose ids then stand for training images. If it keeps
            paths, its images are read from these files when they are shown, and its classes are
            numbers or names of the classes of `digits`; else id i is training image i. Any other
            gallery is not used, and the status line says so.
        height: of both maps together, in pixels. By default they suit the window.
        handwriting: whether uploads are prepared as MNIST's digits were; by default if the training
            images look as those do.

    Attributes:
        run, digits: as given.
        answer: the `Answer` that is shown now, by the metric that is on the map.
        answers: read-only mapping of the metrics to `Answer`.
        state: what the reader has chosen, a frozen dataclass. Assign one, or a part of what
            `saved` returned, to go back to it.
        saved: the state as a dict of values that JSON can hold: ``query``, ``frame``, ``label``,
            ``mistakes``, ``page``, ``k``, ``metric`` and ``pins``, as
            `siamese_lib.explorer.saved_state.saved` describes them.
        message: text of the status line.
        searched: int64 (S,), the training images that are searched.
        map: the `EmbeddingView` of the training images, the query and its neighbours.
        near: the `EmbeddingView` of the images around the query. Where the embedding has more than
            two dimensions, `trust` of both views is the share of each image's 10 nearest images on
            the map that are also the 10 nearest in the embedding.
        pad: the drawing pad.

    Raises:
        ValueError: there are too few images, they do not have the run's shape, or `index`, `k` or
            `limit` is out of range.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> explorer = sl.RetrievalExplorer(sl.shipped_run(), digits, k=3, limit=500)
        >>> answer = explorer.select(index=8)
        >>> answer.index, len(answer.indices), answer.metric
        (8, 3, 'euclidean')
    """

    def __init__(
        self,
        run: Run,
        digits: Dataset,
        *,
        index: int = 0,
        k: int = 7,
        limit: int | None = None,
        gallery: Gallery | GalleryOnDisk | None = None,
        height: int | None = None,
        handwriting: bool | None = None,
    ) -> None:
        self.run, self.digits = run, digits
        self._search = search = NeighbourSearch(run, digits, limit, gallery, handwriting)
        facts = search.facts
        most = facts.largest_k
        state = begin(facts, frame=len(run) - 1, k=min(7, most))
        state = choose_test(set_k(state, facts, min(k, most) if k == 7 else k), facts, index)
        self._showing = False
        self._panels = {
            kind: Panel(kind, self._do, live=kind == "status")
            for kind in ("status", "picker", "answer", "pins")
        }
        self.pad = Pad(self._do, facts.paper.colors)
        self._maps = Maps(search, self._clicked, height)
        self.map, self.near = self._maps.whole, self._maps.near
        self._controls = Controls(
            self._do, k=state.k, most=most, frame=state.frame, steps=facts.steps
        )
        super().__init__(children=self._laid_out())
        self.add_class("siamese")
        self.add_class("siamese-explorer")
        wrong = search.gallery_error
        self._show(fail(state, facts, wrong) if wrong else state)

    @property
    def state(self) -> State:
        """What the reader has chosen."""
        return self._screen.state

    @state.setter
    def state(self, state: State | Mapping[str, Any]) -> None:
        given = saved(state) if isinstance(state, State) else state
        try:
            self._show(restored(self.state, self._search.facts, given))
        except Exception as error:
            self._fail(error)
            raise

    @property
    def saved(self) -> dict[str, Any]:
        """What the reader has chosen, as values that JSON can hold."""
        return saved(self.state)

    @property
    def answer(self) -> Answer:
        """The answer by the metric that is on the map."""
        return self._screen.answer

    @property
    def answers(self) -> Mapping[str, Answer]:
        """The answer by each metric."""
        return self._screen.answers

    @property
    def message(self) -> str:
        """The message in the status line, or "" if there is none."""
        return self.state.status

    @property
    def searched(self) -> np.ndarray:
        """The training images that are searched."""
        return self._search.last.searched.indices

    def __repr__(self) -> str:
        """Return a summary of the query and its answer."""
        found = self.answer
        return (
            f"RetrievalExplorer({self.state.query}: {found.name_of(found.vote)}, by "
            f"{found.confidence:.0%} of {found.k} among {found.searched:,} training images)"
        )

    def select(
        self,
        index: int | None = None,
        *,
        train: int | None = None,
        image: np.ndarray | None = None,
        frame: int | None = None,
        k: int | None = None,
        metric: str | None = None,
    ) -> Answer:
        """Choose from code what a reader can choose in the page.

        Args:
            index: of a test image.
            train: index of a training image instead.
            image: your own image instead, uint8 (H, W, C) or (H, W), which is not changed.
            frame: of the run; a negative number counts from the end.
            k: number of neighbours.
            metric: "euclidean" or "cosine", for the map and for `answer`.

        Returns:
            The answer.

        Raises:
            ValueError: an argument is out of range, or the image has another shape or dtype.
                Nothing is changed then, and the status line shows the message, too.
        """
        frames = len(self._search.facts.steps)
        if frame is not None and -frames <= frame < 0:
            frame += frames
        wanted = {
            "choose_test": index, "choose_train": train, "own_image": image, "set_frame": frame,
            "set_k": k, "set_metric": metric,
        }  # fmt: skip
        state = self.state
        try:
            for action, value in wanted.items():
                if value is not None:
                    state = ACTIONS[action](state, self._search.facts, value)
            self._show(state)
        except Exception as error:
            self._fail(error)
            raise
        return self.answer

    def still(self) -> bytes:
        """Draw the query, its neighbours and the map as a PNG."""
        return explorer_png(self._screen, self.map.still())

    def _do(self, action: str, *values: Any) -> None:
        """Carry out an action of the page, and show an error if it fails."""
        if self._showing:
            return
        if action == "choose_random":
            values = (random.random(),)
        try:
            if action not in ACTIONS:
                raise ValueError(f"The explorer has no action called {action!r}.")
            self._show(ACTIONS[action](self.state, self._search.facts, *values))
        except ValueError as error:
            self._fail(error)
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")

    def _clicked(self, index: int | None) -> None:
        """Choose a training image that was clicked; else restore the highlighted points."""
        several = "Click on a single training image on a map to choose it."
        self._do(*(("say", several) if index is None or index < 0 else ("choose_train", index)))

    def _show(self, state: State) -> None:
        """Find all that is shown for a state, and draw it."""
        search = self._search
        if not search.knows(state.frame):
            step = search.facts.steps[state.frame]
            words = f"Embedding {len(search.shown):,} training images at step {step:,} …"
            self._wait(words)
        try:
            self._draw(search.screen(state))
        finally:
            self._wait("")

    def _wait(self, words: str) -> None:
        """Say what the reader waits for, and show the old answer as one that does not hold."""
        self._controls.waiting = words
        self._panels["answer"].stale = bool(words)

    def _fail(self, error: object) -> None:
        """Show an error, and leave everything else as it is."""
        screen = self._screen
        failed = replace(screen, state=fail(screen.state, screen.facts, error))
        try:
            self._draw(failed)
        except Exception:  # what the maps show can no longer be read
            self._screen = failed
            self._panels["status"].html = markup.status(failed.status, True)

    def _draw(self, screen: Screen) -> None:
        """Put a screen into the widgets; nothing else changes them."""
        panels, state, controls = self._panels, screen.state, self._controls
        self._screen, self._showing = screen, True
        try:
            panels["answer"].html = markup.answer(screen)
            panels["status"].html = markup.status(screen.status, state.failed)
            panels["picker"].current = str(state.query.index) if state.query.kind == "test" else ""
            panels["picker"].html = markup.picker(screen)
            panels["pins"].html = markup.pins(screen)
            if state.query.kind == "drawing":
                self.pad.preview = markup.uri(screen.facts.image(state.query))
            elif state.query.kind == "picture":
                self.pad.strokes = []  # an old drawing would look like the query
            controls.k, controls.frame = state.k, state.frame
            controls.quick = self._search.known
            self._maps.show(screen)
        finally:
            self._showing = False

    def _laid_out(self) -> list[ipywidgets.Widget]:
        panels = self._panels
        found = _box("found", self._controls, panels["answer"])
        columns = _box(
            "columns",
            _box("choose", panels["picker"], self.pad),
            found,
            _box("maps", self.map, self.near),
        )
        return [panels["status"], columns, panels["pins"]]


def _box(name: str, *children: ipywidgets.Widget) -> ipywidgets.Box:
    box = ipywidgets.Box(children)
    box.add_class(f"sx-{name}")
    return box
