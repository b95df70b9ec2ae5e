"""Read and check an image set that a folder holds in one of two layouts.

`<name>.npz` is Keras' layout, with the arrays `x_train`, `y_train`, `x_test` and `y_test`.
`<name>/` with four gzipped IDX files is the layout of the original MNIST
(http://yann.lecun.com/exdb/mnist/). Nothing is unpickled, so that no file can run code.
"""

from __future__ import annotations

import gzip
import hashlib
import math
from pathlib import Path

import numpy as np

from siamese_lib.checks import checked_labels, joined_labels
from siamese_lib.data.dataset import DataError, Split
from siamese_lib.data.sources import DatasetSpec

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}
_FEW_CLASSES = 10  # up to so many numbers may be unused, and stay classes without an image
_FETCH_AGAIN = "Download the file again, or delete it so that another source is used."


def candidates(folder: Path, name: str) -> list[Path]:
    """Return where `folder` holds a set: `<name>.npz`, then `<name>/` if it has any IDX file."""
    npz, idx = folder / f"{name}.npz", folder / name
    found = [npz] if npz.exists() else []
    if any((idx / file).exists() for file in IDX_FILES.values()):
        found.append(idx)
    return found


def read_splits(path: Path, spec: DatasetSpec | None) -> tuple[Split, Split, tuple[str, ...]]:
    """Read the training and the test split, and check them.

    Labels may be integers or strings. Numbers of which most are used, such as 1 to 26, are class
    numbers as they are. All other labels are numbered in their order, both splits together.

    Args:
        path: an `.npz` file, or a folder with the four IDX files.
        spec: what the contents must be; None for your own set, which may have any number of
            images of any size.

    Returns:
        The training split, the test split, and the name of each class.

    Raises:
        DataError: a file is missing, truncated, altered, or of the wrong shape.
    """
    if path.suffix == ".npz":
        arrays = _read_npz(path)
        where = {key: f"{path}, array {key}" for key in IDX_FILES}
    else:
        arrays = {key: read_idx(path / file) for key, file in IDX_FILES.items()}
        where = {key: str(path / file) for key, file in IDX_FILES.items()}
    if spec is not None:
        for key, array in arrays.items():
            _check_contents(array, where[key], spec, key)
    numbers, names = _numbered(arrays, where)
    train, test = (
        _to_split(arrays[f"x_{part}"], numbers[part], where[f"x_{part}"])
        for part in ("train", "test")
    )
    return train, test, names if spec is None else spec.class_names


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            names = sorted(archive.files)
            arrays = {key: archive[key] for key in IDX_FILES if key in names}
    except Exception as error:  # a damaged archive raises errors of many types
        if "Object arrays" in str(error):
            raise DataError.about(
                path,
                found="an array of Python objects, which could run code when it is read",
                expected=f"the plain arrays {', '.join(IDX_FILES)}",
                remedy="Save labels that are words with numpy.array(labels, dtype=str).",
            ) from None
        raise DataError.about(
            path,
            found=f"a file that cannot be read ({type(error).__name__}: {error})",
            expected=f"a NumPy archive with the plain arrays {', '.join(IDX_FILES)}",
            remedy=f"The file is damaged, or is not such an archive. {_FETCH_AGAIN}",
        ) from error
    missing = [key for key in IDX_FILES if key not in arrays]
    if missing:
        raise DataError.about(
            path,
            found=f"only {', '.join(names) or 'no arrays'}",
            expected=f"also {', '.join(missing)}",
            remedy="Save it with numpy.savez_compressed under these names.",
        )
    return arrays


def read_idx(path: Path) -> np.ndarray:
    """Read one gzipped IDX file of unsigned bytes.

    An IDX file consists of two zero bytes, the type (8 is an unsigned byte), the number of
    dimensions, the length of each as a big-endian 32-bit integer, and the values in C order.

    Returns:
        uint8 array of the shape in the header.

    Raises:
        DataError: the file is missing, damaged or truncated, or is not an IDX file.
    """

    def damaged(found: str, expected: str) -> DataError:
        return DataError.about(path, found=found, expected=expected, remedy=_FETCH_AGAIN)

    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise damaged("no such file", "all four IDX files in this folder") from error
    except Exception as error:  # gzip and zlib raise four unrelated types on damaged input
        raise damaged(f"damaged gzip data ({error})", "a complete gzipped IDX file") from error
    if content[:3] != b"\0\0\x08" or content[3:4] not in (b"\1", b"\3", b"\4"):
        raise damaged(f"a file that begins with {content[:4]!r}", "labels or images in IDX format")
    header = 4 + 4 * content[3]
    shape = tuple(np.frombuffer(content[4:header].ljust(header - 4, b"\0"), ">u4").tolist())
    if len(content) != header + math.prod(shape):
        raise damaged(
            f"{len(content):,} bytes",
            f"{header + math.prod(shape):,} for the shape {shape} in its header",
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _check_contents(array: np.ndarray, what: str, spec: DatasetSpec, key: str) -> None:
    """Raise DataError unless the array is that of the published set, to the last byte."""
    remedy = (
        f"The file was altered, or holds another set. {_FETCH_AGAIN} For your own set, choose a "
        f"name other than {spec.name}."
    )
    if array.dtype != np.uint8 or array.shape != spec.shapes[key]:
        raise DataError.about(
            what,
            found=f"{array.dtype} of shape {array.shape}",
            expected=f"uint8 of shape {spec.shapes[key]}",
            remedy=remedy,
        )
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    if digest != spec.sha256[key]:
        raise DataError.about(
            what,
            found=f"values with SHA-256 {digest}",
            expected=f"{spec.sha256[key]}, that of the {spec.name} set",
            remedy=remedy,
        )


def _numbered(
    arrays: dict[str, np.ndarray], where: dict[str, str]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the class of each image by split, int64, and the name of each class."""
    labels = {}
    for part in ("train", "test"):
        given, count = arrays[f"y_{part}"], len(arrays[f"x_{part}"])
        try:
            labels[part] = checked_labels(given, count=count)
        except ValueError as error:
            raise DataError.about(
                where[f"y_{part}"],
                found=f"{given.dtype} of shape {given.shape} ({error})",
                expected=f"integers or strings of shape ({count},), one for each image",
                remedy="Check that images and labels belong together.",
            ) from None
    try:
        both = joined_labels(labels["train"], labels["test"], ("y_train", "y_test"))
    except ValueError as error:
        raise DataError.about(
            where["y_test"],
            found=f"other labels than in y_train ({error})",
            expected="integers in both, or strings in both",
            remedy="Save both with the same kind of labels.",
        ) from None
    classes, numbers = np.unique(both, return_inverse=True)
    names = tuple(map(str, classes.tolist()))
    if both.dtype.kind == "i" and len(classes) and classes[0] >= 0:
        count = int(classes[-1]) + 1
        if count <= max(_FEW_CLASSES, 2 * len(classes)):
            numbers, names = both, tuple(map(str, range(count)))
    train, test = np.split(numbers.astype(np.int64), [len(labels["train"])])
    return {"train": train, "test": test}, names


def _to_split(images: np.ndarray, labels: np.ndarray, where: str) -> Split:
    """Check the arrays of one split, and convert them to the library's shapes and dtypes."""
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise DataError.about(
            where,
            found=f"{images.dtype} of shape {images.shape}",
            expected="uint8 images of shape (N, H, W) or (N, H, W, C), values 0 to 255",
            remedy="Convert the images and save the file again.",
        )
    if images.ndim == 3:
        images = images[..., np.newaxis]
    # Copy what came from a read-only buffer: callers may write to a Dataset's arrays.
    return Split(np.require(images, requirements="W"), labels)
