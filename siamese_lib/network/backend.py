"""Keras, imported quietly, with TensorFlow's GPU memory growing on demand.

TensorFlow 2.21 writes notices from C++ to standard error (oneDNN is on, no GPU driver was found,
and so on), whatever ``TF_CPP_MIN_LOG_LEVEL`` says. A notebook shows each line in a red box. Each
notice appears only once in a process, so this module makes the first uses that cause the notices,
and hides them. If a use fails, the hidden text is written to standard error after all.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias


@contextmanager
def _quiet_unless_it_fails() -> Iterator[None]:
    """Hide what the process, C++ included, writes to standard error; show it if the block fails."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        real = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(real, kept.read())
            raise
        finally:
            os.dup2(real, 2)
            os.close(real)


with _quiet_unless_it_fails():
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            with suppress(RuntimeError):  # in use already: the setting can no longer change
                tf.config.experimental.set_memory_growth(gpu, True)
        next(iter(tf.data.Dataset.from_generator(lambda: iter([0]), output_types=tf.int32)))

layers, ops = keras.layers, keras.ops

# Keras has no types. Whatever `ops` take is a Tensor: one of the backend's, eager or traced, a
# variable, or a NumPy array.
Tensor: TypeAlias = Any
# What Keras gives a callback: the mean of the loss and of each metric so far, by name.
Logs: TypeAlias = Mapping[str, float] | None

__all__ = ["Logs", "Tensor", "keras", "layers", "ops"]
