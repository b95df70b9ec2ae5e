"""Files of raw pixels that are read a few rows at a time, by any thread, with few of them open.

Files are read, not mapped into memory: mapped pages would count as memory of the process, and it
would grow to the size of the files.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

_OPEN = 32  # files at a time


class InUse:
    """A sign that a folder's files are in use, which ends with this object or its process.

    It is a shared lock on a file in the folder. Without it, where the folder or the system has no
    locks, nothing is ever removed there. Who asks to be alone first takes its turn, a lock on
    another file: Linux gives up the shared lock even if there is no other lock to be had, and until
    it is taken again nobody else may believe to be alone.
    """

    def __init__(self, folder: Path) -> None:
        self._file: int | None = None
        self._turns: int | None = None
        with suppress(OSError):
            self._file = self._opened(folder / ".in-use")
            _lock(self._file, fcntl.LOCK_SH)
            self._turns = self._opened(folder / ".turns")

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Say whether nobody else uses the files, in the ``with`` block."""
        try:
            turn = _lock(self._turns, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # somebody else asks, who uses the files
            turn = False
        if not turn:
            yield False
            return
        try:
            alone = _lock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            alone = False
        try:
            yield alone
        finally:
            with suppress(OSError):
                _lock(self._file, fcntl.LOCK_SH)
            with suppress(OSError):
                _lock(self._turns, fcntl.LOCK_UN)

    def _opened(self, path: Path) -> int:
        file = os.open(path, os.O_RDONLY | os.O_CREAT, 0o666)
        weakref.finalize(self, os.close, file)
        return file


def _lock(file: int | None, kind: int) -> bool:
    """Take a lock in place of the one before; return False if there can be none."""
    if file is None:
        return False
    fcntl.flock(file, kind)
    return True


class PartFiles:
    """Files of raw bytes.

    It can be pickled, and used from several threads. Up to 32 files are open at a time.

    Args:
        paths: the files. They must not be changed.
        in_use: keeps them from being removed; by default it is made.
    """

    def __init__(self, paths: Sequence[Path], in_use: Sequence[InUse] | None = None) -> None:
        self.paths = tuple(paths)
        folders = dict.fromkeys(path.parent for path in self.paths)
        self._in_use = [InUse(each) for each in folders] if in_use is None else in_use
        self._opened = lru_cache(_OPEN)(_Opened)

    def __reduce__(self) -> Any:
        return PartFiles, (self.paths,)

    def fill(self, number: int, start: int, into: memoryview) -> bool:
        """Read bytes of one file, from a place on; return False if it has too few.

        Raises:
            OSError: the file cannot be read.
        """
        opened = self._opened(self.paths[number])
        done = 0
        while done < len(into):
            count = os.preadv(opened.file, [into[done:]], start + done)
            if not count:
                return False
            done += count
        return True

    def forget(self, number: int) -> None:
        """Remove a damaged file, so that it is made again."""
        self._opened.cache_clear()
        with suppress(OSError):
            self.paths[number].unlink()


class _Opened:
    """An open file. It closes when nobody reads from it any more."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self.file)
