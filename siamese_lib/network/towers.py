"""The shared network, from an image to a point in the embedding space.

A siamese network uses one tower twice. Both images of a pair pass through the same weights, so
the distance between the two outputs depends only on the images.
"""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_FILTERS_AND_SIZES = ((32, 7), (64, 5), (128, 3), (256, 1))
_SMALLEST_SIDE = 8


def conv_tower(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    embedding_dim: int = 2,
    *,
    seed: int | None = None,
    dtype: str | None = None,
    unit_length: bool = False,
    name: str = "tower",
) -> keras.Model:
    """Build the five-layer convolutional tower.

    The tower has five convolutions: 32 filters of 7x7, 64 of 5x5, 128 of 3x3, 256 of 1x1 and
    `embedding_dim` of 1x1. They have 'same' padding, Glorot uniform weights and zero biases.
    Each is followed by a 2x2 'same' max-pooling, and the first four poolings by a ReLU. A flatten
    comes last. The ReLU comes after the pooling instead of before it, because
    ``max(relu(x)) == relu(max(x))``: the network is the same, and three quarters of the ReLUs
    need not be computed.

    The five poolings divide each side by 32, rounding up. An image of up to 32x32 pixels
    therefore ends as a single cell of `embedding_dim` numbers. For a larger image, the remaining
    cells are averaged (global average pooling) before the flatten. So neither the length of the
    embedding nor the number of weights depends on the size of the image.

    Args:
        image_shape: (height, width, channels), in pixels; each side at least 8.
        embedding_dim: length of the embedding, at least 1. An embedding of length 2 can be drawn.
        seed: seed of the initial weights; None draws them from Keras' global generator.
        dtype: Keras dtype policy of the first four convolutions, such as "mixed_bfloat16" (see
            `fastest_dtype`); by default Keras' global policy. In a mixed policy their weights
            are float32. The last convolution and the embedding always are.
        unit_length: whether embeddings are divided by their lengths. The original's are not. It
            helps above two dimensions; in two, all points would be on one circle.
        name: name of the model.

    Returns:
        A Keras model from images (N, height, width, channels), uint8 or float, in 0..255, to
        float32 embeddings (N, embedding_dim). For (28, 28, 1) and 2 dimensions it has 160,258
        parameters. The five convolutions are its only layers with weights. The model divides by 255
        itself, and does not check its images, as Keras does not know their values while it traces a
        step: images in 0..1 are nearly black to it. `Run.embed`, `Recorder` and all that is built
        on them do check.

    Raises:
        ValueError: `image_shape` or `embedding_dim` is not as described.

    References:
        Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant
        Mapping", CVPR 2006, for the siamese pair; the layers are those of the 2017
        TensorFlow repository that this book starts from.

    Example:
        >>> tower = sl.conv_tower((28, 28, 1), embedding_dim=2, seed=0)
        >>> images = np.zeros((5, 28, 28, 1), np.uint8)
        >>> np.asarray(tower(images)).shape
        (5, 2)
        >>> tower.count_params()
        160258
    """
    height, width, channels = checked_shape(image_shape)
    check_dim(embedding_dim)
    from siamese_lib.network.backend import keras, layers  # waits: slow to import

    def convolution(
        filters: int, size: int, number: int, dtype: str | None = dtype
    ) -> keras.layers.Layer:
        glorot = keras.initializers.GlorotUniform(None if seed is None else 5 * seed + number)
        return layers.Conv2D(
            filters,
            size,
            padding="same",
            kernel_initializer=glorot,
            dtype=dtype,
            name=f"conv{number}",
        )

    images = keras.Input((height, width, channels), name="images")
    x = layers.Rescaling(1 / 255, dtype=dtype, name="scale")(images)
    for number, (filters, size) in enumerate(_FILTERS_AND_SIZES, start=1):
        x = convolution(filters, size, number)(x)
        x = layers.MaxPooling2D(2, padding="same", dtype=dtype, name=f"pool{number}")(x)
        x = layers.ReLU(dtype=dtype, name=f"relu{number}")(x)
    # From here on float32, even if a mixed-precision policy runs the earlier layers in 16 bits:
    # neighbouring embeddings differ by less than 16 bits can hold.
    x = convolution(embedding_dim, 1, 5, dtype="float32")(x)
    x = layers.MaxPooling2D(2, padding="same", dtype="float32", name="pool5")(x)
    if max(height, width) > 32:
        x = layers.GlobalAveragePooling2D(keepdims=True, dtype="float32", name="average")(x)
    embedding = layers.Flatten(dtype="float32", name="embedding")(x)
    if unit_length:
        embedding = layers.UnitNormalization(dtype="float32", name="unit_length")(embedding)
    return keras.Model(images, embedding, name=name)


def weight_shapes(image_shape: tuple[int, int, int], embedding_dim: int) -> list[tuple[int, ...]]:
    """Return the shapes of a `conv_tower`'s weights, in Keras' order, without building it.

    Raises:
        ValueError: as `conv_tower`.
    """
    _, _, channels = checked_shape(image_shape)
    check_dim(embedding_dim)
    shapes: list[tuple[int, ...]] = []
    for filters, size in (*_FILTERS_AND_SIZES, (embedding_dim, 1)):
        shapes += [(size, size, channels, filters), (filters,)]
        channels = filters
    return shapes


def checked_shape(image_shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the shape of an image; ValueError unless it is (height, width, channels)."""
    shape = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    smallest = (_SMALLEST_SIDE, _SMALLEST_SIDE, 1)
    if len(shape) != 3 or not all(map(_is_count, shape, smallest)):
        raise ValueError(
            f"image_shape is {image_shape!r}; expected (height, width, channels) with sides of at "
            f"least {_SMALLEST_SIDE} pixels and at least one channel. For greyscale images of "
            "28x28 pixels give (28, 28, 1)."
        )
    return shape


def check_dim(embedding_dim: int) -> None:
    """Raise ValueError unless an embedding can have this length."""
    if not _is_count(embedding_dim, at_least=1):
        raise ValueError(f"embedding_dim is {embedding_dim!r}; expected a whole number, 1 or more.")


def _is_count(value: object, at_least: int) -> bool:
    return isinstance(value, Integral) and int(value) >= at_least
