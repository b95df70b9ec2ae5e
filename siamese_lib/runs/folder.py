"""The folder that a run is kept in: how it is written, and all that can be wrong with one.

``run.json``
    text: ``format`` (1), ``tower`` (``image_shape``, ``embedding_dim``, and ``probe``, the
    embedding of one fixed picture), ``steps``, ``history`` (columns of equal length),
    ``settings``, and ``frames``: the name, size in bytes and SHA-256 of the file below.
``frames-<first 12 digits of its SHA-256>.npz``
    one array for each weight of the tower in Keras' order, ``w0``, ``w1``, ..., of shape
    (frames, *shape of the weight), float32 or float16.

``film.npz``, ``film-<32 digits>.npz``
    not part of the run: a recorded film, and images embedded at every frame, kept for the next
    time. They may be deleted, and are when the frames are replaced.

``run.json`` is replaced last and in one move, so a save that is cut short leaves the run that
was there before. Nothing in a run is code: loading reads numbers and JSON. A training that is
not finished keeps a ``checkpoint.npz`` beside them.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib.files import write_atomically
from siamese_lib.views.film import Film
from siamese_lib.views.wire import ViewError

FORMAT = 1
CHECKPOINT = "checkpoint.npz"
_INDEX = "run.json"
_FRAMES = re.compile(r"frames-[0-9a-f]{12}\.npz")
_FILM = re.compile(r"film(-[0-9a-f]{32})?\.npz")
_PARTS = {"tower": dict, "steps": list, "frames": dict, "settings": dict, "history": dict}


class RunError(ValueError):
    """A folder that is not a run, or not a whole one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SavedRun:
    """What the folder of a run holds.

    Attributes:
        image_shape: height, width and channels of the images.
        embedding_dim: length of the embeddings.
        probe: what the tower makes of one fixed picture.
        steps: the training step of each frame.
        history: named columns of equal length; NaN where nothing was measured.
        settings: JSON values.
        frames: for each weight of the tower, an array (frames, *shape).
        film: the content of a recorded film, or None.
    """

    image_shape: tuple[int, int, int]
    embedding_dim: int
    probe: Sequence[float]
    steps: Sequence[int]
    history: Mapping[str, Sequence[float]]
    settings: Mapping[str, Any]
    frames: Sequence[np.ndarray]
    film: bytes | None


def write_run(folder: Path, run: SavedRun) -> None:
    """Put a run in place of the one in the folder, all or nothing.

    Args:
        folder: made if missing.
        run: what to write.

    Raises:
        RunError: the folder holds something else.
        ValueError: the settings are not JSON values.
    """
    check_folder(folder)
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {f"w{i}": array for i, array in enumerate(run.frames)}
    np.savez(buffer, **arrays)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    entry = {"file": f"frames-{digest[:12]}.npz", "bytes": len(content), "sha256": digest}
    text = to_json(
        {
            "format": FORMAT,
            "tower": {
                "image_shape": run.image_shape,
                "embedding_dim": run.embedding_dim,
                "probe": run.probe,
            },
            "steps": run.steps,
            "settings": run.settings,
            "history": {
                name: [_json_number(x) for x in column] for name, column in run.history.items()
            },
            "frames": entry,
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / entry["file"], content)
    write_atomically(folder / _INDEX, text.encode())
    names = [file.name for file in folder.iterdir()]
    earlier = [name for name in names if _FRAMES.fullmatch(name) and name != entry["file"]]
    films = [name for name in names if _FILM.fullmatch(name)] if earlier else []
    partial = [name for name in names if name.startswith((".partial-frames-", ".partial-film"))]
    for name in [*earlier, *films, *partial]:
        (folder / name).unlink()
    if run.film is not None:
        write_atomically(film_file(folder), run.film)


def read_run(folder: Path) -> SavedRun:
    """Read what the folder of a run holds.

    Raises:
        FileNotFoundError: there is no such folder.
        RunError: the folder is not a run, is of a later format, or is damaged.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder} to load a run from.")
    index = _read_index(folder)
    frames = _read_frames(folder, index["frames"])
    try:
        return SavedRun(
            image_shape=tuple(index["tower"]["image_shape"]),
            embedding_dim=index["tower"]["embedding_dim"],
            probe=index["tower"]["probe"],
            steps=index["steps"],
            history={
                name: [math.nan if x is None else x for x in column]
                for name, column in index["history"].items()
            },
            settings=index["settings"],
            frames=frames,
            film=film_file(folder).read_bytes() if film_file(folder).is_file() else None,
        )
    except (KeyError, TypeError) as error:
        raise RunError(f"The run in {folder} does not fit together: {error}") from error


def film_file(folder: Path, name: str = "") -> Path:
    """Where the recorded film of a run is; or, with a name, the film of some images."""
    return folder / (f"film-{name}.npz" if name else "film.npz")


def read_film(content: bytes) -> Film:
    """Read the content of a recorded film; RunError if it is damaged."""
    try:
        return Film.from_bytes(content)
    except ViewError as error:
        raise RunError(f"The film that was recorded with this run is damaged: {error}") from error


def holds_run(folder: Path) -> bool:
    """Whether there is a run in the folder, or what claims to be one."""
    return (folder / _INDEX).exists()


def check_folder(folder: Path) -> None:
    """Refuse a folder that a run cannot be saved in, because it holds something else.

    Raises:
        RunError: it is a file; or it has files, but neither a run nor a checkpoint.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; a run is saved in a folder.")
    if holds_run(folder):
        _read_index(folder)  # whatever else is called run.json must not be overwritten
    elif folder.exists() and not (folder / CHECKPOINT).exists():
        foreign = [
            file.name
            for file in folder.iterdir()
            if not (_FRAMES.fullmatch(file.name) or file.name.startswith(".partial-"))
        ]
        if foreign:
            raise RunError(
                f"{folder} holds {min(foreign)}, and no run: it has no {_INDEX}. "
                "Choose an empty or a new folder."
            )


def to_json(values: Mapping[str, Any]) -> str:
    """Write as JSON; ValueError for what JSON has no form for, such as arrays, paths and NaN."""
    try:
        return json.dumps(values, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"settings must be numbers, texts, lists and dicts that JSON can hold: {error}"
        ) from error


def _read_index(folder: Path) -> dict[str, Any]:
    path = folder / _INDEX
    if not holds_run(folder):
        raise RunError(f"{folder} is not a run: it has no {_INDEX}.")
    try:
        index = json.loads(path.read_bytes())
    except ValueError as error:
        raise RunError(f"{path} is damaged: it is not JSON ({error}).") from error
    version = index.get("format") if isinstance(index, dict) else None
    if not isinstance(version, int):
        raise RunError(f"{path} is not the index of a run: it names no format.")
    if version != FORMAT:
        raise RunError(
            f"{path} is of format {version}; this version of siamese_lib reads format {FORMAT}."
        )
    wrong = [name for name, kind in _PARTS.items() if not isinstance(index.get(name), kind)]
    if wrong:
        raise RunError(f"{path} is damaged: {', '.join(wrong)} is missing or of the wrong type.")
    return index


def _read_frames(folder: Path, entry: Mapping[str, Any]) -> list[np.ndarray]:
    name = entry.get("file")
    if not isinstance(name, str) or not _FRAMES.fullmatch(name):
        raise RunError(f"{folder / _INDEX} is damaged: it names the frames file {name!r}.")
    path = folder / name
    if not path.is_file():
        raise RunError(f"The run in {folder} is not whole: {name} is missing.")
    content = path.read_bytes()
    if len(content) != entry.get("bytes"):
        raise RunError(
            f"{path} is damaged: it has {len(content)} bytes, {entry.get('bytes')} were written."
        )
    digest = hashlib.sha256(content).hexdigest()
    if digest != entry.get("sha256"):
        raise RunError(
            f"{path} is damaged: its SHA-256 is {digest}, and was {entry.get('sha256')}."
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return [arrays[f"w{i}"] for i in range(len(arrays.files))]
    except Exception as error:  # the checksum fits, but somebody else wrote it
        raise RunError(f"{path} does not hold the frames of a run: {error}") from error


def _json_number(value: float | np.generic) -> float | None:
    """A number that JSON has; it has no NaN and no infinity, which are stored as null."""
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and not math.isfinite(number) else number
