"""The callback that turns a ``fit`` into a `Run`: frames of weights, history, checkpoints."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib._keras import keras
from siamese_lib.checkpoint import Checkpoint
from siamese_lib.gallery import Gallery
from siamese_lib.metrics import precision_at_k
from siamese_lib.run import Run, embed
from siamese_lib.training import ImageBatches, Images

NEIGHBOURS = 7
_HISTORY_ROWS = 200
_VALIDATION_IMAGES = 300
_VALIDATION_SHARE = 0.04  # of the training time, at most
_CHECKPOINT_SECONDS = 20.0


def frame_steps(total: int, frames: int = 40) -> list[int]:
    """Choose after which steps to keep a frame: many early, when most changes, fewer later.

    Args:
        total: steps of the whole training.
        frames: how many frames to keep, the untrained one included; at least 2.

    Returns:
        Ascending steps from 0 to `total`, at most `frames` of them, spaced as squares.
    """
    return sorted({round(total * (i / (frames - 1)) ** 2) for i in range(frames)})


class Recorder(keras.callbacks.Callback):
    """Keep the tower's weights through time, and the history, at almost no cost.

    Args:
        tower: the tower that is trained, alone or inside a siamese model.
        batches: the batches that ``fit`` is given.
        validation: labelled images to watch: precision@7 among at most 300 of them is measured
            now and then, for about 4 % of the training time. They are never trained on.
        frames: how many frames of weights to keep, at least 2, most of them early.
        frame_every: keep one every so many steps instead.
        folder: where to save the run at the end, and every 20 seconds or so a checkpoint.
        resume: go on from the checkpoint in `folder`, if there is one.
        settings: JSON values to keep with the run, such as the name of the data set.

    Attributes:
        step: training steps made so far.
        total: training steps that ``fit`` was asked for.
        history: columns step; seconds, of training without the validation; loss, the mean
            since the row before; precision, NaN where it was not measured; and spread, the
            root mean square distance of the validation embeddings from their centre.

    Raises:
        ValueError: an argument is out of range; or, on ``fit``, the checkpoint was made by a
            training with another plan.
    """

    def __init__(
        self,
        tower: keras.Model,
        batches: ImageBatches,
        *,
        validation: Images | None = None,
        frames: int = 40,
        frame_every: int | None = None,
        folder: str | os.PathLike | None = None,
        resume: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if frames < 2:
            raise ValueError(f"frames must be at least 2, the first and the last, got {frames}.")
        if resume and folder is None:
            raise ValueError("resume=True needs the folder that the checkpoint is in.")
        self.tower = tower
        self.batches = batches
        self.settings = dict(settings or {})
        self.folder = None if folder is None else Path(folder)
        self.step = 0
        self.total = 0
        self.history: dict[str, list[float]] = {
            name: [] for name in ("step", "seconds", "loss", "precision", "spread")
        }
        self._frames = frames
        self._frame_every = frame_every
        self._resume = resume
        self._validation = None if validation is None else _sample(validation)
        self._kept: dict[int, list[np.ndarray]] = {}
        self._clock = _Stopwatch()
        self._validation_cost = 0.0
        self._validation_total = 0.0

    @property
    def run(self) -> Run:
        """The training so far; its last frame is the tower as it is now. Usable at any time."""
        self._keep_frame()
        steps = sorted(self._kept)
        frames = [
            np.stack(weights) for weights in zip(*(self._kept[s] for s in steps), strict=True)
        ]
        return Run(self.tower, steps, frames, self.history, self.settings)

    def images_per_second(self) -> float:
        """Images through the tower in a second of training, validation not counted."""
        seconds = self._clock.seconds()
        return self.step * self.batches.images_per_step / seconds if seconds else math.nan

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Plan the frames; restore the checkpoint if one was asked for and is there."""
        if not self.params.get("steps"):
            raise ValueError("fit must know the steps of an epoch: give it ImageBatches.")
        self.total = self.params["epochs"] * self.params["steps"]
        if self._resume and self.folder is not None and Checkpoint(self.folder).exists():
            self._restore(Checkpoint(self.folder))
        if self._frame_every:
            planned = list(range(0, self.total, self._frame_every))
        else:
            planned = frame_steps(self.total, self._frames)
        self._due = [step for step in planned if step > self.step]
        self._keep_frame()
        self._embed_validation()  # compiles, before the clock starts
        self._validation_cost = self._validation_total = 0.0
        self._clock.start()
        self._saved_at = self._clock.seconds()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note where the epoch starts; Keras' running mean of the loss starts anew there."""
        self._epoch_start = epoch * self.params["steps"]
        self._mean_until = (0, 0.0)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Count the step, and keep what is due."""
        self.step = self._epoch_start + batch + 1
        if self._due and self.step >= self._due[0]:
            self._due = [step for step in self._due if step > self.step]
            self._keep_frame()
        if self.step % max(1, self.total // _HISTORY_ROWS) == 0 or self.step == self.total:
            self._add_row(batch + 1, float((logs or {})["loss"]))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save a checkpoint, if the last one is old enough and the epoch was a whole one."""
        whole = self.step == self._epoch_start + self.params["steps"]
        age = self._clock.seconds() - self._saved_at
        if self.folder is not None and whole and age > _CHECKPOINT_SECONDS:
            self.save_checkpoint()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Keep the last frame, and save the run. The checkpoint of a finished run is deleted."""
        self._clock.stop()
        self._keep_frame()
        if self.folder is not None:
            self.run.save(self.folder)
            if self.step >= self.total:
                Checkpoint(self.folder).delete()

    def save_checkpoint(self) -> None:
        """Write all that is needed to go on from here, in place of the checkpoint before."""
        assert self.folder is not None
        facts = {
            "plan": self._plan(),
            "step": self.step,
            "seconds": self._clock.seconds(),
            "history": self.history,
        }
        Checkpoint(self.folder).save(self.model, facts, self._kept)
        self._saved_at = self._clock.seconds()

    def _restore(self, checkpoint: Checkpoint) -> None:
        facts, self._kept = checkpoint.load(self.model, self._plan())
        self.step = facts["step"]
        self.history = facts["history"]
        self._clock.before = facts["seconds"]
        epoch = self.step // self.params["steps"]
        self.batches.epoch = epoch
        # Keras has no public way for a callback to say where to begin; its own
        # BackupAndRestore sets the same attribute.
        self.model._initial_epoch = epoch

    def _plan(self) -> dict[str, Any]:
        """What must be the same for a checkpoint to be continued to the same end."""
        return {
            "total": self.total,
            "steps": self.params["steps"],
            "images_per_step": self.batches.images_per_step,
            "seed": getattr(self.batches.sampler, "seed", None),
            "images": len(self.batches.data.images),
            "optimizer": type(self.model.optimizer).__name__,
            "settings": self.settings,
        }

    def _keep_frame(self) -> None:
        """Copy the weights, unless that was done or they are no longer numbers."""
        if self.step in self._kept:
            return
        if self.model is not None:  # on JAX this access brings the weights up to date
            weights = self.tower.get_weights()
            if all(np.isfinite(weight).all() for weight in weights):
                self._kept[self.step] = weights

    def _add_row(self, seen: int, mean: float) -> None:
        """Add a row to the history; `mean` is Keras' mean loss over `seen` steps of the epoch."""
        seen_before, mean_before = self._mean_until
        loss = (mean * seen - mean_before * seen_before) / (seen - seen_before)
        self._mean_until = (seen, mean)
        precision, spread = self._validate()
        row = (self.step, self._clock.seconds(), loss, precision, spread)
        for column, value in zip(self.history.values(), row, strict=True):
            column.append(value)

    def _validate(self) -> tuple[float, float]:
        """Precision and spread of the watched images, if the time for it has been earned."""
        allowed = _VALIDATION_SHARE * self._clock.seconds()
        earned = self._validation_total + self._validation_cost <= allowed
        if self._validation is None or not (earned or self.step == self.total):
            return math.nan, math.nan
        started = time.perf_counter()
        with self._clock.paused():
            embeddings = self._embed_validation()
            gallery, labels = Gallery(embeddings), self._validation[1]
            neighbours, _ = gallery.nearest(embeddings, NEIGHBOURS, exclude_self=True)
            precision = precision_at_k(labels[neighbours], labels)
            spread = float(np.sqrt(embeddings.var(axis=0).sum()))
        self._validation_cost = time.perf_counter() - started
        self._validation_total += self._validation_cost
        return precision, spread

    def _embed_validation(self) -> np.ndarray:
        return embed(self.tower, self._validation[0]) if self._validation else np.empty((0, 0))


class _Stopwatch:
    """Seconds of training, with pauses left out and earlier seconds counted in."""

    def __init__(self) -> None:
        self.before = 0.0
        self._since: float | None = None

    def seconds(self) -> float:
        return self.before + (0.0 if self._since is None else time.perf_counter() - self._since)

    def start(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> None:
        self.before, self._since = self.seconds(), None

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()


def _sample(data: Images) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of at most 300, evenly spaced over the classes."""
    by_class = np.argsort(data.labels, kind="stable")
    count = min(len(by_class), _VALIDATION_IMAGES)
    if count <= NEIGHBOURS:
        raise ValueError(
            f"validation needs more than {NEIGHBOURS} images, to have {NEIGHBOURS} neighbours "
            f"for each; got {count}."
        )
    chosen = by_class[np.linspace(0, len(by_class) - 1, count).astype(np.int64)]
    return data.images[chosen], data.labels[chosen]
