"""The map of a few images, shown and moving while they are learned."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from IPython.core.getipython import get_ipython
from IPython.display import display

from siamese_lib.checks import whole_number
from siamese_lib.metrics.headline import PRECISION, precision_of
from siamese_lib.network.backend import Logs, keras
from siamese_lib.runs import plane
from siamese_lib.runs.embedding import embed
from siamese_lib.training.batches import Images
from siamese_lib.training.recorder import Recorder
from siamese_lib.training.watch import evenly
from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.still import unseen


class LiveView(keras.callbacks.Callback):
    """Show a map of a few images under the running cell, moving as the tower learns.

    ``model.fit(..., callbacks=[recorder, LiveView(recorder, digits.test)])``. The map gets a frame
    when the recorder keeps one, the first and the last in any case, those between as far as time
    allows: early ones as readily as late ones, since `share` is spent as the frames are due, with
    the square root of the steps. A page that is closed, reloaded or lost never disturbs training.
    At the end a still picture is left in the notebook, for where no JavaScript runs.

    The middle of the images stays where it is, as a loss sees distances only. Of more than two
    dimensions each frame shows the two in which the images spread most, turned to lie near the
    frame before. (`Run.film` shows all frames in the axes of the last.)

    Args:
        recorder: of the same ``fit``, which stands before this in the callbacks.
        data: labelled images to show; never trained on, if they are test images.
        images: how many of them, at least 8, evenly spaced over the classes.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        share: of the training time that the view may take, as far as the first and the last frame
            leave the choice.
        height: of the map, in pixels.

    Attributes:
        view: an `EmbeddingView` with the frames so far, the loss since the frame before, and
            precision@7 of the images among each other. Another ``fit`` begins another.
        spent: seconds that the view has taken, in all.
        note: what went wrong on the way to the page, or "".

    Raises:
        ValueError: `images`, or `share`, is out of range, or the data too few; on ``fit``, the
            recorder is not part of it.
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
        if not share >= 0:
            raise ValueError(f"share must be 0 or more, got {share}.")
        self.recorder = recorder
        self._images, self._labels = evenly(data, whole_number("images", images, 1))
        self._class_names = class_names
        self._share = share
        self._height = height
        self._begin()

    def _begin(self) -> None:
        dim = self.recorder.tower.output_shape[-1]
        pictures = self._images if self._images.shape[-1] in (1, 3) else None
        self.view = EmbeddingView(
            np.zeros((0, len(self._images), 2)),
            self._labels,
            images=pictures,
            class_names=self._class_names,
            note=f"2 of {dim} dimensions" if dim > 2 else "",
            height=self._height,
        )
        self.note = ""
        self._shown_at = -1
        self.spent = 0.0
        self._begun = 0.0  # seconds that were spent before the first step
        self._cost = math.inf  # seconds, of the quickest frame
        self._earlier: tuple[int, float] | None = None  # a step made, and the seconds until then

    def on_train_begin(self, logs: Logs = None) -> None:
        """Show the view, with the tower as it is."""
        if self.recorder.model is not self.model or not self.recorder.total:
            raise ValueError("LiveView needs its recorder before it in the callbacks of fit.")
        if len(self.view.frames):
            self._begin()
        with self._timed():
            margin = getattr(self.model.loss, "margin", None)
            self._unless_it_fails(lambda: self.view.set_trait("margin", margin))
            if self._on_page():
                self._unless_it_fails(lambda: display(self.view))
            self._look()
        self._begun = self.spent

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Add a frame, if one is due and has been earned."""
        if self.recorder.step in self.recorder.kept and self.spent + self._cost <= self._earned():
            with self._timed():
                self._look()

    def on_train_end(self, logs: Logs = None) -> None:
        """Add the last frame, and leave a still picture of all."""
        with self._timed():
            self._look()
            if self._on_page() and len(self.view.frames):
                still = unseen(repr(self.view), self.view.still())
                self._unless_it_fails(lambda: display(still, raw=True))

    def _on_page(self) -> bool:
        return hasattr(get_ipython(), "kernel")  # in a terminal there is none

    def _earned(self) -> float:
        """Seconds that may be spent by now, the last frame's set apart."""
        step, seconds, total = self.recorder.step, self.recorder.seconds(), self.recorder.total
        before, until = self._earlier or (step, seconds)
        self._earlier = step, seconds
        # The steps since the last look tell how long those to come will take; the first does not,
        # as in it the model was compiled.
        whole = seconds + (seconds - until) / max(step - before, 1) * (total - step)
        later = self._share * whole - self._begun - self._cost
        return self._begun + later * math.sqrt(step / total)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Leave what is done out of the training's seconds, and count it as the view's."""
        started = time.perf_counter()
        with self.recorder.paused():
            yield
        cost = time.perf_counter() - started
        self._cost = min(self._cost, cost)
        self.spent += cost

    def _look(self) -> None:
        """Embed, measure and show the frame that the recorder has just kept."""
        step = self.recorder.step
        if step == self._shown_at or step not in self.recorder.kept:  # the weights are no numbers
            return
        embeddings = embed(self.recorder.tower, self._images)
        points = plane.centred(embeddings)
        points = points @ plane.principal_axes(points)[0]
        if len(self.view.frames) and embeddings.shape[1] > 2:
            points = plane.turned(points, self.view.frames[-1])
        curves = {
            "loss": self._loss(),
            PRECISION: precision_of(embeddings, self._labels),
        }
        self._shown_at = step
        self._unless_it_fails(lambda: self.view.append_frame(points, step=step, curves=curves))

    def _loss(self) -> float:
        """Mean of the losses of all steps since the frame before; NaN if there are none."""
        history = self.recorder.history
        steps = np.array([0, *history["step"]])
        new = steps[1:] > self._shown_at
        if not new.any():
            return math.nan
        return float(np.average(np.array(history["loss"])[new], weights=np.diff(steps)[new]))

    def _unless_it_fails(self, send: Callable[[], object]) -> None:
        """Send something to the page; say once if it does not arrive."""
        try:
            send()
        except Exception as error:
            if not self.note:
                self.note = (
                    f"The live view does not reach the page ({type(error).__name__}: {error}). "
                    "Training goes on."
                )
                print(self.note)
