"""Read the files of a folder: those that the cache does not know, several at once.

Threads are as fast as processes here, since Pillow decodes and scales without Python's lock. And
they need no script that can be imported again, as processes do.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.folder_cache import FolderCache, Found, Stamp, content_of, stamp_of
from siamese_lib.data.folder_store import FolderStore
from siamese_lib.data.reading import (
    NotAPictureError,
    PictureError,
    quiet,
    read_in_thread,
    read_with_thumbnail,
)
from siamese_lib.data.room import large_blocks
from siamese_lib.data.shapes import check_fits
from siamese_lib.data.splitting import THUMBNAIL
from siamese_lib.data.walking import is_picture
from siamese_lib.progress import progress_bar

# A file without the suffix of a picture is read if it is one in a format that cannot be mistaken.
_CERTAIN = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "JPEG2000", "AVIF")
_MANY, _LARGE = 500, 30_000_000  # files and bytes to read, from which on a bar shows the progress
_THREADS = 8  # at most: with more, the memory for their pictures counts
# Files that are read, or wait to be, before they are taken: at most, and of large images so many
# that they have 32 MB together, though one for each thread.
_AHEAD, _AHEAD_BYTES = 64, 2**25
_FOREIGN = "not a picture"  # the reason of a file that is none, and not named like one either
_GONE = (-1, -1, -1)  # the stamp of a file that is not there

_Read: TypeAlias = tuple[Found, Stamp, str]
_T = TypeVar("_T")


def read_many(
    files: Sequence[Path],
    names: Sequence[str],
    shape: tuple[int, int, int],
    *,
    cache: FolderCache | None = None,
    what: str = "",
) -> list[Found]:
    """Read files as images of one shape.

    Args:
        files: their paths.
        names: their paths from the root, which the cache knows them by.
        shape: height, width and channels.
        cache: knows some files, and gets to know the others; None to read all of them. A
            `FolderStore` also takes the pixels.
        what: what the files are, for a progress bar if there is much to read; "" for none.

    Returns:
        What each file was found to be.

    Raises:
        DataError: the images would not fit into memory, or on the disk of a `FolderStore`.
    """
    if not isinstance(cache, FolderStore):
        check_fits(sum(map(is_picture, files)), shape)
    stamps = [_stamp(file) for file in files]
    found: list[Found | None] = [None] * len(files)
    if cache is not None:
        found = [*map(cache.find, files, names, stamps)]
    missing = [place for place, each in enumerate(found) if each is None]
    if isinstance(cache, FolderStore):
        cache.check_room(sum(is_picture(files[place]) for place in missing))
    much = len(missing) >= _MANY or sum(stamps[place][0] for place in missing) >= _LARGE
    read = partial(_read, shape, cache is not None)
    bar = f"reading {what}" if what and much else ""
    places = progress_bar(missing, bar, "file") if bar else missing
    ahead = max(_THREADS, min(_AHEAD, _AHEAD_BYTES // math.prod(shape)))
    with closing(_in_threads(read, (files[place] for place in missing), ahead)) as results:
        for place, (each, stamp, content) in zip(places, results, strict=True):
            if cache is not None:
                each = cache.held(each)  # noqa: PLW2901
            found[place] = each
            if cache is not None and stamp == stamps[place]:  # else it changed while it was read
                cache.keep(names[place], stamp, content, each)
    return [each for each in found if each is not None]


def read_in_order(
    files: Iterable[Path], shape: tuple[int, int, int], ahead: int
) -> Generator[NDArray[np.uint8] | str, None, None]:
    """Read files one after another, while threads read those that come next.

    The pixels are those that `read_many` gives. No more than `ahead` pictures wait in memory.

    Args:
        files: their paths.
        shape: height, width and channels of the images.
        ahead: how many files are read before they are asked for, 1 or more.

    Yields:
        The pixels of each file, uint8 (H, W, C), or the reason why it has none.
    """
    return _in_threads(partial(_pixels, shape), files, ahead)


def _in_threads(
    read: Callable[[Path], _T], files: Iterable[Path], most: int
) -> Generator[_T, None, None]:
    """Yield what is read of each file, in order; up to `most` results wait in memory."""
    from PIL import Image  # waits: slow to import

    Image.init()  # not in several threads at once
    pool = ThreadPoolExecutor(max(1, min(_THREADS, processors(), most)))
    waiting: deque[Future[_T]] = deque()
    with quiet(), large_blocks():
        try:
            for file in files:
                waiting.append(pool.submit(read, file))
                if len(waiting) > most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)  # who interrupts does not wait for all files


def _pixels(shape: tuple[int, int, int], file: Path) -> NDArray[np.uint8] | str:
    """Read a file; return its pixels, or the reason why it has none."""
    named = is_picture(file)
    try:
        return read_in_thread(file, shape, _formats(named)).pixels
    except PictureError as error:
        return _reason(error, named)


def _formats(named: bool) -> tuple[str, ...] | None:
    """Return the formats to try for a file that is, or is not, named like a picture."""
    return None if named else _CERTAIN


def _reason(error: PictureError, named: bool) -> str:
    return _FOREIGN if isinstance(error, NotAPictureError) and not named else str(error)


def _read(shape: tuple[int, int, int], hashed: bool, file: Path) -> _Read:
    """Read a file; return its stamp and the hash of its content, too, if it is a picture."""
    named = is_picture(file)
    try:
        picture, thumbnail = read_with_thumbnail(file, shape, THUMBNAIL, formats=_formats(named))
    except PictureError as error:
        reason = _reason(error, named)
        return Found(None, reason=reason, foreign=reason == _FOREIGN), _stamp(file), ""
    seen = int(fingerprints(thumbnail[None])[0])
    content = ""
    with suppress(OSError):  # it was removed meanwhile
        content = content_of(file) if hashed else ""
    return Found(picture.pixels, seen, picture.guessed_white), _stamp(file), content


def _stamp(file: Path) -> Stamp:
    try:
        return stamp_of(file)
    except OSError:  # it was removed meanwhile
        return _GONE


def processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
