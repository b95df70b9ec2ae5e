"""Hold training images out, and stop a training when it no longer gets better on them.

The test images must not choose when to stop: their precision would then say too much.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import Split
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.splitting import test_side
from siamese_lib.metrics.headline import PRECISION, Among
from siamese_lib.network.backend import Logs, keras
from siamese_lib.network.many_devices import on_first
from siamese_lib.pixels import checked_pixels
from siamese_lib.runs.embedding import embed, white_for
from siamese_lib.training.batches import Images
from siamese_lib.training.validation import evenly

_IMAGES = 500  # held-out images that are measured, at most
_OTHER_DRAW = 1_000_003  # added to the seed, so that the draw is not the one of `load_folder`


class Parts(NamedTuple):
    """Training images in two parts.

    Attributes:
        kept: to train on.
        held_out: to decide by.
    """

    kept: Split
    held_out: Split


def hold_out(images: Split, fraction: float = 0.15, seed: int = 0) -> Parts:
    """Hold some training images out, to decide by: when to stop, or which settings are best.

    Each image is held out with the same probability, and at least one image of each class that has
    three or more. No image is held out of a class of which fewer than two would be kept. Identical
    images are on one side.

    Args:
        images: the training images, such as ``data.train``.
        fraction: the probability, above 0 and below 1.
        seed: a whole number, 0 or more, that chooses the images.

    Raises:
        ValueError: `fraction` or `seed` is out of range.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> kept, held_out = sl.hold_out(digits.train, 0.1)
        >>> len(kept) + len(held_out) == len(digits.train)
        True
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction is {fraction!r}; expected a number above 0 and below 1.")
    seed = whole_number("seed", seed, 0) + _OTHER_DRAW
    held = test_side(fingerprints(images.images), images.labels, fraction, seed)
    # Pairs need two images of a class.
    held &= np.bincount(images.labels[~held], minlength=images.labels.max() + 1)[images.labels] > 1
    return Parts(images.rows(~held), images.rows(held))


class StopAtBest(keras.callbacks.Callback):
    """Stop a ``fit`` when held-out precision no longer rises, and restore the best weights.

    Every so many steps the tower embeds the held-out images, and each searches its 7 nearest among
    the others: precision@7. After `patience` measurements without a higher precision, the training
    stops. However it ends, the tower then has the weights of the best measurement.

    Put it before the `Recorder` in the list of callbacks. The last frame of the run then holds the
    best weights, under the step at which the training stopped::

        kept, held_out = sl.hold_out(data.train)
        batches = sl.ImageBatches(kept, sl.BalancedBatchSampler(kept.labels))
        stop = sl.StopAtBest(tower, held_out)
        model.fit(batches, callbacks=[stop, sl.Recorder(tower, batches)], ...)

    Args:
        tower: the tower that is trained, alone or inside another model.
        held_out: labelled images that are not trained on, and are not test images either; more than
            7. Of more than 500, 500 are used, evenly over the classes.
        every: steps from one measurement to the next, at least 1.
        patience: measurements without a higher precision, after which the training stops.

    Attributes:
        precision: the best precision so far; NaN before the first measurement.
        step: the step of this ``fit`` after which it was measured.
        measured: steps and precisions of all measurements, a list of pairs.
        stopped: whether the training was stopped early.

    Raises:
        ValueError: a number is out of range; there are too few held-out images, or none has another
            of its class; or they are not like those that the tower expects.

    References:
        Prechelt, "Early stopping - but when?", 1998.
    """

    def __init__(
        self, tower: keras.Model, held_out: Images, *, every: int = 25, patience: int = 6
    ) -> None:
        super().__init__()
        self.every = whole_number("every", every, 1)
        self.patience = whole_number("patience", patience, 1)
        self.tower = tower
        images, labels = evenly(held_out, _IMAGES, "held_out")
        white = white_for(tower)
        self._images = checked_pixels(images, tower.input_shape[1:], white, "held-out images")
        self._among = Among.of(labels)
        if self._among.missing:
            raise ValueError(
                f"held-out images: {self._among.missing}; expected more than 7, and two of a class."
            )
        self._begin()

    def __str__(self) -> str:
        """Say how the training ended, for a log."""
        best = f"held-out {PRECISION} was highest, {self.precision:.3f}, after step {self.step:,}"
        if not self.stopped:
            return f"{best}; these weights are kept"
        return f"stopped after step {self._steps:,}: {best}; these weights are kept"

    def _begin(self) -> None:
        self.precision, self.step, self.stopped = math.nan, 0, False
        self.measured: list[tuple[int, float]] = []
        self._steps = 0
        self._best: list[np.ndarray] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier ``fit``."""
        self._begin()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Measure if it is time. Stop if nothing gets better."""
        self._steps += 1
        if self._steps % self.every:
            return
        self._measure()
        since = sum(step > self.step for step, _ in self.measured)
        if since >= self.patience:
            self.stopped = self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Restore the best weights."""
        if self._steps % self.every:
            self._measure()
        if self._best:
            self.tower.set_weights(self._best)

    def _measure(self) -> None:
        _ = self.model  # on JAX this access brings the weights up to date
        with np.errstate(over="ignore", invalid="ignore"):
            embeddings = embed(self.tower, self._images)
        if not np.isfinite(embeddings).all():
            return  # diverged; Guard will say so
        # Of several processes all go by the number of the first, so that all stop at one step.
        precision = on_first(lambda: self._among.precision(embeddings))
        self.measured.append((self._steps, precision))
        if not precision <= self.precision:  # also if there was none before
            self.precision, self.step = precision, self._steps
            self._best = self.tower.get_weights()
