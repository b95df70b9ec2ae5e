"""Load a folder of images, one sub-folder per class, as a `Dataset`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_lib.data.dataset import DataError, Dataset, Split
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.splitting import THUMBNAIL, notes, test_side

if TYPE_CHECKING:
    from PIL import Image

MODES = {"grayscale": "L", "rgb": "RGB"}
_JPEG = b"\xff\xd8"  # how such a file begins
CLUTTER = {"Thumbs.db", "desktop.ini", "__MACOSX"}  # left by operating systems, as dot files are


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
    the same class. Hidden files are ignored. Every format that Pillow reads is accepted; of a
    moving picture, the first frame is loaded.

    A picture is rotated as its EXIF orientation says, and its transparent parts become white. It
    is scaled to fit into `image_size` without changing its proportions, and centred. The bars that
    remain get the median colour of the picture's own border, so that neither dark nor light
    pictures get a frame.

    Args:
        path: the folder.
        image_size: height and width in pixels.
        color: "grayscale" (1 channel) or "rgb" (3 channels).
        test_fraction: probability that an image is kept for testing, above 0 and below 1; so it
            is about the share of the test images. Each image decides its own side by its pixels,
            whatever its name and size and whichever other files there are, and identical images
            are on one side. A class of two or more different images has at least one in each
            split, and of three or more at least two for training. A single image is used for
            training. `siamese_lib.data.splitting` says more.
        seed: chooses the images kept for testing.

    Returns:
        Images uint8 (N, height, width, 1 or 3), with classes and files in the order of their
        names. `Dataset.skipped` lists the files that were left out.

    Warns:
        UserWarning: some files could not be read and were left out. One warning names them all.
            Another counts images that stand in two classes or in both splits (`Dataset.copies`),
            and names classes that have no test image because their images are identical.

    Raises:
        DataError: there is no such folder, no sub-folder or no image that can be read; or an
            argument is out of range.

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
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError.about(
            root,
            found="a file" if root.exists() else "nothing",
            expected="a folder",
            remedy="Check the path, or unpack the archive first.",
        )
    entries = sorted(entry for entry in root.iterdir() if not _ignored(entry.name))
    folders = [entry for entry in entries if entry.is_dir()]
    if not folders:
        raise DataError.about(
            root,
            found="no sub-folders",
            expected="one sub-folder of images for each class",
            remedy="Move the images of each class into a sub-folder named after the class.",
        )
    skipped = [f"{file.name}: outside every class folder" for file in entries if _is_image(file)]
    names, images, labels, thumbnails = [], [], [], []
    for folder in folders:
        readable = len(images)
        for file in _files(folder):
            try:
                image, thumbnail = _read(file, image_size, MODES[color])
                images.append(image)
                thumbnails.append(thumbnail)
            except Exception as error:  # on bad files, Pillow's readers raise errors of any type
                reason = " ".join(str(error).replace(str(file), "the file").split())
                skipped.append(f"{file.relative_to(root)}: {reason or type(error).__name__}")
        count = len(images) - readable
        if count:
            labels += [len(names)] * count
            names.append(folder.name)
        else:
            skipped.append(f"{folder.name}{os.sep}: no image that can be read, so no class")
    if not images:
        raise DataError.about(
            root,
            found=f"no image that can be read ({'; '.join(skipped[:5])})",
            expected="images in its sub-folders",
            remedy="Check that they are PNG, JPEG or another format that Pillow reads.",
        )
    if skipped:
        left_out = f"{root}: {len(skipped)} of its files and folders were left out:"
        warnings.warn("\n  ".join([left_out, *skipped]), stacklevel=2)
    train, test = _split(images, thumbnails, labels, test_fraction, seed)
    data = Dataset(train, test, tuple(names), str(root), root.resolve().name, tuple(skipped))
    if words := "; ".join(notes(data)):
        warnings.warn(f"{root}: {words}.", stacklevel=2)
    return data


def _check_arguments(image_size: tuple[int, int], color: str, test_fraction: float) -> None:
    sizes = image_size if isinstance(image_size, tuple | list) else ()
    if len(sizes) != 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in sizes):
        raise DataError.about(
            "image_size",
            found=repr(image_size),
            expected="(height, width), two whole numbers above 0",
            remedy="For example image_size=(28, 28).",
        )
    if color not in MODES:
        raise DataError.about(
            "color",
            found=repr(color),
            expected=" or ".join(repr(name) for name in MODES),
            remedy="Choose one of them.",
        )
    if not 0 < test_fraction < 1:
        raise DataError.about(
            "test_fraction",
            found=repr(test_fraction),
            expected="a number above 0 and below 1",
            remedy="For example test_fraction=0.2.",
        )


def _ignored(name: str) -> bool:
    return name.startswith(".") or name in CLUTTER


def _is_image(file: Path) -> bool:
    """Return whether a file is named like an image. A list or a note next to the classes is not."""
    from PIL import Image  # waits: slow to import

    return file.suffix.lower() in Image.registered_extensions() and file.is_file()


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a class folder and below, ordered by name, without hidden ones."""
    for parent, subfolders, files in os.walk(folder):
        subfolders[:] = sorted(name for name in subfolders if not _ignored(name))
        yield from (Path(parent, name) for name in sorted(files) if not _ignored(name))


def _read(file: Path, image_size: tuple[int, int], mode: str) -> tuple[np.ndarray, np.ndarray]:
    """Return one picture as it was asked for, and the thumbnail that decides its side."""
    picture = _upright(file, image_size)
    image = _fitted(picture, image_size, mode)
    if image_size == THUMBNAIL:
        return image, image if mode == "RGB" else _fitted(picture, THUMBNAIL, "RGB")
    with file.open("rb") as opened:
        jpeg = opened.read(len(_JPEG)) == _JPEG
    # A JPEG was decoded at a fraction of its size, which must not decide its side.
    return image, _fitted(_upright(file, THUMBNAIL) if jpeg else picture, THUMBNAIL, "RGB")


def read_image(file: Path, image_size: tuple[int, int], mode: str) -> np.ndarray:
    """Return one picture, uint8 (height, width, channels), prepared as `load_folder` describes."""
    return _fitted(_upright(file, image_size), image_size, mode)


def _upright(file: Path, image_size: tuple[int, int]) -> Image.Image:
    """Open a picture upright, with 8 bits and on white, at least twice as large as it will be."""
    from PIL import Image, ImageOps  # waits: slow to import

    enough = 2 * max(image_size)
    with warnings.catch_warnings():
        # Pillow warns of odd metadata and of pictures of 90 to 180 megapixels, but still reads the
        # pixels. It refuses larger pictures, as it should: they may be made to fill the memory.
        warnings.simplefilter("ignore")
        with Image.open(file) as opened:
            opened.draft(None, (enough, enough))  # let JPEG decode fewer pixels
            return _on_white(_eight_bits(ImageOps.exif_transpose(opened)))


def _fitted(picture: Image.Image, image_size: tuple[int, int], mode: str) -> np.ndarray:
    """Scale a picture to fit, and centre it: uint8 (height, width, channels)."""
    from PIL import Image  # waits: slow to import

    height, width = image_size
    picture = picture.convert(mode)
    scale = min(height / picture.height, width / picture.width)
    inner = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    picture = picture.resize(inner, Image.Resampling.BILINEAR)
    pixels = np.asarray(picture).reshape(picture.height, picture.width, -1)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    filled = np.empty((height, width, pixels.shape[2]), np.uint8)
    filled[:] = np.median(border, axis=0)
    top, left = (height - picture.height) // 2, (width - picture.width) // 2
    filled[top : top + picture.height, left : left + picture.width] = pixels
    return filled


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit greys to 8 bits; Pillow's own conversion clips them at 255."""
    from PIL import Image  # waits: slow to import

    if not picture.mode.startswith("I"):
        if picture.mode == "F":
            raise ValueError("floating-point pixels have no known range; save it with 8 or 16 bits")
        return picture
    deep = np.asarray(picture).astype(np.int64)
    if deep.min() < 0 or deep.max() > 65535:
        raise ValueError("its pixels have more than 16 bits; save it with 8 or 16 bits")
    return Image.fromarray((deep // 257).astype(np.uint8))


def _on_white(picture: Image.Image) -> Image.Image:
    """Put white behind the transparent parts of a picture, as a web page would show it."""
    from PIL import Image  # waits: slow to import

    if not picture.has_transparency_data:
        return picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)


def _split(
    images: Sequence[np.ndarray],
    thumbnails: Sequence[np.ndarray],
    labels: Sequence[int],
    test_fraction: float,
    seed: int,
) -> tuple[Split, Split]:
    """Divide the images into training and test images, as `siamese_lib.data.splitting` says."""
    pictures, classes = np.stack(images), np.array(labels, np.int64)
    tested = test_side(fingerprints(np.stack(thumbnails)), classes, test_fraction, seed)
    return Split(pictures[~tested], classes[~tested]), Split(pictures[tested], classes[tested])
