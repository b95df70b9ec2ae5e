"""The collection of a report: changes are never lost, and no id is given twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.reports.keeping import keep_collection

RNG = np.random.default_rng(0)
NEW = RNG.integers(0, 256, (2, 16, 16, 3), np.uint8)


def run_of(seed: int) -> sl.Run:
    tower = sl.conv_tower((16, 16, 3), 4, seed=seed)
    return sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return run_of(0)


@pytest.fixture(scope="module")
def data() -> sl.Dataset:
    images = RNG.integers(0, 256, (12, 16, 16, 3), np.uint8)
    files = tuple(f"{'cats' if row % 2 else 'owls'}/{row}.png" for row in range(12))
    train, test = (
        sl.Split(images[part], np.arange(12)[part] % 2, files[part])
        for part in (slice(8), slice(8, 12))
    )
    return sl.Dataset(train, test, ("owls", "cats"), "made here", "twelve", root=Path("/photos"))


def changed(folder: Path) -> sl.Collection:
    """Add a class, remove picture 3, and save the collection where it was."""
    kept = sl.Collection.load(folder)
    kept.add(NEW, "seals")
    kept.remove([3])
    kept.save(folder)
    return kept


def test_a_collection_keeps_the_end_of_its_run_only(data: sl.Dataset, tmp_path: Path) -> None:
    towers = [sl.conv_tower((16, 16, 3), 4, seed=seed) for seed in (0, 1)]
    weights = zip(*(tower.get_weights() for tower in towers), strict=True)
    frames = [np.stack(each) for each in weights]
    trained_on = np.array([0, 3], np.uint64)
    run = sl.Run(towers[0], [0, 9], frames, settings={"seed": 7}, white=255, trained_on=trained_on)
    keep_collection(run, data, tmp_path / "collection")
    kept = sl.Collection.load(tmp_path / "collection").run
    assert kept.steps.tolist() == [9]
    assert kept.settings == {"seed": 7}
    np.testing.assert_array_equal(kept.trained_on, trained_on)
    np.testing.assert_array_equal(kept.embed(NEW), run.embed(NEW))
    assert len(run) == 2
    assert run.folder is None


def test_a_collection_that_was_changed_stays(run: sl.Run, data: sl.Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    first = keep_collection(run, data, folder)
    assert first.new
    assert run.folder is None
    again = keep_collection(run, data, folder)
    assert (again.new, again.changed) == (False, False)
    mine = changed(folder)
    run.save(tmp_path / "run")
    kept = keep_collection(sl.Run.load(tmp_path / "run"), data, folder)
    assert (kept.new, kept.changed, kept.before) == (False, True, None)
    assert str(kept) == f"{folder} stays as it is, with your changes"
    found = sl.Collection.load(folder)
    assert found.entries == mine.entries
    assert "seals" in {entry.class_name for entry in found.entries}
    assert 3 not in found.ids
    assert found.add(NEW[:1], "seals") == [14]


def test_for_other_images_it_moves_and_ids_go_on(
    run: sl.Run, data: sl.Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "collection"
    given: list[int] = []
    keep_collection(run, data, folder)
    for number, fewer in enumerate((data.without(train=[0]), data.without(train=[1])), 1):
        mine = changed(folder) if number == 1 else sl.Collection.load(folder)
        if number == 2:
            mine.add(NEW, "seals")
            mine.save(folder)
        given += mine.ids.tolist()
        kept = keep_collection(run, fewer, folder)
        assert kept.before is not None
        assert kept.before == tmp_path / f"collection-{number}"
        assert str(kept.before) in str(kept)
        assert sl.Collection.load(kept.before).entries == mine.entries
        found = sl.Collection.load(folder)
        assert len(found) == 11
        assert not set(found.ids.tolist()) & set(given)
        assert found.next_id == max(found.ids) + 1


@pytest.mark.parametrize("other", ["images", "training", "files"])
def test_one_that_nobody_changed_is_replaced(
    run: sl.Run, data: sl.Dataset, tmp_path: Path, other: str
) -> None:
    folder = tmp_path / "collection"
    keep_collection(run, data, folder)
    before = sl.Collection.load(folder)
    if other == "images":
        data = data.without(test=[0])
    elif other == "files":
        data = sl.Dataset(data.train, data.test, data.class_names, "", "", root=Path("/moved"))
    kept = keep_collection(run_of(1) if other == "training" else run, data, folder)
    assert (kept.new, kept.before) == (True, None)
    assert [path.name for path in tmp_path.iterdir()] == ["collection"]
    found = sl.Collection.load(folder)
    assert len(found) == len(data.train) + len(data.test)
    assert found.ids[0] == before.next_id
    assert (found.entries[0].path == Path("/moved/owls/0.png")) == (other == "files")


@pytest.mark.parametrize("file", ["made-by-report.json", "collection.json", "run/run.json"])
@pytest.mark.parametrize("content", [b"", b"[]"])
def test_what_cannot_be_read_moves(
    run: sl.Run, data: sl.Dataset, tmp_path: Path, file: str, content: bytes
) -> None:
    folder = tmp_path / "collection"
    keep_collection(run, data, folder)
    given = changed(folder).next_id
    for _ in range(2):
        (folder / file).write_bytes(content)
        kept = keep_collection(run, data, folder)
        assert kept.before is not None
        assert (kept.before / file).read_bytes() == content
        assert ("the earlier collection cannot be read;" in str(kept)) == ("made" not in file)
        found = sl.Collection.load(folder)
        assert len(found) == 12
        assert found.ids.min() >= given
        given = found.add(NEW, "seals").max() + 1
        found.save(folder)
        if file != "collection.json":
            assert given < 100


def test_ids_go_on_though_only_earlier_ones_can_be_read(
    run: sl.Run, data: sl.Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "collection"
    keep_collection(run, data, folder)
    mine = changed(folder)
    folder.rename(tmp_path / "collection-7")  # as a call that was interrupted left it
    kept = keep_collection(run, data, folder)
    assert (kept.new, kept.before) == (True, None)
    assert sl.Collection.load(folder).ids[0] == mine.next_id
    (tmp_path / "collection-7" / "collection.json").write_text("")
    (folder / "collection.json").write_text("")
    (folder / "made-by-report.json").write_text("")
    kept = keep_collection(run, data, folder)
    assert kept.before == tmp_path / "collection-8"
    assert sl.Collection.load(folder).ids[0] == 2_000_000


@pytest.mark.parametrize("moment", ["embed_once", "save"])
def test_an_interruption_loses_nothing(
    run: sl.Run, data: sl.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    folder = tmp_path / "collection"
    keep_collection(run, data, folder)
    mine = changed(folder)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    fewer = data.without(train=[0])
    with monkeypatch.context() as patched:
        patched.setattr(sl.Run, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            keep_collection(run, fewer, folder)
    assert sl.Collection.load(folder).entries == mine.entries
    kept = keep_collection(run, fewer, folder)
    assert kept.before == tmp_path / "collection-1"
    assert "does not fit these pictures and this training" in str(kept)
    assert sl.Collection.load(folder).ids[0] == mine.next_id
    assert {path.name for path in tmp_path.iterdir()} == {"collection", "collection-1"}
