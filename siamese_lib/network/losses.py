"""Losses that pull similar images together and push different ones apart.

A label of 1 means *same* (similar) and 0 means *different*. Distances are Euclidean. In the two
contrastive losses, ``margin`` is the distance beyond which different images no longer repel each
other; in the triplet loss, it is by how much the negative must be farther than the positive. The
supervised contrastive loss has none.
"""

from __future__ import annotations

import math
from numbers import Real

from siamese_lib.network.backend import Tensor, keras, ops
from siamese_lib.network.loss_parts import (
    all_pairs,
    as_vector,
    check_same_length,
    checked_binary,
    checked_margin,
    checked_positive_margin,
    count_triplets,
    numbered,
    share_of_mean,
)
from siamese_lib.network.many_devices import check_sees_whole_batch


@keras.saving.register_keras_serializable("siamese_lib")
class ContrastiveLoss(keras.losses.Loss):
    """The contrastive loss of a batch of pairs.

    It is the mean over pairs of ``[same * d**2 + (1 - same) * max(margin - d, 0)**2] / 2``. The
    first term pulls similar pairs together. The second pushes different pairs apart until they
    are `margin` away. With a positive margin p, the first is ``same * max(d - p, 0)**2``.

    Call it with labels ``y_true`` (N,), where 1 = same and 0 = different (bool, integer or
    float), and distances ``y_pred`` (N,). Both may also be (N, 1).

    Args:
        margin: distance beyond which different pairs no longer repel each other, above 0.
        positive_margin: distance below which similar pairs no longer attract each other, from 0 to
            below `margin`. In the paper it is 0.
        **kwargs: `reduction`, `name` and `dtype` of `keras.losses.Loss`.

    Raises:
        ValueError: `margin` is not a finite number above 0, or `positive_margin` is not from 0 to
            below it; the shapes are not one label and one distance for each pair; or a label is
            not 0 or 1. While Keras traces a step, the
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

    def __init__(
        self, margin: float = 1.0, *, positive_margin: float = 0.0, **kwargs: object
    ) -> None:
        kwargs.setdefault("name", "contrastive_loss")
        super().__init__(**kwargs)
        self.margin = checked_margin(margin)
        self.positive_margin = checked_positive_margin(positive_margin, self.margin)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each pair, (N,)."""
        distance = as_vector(y_pred, "y_pred", "one distance for each pair, as sl.siamese returns")
        same = as_vector(y_true, "y_true", "one label for each pair, 1 = same and 0 = different")
        check_same_length(same, distance)
        same = checked_binary(ops.cast(same, distance.dtype))
        pull = same * ops.square(ops.maximum(distance - self.positive_margin, 0))
        push = (1 - same) * ops.square(ops.maximum(self.margin - distance, 0))
        return (pull + push) / 2

    @property
    def trivial_value(self) -> float:
        """The loss if all embeddings coincide and half of the pairs are similar: margin**2 / 4."""
        return self.margin**2 / 4

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this loss again."""
        margins = {"margin": self.margin, "positive_margin": self.positive_margin}
        return {**super().get_config(), **margins}


class InBatchLoss(keras.losses.Loss):
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
        return super().__call__(numbered(y_true), y_pred, sample_weight)


@keras.saving.register_keras_serializable("siamese_lib")
class InBatchContrastiveLoss(InBatchLoss):
    """The contrastive loss over every pair that a batch of labelled images contains.

    B images make B (B - 1) / 2 pairs with B passes through the tower. A batch of B random pairs
    needs 2 B passes. With ten classes only about one pair in ten is similar, so a plain mean
    would be almost all repulsion. Here similar and pushed pairs are averaged separately, and the
    two means have equal weight:

    ``[mean over similar pairs of d**2 + mean over pushed pairs of (margin - d)**2] / 4``

    *Pushed* pairs are the different pairs closer than the margin. If all different pairs are
    pushed, this is the paper's loss for a batch with as many similar as different pairs. Pairs
    beyond the margin have no loss. Counting them in the mean would leave the last few pairs that
    are still too close with almost no weight. In the same way, with a positive margin p the first
    mean is that of ``(d - p)**2`` over the similar pairs that are farther apart than p.

    A batch teaches only if it has similar and different pairs. The loss does not check that, as
    it does not know the labels while Keras traces a step. `BalancedBatchSampler` draws no other
    batches, and `ImageBatches` checks those of any sampler.

    The memory needed does not depend on `dim`. For the loss and its gradient, a training step
    takes about 100 B² bytes (measured with TensorFlow on a CPU): 0.1 GiB for 1,024 images, 1.6 GiB
    for 4,096, and 2 GiB for 4,600. The tower needs memory besides.

    Call it with class labels ``y_true`` (B,) and embeddings ``y_pred`` (B, dim).

    Args:
        margin: distance beyond which different images no longer repel each other, above 0.
        positive_margin: distance below which similar images no longer attract each other, from 0
            to below `margin`. Images of a class then need not come to one point.
        **kwargs: `reduction`, `name` and `dtype` of `keras.losses.Loss`.

    Raises:
        ValueError: `margin` is not a finite number above 0, `positive_margin` is not from 0 to
            below it, or the shapes are not (B,) and (B, dim).

    References:
        Hadsell, Chopra and LeCun (2006), equation 4, for the loss of a pair. Averaging over
        the non-zero terms only is common in metric learning: FaceNet (Schroff, Kalenichenko and
        Philbin 2015), for example, selects triplets that violate the margin. The
        contrastive loss of pytorch-metric-learning has a margin for both kinds of pairs, too.

    Example:
        >>> loss = sl.InBatchContrastiveLoss(margin=1.0)
        >>> labels = np.array([0, 0, 1])
        >>> round(float(loss(labels, np.zeros((3, 2)))), 3)  # all embeddings in one point
        0.25
        >>> apart = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]])
        >>> round(float(loss(labels, apart)), 3)  # each class in a point of its own
        0.0
    """

    def __init__(
        self, margin: float = 1.0, *, positive_margin: float = 0.0, **kwargs: object
    ) -> None:
        kwargs.setdefault("name", "in_batch_contrastive_loss")
        super().__init__(**kwargs)
        self.margin = checked_margin(margin)
        self.positive_margin = checked_positive_margin(positive_margin, self.margin)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return each image's share of the loss, (B,); their mean is the loss of the batch."""
        distance, similar, different = all_pairs(y_true, y_pred)
        gap = ops.maximum(self.margin - distance, 0)
        far = ops.maximum(distance - self.positive_margin, 0)
        if self.positive_margin > 0:
            similar = similar * ops.cast(far > 0, far.dtype)
        pull = share_of_mean(ops.square(far), similar)
        push = share_of_mean(ops.square(gap), different * ops.cast(gap > 0, gap.dtype))
        return (pull + push) / 4

    @property
    def trivial_value(self) -> float:
        """The loss if all embeddings coincide: margin**2 / 4."""
        return self.margin**2 / 4

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this loss again."""
        margins = {"margin": self.margin, "positive_margin": self.positive_margin}
        return {**super().get_config(), **margins}


@keras.saving.register_keras_serializable("siamese_lib")
class BatchTripletLoss(InBatchLoss):
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
        self.margin = checked_margin(margin)
        self.hardest = bool(hardest)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return each anchor's share of the loss, (B,); their mean is the loss of the batch."""
        distance, similar, different = all_pairs(y_true, y_pred)
        if self.hardest:
            farthest = ops.max(distance * similar, axis=1)
            nearest = ops.min(ops.where(different > 0, distance, float("inf")), axis=1)
            usable = (ops.max(similar, axis=1) > 0) & (ops.max(different, axis=1) > 0)
            cost = ops.maximum(farthest - ops.where(usable, nearest, 0) + self.margin, 0)
            return share_of_mean(cost[:, None], ops.cast(usable, cost.dtype)[:, None])
        cost, positive, negative = count_triplets(distance, similar, different, self.margin)
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


@keras.saving.register_keras_serializable("siamese_lib")
class SupervisedContrastiveLoss(InBatchLoss):
    """The supervised contrastive loss over a batch of labelled images, by Euclidean distances.

    Every image shares a probability of 1 among all others of the batch. Image j at distance d gets
    a part in proportion to Student's t distribution, ``(1 + d**2 / n) ** (-(n + 1) / 2)`` with n
    degrees of freedom. The loss of an image is the mean of -log of this probability over the k
    other images of its class. It has no margin. Its least value is log(k), where these images
    coincide with it and all others are far away.

    The distribution has heavy tails, as in t-SNE. Far from the right place, an image is still
    pulled, and classes have room for each other in two dimensions. With cosines instead of
    distances, and no heavy tails, this is the loss of Khosla et al.

    An image without another of its class in the batch has no loss. As with the other losses of a
    batch, `BalancedBatchSampler` draws batches that teach, and memory grows with B².

    Call it with class labels ``y_true`` (B,) and embeddings ``y_pred`` (B, dim).

    Args:
        degrees_of_freedom: n, above 0. The smaller it is, the heavier are the tails.
        **kwargs: `reduction`, `name` and `dtype` of `keras.losses.Loss`.

    Raises:
        ValueError: `degrees_of_freedom` is not a finite number above 0, or the shapes are not (B,)
            and (B, dim).

    References:
        Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, equation 2. Van der Maaten,
        "Learning a Parametric Embedding by Preserving Local Structure", AISTATS 2009, for the
        degrees of freedom; Min et al., "Deep Supervised t-Distributed Embedding", ICML 2010, for
        the distribution with classes.

    Example:
        >>> loss = sl.SupervisedContrastiveLoss()
        >>> labels = np.array([0, 0, 1, 1])
        >>> round(float(loss(labels, np.zeros((4, 2)))), 3)  # all in one point: log(3)
        1.099
        >>> apart = np.array([[0.0, 0.0], [0.0, 0.0], [30.0, 40.0], [30.0, 40.0]])
        >>> round(float(loss(labels, apart)), 3)
        0.0
    """

    def __init__(self, degrees_of_freedom: float = 3.0, **kwargs: object) -> None:
        kwargs.setdefault("name", "supervised_contrastive_loss")
        super().__init__(**kwargs)
        if not isinstance(degrees_of_freedom, Real) or not 0 < degrees_of_freedom < math.inf:
            raise ValueError(
                f"degrees_of_freedom is {degrees_of_freedom!r}; expected a finite number above 0."
            )
        self.degrees_of_freedom = float(degrees_of_freedom)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return each image's share of the loss, (B,); their mean is the loss of the batch."""
        distance, similar, different = all_pairs(y_true, y_pred)
        n = self.degrees_of_freedom
        near = -(n + 1) / 2 * ops.log1p(ops.square(distance) / n)
        partners = ops.sum(similar, axis=1)
        usable = partners > 0
        others = (similar + different > 0) | ~usable[:, None]  # a row of its own has no logarithm
        every = ops.logsumexp(ops.where(others, near, -float("inf")), axis=1)
        cost = every - ops.sum(near * similar, axis=1) / ops.maximum(partners, 1)
        return share_of_mean(cost[:, None], ops.cast(usable, cost.dtype)[:, None])

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this loss again."""
        return {**super().get_config(), "degrees_of_freedom": self.degrees_of_freedom}
