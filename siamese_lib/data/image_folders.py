"""Load a folder of images, one sub-folder per class, as a `Dataset`.

`siamese_lib.data.walking` finds the files and `siamese_lib.data.reading` reads them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from siamese_lib.checks import real_number, whole_number
from siamese_lib.data.cache_folder import cache_folder
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.folder_cache import FolderCache, Found
from siamese_lib.data.folder_notes import said_of
from siamese_lib.data.folder_parts import in_memory, read_parts
from siamese_lib.data.folder_store import FolderStore
from siamese_lib.data.paths import given_path
from siamese_lib.data.read_many import read_many
from siamese_lib.data.shapes import checked_shape
from siamese_lib.data.splitting import notes, test_side
from siamese_lib.data.walking import Walk
from siamese_lib.texts import printable, shortened


def load_folder(
    path: str | os.PathLike[str],
    *,
    image_size: tuple[int, int] = (28, 28),
    color: str = "grayscale",
    test_fraction: float = 0.2,
    seed: int = 0,
    cache: bool = True,
    on_disk: bool | str | os.PathLike[str] = False,
    verbose: bool = True,
) -> Dataset:
    """Load a folder of your own images.

    Each sub-folder is a class, in the order of the names. Names that look alike but are written in
    two forms of Unicode are one class, called by the composed form (NFC). Images in deeper
    sub-folders belong to the same class, and linked folders are followed. Hidden files are ignored,
    and so is what operating systems and network drives leave behind. Every format that Pillow reads
    is accepted; of a moving picture, the first frame is loaded.

    If the folder holds a training and a test folder (``train`` or ``training``, and ``test`` or
    ``testing``, else ``val``, ``valid`` or ``validation``), each with the class folders, these are
    the splits.

    A picture is rotated as its EXIF orientation says, and its transparent parts become white. It
    is scaled to fit into `image_size` without changing its proportions, and centred. The bars that
    remain get the median colour of the picture's own border, so that neither dark nor light
    pictures get a frame; bars of a picture with transparent parts are white. Of more than 8 bits,
    `siamese_lib.data.reading` says what is white.

    Args:
        path: the folder.
        image_size: height and width in pixels, each up to 4,096. All images together, twice,
            must fit into the machine's memory, unless they stay on disk.
        color: "grayscale" (1 channel) or "rgb" (3 channels).
        test_fraction: probability that an image is kept for testing, above 0 and below 1; so it
            is about the share of the test images. Each image decides its own side by its pixels,
            whatever its name and size and whichever other files there are, and identical images
            are on one side. A class of two or more different images has at least one in each
            split, and of three or more at least two for training. A single image is used for
            training. `siamese_lib.data.splitting` says more. Not used for a folder with its own
            split.
        seed: chooses the images kept for testing; a whole number, 0 or more.
        cache: keep the pixels on this machine, so that the folder opens quickly the next time and
            only files that are new or changed are read. The images are the same with and without
            it. All folders together take up to 4 GB, and those that were not used for longest are
            removed. `SIAMESE_CACHE` names another place (`siamese_lib.data.cache_folder`).
        on_disk: leave the pixels on disk, for a folder that is larger than memory: `Split.images`
            are then `StoredImages`, and batches are read while the training computes. True keeps
            them in the cache, or name a folder, on another disk, say. They take height × width ×
            channels bytes for each image. They are not removed to keep within the cache's 4 GB,
            but by you; loading the folder again only removes what no image needs any more. With
            the same seed, the images, the splits, the batches and so the weights are those that
            the folder gives in memory. A reading that was interrupted or killed goes on.
        verbose: show a progress bar if there is much to read: 500 files or 30 MB.

    Returns:
        Images uint8 (N, height, width, 1 or 3), with classes and files in the order of their
        names. `Split.files` names the files, and `Dataset.path` gives the path of each.
        `Dataset.skipped` lists the files that were left out, and `Dataset.source` says which
        folders were the splits.

    Warns:
        UserWarning: some files were left out. One warning names those that should have been read,
            and counts the others by their suffix. Other warnings count copies in
            two classes or in both splits (`Dataset.copies`), say what may not be as expected, or
            that the cache cannot be written.

    Raises:
        DataError: there is no such folder, no sub-folder or no image that can be read; the folder
            around the classes or that of one class was given; the path is empty or cannot be
            looked up; the images do not fit into memory, or their pixels onto the disk; or an
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
        >>> photos.train.files[:2], photos.path("train", 0).name
        (('night/0.png', 'night/1.png'), '0.png')
        >>> stored = sl.load_folder("photos", image_size=(32, 32), on_disk="pixels of photos")
        >>> bool((stored.train.images[3:5] == photos.train.images[3:5]).all())
        True
    """
    shape = checked_shape(image_size, color)
    try:
        test_fraction = real_number("test_fraction", test_fraction, 0, 1)
        seed = whole_number("seed", seed, 0)
    except ValueError as error:
        raise DataError(str(error)) from None
    root = given_path(path)
    if not root.is_dir():
        raise DataError.about(
            root,
            found="a file" if root.exists() else "nothing",
            expected="a folder",
            remedy="Check the path, or unpack the archive first.",
        )
    walk = Walk.of(root)
    kept = _cache_of(root, shape, cache, on_disk)
    what = shortened(printable(root.resolve().name)) if verbose else ""
    try:
        parts = read_parts(walk, partial(read_many, shape=shape, cache=kept, what=what))
    finally:  # an interrupted reading continues the next time
        if kept is not None:
            _save(kept, root)
    if not parts[0].found:
        skipped = "; ".join(map(str, walk.skipped[:5]))
        raise DataError.about(
            root,
            found=f"no image that can be read ({shortened(skipped, 500)})",
            expected="images in its sub-folders",
            remedy="Check that they are PNG, JPEG or another format that Pillow reads.",
        )
    for words in said_of(walk, parts):
        warnings.warn(printable(f"{root}: {words}"), stacklevel=2)
    names = sorted({name for part in parts for name in part.classes})
    source = str(root)
    if len(parts) == 1:
        pictures = np.array([each.thumbnail for each in parts[0].found], np.uint64)
        tested = test_side(pictures, parts[0].labels(names), test_fraction, seed)
        parts = [parts[0].rows(~tested), parts[0].rows(tested)]
    else:
        folders = " for training and ".join(part.name + os.sep for part in walk.parts)
        source = f"{root} ({folders} for testing)"
    gathered = _gathering(kept, shape)
    train, test = (part.split(root, gathered, names) for part in parts)
    skipped, place = tuple(map(str, walk.skipped)), Path(os.path.abspath(root))
    data = Dataset(train, test, tuple(names), source, root.resolve().name, skipped, place)
    if words := "; ".join(notes(data, drawn=len(walk.parts) == 1)):
        warnings.warn(printable(f"{root}: {words}."), stacklevel=2)
    return data


def _cache_of(
    root: Path,
    shape: tuple[int, int, int],
    cache: bool,
    on_disk: bool | str | os.PathLike[str],
) -> FolderCache | None:
    """Return what is known of a folder, from where `load_folder` was told to keep it."""
    if on_disk is False:
        return FolderCache(root, shape) if cache else None
    if not cache:
        raise DataError.about(
            "cache",
            found=f"False with on_disk={on_disk!r}",
            expected="one of them, as on_disk keeps the pixels, too",
            remedy="Leave cache out.",
        )
    place = cache_folder() / "stored" if on_disk is True else given_path(on_disk)
    if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(root)):
        raise DataError.about(
            "on_disk",
            found=f"{place}, which is in the folder of the images",
            expected="a folder elsewhere",
            remedy="Name a folder next to it.",
        )
    return FolderStore(root, shape, place)


def _gathering(
    cache: FolderCache | None, shape: tuple[int, int, int]
) -> Callable[[Sequence[Found]], np.ndarray]:
    """Return what makes an array of images, once all were read."""
    if isinstance(cache, FolderStore):
        cache.clean()
        return cache.gathered
    return partial(in_memory, shape=shape)


def _save(cache: FolderCache, root: Path) -> None:
    """Write the cache, and warn if it cannot be written."""
    try:
        cache.save()
    except OSError as error:
        words = (
            f"{root}: its pixels were not kept in {cache.folder.parent}: "
            f"{error.strerror or error}. So all of its files will be read again next time. Make "
            "that folder writable, or name another one in the environment variable SIAMESE_CACHE."
        )
        warnings.warn(printable(words), stacklevel=3)
