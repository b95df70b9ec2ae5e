"""The folder on this machine for what can be made again: downloads, and pixels of your folders."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

from platformdirs import user_cache_path

_ABANDONED = 24 * 3600  # seconds, after which nobody is still writing a partial file


def cache_folder() -> Path:
    """Return the folder that the environment variable `SIAMESE_CACHE` names.

    Without it, this is the folder ``siamese_lib`` in the user's cache folder, such as
    ``~/.cache/siamese_lib``. It may not exist yet.
    """
    named = os.environ.get("SIAMESE_CACHE")
    if named:
        return Path(named).expanduser()
    return user_cache_path("siamese_lib")


def keep_within(folder: Path, *, most_bytes: int, most_files: int) -> None:
    """Remove files from the folders in a folder until few enough are left, oldest first.

    A file is as old as its modification time says. Folders that become empty are removed, and so
    are partial files of writers that were stopped a day ago or earlier.

    Args:
        folder: holds folders of files. Deeper folders are not looked into.
        most_bytes: what all files together may have.
        most_files: their largest number.
    """
    ages: list[tuple[int, int, Path]] = []
    for file in chain.from_iterable(map(held_by, held_by(folder))):
        with suppress(OSError):  # another process may remove files, too
            found = file.stat()
            if file.name.startswith(".partial-") and found.st_mtime < time.time() - _ABANDONED:
                file.unlink()
            else:
                ages.append((found.st_mtime_ns, found.st_size, file))
    total, count = sum(size for _, size, _ in ages), len(ages)
    for _, size, file in sorted(ages):
        if total <= most_bytes and count <= most_files:
            break
        with suppress(OSError):
            file.unlink(missing_ok=True)
            total, count = total - size, count - 1
        with suppress(OSError):  # not empty
            file.parent.rmdir()


def held_by(folder: Path) -> list[Path]:
    """Return the paths in a folder; none if another process removes it, or it cannot be read."""
    try:
        return [*folder.iterdir()]
    except OSError:
        return []
