"""The folder of a collection: how it is written, and how it is checked when it is read.

``run/``
    the run that embeds, as `Run.save` writes it.
``embeddings-<12 digits>.npy``
    float32 (N, dim).
``collection.json``
    ``format`` 1; ``metric``; ``next_id``; ``embeddings``, the name of that file and the SHA-256 of
    its content; and ``images``: id, class name and path of each, in the order of the rows. A path
    is null for an image that came as pixels. What is not UTF-8 in it is kept as Python's
    "surrogateescape" has it.

The JSON file is written last, and then other embeddings are deleted. So a folder whose writing was
interrupted holds the earlier collection.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siamese_lib.files import write_atomically
from siamese_lib.texts import located, printable

FORMAT = 1
_INDEX = "collection.json"
_EMBEDDINGS = re.compile(r"embeddings-[0-9a-f]{12}\.npy")


@dataclass(frozen=True)
class Entry:
    """What is known of an image of a collection.

    Attributes:
        id: its number, which no other image ever has.
        class_name: its class.
        path: its file, or None.
    """

    id: int
    class_name: str
    path: Path | None


@dataclass(frozen=True, eq=False)
class Stored:
    """What a folder holds.

    Attributes:
        entries: of the images, in ascending order of ids.
        vectors: float32 (N, dim), their embeddings.
        next_id: of the next image, above all that were given.
        metric: "euclidean" or "cosine".
    """

    entries: Sequence[Entry]
    vectors: np.ndarray
    next_id: int
    metric: str


def check_folder(folder: Path) -> None:
    """Raise ValueError if a folder holds files, but no collection."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _INDEX).is_file():
        raise ValueError(
            f"{located(folder)} holds files, but no collection; expected a new folder, or that "
            "of a collection to replace. Choose another folder."
        )


def write(folder: Path, stored: Stored) -> None:
    """Write everything but the run. The folder may be missing."""
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.save(buffer, stored.vectors.astype("<f4"))
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    name = f"embeddings-{digest[:12]}.npy"
    images = [
        [entry.id, entry.class_name, None if entry.path is None else str(entry.path)]
        for entry in stored.entries
    ]
    facts = {
        "format": FORMAT,
        "metric": stored.metric,
        "next_id": stored.next_id,
        "embeddings": {"file": name, "sha256": digest},
        "images": images,
    }
    write_atomically(folder / name, content)
    write_atomically(folder / _INDEX, json.dumps(facts).encode())
    for file in folder.iterdir():
        if _EMBEDDINGS.fullmatch(file.name) and file.name != name:
            file.unlink()


def read(folder: Path) -> Stored:
    """Read and check what `write` wrote.

    Raises:
        ValueError: the folder is not that of a collection, or is damaged.
    """
    try:
        facts = json.loads((folder / _INDEX).read_bytes())
    except FileNotFoundError:
        raise ValueError(
            f"{located(folder)} is not the folder of a collection: it has no {_INDEX}. Check the "
            "path."
        ) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, f"{_INDEX} is no JSON ({error})") from error
    if isinstance(facts, dict) and isinstance(facts.get("format"), int) and facts["format"] > 1:
        raise ValueError(
            f"{located(folder)} has the format {facts['format']}; expected {FORMAT}. A later "
            "version wrote it: install that version."
        )
    try:
        return _checked(folder, facts)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise _damaged(folder, str(error)) from error


def _checked(folder: Path, facts: dict[str, Any]) -> Stored:
    name = facts["embeddings"]["file"]
    if not isinstance(name, str) or not _EMBEDDINGS.fullmatch(name):
        raise ValueError(f"embeddings are in {name!r}")
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != facts["embeddings"]["sha256"]:
        raise ValueError(f"{name} has another checksum")
    vectors = np.load(io.BytesIO(content), allow_pickle=False)
    entries = [
        Entry(number, class_name, None if path is None else Path(path))
        for number, class_name, path in facts["images"]
    ]
    ids = [entry.id for entry in entries]
    rising = all(a < b for a, b in zip([-1, *ids], [*ids, facts["next_id"]], strict=True))
    texts = all(isinstance(entry.class_name, str) for entry in entries)
    if not rising or not texts or vectors.shape[:1] != (len(ids),) or vectors.ndim != 2:
        raise ValueError(f"{len(ids)} images do not fit embeddings of shape {vectors.shape}")
    return Stored(entries, vectors.astype(np.float32), facts["next_id"], facts["metric"])


def _damaged(folder: Path, why: str) -> ValueError:
    return ValueError(
        f"{located(folder)}: the collection is damaged: {printable(why)}. Copy it again, or make "
        "it again from its images."
    )
