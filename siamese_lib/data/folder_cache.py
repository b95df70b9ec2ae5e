"""Keep what was read of a folder's files, so that the folder opens quickly the next time.

The cache (`cache_folder`) has a folder for each root, and in it files for each image size and
colour. Opening a root writes one more file, with what was not known yet; files are never changed.
When there are many of them, or most of their rows are of no use, one new file replaces them. So a
file is whole or missing, and two processes do not disturb each other.

A row is valid for a file of the same name, size, modification time and change time. The clocks of
file systems are coarse: a file that changed a moment before it was read could change again without
another time. It is compared by the hash of its content, and so are files that were moved or only
touched. Rows are for one reader: another version of `READER`, of Pillow or of its decoders, and
other limits of Pillow, make other rows.

What was read is kept, and that a file is no picture. A picture that could not be read is tried
again each time, as a lack of memory or of permissions may pass.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from siamese_lib.data import cache_file
from siamese_lib.data.cache_folder import cache_folder, held_by, keep_within
from siamese_lib.data.walking import is_picture
from siamese_lib.files import Json

READER = 3  # to be raised when the same file gives other pixels, another thumbnail or another white
MOST_BYTES, MOST_FILES = 4 * 2**30, 1_000  # of all folders together
_MANY = 8  # files for one root and size that are replaced by one
_COARSE = 2 * 10**9  # nanoseconds: file systems give times in steps of up to 2 seconds

Stamp = tuple[int, int, int]  # size in bytes, times of modification and of change in nanoseconds


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What a file was found to be.

    Attributes:
        pixels: uint8 (H, W, C); None if it cannot be read as a picture, or if they are on disk.
        thumbnail: fingerprint of its thumbnail.
        white: `Picture.guessed_white`.
        reason: why it cannot be read; "" if it can.
        foreign: whether it is in no format that is tried.
        part, at: the file on disk that has the pixels, and their row in it; "" and -1 if none has.
        fingerprint: of pixels on disk.
    """

    pixels: np.ndarray | None
    thumbnail: int = 0
    white: int | None = None
    reason: str = ""
    foreign: bool = False
    part: str = ""
    at: int = -1
    fingerprint: int = 0

    @property
    def is_image(self) -> bool:
        """Whether there are pixels, in memory or on disk."""
        return self.pixels is not None or self.at >= 0


class Row(NamedTuple):
    """What is known of a file.

    Attributes:
        name: its path from the root.
        stamp: its `stamp_of`, or (size, -1, -1), which fits no file, if it could have changed.
        content: its `content_of`; "" for a file that is no picture.
        thumbnail, white, reason: as in `Found`.
    """

    name: str
    stamp: Stamp
    content: str
    thumbnail: int
    white: int | None
    reason: str


class FolderCache:
    """What is known of the files of one root, for images of one shape.

    Args:
        root: the folder.
        shape: height, width and channels of the images.
        within: the folder that holds a folder for each root; by default it is in the cache.
    """

    suffix = ""  # of the files that hold rows

    def __init__(self, root: Path, shape: tuple[int, int, int], within: Path | None = None) -> None:
        real = os.path.realpath(root)
        digest = hashlib.blake2b(os.fsencode(real), digest_size=8).hexdigest()
        label = re.sub(r"[^\w-]+", "_", os.path.basename(real))[:40]
        self.folder = (within or cache_folder() / "folders") / f"{label}-{digest}"
        self.shape = shape
        self._prefix = f"{'x'.join(map(str, shape))}-{_reader()}-"
        self._started = time.time_ns()
        self._files: list[Path] = []
        self._rows = 0  # in these files
        self._by_name: dict[str, tuple[Row, Found]] = {}
        self._by_content: dict[tuple[str, bool], tuple[Row, Found]] = {}
        self._prepare()
        for row, found in self._read():
            self._by_name[row.name] = row, found
            if row.content:
                self._by_content[row.content, is_picture(Path(row.name))] = row, found
        self._sizes = {row.stamp[0] for row, _ in self._by_content.values()}
        self._live: list[tuple[Row, Found]] = []
        self._fresh: list[tuple[Row, Found]] = []

    def find(self, file: Path, name: str, stamp: Stamp) -> Found | None:
        """Return what is known of a file; None if it has to be read.

        Args:
            file: its path.
            name: its path from the root.
            stamp: its `stamp_of`.
        """
        known = self._by_name.get(name)
        if known is not None and known[0].stamp == stamp:
            self._live.append(known)
            return known[1]
        if stamp[0] not in self._sizes:
            return None
        try:
            content = content_of(file)
        except OSError:
            return None
        same = self._by_content.get((content, is_picture(file)))
        if same is None:
            return None
        row = same[0]._replace(name=name, stamp=self._lasting(stamp))
        rows = self._live if known is not None and row == known[0] else self._fresh
        rows.append((row, same[1]))
        return same[1]

    def held(self, found: Found) -> Found:
        """Take what was just read, and return it as it is to be kept in memory."""
        return found

    def keep(self, name: str, stamp: Stamp, content: str, found: Found) -> None:
        """Note what a file was found to be.

        Args:
            name: its path from the root.
            stamp: its `stamp_of`, before it was read and after.
            content: its `content_of`; "" if it was not read as a picture.
            found: what it was found to be.
        """
        lasting = self._lasting(stamp)
        if content or (found.foreign and lasting == stamp):
            row = Row(name, lasting, content, found.thumbnail, found.white, found.reason)
            self._fresh.append((row, found))

    def save(self) -> None:
        """Write what was not known, and remove what was used least if the cache is too large.

        Raises:
            OSError: it cannot be written.
        """
        for file in self._files:
            with suppress(OSError):
                os.utime(file)  # as `keep_within` removes the oldest first
        live = [*self._live, *self._fresh]
        replaced = self._rows > 2 * len(live) or (self._fresh and len(self._files) >= _MANY)
        written = live if replaced else self._fresh
        size = sum(found.pixels.nbytes for _, found in written if found.pixels is not None)
        if not written or size > MOST_BYTES:
            return
        written.sort(key=lambda each: each[1].pixels is None)  # those with pixels come first
        self.folder.mkdir(parents=True, exist_ok=True)
        cache_file.write(
            self.folder / self._name(),
            [row for row, _ in written],
            [found.pixels for _, found in written if found.pixels is not None],
        )
        for file in self._files if replaced else ():
            file.unlink(missing_ok=True)
        keep_within(self.folder.parent, most_bytes=MOST_BYTES, most_files=MOST_FILES)

    def _prepare(self) -> None:
        """Make ready to read the files, before anything else."""

    def _read(self) -> Iterator[tuple[Row, Found]]:
        """Yield the rows of all files, the latest last, and remember the files."""
        for path in sorted(held_by(self.folder)):
            if not (path.name.startswith(self._prefix) and path.name.endswith(self.suffix)):
                continue
            try:
                rows, pixels = cache_file.read(path)
            except OSError:  # another process has replaced it, or it is not for this user
                continue
            except ValueError:  # damaged
                with suppress(OSError):
                    path.unlink()
                continue
            self._files.append(path)
            self._rows += len(rows)
            for place, (name, stamp, content, thumbnail, white, reason, *more) in enumerate(rows):
                row = Row(name, tuple(stamp), content, thumbnail, white, reason)
                found = self._found(row, place, pixels, more)
                if found is not None:
                    yield row, found

    def _found(
        self, row: Row, place: int, pixels: np.ndarray, more: Sequence[Json]
    ) -> Found | None:
        """Return what a row of a file says; None if it is of no use.

        Args:
            row: the row.
            place: its place in the file.
            pixels: those in the file.
            more: what follows the row in the file.
        """
        image = pixels[place] if row.content else None
        return Found(image, row.thumbnail, row.white, row.reason, not row.content)

    def _name(self) -> str:
        """Return a new name for a file, without its suffix. Later names are greater."""
        return f"{self._prefix}{self._started:020}-{uuid.uuid4().hex[:8]}"

    def _lasting(self, stamp: Stamp) -> Stamp:
        """Return a stamp, or one that fits no file if the file could change without another one."""
        return stamp if max(stamp[1:]) < self._started - _COARSE else (stamp[0], -1, -1)


def stamp_of(file: Path) -> Stamp:
    """Return the size and the times of a file. Raises OSError."""
    found = file.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def content_of(file: Path) -> str:
    """Return the BLAKE2b hash of a file's content, 32 hexadecimal digits. Raises OSError."""
    digest = hashlib.blake2b(digest_size=16)
    with file.open("rb") as stream:
        while part := stream.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _reader() -> str:
    """Return 8 hexadecimal digits for all that decides which pixels a file gives."""
    import PIL  # waits: slow to import
    from PIL import Image, ImageFile, features  # waits too

    Image.init()
    decoders = [features.version(name) for name in ("jpg", "jpg_2000", "webp", "avif", "libtiff")]
    limits = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    facts = READER, PIL.__version__, decoders, limits, sorted(Image.OPEN)
    return hashlib.blake2b(repr(facts).encode(), digest_size=4).hexdigest()
