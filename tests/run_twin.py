"""Run a chapter's .py twin as a plain script, on fewer digits, each training cut to three batches.

nbval already runs each chapter in full, and the twin holds the same cells. What is left to show
is that they run outside Jupyter, which does not take minutes of training and embedding.

Usage: python tests/run_twin.py notebooks/03_train.py
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import siamese_lib as sl  # first, because it chooses settings that Keras reads once

# isort: split
import keras
import numpy as np

BATCHES = 3
TRAIN, TEST = 12_000, 2_000  # images, where there are more for training


class StopSoon(keras.callbacks.Callback):
    """End the training after `BATCHES` batches, as a reader who presses Stop would."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if batch + 1 >= BATCHES:
            self.model.stop_training = True


whole_fit = keras.Model.fit


def short_fit(
    model: keras.Model,
    *args: object,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **kwargs: object,
) -> keras.callbacks.History:
    return whole_fit(model, *args, callbacks=[*callbacks, StopSoon()], **kwargs)


whole_set = sl.load_dataset


def small_set(name: str, **kwargs: Any) -> sl.Dataset:
    data = whole_set(name, **kwargs)
    if len(data.train) <= TRAIN:
        return data
    return replace(
        data, train=data.train.rows(np.arange(TRAIN)), test=data.test.rows(np.arange(TEST))
    )


sl.load_dataset = small_set
keras.Model.fit = short_fit
runpy.run_path(sys.argv[1], run_name="__main__")
