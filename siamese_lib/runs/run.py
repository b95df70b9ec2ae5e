"""A training that can be saved and loaded: weights through time, history and settings.

On disk, a run is a folder of JSON and numbers. `siamese_lib.runs.run_files` describes its format.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.files import digest, remembered
from siamese_lib.runs.embedding import TowerFrames, check_probe, embed_frames
from siamese_lib.runs.make_film import make_film, with_extra
from siamese_lib.runs.run_files import (
    RunError,
    SavedRun,
    film_file,
    read_film,
    read_run,
    write_run,
)
from siamese_lib.runs.run_parts import check_parts, checked_fingerprints, checked_steps
from siamese_lib.runs.unbuilt import tower_of
from siamese_lib.views.film import Film, as_film

# Keras takes seconds to import, so a loaded run imports it only when an image is embedded. The
# history and the saved films are available at once.
if TYPE_CHECKING:
    from siamese_lib.network.backend import keras
    from siamese_lib.views.embedding_view import EmbeddingView


class Run:
    """A training that is finished or was interrupted.

    Args:
        tower: the tower that was trained, any Keras model from images to vectors; only its
            architecture is used. What it was compiled with does not matter.
        steps: int (frames,), ascending: the training step after which each frame of weights
            was taken; 0 is the untrained tower.
        frames: the weights through time: for each weight of the tower, in Keras' order, a
            float array (frames, *shape).
        history: named columns of equal length, such as ``step``, ``images``, ``seconds``,
            ``loss`` and ``precision``.
        settings: how the run was trained; JSON values.
        white: the largest pixel in training, 255 or 1; floats are then in 0..255 or in 0..1. None
            means 255 for a tower that rescales, as `conv_tower` does; others take any range.
        trained_on: `fingerprints` of the images it was trained on, uint64; None if not known.
        image_shape: height, width and channels, for a tower whose input does not fix them.

    Attributes:
        steps: int64 (frames,).
        history, settings: dict.
        folder: where the run was loaded from or last saved, or None. Films are saved there.

    Raises:
        ValueError: the parts do not fit each other, or a weight is NaN or infinite.
    """

    def __init__(
        self,
        tower: keras.Model,
        steps: Sequence[int] | np.ndarray,
        frames: Sequence[np.ndarray],
        history: Mapping[str, Sequence[float]] | None = None,
        settings: Mapping[str, Any] | None = None,
        *,
        white: int | None = None,
        trained_on: np.ndarray | None = None,
        image_shape: Sequence[int] | None = None,
    ) -> None:
        self.steps = checked_steps(steps)
        self.history = {name: list(column) for name, column in (history or {}).items()}
        self.settings = dict(settings or {})
        self.trained_on = checked_fingerprints(trained_on)
        self.folder: Path | None = None
        self._recorded: bytes | None = None
        self._latest: dict[str, tuple[str, np.ndarray]] = {}  # by `what`: name, embeddings
        self._towers = TowerFrames(tower, frames, white, image_shape)
        check_parts(self.steps, self._towers.frames, self.history)

    def __len__(self) -> int:
        """Return the number of frames."""
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
        return self._towers.image_shape

    @property
    def embedding_dim(self) -> int:
        """Length of the embeddings."""
        return self._towers.embedding_dim

    @property
    def tower(self) -> keras.Model:
        """The trained tower: a copy with the weights of the last frame.

        Raises:
            RunError: the run was loaded with other layers, or Keras cannot describe the tower.
        """
        return self._towers.last

    def weights(self, frame: int = -1) -> list[np.ndarray]:
        """Return a frame's weights in Keras' order, floats as float32; IndexError if none."""
        return self._towers.weights(frame)

    def was_trained_on(self, images: np.ndarray) -> np.ndarray | None:
        """Return whether each image (N, H, W, C) was trained on, bool (N,); None if not known."""
        return None if self.trained_on is None else np.isin(fingerprints(images), self.trained_on)

    def embed(self, images: np.ndarray, frame: int = -1, *, batch_size: int = 500) -> np.ndarray:
        """Embed images with the tower as it was at one frame.

        Args:
            images: uint8 or float in 0..255, (N, H, W, C), or (N, H, W) for one channel.
            frame: index into `steps`; -1 is the last.
            batch_size: images in one pass, which bounds the memory used; at least 1.

        Returns:
            float32 embeddings (N, embedding_dim).

        Raises:
            ValueError: the images are not like those that this run was trained on
                (see `siamese_lib.pixels.checked_pixels`), or `batch_size` is below 1.
            IndexError: there is no such frame.
        """
        return self._towers.embed(images, frame, batch_size)

    def embed_once(
        self,
        images: np.ndarray,
        frame: int | None = -1,
        *,
        batch_size: int = 500,
        what: str = "images",
    ) -> np.ndarray:
        """Embed images as `embed` does, and store the embeddings for the next call.

        A run that has a folder stores them there. A run without a folder keeps in memory the
        latest embeddings of each `what`.

        Args:
            images: as for `embed`.
            frame: index into `steps`; -1 is the last, and None means every frame.
            batch_size: images in one pass, which bounds the memory used.
            what: what the images are, such as "test images", for the progress bar.

        Returns:
            float32 (N, embedding_dim), or (frames, N, embedding_dim) for every frame.

        Raises:
            ValueError, IndexError: as for `embed`.
        """
        images = self._towers.checked(images)
        frames = range(len(self)) if frame is None else [frame]
        # Earlier versions gave their files these names. The empty array tells the name of a single
        # frame from that of a film of one frame.
        weights = (weight for number in frames for weight in self.weights(number))
        name = digest(weights, [images], [] if frame is None else [np.zeros(0)])

        def make() -> np.ndarray:
            embeddings = embed_frames(self, images, frames, batch_size, what)
            return embeddings if frame is None else embeddings[0]

        if self.folder is not None:
            shape = (len(images), self.embedding_dim)
            shape = (len(self), *shape) if frame is None else shape
            return remembered(film_file(self.folder, name), shape, make)
        if self._latest.get(what, ("",))[0] != name:
            self._latest[what] = name, make()
        return self._latest[what][1]

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
        """Watch images move through the training: embed them at every frame, and play the frames.

        The mean of the images is put at the origin in each frame. This changes no distance, and a
        loss sees only distances. If the embedding has more than two dimensions, the film shows the
        two in which the images spread most in the last frame (its first two principal axes), and
        says so on the map. The view's ``explained`` is their share of the variance.

        A run that has a folder stores the embeddings there, a few bytes for each image and frame,
        and reads them again for the same images.

        Args:
            images: as for `embed`. None shows the film that was recorded with the run.
            labels: int or str (N,), to measure precision@7 of the images among each other: the
                curve "precision@7 among these", with its ceiling if below 1. Without: `history`'s.
            class_names: K names; the labels are then numbers from 0 to K - 1.
            extra: images that are not part of the data, such as a drawn digit (E, H, W, C). They
                are the last E points of the view; each has a ring and leaves a trail.
            batch_size: images in one pass.
            options: more arguments of `EmbeddingView`, such as ``playing=True``.

        Returns:
            An `EmbeddingView` with `steps`, loss and precision, the images, and the margin if
            `settings` has one.

        Raises:
            ValueError: as `embed`; or the labels do not fit the images, or there are neither
                images nor a recorded film. A `RunError` if the recorded film is damaged.
        """
        parts = {"class_names": class_names, "extra": extra, "batch_size": batch_size}
        film = self.make_film(images, labels, **parts)
        # ipywidgets takes as long as all the rest, so an export that needs no view waits for none.
        from siamese_lib.views.embedding_view import EmbeddingView

        return EmbeddingView.of(film, **(options if extra is None else with_extra(film, options)))

    def make_film(
        self,
        images: np.ndarray | None = None,
        labels: np.ndarray | Sequence | None = None,
        *,
        class_names: Sequence[str] | None = None,
        extra: np.ndarray | None = None,
        batch_size: int = 500,
    ) -> Film:
        """Make the film that `film` shows, without a widget; arguments and errors are the same."""
        if images is None:
            if (film := self.recorded) is None:
                raise ValueError("images is None; expected images, as no film was recorded.")
            if any(part is not None for part in (labels, class_names, extra)):
                raise ValueError(
                    "labels, class_names or extra was given without images; expected images to "
                    "embed. Pass them, or leave out all to show the recorded film with its own."
                )
            return film
        images = self._towers.checked(images)
        own = images[:0] if extra is None else self._towers.checked(extra, "extra")
        # Raise for labels that do not fit now, before anything is embedded.
        waiting = Film(np.zeros((0, len(images), 2)), labels, class_names=class_names)
        return make_film(
            self.embed_once(images, None, batch_size=batch_size),
            embed_frames(self, own, range(len(self)), batch_size, "extra images"),
            images=np.concatenate([images, own]),
            labels=waiting.labels,
            class_names=waiting.class_names,
            steps=self.steps,
            history=self.history,
            margin=self.settings.get("margin"),
        )

    @property
    def recorded(self) -> Film | None:
        """The film that `record` stored with the run, or None; RunError if it is damaged."""
        return None if self._recorded is None else read_film(self._recorded)

    def record(self, film: Film | EmbeddingView) -> None:
        """Store a film with the run, for a run whose frames are too large to keep.

        ``film()`` shows it, and `save` and `load` include it. A film of 10,000 images of a kilobyte
        in 40 frames takes about 3 MB.

        Args:
            film: what `film` or `make_film` returned before frames were dropped from the run.
        """
        self._recorded = as_film(film).to_bytes()

    def save(self, path: str | os.PathLike, *, dtype: str = "float32") -> Path:
        """Write the run to a folder, atomically.

        Args:
            path: the folder; created if it is missing. A run that is there is replaced.
            dtype: ``"float32"``, or ``"float16"`` for half the size.

        Returns:
            The folder.

        Raises:
            RunError: the folder holds something else than a run.
            ValueError: `dtype` is another one, or the settings are not JSON values.
        """
        if dtype not in ("float32", "float16"):
            raise ValueError(f"dtype is {dtype!r}; expected 'float32' or 'float16'.")
        folder = Path(path)
        run = SavedRun(
            **self._towers.saved(dtype),
            steps=self.steps.tolist(),
            history=self.history,
            settings=self.settings,
            film=self._recorded,
            trained_on=self.trained_on,
        )
        write_run(folder, run)
        self.folder = folder
        return folder

    @classmethod
    def load(
        cls,
        path: str | os.PathLike,
        *,
        tower: keras.Model | str | None = None,
        custom_objects: Mapping[str, Any] | None = None,
    ) -> Run:
        """Read a run from its folder, with the steps, history, settings and weights of then.

        A run describes its tower's layers, but holds no code. Classes and functions that are not
        Keras' own must be registered with ``keras.saving.register_keras_serializable``, or given in
        `custom_objects`; or pass `tower`. Keras is imported only to look them up, or when an image
        is embedded.

        Args:
            path: a folder written by `save`. If its file of fingerprints is missing, it warns.
            tower: the tower, which is not changed; or ``"module:function"``, a function that makes
                it from the image shape (and ``embedding_dim`` if it has this parameter).
            custom_objects: classes and functions of the tower by name.

        Raises:
            FileNotFoundError: there is no such folder.
            RunError: the folder is no run, is damaged, has another format or tower, or needs code.
            ValueError: there is no function `tower`, or it fails.
        """
        folder = Path(path)
        saved = read_run(folder)
        given = tower_of(saved, folder, tower, custom_objects)
        try:
            parts = saved.steps, saved.frames, saved.history, saved.settings
            run = cls(given, *parts, white=saved.white, image_shape=saved.image_shape)
            if tower is not None:
                check_probe(run._towers.at(-1), saved.probe, saved.image_shape)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(f"The run in {folder} is inconsistent: {error}") from error
        run.folder, run._recorded, run.trained_on = folder, saved.film, saved.trained_on
        return run
