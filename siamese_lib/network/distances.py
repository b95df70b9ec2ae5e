"""Euclidean distances between embeddings, with a finite gradient where two are equal."""

from __future__ import annotations

from collections.abc import Callable

from siamese_lib.network.backend import Tensor, keras, ops

# Below this squared distance two embeddings count as equal. The square root has an infinite
# slope at 0, which would give identical images a gradient of NaN. Clamping the squared distance
# first gives them a gradient of zero.
_SMALLEST_SQUARE = 1e-12
_HALF = ("float16", "bfloat16")  # float16 cannot hold that number


def euclidean_distance(left: Tensor, right: Tensor) -> Tensor:
    """Return the Euclidean distance along the last axis, with a finite gradient everywhere.

    Args:
        left: float embeddings (..., dim).
        right: float embeddings that broadcast with `left`.

    Returns:
        Distances (...), at least 1e-6. At this smallest value the gradient is zero.
    """
    apart = ops.subtract(left, right)
    return _root(ops.sum(ops.square(_single(apart)), axis=-1), apart)


def distances_within(embeddings: Tensor) -> Tensor:
    """Return the distances (B, B) of embeddings (B, dim) from each other, as `euclidean_distance`.

    Nothing of shape (B, B, dim) is held, neither here nor for the gradient.
    """
    return _root(_squared_distances(_single(embeddings)), embeddings)


def _single(values: Tensor) -> Tensor:
    """Return values of 16 bits in single precision, in which their squares do not overflow."""
    half = keras.backend.standardize_dtype(values.dtype) in _HALF
    return ops.cast(values, "float32") if half else values


def _root(squares: Tensor, like: Tensor) -> Tensor:
    """Return distances from their squares, in the type of `like`."""
    return ops.cast(ops.sqrt(ops.maximum(squares, _SMALLEST_SQUARE)), like.dtype)


@ops.custom_gradient
def _squared_distances(
    embeddings: Tensor,
) -> tuple[Tensor, Callable[..., Tensor]]:
    """Return the squared distances (B, B) of embeddings (B, dim) from each other.

    The differences are taken one dimension after the other, so nothing of shape (B, B, dim) is
    ever held, and the gradient takes them again. A matrix product would be quicker, but its sums
    of large squares lose the digits in which neighbours differ.
    """
    columns = ops.transpose(ops.stop_gradient(embeddings))  # else an eager tape keeps every step
    count = ops.shape(embeddings)[0]

    def add(number: Tensor, squares: Tensor) -> Tensor:
        return squares + ops.square(differences(columns[number]))

    none = ops.zeros((count, count), embeddings.dtype)
    squares = ops.fori_loop(0, ops.shape(embeddings)[1], add, none)

    def gradient(*args: Tensor, upstream: Tensor = None) -> Tensor:
        slope = args[0] if upstream is None else upstream  # PyTorch names it
        slope = 2 * (slope + ops.transpose(slope))
        each = ops.map(lambda column: ops.sum(slope * differences(column), axis=1), columns)
        return ops.transpose(each)

    return squares, gradient


def differences(column: Tensor) -> Tensor:
    """Return the differences (B, B) of numbers (B,) from each other."""
    return column[:, None] - column[None, :]
