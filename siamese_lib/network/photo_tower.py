"""A tower for photographs and drawings in colour: a small residual network.

`conv_tower` has no normalization and five layers. That is enough for digits. Photographs differ in
more ways, and a deeper network with batch normalization learns them in fewer steps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from siamese_lib.network.towers import check_dim, checked_shape

if TYPE_CHECKING:
    from siamese_lib.network.backend import Tensor, keras

_FILTERS = (32, 64, 128, 256)  # of each block
_CELLS = 24  # the stem halves an image until its larger side has no more cells than these


def photo_tower(
    image_shape: tuple[int, int, int] = (64, 64, 3),
    embedding_dim: int = 64,
    *,
    seed: int | None = None,
    dtype: str | None = None,
    unit_length: bool = True,
    name: str = "photo_tower",
) -> keras.Model:
    """Build a small residual network for photographs of about 32 to 128 pixels.

    The stem is a 3x3 convolution with 32 filters. Four residual blocks follow, with 32, 64, 128 and
    256 filters: two 3x3 convolutions, to whose result the input of the block is added. Batch
    normalization follows each convolution, and a ReLU the stem, the first convolution of each block
    and each sum. The last three blocks halve the sides. A global average pooling and a linear layer
    without bias come last, and the embedding is divided by its length.

    The stem halves the image until each side has 24 cells or fewer: first by a stride of 2, then by
    max-poolings. So an image of 64 pixels takes little more time than one of 32. The number of
    weights does not depend on the size of the image.

    On embeddings of length 1, Euclidean distances and cosines give the same neighbours. The largest
    distance is 2.

    Batch normalization uses the means and variances of the batch in training, and their running
    averages afterwards, which are weights that are kept and saved with the others. So train on
    batches of 16 images or more.

    Args:
        image_shape: (height, width, channels), in pixels; each side at least 8.
        embedding_dim: length of the embedding, at least 1.
        seed: seed of the initial weights; None draws them from Keras' global generator.
        dtype: Keras dtype policy of all layers but the last, as for `conv_tower`.
        unit_length: whether embeddings are divided by their lengths. False suits a map in two
            dimensions, as points of length 1 would all be on one circle.
        name: name of the model.

    Returns:
        A Keras model from images (N, height, width, channels), uint8 or float, in 0..255, to
        float32 embeddings (N, embedding_dim). For (64, 64, 3) and 64 dimensions it has 1,245,664
        parameters. It rescales the pixels to -1..1 itself, and does not check them, as
        `conv_tower`.

    Raises:
        ValueError: `image_shape` or `embedding_dim` is not as described.

    References:
        He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, for the
        blocks. He et al., "Bag of Tricks for Image Classification with Convolutional Neural
        Networks", CVPR 2019, figure 2c, for the average pooling where a block halves its input.

    Example:
        >>> tower = sl.photo_tower((64, 64, 3), embedding_dim=64, seed=0)
        >>> images = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), np.uint8)
        >>> embeddings = np.asarray(tower(images))
        >>> embeddings.shape, np.linalg.norm(embeddings, axis=1).round(3).tolist()
        ((5, 64), [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    height, width, channels = checked_shape(image_shape)
    check_dim(embedding_dim)
    from siamese_lib.network.backend import keras, layers  # waits: slow to import

    seeds = None if seed is None else iter(range(100 * seed, 100 * seed + 100))

    def convolution(x: Tensor, filters: int, size: int, name: str, stride: int = 1) -> Tensor:
        x = layers.Conv2D(
            filters,
            size,
            stride,
            padding="same",
            use_bias=False,
            kernel_initializer=keras.initializers.HeNormal(None if seeds is None else next(seeds)),
            dtype=dtype,
            name=name,
        )(x)
        # The averages follow the weights quickly, as trainings of folders have few steps.
        return layers.BatchNormalization(momentum=0.9, dtype=dtype, name=f"{name}_norm")(x)

    def block(x: Tensor, filters: int, number: int) -> Tensor:
        name, halve = f"block{number}", number > 1
        inner = convolution(x, filters, 3, f"{name}_conv1", 2 if halve else 1)
        inner = layers.ReLU(dtype=dtype, name=f"{name}_relu1")(inner)
        inner = convolution(inner, filters, 3, f"{name}_conv2")
        if halve:
            x = layers.AveragePooling2D(2, padding="same", dtype=dtype, name=f"{name}_halve")(x)
            x = convolution(x, filters, 1, f"{name}_widen")
        x = layers.Add(dtype=dtype, name=f"{name}_sum")([x, inner])
        return layers.ReLU(dtype=dtype, name=f"{name}_relu2")(x)

    images = keras.Input((height, width, channels), name="images")
    x = layers.Rescaling(1 / 127.5, offset=-1, dtype=dtype, name="scale")(images)
    halvings = _halvings(height, width)
    x = convolution(x, _FILTERS[0], 3, "stem", 2 if halvings else 1)
    x = layers.ReLU(dtype=dtype, name="stem_relu")(x)
    for number in range(1, halvings):
        x = layers.MaxPooling2D(2, padding="same", dtype=dtype, name=f"stem_pool{number}")(x)
    for number, filters in enumerate(_FILTERS, start=1):
        x = block(x, filters, number)
    # From here on float32, even in a mixed-precision policy, as in conv_tower.
    x = layers.GlobalAveragePooling2D(dtype="float32", name="average")(x)
    glorot = keras.initializers.GlorotUniform(None if seeds is None else next(seeds))
    x = layers.Dense(
        embedding_dim, use_bias=False, kernel_initializer=glorot, dtype="float32", name="embedding"
    )(x)
    if unit_length:
        x = layers.UnitNormalization(dtype="float32", name="unit_length")(x)
    return keras.Model(images, x, name=name)


def _halvings(height: int, width: int) -> int:
    """Return how often the stem halves an image."""
    return max(0, math.ceil(math.log2(max(height, width) / _CELLS)))
