"""Callbacks that guard a ``fit`` and report on it. The callback that records it is `Recorder`.

Plain Keras takes them: ``model.fit(..., callbacks=[Guard(), recorder, Progress(recorder)])``.
"""

from __future__ import annotations

import io
import math
import os
import shutil
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TextIO, TypeAlias

import numpy as np

from siamese_lib.metrics.headline import PRECISION, at_most
from siamese_lib.network.backend import Logs, keras
from siamese_lib.network.many_devices import is_first, largest, several
from siamese_lib.training.recorder import Recorder
from siamese_lib.training.trained import are_finite
from siamese_lib.training.verdicts import NOT_A_NUMBER, Verdict
from siamese_lib.training.watch import Watch

_NAN_CHECK_STEPS = 10
_REDRAW_SECONDS = 0.5
_LINES = 12
_ERASE_TO_END = "\x1b[K"  # erases the rest of a longer line
_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None  # of a signal


class DivergedError(ArithmeticError):
    """The loss, or a weight of the model, is NaN or infinite."""


class Guard(keras.callbacks.Callback):
    """Stop a ``fit`` cleanly on an interrupt, and with an explanation on NaN.

    After the first Ctrl-C, SIGTERM or press of the notebook's stop button, the current step ends
    and ``fit`` returns as if it were done, so that the next line of the program runs. A second
    one acts at once, as usual.

    Of several processes that train together, each needs a guard. If one of them is stopped, all
    of them end together, after up to ten more steps.

    Attributes:
        stopped_by: the signal that ended the last ``fit`` early, in this process or in another; or
            None.

    Raises:
        DivergedError: from ``fit``, if the loss or a weight is NaN or infinite.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stopped_by: signal.Signals | None = None
        self._before: dict[signal.Signals, _Handler] = {}

    def on_train_begin(self, logs: Logs = None) -> None:
        """Listen for the signals. Python allows that in the main thread only."""
        self.on_train_end()  # a fit that failed may not have restored the handlers
        self.stopped_by = None
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._stop)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Check for NaN every few steps."""
        if batch % _NAN_CHECK_STEPS == 0:
            self._check(logs)
            self._stop_together()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Check for NaN."""
        self._check(logs)
        self._stop_together()

    def on_train_end(self, logs: Logs = None) -> None:
        """Restore the handlers of the signals."""
        while self._before:
            signal.signal(*self._before.popitem())

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.on_train_end()
        if not self._inside_fit(frame):  # fit failed and could not restore them
            signal.raise_signal(number)
            return
        self.stopped_by = signal.Signals(number)
        when = f"all processes within {_NAN_CHECK_STEPS} steps" if several() else "after this step"
        if not several():
            self._model.stop_training = True
        print(f"\n{self.stopped_by.name}: stopping {when}. A second one stops at once.")

    def _stop_together(self) -> None:
        """Stop here if any process was told to: one that stops alone keeps the others waiting."""
        told = largest(self.stopped_by or 0) if several() else 0
        if told:
            self.stopped_by = signal.Signals(told)
            self.model.stop_training = True

    def _inside_fit(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if frame.f_code.co_name == "fit" and frame.f_locals.get("self") is self._model:
                return True
            frame = frame.f_back
        return False

    def _check(self, logs: Logs) -> None:
        """Raise if the training has diverged. A pooling may hide NaN weights from the loss."""
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            what = f"The loss is {loss}"
        elif not are_finite(self.model.get_weights()):
            what = "A weight of the model is NaN or infinite"
        else:
            return
        self.on_train_end()
        step = int(self.model.optimizer.iterations)
        rate = float(self.model.optimizer.learning_rate)
        raise DivergedError(
            f"{what} by step {step} (learning rate {rate:.2g}); expected a finite number. "
            f"{NOT_A_NUMBER} What was recorded before stays usable."
        )


class Progress(keras.callbacks.Callback):
    """Print the progress of a ``fit``: one changing line in a terminal, 12 lines in a notebook.

    It also prints a warning, once, if something is wrong with the training: of what the batches
    hold, before the first step; and of the losses, and the distances of some 300 training
    images, which it looks at eight times. Warnings say what it is and what to do. A training that
    learns gets none.

    Of several processes only the first prints, unless `stream` is given.

    Args:
        recorder: the recorder of the same ``fit``. It must come before this in the callbacks.
        stream: where to print; by default standard output.

    Attributes:
        verdicts: the warnings of the last ``fit``, each with a ``name``, such as "collapsed", and a
            ``text``.

    Raises:
        ValueError: on ``fit``, the recorder is not part of it, or comes later.
    """

    def __init__(self, recorder: Recorder, *, stream: TextIO | None = None) -> None:
        super().__init__()
        self.recorder = recorder
        self.stream = stream
        self.verdicts: list[Verdict] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin with no line printed."""
        if self.recorder.model is not self.model or not self.recorder.total:
            raise ValueError(
                "Progress was given without its recorder; expected the recorder before it in the "
                "callbacks of fit: [recorder, Progress(recorder)]."
            )
        self._out = self.stream or (sys.stdout if is_first() else io.StringIO())
        self._live = self._out.isatty()
        self._drawn_at = -math.inf
        self._lines = 0
        self.verdicts = []
        self._watch = Watch(self.recorder, self.model)
        watched = self.recorder.validation
        if watched is not None and not watched.ceiling:
            self._out.write(
                f"{PRECISION} is not measured, as no validation image has another of its class.\n"
            )
        self._warn(self._watch.begin())

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Print a line if one is due."""
        done, total = self.recorder.step, self.recorder.total
        if self._live:
            now = time.perf_counter()
            if now - self._drawn_at > _REDRAW_SECONDS or done == total:
                self._drawn_at = now
                fitting = self.line()[: shutil.get_terminal_size().columns - 1]  # none may wrap
                self._out.write(f"\r{fitting}{_ERASE_TO_END}")
        elif done * _LINES >= (self._lines + 1) * total:
            self._lines = done * _LINES // total
            self._out.write(self.line() + "\n")
        if self._watch.due:
            _ = self.model  # on JAX this access brings the weights up to date
        self._warn(self._watch.judge())
        self._out.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        """End the changing line."""
        if self._live:
            self._out.write("\n")

    def line(self) -> str:
        """Return a line of the step, seconds left, loss, precision and images per second."""
        recorder = self.recorder
        history = recorder.history
        parts = [f"step {recorder.step:>{len(str(recorder.total))}}/{recorder.total}"]
        if (rate := recorder.images_per_second()) > 0:
            left = (recorder.total - recorder.step) * recorder.batches.images_per_step / rate
            parts.append(f"{left:.0f} s left")
        if history["loss"]:
            loss = history["loss"][-1]  # of a difference of sums, so that 0 may be -1e-9
            parts.append(f"loss {0.0 if abs(loss) < 5e-5 else loss:.4f}")
        measured = np.flatnonzero(~np.isnan(history["precision"]))
        if measured.size:
            last, watched = measured[-1], recorder.validation
            at = "" if last == len(history["step"]) - 1 else f" at step {history['step'][last]}"
            among, limit = "", ""
            if watched is not None:
                among, limit = f" among {watched.count}:", at_most(watched.ceiling, 3)
            parts.append(f"{PRECISION}{among} {history['precision'][last]:.3f}{limit}{at}")
        if rate > 0:
            parts.append(f"{rate:,.0f} images/s")
        return "   ".join(parts)

    def _warn(self, found: Sequence[Verdict]) -> None:
        """Print what is wrong, each kind once."""
        known = {verdict.name for verdict in self.verdicts}
        for verdict in found:
            if verdict.name not in known:
                self.verdicts.append(verdict)
                self._out.write(f"\nWarning: {verdict.text}\n")


class _TensorBoard(keras.callbacks.TensorBoard):
    """Keras' callback, but a resumed training continues its curve, and `update_freq` holds.

    (Keras 3.12, the last for Python 3.10, writes every step and names weights without their layer.)
    """

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        self._global_train_batch = int(self.model.optimizer.iterations)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        due = self._global_train_batch % self.update_freq == 0
        super().on_train_batch_end(batch, logs if due else None)

    def _write_keras_model_summary(self) -> None:
        # A training that ended in an error leaves its own rule on what to record behind.
        # A model around a tower of the user's own code may have no graph to show.
        with self.summary.record_if(True), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Model failed to serialize as JSON")
            super()._write_keras_model_summary()

    def _log_weights(self, epoch: int) -> None:
        with self._train_writer.as_default():
            for weight in self.model.weights:
                self.summary.histogram(f"{weight.path}/histogram", weight, step=epoch)
            self._train_writer.flush()


def tensorboard(folder: str | os.PathLike[str]) -> keras.callbacks.Callback:
    """Return Keras' TensorBoard callback, set to log what the original logged.

    It logs the loss every 10 steps, histograms of all weights every Keras epoch, and the graph of
    the layers (in TensorBoard under Graphs, "keras", conceptual). ``tensorboard --logdir FOLDER``
    shows them. In the callbacks, put it after the `Recorder`, which restores the step of a resumed
    training; this is not checked. Of several processes only the first writes a log.

    Args:
        folder: the folder for the log, created if it is missing.
    """
    if not is_first():
        return keras.callbacks.Callback()
    return _TensorBoard(str(folder), histogram_freq=1, write_graph=True, update_freq=10)
