"""Keras, imported quietly: TensorFlow's first words go to standard error, and help nobody.

TensorFlow 2.21 reports from C++ that oneDNN is on and that no GPU driver was found, whatever
``TF_CPP_MIN_LOG_LEVEL`` says. In a notebook that is a red box under the first cell. Should the
import fail, what was said is said after all.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _quiet_unless_it_fails() -> Iterator[None]:
    """Keep what the process itself, not only Python, writes to standard error."""
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

        tf.config.list_physical_devices()  # looks for GPU drivers, the last of the noise

layers, ops = keras.layers, keras.ops

__all__ = ["keras", "layers", "ops"]
