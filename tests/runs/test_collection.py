"""A collection: ids that never come back, files that open, and another process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl


@pytest.fixture(scope="module")
def run() -> sl.Run:
    tower = sl.conv_tower((16, 16, 3), 4, seed=0)
    return sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name in ("cats", "dögs"):
        (folder / name).mkdir()
        for number in range(6):
            pixels = rng.integers(0, 256, (20, 16, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def found(run: sl.Run, photos: Path) -> sl.Collection:
    data = sl.load_folder(photos, image_size=(16, 16), color="rgb", verbose=False)
    return sl.Collection.of(run, data)


def test_every_file_finds_itself_first(found: sl.Collection) -> None:
    assert len(found) == 12
    files = [entry.path for entry in found.entries if entry.path is not None]
    assert len(files) == 12
    assert all(path.is_file() for path in files)
    for answers, entry in zip(found.nearest(files, k=3), found.entries, strict=True):
        assert answers[0] == sl.Answer(entry.id, entry.class_name, entry.path, 0.0)
        assert answers[0].path is not None
        assert answers[0].path.parent.name == entry.class_name


def test_ids_of_one_that_replaces_another_go_on(found: sl.Collection, photos: Path) -> None:
    data = sl.load_folder(photos, image_size=(16, 16), color="rgb", verbose=False)
    found.remove([11])
    later = sl.Collection.of(found.run, data, first_id=found.next_id)
    assert later.ids.tolist() == list(range(12, 24))
    assert later.add(np.zeros((1, 16, 16, 3), np.uint8), "black") == later.next_id - 1 == 24
    with pytest.raises(ValueError, match="first_id"):
        sl.Collection.of(found.run, data, first_id=-1)


def test_answers_equal_a_loop(found: sl.Collection, run: sl.Run) -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, 16, 16, 3), np.uint8)
    point = run.embed(image)[0].astype(float)
    far = [float(np.linalg.norm(each.astype(float) - point)) for each in found.embeddings]
    expected = sorted(range(12), key=lambda row: far[row])[:5]
    answers = found.nearest(image, k=5)[0]
    assert [answer.id for answer in answers] == [found.entries[row].id for row in expected]
    assert [answer.distance for answer in answers] == pytest.approx(sorted(far)[:5], rel=1e-5)


def test_ids_are_never_given_again(found: sl.Collection, photos: Path, tmp_path: Path) -> None:
    gone = [found.entries[0], found.entries[-1]]
    found.remove([entry.id for entry in gone])
    loaded = sl.Collection.load(found.save(tmp_path / "kept"))
    for each in (found, loaded):
        assert len(each) == 10
        paths = [entry.path for entry in gone if entry.path is not None]
        ids = {answer.id for answers in each.nearest(paths, k=10) for answer in answers}
        assert ids == {entry.id for entry in each.entries}
        assert not ids & {entry.id for entry in gone}
        assert each.add(paths[0], "cats").tolist() == [12]
        assert each.nearest(paths[0], k=1)[0][0].id == 12


def test_an_image_is_named_by_its_file(
    found: sl.Collection, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for entry in found.entries:
        assert entry.path is not None
        assert found.ids_of(entry.path).tolist() == [entry.id]
    (tmp_path / "link").symlink_to(photos)
    (tmp_path / "new.png").write_bytes((photos / "cats" / "3.png").read_bytes())
    (tmp_path / "same.png").symlink_to(tmp_path / "new.png")
    monkeypatch.chdir(tmp_path)
    found.add(["new.png", "./new.png", "same.png"], "cats")
    assert found.ids_of("new.png").tolist() == [12, 13]
    assert found.ids_of(str(tmp_path / "same.png")).tolist() == [14]
    again = found.add(photos / "cats" / "3.png", "cats")
    (before,) = (e.id for e in found.entries[:12] if e.path == photos.resolve() / "cats" / "3.png")
    assert found.ids_of("link/dögs/../cats/3.png").tolist() == [before, *again]
    loaded = sl.Collection.load(found.save(tmp_path / "kept"))
    Path("new.png").unlink()
    loaded.remove(loaded.ids_of("new.png"))
    assert not np.isin([12, 13], loaded.ids).any()
    for gone in ("new.png", "ts/3.png", "", "kept", str(tmp_path / "cats" / "3.png")):
        with pytest.raises(ValueError, match="from which no image came; expected the file of"):
            loaded.ids_of(gone)


def test_the_end_of_a_path_names_an_image(found: sl.Collection, photos: Path) -> None:
    (cat,) = found.ids_of(photos / "cats" / "3.png")
    assert found.ids_of("cats/3.png").tolist() == [cat]
    with pytest.raises(ValueError, match=r"got 3\.png, the end of 2 paths \(.*3\.png, .*3\.png\)"):
        found.ids_of("3.png")


def test_new_classes_without_training(found: sl.Collection) -> None:
    before = found.nearest(np.zeros((1, 16, 16, 3), np.uint8), k=1)[0][0]
    ids = found.add(np.zeros((2, 16, 16, 3), np.uint8), ["night", "black"])
    assert ids.tolist() == [12, 13]
    answers = found.nearest(np.zeros((1, 16, 16, 3), np.uint8), k=3)[0]
    assert [answer.class_name for answer in answers] == ["night", "black", before.class_name]
    assert answers[0].path is None


def test_another_process_finds_the_same(found: sl.Collection, photos: Path, tmp_path: Path) -> None:
    found.remove(0)
    found.save(tmp_path / "kept")
    file = photos / "cats" / "3.png"
    script = (
        "import sys, siamese_lib as sl\n"
        "for answer in sl.Collection.load(sys.argv[1]).nearest(sys.argv[2], k=4)[0]:\n"
        "    print(answer.id, answer.class_name, answer.path, answer.distance)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "kept"), str(file)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line, answer in zip(printed.splitlines(), found.nearest(file, k=4)[0], strict=True):
        start = f"{answer.id} {answer.class_name} {answer.path} "
        assert line.startswith(start)
        assert float(line.removeprefix(start)) == pytest.approx(answer.distance, abs=1e-5)


def test_an_interrupted_save_leaves_the_one_before(
    found: sl.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found.save(tmp_path / "kept")
    found.remove(found.ids[:3].tolist())
    monkeypatch.setattr(json, "dumps", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        found.save(tmp_path / "kept")
    monkeypatch.undo()
    assert len(sl.Collection.load(tmp_path / "kept")) == 12
    found.save(tmp_path / "kept")
    assert len(sl.Collection.load(tmp_path / "kept")) == 9
    assert len(list((tmp_path / "kept").glob("embeddings-*"))) == 1


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda c: c.remove([3, 99]), "got 99, which no image has"),
        (lambda c: c.add(np.zeros((2, 16, 16, 3), np.uint8), ["one"]), "got 1 for 2 pictures"),
        (lambda c: c.add("missing.png", "cats"), r"missing\.png"),
        (lambda c: c.add(np.zeros((1, 9, 9, 3), np.uint8), "cats"), r"\(1, 9, 9, 3\)"),
        (lambda c: c.nearest(np.zeros((1, 16, 16, 3), np.uint8), k=99), "k is 99"),
    ],
)
def test_what_is_refused_changes_nothing(found: sl.Collection, act, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        act(found)
    assert found.ids.tolist() == list(range(12))
    assert len(found.nearest(np.zeros((1, 16, 16, 3), np.uint8), k=12)[0]) == 12


@pytest.mark.parametrize("fault", ["missing", "cut", "other ids", "later", "no json"])
def test_a_damaged_folder_is_refused(found: sl.Collection, tmp_path: Path, fault: str) -> None:
    folder = found.save(tmp_path / "kept")
    index, (arrays,) = folder / "collection.json", folder.glob("embeddings-*")
    facts = json.loads(index.read_bytes())
    if fault == "missing":
        index.unlink()
    elif fault == "cut":
        arrays.write_bytes(arrays.read_bytes()[:-8])
    elif fault == "other ids":
        facts["images"][3][0] = 0
    elif fault == "later":
        facts["format"] = 2
    if index.exists():
        index.write_text(json.dumps(facts) if fault != "no json" else "{")
    says = {"missing": "no collection.json", "later": "later version"}.get(fault, "damaged")
    with pytest.raises(ValueError, match=says):
        sl.Collection.load(folder)


def test_an_empty_one(run: sl.Run, tmp_path: Path) -> None:
    loaded = sl.Collection.load(sl.Collection(run, metric="cosine").save(tmp_path / "kept"))
    assert (len(loaded), loaded.metric) == (0, "cosine")
    with pytest.raises(ValueError, match="has no images"):
        loaded.nearest(np.zeros((1, 16, 16, 3), np.uint8))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(ValueError, match="holds files, but no collection"):
        loaded.save(tmp_path / "other")
