"""What the losses share: labels, pairs and triplets of a batch, and checks of arguments."""

from __future__ import annotations

from numbers import Real

import numpy as np

from siamese_lib.checks import class_numbers
from siamese_lib.network.backend import Tensor, keras, ops
from siamese_lib.network.distances import differences, distances_within


def all_pairs(labels: Tensor, embeddings: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return distances (B, B), and masks (B, B) of similar and of different pairs, 0.0 or 1.0."""
    embeddings = ops.convert_to_tensor(embeddings)
    if len(embeddings.shape) != 2:
        raise ValueError(
            f"y_pred has shape {tuple(embeddings.shape)}; expected embeddings of shape "
            "(batch, dim). For distances of ready-made pairs use ContrastiveLoss."
        )
    labels = as_vector(labels, "y_true", "one class label for each image")
    check_same_length(labels, embeddings)
    same = ops.cast(ops.equal(labels[:, None], labels[None, :]), embeddings.dtype)
    itself = ops.eye(ops.shape(embeddings)[0], dtype=embeddings.dtype)
    distances = distances_within(embeddings)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
        distances += 0 * ops.cast(labels, distances.dtype)[:, None]  # NaN, if a label is NaN
    return distances, same - itself, 1 - same


def count_triplets(
    distance: Tensor, similar: Tensor, different: Tensor, margin: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Add up the triplets whose loss is above 0, one anchor after the other, without a gradient.

    Args:
        distance, similar, different: (B, B), as from `all_pairs`.
        margin: of the loss.

    Returns:
        The sum of each anchor's losses, (B,); and for each anchor, in how many of its triplets
        each image is the positive, (B, B), and the negative, (B, B).
    """

    def of_anchor(row: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        distance, similar, different = row
        cost = ops.maximum(differences(distance) + margin, 0)
        cost = cost * similar[:, None] * different[None, :]
        counted = ops.cast(cost > 0, cost.dtype)
        return ops.sum(cost), ops.sum(counted, axis=1), ops.sum(counted, axis=0)

    return ops.map(of_anchor, tuple(map(ops.stop_gradient, (distance, similar, different))))


def numbered(labels: Tensor) -> Tensor:
    """Number the labels (B,) of a batch from 0 up; equal labels, and only these, share a number.

    Raises:
        ValueError: an array or a list holds labels that are neither numbers nor strings, or NaN.
    """
    if not ops.is_tensor(labels):
        given = np.asarray(labels)
        if given.ndim == 2 and given.shape[1] == 1:
            labels = given = given[:, 0]
        if given.ndim != 1:
            return given  # `call` says what is wrong
        if given.dtype.kind == "f" and not np.isnan(given).any():
            return np.unique(given, return_inverse=True)[1]
        return class_numbers(labels, "y_true").numbers
    labels = as_vector(labels, "y_true", "one class label for each image")
    first = ops.argmax(ops.equal(labels[:, None], labels[None, :]), axis=1)
    new = ops.equal(first, ops.arange(ops.shape(labels)[0], dtype=first.dtype))
    numbers = ops.take(ops.cumsum(ops.cast(new, "int32")) - 1, first)
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
        return numbers
    return ops.where(ops.isnan(labels), float("nan"), ops.cast(numbers, "float32"))


def share_of_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Give each row its share of the mean of the masked values: the rows' mean is that mean."""
    axes = tuple(range(1, len(values.shape)))
    rows = ops.cast(ops.shape(values)[0], values.dtype)
    return rows * ops.sum(values * mask, axis=axes) / ops.maximum(ops.sum(mask), 1)


def as_vector(values: Tensor, name: str, meaning: str) -> Tensor:
    """Return a tensor (N,) from an array, tensor or list of shape (N,) or (N, 1)."""
    values = ops.convert_to_tensor(values)
    shape = tuple(values.shape)
    if len(shape) == 2 and shape[1] == 1:
        return ops.squeeze(values, axis=1)
    if len(shape) != 1:
        raise ValueError(f"{name} has shape {shape}; expected (N,) or (N, 1), {meaning}.")
    return values


def check_same_length(labels: Tensor, outputs: Tensor) -> None:
    """Raise ValueError if both lengths are known and differ."""
    if None not in (labels.shape[0], outputs.shape[0]) and labels.shape[0] != outputs.shape[0]:
        raise ValueError(
            f"y_true has {labels.shape[0]} labels and y_pred has {outputs.shape[0]} outputs; "
            "expected one label for each output."
        )


def checked_binary(same: Tensor) -> Tensor:
    """Raise ValueError for labels other than 0 and 1; while tracing, turn them into NaN instead."""
    valid = ops.equal(same * (1 - same), 0)
    try:
        wrong = np.asarray(same)[~np.asarray(valid, dtype=bool)]
    except (NotImplementedError, TypeError, ValueError):  # a tensor without values, being traced
        return ops.where(valid, same, float("nan"))
    if wrong.size:
        raise ValueError(
            f"y_true holds {wrong[0]!r}; expected 1 (same) or 0 (different). For class labels use "
            "InBatchContrastiveLoss."
        )
    return same


def checked_margin(margin: float) -> float:
    """Return a margin; ValueError unless it is a finite number above 0."""
    if not isinstance(margin, Real) or not 0 < margin < float("inf"):
        raise ValueError(f"margin is {margin!r}; expected a finite number above 0.")
    return float(margin)


def checked_positive_margin(positive_margin: float, margin: float) -> float:
    """Return a positive margin; ValueError unless it is from 0 to below the margin."""
    if not isinstance(positive_margin, Real) or not 0 <= positive_margin < margin:
        raise ValueError(
            f"positive_margin is {positive_margin!r}; expected a number from 0 to below the "
            f"margin, {margin:g}."
        )
    return float(positive_margin)
