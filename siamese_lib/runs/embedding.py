"""A tower put to use: images embedded; a saved one rebuilt, and known again by what it embeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from siamese_lib.network.towers import conv_tower, weight_shapes
from siamese_lib.runs.folder import RunError
from siamese_lib.views.progress import progress_bar

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_FEW = 500  # embeddings below which no progress bar is needed
_BATCHES = 4  # between two movements of the bar


@dataclass(frozen=True)
class Unbuilt:
    """What is known of a `conv_tower` before it is built, by the names that Keras gives it.

    Attributes:
        image_shape, embedding_dim: as of `conv_tower`.
        probe: what the saved tower made of the picture of `probe_of`.
        folder: of the run, for the reader of an error.
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
        """Of the right shapes; the numbers are yet to come, and take no memory."""
        shapes = weight_shapes(self.image_shape, self.embedding_dim)
        return [np.broadcast_to(np.float32(np.nan), shape) for shape in shapes]

    def build(self, weights: list[np.ndarray]) -> keras.Model:
        """Build the tower with these weights; RunError if it is not the one that was saved."""
        tower = conv_tower(self.image_shape, self.embedding_dim)
        tower.set_weights(weights)
        try:
            check_probe(tower, self.probe)
        except (TypeError, ValueError) as error:
            raise RunError(f"The run in {self.folder} does not fit together: {error}") from error
        return tower


class TowerFrames:
    """A tower as it was at each frame of its training.

    Args:
        tower: the layers; its weights do not matter.
        frames: for each weight of the tower, in Keras' order, a float array (frames, *shape).

    Attributes:
        image_shape: height, width and channels of the images.
        embedding_dim: length of the embeddings.

    Raises:
        ValueError: the weights are not of the tower's shapes.
    """

    def __init__(self, tower: keras.Model | Unbuilt, frames: Sequence[np.ndarray]) -> None:
        self._given = tower
        self.frames = [np.asarray(frame) for frame in frames]
        _, height, width, channels = tower.input_shape
        self.image_shape = (height, width, channels)
        self.embedding_dim = int(tower.output_shape[-1])
        shapes = [tuple(weight.shape) for weight in tower.weights]
        given = [array.shape[1:] for array in self.frames]
        if given != shapes:
            raise ValueError(
                f"the weights are of shapes {given}, the tower's are {shapes}. For a tower "
                "other than conv_tower give it to Run.load as tower=."
            )

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.frames[0])

    def weights(self, frame: int) -> list[np.ndarray]:
        """Weights of one frame, float32; IndexError if there is no such frame."""
        if not -len(self) <= frame < len(self):
            raise IndexError(f"This run has frames 0 to {len(self) - 1}, not {frame}.")
        return [array[frame].astype(np.float32) for array in self.frames]

    @cached_property
    def layers(self) -> keras.Model:
        """The tower; no one relies on its weights."""
        given = self._given
        return given.build(self.weights(-1)) if isinstance(given, Unbuilt) else given

    @cached_property
    def last(self) -> keras.Model:
        """A copy of the tower with the weights of the last frame."""
        tower = self._copy()
        tower.set_weights(self.weights(-1))
        return tower

    def at(self, frame: int) -> keras.Model:
        """The tower with the weights of a frame, until another frame is asked for."""
        if frame in (-1, len(self) - 1):
            return self.last
        weights = self.weights(frame)
        self._past.set_weights(weights)
        return self._past

    def checked(self, images: np.ndarray) -> np.ndarray:
        """Return images as (N, H, W, C); ValueError if they are not of `image_shape`."""
        given = images = np.asarray(images)
        if images.ndim == 3 and self.image_shape[-1] == 1:
            images = images[..., None]
        if images.ndim != 4 or images.shape[1:] != self.image_shape:
            raise ValueError(
                f"This run embeds images of shape (N, {', '.join(map(str, self.image_shape))}), "
                f"got {given.shape}. Resize them, or train on images of their size."
            )
        return images

    @cached_property
    def _past(self) -> keras.Model:
        """A second copy, whose weights change from frame to frame."""
        return self._copy()

    def _copy(self) -> keras.Model:
        from siamese_lib.network.backend import keras  # waits for images: it takes seconds

        return keras.models.clone_model(self.layers)


def probe_of(tower: keras.Model) -> list[float]:
    """Embed one fixed picture: towers with equal shapes of weights may still differ."""
    picture = np.resize(np.arange(256, dtype=np.uint8), (1, *tower.input_shape[1:]))
    return embed(tower, picture)[0].tolist()


def check_probe(tower: keras.Model, saved: Sequence[float]) -> None:
    """Allow for the rounding of another device, which is well below a hundredth."""
    distance = np.linalg.norm(np.subtract(saved, probe_of(tower)))
    if not distance <= 0.01 * np.linalg.norm(saved):
        raise ValueError(
            "the tower embeds otherwise than the one that was saved. For a tower other than "
            "conv_tower give it to Run.load as tower=."
        )


def embed(tower: keras.Model, images: np.ndarray, *, batch_size: int = 500) -> np.ndarray:
    """Embed images (N, H, W, C) with any tower, in batches: float32 (N, dim).

    The tower is called directly: one image takes a few milliseconds, where ``predict`` would
    first build a data pipeline, and many take no longer than there.
    """
    from siamese_lib.network.backend import keras  # waits for images: it takes seconds

    parts = [np.zeros((0, tower.output_shape[-1]), np.float32)]
    for start in range(0, len(images), batch_size):
        part = tower(images[start : start + batch_size], training=False)
        parts.append(keras.ops.convert_to_numpy(part).astype(np.float32, copy=False))
    return np.concatenate(parts)


class Embeds(Protocol):
    """What embeds images at any frame, as a `Run` does."""

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
    """Embed images at some frames, next to a progress bar if they are many.

    Args:
        run: what embeds them.
        images: (N, ...).
        frames: F indices.
        batch_size: images in one pass.
        what: what the images are; the bar says it.

    Returns:
        float32 (F, N, dim).
    """
    size = _BATCHES * batch_size
    parts = [(i, start) for i in range(len(frames)) for start in range(0, len(images), size)]
    many = len(parts) > 1 and len(frames) * len(images) >= _FEW
    made = np.empty((len(frames), len(images), run.embedding_dim), np.float32)
    for i, start in progress_bar(parts, f"embedding {what}", "part") if many else parts:
        part = slice(start, start + size)
        made[i, part] = run.embed(images[part], frames[i], batch_size=batch_size)
    return made
