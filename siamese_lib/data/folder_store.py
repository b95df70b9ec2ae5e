"""The pixels of a folder's files on disk, for a folder that is larger than memory.

It is a `FolderCache` with the same rules, but pixels are never held: as they are read, they are
appended to parts of up to 32 MB, which are raw files, uint8 (n, H, W, C). A part is written whole
or not at all, and then the rows that name its images, so a reading that is killed loses one part at
most. Parts are never changed, nor are small ones joined: a folder that gets a few new images before
each loading gets a small part each time. Parts of which no image is in use any more are removed
when the folder is loaded again, unless another data set or process has the store open.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np

from siamese_lib.data import cache_file
from siamese_lib.data.data_error import DataError
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.folder_cache import FolderCache, Found, Row
from siamese_lib.data.part_files import InUse, PartFiles
from siamese_lib.data.shapes import described
from siamese_lib.data.stored_images import StoredImages, place_of
from siamese_lib.files import Json, write_atomically

PART_BYTES, PART_IMAGES = 2**25, 4096  # of a part, at most
_PART = ".pixels"
_MANY = 8  # files of rows that are replaced by one


class FolderStore(FolderCache):
    """What is known of the files of one root, with the pixels in files.

    Args:
        root: the folder.
        shape: height, width and channels of the images.
        within: the folder that holds a folder for each root.

    Raises:
        DataError: the store cannot be made there.
    """

    suffix = ".rows"

    def __init__(self, root: Path, shape: tuple[int, int, int], within: Path) -> None:
        self._pending: list[np.ndarray] = []
        self._written = 0  # of the fresh rows
        self._parts: dict[str, int] = {}  # their names, and how many images each has
        self._own: set[str] = set()  # parts that were written here, perhaps for rows not to be kept
        self._each = math.prod(shape)
        self._size = f"{'x'.join(map(str, shape))}-"  # what the names of its files begin with
        super().__init__(root, shape, within)
        self._part = self._name() + _PART

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        self._in_use = InUse(self.folder)
        for path in self.folder.glob(f"{self._size}*{_PART}"):
            with suppress(OSError):
                self._parts[path.name] = path.stat().st_size // self._each

    def check_room(self, count: int) -> None:
        """Check that so many images more fit on the disk.

        Raises:
            DataError: they do not.
        """
        needed, free = count * self._each, shutil.disk_usage(self.folder).free
        if needed > free:
            raise DataError.about(
                self.folder,
                found=f"{free / 1e9:,.1f} GB of free space on its disk",
                expected=f"{needed / 1e9:,.1f} GB, for {described(count, self.shape)}",
                remedy="Free some space, name a folder on another disk with on_disk=, or choose a "
                "smaller image_size.",
            )

    def held(self, found: Found) -> Found:
        """Take the pixels that were just read to the disk.

        Raises:
            DataError: they cannot be written.
        """
        if found.pixels is None:
            return found
        if len(self._pending) >= min(PART_IMAGES, max(1, PART_BYTES // self._each)):
            self._flush()
            with suppress(OSError):
                self._write_rows()
        self._pending.append(found.pixels)
        name = int(fingerprints(found.pixels[None])[0])
        at = len(self._pending) - 1
        return replace(found, pixels=None, part=self._part, at=at, fingerprint=name)

    def save(self) -> None:
        """Write what is not written yet.

        Raises:
            DataError: the pixels cannot be written.
            OSError: only the rows cannot be written, so that the files are read again next time.
        """
        self._flush()
        self._write_rows()

    def clean(self) -> None:
        """Remove what is of no use, unless the store is open elsewhere.

        It is to be called when all files of the folder were asked for.
        """
        live = [*self._live, *self._fresh]
        parts = self._own | {found.part for _, found in live}
        with self._in_use.alone() as alone, suppress(OSError):
            if not alone:
                return
            rows = [*self.folder.glob(f"{self._prefix}*{self.suffix}")]
            if self._rows > 2 * len(live) or len(rows) > _MANY + 2 * len(parts):
                self._write(live)
                for path in rows:
                    path.unlink()
            for path in self.folder.glob(f"{self._size}*"):
                other = not path.name.startswith(self._prefix)  # what another reader wrote
                if other or (path.suffix == _PART and path.name not in parts):
                    path.unlink()
            for path in self.folder.glob(".partial-*"):  # left behind by a reading that was killed
                path.unlink()

    def gathered(self, found: Sequence[Found]) -> np.ndarray:
        """Return images, which stay on disk, as one array, `StoredImages`."""
        places = np.array([place_of(self._numbers[f.part], f.at) for f in found], np.int64)
        prints = np.array([each.fingerprint for each in found], np.uint64)
        images = StoredImages(self._files_of_parts, places, prints, self.shape)
        return cast(np.ndarray, images)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each part among the files of the images."""
        return {name: number for number, name in enumerate(sorted(self._parts))}

    @cached_property
    def _files_of_parts(self) -> PartFiles:
        return PartFiles([self.folder / name for name in self._numbers], [self._in_use])

    def _flush(self) -> None:
        """Write the pending pixels as a part. What fails is not tried again."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        try:
            pixels = (np.ascontiguousarray(image).data for image in pending)
            write_atomically(self.folder / self._part, *pixels)
        except OSError as error:
            raise self._unwritable(error) from error
        self._parts[self._part] = len(pending)
        self._own.add(self._part)
        self._part = self._name() + _PART

    def _write_rows(self) -> None:
        """Write the rows that are not written yet. Raises OSError."""
        if fresh := self._fresh[self._written :]:
            self._write(fresh)
            self._written += len(fresh)

    def _write(self, rows: Sequence[tuple[Row, Found]]) -> None:
        """Write a file of rows. Raises OSError."""
        lines = [[*row, found.part, found.at, found.fingerprint] for row, found in rows]
        cache_file.write(self.folder / (self._name() + self.suffix), lines, [])

    def _found(
        self, row: Row, place: int, pixels: np.ndarray, more: Sequence[Json]
    ) -> Found | None:
        part, at, name = more
        if row.content and at >= self._parts.get(part, 0):
            return None  # its part was removed, or is cut off
        found = Found(None, row.thumbnail, row.white, row.reason, not row.content)
        return replace(found, part=part, at=at, fingerprint=name) if row.content else found

    def _unwritable(self, error: OSError) -> DataError:
        return DataError.about(
            self.folder,
            found=f"a folder that cannot be written to ({error.strerror or error})",
            expected="one for the pixels of the images",
            remedy="Free some space, make the folder writable, or name another folder with "
            "on_disk=. What was written is used the next time.",
        )
