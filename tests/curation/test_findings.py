"""The table of doubtful images: what its cells hold, and how it is written."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from siamese_lib import curation
from siamese_lib.curation import Findings
from siamese_lib.curation.findings import COLUMNS

PAIR = Findings(
    kind="near duplicate",
    indices=np.array([2]),
    others=np.array([0]),
    scores=np.array([0.875]),
    labels=np.array([1]),
    other_labels=np.array([0]),
)
SUSPECT = Findings(
    kind="suspect label",
    indices=np.array([1, 2]),
    scores=np.array([0.75, 1 / 3]),
    labels=np.array(["owl", "@seal"]),
    suggested=np.array(["seal", "owl"]),
    votes=np.array([[43, 1, 60], [9, 8, 60]]),
)
FILES = ["a/=1.png", "a/té.png", "b/x,\ny\udcff.png"]


def test_a_row_for_each_image():
    (row,) = PAIR.rows(FILES, ("seal", "owl"))
    assert tuple(row) == COLUMNS
    assert list(row.values()) == [
        "near duplicate",
        "b/x,\\ny\\xff.png",
        "a/=1.png",
        "owl",
        "seal",
        "",
        "",
        "",
        0.875,
    ]
    assert PAIR.rows()[0]["other file"] == 0
    assert PAIR.rows()[0]["class"] == 1
    assert SUSPECT.rows()[0]["suggested"] == "seal"
    assert len(SUSPECT) == 2


def test_a_spreadsheet_computes_no_cell(tmp_path):
    path = tmp_path / "new" / "doubtful.csv"
    files = ["=1+1", "+1", "-1"]
    curation.write_table(path, [PAIR, SUSPECT], files=files)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["'-1", "'+1", "'-1"]
    assert rows[0]["other file"] == "'=1+1"
    assert rows[2]["class"] == "'@seal"
    votes = [[row["votes for suggested"], row["votes for class"]] for row in rows]
    assert votes == [["", ""], ["43", "1"], ["9", "8"]]
    assert [row["score"] for row in rows] == ["0.875", "0.75", "0.333333"]


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "doubtful.csv"
    SUSPECT.to_csv(path, files=FILES)
    before = path.read_bytes()
    assert "té" in before.decode()
    with pytest.raises(ValueError, match="files: got 1 names; expected at least 3"):
        SUSPECT.to_csv(path, files=FILES[:1])
    with pytest.raises(ValueError, match="class_names: got 1 names; expected at least 2"):
        PAIR.to_csv(path, class_names=["seal"])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_table_names_what_was_left_out(tmp_path):
    path = tmp_path / "doubtful.csv"
    files = ["=a.png", "b.png", "c.png"]
    found = [PAIR, SUSPECT]
    for gone in ([], [0], [1], [2], [0, 2], [0, 1, 2]):
        curation.write_table(path, found, files=files, left_out=gone)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            mine = [row["file"], row["other file"]]
            out = [name for name in mine if name.lstrip("'") in [files[each] for each in gone]]
            assert row["left out"] == (out[0] if out else "")
    this, other = PAIR.are_among([0])
    assert (this.tolist(), other.tolist()) == ([False], [True])


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_first_and_after_are_all(count):
    first, after = SUSPECT.first(count), SUSPECT.after(count)
    assert first.rows() + after.rows() == SUSPECT.rows()
    assert len(first) == min(count, 2)
