"""Losses that were tried for the record and are not in the library: all compare within a batch.

Each takes labels (B,), whole numbers, and embeddings (B, dim), and gives the loss of each image.
"""

from __future__ import annotations

from siamese_lib.network.backend import Tensor, keras, ops


class _InBatch(keras.losses.Loss):
    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels = ops.reshape(y_true, (-1,))
        itself = ops.eye(ops.shape(y_pred)[0])
        similar = ops.cast(ops.equal(labels[:, None], labels[None, :]), "float32") - itself
        return self.of(self.logits(y_pred) - 1e9 * itself, similar)

    def logits(self, points: Tensor) -> Tensor:
        """How near each image is to each other, (B, B)."""
        return -squared_distances(points)

    def of(self, logits: Tensor, similar: Tensor) -> Tensor:
        """Return the loss of each image, (B,)."""
        raise NotImplementedError


class NeighbourhoodComponents(_InBatch):
    """The share of an image's neighbours, weighted by exp(-d²), that are of its class.

    References:
        Goldberger et al., "Neighbourhood Components Analysis", 2004. Salakhutdinov and Hinton,
        "Learning a Nonlinear Embedding by Preserving Class Neighbourhood Structure", 2007.
    """

    def of(self, logits: Tensor, similar: Tensor) -> Tensor:
        near = ops.logsumexp(logits - 1e9 * (1 - similar), axis=1)
        return ops.logsumexp(logits, axis=1) - near


class SupervisedContrastive(_InBatch):
    """The same share, as the mean of logarithms over the images of the class.

    Args:
        temperature: by which distances, or cosines, are divided.
        cosine: whether cosines are compared instead of squared distances.

    References:
        Khosla et al., "Supervised Contrastive Learning", 2020, equation 2.
    """

    def __init__(self, temperature: float, cosine: bool = False) -> None:
        super().__init__()
        self.temperature, self.cosine = temperature, cosine

    def logits(self, points: Tensor) -> Tensor:
        if not self.cosine:
            return super().logits(points) / self.temperature
        points = ops.normalize(points, axis=-1)
        return ops.matmul(points, ops.transpose(points)) / self.temperature

    def of(self, logits: Tensor, similar: Tensor) -> Tensor:
        near = ops.sum(similar * ops.where(similar > 0, logits, 0.0), axis=1)
        return ops.logsumexp(logits, axis=1) - near / ops.maximum(ops.sum(similar, axis=1), 1)


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


def squared_distances(points: Tensor) -> Tensor:
    """Return the squared distance of each image of a batch to each, (B, B)."""
    lengths = ops.sum(points**2, axis=1)
    both = lengths[:, None] + lengths[None, :]
    return ops.maximum(both - 2 * ops.matmul(points, ops.transpose(points)), 0)
