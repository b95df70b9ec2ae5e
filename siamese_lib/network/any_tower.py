"""What the library asks of any Keras model from images to embeddings, whatever it is made of.

A tower may be functional, a ``Sequential`` or of a class of its own. It may have layers of its own,
a frozen backbone, dropout, or an input of no fixed size. Here its shapes are found, it is called,
and it is called with other weights than its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from siamese_lib.network.compiled import CompiledOften

if TYPE_CHECKING:
    from siamese_lib.network.backend import Tensor, keras

Shape: TypeAlias = tuple[int, int, int]  # height, width and channels

_WIDTHS = {"sigmoid": 1, "hard_sigmoid": 1, "tanh": 2}  # of what an activation returns


def shapes_of(
    tower: keras.Model, image_shape: Sequence[int] | None = None, name: str = "tower"
) -> tuple[Shape, int]:
    """Return the shape of a tower's images, and the length of its embeddings.

    A tower that is not built yet is built, and called with one black image.

    Args:
        tower: a Keras model from images (N, H, W, C) to embeddings (N, dim).
        image_shape: height, width and channels, for a tower whose input does not fix them.
        name: what the error message calls the tower.

    Raises:
        ValueError: the tower does not take one batch of images, or does not return one vector for
            each; or it does not fix its images' shape, and `image_shape` is not given or is
            another one.
    """
    stated = stated_shape(tower, name)
    wanted = tuple(image_shape) if image_shape is not None else stated or _built_for(tower)
    lengths = [int(length) for length in wanted or () if length is not None]
    if len(lengths) != 3:
        raise ValueError(
            f"{name} takes images of any size (its input is {stated or 'not fixed'}); expected "
            f"image_shape, their height, width and channels. Give {name} a keras.Input of a fixed "
            "shape, or pass image_shape, such as (28, 28, 1)."
        )
    height, width, channels = lengths
    shape = (height, width, channels)
    if any(fixed not in (None, length) for fixed, length in zip(stated or (), shape, strict=False)):
        raise ValueError(
            f"{name} takes images of shape {stated}; expected {shape}, that of the images. Resize "
            f"the images, or build {name} for their shape."
        )
    output = getattr(tower, "output_shape", None) if stated else None
    if not (isinstance(output, tuple) and len(output) == 2 and isinstance(output[1], int)):
        output = _output_for(tower, shape, name)
    return shape, int(output[1])


def stated_shape(tower: keras.Model, name: str = "tower") -> tuple[int | None, ...] | None:
    """Return the (H, W, C) that a tower's input states, None for a length that may vary.

    A model of a class of one's own states nothing, nor does a ``Sequential`` that is not built:
    then it returns None.

    Raises:
        ValueError: the tower takes something else than one batch of images.
    """
    try:
        shape = tower.input_shape
    except (AttributeError, ValueError):
        return None
    if not isinstance(shape, tuple) or len(shape) != 4:
        several = isinstance(shape, list | dict) or (shape and isinstance(shape[0], tuple))
        raise ValueError(
            f"{name} takes {'several ' if several else ''}inputs of shape {shape}; expected "
            "images, of shape (None, H, W, C)."
        )
    return shape[1:]


def _built_for(tower: keras.Model) -> tuple[int, ...] | None:
    """Return the (H, W, C) of the images that a tower was first called with, if it was."""
    shape = (tower.get_build_config() or {}).get("input_shape") if tower.built else None
    return tuple(shape[1:]) if isinstance(shape, list | tuple) else None


def _output_for(tower: keras.Model, shape: Shape, name: str) -> tuple[int, ...]:
    """Return the shape that a tower makes of one image (1, dim); ValueError if it is no vector."""
    if type(tower).__name__ == "Sequential" and not tower.built:
        tower.build((None, *shape))  # when it is called first, it takes only as many images later
    made = called(tower, np.zeros((1, *shape), np.uint8))
    found = getattr(made, "shape", None)
    if found is None or len(found) != 2 or found[0] != 1:
        words = f"{type(made).__name__}" if found is None else f"shape {tuple(found)}"
        raise ValueError(
            f"{name} returns {words} for one image of shape {shape}; expected one vector, of "
            "shape (1, dim). Let it end with one output, after a Flatten or a pooling."
        )
    return tuple(found)


def check_takes(tower: keras.Model, images: np.ndarray) -> None:
    """Check that a tower takes images as they come in training, (N, H, W, C) of their dtype.

    Keras turns the images into floats for a model that begins with a ``keras.Input``. A model of a
    class of one's own gets them as they are.

    Raises:
        ValueError: it fails. The message says why.
    """
    try:
        with _eager(tower):
            _on_one_device(tower)(images[:1], training=False)
    except Exception as error:
        why = str(error).strip().partition("\n")[0]
        raise ValueError(
            f"tower fails with images as in training, {images.dtype} of shape "
            f"{images[:1].shape} ({type(error).__name__}: {why}); expected a tower that takes "
            "them. Let it begin with keras.layers.Rescaling(1 / 255), or with "
            "keras.ops.cast(images, 'float32')."
        ) from error


def called(tower: Callable[..., Tensor], images: np.ndarray) -> Tensor:
    """Call a tower, or a `TowerAt`, on images (N, H, W, C), and return its embeddings (N, dim).

    A model of a class of one's own that cannot take whole numbers was trained on floats, so it
    gets floats.
    """
    tower = _on_one_device(tower)
    with _eager(tower):
        try:
            return tower(images, training=False)
        except Exception:
            if images.dtype.kind == "f":
                raise
            return tower(images.astype(np.float32), training=False)


class TowerAt:
    """A tower with other weights than its own, which stay as they are.

    The tower may be in training. No copy is made, as Keras can copy only what it can describe.

    Args:
        tower: built.
        weights: in Keras' order, of the shapes of the tower's weights.
        called: what calls the tower, from `calls_of`. Several objects of one tower can share it;
            by default each has its own.
    """

    def __init__(
        self,
        tower: keras.Model,
        weights: Sequence[np.ndarray],
        called: Callable[[Sequence[Tensor], Any], Tensor] | None = None,
    ) -> None:
        from siamese_lib.network.backend import ops  # waits for images: it takes seconds

        self.tower = tower
        self._called = called or calls_of(tower)
        self.weights = [
            ops.cast(ops.convert_to_tensor(value), variable.dtype)
            for variable, value in zip(tower.weights, weights, strict=True)
        ]

    def __call__(self, images: np.ndarray, training: bool = False) -> Tensor:
        """Return the embeddings (N, dim) of images (N, H, W, C).

        Raises:
            ValueError: `training` is True.
        """
        if training:
            raise ValueError("training is True; expected False, as these weights are not trained.")
        return self._called(self.weights, images)


def calls_of(tower: keras.Model) -> Callable[[Sequence[Tensor], Any], Tensor]:
    """Return a function that calls a tower with given weights, in Keras' order, on images.

    It is compiled if it is used often. A tower with functions or classes that are not Keras' own is
    not, as compiling keeps what their code found at the first call. One with a
    `keras.layers.Normalization` is not either, as that derives other values from its weights.

    Returns:
        A function of tensors of the shapes of the tower's weights, and images (N, H, W, C) of any
        real dtype, to embeddings (N, dim) as the tower returns them.
    """
    adapted = _adapted(tower)

    def call(weights: Sequence[Tensor], images: Any) -> Tensor:
        from siamese_lib.network.backend import keras  # waits for images: it takes seconds

        before = [(layer, layer.mean, layer.variance) for layer in adapted]
        try:
            mapping = list(zip(tower.weights, weights, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                for layer in adapted:
                    layer.finalize_state()
                return tower(images, training=False)
        finally:
            for layer, mean, variance in before:
                layer.mean, layer.variance = mean, variance

    own = adapted or has_own_code(tower) or _has_own_function(tower)
    return call if own else CompiledOften(call)


def put_weights(tower: keras.Model, weights: Sequence[np.ndarray]) -> None:
    """Set a tower's weights, and what its layers derived from them before."""
    tower.set_weights(list(weights))
    for layer in _adapted(tower):
        layer.finalize_state()


def parts_of(tower: keras.Model) -> list[keras.layers.Layer]:
    """Return a tower and all models and layers in it, at any depth."""
    return list(tower._flatten_layers())  # Keras' public `layers` ends at layers made of layers


def bound_of(tower: keras.Model) -> tuple[str, float]:
    """Return what bounds a tower's embeddings, and the largest distance that this allows.

    Only a last layer of Keras' own is known to. For all others it is "" and infinity.
    """
    layer: Any = tower
    while _is_chain(layer):
        layer = layer.layers[-1]
    if type(layer).__name__ == "UnitNormalization":
        return "a normalization to unit length", 2.0
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    if name not in _WIDTHS:
        return "", math.inf
    return f"a {name}", _WIDTHS[name] * math.sqrt(layer.output.shape[-1])


def _is_chain(part: Any) -> bool:
    """Return whether a part is a model whose last layer makes its output."""
    return type(part).__name__ in ("Functional", "Sequential") and bool(part.layers)


def has_own_code(tower: keras.Model) -> bool:
    """Return whether a class of the tower, or of a layer in it, is not one of Keras' own."""
    return any(not type(part).__module__.startswith("keras.") for part in parts_of(tower))


def _has_own_function(tower: keras.Model) -> bool:
    """Return whether a layer holds a function that is not one of Keras' own, as a Lambda does."""
    held = (value for part in parts_of(tower) for value in vars(part).values())
    return any(isinstance(f, FunctionType) and not f.__module__.startswith("keras.") for f in held)


def _adapted(tower: keras.Model) -> list[keras.layers.Layer]:
    """Return the `keras.layers.Normalization` layers, which keep a copy of their weights."""
    return [part for part in parts_of(tower) if type(part).__name__ == "Normalization"]


def _on_one_device(tower: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a tower with copies of its weights on one device, if they are on several.

    Called itself, it would embed the same images on each device; and of several processes all would
    have to call it at the same time.
    """
    if isinstance(tower, TowerAt) or not getattr(tower, "weights", None):
        return tower
    from siamese_lib.network.many_devices import is_spread  # waits for images: it takes seconds

    if not is_spread(tower):
        return tower
    return TowerAt(tower, tower.get_weights())


@contextmanager
def _eager(tower: Callable[..., Tensor]) -> Iterator[None]:
    """Run functions of TensorFlow inside a tower's own code step by step.

    A ``tf.function`` keeps the weights that it was first called with, so that other frames would
    look the same.
    """
    from siamese_lib.network.backend import keras  # waits for images: it takes seconds

    model = tower.tower if isinstance(tower, TowerAt) else tower
    if keras.backend.backend() != "tensorflow" or not has_own_code(model):
        yield
        return
    import tensorflow as tf  # waits: on JAX there may be none

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)
