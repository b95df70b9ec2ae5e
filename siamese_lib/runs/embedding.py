"""A tower put to use: images embedded; a saved one rebuilt, and known again by what it embeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.network.towers import conv_tower, weight_shapes
from siamese_lib.runs.folder import RunError

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras


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
    def input_shape(self) -> tuple[Any, ...]:
        """Shape of a batch of images."""
        return (None, *self.image_shape)

    @property
    def output_shape(self) -> tuple[Any, ...]:
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
    from siamese_lib.network.backend import keras

    parts = [np.zeros((0, tower.output_shape[-1]), np.float32)]
    for start in range(0, len(images), batch_size):
        part = tower(images[start : start + batch_size], training=False)
        parts.append(keras.ops.convert_to_numpy(part).astype(np.float32, copy=False))
    return np.concatenate(parts)
