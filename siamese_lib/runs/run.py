"""A training as a thing to keep: the tower's weights through time, its history, its settings.

On disk a run is a folder of JSON and numbers; `siamese_lib.runs.folder` describes its format.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.files import write_atomically
from siamese_lib.runs.embedding import Unbuilt, check_probe, embed, probe_of
from siamese_lib.runs.folder import RunError, film_file, read_run, write_run

# Keras takes seconds to import. A run that is loaded waits with it until an image is embedded:
# its history and the films that it keeps are there at once.
if TYPE_CHECKING:
    from siamese_lib.network.backend import keras
    from siamese_lib.views.embedding_view import EmbeddingView


class Run:
    """A finished, or interrupted, training.

    Args:
        tower: the tower that was trained; only its architecture is used.
        steps: int (frames,), ascending: the training step after which each frame of weights
            was taken; 0 is the untrained tower.
        frames: the weights through time: for each weight of the tower, in Keras' order, a
            float array (frames, *shape).
        history: named columns of equal length, such as ``step``, ``images``, ``seconds``,
            ``loss`` and ``precision``.
        settings: what was asked for; JSON values.

    Attributes:
        steps: int64 (frames,).
        history: dict of lists.
        settings: dict.
        folder: where the run was loaded from or last saved, or None; films are kept there.

    Raises:
        ValueError: the parts do not fit each other.
    """

    def __init__(
        self,
        tower: keras.Model,
        steps: Sequence[int] | np.ndarray,
        frames: Sequence[np.ndarray],
        history: Mapping[str, Sequence[float]] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.steps = np.asarray(steps, dtype=np.int64)
        self.history = {name: list(column) for name, column in (history or {}).items()}
        self.settings = dict(settings or {})
        self.folder: Path | None = None
        self._recorded: bytes | None = None
        self._given: keras.Model | Unbuilt = tower
        self._frames = [np.asarray(frame) for frame in frames]
        self._check()

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.steps)

    def __repr__(self) -> str:
        """Say what was trained and for how long."""
        height, width, channels = self.image_shape
        return (
            f"Run({len(self)} frames from step {self.steps[0]} to {self.steps[-1]}, "
            f"{height}x{width}x{channels} images to {self.embedding_dim}-D)"
        )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images."""
        return tuple(self._given.input_shape[1:])

    @property
    def embedding_dim(self) -> int:
        """Length of the embeddings."""
        return int(self._given.output_shape[-1])

    @cached_property
    def tower(self) -> keras.Model:
        """The trained tower: a copy with the weights of the last frame.

        Raises:
            RunError: the run was loaded, and was trained with a tower of other layers.
        """
        tower = self._copy()
        tower.set_weights(self.weights())
        return tower

    def weights(self, frame: int = -1) -> list[np.ndarray]:
        """Weights of one frame, float32, in Keras' order; IndexError if there is no such frame."""
        if not -len(self) <= frame < len(self):
            raise IndexError(f"This run has frames 0 to {len(self) - 1}, not {frame}.")
        return [array[frame].astype(np.float32) for array in self._frames]

    def embed(self, images: np.ndarray, frame: int = -1, *, batch_size: int = 500) -> np.ndarray:
        """Embed images with the tower as it was at one frame.

        Args:
            images: uint8 or float in 0..255, (N, H, W, C), or (N, H, W) for one channel.
            frame: index into `steps`; -1 is the last.
            batch_size: images in one pass, which bounds the memory used.

        Returns:
            float32 embeddings (N, embedding_dim).

        Raises:
            ValueError: the images are not of the shape that this run was trained on.
            IndexError: there is no such frame.
        """
        images = self._checked_images(images)
        if frame in (-1, len(self) - 1):
            tower = self.tower
        else:
            tower = self._past
            tower.set_weights(self.weights(frame))
        return embed(tower, images, batch_size=batch_size)

    def film(
        self,
        images: np.ndarray | None = None,
        labels: np.ndarray | Sequence | None = None,
        *,
        class_names: Sequence[str] | None = None,
        extra: np.ndarray | None = None,
        batch_size: int = 500,
        **options: Any,
    ) -> EmbeddingView:
        """Watch images through the training: embed them at every frame, and play the frames.

        A loss sees distances only, which a shift of all points leaves as they are: the middle of
        the images stays where it is. If the embedding has more than two dimensions, the film shows
        the two in which the images spread most in the last frame (its first two principal axes),
        says so on the map, and ``explained`` of the view is their share of the variance.

        Of a run that has a folder, the embeddings are kept there, some bytes for each image and
        frame, and found again for the same images.

        Args:
            images: of the shape that the run was trained on, uint8 or float in 0..255, (N, H, W, C)
                or (N, H, W). Without any: the film that was recorded with the run.
            labels: int or str (N,). With them the film measures precision@7 of the images among
                each other at every frame; else it shows what `history` has.
            class_names: K names; the labels are then numbers from 0 to K - 1.
            extra: images that the data never had, such as a drawn digit (E, H, W, C). They are
                ringed, and leave a trail. The last E points of the view.
            batch_size: images in one pass.
            options: of the `EmbeddingView`, such as ``playing=True``.

        Returns:
            An `EmbeddingView` with `steps`, loss and precision, the images, and the margin if
            `settings` has one.

        Raises:
            ValueError: images of another shape, labels that do not fit them, or no images where
                there is no recorded film, or a damaged one (`RunError`).
        """
        # A view stands below a run in the house, and only this needs one.
        from siamese_lib.runs import film as films

        if images is None:
            if self._recorded is None or labels is not None or extra is not None:
                raise ValueError(
                    "film needs images to embed. "
                    + (
                        "This run has no recorded film to show instead."
                        if self._recorded is None
                        else "Without any it shows the recorded "
                        "film, which has labels and takes no extra images."
                    )
                )
            return films.read_film(self._recorded, **options)
        images = self._checked_images(images)
        own = images[:0] if extra is None else self._checked_images(extra)
        return films.film_of(
            self, images, labels, class_names, own, batch_size=batch_size, **options
        )

    def record(self, film: EmbeddingView) -> None:
        """Keep a film with the run, for a run whose frames are too large to keep.

        ``film()`` shows it, and `save` and `load` carry it along: 10,000 images of a kilobyte in 40
        frames take about 3 MB.

        Args:
            film: as `film` made it, of the run before its frames were thinned.
        """
        from siamese_lib.runs import film as films

        self._recorded = films.write_film(film)

    def save(self, path: str | os.PathLike, *, dtype: str = "float32") -> Path:
        """Write the run to a folder, all or nothing.

        Args:
            path: the folder; made if missing. A run that is there already is replaced.
            dtype: ``"float32"``, or ``"float16"`` for half the size.

        Returns:
            The folder.

        Raises:
            RunError: the folder holds something that is not a run.
            ValueError: another `dtype`, or settings that are not JSON values.
        """
        if dtype not in ("float32", "float16"):
            raise ValueError(f"dtype must be 'float32' or 'float16', got {dtype!r}.")
        folder = Path(path)
        saved = [array.astype(dtype, copy=False) for array in self._frames]
        tower = {
            "image_shape": self.image_shape,
            "embedding_dim": self.embedding_dim,
            "probe": probe_of(Run(self._architecture, self.steps, saved).tower),
        }
        index = {
            "tower": tower,
            "steps": self.steps.tolist(),
            "settings": self.settings,
            "history": {
                name: [_json_number(x) for x in column] for name, column in self.history.items()
            },
        }
        write_run(folder, index, saved)
        if self._recorded is not None:
            write_atomically(film_file(folder), self._recorded)
        self.folder = folder
        return folder

    @classmethod
    def load(cls, path: str | os.PathLike, *, tower: keras.Model | None = None) -> Run:
        """Read a run from its folder.

        Keras is not imported before an image is embedded. Only then is it found out if the run
        was trained with a tower whose weights are shaped like `conv_tower`'s but whose layers are
        others.

        Args:
            path: a folder written by `save`.
            tower: the architecture, for a run that was not made with `conv_tower`; its weights
                stay as they are.

        Returns:
            The run, with the steps, history, settings and weights that were saved.

        Raises:
            FileNotFoundError: there is no such folder.
            RunError: the folder is not a run, is of a later format, is damaged, or belongs to
                another tower.
        """
        folder = Path(path)
        index, frames = read_run(folder)
        try:
            shape, dim = index["tower"]["image_shape"], index["tower"]["embedding_dim"]
            probe = index["tower"]["probe"]
            history = {
                name: [math.nan if x is None else x for x in column]
                for name, column in index["history"].items()
            }
            run = cls(
                Unbuilt(tuple(shape), dim, probe, folder) if tower is None else tower,
                index["steps"],
                frames,
                history,
                index["settings"],
            )
            if tower is not None:
                check_probe(run.tower, probe)
            run.folder = folder
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(f"The run in {folder} does not fit together: {error}") from error
        if film_file(folder).is_file():
            run._recorded = film_file(folder).read_bytes()
        return run

    @cached_property
    def _architecture(self) -> keras.Model:
        """The tower's layers; no one relies on its weights."""
        return (
            self._given.build(self.weights()) if isinstance(self._given, Unbuilt) else self._given
        )

    @cached_property
    def _past(self) -> keras.Model:
        """A second tower, whose weights change from frame to frame."""
        return self._copy()

    def _copy(self) -> keras.Model:
        from siamese_lib.network.backend import keras

        return keras.models.clone_model(self._architecture)

    def _checked_images(self, images: np.ndarray) -> np.ndarray:
        given = images = np.asarray(images)
        if images.ndim == 3 and self.image_shape[-1] == 1:
            images = images[..., None]
        if images.ndim != 4 or images.shape[1:] != self.image_shape:
            raise ValueError(
                f"This run embeds images of shape (N, {', '.join(map(str, self.image_shape))}), "
                f"got {given.shape}. Resize them, or train on images of their size."
            )
        return images

    def _check(self) -> None:
        shapes = [tuple(weight.shape) for weight in self._given.weights]
        given = [array.shape[1:] for array in self._frames]
        if given != shapes:
            raise ValueError(
                f"the weights are of shapes {given}, the tower's are {shapes}. For a tower "
                "other than conv_tower give it to Run.load as tower=."
            )
        if len(self.steps) == 0 or (np.diff(self.steps) <= 0).any():
            raise ValueError(f"steps must ascend and not be empty, got {self.steps.tolist()}.")
        if {len(array) for array in self._frames} != {len(self.steps)}:
            raise ValueError(f"there must be one frame of weights for each of {len(self)} steps.")
        lengths = {name: len(column) for name, column in self.history.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns of the history differ in length: {lengths}.")


def _json_number(value: Any) -> int | float | None:
    """A number that JSON has; it has no NaN and no infinity, which are stored as null."""
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and not math.isfinite(number) else number
