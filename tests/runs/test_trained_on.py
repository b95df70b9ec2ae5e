"""A run remembers which images it was trained on, and says so where it meets them again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_training import SHAPE, Training, corners, dense_tower

import siamese_lib as sl
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.offline import offline_digits
from siamese_lib.network.backend import keras


def untrained(**options: Any) -> sl.Run:
    tower = sl.conv_tower(SHAPE, 2, seed=0)
    return sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()], **options)


def seen(run: sl.Run, images: np.ndarray) -> np.ndarray:
    """Which images a run that knows its images was trained on."""
    known = run.was_trained_on(images)
    assert known is not None
    return known


def dataset(train: sl.Split, test: sl.Split) -> sl.Dataset:
    return sl.Dataset(train, test, ("a", "b", "c", "d"), "made here", "corners")


def samplers() -> dict[str, Any]:
    labels = corners().labels
    left, right = np.arange(0, 20, 2), np.arange(1, 20, 2)
    neighbours = (np.arange(40)[:, None] + 4) % 40
    return {
        "balanced": sl.BalancedBatchSampler(labels, batch_size=8),
        "pairs": sl.PairSampler(labels, batch_size=8),
        "neighbours": sl.PairSampler.from_neighbours(neighbours, batch_size=8),
        "explicit": sl.PairSampler.from_pairs(left, right, left % 4 == 0, batch_size=5),
    }


@pytest.mark.parametrize("augment", [None, sl.RandomShift(1)])
@pytest.mark.parametrize("sampler", samplers())
def test_a_recorded_run_knows_its_images(
    tmp_path: Path, sampler: str, augment: sl.RandomShift | None
) -> None:
    tower, batches = dense_tower(), sl.ImageBatches(corners(), samplers()[sampler], augment=augment)
    if sampler == "balanced":
        model, loss = tower, sl.InBatchContrastiveLoss()
    else:
        model, loss = sl.siamese(tower), sl.ContrastiveLoss()
    model.compile("sgd", loss, jit_compile=False)
    recorder = sl.Recorder(tower, batches, folder=tmp_path / "run")
    model.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
    for run in (recorder.run, sl.Run.load(tmp_path / "run", tower=tower)):
        assert seen(run, corners().images).all()
        assert not seen(run, corners(48, seed=1).images).any()


def test_a_run_of_float_pixels_knows_them() -> None:
    data = corners()
    floats = sl.Split(data.images, data.labels)
    object.__setattr__(floats, "images", data.images.astype(np.float32))
    run = Training(data=floats, steps=2).fit().run
    assert seen(run, data.images).all()
    assert not seen(run, data.images + 0.5).any()


def test_it_is_saved_copied_replaced_and_left_out(tmp_path: Path) -> None:
    images = corners().images
    run = untrained(trained_on=fingerprints(images))
    run.save(tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    loaded = sl.Run.load(tmp_path / "copy")
    np.testing.assert_array_equal(loaded.trained_on, np.unique(fingerprints(images)))
    loaded.save(tmp_path / "again", dtype="float16")
    assert seen(sl.Run.load(tmp_path / "again"), images).all()
    # A run of other images that has the same weights, and one that knows none.
    untrained(trained_on=fingerprints(images[:3])).save(tmp_path / "run")
    assert seen(sl.Run.load(tmp_path / "run"), images).sum() == 3
    untrained().save(tmp_path / "run")
    unknowing = sl.Run.load(tmp_path / "run")
    assert unknowing.trained_on is None
    assert unknowing.was_trained_on(images) is None
    assert not list((tmp_path / "run").glob("trained-on-*"))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    untrained(trained_on=fingerprints(corners().images)).save(tmp_path / "run")
    (file,) = (tmp_path / "run").glob("trained-on-*.npz")
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(sl.RunError, match=r"trained-on-\w+\.npz is damaged .* or delete it"):
        sl.Run.load(tmp_path / "run")
    file.unlink()
    with pytest.warns(UserWarning, match="is missing, so it is not known which images"):
        assert sl.Run.load(tmp_path / "run").trained_on is None


def test_an_interrupted_and_resumed_training_knows_its_images(tmp_path: Path) -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            self.model.stop_training = batch == 3

    Training(folder=tmp_path / "run").fit(after=[Stop()])
    assert (tmp_path / "run/checkpoint.npz").exists()
    stopped = sl.Run.load(tmp_path / "run", tower=dense_tower())
    assert seen(stopped, corners().images).all()
    Training(folder=tmp_path / "run", resume=True).fit()
    resumed = sl.Run.load(tmp_path / "run", tower=dense_tower())
    assert resumed.steps[-1] == 10
    assert seen(resumed, corners().images).all()
    assert len(list((tmp_path / "run").glob("trained-on-*.npz"))) == 1


@pytest.mark.parametrize("known", [0, 5, 48])
@pytest.mark.parametrize("copied", [0, 3])
def test_an_evaluation_says_what_was_seen_before(known: int, copied: int) -> None:
    """The first test images were trained on, and the last are among the training images."""
    train, test = corners(), corners(48, seed=1)
    images = train.images.copy()
    images[:copied] = test.images[48 - copied :]
    data = dataset(sl.Split(images, train.labels), test)
    run = untrained(trained_on=fingerprints(test.images[:known]))
    found = sl.evaluate(run, data)
    assert (found.trained_on, found.copies) == (known, copied)
    new = np.arange(known, 48 - copied)
    if 0 < len(new) < 48:
        rest = sl.Split(test.images[new], test.labels[new])
        alone = sl.evaluate(untrained(), dataset(data.train, rest))
        assert found.unseen is not None
        assert (found.unseen.precision, found.unseen.accuracy) == (alone.precision, alone.accuracy)
        assert found.unseen.queries == len(new)
        assert f"without them: precision@7 {alone.precision:.4f}" in str(found)
    else:
        assert found.unseen is None
    lines = str(found).splitlines()
    assert (f"{known} of 48 test images were used for training" in lines) == (known > 0)
    said = f"{copied} of 48 test images are identical to a training image"
    assert (said in lines) == (copied > 0)
    assert (len(lines) == 1) == (known == copied == 0)


def test_a_run_that_does_not_know_says_nothing() -> None:
    found = sl.evaluate(untrained(), dataset(corners(), corners(48, seed=1)))
    assert found.trained_on is None
    assert len(str(found).splitlines()) == 1


def test_the_shipped_run_knows_the_offline_digits() -> None:
    digits = offline_digits()
    assert digits is not None
    run = sl.shipped_run()
    assert run.trained_on is not None
    assert len(run.trained_on) == 60_000
    few = slice(0, 200)
    test = sl.Split(digits.test.images[few], digits.test.labels[few])
    data = sl.Dataset(digits.train, test, digits.class_names, digits.source, digits.name)
    found = sl.evaluate(run, data)
    assert found.trained_on == 200
    assert "200 of 200 test images were used for training" in str(found)
    assert not seen(run, 255 - test.images).any()


def test_validation_images_that_are_trained_on_are_counted() -> None:
    data = corners()
    mixed = sl.Split(
        np.concatenate([data.images[:6], corners(10, seed=1).images]),
        np.concatenate([data.labels[:6], corners(10, seed=1).labels]),
    )
    with pytest.warns(UserWarning, match="6 of 16 validation images are trained on"):
        Training(validation=mixed)


def test_a_page_and_an_explorer_say_it(tmp_path: Path) -> None:
    train, test = corners(), corners(48, seed=1)
    data = dataset(train, test)
    run = untrained(trained_on=fingerprints(test.images[:5]))
    page = sl.export_html(run, data, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "5 of 48 test images were used for training" in page
    explorer = sl.RetrievalExplorer(run, data)
    assert "5 of 48 test images were used for training" in explorer._screen.status
    explorer.select(image=train.images[7])
    assert explorer.answer.same == (7,)
    assert explorer.answer.distances[0] < 1e-6
    assert "This picture itself is training image 7" in explorer._screen.status
    explorer.select(train=7)
    assert explorer.answer.same == ()
    assert 7 not in explorer.answer.indices
