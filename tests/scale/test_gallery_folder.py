"""The folder of a gallery on disk: what is left after a kill, and all that can be wrong with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl

ROOT = Path(__file__).parents[2]

# Each part has one number in all its rows. Small files are merged after every third part.
APPENDS = """
import sys
import numpy as np
import siamese_lib as sl
from siamese_lib.scale import vector_store
vector_store._TIDY_AFTER = 3
gallery = sl.DiskGallery.open(sys.argv[1])
while True:
    gallery.append(np.full((5000, 4), len(gallery), np.float32))
    print(len(gallery), flush=True)
"""
BUILDS = """
import sys
import siamese_lib as sl
from siamese_lib.scale import disk_gallery
disk_gallery.EXACT_UP_TO = 500
gallery = sl.DiskGallery.open(sys.argv[1])
print("builds", flush=True)
while True:
    gallery.build_index()
    print("built", flush=True)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    gallery = sl.DiskGallery(tmp_path / "gallery", 4)
    gallery.append(np.random.default_rng(0).standard_normal((3000, 4)), ["a", "b"] * 1500)
    return tmp_path / "gallery"


def everything_in(place: Path) -> set[str]:
    """Return the paths of files and folders, while another process adds and removes some.

    `Path.rglob` raises an error when a folder is removed before it is looked into.
    """
    walk = os.walk(place)
    return {os.path.join(each, name) for each, *held in walk for names in held for name in names}


def killed(script: str, place: Path, after: int, files: int) -> str:
    """Run a script, and kill it once it has written some lines and then some files.

    Returns:
        The last whole line.
    """
    arguments = [sys.executable, "-c", script, str(place)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after)]
        before = everything_in(place)
        new: set[str] = set()
        while len(new) < files and process.poll() is None:
            new |= everything_in(place) - before  # some are gone again soon
        process.send_signal(signal.SIGKILL)
        lines += [line for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return lines[-1].strip()


@pytest.mark.parametrize(("after", "files"), [(1, 0), (1, 1), (1, 2), (1, 3), (2, 4), (4, 0)])
def test_a_killed_append_leaves_all_that_was_appended_before(place, after, files):
    said = int(killed(APPENDS, place, after, files))
    gallery = sl.DiskGallery.open(place)
    assert len(gallery) in (said, said + 5000)  # the last part is there as a whole, or not
    assert gallery.next_id in (len(gallery), len(gallery) + 5000)
    for part in range(3000, len(gallery), 5000):  # what was appended, and where it was
        ids, far = gallery.nearest(np.full((1, 4), part), 5000)
        assert np.array_equal(np.sort(ids[0]), np.arange(part, part + 5000))
        assert not far.any()
    expected = gallery.next_id
    assert gallery.append(np.ones((1, 4)))[0] == expected
    assert gallery.count(["a"]) == 1500
    gallery.build_index()  # merges what is there
    assert len(sl.DiskGallery.open(place)) == len(gallery)


@pytest.mark.parametrize(
    ("after", "files"), [(1, 0), (1, 1), (1, 3), (1, 5), (1, 8), (1, 12), (2, 0), (2, 6)]
)
def test_a_killed_build_leaves_a_gallery_that_answers(place, monkeypatch, after, files):
    before = sl.DiskGallery.open(place).nearest(np.eye(4), 9)
    killed(BUILDS, place, after, files)
    monkeypatch.setattr("siamese_lib.scale.disk_gallery.EXACT_UP_TO", 500)
    gallery = sl.DiskGallery.open(place)
    assert len(gallery) == 3000
    assert (gallery.nearest(np.eye(4), 9)[0] == before[0]).mean() > 0.9
    assert np.array_equal(gallery.nearest(np.eye(4), 9, exact=True), before)
    assert gallery.nearest(np.eye(4), 9, labels=["a", "b"])[0].shape == (4, 9)
    assert (gallery.labels_of(range(3000)) == ["a", "b"] * 1500).all()
    gallery.build_index()
    assert gallery.indexed == 3000


def test_a_gallery_whose_table_was_not_made_yet_is_empty(tmp_path):
    sl.DiskGallery(tmp_path / "g", 3)
    (tmp_path / "h").mkdir()
    (tmp_path / "h/gallery.json").write_bytes((tmp_path / "g/gallery.json").read_bytes())
    gallery = sl.DiskGallery.open(tmp_path / "h")
    assert (len(gallery), gallery.append([[1, 2, 3]]).tolist()) == (0, [0])


def test_a_folder_that_holds_files_is_refused(place):
    for folder in (place, place / "gallery.json"):
        with pytest.raises(ValueError, match="holds files; expected a new folder"):
            sl.DiskGallery(folder, 4)
    assert len(sl.DiskGallery.open(place)) == 3000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "dim is 0; expected a whole number, 1 or more"),
        ((1.5,), "dim is 1.5"),
        ((2, "dot"), "metric is 'dot'; expected 'euclidean' or 'cosine'"),
    ],
)
def test_what_is_no_gallery_leaves_no_folder(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        sl.DiskGallery(tmp_path / "g", *arguments)
    assert not (tmp_path / "g").exists()


def test_no_folder_and_another_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        sl.DiskGallery.open(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(sl.GalleryError, match=r"it has no gallery\.json.*Gallery\.load"):
            sl.DiskGallery.open(path)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"format": 2}, "has the format 2; expected 1"),
        ({"metric": "dot"}, "damaged: .*metric is 'dot'"),
        ({"dim": 0}, "damaged: .*dim is 0"),
        ({"dim": 5}, "damaged"),
        ({"labels": "float"}, "damaged: .*labels is 'float'"),
        ({"next_id": -1}, "damaged: .*next_id is -1"),
        ({"nprobe": 0}, "damaged: .*nprobe is 0"),
    ],
)
def test_facts_that_make_no_sense(place, facts, message):
    file = place / "gallery.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **facts}))
    with pytest.raises(sl.GalleryError, match=message):
        sl.DiskGallery.open(place)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "[" * 100_000])
def test_facts_that_are_no_json(place, content):
    (place / "gallery.json").write_text(content)
    with pytest.raises(sl.GalleryError, match=r"gallery\.json is no JSON with a format"):
        sl.DiskGallery.open(place)


def test_a_table_without_its_files_is_damaged(place):
    for file in (place / "embeddings.lance/_versions").iterdir():
        file.write_bytes(b"not a table")
    with pytest.raises(sl.GalleryError, match="the gallery is damaged"):
        sl.DiskGallery.open(place)


def test_without_the_extra_an_error_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with pytest.raises(ImportError, match=r"needs the package lancedb.*siamese-lib\[scale\]"):
        sl.DiskGallery(tmp_path / "g", 2)
    assert not (tmp_path / "g").exists()


def test_the_name_alone_waits_for_no_database():
    code = (
        "import sys, siamese_lib as sl; sl.DiskGallery; "
        "sys.exit(any(name in sys.modules for name in ('lancedb', 'pyarrow', 'faiss', 'ray')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_gallery_in_use_waits_for_no_network(tmp_path):
    """What these packages take would count as memory of the gallery."""
    code = (
        "import sys, siamese_lib as sl; gallery = sl.DiskGallery(sys.argv[1], 2); "
        "gallery.append([[1, 2], [3, 4]]); gallery.nearest([[1, 2]], 1); gallery.build_index(); "
        "sys.exit(any(n in sys.modules for n in ('tensorflow', 'keras', 'jax', 'plotly', 'ray')))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "g")]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
