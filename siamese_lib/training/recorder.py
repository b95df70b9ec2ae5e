"""The callback that turns a ``fit`` into a `Run`: frames of weights, history, checkpoints."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.network.backend import Logs, keras
from siamese_lib.network.losses import InBatchLoss
from siamese_lib.network.many_devices import is_first, on_first
from siamese_lib.network.optimizers import build_optimizer
from siamese_lib.pairs.sampling_order import check_size
from siamese_lib.runs.run import Run
from siamese_lib.runs.run_files import RunError, check_folder, holds_run, to_json
from siamese_lib.runs.weights import kept, through_time
from siamese_lib.training import trained
from siamese_lib.training.batches import ImageBatches, Images
from siamese_lib.training.checkpoint import Checkpoint
from siamese_lib.training.frame_steps import frame_steps
from siamese_lib.training.resume import parts_of, without_address
from siamese_lib.training.stopwatch import Stopwatch
from siamese_lib.training.validation import Validation, warn_of_known

_HISTORY_ROWS = 200
_CHECKPOINT_SECONDS = 20.0


class Recorder(keras.callbacks.Callback):
    """Keep the tower's weights through time, and the history, at almost no cost.

    It records the ``fit`` to which it is passed. Another ``fit`` begins a new record. The run also
    remembers the images of the batches, by a fingerprint of each, as they are before they are
    augmented. So `evaluate` can say which test images were trained on.

    Of several processes that train together, each needs a recorder. The first one alone measures
    the validation images, and reads and writes files.

    Args:
        tower: the tower that is trained, alone or inside a siamese model. It may be any Keras model
            from images to vectors, compiled with any loss.
        batches: the batches that ``fit`` trains on.
        validation: labelled images, which are never trained on. Precision@7 among up to 300 of
            them is measured now and then, in about 4 % of the training time.
        frames: number of frames of weights to keep, at least 2, most of them early.
        frame_every: keep a frame every so many steps instead.
        folder: where to save the run at the end, and a checkpoint every 20 seconds and when the
            training is stopped. A run that is already there is replaced at the end.
        resume: continue from the checkpoint in `folder`. If there is no checkpoint, the training
            begins at step 0. If the run is finished, a `RunError` is raised. The training must be
            the one that was interrupted: another seed, batch size, set of images, loss or the like
            is refused.
        settings: JSON values to keep with the run, such as the name of the data set. They must be
            the same when the training is resumed, except ``on_disk``, which changes no weight.

    Warns:
        UserWarning: some validation images are trained on.

    Attributes:
        step: training steps made so far.
        total: training steps that ``fit`` was asked for.
        white: the largest pixel of the images that the tower is trained on, 255 or 1; None if it
            is not known.
        image_shape, embedding_dim: of the tower.
        history: the columns step; seconds of training, without the pauses; loss, the mean
            since the row before; precision, NaN where it was not measured; and spread, the
            root mean square distance of the validation embeddings from their mean.

    Raises:
        ValueError: an argument is out of range; the images do not have the shape or the range that
            the tower expects, as far as its layers show it; the folder holds something else
            (`RunError`); or, on ``fit``, the model does not hold the tower, the batches are not
            those in ``fit``, or the checkpoint is damaged or of another training (`RunError`).

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> sampler = sl.BalancedBatchSampler(digits.train.labels, batch_size=32)
        >>> batches = sl.ImageBatches(digits.train, sampler, steps=4)
        >>> tower = sl.conv_tower(seed=0)
        >>> tower.compile("adam", sl.InBatchContrastiveLoss(), **sl.compile_options())
        >>> recorder = sl.Recorder(tower, batches, frames=3)
        >>> _ = tower.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
        >>> recorder.run
        Run(3 frames from step 0 to 4, 28x28x1 images to 2-D)
    """

    def __init__(
        self,
        tower: keras.Model,
        batches: ImageBatches,
        *,
        validation: Images | None = None,
        frames: int = 40,
        frame_every: int | None = None,
        folder: str | os.PathLike[str] | None = None,
        resume: bool = False,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__()
        self._frames = whole_number("frames", frames, 2)  # the first and the last
        if frame_every is not None:
            frame_every = whole_number("frame_every", frame_every, 1)
        if resume and folder is None:
            raise ValueError(
                "resume=True was given without a folder; expected the folder of the checkpoint."
            )
        self.image_shape, self.embedding_dim = trained.shapes_in_training(tower, batches)
        self.white = trained.white_in_training(tower, batches)
        self.tower = tower
        self.batches = batches
        self._asked = batches.asked
        self.settings = json.loads(to_json(dict(settings or {})))
        self.folder = None if folder is None else Path(folder)
        if self.folder is not None:
            on_first(partial(check_folder, self.folder))  # now, not after an hour of training
        self._frame_every = frame_every
        self._resume = resume
        self._validation_images = validation
        self._begin()
        if validation is not None:
            warn_of_known(validation.images, self._trained_on)

    def _begin(self) -> None:
        """Forget what was recorded before."""
        self.step = 0
        self.total = 0
        self.history: dict[str, list[float]] = {
            name: [] for name in ("step", "seconds", "loss", "precision", "spread")
        }
        self._kept: dict[int, list[np.ndarray]] = {}
        # Of the steps in Keras' running mean of the loss: how many are in the history already,
        # and the sum of their losses. A number below 0 says how many are still to be added.
        self._in_history = (0, 0.0)
        self._clock = Stopwatch()
        self._validation = None
        if self._validation_images is not None:
            self._validation = Validation(
                self.tower, self._validation_images, self._clock, self.white, self.image_shape
            )

    @property
    def run(self) -> Run:
        """The training so far, at any time. Its last frame is the tower as it is now."""
        kept = {**self._now(), **self._kept}
        steps = sorted(kept)
        frames = [through_time(weights) for weights in zip(*map(kept.get, steps), strict=True)]
        loss = getattr(self.model, "loss", None)
        margins = {name: trained.number_of(loss, name) for name in ("margin", "positive_margin")}
        settings = {**{name: size for name, size in margins.items() if size}, **self.settings}
        return Run(
            self.tower, steps, frames, self.history, settings,
            white=self.white, trained_on=self._trained_on, image_shape=self.image_shape,
        )  # fmt: skip

    @property
    def validation(self) -> Validation | None:
        """What measures the validation images, if there are any."""
        return self._validation

    @cached_property
    def _trained_on(self) -> np.ndarray:
        """Fingerprints of all images of the batches, whichever of them the sampler chose so far."""
        return fingerprints(self.batches.data.images)

    @property
    def kept(self) -> list[int]:
        """The steps at which a frame was kept, ascending."""
        return sorted(self._kept)

    def paused(self) -> AbstractContextManager[None]:
        """Leave the time of the block out of the training's seconds."""
        return self._clock.paused()

    def seconds(self) -> float:
        """Return the seconds of training so far, without the pauses."""
        return self._clock.seconds()

    def images_per_second(self) -> float:
        """Return the images through the tower per second of training, without validation."""
        seconds = self._clock.seconds()
        return self.step * self.batches.images_per_step / seconds if seconds else math.nan

    def on_train_begin(self, logs: Logs = None) -> None:
        """Plan the frames. Restore the checkpoint if that was asked for and there is one."""
        if not self.params.get("steps"):
            raise ValueError("fit does not know the steps of an epoch; expected ImageBatches.")
        trained.check_trains(self.model, self.tower)
        build_optimizer(self.model)  # in all processes, before the first saves anything
        if isinstance(self.model.loss, InBatchLoss):
            check_size(self.batches.images_per_step)
        self._begin()
        self.total = self.params["epochs"] * self.params["steps"]
        if self.folder is not None:
            self._open(self.folder)
        if self._frame_every:
            planned = list(range(0, self.total, self._frame_every))
        else:
            planned = frame_steps(self.total, self._frames)
        self._due = [step for step in planned if step > self.step]
        if self.step == 0:
            self._keep_frame()
        if self._validation is not None:
            self._validation.begin()
        self._clock.start()
        self._saved_at = self._clock.seconds()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Note the step at which the epoch starts, and make the batches start there too."""
        self.model._initial_epoch = None  # has done its work; see _restore
        self._epoch_start = self.batches.first_step = self.step

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Count the step, and record what is due."""
        trained.check_asked(self.batches, self._asked)
        self.step = self._epoch_start + batch + 1
        loss = (logs or {})["loss"]
        due = bool(self._due) and self.step >= self._due[0]
        if due:
            self._due = [step for step in self._due if step > self.step]
            self._keep_frame()
        if due or self.step % max(1, self.total // _HISTORY_ROWS) == 0 or self.step == self.total:
            self._add_row(batch + 1, float(loss))
        since = self._clock.seconds() - self._saved_at
        if self.folder is not None and since > _CHECKPOINT_SECONDS and is_first():
            self._save_checkpoint(self.folder, self._carried(float(loss)))
        if self.step == self.total:  # resumed within an epoch, which Keras would run in full
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Carry over what is not in the history yet, since Keras' mean of the loss starts again."""
        self._in_history = self._carried(float((logs or {})["loss"]))
        self._epoch_start = self.step

    def on_train_end(self, logs: Logs = None) -> None:
        """Keep the last frame, and save the run. Unless it is finished, save a checkpoint too."""
        self._clock.stop()
        self._asked = self.batches.asked
        self.model._initial_epoch = None
        finished = self.step >= self.total
        if self.folder is not None and not finished:
            # Before the last frame is kept, since a resumed training would keep no frame here.
            on_first(partial(self._save_checkpoint, self.folder, self._in_history))
        # A callback may have restored better weights since this step's frame was kept.
        self._kept = {**self._kept, **self._now()}
        if self.folder is not None:
            on_first(partial(self.run.save, self.folder))
            if finished and is_first():
                Checkpoint(self.folder).delete()

    def _carried(self, mean: float) -> tuple[int, float]:
        """Return `_in_history` once Keras' running mean of the loss, now `mean`, starts again."""
        seen = self.step - self._epoch_start
        recorded, total = self._in_history
        return recorded - seen, total - mean * seen

    def _save_checkpoint(self, folder: Path, in_history: tuple[int, float]) -> None:
        """Write all that is needed to continue from here, in place of the checkpoint before."""
        if not self._now():
            return  # the weights are not finite: the checkpoint before is better
        facts = {
            "plan": self._plan,
            "parts": self._parts,
            "step": self.step,
            "seconds": self._clock.seconds(),
            "history": self.history,
            "in_history": in_history,
        }
        Checkpoint(folder).save(self.model, facts, self._kept)
        self._saved_at = self._clock.seconds()

    def _open(self, folder: Path) -> None:
        """Go on from what is in the folder, or begin there."""
        # Now, as callbacks may change the learning rate later.
        self._plan = self._asked_for()
        self._parts = parts_of(self.model, self.batches, self.total)
        checkpoint = Checkpoint(folder)
        if self._resume and on_first(checkpoint.exists):
            self._restore(checkpoint)
        elif self._resume and on_first(partial(holds_run, folder)):
            raise RunError(
                f"{folder} holds a run that is finished; expected a checkpoint to resume. Load the "
                "run with Run.load, or train again without resuming."
            )
        else:
            # If the disk cannot be written to, this fails now and not at the end.
            on_first(partial(self._save_checkpoint, folder, self._in_history))

    def _restore(self, checkpoint: Checkpoint) -> None:
        facts, self._kept = checkpoint.load(self.model, self._plan, self._parts)
        self.step = facts["step"]
        self.history = facts["history"]
        self._in_history = tuple(facts["in_history"])
        self._clock.before = facts["seconds"]
        # Keras has no public way for a callback to set where to begin. Its own
        # BackupAndRestore sets the same attribute. It would outlast this fit.
        self.model._initial_epoch = self.step // self.params["steps"]

    def _asked_for(self) -> dict[str, object]:
        """What must be the same for a checkpoint to be continued to the same end."""
        return {
            "total": self.total,
            "steps": self.params["steps"],
            "images_per_step": self.batches.images_per_step,
            "seed": getattr(self.batches.sampler, "seed", None),
            "images": len(self.batches.data.images),
            "augment": without_address(self.batches.augment),
            "frames": self._frames,
            "frame_every": self._frame_every,
            "optimizer": type(self.model.optimizer).__name__,
            **{f"setting {name}": value for name, value in self.settings.items()},
        }

    def _keep_frame(self) -> None:
        self._kept = {**self._now(), **self._kept}

    def _now(self) -> dict[int, list[np.ndarray]]:
        """Return a copy of the weights, by step; nothing if a weight is not finite."""
        _ = self.model  # on JAX this access brings the weights up to date
        weights = kept(self.tower.get_weights())
        if self._kept:  # a frozen weight is the same array in all frames, and takes memory once
            pairs = zip(self._kept[max(self._kept)], weights, strict=True)
            weights = [old if np.array_equal(old, new) else new for old, new in pairs]
        return {self.step: weights} if trained.are_finite(weights) else {}

    def _add_row(self, seen: int, mean: float) -> None:
        """Add a row to the history; `mean` is Keras' mean loss over `seen` steps of the epoch."""
        recorded, total = self._in_history
        loss = (mean * seen - total) / (seen - recorded)
        self._in_history = (seen, mean * seen)
        precision, spread = math.nan, math.nan
        if self._validation is not None:
            _ = self.model  # brings the weights up to date, as in _now
            precision, spread = self._validation.look(last=self.step == self.total)
        row = (self.step, self._clock.seconds(), loss, precision, spread)
        for column, value in zip(self.history.values(), row, strict=True):
            column.append(value)
