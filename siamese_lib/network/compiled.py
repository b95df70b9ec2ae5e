"""Call a tower again and again with few images: TensorFlow or JAX then compiles it.

Called layer by layer, a tower of 60 layers takes ten times as long for one image as its arithmetic
does. Compiling takes about a second, once, so a program that asks once should not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from siamese_lib.network.backend import Tensor

FEW = 8  # images: with more, the layers' own arithmetic takes most of the time
_OFTEN = 5  # calls, after which compiling pays


class CompiledOften:
    """A function of weights and images, compiled from its sixth call with few images on.

    Args:
        call: from weights and images (N, H, W, C) to embeddings (N, dim). It must depend on
            nothing else.
    """

    def __init__(self, call: Callable[[Sequence[Tensor], Any], Tensor]) -> None:
        self._call = call
        self._calls = 0
        self._compiled: Callable[[Sequence[Tensor], Any], Tensor] | None = None

    def __call__(self, weights: Sequence[Tensor], images: np.ndarray) -> Tensor:
        """Return the embeddings. Compiled and not, they differ by the rounding of their dtype."""
        if len(images) > FEW:
            return self._call(weights, images)
        self._calls += 1
        if self._calls <= _OFTEN:
            return self._call(weights, images)
        if self._compiled is None:
            self._compiled = _compiled(self._call)
            try:
                return self._compiled(weights, images)
            except Exception:  # a layer that cannot be compiled raises what it likes
                self._compiled = self._call
        return self._compiled(weights, images)


def _compiled(
    call: Callable[[Sequence[Tensor], Any], Tensor],
) -> Callable[[Sequence[Tensor], Any], Tensor]:
    """Compile a function as the backend does; PyTorch calls layer by layer quickly enough."""
    from siamese_lib.network.backend import keras  # waits for images: it takes seconds

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf  # waits: on JAX there may be none

        return tf.function(call, autograph=False, reduce_retracing=True)
    if backend == "jax":
        import jax  # waits: on TensorFlow there may be none

        return jax.jit(call)
    return call
