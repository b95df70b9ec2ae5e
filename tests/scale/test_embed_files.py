"""Embedded files have the numbers of `Run.embed`, survive a kill, and say what was left out."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.scale import embed_part, embedded_files, on_ray

ROOT = Path(__file__).parents[2]
SHAPE = (8, 6, 3)


def tower(seed: int = 0, channels: int = 3) -> keras.Model:
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((8, 6, channels)), keras.layers.Rescaling(1 / 255)]
    return keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(5)])


def run_of(*seeds: int) -> sl.Run:
    towers = [tower(seed) for seed in seeds]
    weights = zip(*[each.get_weights() for each in towers], strict=True)
    return sl.Run(towers[0], range(len(seeds)), [np.stack(each) for each in weights])


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return run_of(1, 2)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Class folders, with what is often in them."""
    rng = np.random.default_rng(0)
    root = tmp_path / "photos"
    for name, count in ("dog", 7), ("cat", 5), ("Ärger", 3), ("dog/deeper", 1):
        for number in range(count):
            file = root / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).save(file)
    (root / "cat/.hidden.png").write_bytes(b"no picture")
    return root


def embed(run: sl.Run | keras.Model, files, folder: Path, **options) -> sl.EmbeddedFiles:
    return sl.embed_files(run, files, folder, part=4, batch_size=3, **options)


def joined(found: sl.EmbeddedFiles) -> embedded_files.EmbeddedPart:
    return embedded_files._one([*found.parts()])


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "parts").iterdir()}


def test_a_folder_gives_what_load_folder_and_run_embed_give(tmp_path, photos, run):
    found = embed(run, photos, tmp_path / "out")
    data = sl.load_folder(photos, image_size=SHAPE[:2], color="rgb", verbose=False)
    expected = {}
    for name in ("train", "test"):
        split = getattr(data, name)
        for row, vector in enumerate(run.embed(split.images)):
            expected[data.path(name, row)] = vector, data.class_names[split.labels[row]]
    part = joined(found)
    assert sorted(part.paths) == sorted(expected)
    assert np.allclose(part.embeddings, [expected[p][0] for p in part.paths], rtol=0, atol=1e-6)
    assert part.labels is not None
    assert part.labels.tolist() == [expected[path][1] for path in part.paths]
    assert part.ids.tolist() == [*range(16)]
    assert [path.relative_to(photos).as_posix() for path in part.paths][4:9] == [
        "cat/4.png", "dog/0.png", "dog/1.png", "dog/2.png", "dog/3.png",
    ]  # fmt: skip
    assert [len(each.ids) for each in found.parts()] == [4, 4, 4, 4]
    assert (len(found), found.dim, found.image_shape) == (16, 5, SHAPE)
    assert (found.root, found.skipped) == (photos, {})
    again = sl.EmbeddedFiles.open(tmp_path / "out")
    assert np.array_equal(joined(again).embeddings, part.embeddings)
    assert repr(again) == "EmbeddedFiles(16 embeddings, dim=5)"


def test_a_frame_and_a_plain_model(tmp_path, photos, run):
    files = sorted(photos.rglob("[0-9].png"))
    images = np.stack([sl.prepare(file, image_size=SHAPE[:2], color="rgb") for file in files])
    for name, given, frame in ("first", run, 0), ("model", tower(1), -1):
        part = joined(embed(given, files, tmp_path / name, frame=frame))
        assert part.labels is None
        assert np.allclose(part.embeddings, run.embed(images, 0), atol=1e-6)
    assert not np.allclose(part.embeddings, run.embed(images, 1), atol=1e-2)
    assert contents(tmp_path / "first") == contents(tmp_path / "model")


def test_a_list_may_name_a_file_twice_and_in_any_order(tmp_path, photos, run, monkeypatch):
    monkeypatch.chdir(photos)
    files = ["dog/3.png", Path("cat/0.png"), "dog/3.png", os.fsencode("Ärger/1.png")]
    part = joined(embed(run, iter(files), tmp_path / "out"))
    assert part.paths == [photos / os.fsdecode(file) for file in files]
    assert np.allclose(part.embeddings[0], part.embeddings[2], atol=1e-6)
    assert not np.allclose(part.embeddings[0], part.embeddings[1], atol=1e-2)


def test_a_folder_without_class_folders_has_no_labels(tmp_path, photos, run):
    part = joined(embed(run, photos / "cat", tmp_path / "out"))
    assert part.labels is None
    assert [path.name for path in part.paths] == [f"{n}.png" for n in range(5)]


def test_what_cannot_be_read_is_listed_with_the_reason(tmp_path, photos, run):
    (photos / "cat/3.png").write_bytes((photos / "cat/3.png").read_bytes()[:60])
    (photos / "dog/notes.txt").write_text("a dog")
    (photos / "loose.png").touch()
    (photos / "dog/nowhere.png").symlink_to(photos / "gone.png")
    with pytest.warns(UserWarning, match=r"4 files or folders were left out: .*lists all of them"):
        found = embed(run, photos, tmp_path / "out")
    assert {path.relative_to(photos).as_posix(): why for path, why in found.skipped.items()} == {
        "loose.png": "outside every class folder",
        "dog/nowhere.png": "a link that leads nowhere",
        "cat/3.png": found.skipped[photos / "cat/3.png"],
        "dog/notes.txt": "not a picture",
    }
    assert joined(found).ids.tolist() == [*range(15)]
    assert "4 files left out" in repr(found)


def test_a_part_of_which_nothing_can_be_read(tmp_path, photos, run):
    files = [photos / "gone.png"] * 4 + [photos / "cat/0.png", photos]
    with pytest.warns(UserWarning, match="2 files or folders were left out"):
        found = embed(run, files, tmp_path / "out")
    assert found.skipped == {
        photos / "gone.png": "No such file or directory",
        photos: "Is a directory",
    }
    (part,) = found.parts()
    assert (part.ids.tolist(), part.paths) == ([0], [photos / "cat/0.png"])


def test_names_that_are_not_utf_8(tmp_path, photos, run):
    folder = os.fsencode(photos) + b"/\xff\n"
    os.mkdir(folder)
    shutil.copy(photos / "cat/0.png", folder + b"/\xfe.png")
    with open(folder + b"/\xfd.png", "wb"):
        pass
    with pytest.warns(UserWarning, match=r"\\xfd\.png"):
        found = embed(run, photos, tmp_path / "out")
    part = joined(sl.EmbeddedFiles.open(tmp_path / "out"))
    assert part.labels is not None
    assert (os.fsencode(part.paths[-1]), part.labels[-1]) == (folder + b"/\xfe.png", r"\xff\n")
    assert [*map(os.fsencode, found.skipped)] == [folder + b"/\xfd.png"]
    embed_again = pytest.warns(UserWarning, match="1 file or folder was")
    with embed_again:
        embed(run, photos, tmp_path / "out")


def test_two_forms_of_a_class_name_and_a_split_of_its_own(tmp_path, photos, run):
    for place, name in ("train", "e\u0301"), ("train", "b"), ("test", "\u00e9"), ("test", "b"):
        (tmp_path / "split" / place / name).mkdir(parents=True)
        shutil.copy(photos / "cat/0.png", tmp_path / "split" / place / name)
    part = joined(embed(run, tmp_path / "split", tmp_path / "out"))
    assert part.labels is not None
    assert part.labels.tolist() == ["b", "\u00e9"] * 2
    assert [path.parts[-3] for path in part.paths] == ["train", "train", "test", "test"]


# Writes a line after each part, and is killed in the middle of another.
EMBEDS = """
import os, signal, sys
import siamese_lib as sl
from siamese_lib.scale import embedded_folder
wrote = embedded_folder.write_atomically
def write(path, *parts):
    if path.parent.name == sys.argv[3] and path.stem == sys.argv[4]:
        (path.parent / f".partial-{path.name}").write_bytes(parts[0][:-9])
        os.kill(os.getpid(), signal.SIGKILL)
    wrote(path, *parts)
embedded_folder.write_atomically = write
if __name__ == "__main__":
    sl.embed_files(sl.shipped_run(), sys.argv[1], sys.argv[2], part=4, ray=sys.argv[5:] == ["ray"])
"""


@pytest.mark.parametrize(
    ("killed_in", "left"),
    [("files", []), ("parts", ["000000", "000001"]), ("parts ray", ["000000", "000001"])],
)
def test_what_was_killed_goes_on(tmp_path, photos, monkeypatch, killed_in, left):
    run, whole = sl.shipped_run(), tmp_path / "whole"
    sl.embed_files(run, photos, whole, part=4)
    begun = tmp_path / "begun"
    folder, *ray = killed_in.split()
    script = [sys.executable, "-c", EMBEDS, photos, begun, folder, "000002", *ray]
    done = subprocess.run(script, cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    there = sorted(file.stem for file in begun.glob("parts/[0-9]*"))
    assert there == left or ray
    with pytest.raises(sl.DataError, match=r"found 2 of 4 parts" if left else "found no embedded"):
        sl.EmbeddedFiles.open(begun)
    times = {file: file.stat().st_mtime_ns for file in begun.glob("parts/[0-9]*")}
    sl.embed_files(run, photos, begun, part=3 if left else 4)  # the size of a part stays
    assert contents(begun).items() >= contents(whole).items()
    assert all(file.stat().st_mtime_ns == time for file, time in times.items())
    monkeypatch.setattr(sl.Run, "embed", None)  # nothing is left to embed
    assert len(sl.embed_files(run, photos, begun)) == 16


def test_a_file_that_goes_while_others_are_embedded(tmp_path, photos, run, monkeypatch):
    whole = sl.Run.embed

    def embedded(self, *arguments, **options):
        (photos / "dog/6.png").unlink(missing_ok=True)
        return whole(self, *arguments, **options)

    monkeypatch.setattr(sl.Run, "embed", embedded)
    with pytest.warns(UserWarning, match=r"6\.png: No such file or directory"):
        found = embed(run, photos, tmp_path / "out")
    assert len(found) == 15
    with pytest.raises(sl.DataError, match=r"file 12 is .*dog/deeper/0\.png.* was .*dog/6\.png"):
        embed(run, photos, tmp_path / "out")
    with pytest.warns(UserWarning, match=r"6\.png"):
        assert len(embed(run, None, tmp_path / "out")) == 15


def test_another_run_frame_or_list_is_refused(tmp_path, photos, run):
    out = tmp_path / "out"
    embed(run, photos, out)
    before = contents(out)
    for given, options in (run_of(1, 3), {}), (run, {"frame": 0}), (tower(5), {}):
        with pytest.raises(sl.DataError, match=r"another run or frame \(weights .*new folder"):
            embed(given, photos, out, **options)
    embed(run, photos, out, frame=1)  # the last
    for files in (photos / "cat", [*photos.rglob("*.png")], [*photos.rglob("*.png"), "a.png"]):
        with pytest.raises(sl.DataError, match="embeddings of other files: file 1 is"):
            embed(run, files, out)
    (photos / "dog/8.png").touch()
    with pytest.raises(sl.DataError, match=r"file 13 is .*8\.png of class dog, and was .*deeper"):
        embed(run, photos, out)
    assert contents(out) == before


def test_another_tower_with_the_same_weights_is_refused(tmp_path, photos):
    plain = tower(1)
    embed(plain, photos, tmp_path / "out")
    layers = [keras.Input(SHAPE), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    other = keras.Sequential([*layers, keras.layers.Dense(5, activation="relu")])
    other.set_weights(plain.get_weights())
    with pytest.raises(sl.DataError, match="embeddings of another run or frame"):
        embed(other, photos, tmp_path / "out")


def test_a_file_that_has_changed_is_refused(tmp_path, photos, run):
    embed(run, photos, tmp_path / "out")
    Image.new("RGB", (9, 9), "red").save(photos / "cat/2.png")
    with pytest.raises(sl.DataError, match=r"file 3, .*cat/2\.png, has changed since"):
        embed(run, photos, tmp_path / "out")
    assert len(embed(run, None, tmp_path / "out")) == 16


def test_parts_whose_facts_are_lost_are_not_taken_for_those_of_another_run(tmp_path, photos, run):
    embed(run, photos, tmp_path / "out")
    (tmp_path / "out/embedded.json").unlink()
    other = run_of(5)
    again = joined(embed(other, photos, tmp_path / "out"))
    expected = joined(embed(other, photos, tmp_path / "new"))
    np.testing.assert_array_equal(again.embeddings, expected.embeddings)


def test_a_reason_that_may_pass_stops_and_is_tried_again(tmp_path, photos, run, monkeypatch):
    read = embed_part.read_in_order

    def failing(paths, *given):
        for path, found in zip(paths, read(paths, *given), strict=True):
            yield os.strerror(errno.EMFILE) if path.name == "3.png" else found

    monkeypatch.setattr(embed_part, "read_in_order", failing)
    with pytest.raises(sl.DataError, match=r"3\.png: found Too many open files"):
        embed(run, photos, tmp_path / "out")
    monkeypatch.undo()
    found = embed(run, photos, tmp_path / "out")
    assert (len(found), found.skipped.keys() & {*photos.rglob("3.png")}) == (16, set())


def test_a_bit_that_has_flipped_is_noticed(tmp_path, photos, run):
    found = embed(run, photos, tmp_path / "out")
    part = tmp_path / "out/parts/000000.parquet"
    good = part.read_bytes()
    expected = joined(found)
    for place in range(4, len(good) // 2, 7):
        part.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        try:
            read = joined(sl.EmbeddedFiles.open(tmp_path / "out"))
        except sl.DataError:
            continue
        np.testing.assert_array_equal(read.embeddings, expected.embeddings)


def test_a_damaged_list_is_named(tmp_path, photos, run):
    embed(run, photos, tmp_path / "out")
    (tmp_path / "out/parts/000001.parquet").unlink()
    (tmp_path / "out/files/000001.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(sl.DataError, match=r"files/000001\.parquet"):
        embed(run, None, tmp_path / "out")


def test_a_gallery_of_another_run_is_refused(tmp_path, photos, run):
    gallery = sl.DiskGallery(tmp_path / "gallery", 5)
    embed(run, photos, tmp_path / "one").into(gallery)
    with pytest.raises(ValueError, match="to other embeddings"):
        embed(run_of(7), photos, tmp_path / "two").into(gallery)


def test_what_cannot_be_embedded_leaves_no_folder(tmp_path, photos, run):
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    for files, message in [
        (tmp_path / "empty", "found no sub-folders; expected one sub-folder"),
        (tmp_path / "nowhere", "found nothing; expected a folder, or a list of files"),
        (photos / "cat/0.png", "found a file; expected a folder, or a list of files"),
        ([], "files: found no file; expected at least one"),
        ([""], "files: found ''; expected the paths of files"),
        ([photos / "cat/0.png", 3], "files: found 3; expected the paths"),
        (None, "files: found None; expected a folder of images"),
    ]:
        with pytest.raises(sl.DataError, match=message):
            embed(run, files, out)
        assert not (out / "embedded.json").exists()
    with pytest.raises(sl.DataError, match="a folder inside that of the images"):
        embed(run, photos, photos / "out")
    with pytest.raises(sl.DataError, match=r"found 0\.png, which is no part of embedded files"):
        embed(run, photos / "dog", photos / "Ärger")
    for options, message in [
        ({"part": 0}, "part is 0; expected a whole number, 1 or more"),
        ({"batch_size": 1.5}, "batch_size is 1.5"),
        ({"workers": 0}, "workers is 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            sl.embed_files(run, photos, out, **options)
    with pytest.raises(IndexError, match="frame is 2"):
        embed(run, photos, out, frame=2)
    with pytest.raises(ValueError, match="run is 3; expected a Run, or a Keras model"):
        embed(3, photos, out)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="run takes images of 4 channels; expected 1"):
        embed(tower(channels=4), photos, out)
    assert not (out / "embedded.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "found format 2; expected 1. A later version"),
        ({"run": {}}, r"damaged files \(embedded\.json"),
        ({"files": None}, r"damaged files \(embedded\.json"),
        (None, r"damaged files \(embedded\.json"),
    ],
)
def test_a_folder_that_is_damaged(tmp_path, photos, run, change, message):
    embed(run, photos, tmp_path / "out")
    file = tmp_path / "out/embedded.json"
    facts = json.loads(file.read_text())
    file.write_text("{" if change is None else json.dumps({**facts, **change}))
    with pytest.raises(sl.DataError, match=message):
        sl.EmbeddedFiles.open(tmp_path / "out")


def test_a_part_that_is_damaged(tmp_path, photos, run):
    out = tmp_path / "out"
    found = embed(run, photos, out)
    part = out / "parts/000001.parquet"
    content = part.read_bytes()
    part.write_bytes(content[:40] + bytes(100) + content[140:])
    with pytest.raises(sl.DataError, match=r"damaged files \(000001\.parquet"):
        joined(found)
    part.write_bytes(content[:-1])
    with pytest.raises(sl.DataError, match="damaged files"):
        sl.EmbeddedFiles.open(out)
    part.unlink()
    assert np.array_equal(joined(embed(run, photos, out)).ids, np.arange(16))
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        sl.EmbeddedFiles.open(tmp_path / "nowhere")
    with pytest.raises(sl.DataError, match=r"found no embedded\.json"):
        sl.EmbeddedFiles.open(photos)


@pytest.mark.parametrize("most", [1, 120, 1 << 20])
def test_a_gallery_gets_all_of_them_under_their_ids(tmp_path, photos, run, monkeypatch, most):
    monkeypatch.setattr(embedded_files, "_APPENDED", most)
    found = embed(run, photos, tmp_path / "out")
    part = joined(found)
    gallery = sl.DiskGallery(tmp_path / "gallery", 5)
    gallery.append(np.ones((2, 5)), ["one"] * 2)
    with pytest.raises(ValueError, match="gallery gave the ids 0 to 1 to other embeddings"):
        found.into(gallery)
    found.into(gallery, first_id=2)
    labels = [] if part.labels is None else part.labels.tolist()
    for _ in range(2):
        assert (len(gallery), gallery.next_id) == (18, 18)
        assert np.array_equal(gallery.embeddings_of(2 + part.ids), part.embeddings)
        assert gallery.labels_of(2 + part.ids).tolist() == labels
        assert gallery.paths_of(2 + part.ids).tolist() == part.paths
        gallery = sl.DiskGallery.open(tmp_path / "gallery")
        found.into(gallery, first_id=2)  # adds nothing
    gallery.remove([5])
    found.into(gallery, first_id=2)
    assert len(gallery) == 17
    with pytest.raises(ValueError, match="gave the ids"):
        found.into(gallery, first_id=3)
    with pytest.raises(ValueError, match="first_id is 19; expected at most 18"):
        found.into(gallery, first_id=19)
    with pytest.raises(ValueError, match="gallery has the dimension 4; expected 5"):
        found.into(sl.DiskGallery(tmp_path / "other", 4))


@pytest.mark.parametrize("promised", [False, True])
def test_a_gallery_that_was_killed_goes_on(tmp_path, photos, run, monkeypatch, promised):
    monkeypatch.setattr(embedded_files, "_APPENDED", 1)
    found = embed(run, photos, tmp_path / "out")
    gallery = sl.DiskGallery(tmp_path / "gallery", 5)
    add, added = gallery._store.add, []

    def fails(*arguments):
        if len(added) == 2:
            raise KeyboardInterrupt
        added.append(add(*arguments))

    monkeypatch.setattr(gallery._store, "add", fails)
    with pytest.raises(KeyboardInterrupt):
        found.into(gallery)
    gallery = sl.DiskGallery.open(tmp_path / "gallery")
    assert (len(gallery), gallery.next_id) == (8, 12)  # the ids are promised before
    if promised:
        gallery.append(np.ones((1, 5)), ["other"])
        with pytest.raises(ValueError, match="gave the ids 8 to 12 to other embeddings"):
            found.into(gallery)
        return
    found.into(gallery)
    assert np.array_equal(gallery.embeddings_of(range(16)), joined(found).embeddings)


def test_ray_gives_the_same_files(tmp_path, photos):
    import ray

    (photos / "dog/notes.txt").write_text("a dog")
    run = run_of(1, 2, 3)
    for name, options in ("one", {}), ("ray", {"ray": True, "workers": 2}):
        with pytest.warns(UserWarning, match="1 file or folder was"):
            embed(run, photos, tmp_path / name, frame=1, **options)
    assert contents(tmp_path / "ray") == contents(tmp_path / "one")
    assert not ray.is_initialized()


class Unknown(keras.layers.Layer):
    """A layer that other processes cannot know."""

    def call(self, images):
        return keras.ops.cast(images, "float32")


def test_ray_that_runs_already_is_used_and_an_error_comes_back_as_it_is(tmp_path, photos):
    import ray

    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        found = embed(tower(1), [photos / "cat/0.png"], tmp_path / "out", ray=True)
        assert len(found) == 1
        assert ray.is_initialized()
        odd = keras.Sequential(
            [keras.Input(SHAPE), Unknown(), keras.layers.Flatten(), keras.layers.Dense(2)]
        )
        with pytest.raises(TypeError, match="Could not locate class 'Unknown'"):
            embed(odd, [photos / "cat/0.png"], tmp_path / "odd", ray=True)
    finally:
        ray.shutdown()


def test_a_file_that_only_a_worker_misses(tmp_path, photos):
    on_ray._check_found(b"", "far")
    on_ray._check_found(bytes(photos / "gone.png"), "far")
    gone = b"\0".join([bytes(photos / "gone.png"), bytes(photos / "cat/0.png")])
    with pytest.raises(sl.DataError, match=r"0\.png: found nothing on the machine far"):
        on_ray._check_found(gone, "far")


@pytest.mark.parametrize(
    ("processors", "wanted", "expected"),
    [
        ([2], None, (1, 2)),
        ([16], None, (4, 4)),
        ([2, 2, 0], None, (2, 2)),
        ([16, 3], None, (6, 3)),
        ([0], None, (1, 4)),
        ([2], 5, (2, 1)),
        ([8, 8], 3, (3, 1)),
    ],
)
def test_the_workers_fit_on_the_machines(processors, wanted, expected):
    assert on_ray._workers(processors, wanted) == expected


@pytest.mark.parametrize(("package", "ray"), [("pyarrow", False), ("ray", True)])
def test_without_the_extra_an_error_says_how_to_install_it(
    tmp_path, photos, run, monkeypatch, package, ray
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"needs the package {package}.*siamese-lib\[scale\]"):
        embed(run, photos, tmp_path / "out", ray=ray)
