"""Load a folder of images, one sub-folder per class, as a `Dataset`.

`siamese_lib.data.walking` finds the files and `siamese_lib.data.reading` reads them.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from siamese_lib.data.dataset import DataError, Dataset, Split
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.reading import NotAPictureError, PictureError, read_with_thumbnail
from siamese_lib.data.splitting import THUMBNAIL, notes, test_side
from siamese_lib.data.walking import ClassFolders, Skipped, Walk, is_picture
from siamese_lib.texts import printable, shortened

CHANNELS = {"grayscale": 1, "rgb": 3}
# A file without the suffix of a picture is read if it is one in a format that cannot be mistaken.
_CERTAIN = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "JPEG2000", "AVIF")
_NAMED = 10  # files that a warning names


def load_folder(
    path: str | os.PathLike[str],
    *,
    image_size: tuple[int, int] = (28, 28),
    color: str = "grayscale",
    test_fraction: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Load a folder of your own images.

    Each sub-folder is a class, in the order of the names. Images in deeper sub-folders belong to
    the same class, and linked folders are followed. Hidden files are ignored, and so is what
    operating systems and network drives leave behind. Every format that Pillow reads is accepted;
    of a moving picture, the first frame is loaded.

    If the folder holds a training and a test folder (``train`` or ``training``, and ``test`` or
    ``testing``, else ``val``, ``valid`` or ``validation``), each with the class folders, these are
    the splits.

    A picture is rotated as its EXIF orientation says, and its transparent parts become white. It
    is scaled to fit into `image_size` without changing its proportions, and centred. The bars that
    remain get the median colour of the picture's own border, so that neither dark nor light
    pictures get a frame. Of more than 8 bits, `siamese_lib.data.reading` says what is white.

    Args:
        path: the folder.
        image_size: height and width in pixels.
        color: "grayscale" (1 channel) or "rgb" (3 channels).
        test_fraction: probability that an image is kept for testing, above 0 and below 1; so it
            is about the share of the test images. Each image decides its own side by its pixels,
            whatever its name and size and whichever other files there are, and identical images
            are on one side. A class of two or more different images has at least one in each
            split, and of three or more at least two for training. A single image is used for
            training. `siamese_lib.data.splitting` says more. Not used for a folder with its own
            split.
        seed: chooses the images kept for testing.

    Returns:
        Images uint8 (N, height, width, 1 or 3), with classes and files in the order of their
        names. `Dataset.skipped` lists the files that were left out, and `Dataset.source` says
        which folders were the splits.

    Warns:
        UserWarning: some files were left out. One warning names those that should have been read,
            and counts the others by their suffix. Other warnings count copies in
            two classes or in both splits (`Dataset.copies`), and say what may not be as expected.

    Raises:
        DataError: there is no such folder, no sub-folder or no image that can be read; the folder
            around the classes or that of one class was given; or an argument is out of range.

    Example:
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> for name, grey in ("night", 20), ("noon", 230):
        ...     Path("photos", name).mkdir(parents=True)
        ...     for number in range(10):
        ...         Image.new("L", (40, 30), grey + number).save(f"photos/{name}/{number}.png")
        >>> photos = sl.load_folder("photos", image_size=(32, 32))
        >>> photos.class_names, photos.train.images.shape, photos.test.images.shape
        (('night', 'noon'), (16, 32, 32, 1), (4, 32, 32, 1))
    """
    _check_arguments(image_size, color, test_fraction)
    root = Path(os.fsdecode(path)).expanduser()
    if not root.is_dir():
        raise DataError.about(
            root,
            found="a file" if root.exists() else "nothing",
            expected="a folder",
            remedy="Check the path, or unpack the archive first.",
        )
    walk = Walk.of(root)
    shape = (*image_size, CHANNELS[color])
    read = [_read(walk, part, shape) for part in walk.parts]
    if not read[0].images:
        skipped = "; ".join(map(str, walk.skipped[:5]))
        raise DataError.about(
            root,
            found=f"no image that can be read ({shortened(skipped, 500)})",
            expected="images in its sub-folders",
            remedy="Check that they are PNG, JPEG or another format that Pillow reads.",
        )
    for words in (*_left_out(walk), *walk.notes, *_depths(read), *_nested(walk, read)):
        warnings.warn(printable(f"{root}: {words}"), stacklevel=2)
    names = sorted({name for part in read for name in part.classes})
    arrays = [(part.stacked(shape), part.labels(names)) for part in read]
    if len(arrays) == 1:
        train, test = _split(*arrays[0], read[0].thumbnails, test_fraction, seed)
        source = str(root)
    else:
        train, test = (Split(images, labels) for images, labels in arrays)
        folders = " for training and ".join(part.name + os.sep for part in walk.parts)
        source = f"{root} ({folders} for testing)"
    skipped = tuple(map(str, walk.skipped))
    data = Dataset(train, test, tuple(names), source, root.resolve().name, skipped)
    if words := "; ".join(notes(data)):
        warnings.warn(printable(f"{root}: {words}."), stacklevel=2)
    return data


@dataclass
class _Read:
    """The images of a part that were read, and what is known of each."""

    images: list[np.ndarray] = field(default_factory=list)
    thumbnails: list[np.ndarray] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    whites: list[int | None] = field(default_factory=list)

    def stacked(self, shape: tuple[int, int, int]) -> np.ndarray:
        """Return the images, uint8 (N, H, W, C)."""
        return np.array(self.images, np.uint8).reshape(-1, *shape)

    def labels(self, names: Sequence[str]) -> np.ndarray:
        """Return the classes as numbers, int64 (N,)."""
        number = {name: at for at, name in enumerate(names)}
        return np.array([number[name] for name in self.classes], np.int64)


def _read(walk: Walk, part: ClassFolders, shape: tuple[int, int, int]) -> _Read:
    """Read the images of a part, and note what could not be read."""
    read = _Read()
    for name, folder in part.classes.items():
        before = len(read.images)
        for file in walk.files(folder):
            named = is_picture(file)
            try:
                picture, thumbnail = read_with_thumbnail(
                    file, shape, THUMBNAIL, formats=None if named else _CERTAIN
                )
            except PictureError as error:
                other = isinstance(error, NotAPictureError) and not named
                kind = (file.suffix.lower() or "no suffix") if other else ""
                reason = "not a picture" if other else str(error)
                walk.skipped.append(Skipped(walk.name(file), reason, kind))
            else:
                read.images.append(picture.pixels)
                read.thumbnails.append(thumbnail)
                read.classes.append(name)
                read.files.append(file)
                read.whites.append(picture.guessed_white)
        if len(read.images) == before:
            walk.skip(folder, "no image that can be read, so no class", folder=True)
    return read


def _left_out(walk: Walk) -> list[str]:
    """Say in one line what was left out: by name what should have been read, others by suffix."""
    if not walk.skipped:
        return []
    named = [shortened(printable(each), 160).rstrip(".") for each in walk.skipped if not each.kind]
    kinds = Counter(each.kind for each in walk.skipped if each.kind)
    words = []
    if named:
        more = f"; and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
        words.append("; ".join(named[:_NAMED]) + more)
    if kinds:
        first = {each.kind: each.path for each in reversed(walk.skipped)}
        counts = "; ".join(
            f"{printable(kind)} {n:,}, such as {shortened(printable(first[kind]), 80)}"
            for kind, n in kinds.most_common(_NAMED)
        )
        more = "; …" if len(kinds) > _NAMED else ""
        words.append(f"{kinds.total():,} of other kinds than pictures ({counts}{more})")
    count = len(walk.skipped)
    left_out = f"{count:,} of its files and folders were left out: {'; and '.join(words)}. "
    return [left_out + "Dataset.skipped lists all of them."]


def _depths(read: Sequence[_Read]) -> list[str]:
    """Say if pictures of more than 8 bits were not scaled alike."""
    whites = Counter(white for part in read for white in part.whites if white is not None)
    if len(whites) < 2:
        return []
    counts = " and ".join(f"{white:,} in {n:,}" for white, n in sorted(whites.items()))
    words = (
        "its pictures of more than 8 bits were not scaled alike, as their files do not say how "
        f"many bits they use: white is {counts} of them. If one camera took them, save them with "
        "8 bits, scaled alike."
    )
    return [words]


def _nested(walk: Walk, read: Sequence[_Read]) -> list[str]:
    """Say if no class folder holds a picture itself, as the folders in them may be the classes."""
    inner: dict[Path, set[str]] = {}
    for part, found in zip(walk.parts, read, strict=True):
        for name, file in zip(found.classes, found.files, strict=True):
            folder = part.classes[name]
            inner.setdefault(folder, set()).add(file.relative_to(folder).parts[0])
            if file.parent == folder:
                return []
    if len(inner) < 2 or min(map(len, inner.values())) < 2:
        return []
    first = min(inner)
    words = (
        f"all images of its {len(inner)} class folders are in folders further down, such as "
        f"{first.name}{os.sep}{min(inner[first])}. If those are the classes, load the folder "
        f"around them, such as {first}."
    )
    return [words]


def _check_arguments(image_size: tuple[int, int], color: str, test_fraction: float) -> None:
    sizes = image_size if isinstance(image_size, tuple | list) else ()
    if len(sizes) != 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in sizes):
        raise DataError.about(
            "image_size",
            found=repr(image_size),
            expected="(height, width), two whole numbers above 0",
            remedy="For example image_size=(28, 28).",
        )
    if color not in CHANNELS:
        raise DataError.about(
            "color",
            found=repr(color),
            expected=" or ".join(repr(name) for name in CHANNELS),
            remedy="Choose one of them.",
        )
    if not 0 < test_fraction < 1:
        raise DataError.about(
            "test_fraction",
            found=repr(test_fraction),
            expected="a number above 0 and below 1",
            remedy="For example test_fraction=0.2.",
        )


def _split(
    images: np.ndarray,
    labels: np.ndarray,
    thumbnails: Sequence[np.ndarray],
    test_fraction: float,
    seed: int,
) -> tuple[Split, Split]:
    """Divide the images into training and test images, as `siamese_lib.data.splitting` says."""
    tested = test_side(fingerprints(np.stack(thumbnails)), labels, test_fraction, seed)
    return Split(images[~tested], labels[~tested]), Split(images[tested], labels[tested])
