"""What a search for doubtful images has found, and the table to keep of it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_lib.files import write_atomically
from siamese_lib.texts import printable

_VOTES = ("votes for suggested", "votes for class")
COLUMNS = ("kind", "file", "other file", "class", "other class", "suggested", *_VOTES, "score")
_FORMULA = ("=", "+", "-", "@")  # how a cell begins that a spreadsheet computes


@dataclass(frozen=True, eq=False, kw_only=True)
class Findings:
    """Doubtful images, the most doubtful first.

    Attributes:
        kind: what was searched for: "near duplicate", "outlier" or "suspect label".
        indices: int64 (F,), the images.
        scores: float64 (F,), larger for more doubtful images. Their functions say what they mean.
        others: int64 (F,), for each image the earlier image that it nearly is; None if there are
            no pairs.
        labels: int64 or str (F,), the classes of the images; None if they are not known.
        other_labels: int64 or str (F,), the classes of `others`, or None.
        suggested: int64 or str (F,), the classes that fit the images better, or None.
        votes: int64 (F, 3), how many neighbours of each image are of the class `suggested`, how
            many are of its own, and how many there are; None if none were asked.
    """

    kind: str
    indices: NDArray[np.int64]
    scores: NDArray[np.float64]
    others: NDArray[np.int64] | None = None
    labels: np.ndarray | None = None
    other_labels: np.ndarray | None = None
    suggested: np.ndarray | None = None
    votes: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.indices)

    def first(self, count: int) -> Findings:
        """Return the `count` most doubtful of them, or all if there are fewer."""
        return self._part(slice(count))

    def after(self, count: int) -> Findings:
        """Return those that `first` leaves out."""
        return self._part(slice(count, None))

    def _part(self, rows: slice) -> Findings:
        parts = ("indices", "scores", "others", "labels", "other_labels", "suggested", "votes")
        given = {name: getattr(self, name) for name in parts}
        fewer = {name: part[rows] for name, part in given.items() if part is not None}
        return replace(self, **fewer)

    def are_among(self, images: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which of `indices` and which of `others` are among some images, bool (F,) twice.

        Args:
            images: integers, numbered as `indices` are.
        """
        chosen = np.asarray(images, np.int64)
        this = np.isin(self.indices, chosen)
        none = np.zeros(len(self), bool)
        return this, none if self.others is None else np.isin(self.others, chosen)

    def rows(
        self, files: Sequence[object] | None = None, class_names: Sequence[str] | None = None
    ) -> list[dict[str, object]]:
        """Return a row of the table for each image, as `COLUMNS` names its cells.

        Args:
            files: N names, one for each image that was searched. Without them, the table has the
                index of the image.
            class_names: the name of class 0, of class 1, and so on. Without them, the table has
                the labels.

        Returns:
            F dicts. What is not known is "". Texts are printable (`siamese_lib.texts`).

        Raises:
            ValueError: an image has no file, or a class no name.
        """
        files_of = {
            "file": _named(self.indices, files, "files"),
            "other file": _named(self.others, files, "files"),
        }
        classes_of = {
            "class": _named(self.labels, class_names, "class_names"),
            "other class": _named(self.other_labels, class_names, "class_names"),
            "suggested": _named(self.suggested, class_names, "class_names"),
        }
        counts = self.votes.T[:2].tolist() if self.votes is not None else (None, None)
        columns = {**files_of, **classes_of, **dict(zip(_VOTES, counts, strict=True))}
        return [
            {
                "kind": self.kind,
                **{name: cells[row] if cells else "" for name, cells in columns.items()},
                "score": float(score),
            }
            for row, score in enumerate(self.scores)
        ]

    def to_csv(
        self,
        path: str | os.PathLike[str],
        *,
        files: Sequence[object] | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        """Write the table of these findings, as `write_table` does."""
        write_table(path, [self], files=files, class_names=class_names)


def write_table(
    path: str | os.PathLike[str],
    findings: Sequence[Findings],
    *,
    files: Sequence[object] | None = None,
    class_names: Sequence[str] | None = None,
    left_out: ArrayLike | None = None,
) -> None:
    """Write several findings as one CSV file, whole or not at all.

    The file is UTF-8. Spreadsheets compute a cell that begins with =, +, - or @, and a file may be
    named like that. Such a cell gets an apostrophe in front, so that it stays text.

    Args:
        path: the file, which is replaced if it is there. Missing folders are created.
        findings: the findings, one after another.
        files, class_names: as for `Findings.rows`.
        left_out: integers, images that a training did without. Then the table has one more column,
            "left out", with the file or the index of the one that is in the row. If both images of
            a pair are left out, it is the first.

    Raises:
        ValueError: as `Findings.rows`.
        OSError: the file cannot be written.

    Example:
        >>> found = sl.curation.Findings(
        ...     kind="outlier", indices=np.array([1]), scores=np.array([4.25])
        ... )
        >>> sl.curation.write_table("doubtful.csv", [found], files=["seal.png", "=owl.png"])
        >>> from pathlib import Path
        >>> print(Path("doubtful.csv").read_text())
        kind,file,other file,class,other class,suggested,votes for suggested,votes for class,score
        outlier,'=owl.png,,,,,,,4.25
        <BLANKLINE>
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    columns = COLUMNS if left_out is None else (*COLUMNS, "left out")
    writer.writerow(columns)
    for each in findings:
        rows = each.rows(files, class_names)
        marks = [""] * len(rows) if left_out is None else _left_out(each, rows, left_out)
        for row, mark in zip(rows, marks, strict=True):
            cells = {**row, "left out": mark}
            writer.writerow([_safe(cells[name]) for name in columns])
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, text.getvalue().encode())


def _left_out(
    found: Findings, rows: Sequence[dict[str, object]], left_out: ArrayLike
) -> list[object]:
    """Name for each row the image that is left out, or ""."""
    this, other = found.are_among(left_out)
    return [
        row["file"] if own else row["other file"] if paired else ""
        for row, own, paired in zip(rows, this, other, strict=True)
    ]


def _named(
    places: np.ndarray | None, names: Sequence[object] | None, argument: str
) -> list[object] | None:
    """Return what stands in the cells of a column; None if the column is empty."""
    if places is None:
        return None
    if names is None or places.dtype.kind not in "iu":
        return [printable(place) if isinstance(place, str) else place for place in places.tolist()]
    highest = int(places.max(initial=-1))
    if highest >= len(names):
        raise ValueError(
            f"{argument}: got {len(names):,} names; expected at least {highest + 1:,}, as "
            f"number {highest:,} was found. Give the names of all that was searched, in order."
        )
    return [printable(names[place]) for place in places.tolist()]


def _safe(cell: object) -> object:
    """Return a cell that a spreadsheet takes as the text or the number that it is."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return f"{cell:.6g}" if isinstance(cell, float) else cell
