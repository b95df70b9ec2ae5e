"""How a command ends: its exit status, and a last line that says what to do, never a traceback."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from siamese_lib.texts import located

BAD_INPUT, INTERRUPTED = 2, 130
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_KNOWN = (ValueError, OSError, ArithmeticError, ImportError)  # the library's own refusals
# By the names of their types, which need not be imported.
_DAMAGED = ("BadZipFile", "EOFError", "error", "UnpicklingError", "BadGzipFile", "LZMAError")
_NO_MEMORY = ("MemoryError", "_ArrayMemoryError", "ResourceExhaustedError")


def status_of(options: argparse.Namespace) -> int:
    """Run the job of a command, and return the exit status; an error is told in one line."""
    name = f"siamese {options.command}"
    with _robust_output(name):
        try:
            status = options.job(options)
            sys.stdout.flush()
            return status
        except KeyboardInterrupt:
            again = " Start it again, or continue with --resume." if name.endswith("train") else ""
            print(f"{name}: interrupted.{again or ' Start it again.'}", file=sys.stderr)
            return INTERRUPTED
        except Exception as error:
            print(f"{name}: {_in_one_line(explained(error))}", file=sys.stderr)
            return BAD_INPUT


def told(command: str, reasons: Iterable[str]) -> int:
    """Say why some of several things failed, after the others were done; a line for each reason.

    Returns:
        The exit status: that of success if there are no reasons.
    """
    lines = list(dict.fromkeys(map(_in_one_line, reasons)))
    sys.stdout.flush()
    for line in lines:
        print(f"siamese {command}: {line}", file=sys.stderr)
    return BAD_INPUT if lines else 0


def _in_one_line(text: str) -> str:
    """Replace line breaks, with the spaces around them; two spaces may be part of a file's name."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def explained(error: Exception) -> str:
    """Say what went wrong and what to do."""
    kind, said = type(error).__name__, str(error)
    if kind in _NO_MEMORY:
        return (
            "the memory is not enough. Train with a smaller --batch-size or --image-size, use "
            "fewer images, or end other programs; then run it again."
        )
    if isinstance(error, OSError) and error.errno is not None:
        return _of_the_system(error, error.errno)
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        return f"{said}. Install it: pip install {error.name.partition('.')[0]}"
    if kind in _DAMAGED:
        return (
            f"a file is damaged ({kind}: {said or 'it ends too early'}). Copy or download it "
            "again, or name other images with --data."
        )
    if isinstance(error, _KNOWN) and said:
        return said
    return f"unexpected {kind}: {said or 'no message'}. {_kept(error)}"


def _of_the_system(error: OSError, number: int) -> str:
    what = error.strerror or os.strerror(number)
    where = f": {located(error.filename)}" if error.filename is not None else ""
    if number in _FULL:
        todo = "Free some space, or choose a folder on another disk"
    elif number in _FORBIDDEN:
        todo = "Choose another folder, or change the permissions of this one"
    elif number in (errno.ENOTDIR, errno.EEXIST):
        todo = "A file is in the place of a folder: move it, or choose another name"
    elif number == errno.EISDIR:
        todo = "A folder is in the place of a file: choose another name"
    elif number == errno.ENOENT:
        todo = "Check the path"
    elif number == errno.ENAMETOOLONG:
        todo = "Choose a shorter name"
    else:
        todo = "Check the disk and the path"
    return f"{what}{where}. {todo}; then run it again."


def _kept(error: Exception) -> str:
    """Keep the traceback of an error that nobody foresaw in a file, and say where."""
    words = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="siamese-", suffix=".txt", delete=False, encoding="utf-8", errors="replace"
        ) as file:
            file.write(words)
    except OSError:
        return "Please report it, with the command that you ran."
    return f"Please report it, with the command that you ran and the file {file.name}"


class _Output:
    """Standard output that stays silent once nobody reads it any more, as after ``| head``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if not self._closed:
            with self._noticing():
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        if not self._closed:
            with self._noticing():
                self._stream.flush()

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._closed = True
            with suppress(OSError, ValueError):  # or Python complains when it flushes at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


@contextmanager
def _robust_output(name: str) -> Iterator[None]:
    """Print any letter on any terminal, warnings in one line, and survive a closed pipe."""
    before, form = sys.stdout, warnings.formatwarning
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    warnings.formatwarning = lambda message, *_, **__: f"{name}: warning: {message}\n"
    sys.stdout = _Output(before)  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        sys.stdout, warnings.formatwarning = before, form
