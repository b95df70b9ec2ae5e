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
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib.files import write_atomically

FORMAT = 1
CHECKPOINT = "checkpoint.npz"
_INDEX = "run.json"
_FRAMES = re.compile(r"frames-[0-9a-f]{12}\.npz")
_FILM = re.compile(r"film(-[0-9a-f]{32})?\.npz")
_PARTS = {"tower": dict, "steps": list, "frames": dict, "settings": dict, "history": dict}


class RunError(ValueError):
    """A folder that is not a run, or not a whole one."""


def write_run(folder: Path, index: Mapping[str, Any], frames: Sequence[np.ndarray]) -> None:
    """Put a run in place of the one in the folder, all or nothing.

    Args:
        folder: made if missing.
        index: what ``run.json`` holds, without ``format`` and ``frames``.
        frames: for each weight, an array (frames, *shape).

    Raises:
        RunError: the folder holds something else.
        ValueError: the settings are not JSON values.
    """
    check_folder(folder)
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {f"w{i}": array for i, array in enumerate(frames)}
    np.savez(buffer, **arrays)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    entry = {"file": f"frames-{digest[:12]}.npz", "bytes": len(content), "sha256": digest}
    text = to_json({"format": FORMAT, **index, "frames": entry})
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / entry["file"], content)
    write_atomically(folder / _INDEX, text.encode())
    names = [file.name for file in folder.iterdir()]
    earlier = [name for name in names if _FRAMES.fullmatch(name) and name != entry["file"]]
    films = [name for name in names if _FILM.fullmatch(name)] if earlier else []
    partial = [name for name in names if name.startswith((".partial-frames-", ".partial-film"))]
    for name in [*earlier, *films, *partial]:
        (folder / name).unlink()


def read_run(folder: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Read the index and the frames of a run.

    Raises:
        FileNotFoundError: there is no such folder.
        RunError: the folder is not a run, is of a later format, or is damaged.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder} to load a run from.")
    index = _read_index(folder)
    return index, _read_frames(folder, index["frames"])


def film_file(folder: Path, name: str = "") -> Path:
    """Where the recorded film of a run is; or, with a name, the film of some images."""
    return folder / (f"film-{name}.npz" if name else "film.npz")


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
