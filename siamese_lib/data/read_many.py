"""Read the files of a folder: those that the cache does not know, several at once.

Threads are as fast as processes here, since Pillow decodes and scales without Python's lock. And
they need no script that can be imported again, as processes do.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.folder_cache import FolderCache, Found, Stamp, content_of, stamp_of
from siamese_lib.data.folder_store import FolderStore
from siamese_lib.data.reading import NotAPictureError, PictureError, quiet, read_with_thumbnail
from siamese_lib.data.room import large_blocks
from siamese_lib.data.shapes import check_fits
from siamese_lib.data.splitting import THUMBNAIL
from siamese_lib.data.walking import is_picture
from siamese_lib.progress import progress_bar

# A file without the suffix of a picture is read if it is one in a format that cannot be mistaken.
_CERTAIN = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "JPEG2000", "AVIF")
_MANY, _LARGE = 500, 30_000_000  # files and bytes to read, from which on a bar shows the progress
_THREADS = 8  # at most: with more, the memory for their pictures counts
_AHEAD = 64  # files that are read, or wait to be, before they are taken
_GONE = (-1, -1, -1)  # the stamp of a file that is not there

_Read: TypeAlias = tuple[Found, Stamp, str]


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
    with closing(_in_threads(read, [files[place] for place in missing], bar)) as results:
        for place, (each, stamp, content) in zip(missing, results, strict=True):
            if cache is not None:
                each = cache.held(each)  # noqa: PLW2901
            found[place] = each
            if cache is not None and stamp == stamps[place]:  # else it changed while it was read
                cache.keep(names[place], stamp, content, each)
    return [each for each in found if each is not None]


def _in_threads(
    read: Callable[[Path], _Read], files: Sequence[Path], bar: str
) -> Generator[_Read, None, None]:
    """Yield what is read of each file, in order; show a progress bar if it has a label.

    The threads are a few files ahead of what is taken, whose pixels alone are in memory.
    """
    from PIL import Image  # waits: slow to import

    Image.init()  # not in several threads at once
    pool = ThreadPoolExecutor(max(1, min(_THREADS, _processors(), len(files))))
    with quiet(), large_blocks():
        try:
            ahead = iter(files)
            waiting = deque(pool.submit(read, file) for file in islice(ahead, _AHEAD))
            for _ in progress_bar(files, bar, "file") if bar else files:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(read, file) for file in islice(ahead, 1))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)  # who interrupts does not wait for all files


def _read(shape: tuple[int, int, int], hashed: bool, file: Path) -> _Read:
    """Read a file; return its stamp and the hash of its content, too, if it is a picture."""
    named = is_picture(file)
    try:
        picture, thumbnail = read_with_thumbnail(
            file, shape, THUMBNAIL, formats=None if named else _CERTAIN
        )
    except PictureError as error:
        foreign = isinstance(error, NotAPictureError) and not named
        reason = "not a picture" if foreign else str(error)
        return Found(None, reason=reason, foreign=foreign), _stamp(file), ""
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


def _processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
