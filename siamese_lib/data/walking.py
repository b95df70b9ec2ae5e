"""Walk through a folder of images: which files belong to which class, and what is left out.

Linked folders are followed. Each folder is read once in a class, whatever links lead to it, and a
link to a folder that it is in is not followed. Nothing is left out without a line in `skipped`,
except hidden files and what operating systems and network drives leave behind (`CLUTTER`).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from siamese_lib.data.dataset import DataError
from siamese_lib.texts import composed, listed

# Names that begin with a dot are hidden as well, and so are Office's lock files (~$report.docx).
CLUTTER = {
    # Windows
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "recycler",
    "recycled", "system volume information", "found.000", "picasa.ini",
    # macOS and Linux
    "__macosx", "icon\r", "network trash folder", "temporary items", "thevolumesettingsfolder",
    "lost+found", "__pycache__",
    # Synology, QNAP and NetApp
    "@eadir", "#recycle", "#snapshot", "@tmp", "@recycle", "@recently-snapshot", "@sharebin",
    "@synoresource", "@synoeastream", "~snapshot", "~recycle",
}  # fmt: skip
_STUBS = {"BUFR", "GRIB", "HDF5", "MPEG", "PALM", "PDF"}  # Pillow knows them, but reads none
_FOREIGN = {  # pictures that Pillow reads only with a plug-in, if at all
    ".heic", ".heif", ".hif", ".jxl", ".exr", ".dcm", ".dng", ".cr2", ".cr3", ".nef", ".arw",
    ".raf", ".orf", ".rw2",
}  # fmt: skip
_SET = r"(?i:{})(?i:[ _-]?(set|data|images|split))?"
_PARTS = {  # what folders that hold a split are called
    "train": re.compile(_SET.format("train|training")),
    "test": re.compile(_SET.format("test|testing")),
    "validation": re.compile(_SET.format("val|valid|validation")),
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that was left out.

    Attributes:
        path: from the root; of a folder, with a slash at its end.
        reason: in words.
        kind: the suffix of a file that is no picture by its name; "" for what should have been
            read.
    """

    path: str
    reason: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class ClassFolders:
    """A folder that holds one folder for each class.

    Attributes:
        name: "" for the root itself; else that of the folder in the root, such as "train".
        classes: the class folders, by their own names, in the order of the names. Names that are
            equal in `composed` form are one class.
    """

    name: str
    classes: dict[str, Path]


@dataclass
class Walk:
    """A walk through the folder `root`.

    Attributes:
        root: the folder.
        parts: one, or two for a root with a split of its own: training and test images.
        skipped: what was left out so far. `files` adds to it.
        notes: sentences for the user.
    """

    root: Path
    parts: list[ClassFolders] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, root: Path) -> Walk:
        """Find the class folders of a root.

        Raises:
            DataError: it cannot be read, or has no class folders; the message says which folder to
                give instead if there is one.
        """
        walk = cls(root)
        try:
            os.scandir(root).close()
        except OSError as error:
            raise DataError.about(
                root,
                found=f"a folder that cannot be read ({error.strerror})",
                expected="a folder of images",
                remedy="Change its permissions, or copy the images to a folder of your own.",
            ) from error
        folders, files = walk.entries(root)
        pictures = [file for file in files if is_picture(file)]
        if not folders:
            raise _too_low(root, pictures)
        split = walk.own_split(folders)
        if split is None and not pictures:
            _check_height(root, folders)
        walk.skipped += [Skipped(f.name, "outside every class folder") for f in pictures]
        walk.parts = split or [walk.part("", folders)]
        return walk

    def entries(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """Return the folders and the files in a folder, by name, without clutter."""
        folders, files = [], []
        try:
            found = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.skip(folder, error.strerror or type(error).__name__, folder=True)
            return [], []
        for entry in found:
            if is_clutter(entry.name):
                continue
            path = folder / entry.name
            try:
                mode = path.stat().st_mode
            except OSError as error:
                broken = "a link that leads nowhere" if entry.is_symlink() else error.strerror
                self.skip(path, broken or type(error).__name__)
                continue
            if stat.S_ISDIR(mode):
                folders.append(path)
            elif stat.S_ISREG(mode):
                files.append(path)
            else:
                self.skip(path, "neither a file nor a folder")
        return folders, files

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield the files of a class folder and below: of each folder its files, then its folders.

        Linked folders are followed. A folder is entered once, and never one that it is in.
        """
        seen: dict[str, Path] = {}
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            real = os.path.realpath(here)
            if here != folder and self._around(real, here.parent):
                self.skip(here, "a link to a folder that it is in, not followed", folder=True)
            elif real in seen:
                self.skip(here, f"the same folder as {self.name(seen[real])}{os.sep}", folder=True)
            else:
                seen[real] = here
                folders, files = self.entries(here)
                yield from files
                waiting += reversed(folders)

    def part(self, name: str, folders: Sequence[Path]) -> ClassFolders:
        """Make a part of class folders; links to the same folder are one class."""
        real: dict[str, Path] = {}
        for folder in sorted(folders, key=lambda folder: (folder.is_symlink(), folder.name)):
            target = os.path.realpath(folder)
            if self._around(target, folder.parent):
                self.skip(folder, "a link to a folder that it is in, not followed", folder=True)
            elif target in real:
                same = self.name(real[target])
                self.skip(
                    folder, f"the same folder as {same}{os.sep}, a class already", folder=True
                )
            else:
                real[target] = folder
        in_order = sorted(real.values(), key=lambda folder: (composed(folder.name), folder.name))
        return ClassFolders(name, {folder.name: folder for folder in in_order})

    def own_split(self, folders: Sequence[Path]) -> list[ClassFolders] | None:
        """Return training and test part if folders in the root are called so, else None.

        Raises:
            DataError: one of them has no class folders.
        """
        roles: dict[str, list[Path]] = {role: [] for role in _PARTS}
        others = []
        for folder in folders:
            role = next((r for r, name in _PARTS.items() if name.fullmatch(folder.name)), None)
            (others if role is None else roles[role]).append(folder)
        tests = roles["test"] or roles["validation"]
        if not roles["train"] or not tests:
            return None
        if len(roles["train"]) > 1 or len(tests) > 1:
            if others:
                return None  # classes among others
            names = listed([folder.name + os.sep for folder in folders])
            raise DataError.about(
                self.root,
                found=f"several folders named as training or test sets are ({names})",
                expected="one of each, or one sub-folder of images for each class",
                remedy="Rename those that are not to be used, or load one of them alone.",
            )
        train, test = roles["train"][0], tests[0]
        inside = [_peek(folder)[0] for folder in (train, test)]
        names = [{composed(folder.name) for folder in folders} for folders in inside]
        common = names[0] & names[1]
        if others and not common:
            return None  # train/ and test/ are classes among others
        for folder, classes in zip((train, test), inside, strict=True):
            if not classes:
                raise _no_classes_in(folder, train)
        if not common:
            raise DataError.about(
                self.root,
                found=f"no class that {train.name}{os.sep} and {test.name}{os.sep} both have "
                f"({'; '.join(listed(sorted(each)) for each in names)})",
                expected="the same class folders in both",
                remedy=f"Give the folders the same names, or load {train} alone.",
            )
        self._note_outside(train, test, [*others, *set(roles["validation"]) - {test}])
        for a, b, there in ((0, 1, train), (1, 0, test)):
            alone = sorted(names[a] - names[b])
            if alone:
                self.notes.append(
                    f"Only {there.name}{os.sep} has the class folders {listed(alone)}."
                )
        return [self.part(f.name, c) for f, c in zip((train, test), inside, strict=True)]

    def name(self, path: Path) -> str:
        """Return a path from the root."""
        return str(path.relative_to(self.root))

    def skip(self, path: Path, reason: str, *, folder: bool = False) -> None:
        """Note that a file or folder was left out."""
        self.skipped.append(Skipped(self.name(path) + os.sep * folder, reason))

    def _around(self, real: str, parent: Path) -> bool:
        """Return whether a real path is that of a folder, or of one that the folder is in."""
        within = os.path.realpath(parent)
        return within == real or within.startswith(real.rstrip(os.sep) + os.sep)

    def _note_outside(self, train: Path, test: Path, others: Sequence[Path]) -> None:
        """Note what is not in a class folder of the training or the test part."""
        for folder in (train, test):
            for file in filter(is_picture, self.entries(folder)[1]):
                self.skip(file, "outside every class folder")
        for folder in sorted(others):
            used = f"{train.name}{os.sep} and {test.name}{os.sep} are used as the split"
            self.skip(folder, used, folder=True)


def is_clutter(name: str) -> bool:
    """Return whether a file or folder was left by an operating system, a drive or a program."""
    return name.startswith((".", "~$")) or name.lower() in CLUTTER


def is_picture(file: Path) -> bool:
    """Return whether a file is named like a picture, even if Pillow cannot read it."""
    from PIL import Image  # waits: slow to import

    suffix = file.suffix.lower()
    return suffix in _FOREIGN or Image.registered_extensions().get(suffix, "PDF") not in _STUBS


def _peek(folder: Path) -> tuple[list[Path], bool]:
    """Return the folders in a folder, and whether it holds a picture."""
    folders, files = Walk(folder).entries(folder)
    return folders, any(map(is_picture, files))


def _too_low(root: Path, pictures: Sequence[Path]) -> DataError:
    """Return the error for a root without sub-folders."""
    if not pictures:
        return DataError.about(
            root,
            found="no sub-folders",
            expected="one sub-folder of images for each class",
            remedy="Move the images of each class into a sub-folder named after the class.",
        )
    return DataError.about(
        root,
        found=f"no sub-folders, and {len(pictures):,} pictures in the folder itself",
        expected="one sub-folder of images for each class",
        remedy=f"If this is the folder of one class, load the folder around it: "
        f"{root.resolve().parent}. Else move the images of each class into a sub-folder named "
        "after the class.",
    )


def _check_height(root: Path, folders: Sequence[Path]) -> None:
    """Raise DataError if the only sub-folder of a root is what should have been given."""
    below, seen = root, set()
    while len(folders) == 1 and os.path.realpath(folders[0]) not in seen:
        below = folders[0]
        seen.add(os.path.realpath(below))
        folders, pictures = _peek(below)
        if pictures:
            return
    if below != root and len(folders) > 1:
        names = listed([folder.name + os.sep for folder in folders])
        raise DataError.about(
            root,
            found=f"one sub-folder, {below.relative_to(root)}{os.sep}, which holds only folders "
            f"({names})",
            expected="one sub-folder of images for each class",
            remedy=f"If these are the classes, load {below}.",
        )


def _no_classes_in(folder: Path, train: Path) -> DataError:
    """Return the error for a training or test folder without class folders."""
    other = (
        f" Or load {train} alone, and some of its images are kept for testing."
        if folder != train
        else ""
    )
    return DataError.about(
        folder,
        found="no sub-folders",
        expected=f"one sub-folder of images for each class, as {folder.parent} holds folders "
        "named as a training and a test set are",
        remedy=f"Move the images of each class into a sub-folder named after the class.{other}",
    )
