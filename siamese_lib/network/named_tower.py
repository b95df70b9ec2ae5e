"""Make a tower with a function of the user's own, which is named as ``module:function``."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_DRAWABLE = 2  # numbers in an embedding that a map shows as it is


class NamedTowerError(ValueError):
    """There is no function of a name that makes a tower, or it fails."""


def named_tower(
    name: str, image_shape: tuple[int, int, int], embedding_dim: int | None = None
) -> keras.Model:
    """Import a module, and call a function of it that makes a tower.

    The function is called as ``function(image_shape)``. If it has a parameter called
    ``embedding_dim``, it gets that too.

    Args:
        name: such as ``"my_towers:photo_tower"``, of a module that Python finds.
        image_shape: height, width and channels of the images.
        embedding_dim: length of the embeddings. By default that of the function, or 2 if it has
            none.

    Returns:
        A Keras model from images (N, H, W, C), uint8 in 0..255, to embeddings (N, dim). Whether
        these have the length that was asked for is not checked.

    Raises:
        NamedTowerError: there is no such function, it fails, or it returns no Keras model.
    """
    function = _function(name)
    given: dict[str, int] = {}
    parameter = _parameters(function).get("embedding_dim")
    if parameter is not None and embedding_dim is not None:
        given = {"embedding_dim": embedding_dim}
    elif parameter is not None and parameter.default is parameter.empty:
        given = {"embedding_dim": _DRAWABLE}
    try:
        tower = function(image_shape, **given)
    except Exception as error:
        raise NamedTowerError(_failed(name, error)) from error
    from siamese_lib.network.backend import keras  # waits: it takes seconds

    if not isinstance(tower, keras.Model):
        raise NamedTowerError(
            f"{name} returned {type(tower).__name__}; expected a keras.Model from images to "
            "embeddings. Let the function return one."
        )
    return tower


def _function(name: str) -> Callable[..., object]:
    """Return the function of a name; NamedTowerError if there is none."""
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise NamedTowerError(
            f"The tower is {name!r}; expected module:function, such as my_towers:photo_tower, for "
            "the function photo_tower in the file my_towers.py."
        )
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and not f"{module}.".startswith(f"{error.name}."):
            raise NamedTowerError(_failed(module, error)) from error
        raise NamedTowerError(
            f"There is no module {module}, which {name} names; expected a file "
            f"{module.replace('.', '/')}.py in this folder, or an installed package. Check the "
            "name, or change to the folder of the file."
        ) from None
    except Exception as error:
        raise NamedTowerError(_failed(module, error)) from error
    function = getattr(found, attribute, None)
    if not callable(function):
        raise NamedTowerError(
            f"The module {module} ({getattr(found, '__file__', 'built in')}) has no function "
            f"{attribute}; expected a function that makes a tower. Check the name."
        )
    return function


def _parameters(function: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function; none if Python does not know them."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _failed(name: str, error: Exception) -> str:
    """Say why a user's own code failed, and where."""
    if "URL fetch failure" in str(error):
        return (
            f"{name} asked for weights that cannot be downloaded here: {_line(error)}. Run it once "
            "where there is a network and copy ~/.keras/models from there to here, or build the "
            "tower with weights=None."
        )
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    where = f", in line {own[-1].lineno} of {own[-1].filename}" if own else ""
    return f"{name} failed with {type(error).__name__}: {_line(error)}{where}. Mend it there."


def _is_own(file: str) -> bool:
    return file != __file__ and "site-packages" not in file and not file.startswith("<")


def _line(error: Exception) -> str:
    """Return an error's message in one line, without a full stop."""
    return " ".join(str(error).split()).rstrip(".") or "no message"
