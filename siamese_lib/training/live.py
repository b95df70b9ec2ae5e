"""A map of a few images that moves while the tower learns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from IPython.core.getipython import get_ipython

from siamese_lib.checks import whole_number
from siamese_lib.metrics.headline import Among
from siamese_lib.network.backend import Logs, keras
from siamese_lib.pixels import checked_pixels, pictures_of
from siamese_lib.runs import projection
from siamese_lib.runs.embedding import embed
from siamese_lib.training.batches import Images
from siamese_lib.training.recorder import Recorder
from siamese_lib.training.trained import are_finite, number_of
from siamese_lib.training.validation import evenly
from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.showing import show, still_of

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

_PACE = 1.5  # seconds; with the step that it waits for, a frame every 2 seconds


class LiveView(keras.callbacks.Callback):
    """Show a map of a few images under the running cell, moving as the tower learns.

    Use it as ``model.fit(..., callbacks=[recorder, LiveView(recorder, digits.test)])``. The map
    gets a frame at once, one whenever the recorder keeps one, one every two seconds, and the last.
    Where frames would take more of the time than `share`, there are as many as it allows. A page
    that is closed, reloaded or lost never disturbs the training. At the end a still picture is
    left in the notebook, for readers without JavaScript.

    The mean of the embeddings is always in the centre, since a loss depends only on distances.
    Of more than two dimensions, each frame shows the two in which the embeddings spread most,
    rotated to match the frame before. (`Run.film` shows all frames in the axes of the last.)

    Args:
        recorder: the recorder of the same ``fit``. It must come before this in the callbacks.
        data: labelled images to show, such as test images, on which the tower is not trained.
        images: number of images to show, at least 8, evenly spaced over the classes.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        share: share of the training time that the view may take, 0 or more. The first and the
            last frame are shown in any case.
        height: height of the map, in pixels.

    Attributes:
        view: an `EmbeddingView` with the frames so far, the mean loss since the frame before, and
            precision@7 of the images among each other; the curve's name has the value of a perfect
            tower, if that is below 1. Another ``fit`` begins another view.
        spent: total seconds that the view has taken.
        note: why the view could not reach the page, or "".

    Raises:
        ValueError: `images` or `share` is out of range; there are too few data, or images that are
            not like those in training; or, on ``fit``, the recorder is not part of it.
    """

    def __init__(
        self,
        recorder: Recorder,
        data: Images,
        *,
        images: int = 500,
        class_names: Sequence[str] | None = None,
        share: float = 0.09,
        height: int = 360,
    ) -> None:
        super().__init__()
        if not isinstance(share, Real) or not share >= 0:
            raise ValueError(f"share is {share!r}; expected a number, 0 or more.")
        self.recorder = recorder
        chosen, self._labels = evenly(data, whole_number("images", images, 1), "data")
        self._images = checked_pixels(chosen, recorder.image_shape, recorder.white)
        self._among = Among.of(self._labels)
        self._class_names = class_names
        self._share = share
        self._height = height
        self._begin()

    def _begin(self) -> None:
        dim = self.recorder.embedding_dim
        flat = f"2 of {dim} dimensions" if dim > 2 else ""
        self.view = EmbeddingView(
            np.zeros((0, len(self._images), 2)),
            self._labels,
            images=pictures_of(self._images),
            class_names=self._class_names,
            note="; ".join(filter(None, (flat, self._among.missing))),
            height=self._height,
            noun="image",
        )
        self.note = ""
        self._still: DisplayHandle | None = None
        self._shown_at = -1  # the step, and the time
        self._shown_when = 0.0
        self.spent = 0.0
        self._begun = 0.0  # seconds spent before the first step
        self._before = 0, 0.0  # steps and seconds of training before this fit
        self._cost = math.inf  # seconds that the quickest frame took

    def on_train_begin(self, logs: Logs = None) -> None:
        """Show the view with its first frame, the tower as it is."""
        if self.recorder.model is not self.model or not self.recorder.total:
            raise ValueError(
                "LiveView was given without its recorder; expected the recorder before it in the "
                "callbacks of fit: [recorder, LiveView(recorder, ...)]."
            )
        if len(self.view.frames):
            self._begin()
        with self._timed():
            margin = number_of(self.model.loss, "margin")
            self._send(lambda: self.view.set_trait("margin", margin))
            if self._on_page():
                self._send(self._show)
            # A tower's first call takes longer than those after it, whatever it is given.
            embed(self.recorder.tower, self._images[:1])
        self._add_frame()
        self._begun = self.spent
        self._before = self.recorder.step, self.recorder.seconds()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Add a frame, if one is due and the time allows it."""
        late = time.perf_counter() - self._shown_when >= _PACE
        due = late or self.recorder.step in self.recorder.kept
        if due and self.spent + self._cost <= self._allowed():
            self._add_frame()

    def on_train_end(self, logs: Logs = None) -> None:
        """Add the last frame, and leave a still picture in the notebook."""
        self._add_frame()
        with self._timed():
            if self._still is not None and len(self.view.frames):
                self._send(partial(self._still.update, still_of(self.view), raw=True))

    def _show(self) -> None:
        self._still = show(self.view)

    def _on_page(self) -> bool:
        return hasattr(get_ipython(), "kernel")  # in a terminal there is none

    def _allowed(self) -> float:
        """Return the seconds that may be spent by now.

        The first frame is paid for, and time kept back for the last, little by little, so that
        frames come from the beginning on, and at the end all have taken no more than the share.
        """
        before, until = self._before
        done = (self.recorder.step - before) / max(self.recorder.total - before, 1)
        earned = self._share * (self.recorder.seconds() - until)
        return self._begun + earned - (self._begun + self._cost) * done

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Count the time of the block as the view's, not as the training's."""
        started = time.perf_counter()
        with self.recorder.paused():
            yield
        self.spent += time.perf_counter() - started

    def _add_frame(self) -> None:
        """Show the tower as it is, and note what that costs."""
        if self.recorder.step == self._shown_at:
            return
        spent = self.spent
        with self._timed():
            self._look()
        self._cost = min(self._cost, self.spent - spent)
        self._shown_when = time.perf_counter()

    def _look(self) -> None:
        """Embed, measure and show a frame, if the tower's weights are finite."""
        step, tower = self.recorder.step, self.recorder.tower
        _ = self.model  # on JAX this access brings the weights up to date
        if not are_finite(tower.get_weights()):
            return
        embeddings = embed(tower, self._images)
        points = projection.centred(embeddings)
        points = points @ projection.principal_axes(points)[0]
        if len(self.view.frames) and embeddings.shape[1] > 2:
            points = projection.turned(points, self.view.frames[-1])
        curves = {"loss": self._loss()}
        if not self._among.missing:
            curves[self._among.name] = self._among.precision(embeddings)
        self._shown_at = step
        self._send(lambda: self.view.append_frame(points, step=step, curves=curves))

    def _loss(self) -> float:
        """Return the mean loss since the frame before, or the last that is known, or NaN."""
        history = self.recorder.history
        steps = np.array([0, *history["step"]])
        new = steps[1:] > self._shown_at
        if not new.any():
            return history["loss"][-1] if history["loss"] else math.nan
        return float(np.average(np.array(history["loss"])[new], weights=np.diff(steps)[new]))

    def _send(self, send: Callable[[], object]) -> None:
        """Send something to the page. If that fails, print why, once."""
        try:
            send()
        except Exception as error:
            if not self.note:
                self.note = (
                    f"The live view does not reach the page ({type(error).__name__}: {error}). "
                    "Training continues."
                )
                print(self.note)
