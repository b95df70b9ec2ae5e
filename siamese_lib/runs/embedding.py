"""Embed images with the tower of a run at any frame, and check that it is the saved tower."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.arrays import in_blocks
from siamese_lib.checks import whole_number
from siamese_lib.network.any_tower import TowerAt, called, calls_of, has_own_code, shapes_of
from siamese_lib.network.architecture import copied, described_layers, is_conv_tower, undescribed
from siamese_lib.network.towers import conv_tower
from siamese_lib.pixels import checked_pixels
from siamese_lib.progress import progress_bar
from siamese_lib.runs.run_files import RunError
from siamese_lib.runs.run_parts import checked_white
from siamese_lib.runs.unbuilt import Unbuilt
from siamese_lib.runs.weights import as_saved, kept

if TYPE_CHECKING:
    from siamese_lib.files import JsonObject
    from siamese_lib.network.backend import Tensor, keras

_FEW = 500  # embeddings; for fewer, no progress bar is shown
_DIVIDES = 1 / 64  # the largest scale of a layer that pixels up to 255, and not up to 1, go into
_BATCHES = 4  # batches between two updates of the bar, and that are read from disk at once


class TowerFrames:
    """A tower as it was at each frame of its training.

    Args:
        tower: gives the layers; its weights are not used.
        frames: for each weight of the tower, in Keras' order, a float array (frames, *shape).
        white: the largest pixel of the images that the tower was trained on, 255 or 1. None asks
            the tower.
        image_shape: height, width and channels, for a tower whose input does not fix them.

    Attributes:
        image_shape: height, width and channels of the images.
        embedding_dim: length of the embeddings.
        white: as given, or as `white_for` finds it; None if it is not known.

    Raises:
        ValueError: the tower does not take images or does not return vectors, or the weights do
            not have the shapes of the tower's.
    """

    def __init__(
        self,
        tower: keras.Model | Unbuilt,
        frames: Sequence[np.ndarray],
        white: int | None = None,
        image_shape: Sequence[int] | None = None,
    ) -> None:
        self._given = tower
        self._made: dict[int, TowerAt] = {}
        self.frames = kept(frames)
        if isinstance(tower, Unbuilt):
            self.image_shape, self.embedding_dim = tower.image_shape, tower.embedding_dim
            shapes = tower.shapes
        else:
            self.image_shape, self.embedding_dim = shapes_of(tower, image_shape)
            shapes = [tuple(weight.shape) for weight in tower.weights]
        self.white = white_for(tower) if white is None else checked_white(white)
        given = [array.shape[1:] for array in self.frames]
        if given != shapes:
            raise ValueError(
                f"frames: got weights of shapes {given}; expected the tower's, {shapes}. If the "
                "run has another tower than conv_tower or photo_tower, pass it to Run.load as "
                "tower=."
            )

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames[0])

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again, and what cannot be copied: compiled towers."""
        return {
            name: {} if name == "_made" else value
            for name, value in vars(self).items()
            if name != "_called"
        }

    def weights(self, frame: int) -> list[np.ndarray]:
        """Return the weights of one frame, float32; IndexError if there is no such frame.

        Whole numbers, such as the count of a `keras.layers.Normalization`, stay whole numbers.
        """
        if not hasattr(frame, "__index__") or not -len(self) <= frame < len(self):
            raise IndexError(
                f"frame is {frame!r}; expected {-len(self)} to {len(self) - 1}. This run has "
                f"{len(self)} frames, and -1 is the last."
            )
        weights = [array[frame] for array in self.frames]
        return [w.astype(np.float32) if w.dtype.kind == "f" else w.copy() for w in weights]

    @cached_property
    def layers(self) -> keras.Model:
        """The tower; its weights are not used. RunError if it is not the one that was saved."""
        given = self._given
        if not isinstance(given, Unbuilt):
            return _in_float32(given, self.image_shape, self.embedding_dim)
        tower = given.build(self.weights(-1))
        try:
            check_probe(tower, given.probe, self.image_shape)
        except (TypeError, ValueError) as error:
            raise RunError(f"The run in {given.folder} is inconsistent: {error}") from error
        return tower

    def saved(self, dtype: str) -> dict[str, Any]:
        """Return what is saved of the tower: fields of a `SavedRun`, with floats of a dtype."""
        frames = [as_saved(array, dtype) for array in self.frames]
        last = TowerAt(self.layers, [array[-1] for array in frames])
        return {
            "image_shape": self.image_shape,
            "embedding_dim": self.embedding_dim,
            "probe": probe_of(last, self.image_shape),
            "white": self.white,
            "frames": frames,
            "layers": self._described(),
        }

    def _described(self) -> JsonObject | None:
        """Describe the tower's layers as JSON; None for `conv_tower`, which needs no description.

        What was read from a file is written again. It may be of a later version of Keras.
        """
        if isinstance(self._given, Unbuilt):
            return self._given.layers
        if is_conv_tower(self.layers, self.image_shape, self.embedding_dim):
            return None
        if has_own_code(self.layers):
            try:
                _ = self.last
            except RunError:  # Keras would also describe a class whose get_config says too little
                return undescribed(self.layers)
        return described_layers(self.layers)

    @cached_property
    def last(self) -> keras.Model:
        """A copy of the tower with the weights of the last frame; RunError if there can be none."""
        tower = self.layers
        try:
            copy = copied(tower, self.image_shape, self.weights(-1))
            check_probe(copy, probe_of(self.at(-1), self.image_shape), self.image_shape)
        except Exception as error:  # a class of the user's own raises what it likes
            why = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
            raise RunError(
                f"The tower, of the class {type(tower).__name__}, cannot be copied, as it does not "
                f"say how it was made ({why}). Give its classes a get_config, or use run.embed, "
                "which needs no copy."
            ) from error
        return copy

    @cached_property
    def _called(self) -> Callable[..., Tensor]:
        """What calls the tower. Frames share it, so that it is compiled once for all."""
        return calls_of(self.layers)

    def at(self, frame: int) -> TowerAt:
        """Return the tower with the weights of a frame. The last and the latest are kept."""
        frame = frame % len(self) if -len(self) <= frame < len(self) else frame
        if frame not in self._made:
            last = len(self) - 1
            made = TowerAt(self.layers, self.weights(frame), self._called)
            self._made = {n: t for n, t in self._made.items() if n == last} | {frame: made}
        return self._made[frame]

    def embed(self, images: np.ndarray, frame: int, batch_size: int) -> np.ndarray:
        """Embed images as `Run.embed` does; those on disk are read a few batches at a time."""
        most = _BATCHES * whole_number("batch_size", batch_size, 1)
        parts = [
            embed(self.at(frame), self.checked(part), batch_size=batch_size)
            for part in in_blocks(images, most)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def checked(self, images: ArrayLike, name: str = "images") -> np.ndarray:
        """Return images as (N, H, W, C); ValueError as `checked_pixels` raises it."""
        return checked_pixels(images, self.image_shape, self.white, name)


def _in_float32(tower: keras.Model, image_shape: tuple[int, int, int], dim: int) -> keras.Model:
    """Return a tower as a run embeds with it: a `conv_tower` computes in float32.

    It may have been trained in 16 bits. A run is read in float32, and pages compute in it.
    """
    if all(layer.compute_dtype == "float32" for layer in tower.layers):
        return tower
    for unit in (False, True):
        if is_conv_tower(tower, image_shape, dim, unit_length=unit):
            return conv_tower(image_shape, dim, dtype="float32", unit_length=unit)
    return tower


def white_for(tower: keras.Model | Unbuilt) -> int | None:
    """Return the largest pixel that a tower expects, as far as its layers show it.

    Returns:
        255 for `conv_tower` and for any tower that begins with such a `keras.layers.Rescaling`;
        None for another tower, which may expect pixels of any range.
    """
    if isinstance(tower, Unbuilt):
        return 255 if tower.layers is None else None
    for layer in getattr(tower, "layers", ()):
        scale = getattr(layer, "scale", None) if type(layer).__name__ == "Rescaling" else None
        if (scale is not None and np.abs(scale).max() <= _DIVIDES) or white_for(layer):
            return 255
    return None


def probe_of(tower: Callable[..., Tensor], image_shape: tuple[int, int, int]) -> list[float]:
    """Embed one fixed picture, as two towers may differ although their weights have equal shapes.

    Returns:
        The embedding, by which the tower is recognized.
    """
    picture = np.resize(np.arange(256, dtype=np.uint8), (1, *image_shape))
    return embed(tower, picture)[0].tolist()


def same_probe(made: Sequence[float], saved: Sequence[float]) -> bool:
    """Return whether two of `probe_of` are of one tower, as `check_probe` says."""
    return bool(np.linalg.norm(np.subtract(saved, made)) <= 0.01 * np.linalg.norm(saved))


def check_probe(
    tower: Callable[..., Tensor], saved: Sequence[float], image_shape: tuple[int, int, int]
) -> None:
    """Check that a tower embeds the picture of `probe_of` as the saved tower did.

    Up to 1 % of the embedding's length, a difference is taken for the rounding of another device,
    which is far smaller.

    Raises:
        ValueError: the tower is another one.
    """
    if not same_probe(probe_of(tower, image_shape), saved):
        raise ValueError(
            "the tower's embeddings are not those of the tower that was saved. If the run has "
            "another tower than conv_tower or photo_tower, pass it to Run.load as tower=."
        )


def embed(tower: Callable[..., Tensor], images: np.ndarray, *, batch_size: int = 500) -> np.ndarray:
    """Embed images (N, H, W, C) with any tower, in batches: float32 (N, dim).

    The tower is called directly. One image then takes a few milliseconds, as no data pipeline is
    built first, and many images take no longer than with ``predict``. The embeddings are float32,
    whatever the tower returns.
    """
    from siamese_lib.network.backend import keras  # waits for images: it takes seconds

    whole_number("batch_size", batch_size, 1)
    given = images if len(images) else np.zeros((1, *images.shape[1:]), images.dtype)
    parts = [called(tower, given[i : i + batch_size]) for i in range(0, len(given), batch_size)]
    made = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
    return made[: len(images)].astype(np.float32, copy=False)


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
