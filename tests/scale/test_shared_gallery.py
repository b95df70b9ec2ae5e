"""A gallery on disk that several processes use, that was moved, or that was filled by folders."""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.scale import disk_gallery, gallery_folder

ROOT = Path(__file__).parents[2]
EMBEDDINGS = np.random.default_rng(0).standard_normal((3000, 4)).astype(np.float32)
LABELS = np.arange(3000) % 7

# Appends parts, one at a time, each with one number in all its rows.
APPENDS = """
import sys
import numpy as np
import siamese_lib as sl
gallery = sl.DiskGallery.open(sys.argv[1])
print("opened", file=sys.stderr, flush=True)
number = int(sys.argv[2])
for part in range(20):
    ids = gallery.append(np.full((50, 4), number), [number] * 50)
    print(*ids, flush=True)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(disk_gallery, "EXACT_UP_TO", 500)
    gallery = sl.DiskGallery(tmp_path / "gallery", 4)
    for start in range(0, 3000, 1000):
        rows = np.arange(start, start + 1000)
        gallery.append(EMBEDDINGS[rows], LABELS[rows], [f"{row}.png" for row in rows])
    return tmp_path / "gallery"


def appending(place: Path, number: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", APPENDS, str(place), str(number)]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True)


def test_what_was_filled_in_parts_is_found_with_its_files(tmp_path):
    folders = {"cats": EMBEDDINGS[:70], "dogs": EMBEDDINGS[70:200], "empty": EMBEDDINGS[:0]}
    gallery = sl.DiskGallery(tmp_path / "gallery", 4)
    for name, vectors in folders.items():
        files = (tmp_path / name / f"{row}.png" for row in range(len(vectors)))
        gallery.append(vectors.astype(np.float64), [name] * len(vectors), files)
    gallery = sl.DiskGallery.open(tmp_path / "gallery")
    ids, far = gallery.nearest(EMBEDDINGS[[3, 177]], k=1)
    assert far.tolist() == [[0], [0]]
    assert gallery.labels_of(ids).tolist() == [["cats"], ["dogs"]]
    expected = [[tmp_path / "cats/3.png"], [tmp_path / "dogs/107.png"]]
    assert gallery.paths_of(ids).tolist() == expected
    assert len(gallery) == 200


@pytest.mark.parametrize("indexed", [False, True])
def test_a_gallery_in_another_place_is_the_same(place, tmp_path, indexed):
    gallery = sl.DiskGallery.open(place)
    if indexed:
        gallery.build_index()
    before = gallery.nearest(EMBEDDINGS[:9], 5)
    copied = sl.DiskGallery.open(shutil.copytree(place, tmp_path / "copied"))
    moved = sl.DiskGallery.open(shutil.move(place, tmp_path / "deeper/it's moved"))
    for there in (copied, moved):
        assert all(map(np.array_equal, there.nearest(EMBEDDINGS[:9], 5), before))
        assert there.paths_of([2999]).tolist() == [Path("2999.png")]
        assert there.append(EMBEDDINGS[:1]).tolist() == [3000]
        there.build_index()
        assert there.indexed == 3001
    assert not place.exists()


def test_a_gallery_that_was_moved_or_deleted_while_it_is_open(place, tmp_path):
    gallery = sl.DiskGallery.open(place)
    gallery.build_index()
    shutil.move(place, tmp_path / "moved")
    gone = pytest.raises(sl.GalleryError, match=r"files of the gallery are gone.*Open it again")
    reads = (
        lambda: gallery.nearest(EMBEDDINGS[:1], 5),
        lambda: gallery.nearest(EMBEDDINGS[:1], 5, labels=[3]),
        lambda: gallery.nearest(EMBEDDINGS[:1], 5, exact=True),
        lambda: gallery.embeddings_of([3]),
        lambda: gallery.count([3]),
    )
    for read in reads:
        with gone:
            read()
    for change in (lambda: gallery.append(EMBEDDINGS), lambda: gallery.remove(1)):
        with pytest.raises(FileNotFoundError, match="no folder"):
            change()
    assert not place.exists()
    assert len(sl.DiskGallery.open(tmp_path / "moved")) == 3000


def test_other_errors_of_the_database_are_not_called_missing_files(tmp_path):
    with pytest.raises(RuntimeError, match="out of space"), gallery_folder.reading(tmp_path):
        raise RuntimeError("out of space")


def test_a_gallery_is_read_while_another_process_appends(place):
    with appending(place, 9) as process:
        assert process.stdout is not None
        for line in process.stdout:
            gallery = sl.DiskGallery.open(place)
            last = int(line.split()[-1])
            assert len(gallery) > last  # what was appended before is there
            assert (len(gallery) - 3000) % 50 == 0  # and parts are there as a whole
            ids, far = gallery.nearest(np.full((1, 4), 9), 50)
            assert (ids >= 3000).all()
            assert not far.any()
            assert (gallery.labels_of(ids) == 9).all()
    assert process.returncode == 0


def test_a_reader_keeps_what_it_has_opened(place):
    reader, writer = sl.DiskGallery.open(place), sl.DiskGallery.open(place)
    before = reader.nearest(EMBEDDINGS[:5], 3)
    writer.append(EMBEDDINGS[:5])
    writer.remove(range(5, 100))
    assert (len(reader), len(writer)) == (3000, 2910)
    assert all(map(np.array_equal, reader.nearest(EMBEDDINGS[:5], 3), before))
    assert len(sl.DiskGallery.open(place)) == 2910


def test_two_processes_give_no_id_twice(place):
    both = [appending(place, number) for number in (10, 11)]
    said = [process.communicate()[0].split() for process in both]
    ids = [np.array(words, int) for words in said]
    assert [process.returncode for process in both] == [0, 0]
    assert np.array_equal(np.sort(np.concatenate(ids)), np.arange(3000, 5000))
    gallery = sl.DiskGallery.open(place)
    assert (len(gallery), gallery.next_id) == (5000, 5000)
    for number, own in zip((10, 11), ids, strict=True):
        assert (gallery.embeddings_of(own) == number).all()
        assert (gallery.labels_of(own) == number).all()


def test_who_changes_a_gallery_sees_what_others_have_changed(place):
    first, second = sl.DiskGallery.open(place), sl.DiskGallery.open(place)
    first.append(EMBEDDINGS[:2])
    first.build_index()
    assert second.append(EMBEDDINGS[:1]).tolist() == [3002]
    second.remove(3000)
    with pytest.raises(ValueError, match="got 3000, which no embedding has"):
        first.remove(3000)
    assert len(first) == len(second) == 3002
    sl.DiskGallery(place.with_name("new"), 4)
    first, second = (sl.DiskGallery.open(place.with_name("new")) for _ in range(2))
    first.append(EMBEDDINGS[:2], ["a", "b"])
    with pytest.raises(ValueError, match="labels are whole numbers; expected strings"):
        second.append(EMBEDDINGS[:2], [1, 2])


def test_a_change_waits_for_another_one(place):
    with gallery_folder.locked(place) as facts:
        before = len(sl.DiskGallery.open(place))
        assert facts.next_id == before
        process = appending(place, 12)
        assert process.stdout is not None
        assert process.stderr is not None
        while process.stderr.readline() != "opened\n":
            assert process.poll() is None
        assert not select.select([process.stdout], [], [], 2)[0], "it has appended meanwhile"
    process.communicate()
    assert len(sl.DiskGallery.open(place)) == 4000
