"""The folder of embedded files: what it holds, how it is written, and how it is checked.

``embedded.json``
    ``format`` 1; ``run``: ``weights``, a hash of the weights that embedded the files, ``step`` of
    the training, ``image_shape``, ``white``, ``embedding_dim``, and ``probe``, the embedding of
    one fixed picture; ``files``: ``count``, ``part``,
    how many files a part has, ``root``, the folder that they are in, or null, and ``skipped``, what
    was left out of it, as pairs of a path and a reason.
``files/000000.parquet``, ...
    the list of files in parts: ``path`` (bytes, as the name of a file need not be text), ``label``
    (text or null), ``size`` in bytes, and ``changed``, when it last was, in nanoseconds.
``parts/000000.parquet``, ...
    ``path`` and ``label`` of the files of a part that could be read, and their ``embedding``,
    float32 of a fixed length. The metadata ``skipped`` is JSON: the paths of the others, and why.

The list is written first, and ``embedded.json`` once it is whole. Each file is written atomically.
A part that is there is therefore whole, and is never computed again.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import DataError
from siamese_lib.files import JsonObject, write_atomically
from siamese_lib.scale.file_list import FileList, Listed
from siamese_lib.scale.parquet_files import packed_list, unpacked_list
from siamese_lib.texts import located, printable

FORMAT = 1
_FACTS = "embedded.json"
_OURS = re.compile(r"embedded\.json|files|parts|\.partial-embedded\.json")


@dataclass(frozen=True)
class Embedder:
    """What embedded the files; as in the JSON file.

    Attributes:
        weights: a hash of the weights.
        step: of the training.
        image_shape: height, width and channels of the images.
        white: the largest pixel that the tower expects, or None.
        embedding_dim: length of an embedding.
        probe: what `probe_of` gives, as towers may differ although their weights are the same.
    """

    weights: str
    step: int
    image_shape: tuple[int, int, int]
    white: int | None
    embedding_dim: int
    probe: list[float] = field(compare=False, default_factory=list)


class EmbeddedFolder:
    """The folder of embedded files.

    Args:
        path: the folder.
        embedder: what embeds the files.
        count: how many files there are.
        part: how many of them a part has.
        root: the folder that they are in, or None.
        skipped: what was left out of it, and why.
    """

    def __init__(
        self,
        path: Path,
        embedder: Embedder,
        count: int,
        part: int,
        root: Path | None,
        skipped: dict[Path, str],
    ) -> None:
        self.path, self.embedder = path, embedder
        self.count, self.part, self.root, self.skipped = count, part, root, skipped

    @classmethod
    def make(cls, path: Path, embedder: Embedder, files: FileList, part: int) -> EmbeddedFolder:
        """Write the list of files, and return the folder.

        Raises:
            DataError: there is no file to embed, or the folder holds something else.
        """
        if path.exists():
            foreign = [path] if not path.is_dir() else [*path.iterdir()]
            foreign = [file for file in foreign if not _OURS.fullmatch(file.name)]
            if foreign:
                raise DataError.about(
                    path,
                    found=f"{min(foreign).name}, which is no part of embedded files",
                    expected="a new folder, or one that embed_files has made",
                    remedy="Choose another folder.",
                )
        (path / "files").mkdir(parents=True, exist_ok=True)
        (path / "parts").mkdir(exist_ok=True)
        for old in [*(path / "files").iterdir(), *(path / "parts").iterdir()]:
            old.unlink()  # of a call whose facts are lost
        count = 0
        waiting = iter(files)
        while chunk := [*islice(waiting, part)]:
            write_atomically(_numbered(path / "files", count // part), packed_list(chunk))
            count += len(chunk)
        if not count:
            raise DataError.about(
                "files",
                found="no file",
                expected="at least one",
                remedy="Check the list, or the pattern that made it.",
            )
        made = cls(path, embedder, count, part, files.root, files.skipped)
        facts = {
            "format": FORMAT,
            "run": asdict(embedder),
            "files": {
                "count": count,
                "part": part,
                "root": None if files.root is None else str(files.root),
                "skipped": _pairs(files.skipped),
            },
        }
        write_atomically(path / _FACTS, json.dumps(facts, indent=1).encode())
        return made

    @classmethod
    def read(cls, path: Path) -> EmbeddedFolder:
        """Read which files are embedded, and by what.

        Raises:
            FileNotFoundError: there is no such folder.
            DataError: the folder holds no embedded files, has a later format, or is damaged.
        """
        if not path.exists():
            raise FileNotFoundError(
                f"There is no folder {located(path)}; expected one that embed_files has made."
            )
        if not cls.is_in(path):
            raise DataError.about(
                path,
                found=f"no {_FACTS}",
                expected="a folder that embed_files has made",
                remedy="Check the path, or embed the files again if that was interrupted.",
            )
        try:
            facts = json.loads((path / _FACTS).read_bytes())
            version = facts["format"]
            if version == FORMAT:
                return cls(path, **_checked(facts))
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise damaged(path, f"{_FACTS}: {error!r}") from error
        raise DataError.about(
            path,
            found=f"format {version!r:.40}",
            expected=str(FORMAT),
            remedy="A later version wrote it: install that version.",
        )

    @staticmethod
    def is_in(path: Path) -> bool:
        """Return whether a folder holds a whole list of files to embed."""
        return (path / _FACTS).is_file()

    @property
    def numbers(self) -> range:
        """The numbers of the parts."""
        return range(-(-self.count // self.part))

    @property
    def missing(self) -> list[int]:
        """The numbers of the parts that are not embedded yet."""
        return [number for number in self.numbers if not self.place(number).is_file()]

    def place(self, number: int) -> Path:
        """Return where a part is."""
        return _numbered(self.path / "parts", number)

    def listed(self, number: int) -> list[Listed]:
        """Return the files of a part."""
        return self._list(number)[1]

    def list_bytes(self, number: int) -> bytes:
        """Return the content of the file that lists the files of a part."""
        return self._list(number)[0]

    def _list(self, number: int) -> tuple[bytes, list[Listed]]:
        """Read and check the list of a part. DataError if it is missing or damaged."""
        place = _numbered(self.path / "files", number)
        try:
            content = place.read_bytes()
            return content, unpacked_list(content)
        except (OSError, ValueError, KeyError) as error:
            raise damaged(self.path, f"files/{place.name}: {error}") from error

    def write(self, number: int, content: bytes) -> None:
        """Write a part that `packed_part` has packed."""
        write_atomically(self.place(number), content)

    def difference(self, files: FileList) -> str:
        """Say where a list of files first differs from the one in the folder; "" if nowhere."""
        stored = (each for number in self.numbers for each in self.listed(number))
        for place, (before, now) in enumerate(zip_longest(stored, files)):
            if before == now:
                continue
            if before is not None and now is not None and before[:2] == now[:2]:
                return f"file {place + 1:,}, {printable(now.path)}, has changed since"
            words = [
                "nothing"
                if each is None
                else f"{printable(each.path)} of class {each.label}"
                if each.label is not None
                else printable(each.path)
                for each in (now, before)
            ]
            return f"file {place + 1:,} is {words[0]}, and was {words[1]}"
        return ""


def damaged(path: Path, why: str) -> DataError:
    """Return the error for a folder whose files are not as they were written."""
    return DataError.about(
        path,
        found=f"damaged files ({why})",
        expected="those that embed_files has written",
        remedy="Delete the file that is named, or the folder, and embed the files again.",
    )


def _numbered(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.parquet"


def _pairs(skipped: dict[Path, str]) -> list[tuple[str, str]]:
    return [(str(path), reason) for path, reason in skipped.items()]


def _checked(facts: JsonObject) -> dict[str, Any]:
    run, files = facts["run"], facts["files"]
    height, width, channels = (whole_number("image_shape", n, 1) for n in run["image_shape"])
    run = {each.name: run[each.name] for each in fields(Embedder)}
    run["embedding_dim"] = whole_number("embedding_dim", run["embedding_dim"], 1)
    return {
        "embedder": Embedder(**{**run, "image_shape": (height, width, channels)}),
        "count": whole_number("count", files["count"], 1),
        "part": whole_number("part", files["part"], 1),
        "root": None if files["root"] is None else Path(files["root"]),
        "skipped": {Path(path): reason for path, reason in files["skipped"]},
    }
