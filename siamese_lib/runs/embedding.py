"""Embed images with the tower of a run at any frame, and check that it is the saved tower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number
from siamese_lib.network.towers import conv_tower, weight_shapes
from siamese_lib.pixels import checked_pixels
from siamese_lib.progress import progress_bar
from siamese_lib.runs.run_files import RunError

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_FEW = 500  # embeddings; for fewer, no progress bar is shown
_DIVIDES = 1 / 64  # the largest scale of a layer that pixels up to 255, and not up to 1, go into
_BATCHES = 4  # batches between two updates of the bar


@dataclass(frozen=True)
class Unbuilt:
    """A `conv_tower` that is not built yet, with the attributes of a Keras model that are needed.

    Attributes:
        image_shape, embedding_dim: the arguments of `conv_tower`.
        probe: the saved tower's embedding of the picture of `probe_of`.
        folder: of the run, for error messages.
    """

    image_shape: tuple[int, int, int]
    embedding_dim: int
    probe: Sequence[float]
    folder: Path

    @property
    def input_shape(self) -> tuple[None, int, int, int]:
        """Shape of a batch of images."""
        return (None, *self.image_shape)

    @property
    def output_shape(self) -> tuple[None, int]:
        """Shape of a batch of embeddings."""
        return (None, self.embedding_dim)

    @property
    def weights(self) -> list[np.ndarray]:
        """NaN arrays of the right shapes, which take no memory."""
        shapes = weight_shapes(self.image_shape, self.embedding_dim)
        return [np.broadcast_to(np.float32(np.nan), shape) for shape in shapes]

    def build(self, weights: list[np.ndarray]) -> keras.Model:
        """Build the tower with these weights.

        Raises:
            RunError: the tower is not the one that was saved.
        """
        tower = conv_tower(self.image_shape, self.embedding_dim)
        tower.set_weights(weights)
        try:
            check_probe(tower, self.probe)
        except (TypeError, ValueError) as error:
            raise RunError(f"The run in {self.folder} is inconsistent: {error}") from error
        return tower


class TowerFrames:
    """A tower as it was at each frame of its training.

    Args:
        tower: gives the layers; its weights are not used.
        frames: for each weight of the tower, in Keras' order, a float array (frames, *shape).
        white: the largest pixel of the images that the tower was trained on, 255 or 1. None asks
            the tower.

    Attributes:
        image_shape: height, width and channels of the images.
        embedding_dim: length of the embeddings.
        white: as given, or as `white_for` finds it; None if it is not known.

    Raises:
        ValueError: the tower does not take images, or the weights do not have the shapes of the
            tower's.
    """

    def __init__(
        self,
        tower: keras.Model | Unbuilt,
        frames: Sequence[np.ndarray],
        white: int | None = None,
    ) -> None:
        self._given = tower
        self.frames = [np.asarray(frame) for frame in frames]
        if len(tower.input_shape) != 4:
            raise ValueError(
                f"tower takes inputs of shape {tower.input_shape}; expected images, of shape "
                "(None, H, W, C)."
            )
        _, height, width, channels = tower.input_shape
        self.image_shape = (height, width, channels)
        self.embedding_dim = int(tower.output_shape[-1])
        self.white = white_for(tower) if white is None else white
        shapes = [tuple(weight.shape) for weight in tower.weights]
        given = [array.shape[1:] for array in self.frames]
        if given != shapes:
            raise ValueError(
                f"frames: got weights of shapes {given}; expected the tower's, {shapes}. If the "
                "run has another tower than conv_tower, pass it to Run.load as tower=."
            )

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames[0])

    def weights(self, frame: int) -> list[np.ndarray]:
        """Return the weights of one frame, float32; IndexError if there is no such frame."""
        if not -len(self) <= frame < len(self):
            raise IndexError(
                f"frame is {frame}; expected {-len(self)} to {len(self) - 1}. This run has "
                f"{len(self)} frames, and -1 is the last."
            )
        return [array[frame].astype(np.float32) for array in self.frames]

    @cached_property
    def layers(self) -> keras.Model:
        """The tower; its weights are not used."""
        given = self._given
        return given.build(self.weights(-1)) if isinstance(given, Unbuilt) else given

    @cached_property
    def last(self) -> keras.Model:
        """A copy of the tower with the weights of the last frame."""
        tower = self._copy()
        tower.set_weights(self.weights(-1))
        return tower

    def at(self, frame: int) -> keras.Model:
        """Return the tower with the weights of a frame, which it keeps until the next call."""
        if frame in (-1, len(self) - 1):
            return self.last
        weights = self.weights(frame)
        self._past.set_weights(weights)
        return self._past

    def checked(self, images: ArrayLike, name: str = "images") -> np.ndarray:
        """Return images as (N, H, W, C); ValueError as `checked_pixels` raises it."""
        return checked_pixels(images, self.image_shape, self.white, name)

    @cached_property
    def _past(self) -> keras.Model:
        """A second copy, whose weights change from frame to frame."""
        return self._copy()

    def _copy(self) -> keras.Model:
        from siamese_lib.network.backend import keras  # waits for images: it takes seconds

        return keras.models.clone_model(self.layers)


def white_for(tower: keras.Model | Unbuilt) -> int | None:
    """Return the largest pixel that a tower expects, as far as its layers show it.

    Returns:
        255 for `conv_tower` and for any tower that begins with such a `keras.layers.Rescaling`;
        None for another tower, which may expect pixels of any range.
    """
    if isinstance(tower, Unbuilt):
        return 255
    for layer in getattr(tower, "layers", ()):
        scale = getattr(layer, "scale", None) if type(layer).__name__ == "Rescaling" else None
        if (scale is not None and np.abs(scale).max() <= _DIVIDES) or white_for(layer):
            return 255
    return None


def probe_of(tower: keras.Model) -> list[float]:
    """Embed one fixed picture, as two towers may differ although their weights have equal shapes.

    Returns:
        The embedding, by which the tower is recognized.
    """
    picture = np.resize(np.arange(256, dtype=np.uint8), (1, *tower.input_shape[1:]))
    return embed(tower, picture)[0].tolist()


def check_probe(tower: keras.Model, saved: Sequence[float]) -> None:
    """Check that a tower embeds the picture of `probe_of` as the saved tower did.

    Up to 1 % of the embedding's length, a difference is taken for the rounding of another device,
    which is far smaller.

    Raises:
        ValueError: the tower is another one.
    """
    distance = np.linalg.norm(np.subtract(saved, probe_of(tower)))
    if not distance <= 0.01 * np.linalg.norm(saved):
        raise ValueError(
            "the tower's embeddings are not those of the tower that was saved. If the run has "
            "another tower than conv_tower, pass it to Run.load as tower=."
        )


def embed(tower: keras.Model, images: np.ndarray, *, batch_size: int = 500) -> np.ndarray:
    """Embed images (N, H, W, C) with any tower, in batches: float32 (N, dim).

    The tower is called directly. One image then takes a few milliseconds, as no data pipeline is
    built first, and many images take no longer than with ``predict``.
    """
    from siamese_lib.network.backend import keras  # waits for images: it takes seconds

    parts = [np.zeros((0, tower.output_shape[-1]), np.float32)]
    for start in range(0, len(images), whole_number("batch_size", batch_size, 1)):
        part = tower(images[start : start + batch_size], training=False)
        parts.append(keras.ops.convert_to_numpy(part).astype(np.float32, copy=False))
    return np.concatenate(parts)


class Embeds(Protocol):
    """An object that embeds images at any frame, such as a `Run`."""

    @property
    def embedding_dim(self) -> int:
        """Length of the embeddings."""
        ...

    def embed(self, images: np.ndarray, frame: int = -1, *, batch_size: int = 500) -> np.ndarray:
        """Embed images (N, ...) at a frame: float32 (N, embedding_dim)."""
        ...


def embed_frames(
    run: Embeds, images: np.ndarray, frames: Sequence[int], batch_size: int, what: str
) -> np.ndarray:
    """Embed images at several frames, with a progress bar if there are many.

    Args:
        run: embeds them.
        images: (N, ...).
        frames: indices of F frames.
        batch_size: images in one pass.
        what: what the images are, for the progress bar.

    Returns:
        float32 (F, N, dim).
    """
    size = _BATCHES * whole_number("batch_size", batch_size, 1)
    parts = [(i, start) for i in range(len(frames)) for start in range(0, len(images), size)]
    many = len(parts) > 1 and len(frames) * len(images) >= _FEW
    made = np.empty((len(frames), len(images), run.embedding_dim), np.float32)
    for i, start in progress_bar(parts, f"embedding {what}", "part") if many else parts:
        part = slice(start, start + size)
        made[i, part] = run.embed(images[part], frames[i], batch_size=batch_size)
    return made
