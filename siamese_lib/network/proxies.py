"""Learn one point for each class, a proxy, and compare embeddings with the proxies.

A batch of many classes is poor in similar pairs. Proxies need no pairs: each image is compared with
the proxies of all classes in each step, whatever else is in the batch.
"""

from __future__ import annotations

import math
from numbers import Real

from siamese_lib.checks import whole_number
from siamese_lib.network.any_tower import shapes_of
from siamese_lib.network.backend import Tensor, keras, ops


@keras.saving.register_keras_serializable("siamese_lib")
class Proxies(keras.layers.Layer):
    """A layer from embeddings (N, dim) to their cosines with each proxy, divided by a temperature.

    Its weights are the proxies, (dim, classes). Their lengths do not matter, nor do those of the
    embeddings.

    Args:
        num_classes: number of proxies, at least 2.
        temperature: what the cosines are divided by, above 0. With a large one, images must come
            closer to their proxy until the loss is small. With a small one, only images between
            proxies count.
        **kwargs: `name` and `dtype` of `keras.layers.Layer`.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(self, num_classes: int, temperature: float = 0.2, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.num_classes = whole_number("num_classes", num_classes, 2)
        if not isinstance(temperature, Real) or not 0 < temperature < math.inf:
            raise ValueError(f"temperature is {temperature!r}; expected a finite number above 0.")
        self.temperature = float(temperature)

    def build(self, input_shape: tuple[int | None, int]) -> None:
        """Make the proxies, in random directions."""
        self.proxies = self.add_weight(
            shape=(input_shape[-1], self.num_classes),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=0),
            name="proxies",
        )

    def call(self, embeddings: Tensor) -> Tensor:
        """Return the scaled cosines, (N, classes)."""
        proxies = ops.normalize(self.proxies, axis=0)
        return ops.matmul(ops.normalize(embeddings, axis=-1), proxies) / self.temperature

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this layer again."""
        mine = {"num_classes": self.num_classes, "temperature": self.temperature}
        return {**super().get_config(), **mine}


def proxy_model(tower: keras.Model, num_classes: int, temperature: float = 0.2) -> keras.Model:
    """Build the model that embeds images with a tower and compares them with a proxy of each class.

    Train it with Keras' own cross-entropy, on the batches of a `BalancedBatchSampler`::

        model = sl.proxy_model(tower, len(data.class_names))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(sl.Muon(), loss, **sl.compile_options())

    The loss of an image of class y is ``-log(exp(c[y] / T) / sum over k of exp(c[k] / T))``, where
    c[k] is the cosine of its embedding with the proxy of class k, and T is the temperature. It is
    known as the normalized softmax loss. After the training only the tower is needed, and classes
    that it never saw can be searched with it.

    Args:
        tower: model from images (N, height, width, channels) to embeddings (N, dim).
        num_classes: K, at least 2. Labels are whole numbers from 0 to K - 1. Keras does not check
            this while it trains: a larger label makes the loss NaN, or fails.
        temperature: T, above 0.

    Returns:
        A Keras model from images to the cosines divided by T, (N, K). It shares the tower's
        weights, so training one trains the other.

    Raises:
        ValueError: an argument is out of range, or the tower does not take one batch of images and
            return one vector for each. One whose input has no fixed shape must be called first.

    References:
        Wang, Xiang, Cheng and Yuille, "NormFace: L2 hypersphere embedding for face verification",
        2017, equation 6. Zhai and Wu, "Classification is a strong baseline for deep metric
        learning", 2019, equation 2. Movshovitz-Attias et al., "No fuss distance metric learning
        using proxies", 2017, for proxies.

    Example:
        >>> tower = sl.photo_tower((32, 32, 3), embedding_dim=16, seed=0)
        >>> model = sl.proxy_model(tower, num_classes=5)
        >>> np.asarray(model(np.zeros((3, 32, 32, 3)))).shape
        (3, 5)
    """
    shape, _ = shapes_of(tower)
    images = keras.Input(shape, name="images")
    # float32, since neighbouring cosines differ by less than 16 bits can hold.
    cosines = Proxies(num_classes, temperature, dtype="float32", name="proxies")(tower(images))
    return keras.Model(images, cosines, name="proxy_model")
