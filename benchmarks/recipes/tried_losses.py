"""Losses that were tried for the record and are not in the library: all compare within a batch.

Each takes labels (B,), whole numbers, and embeddings (B, dim), and gives the loss of each image.
"""

from __future__ import annotations

from siamese_lib.network.backend import Tensor, keras, ops
from siamese_lib.network.loss_parts import all_pairs

_NEVER = -1e9  # in the place of -d², of an image that does not count


class _InBatch(keras.losses.Loss):
    """A loss of -d² / T between each image and each other.

    Args:
        temperature: T.
        cosine: whether embeddings are divided by their lengths first; then it is a cosine that is
            divided by T / 2, but for a constant.
    """

    def __init__(self, temperature: float = 1.0, cosine: bool = False) -> None:
        super().__init__()
        self.temperature, self.cosine = temperature, cosine

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        points = ops.normalize(y_pred, axis=-1) if self.cosine else y_pred
        distance, similar, different = all_pairs(y_true, points)
        near = -(distance**2) / self.temperature
        return self.of(ops.where(similar + different > 0, near, _NEVER), similar)

    def of(self, near: Tensor, similar: Tensor) -> Tensor:
        """Return the loss of each image, (B,), from -d² / T and what is similar, (B, B)."""
        raise NotImplementedError


class NeighbourhoodComponents(_InBatch):
    """The share of an image's neighbours, weighted by exp(-d² / T), that are of its class.

    References:
        Goldberger et al., "Neighbourhood Components Analysis", 2004. Salakhutdinov and Hinton,
        "Learning a Nonlinear Embedding by Preserving Class Neighbourhood Structure", 2007.
    """

    def of(self, near: Tensor, similar: Tensor) -> Tensor:
        own = ops.logsumexp(ops.where(similar > 0, near, _NEVER), axis=1)
        return ops.logsumexp(near, axis=1) - own


class SupervisedContrastive(_InBatch):
    """The same share, as the mean of logarithms over the images of the class.

    References:
        Khosla et al., "Supervised Contrastive Learning", 2020, equation 2.
    """

    def of(self, near: Tensor, similar: Tensor) -> Tensor:
        own = ops.sum(ops.where(similar > 0, near, 0.0), axis=1)
        return ops.logsumexp(near, axis=1) - own / ops.maximum(ops.sum(similar, axis=1), 1)


class ClassMeans(keras.losses.Loss):
    """Cross-entropy over the squared distances to the mean of each class in the batch.

    An image's own class is the mean of the others of its class.

    References:
        Snell, Swersky and Zemel, "Prototypical Networks for Few-shot Learning", 2017.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        own = ops.one_hot(labels, self.classes)
        counts = ops.sum(own, axis=0)
        means = ops.matmul(ops.transpose(own), y_pred) / ops.maximum(counts, 1)[:, None]
        squares = ops.sum(y_pred**2, axis=1)[:, None] + ops.sum(means**2, axis=1)[None]
        squares = squares - 2 * ops.matmul(y_pred, ops.transpose(means))
        size = ops.take(counts, labels)
        apart = (size / ops.maximum(size - 1, 1)) ** 2  # from the mean of the others
        logits = -squares * (1 + own * (apart[:, None] - 1))
        return ops.logsumexp(logits, axis=1) - ops.sum(own * logits, axis=1)


class HardestPairs(keras.losses.Loss):
    """The contrastive loss of two pairs of each image: its farthest similar, its nearest different.

    Args:
        margin: distance below which different images are pushed apart.

    References:
        Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification",
        2017, for the choice; Hadsell, Chopra and LeCun, 2006, for the loss.
    """

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        distance, similar, different = all_pairs(y_true, y_pred)
        farthest = ops.max(ops.where(similar > 0, distance, 0.0), axis=1)
        nearest = ops.min(ops.where(different > 0, distance, -_NEVER), axis=1)
        return 0.5 * (farthest**2 + ops.maximum(self.margin - nearest, 0) ** 2)
