"""Describe a tower's layers as JSON, build them again, and copy them.

Only layers are described, not what the tower was compiled with: a loss of one's own does not
matter. A description holds names of classes and functions, never code. A class that is not one of
Keras' own must be given when the layers are built, or registered with
``keras.saving.register_keras_serializable``.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from siamese_lib.files import Json, JsonObject
from siamese_lib.network.any_tower import called, parts_of, put_weights
from siamese_lib.network.towers import conv_tower

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

# In the configuration of a layer: what does not change the embeddings of a trained tower, or, like
# the dtype, may be another one on another device.
_NOT_COMPARED = {"name", "dtype", "trainable", "kernel_initializer", "bias_initializer"}


class MissingCode(NamedTuple):
    """A class or function that a tower needs and that is not to be had.

    Attributes:
        name, module: of the class or the function.
        buildable: whether giving it is enough. It is not if it does not describe itself.
    """

    name: str
    module: str
    buildable: bool


class MissingCodeError(ValueError):
    """A tower has classes or functions of its own, which were not given: `missing`."""

    def __init__(self, missing: list[MissingCode]) -> None:
        self.missing = missing
        super().__init__(" and ".join(f"{each.name} ({each.module})" for each in missing))


def is_conv_tower(
    tower: keras.Model, image_shape: tuple[int, int, int], dim: int, *, unit_length: bool = False
) -> bool:
    """Return whether a tower has the layers of `conv_tower`, whatever their dtypes."""
    if min(image_shape[:2]) < 8 or type(tower).__name__ != "Functional":
        return False
    return _compared(tower) == _compared(conv_tower(image_shape, dim, unit_length=unit_length))


def _compared(tower: keras.Model) -> list[Json]:
    return [
        [type(layer).__name__, {k: v for k, v in _config(layer).items() if k not in _NOT_COMPARED}]
        for layer in tower.layers
    ]


def described_layers(tower: keras.Model) -> JsonObject:
    """Describe a tower's layers as JSON.

    Returns:
        What `built_from` takes; as of `undescribed`, if Keras cannot describe the tower.
    """
    config = _without_compilation(_config(tower))
    return {**_named(tower), "config": config} if config else undescribed(tower)


def undescribed(tower: keras.Model) -> JsonObject:
    """Name the classes without which a tower cannot be built, as they do not describe themselves.

    Returns:
        What `built_from` refuses, with these names in its error.
    """
    own = [part for part in parts_of(tower) if not type(part).__module__.startswith("keras.")]
    lacking = [part for part in own if not _config(part)] or own
    names = [{**_named(part), "config": None} for part in lacking]
    return {**_named(tower), "config": None, "parts": names}


def _named(part: keras.layers.Layer) -> JsonObject:
    """Name the class of a tower or a layer, as Keras does in its files."""
    from siamese_lib.network.backend import keras  # waits until a tower is saved

    kind = type(part)
    registered = keras.saving.get_registered_name(kind)
    return {
        "module": kind.__module__, "class_name": kind.__name__, "registered_name": registered
    }  # fmt: skip


def built_from(
    layers: JsonObject,
    image_shape: tuple[int, int, int],
    custom_objects: Mapping[str, Any] | None = None,
    *,
    trusted: bool = False,
) -> keras.Model:
    """Build the tower that `described_layers` described, with weights of no meaning.

    Args:
        layers: the description.
        image_shape: height, width and channels of its images.
        custom_objects: classes and functions by name.
        trusted: whether Python lambdas in the description may be executed.

    Raises:
        MissingCodeError: a class or function is neither Keras' own nor given nor registered.
        Exception: any, if the description is damaged or a class cannot be made from it.
    """
    from siamese_lib.network.backend import keras  # waits until a tower is needed

    missing = [] if trusted else missing_code(layers, custom_objects)
    if missing:
        raise MissingCodeError(missing)
    tower = keras.saving.deserialize_keras_object(
        deepcopy(layers),  # Keras empties it
        custom_objects=dict(custom_objects or {}),
        safe_mode=not trusted,
    )
    if not tower.built:
        if isinstance(tower, keras.Sequential):
            tower.build((None, *image_shape))
        called(tower, np.zeros((1, *image_shape), np.uint8))
    return tower


def copied(tower: keras.Model, image_shape: tuple[int, int, int], weights: list) -> keras.Model:
    """Copy a tower, with other weights; any Exception if Keras cannot describe or build it."""
    copy = built_from(described_layers(tower), image_shape, _own_code(tower), trusted=True)
    put_weights(copy, weights)
    return copy


def missing_code(
    layers: JsonObject, custom_objects: Mapping[str, Any] | None = None
) -> list[MissingCode]:
    """Return the classes and functions of a description that are not to be had, in order.

    It is a class without a configuration, or one that is neither Keras' own nor given nor
    registered. If there is none, the tower can be built.
    """
    foreign = dict.fromkeys(foreign_code(layers))
    if not foreign:
        whole = MissingCode(str(layers.get("class_name")), str(layers.get("module")), False)
        return [whole] if layers.get("config") is None else []
    from siamese_lib.network.backend import keras  # waits until a tower has code of its own

    known = {**keras.saving.get_custom_objects(), **(custom_objects or {})}
    return [
        code
        for code, registered in foreign
        if not code.buildable or not (code.name in known or registered in known)
    ]


def foreign_code(described: Json) -> Iterator[tuple[MissingCode, str]]:
    """Go through the classes and functions in a description that are not Keras' own.

    Yields:
        Each, and the name that it is registered by.
    """
    if isinstance(described, list):
        for each in described:
            yield from foreign_code(each)
    if not isinstance(described, dict):
        return
    kind, config = described.get("class_name"), described.get("config")
    module = str(described.get("module"))
    if kind == "__lambda__":
        yield MissingCode("a lambda", "of a Lambda layer", False), ""
    elif isinstance(kind, str) and "module" in described and module.split(".")[0] != "keras":
        name = config if kind == "function" and isinstance(config, str) else kind
        registered = str(described.get("registered_name"))
        yield MissingCode(name, module, config is not None), registered
    for value in described.values():
        yield from foreign_code(value)


def _own_code(tower: keras.Model) -> dict[str, Any]:
    """Return the classes and functions that a tower in memory has of its own, by name."""
    own: dict[str, Any] = {}
    for part in parts_of(tower):
        for value in (part, *vars(part).values()):
            code = value if isinstance(value, FunctionType) else type(value)
            if hasattr(value, "get_config") or isinstance(value, FunctionType):
                own[code.__name__] = code
    return {name: code for name, code in own.items() if not code.__module__.startswith("keras.")}


def _config(part: keras.layers.Layer) -> JsonObject:
    """Return the configuration of a layer or a model; {} if Keras cannot say it in JSON."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about lambdas
            return json.loads(json.dumps(part.get_config()))
    except Exception:  # a class of the user's own raises what it likes
        return {}


def _without_compilation(described: Json) -> Json:
    """Leave out what the models in a description were compiled with."""
    if isinstance(described, list):
        return [_without_compilation(each) for each in described]
    if isinstance(described, dict):
        kept = {name: value for name, value in described.items() if name != "compile_config"}
        return {name: _without_compilation(value) for name, value in kept.items()}
    return described
