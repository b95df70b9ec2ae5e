"""The folder of a gallery on disk: what it holds besides the embeddings, and how that is checked.

``gallery.json``
    ``format`` 1; ``metric``; ``dim``; ``labels``, whether labels are "int" or "str", or null as
    long as there are none; ``next_id``, above all ids that were given; ``nprobe``, how many lists
    of the index a search looks at, or null.
``embeddings.lance/``
    the embeddings with their ids, labels and paths, and the index, as `VectorStore` writes them.

The JSON file is written before the embeddings that it promises. So a process that is killed wastes
ids, but gives none twice.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from siamese_lib.checks import whole_number
from siamese_lib.files import JsonObject, write_atomically
from siamese_lib.search.gallery_file import GalleryError
from siamese_lib.search.vectors import METRICS, check_choice
from siamese_lib.texts import located, printable

FORMAT = 1
LABELS = ("int", "str")
_FACTS = "gallery.json"


@dataclass(frozen=True)
class Facts:
    """What is known of a gallery besides its embeddings; as in the JSON file."""

    metric: str
    dim: int
    labels: str | None = None
    next_id: int = 0
    nprobe: int | None = None


def make(folder: Path, facts: Facts) -> None:
    """Make the folder of a new gallery.

    Raises:
        ValueError: the folder holds files.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            f"{located(folder)} holds files; expected a new folder. Choose another one, or read "
            "the gallery in it with DiskGallery.open."
        )
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, facts)


def write(folder: Path, facts: Facts) -> None:
    """Write the facts atomically."""
    write_atomically(folder / _FACTS, json.dumps({"format": FORMAT, **asdict(facts)}).encode())


def read(folder: Path) -> Facts:
    """Read the facts.

    Raises:
        FileNotFoundError: there is no such folder.
        GalleryError: the folder is not that of a gallery, has a later format, or is damaged.
    """
    where = located(folder)
    if not folder.exists():
        raise FileNotFoundError(
            f"There is no folder {where}; expected one that DiskGallery has made."
        )
    try:
        facts = json.loads((folder / _FACTS).read_bytes())
        version = facts["format"]
    except (FileNotFoundError, NotADirectoryError):
        raise GalleryError(
            f"{where} is not the folder of a gallery: it has no {_FACTS}. Check the path; a file "
            "that Gallery.save wrote is read with Gallery.load."
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(folder, f"{_FACTS} is no JSON with a format ({error})") from error
    if version != FORMAT:
        raise GalleryError(
            f"{where} has the format {version!r:.40}; expected {FORMAT}. A later version wrote it: "
            "install that version."
        )
    try:
        return _checked(facts)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(folder, f"{_FACTS}: {error}") from error


@contextmanager
def locked(folder: Path) -> Iterator[Facts]:
    """Hold the lock of a gallery, for which others wait, and return the facts as they are then.

    It ends with the process, so a kill leaves no lock.

    Raises:
        FileNotFoundError, GalleryError: as `read`.
    """
    read(folder)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield read(folder)
    finally:
        os.close(lock)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Say in words that files are gone which were there when the gallery was opened.

    Raises:
        GalleryError: they are gone.
    """
    try:
        yield
    except (RuntimeError, OSError) as error:
        if "not found" not in str(error).lower():
            raise
        raise GalleryError(
            f"{located(folder)}: files of the gallery are gone. It was moved, or its index was "
            "built in another process, or others have appended much since. Open it again with "
            "DiskGallery.open."
        ) from error


def damaged(folder: Path, why: str) -> GalleryError:
    """Return the error for a folder that holds no whole gallery."""
    return GalleryError(
        f"{located(folder)}: the gallery is damaged: {printable(why)}. Copy it again, or make it "
        "again from its embeddings."
    )


def _checked(facts: JsonObject) -> Facts:
    check_choice("metric", facts["metric"], METRICS)
    if facts["labels"] is not None:
        check_choice("labels", facts["labels"], LABELS)
    nprobe = facts["nprobe"]
    return Facts(
        facts["metric"],
        whole_number("dim", facts["dim"], 1),
        facts["labels"],
        whole_number("next_id", facts["next_id"], 0),
        None if nprobe is None else whole_number("nprobe", nprobe, 1),
    )
