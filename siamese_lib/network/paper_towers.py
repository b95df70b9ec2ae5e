"""The two networks of the paper of 2006, for its own experiments.

They are much smaller than `siamese_lib.conv_tower` (37,127 parameters against 160,258), and their
units are those of their time.

References:
    Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR
    2006, sections 3.2 (digits) and 3.4 (the aeroplane).
    LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition",
    1998, section II.B: subsampling, its two numbers for each map, and the scale of the pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from siamese_lib.checks import whole_number
from siamese_lib.network.towers import check_dim, checked_shape

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_SIDE = 32  # pixels of an image that the convolutional network takes
_BLACK, _WHITE = -0.1, 1.175  # what black and white become: digits then have a mean of about 0


def paper_tower(
    image_shape: tuple[int, int, int] = (32, 32, 1),
    embedding_dim: int = 2,
    *,
    seed: int | None = None,
    name: str = "paper_tower",
) -> keras.Model:
    """Build the convolutional network with which the paper maps digits.

    A convolution makes 15 maps of 27x27 with kernels of 6x6. Subsampling makes 15 maps of 9x9 of
    them: each cell is the mean of 3x3 cells, times a number that is learned, plus another one, two
    for each map. A convolution makes 30 maps of 1x1 with kernels of 9x9, and a fully connected
    layer makes the embedding of these 30 numbers.

    A hyperbolic tangent follows each of the first three layers, as in LeCun's networks of that
    time; this is our choice. The embedding has none. Black becomes -0.1 and white 1.175, as in
    LeNet-5. First weights are uniform with a variance of 1 / fan-in (LeCun), and biases are 0.

    An image of fewer than 32x32 pixels gets a black border, so a digit of 28x28 is taken as it is.

    Args:
        image_shape: (height, width, channels), in pixels; each side from 8 to 32.
        embedding_dim: length of the embedding, at least 1. The paper uses 2.
        seed: seed of the initial weights; None draws them from Keras' global generator.
        name: name of the model.

    Returns:
        A Keras model from images (N, height, width, channels), uint8 or float, in 0..255, to
        float32 embeddings (N, embedding_dim). With one channel and 2 dimensions it has 37,127
        parameters: 555 + 30 + 36,480 + 62.

    Raises:
        ValueError: `image_shape` or `embedding_dim` is not as described.

    Example:
        >>> tower = sl.paper_tower((28, 28, 1), seed=0)
        >>> np.asarray(tower(np.zeros((5, 28, 28, 1), np.uint8))).shape
        (5, 2)
        >>> tower.count_params()
        37127
    """
    height, width, _ = checked_shape(image_shape)
    check_dim(embedding_dim)
    if max(height, width) > _SIDE:
        raise ValueError(
            f"image_shape is {image_shape!r}; expected sides of at most {_SIDE} pixels, as the "
            "second convolution ends in a single cell. Make the images smaller, or use conv_tower."
        )
    from siamese_lib.network.backend import keras, layers  # waits: slow to import

    def first_weights(number: int) -> keras.Initializer:
        return keras.initializers.LecunUniform(None if seed is None else 3 * seed + number)

    images = keras.Input(tuple(image_shape), name="images")
    border = [((_SIDE - side) // 2, (_SIDE - side + 1) // 2) for side in (height, width)]
    x = layers.ZeroPadding2D(border, name="border")(images) if max(map(max, border)) else images
    x = _scale()(x)
    x = layers.Conv2D(
        15, 6, activation="tanh", kernel_initializer=first_weights(0), name="convolution1"
    )(x)
    x = layers.AveragePooling2D(3, name="subsampling")(x)
    # A kernel of one pixel for each map on its own: the factor of its means. The bias is the sum.
    x = layers.DepthwiseConv2D(1, activation="tanh", depthwise_initializer="ones", name="gain")(x)
    x = layers.Conv2D(
        30, 9, activation="tanh", kernel_initializer=first_weights(1), name="convolution2"
    )(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(
        embedding_dim, kernel_initializer=first_weights(2), dtype="float32", name="embedding"
    )(x)
    return keras.Model(images, x, name=name)


def dense_tower(
    image_shape: tuple[int, int, int] = (48, 48, 1),
    embedding_dim: int = 3,
    *,
    hidden: int = 20,
    seed: int | None = None,
    name: str = "dense_tower",
) -> keras.Model:
    """Build the fully connected network with which the paper maps pictures of an aeroplane.

    It has one layer of hidden units, each connected to every pixel. Its activation, its first
    weights and the scale of the pixels are those of `paper_tower`.

    Args:
        image_shape: (height, width, channels), in pixels; each side at least 8.
        embedding_dim: length of the embedding, at least 1. The paper uses 3.
        hidden: number of hidden units, at least 1. The paper uses 20.
        seed: seed of the initial weights; None draws them from Keras' global generator.
        name: name of the model.

    Returns:
        A Keras model from images (N, height, width, channels), uint8 or float, in 0..255, to
        float32 embeddings (N, embedding_dim). For (48, 48, 1), 20 hidden units and 3 dimensions it
        has 46,163 parameters.

    Raises:
        ValueError: an argument is not as described.

    Example:
        >>> sl.dense_tower((48, 48, 1), seed=0).count_params()
        46163
    """
    checked_shape(image_shape)
    check_dim(embedding_dim)
    hidden = whole_number("hidden", hidden, 1)
    from siamese_lib.network.backend import keras, layers  # waits: slow to import

    def first_weights(number: int) -> keras.Initializer:
        return keras.initializers.LecunUniform(None if seed is None else 2 * seed + number)

    images = keras.Input(tuple(image_shape), name="images")
    x = layers.Flatten(name="flat")(_scale()(images))
    x = layers.Dense(hidden, activation="tanh", kernel_initializer=first_weights(0), name="hidden")(
        x
    )
    x = layers.Dense(
        embedding_dim, kernel_initializer=first_weights(1), dtype="float32", name="embedding"
    )(x)
    return keras.Model(images, x, name=name)


def _scale() -> keras.layers.Layer:
    from siamese_lib.network.backend import layers  # waits: slow to import

    return layers.Rescaling((_WHITE - _BLACK) / 255, offset=_BLACK, name="scale")
