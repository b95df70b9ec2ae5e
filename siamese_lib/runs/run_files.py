"""Write and read the folder of a run, and report everything that can be wrong with it.

``run.json``
    text: ``format`` (1), ``tower`` (``image_shape``, ``embedding_dim``, ``probe``, the embedding of
    one fixed picture, and for another tower than `conv_tower` ``layers``, as
    `siamese_lib.network.architecture` describes them), ``white`` (the largest pixel in training),
    ``steps``, ``history`` (columns of equal length), ``settings``, and ``frames``: the name, size
    in bytes and SHA-256 of the file below.
``frames-<first 12 digits of its SHA-256>.npz``
    one array for each weight of the tower in Keras' order, ``w0``, ``w1``, ..., of shape
    (frames, *shape of the weight), float32 or float16; whole numbers, as they are. A weight that
    is the same in all frames, as in a frozen layer, has one frame only.

``trained-on-<the same 12 digits>.npz``
    fingerprints of the images that the run was trained on, as `siamese_lib.data.fingerprints`
    computes them, ascending and each once. ``bytes`` is uint8 (6, M): first the highest byte of
    each, then the next. A run without this file does not know its images. ``trained_on`` in
    ``run.json`` is its name, or null; earlier versions did not write that.

``film.npz``, ``film-<32 digits>.npz``
    not part of the run: a recorded film, and embeddings of images at every frame, stored so that
    they need not be computed again. You may delete them. They are deleted when the frames are
    replaced.

``run.json`` is replaced last and atomically, so an interrupted save leaves the earlier run as it
was. Nothing in a run is code: loading reads only numbers and JSON. An unfinished training also
has a ``checkpoint.npz`` in this folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib.data.fingerprints import BYTES
from siamese_lib.files import JsonObject, write_atomically
from siamese_lib.texts import located
from siamese_lib.views.film import Film
from siamese_lib.views.given import ViewError

FORMAT = 1
CHECKPOINT = "checkpoint.npz"
_INDEX = "run.json"
_FRAMES = re.compile(r"frames-[0-9a-f]{12}\.npz")
_TRAINED_ON = re.compile(r"trained-on-[0-9a-f]{12}\.npz")
_FILM = re.compile(r"film(-[0-9a-f]{32})?\.npz")
_PARTIAL = (".partial-frames-", ".partial-film", ".partial-trained-on-")
_PARTS = {"tower": dict, "steps": list, "frames": dict, "settings": dict, "history": dict}


class RunError(ValueError):
    """A folder does not hold a run, or the run is incomplete or damaged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SavedRun:
    """What the folder of a run holds.

    Attributes:
        image_shape: height, width and channels of the images.
        embedding_dim: length of the embeddings.
        probe: the tower's embedding of one fixed picture.
        steps: the training step of each frame.
        history: named columns of equal length; NaN where nothing was measured.
        settings: JSON values.
        frames: for each weight of the tower, an array (frames, *shape).
        film: the bytes of a recorded film's file, or None.
        white: the largest pixel in training, 255 or 1; None if it is not known.
        trained_on: uint64 (M,), ascending fingerprints of the images trained on, or None.
        layers: the tower's layers as JSON; None for `conv_tower`, and in earlier versions.
    """

    image_shape: tuple[int, int, int]
    embedding_dim: int
    probe: Sequence[float]
    steps: Sequence[int]
    history: Mapping[str, Sequence[float]]
    settings: Mapping[str, Any]
    frames: Sequence[np.ndarray]
    film: bytes | None
    white: int | None = None
    trained_on: np.ndarray | None = None
    layers: JsonObject | None = None


def write_run(folder: Path, run: SavedRun) -> None:
    """Write a run to a folder, atomically, and replace a run that is there.

    Args:
        folder: created if it is missing.
        run: what to write.

    Raises:
        RunError: the folder holds something else than a run.
        ValueError: the settings are not JSON values.
    """
    check_folder(folder)
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {f"w{i}": array for i, array in enumerate(run.frames)}
    np.savez(buffer, **arrays)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    entry = {"file": f"frames-{digest[:12]}.npz", "bytes": len(content), "sha256": digest}
    kept = "" if run.trained_on is None else _trained_on_file(folder, digest).name
    tower = {
        "image_shape": run.image_shape, "embedding_dim": run.embedding_dim, "probe": run.probe
    }  # fmt: skip
    text = to_json(
        {
            "format": FORMAT,
            "tower": tower if run.layers is None else {**tower, "layers": run.layers},
            "white": run.white,
            "steps": run.steps,
            "settings": run.settings,
            "history": {
                name: [_json_number(x) for x in column] for name, column in run.history.items()
            },
            "frames": entry,
            "trained_on": kept or None,
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / entry["file"], content)
    if run.trained_on is not None:
        write_trained_on(folder, digest, run.trained_on)
    write_atomically(folder / _INDEX, text.encode())
    names = [file.name for file in folder.iterdir()]
    earlier = [name for name in names if _FRAMES.fullmatch(name) and name != entry["file"]]
    films = [name for name in names if _FILM.fullmatch(name)] if earlier else []
    images = [name for name in names if _TRAINED_ON.fullmatch(name) and name != kept]
    partial = [name for name in names if name.startswith(_PARTIAL)]
    for name in [*earlier, *films, *images, *partial]:
        (folder / name).unlink()
    if run.film is not None:
        write_atomically(film_file(folder), run.film)


def write_trained_on(folder: Path, digest: str, fingerprints: np.ndarray) -> None:
    """Write which images a run was trained on.

    The highest bytes hardly change from one fingerprint to the next, so they deflate to almost
    nothing: 60,000 images take 270 kB.

    Args:
        folder: of the run.
        digest: SHA-256 of its frames file.
        fingerprints: uint64 (M,), ascending.
    """
    buffer = io.BytesIO()
    by_byte = fingerprints.astype(">u8").view(np.uint8).reshape(-1, 8).T[-BYTES:]
    np.savez_compressed(buffer, bytes=by_byte)
    write_atomically(_trained_on_file(folder, digest), buffer.getvalue())


def read_run(folder: Path) -> SavedRun:
    """Read the folder of a run.

    Raises:
        FileNotFoundError: there is no such folder.
        RunError: the folder is not a run, has another format, or is damaged.
    """
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "does not exist"
        raise FileNotFoundError(
            f"{located(folder)} {found}; expected the folder of a run. Check the path."
        )
    index = _read_index(folder)
    frames = _read_frames(folder, index["frames"])
    count = len(index["steps"])
    frames = [
        np.broadcast_to(w, (count, *w.shape[1:])) if w.shape[:1] == (1,) else w for w in frames
    ]
    try:
        known = _trained_on_file(folder, index["frames"]["sha256"])
        if index.get("trained_on") and not known.is_file():
            warnings.warn(
                f"{known} is missing, so it is not known which images the run was trained on, and "
                "its measures may be of these. Copy the whole run again.",
                stacklevel=3,
            )
        return SavedRun(
            image_shape=tuple(index["tower"]["image_shape"]),
            embedding_dim=index["tower"]["embedding_dim"],
            probe=index["tower"]["probe"],
            layers=index["tower"].get("layers"),
            steps=index["steps"],
            history={
                name: [math.nan if x is None else x for x in column]
                for name, column in index["history"].items()
            },
            settings=index["settings"],
            frames=frames,
            film=film_file(folder).read_bytes() if film_file(folder).is_file() else None,
            white=index.get("white"),
            trained_on=_read_trained_on(known),
        )
    except (KeyError, TypeError) as error:
        raise RunError(f"The run in {folder} is inconsistent: {error}") from error


def film_file(folder: Path, name: str = "") -> Path:
    """Return the path of a run's recorded film; with a name, of the film of some images."""
    return folder / (f"film-{name}.npz" if name else "film.npz")


def read_film(content: bytes) -> Film:
    """Make a film from the bytes of a recorded film's file; RunError if it is damaged."""
    try:
        return Film.from_bytes(content)
    except ViewError as error:
        raise RunError(
            f"The film that was recorded with this run is damaged ({error}). Delete film.npz, or "
            "copy the run again."
        ) from error


def holds_run(folder: Path) -> bool:
    """Return whether the folder holds a ``run.json``, of whatever content."""
    return (folder / _INDEX).exists()


def check_folder(folder: Path) -> None:
    """Check that a run can be saved in a folder without overwriting anything else.

    Raises:
        RunError: it is a file; or it holds files, but neither a run nor a checkpoint.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; expected a folder. Choose another path.")
    if holds_run(folder):
        _read_index(folder)  # another program's run.json must not be overwritten
    elif folder.exists() and not (folder / CHECKPOINT).exists():
        foreign = [
            file.name
            for file in folder.iterdir()
            if not (
                _FRAMES.fullmatch(file.name)
                or _TRAINED_ON.fullmatch(file.name)
                or file.name.startswith(".partial-")
            )
        ]
        if foreign:
            raise RunError(
                f"{folder} holds {min(foreign)} but no {_INDEX}, so it is not the folder of a run. "
                "Choose an empty or a new folder."
            )


def to_json(values: Mapping[str, Any]) -> str:
    """Write values as JSON; ValueError for what JSON cannot hold, such as arrays, paths and NaN."""
    try:
        return json.dumps(values, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"settings: got a value that JSON cannot hold ({error}); expected finite numbers, "
            "strings, True, False, None, lists and dicts."
        ) from error


def _read_index(folder: Path) -> dict[str, Any]:
    path = folder / _INDEX
    if not holds_run(folder):
        raise RunError(
            f"{located(folder)} is not the folder of a run: it has no {_INDEX}. Check the path."
        )
    try:
        index = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged: it is not JSON ({error}).") from error
    version = index.get("format") if isinstance(index, dict) else None
    if not isinstance(version, int):
        raise RunError(f"{path} does not belong to a run: it names no format.")
    if version != FORMAT:
        raise RunError(
            f"{path} has format {version}; this version of siamese_lib expected format {FORMAT}. "
            "Install a version that reads it."
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
        raise RunError(
            f"The run in {located(folder)} is incomplete: {name} is missing. Copy it again."
        )
    content = path.read_bytes()
    if len(content) != entry.get("bytes"):
        raise RunError(
            f"{path} is damaged: it has {len(content)} bytes; expected {entry.get('bytes')}. Copy "
            "it again."
        )
    digest = hashlib.sha256(content).hexdigest()
    if digest != entry.get("sha256"):
        raise RunError(
            f"{path} is damaged: its SHA-256 is {digest}; expected {entry.get('sha256')}. Copy it "
            "again."
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return [arrays[f"w{i}"] for i in range(len(arrays.files))]
    except Exception as error:  # the checksum is right, but another program wrote the file
        raise RunError(f"{path} does not hold the frames of a run: {error}") from error


def _trained_on_file(folder: Path, digest: str) -> Path:
    """Return where the fingerprints of a run are whose frames file has this SHA-256."""
    return folder / f"trained-on-{digest[:12]}.npz"


def _read_trained_on(path: Path) -> np.ndarray | None:
    """Read what `write_trained_on` wrote; None if there is none."""
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            low = arrays["bytes"]
        whole = np.zeros((8, low.shape[1]), np.uint8)
        whole[-BYTES:] = low
        return whole.T.copy().view(">u8")[:, 0].astype(np.uint64)
    except Exception as error:  # damaged in one of many ways
        raise RunError(
            f"{path} is damaged ({error}). Copy it again, or delete it: then the run no longer "
            "knows which images it was trained on, and says so."
        ) from error


def _json_number(value: float | np.generic) -> float | None:
    """Return a number for JSON, which has no NaN and no infinity: these become null."""
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and not math.isfinite(number) else number
