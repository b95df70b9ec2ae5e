"""Read the small NORB set: stereo pictures of 50 toys, from 162 sides in six lights.

The set is published as six files, those for training and for testing apart: the pictures (-dat),
their categories (-cat), and the rest that is known of them (-info). Each may be compressed (.gz). A
file is one matrix, all its numbers little-endian: four bytes that say the type of its entries, the
number of dimensions, the length of each, at least three lengths, and the entries in C order.

References:
    LeCun, Huang and Bottou, "Learning Methods for Generic Object Recognition with Invariance to
    Pose and Lighting", 2004. The files: https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.split import Split
from siamese_lib.texts import listed

CATEGORIES = ("animal", "human", "airplane", "truck", "car")
WHERE = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/"
_PARTS = {"train": "training", "test": "testing"}
_BYTES, _INTEGERS = 0x1E3D4C55, 0x1E3D4C54
_DTYPES = {_BYTES: np.dtype("u1"), _INTEGERS: np.dtype("<i4")}
_OTHERS = {0x1E3D4C51: "single", 0x1E3D4C52: "packed", 0x1E3D4C53: "double", 0x1E3D4C56: "short"}
_CAMERAS = 2
_MOST = 2**30  # entries of a file; the set's largest has 448 million
_AT_ONCE = 64  # stereo pictures that are read in one go
# Columns of -info: what each is called here, and its possible numbers in the file.
_INFO = {
    "instance": range(10), "elevation": range(9), "azimuth": range(0, 36, 2), "light": range(6)
}  # fmt: skip
_AGAIN = f"Fetch the file again from {WHERE}."


def load_small_norb(folder: str | os.PathLike[str], *, side: int = 48, camera: int = 0) -> Dataset:
    """Read the files of the small NORB set, as they are published.

    Args:
        folder: has the six files, whose names end in ``training-dat.mat``, ``training-cat.mat``,
            ``training-info.mat`` and the same for ``testing``, each with or without ``.gz``.
        side: height and width of the images, in pixels; the 96 of the file, or a whole fraction
            of it, for which pixels are averaged. Images of 96 pixels take 450 MB, of 48 110 MB.
        camera: 0 for the left camera, 1 for the right.

    Returns:
        24,300 images for training and 24,300 of other toys for testing. A class is a category.
        `Split.factors` has the "instance" of the category (0 to 9), the "elevation" and the
        "azimuth" in degrees, and the number of the "light" (0 to 5). `one_object` takes the 972
        pictures of one toy, as in the paper of 2006.

    Raises:
        DataError: a file is missing, truncated or damaged, is not such a matrix, or does not fit
            the others; or `side` or `camera` is not possible.
        ValueError: `side` is no whole number of 1 or more.
    """
    path = Path(folder).expanduser()
    if camera not in range(_CAMERAS):
        raise DataError.about(
            "camera", found=repr(camera), expected="0 (left) or 1 (right)", remedy="Pass camera=0."
        )
    train, test = (_read_part(path, part, side, camera) for part in _PARTS.values())
    return Dataset(train, test, CATEGORIES, str(path), "small_norb")


def has_small_norb(folder: Path) -> bool:
    """Return whether a folder has a file of the set."""
    return bool(_named(folder, "training-dat.mat"))


def _read_part(folder: Path, part: str, side: int, camera: int) -> Split:
    """Read the three files for training, or for testing."""
    dat, cat, info = (_find(folder, f"{part}-{kind}.mat") for kind in ("dat", "cat", "info"))
    labels = _matrix(cat, _INTEGERS, (None,))
    known = _matrix(info, _INTEGERS, (None, len(_INFO)))
    images = _pictures(dat, side, camera)
    for file, count in ((cat, len(labels)), (info, len(known))):
        if count != len(images):
            raise _fault(file, f"{count:,} entries", f"{len(images):,}, as in {dat.name}")
    columns = {"category": labels, **dict(zip(_INFO, known.T, strict=True))}
    possible = {"category": range(len(CATEGORIES)), **_INFO}
    for name, values in columns.items():
        wrong = np.setdiff1d(values, possible[name])
        if wrong.size:
            file = cat if name == "category" else info
            numbers = listed([str(each) for each in possible[name]])
            raise _fault(file, f"the {name} {wrong[0]}", f"only {numbers}")
    factors = {
        "instance": columns["instance"],
        "elevation": 30 + 5 * columns["elevation"],
        "azimuth": 10 * columns["azimuth"],
        "light": columns["light"],
    }
    return Split(images, labels, factors=factors)


def _find(folder: Path, ending: str) -> Path:
    """Return the file whose name ends so, with or without .gz."""
    found = _named(folder, ending)
    if not found:
        raise DataError.about(
            folder,
            found=f"no file *{ending} or *{ending}.gz",
            expected="the six files of the small NORB set",
            remedy=f"Fetch them from {WHERE}.",
        )
    return found[0]


def _named(folder: Path, ending: str) -> list[Path]:
    return [file for end in (ending, f"{ending}.gz") for file in sorted(folder.glob(f"*{end}"))]


def _matrix(file: Path, kind: int, shape: tuple[int | None, ...]) -> np.ndarray:
    """Read a whole matrix as int64; None stands for any length."""
    with _open(file) as stream:
        lengths = _header(stream, file, kind, shape)
        count = math.prod(lengths)
        content = _read(stream, file, 4 * count)
        _check_end(stream, file)
    return np.frombuffer(content, _DTYPES[kind]).reshape(lengths).astype(np.int64)


def _pictures(file: Path, side: int, camera: int) -> np.ndarray:
    """Read the pictures of one camera, uint8 (N, side, side, 1)."""
    with _open(file) as stream:
        count, _, height, width = _header(stream, file, _BYTES, (None, _CAMERAS, None, None))
        if height != width or height % whole_number("side", side, 1):
            raise DataError.about(
                "side",
                found=str(side),
                expected=f"a whole fraction of {height}×{width}, as {file.name} has pictures of "
                "this size",
                remedy=f"Pass side={height}, or half of it.",
            )
        times = height // side
        images = np.empty((count, side, side, 1), np.uint8)
        for start in range(0, count, _AT_ONCE):
            many = min(_AT_ONCE, count - start)
            content = _read(stream, file, many * _CAMERAS * height * width)
            pixels = np.frombuffer(content, np.uint8).reshape(many, _CAMERAS, height, width)
            cells = pixels[:, camera].reshape(many, side, times, side, times)
            images[start : start + many, ..., 0] = np.rint(cells.mean(axis=(2, 4)))
        _check_end(stream, file)
    return images


def _open(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb"))


def _read(stream: BinaryIO, file: Path, size: int) -> bytes:
    try:
        content = stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise _fault(file, f"damaged gzip data ({error})", "a complete file") from error
    if len(content) < size:
        raise _fault(file, f"an end {size - len(content):,} bytes too early", "a complete file")
    return content


def _check_end(stream: BinaryIO, file: Path) -> None:
    """Raise DataError if there are bytes left; at the end, gzip also compares its checksum."""
    try:
        more = stream.read(1)
    except (OSError, EOFError, zlib.error) as error:
        raise _fault(file, f"damaged gzip data ({error})", "a complete file") from error
    if more:
        raise _fault(file, "more bytes than its header announces", "an end after the last entry")


def _header(
    stream: BinaryIO, file: Path, kind: int, shape: tuple[int | None, ...]
) -> tuple[int, ...]:
    """Read the header, and return the length of each dimension."""
    wanted = {_BYTES: "bytes", _INTEGERS: "integers"}
    lengths = " × ".join("N" if length is None else str(length) for length in shape)
    expected = f"a matrix of {wanted[kind]} of {lengths} entries, as NORB's {file.name[:60]}"
    magic, count = np.frombuffer(_read(stream, file, 8), "<u4").tolist()
    if magic != kind:
        named = {**wanted, **_OTHERS}.get(magic)
        words = f"a matrix of {named}" if named else f"a file that begins with 0x{magic:08X}"
        raise _fault(file, words, expected)
    if count != len(shape):
        raise _fault(file, f"{count} dimensions", expected)
    found = np.frombuffer(_read(stream, file, 4 * max(3, count)), "<i4").tolist()[:count]
    if any(own != length for own, length in zip(found, shape, strict=True) if length is not None):
        raise _fault(file, f"a matrix of {' × '.join(map(str, found))} entries", expected)
    if min(found) < 1 or math.prod(found) > _MOST:
        raise _fault(file, f"the lengths {found}", expected)
    return tuple(found)


def _fault(file: Path, found: str, expected: str) -> DataError:
    return DataError.about(file, found=found, expected=expected, remedy=_AGAIN)
