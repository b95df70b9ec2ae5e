"""Losses that pull similar images together and push different ones apart.

A label of 1 means *same* (similar) and 0 means *different*. Distances are Euclidean. In the two
contrastive losses, ``margin`` is the distance beyond which different images no longer repel each
other; in the triplet loss, it is by how much the negative must be farther than the positive.
"""

from __future__ import annotations

from numbers import Real

import numpy as np

from siamese_lib.checks import class_numbers
from siamese_lib.network.backend import Tensor, keras, ops
from siamese_lib.network.distances import differences, distances_within
from siamese_lib.network.many_devices import check_sees_whole_batch


@keras.saving.register_keras_serializable("siamese_lib")
class ContrastiveLoss(keras.losses.Loss):
    """The contrastive loss of a batch of pairs.

    It is the mean over pairs of ``[same * d**2 + (1 - same) * max(margin - d, 0)**2] / 2``. The
    first term pulls similar pairs together. The second pushes different pairs apart until they
    are `margin` away.

    Call it with labels ``y_true`` (N,), where 1 = same and 0 = different (bool, integer or
    float), and distances ``y_pred`` (N,). Both may also be (N, 1).

    Args:
        margin: distance beyond which different pairs no longer repel each other, above 0.
        **kwargs: `reduction`, `name` and `dtype` of `keras.losses.Loss`.

    Raises:
        ValueError: `margin` is not a finite number above 0; the shapes are not one label and one
            distance for each pair; or a label is not 0 or 1. While Keras traces a step, the
            values are not known yet. A wrong label then turns the loss into NaN, and
            `siamese_lib.Guard` stops the training with a message.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4. There Y = 0 means similar. Here, as in
        most code since, 1 means similar.

    Example:
        >>> loss = sl.ContrastiveLoss(margin=1.0)
        >>> distance = np.array([0.6])
        >>> round(float(loss(np.array([1]), distance)), 3)  # same: 0.6² / 2
        0.18
        >>> round(float(loss(np.array([0]), distance)), 3)  # different: (1 - 0.6)² / 2
        0.08
    """

    def __init__(self, margin: float = 1.0, **kwargs: object) -> None:
        kwargs.setdefault("name", "contrastive_loss")
        super().__init__(**kwargs)
        self.margin = _checked_margin(margin)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each pair, (N,)."""
        distance = _as_vector(y_pred, "y_pred", "one distance for each pair, as sl.siamese returns")
        same = _as_vector(y_true, "y_true", "one label for each pair, 1 = same and 0 = different")
        _check_same_length(same, distance)
        same = _checked_binary(ops.cast(same, distance.dtype))
        pull = same * ops.square(distance)
        push = (1 - same) * ops.square(ops.maximum(self.margin - distance, 0))
        return (pull + push) / 2

    @property
    def trivial_value(self) -> float:
        """The loss if all embeddings coincide and half of the pairs are similar: margin**2 / 4."""
        return self.margin**2 / 4

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this loss again."""
        return {**super().get_config(), "margin": self.margin}


class _InBatchLoss(keras.losses.Loss):
    """A loss over the labels and embeddings of a batch, which numbers the labels first."""

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> Tensor:
        """Return the loss of a batch.

        Keras casts labels to the type of the loss, in which large numbers that differ become equal:
        in float32 from 16,777,216 on. Whole numbers of any size stay apart here. But ``fit``
        itself casts an array of floats to float32, so give it whole numbers. A label that is NaN
        makes the loss NaN.

        Raises:
            ValueError: `tf.distribute` gives this loss a part of the batch only.
        """
        check_sees_whole_batch()
        return super().__call__(_numbered(y_true), y_pred, sample_weight)


@keras.saving.register_keras_serializable("siamese_lib")
class InBatchContrastiveLoss(_InBatchLoss):
    """The contrastive loss over every pair that a batch of labelled images contains.

    B images make B (B - 1) / 2 pairs with B passes through the tower. A batch of B random pairs
    needs 2 B passes. With ten classes only about one pair in ten is similar, so a plain mean
    would be almost all repulsion. Here similar and pushed pairs are averaged separately, and the
    two means have equal weight:

    ``[mean over similar pairs of d**2 + mean over pushed pairs of (margin - d)**2] / 4``

    *Pushed* pairs are the different pairs closer than the margin. If all different pairs are
    pushed, this is the paper's loss for a batch with as many similar as different pairs. Pairs
    beyond the margin have no loss. Counting them in the mean would leave the last few pairs that
    are still too close with almost no weight.

    A batch teaches only if it has similar and different pairs. The loss does not check that, as
    it does not know the labels while Keras traces a step. `BalancedBatchSampler` draws no other
    batches, and `ImageBatches` checks those of any sampler.

    The memory needed does not depend on `dim`. For the loss and its gradient, a training step
    takes about 100 B² bytes (measured with TensorFlow on a CPU): 0.1 GiB for 1,024 images, 1.6 GiB
    for 4,096, and 2 GiB for 4,600. The tower needs memory besides.

    Call it with class labels ``y_true`` (B,) and embeddings ``y_pred`` (B, dim).

    Args:
        margin: distance beyond which different images no longer repel each other, above 0.
        **kwargs: `reduction`, `name` and `dtype` of `keras.losses.Loss`.

    Raises:
        ValueError: `margin` is not a finite number above 0, or the shapes are not (B,) and
            (B, dim).

    References:
        Hadsell, Chopra and LeCun (2006), equation 4, for the loss of a pair. Averaging over
        the non-zero terms only is common in metric learning: FaceNet (Schroff, Kalenichenko and
        Philbin 2015), for example, selects triplets that violate the margin.

    Example:
        >>> loss = sl.InBatchContrastiveLoss(margin=1.0)
        >>> labels = np.array([0, 0, 1])
        >>> round(float(loss(labels, np.zeros((3, 2)))), 3)  # all embeddings in one point
        0.25
        >>> apart = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]])
        >>> round(float(loss(labels, apart)), 3)  # each class in a point of its own
        0.0
    """

    def __init__(self, margin: float = 1.0, **kwargs: object) -> None:
        kwargs.setdefault("name", "in_batch_contrastive_loss")
        super().__init__(**kwargs)
        self.margin = _checked_margin(margin)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return each image's share of the loss, (B,); their mean is the loss of the batch."""
        distance, similar, different = _all_pairs(y_true, y_pred)
        gap = ops.maximum(self.margin - distance, 0)
        pull = _share_of_mean(ops.square(distance), similar)
        push = _share_of_mean(ops.square(gap), different * ops.cast(gap > 0, gap.dtype))
        return (pull + push) / 4

    @property
    def trivial_value(self) -> float:
        """The loss if all embeddings coincide: margin**2 / 4."""
        return self.margin**2 / 4

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this loss again."""
        return {**super().get_config(), "margin": self.margin}


@keras.saving.register_keras_serializable("siamese_lib")
class BatchTripletLoss(_InBatchLoss):
    """The triplet loss over a batch of labelled images.

    A triplet is an anchor, a positive of the anchor's class and a negative of another class. Its
    loss is ``max(d(anchor, positive) - d(anchor, negative) + margin, 0)``. The positive need
    not be near the anchor, only nearer than the negative by the margin.

    Call it with class labels ``y_true`` (B,) and embeddings ``y_pred`` (B, dim).

    Args:
        margin: by how much the negative must be farther than the positive, above 0.
        hardest: True uses, for each anchor, its farthest positive and its nearest negative
            ("batch hard"). False uses every triplet whose loss is above 0 ("batch all"); its
            time grows with B³.
        **kwargs: `reduction`, `name` and `dtype` of `keras.losses.Loss`.

    Raises:
        ValueError: `margin` is not a finite number above 0, or the shapes are not (B,) and
            (B, dim).

    References:
        Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person
        Re-Identification", 2017, equations 5 and 6 (with distances not squared).
    """

    def __init__(self, margin: float = 1.0, hardest: bool = True, **kwargs: object) -> None:
        kwargs.setdefault("name", "batch_triplet_loss")
        super().__init__(**kwargs)
        self.margin = _checked_margin(margin)
        self.hardest = bool(hardest)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return each anchor's share of the loss, (B,); their mean is the loss of the batch."""
        distance, similar, different = _all_pairs(y_true, y_pred)
        if self.hardest:
            farthest = ops.max(distance * similar, axis=1)
            nearest = ops.min(ops.where(different > 0, distance, float("inf")), axis=1)
            usable = (ops.max(similar, axis=1) > 0) & (ops.max(different, axis=1) > 0)
            cost = ops.maximum(farthest - ops.where(usable, nearest, 0) + self.margin, 0)
            return _share_of_mean(cost[:, None], ops.cast(usable, cost.dtype)[:, None])
        cost, positive, negative = _count_triplets(distance, similar, different, self.margin)
        # The losses add up to this plus margins. It gives the gradient, and nothing to the value.
        slope = ops.sum((positive - negative) * distance, axis=1)
        rows = ops.cast(ops.shape(cost)[0], cost.dtype)
        return rows * (cost + slope - ops.stop_gradient(slope)) / ops.maximum(ops.sum(positive), 1)

    @property
    def trivial_value(self) -> float:
        """The loss if all embeddings coincide: the margin."""
        return self.margin

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this loss again."""
        return {**super().get_config(), "margin": self.margin, "hardest": self.hardest}


def _all_pairs(labels: Tensor, embeddings: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return distances (B, B), and masks (B, B) of similar and of different pairs, 0.0 or 1.0."""
    embeddings = ops.convert_to_tensor(embeddings)
    if len(embeddings.shape) != 2:
        raise ValueError(
            f"y_pred has shape {tuple(embeddings.shape)}; expected embeddings of shape "
            "(batch, dim). For distances of ready-made pairs use ContrastiveLoss."
        )
    labels = _as_vector(labels, "y_true", "one class label for each image")
    _check_same_length(labels, embeddings)
    same = ops.cast(ops.equal(labels[:, None], labels[None, :]), embeddings.dtype)
    itself = ops.eye(ops.shape(embeddings)[0], dtype=embeddings.dtype)
    distances = distances_within(embeddings)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
        distances += 0 * ops.cast(labels, distances.dtype)[:, None]  # NaN, if a label is NaN
    return distances, same - itself, 1 - same


def _count_triplets(
    distance: Tensor, similar: Tensor, different: Tensor, margin: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Add up the triplets whose loss is above 0, one anchor after the other, without a gradient.

    Args:
        distance, similar, different: (B, B), as from `_all_pairs`.
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


def _numbered(labels: Tensor) -> Tensor:
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
    labels = _as_vector(labels, "y_true", "one class label for each image")
    first = ops.argmax(ops.equal(labels[:, None], labels[None, :]), axis=1)
    new = ops.equal(first, ops.arange(ops.shape(labels)[0], dtype=first.dtype))
    numbers = ops.take(ops.cumsum(ops.cast(new, "int32")) - 1, first)
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
        return numbers
    return ops.where(ops.isnan(labels), float("nan"), ops.cast(numbers, "float32"))


def _share_of_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Give each row its share of the mean of the masked values: the rows' mean is that mean."""
    axes = tuple(range(1, len(values.shape)))
    rows = ops.cast(ops.shape(values)[0], values.dtype)
    return rows * ops.sum(values * mask, axis=axes) / ops.maximum(ops.sum(mask), 1)


def _as_vector(values: Tensor, name: str, meaning: str) -> Tensor:
    """Return a tensor (N,) from an array, tensor or list of shape (N,) or (N, 1)."""
    values = ops.convert_to_tensor(values)
    shape = tuple(values.shape)
    if len(shape) == 2 and shape[1] == 1:
        return ops.squeeze(values, axis=1)
    if len(shape) != 1:
        raise ValueError(f"{name} has shape {shape}; expected (N,) or (N, 1), {meaning}.")
    return values


def _check_same_length(labels: Tensor, outputs: Tensor) -> None:
    """Raise ValueError if both lengths are known and differ."""
    if None not in (labels.shape[0], outputs.shape[0]) and labels.shape[0] != outputs.shape[0]:
        raise ValueError(
            f"y_true has {labels.shape[0]} labels and y_pred has {outputs.shape[0]} outputs; "
            "expected one label for each output."
        )


def _checked_binary(same: Tensor) -> Tensor:
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


def _checked_margin(margin: float) -> float:
    if not isinstance(margin, Real) or not 0 < margin < float("inf"):
        raise ValueError(f"margin is {margin!r}; expected a finite number above 0.")
    return float(margin)
