"""The tower of a saved run before it is built, as building it waits for Keras.

The tower is built when an image is embedded. Until then, its shapes are all that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siamese_lib.network.any_tower import put_weights
from siamese_lib.network.architecture import MissingCode, MissingCodeError, built_from, missing_code
from siamese_lib.network.named_tower import named_tower
from siamese_lib.network.towers import conv_tower, weight_shapes
from siamese_lib.runs.run_files import RunError, SavedRun

if TYPE_CHECKING:
    import numpy as np

    from siamese_lib.files import JsonObject
    from siamese_lib.network.backend import keras


@dataclass(frozen=True)
class Unbuilt:
    """A tower that is not built yet: `conv_tower`, or what the run describes.

    Attributes:
        image_shape: height, width and channels of the images.
        embedding_dim: length of the embeddings.
        probe: the saved tower's embedding of a fixed picture, by which the tower is recognized.
        folder: of the run, for error messages.
        layers: what `described_layers` wrote; None for `conv_tower`.
        shapes: of the weights.
        custom_objects: classes and functions by name, for layers that are not Keras' own.
    """

    image_shape: tuple[int, int, int]
    embedding_dim: int
    probe: Sequence[float]
    folder: Path
    layers: JsonObject | None
    shapes: list[tuple[int, ...]]
    custom_objects: Mapping[str, Any] = field(default_factory=dict)

    def build(self, weights: list[np.ndarray]) -> keras.Model:
        """Build the tower with these weights.

        Raises:
            RunError: it cannot be built.
        """
        if self.layers is None:
            tower = conv_tower(self.image_shape, self.embedding_dim)
        else:
            try:
                tower = built_from(self.layers, self.image_shape, self.custom_objects)
            except MissingCodeError as error:
                raise _needs_code(self.folder, error.missing) from None
            except Exception as error:
                raise RunError(
                    f"The tower of the run in {self.folder} cannot be built from its description "
                    f"({type(error).__name__}: {str(error).partition(chr(10))[0]}). Pass it to "
                    "Run.load as tower=, a model or 'module:function' (--tower in a terminal)."
                ) from error
        if [tuple(weight.shape) for weight in tower.weights] != self.shapes:
            raise RunError(
                f"The run in {self.folder} is inconsistent: its weights are not those of its "
                "tower. Pass the tower to Run.load as tower=."
            )
        put_weights(tower, weights)
        return tower


def tower_of(
    saved: SavedRun,
    folder: Path,
    tower: keras.Model | str | None,
    custom_objects: Mapping[str, Any] | None,
) -> keras.Model | Unbuilt:
    """Return the tower of a saved run: the one that is given, or one to be built later.

    Args:
        saved: what the folder holds.
        folder: of the run, for error messages.
        tower: a model, or the name of a function as `named_tower` takes it, or None.
        custom_objects: classes and functions by name.

    Raises:
        RunError: the tower has code of its own, which is neither given nor registered; or what is
            saved of it makes no sense.
        ValueError: there is no such function, or it fails.
    """
    if isinstance(tower, str):
        return named_tower(tower, saved.image_shape, saved.embedding_dim)
    if tower is not None:
        return tower
    if saved.layers is None:
        try:
            shapes = weight_shapes(saved.image_shape, saved.embedding_dim)
        except ValueError as error:
            raise RunError(f"The run in {folder} is inconsistent: {error}") from error
    else:
        shapes = [array.shape[1:] for array in saved.frames]
        missing = missing_code(saved.layers, custom_objects)
        if missing:
            raise _needs_code(folder, missing)
    return Unbuilt(
        saved.image_shape, saved.embedding_dim, saved.probe, folder, saved.layers, shapes,
        custom_objects or {},
    )  # fmt: skip


def _needs_code(folder: Path, missing: list[MissingCode]) -> RunError:
    """Say which code a run's tower needs, and how to give it."""
    what = " and ".join(f"{each.name} ({each.module})" for each in missing)
    objects = ", ".join(f"{each.name!r}: {each.name}" for each in missing)
    buildable = all(each.buildable for each in missing)
    ways = (
        f"Pass custom_objects={{{objects}}} to Run.load, or import the module that registers it "
        "with keras.saving.register_keras_serializable first; or pass tower="
        if buildable
        else "It does not say how it was made (get_config), so pass the tower to Run.load as tower="
    )
    return RunError(
        f"The tower of the run in {folder} has code of its own, which a run does not hold: {what}. "
        f"{ways}, a model or 'module:function' (--tower in a terminal)."
    )
