"""The page of a report: the verdict, the film and the search, and tables of all that was found."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamese_lib.curation import Findings
from siamese_lib.data.dataset import Dataset
from siamese_lib.export.export_run import page_data
from siamese_lib.export.page import page
from siamese_lib.files import size_in_words, write_atomically
from siamese_lib.metrics.intervals import bootstrap
from siamese_lib.reports.cleaning import Cleaning
from siamese_lib.reports.inventory import ALIKE, Inventory
from siamese_lib.reports.judging import WAYS, Judgement, plain
from siamese_lib.reports.tables import (
    Cell,
    Interval,
    Picture,
    Table,
    link_to,
    list_html,
    table_html,
)
from siamese_lib.reports.verdict import Report
from siamese_lib.texts import printable

_THUMBNAIL = 96  # pixels
_SHOWN = 100  # doubtful images of each kind
_OUTLIERS = (
    "Pictures that are like no other",
    "The score says how many times farther their neighbours are than those of others.",
)
_VOTES = ("neighbours of that class", "neighbours of its own")
_LEFT_OUT = (
    "The column “left out” marks training images that the last training did without; test images "
    "always stay."
)


def write_page(made: Report) -> None:
    """Write the page of a report, atomically."""
    data, run = made.data, made.run
    links = _Links(data, made.page)
    content, still = page_data(run, data, thumbnail=_THUMBNAIL, link=links.to)
    first, *others = made.verdict
    above = list_html("Verdict", others, first)
    above += list_html("What you can do next", made.advice) if made.advice else ""
    tables = [_judged("How good it is, on images never trained on", made.judged)]
    if made.new_classes is not None:
        tables.append(_judged("How good it is, on classes never seen", made.new_classes))
    for found in made.cleaned.findings:
        if found.others is not None:
            tables += _pairs(found, made, links)
        elif found.votes is not None:
            words = _of_suspects(found, found.votes, made.cleaned)
            tables.append(_doubtful("Labels that may be wrong", words, found, made, links))
        else:
            tables.append(_doubtful(*_OUTLIERS, found, made, links))
    tables.append(_classes(made.there))
    below = list_html("What is there", list(made.there.lines()))
    below += "".join(map(table_html, tables)) + list_html("What was kept", list(_kept(made)))
    title = printable(f"Report on {data.name}")
    write_atomically(made.page, page(title, content, still, above=above, below=below))


class _Links:
    """Links from the page to the files of images."""

    def __init__(self, data: Dataset, page: Path) -> None:
        self._data, self._page = data, page

    def to(self, part: str, row: int) -> str:
        """Return where the file of an image is, or "" if it has none."""
        split = self._data.train if part == "train" else self._data.test
        if split.files is None or self._data.root is None:
            return ""
        return link_to(self._data.path(part, row), self._page)

    def picture(self, row: int, name: object) -> Picture:
        """Return the picture of an image, numbered training images first."""
        train = len(self._data.train)
        part, split = ("train", self._data.train) if row < train else ("test", self._data.test)
        row -= 0 if row < train else train
        return Picture(split.images[row], str(name), self.to(part, row))


def _judged(title: str, judged: Judgement) -> Table:
    """Return the table of the trained tower and its rivals, the best first."""
    order = sorted(judged.scores, key=lambda name: -judged.scores[name].precision_at_1)
    rows: list[list[Cell]] = []
    for name in order:
        score = judged.scores[name]
        first = Interval(score.precision_at_1, *bootstrap(score.first))
        right = Interval(score.precision, *bootstrap(score.right))
        rows.append([plain(name), WAYS.get(name, ("", ""))[1], first, right])
    ceiling = (
        f" Nothing can reach more than {100 * judged.ceiling:.1f} % of the 7 nearest, as some "
        "classes have fewer images to find."
        if judged.ceiling < 1
        else ""
    )
    note = (
        f"Each of {judged.queries:,} test pictures looks for the pictures most like it, among "
        f"{judged.gallery:,}. That is right if they are of its class. Only the trained network "
        "needs training. In brackets: with other test pictures, 95 of 100 results would be about "
        f"in this range.{ceiling}"
    )
    columns = ["way to compare", "what is compared", "nearest is right", "7 nearest are right"]
    return Table(title, columns, rows, note)


def _pairs(found: Findings, made: Report, links: _Links) -> list[Table]:
    """Return the table of near duplicates, and a folded one of pairs that are less alike."""
    counted, others = found.first(made.there.alike), found.after(made.there.alike)
    note = (
        f"Pairs that score {ALIKE} or more, the most alike first. A score of 1 means the same "
        "pixels."
    )
    tables = [_doubtful("Nearly the same picture", note, counted, made, links)]
    if len(others):
        note = f"They score less than {ALIKE}, so they do not count as nearly the same."
        title = "The next pairs, which are less alike"
        tables.append(replace(_doubtful(title, note, others, made, links), folded=True))
    return tables


def _of_suspects(found: Findings, votes: NDArray[np.int64], cleaned: Cleaning) -> str:
    """Say what suspect labels are, and how far down the list a look is worth its time."""
    stop = cleaned.stop
    asked = f"{votes[0, 2]:,}" if len(found) else "nearest"
    top = (
        f" Half of them would be among the first {cleaned.worth_a_look:,}, so begin there."
        if cleaned.worth_a_look
        else ""
    )
    return (
        "Their looks fit another class better. Many are right all the same: look at each of them. "
        f"For each picture, {asked} neighbours were found: those most like it in colours, in edges "
        "and in shapes. The table says how many of them are of the class that fits better, and how "
        f"many of its own class. To test this list, {stop.planted:,} labels were made wrong on "
        f"purpose. {stop.caught:,} of these ({stop.caught / stop.planted:.0%}) would be in the "
        f"list.{top} Another class fits {cleaned.unlisted:,} more pictures a little better. They "
        "are not listed, as a wrong label is no more likely there than anywhere else."
    )


def _doubtful(title: str, note: str, found: Findings, made: Report, links: _Links) -> Table:
    """Return the table of doubtful images of one kind, with their pictures."""
    shown, cleaned = found.first(_SHOWN), made.cleaned
    paired, better = shown.others is not None, shown.votes is not None
    this, other = shown.are_among(cleaned.rejected)
    marked = made.without_rejected is not None and bool((this | other).any())
    columns = ["picture", "file", "class"]
    columns += ["other picture", "other file", "other class"] * paired
    columns += ["fits better", *_VOTES] if better else ["score"]
    columns += ["left out"] * marked
    rows: list[list[Cell]] = []
    for place, row in enumerate(shown.rows(cleaned.names, cleaned.class_names)):
        index = int(shown.indices[place])
        cells: list[Cell] = [links.picture(index, row["file"]), str(row["file"]), str(row["class"])]
        if shown.others is not None:
            picture = links.picture(int(shown.others[place]), row["other file"])
            cells += [picture, str(row["other file"]), str(row["other class"])]
        if shown.votes is not None:
            cells += [str(row["suggested"]), *shown.votes[place, :2].tolist()]
        else:
            cells.append(float(shown.scores[place]))
        if marked:
            cells.append(_mark(bool(this[place]), bool(other[place]), paired))
        rows.append(cells)
    more = f" The first {_SHOWN} of {len(found):,}." if len(found) > _SHOWN else ""
    all_of_them = " The file findings.csv has all of them." if len(found) else " There are none."
    why = f" {_LEFT_OUT}" if marked else ""
    return Table(title, columns, rows, f"{note}{more}{all_of_them}{why}")


def _mark(this: bool, other: bool, paired: bool) -> str:
    """Say which picture of a row is left out in the second training."""
    if not paired:
        return "yes" if this else ""
    return {(1, 1): "both", (1, 0): "picture", (0, 1): "other picture"}.get((this, other), "")


def _classes(there: Inventory) -> Table:
    rows: list[list[Cell]] = [
        [name, int(train), int(test)]
        for name, train, test in zip(there.class_names, there.train, there.test, strict=True)
    ]
    return Table("Classes", ["class", "training images", "test images"], rows)


def _kept(made: Report) -> Iterator[str]:
    """Say what the folder next to the page holds."""
    name = made.folder.name
    yield f"The folder {name} takes {size_in_words(made.folder)}. This page opens without it."
    yield f"{name}/run: the training. sl.Run.load opens it."
    if "data" in made.run.settings:
        run = shlex.quote(printable(made.folder / "run"))
        yield f"Find the training images nearest to a file: siamese retrieve --run {run} FILE"
    else:
        yield (
            "The run does not say where its training images are, as no folder and no named set "
            "gives the same ones again. Find the images nearest to a file in Python: "
            f"sl.Collection.load({printable(made.kept.folder)!r}).nearest('FILE')"
        )
    yield (
        f"{name}/collection: all images with their ids, classes and files. sl.Collection.load "
        "opens it in any process, to search, to add and to remove. Another report of the same "
        "pictures and the same training leaves it as it is. A report of others makes a new one; "
        "if you have changed this one, it moves to a folder next to it."
    )
    if made.kept.before is not None:
        before = f"{name}/{made.kept.before.name}"
        yield f"{before}: the earlier collection, which {made.kept.reason}."
    yield f"{name}/findings.csv: all doubtful images, as a table."
    if made.without_rejected is not None:
        yield (
            "The column “left out” there shows which "
            f"{len(made.cleaned.rejected):,} training images the last training did "
            f"without. The tables above show up to {_SHOWN} rows each, and the rest is only there."
        )
    yield _how_to_go_on(made.data)


def _how_to_go_on(data: Dataset) -> str:
    """Say how to train without the images that the reader rejects."""
    if data.root is None:
        return "To go on without some of the images: Dataset.without takes their names."
    _, height, width, channels = data.train.images.shape
    color = "rgb" if channels == 3 else "grayscale"
    size = f"image_size=({height}, {width}), color={color!r}"
    return (
        "To go on without some of the pictures, move their files away and make the report again. "
        "Or in Python, with their names as in findings.csv: "
        f"sl.load_folder({printable(data.root)!r}, {size}).without(names)."
    )
