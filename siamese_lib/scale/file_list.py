"""Which files are to be embedded: those of a folder, found as `load_folder` finds them, or a list.

Files are named one after another, so that a list of millions need not fit into memory. Of a folder,
the names in one folder are in memory together, as they are put in order.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from siamese_lib.data.dataset import DataError
from siamese_lib.data.paths import given_path
from siamese_lib.data.walking import Walk, is_picture
from siamese_lib.texts import composed, printable_names, shortened

# The path of a folder, or those of files.
Files: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"


class Listed(NamedTuple):
    """A file to embed.

    Attributes:
        path: absolute.
        label: the name of its class folder, as text that can be printed; None if it has none.
        stamp: its size in bytes and the time of its last change in nanoseconds; -1 if it is gone.
    """

    path: Path
    label: str | None
    stamp: tuple[int, int] = (-1, -1)


class FileList:
    """The files to embed, in order.

    Args:
        files: a folder or files, as `embed_files` takes them.

    Attributes:
        root: the folder, absolute; None for a list.
        skipped: what was left out of the folder, and why; complete once all files were named.

    Raises:
        DataError: there is no such folder, or it holds no class folders and no pictures.
    """

    def __init__(self, files: Files) -> None:
        self.root: Path | None = None
        self.skipped: dict[Path, str] = {}
        if not isinstance(files, str | bytes | os.PathLike):
            self._files: Iterator[Listed] = (Listed(_absolute(file), None) for file in files)
            return
        root = given_path(files)
        if not root.is_dir():
            raise DataError.about(
                root,
                found="a file" if root.exists() else "nothing",
                expected="a folder, or a list of files",
                remedy="Check the path. To embed a single file, pass a list of one.",
            )
        self.root = Path(os.path.abspath(root))
        self._files = self._walked(*_class_folders(self.root))

    def __iter__(self) -> Iterator[Listed]:
        """Name the files, once."""
        return (each._replace(stamp=_stamp(each.path)) for each in self._files)

    def _walked(self, walk: Walk, loose: list[Path]) -> Iterator[Listed]:
        yield from (Listed(file, None) for file in loose)
        written = sorted({composed(name) for part in walk.parts for name in part.classes})
        labels = dict(zip(written, printable_names(written), strict=True))
        for part in walk.parts:
            for name, folder in part.classes.items():
                yield from (Listed(file, labels[composed(name)]) for file in walk.files(folder))
        self.skipped = {walk.root / each.path: each.reason for each in walk.skipped}


def _class_folders(root: Path) -> tuple[Walk, list[Path]]:
    """Find the class folders of a root; or, if it has no sub-folders, the files in it."""
    flat = Walk(root)
    folders, files = flat.entries(root)
    if not folders and any(map(is_picture, files)):
        return flat, files
    return Walk.of(root), []


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def _absolute(file: object) -> Path:
    if not isinstance(file, str | bytes | os.PathLike) or not os.fspath(file):
        raise DataError.about(
            "files",
            found=shortened(repr(file)),
            expected="the paths of files",
            remedy="Leave it out.",
        )
    return Path(os.path.abspath(Path(os.fsdecode(file)).expanduser()))
