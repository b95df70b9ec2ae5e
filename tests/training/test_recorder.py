"""The recorder keeps what was true at each step, whatever becomes of the fit."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_training import SHAPE, Clock, Training, at_step, corners, dense_tower, each_step

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.training import recorder as recorder_module
from siamese_lib.training import stopwatch, validation
from siamese_lib.training.frame_steps import frame_steps

WATCHED = corners(48, seed=1)


class Diary(keras.callbacks.Callback):
    """The weights after every step, kept without thrift."""

    def __init__(self, tower: keras.Model) -> None:
        super().__init__()
        self.weights = [tower.get_weights()]
        self.tower = tower

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.weights.append(self.tower.get_weights())


def assert_same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


# --- frames ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("total", "frames"), [(1, 2), (1, 40), (30, 2), (1200, 40), (20, 100)])
def test_frames_are_planned_early_and_within_bounds(total: int, frames: int) -> None:
    steps = frame_steps(total, frames)
    assert steps[0] == 0
    assert steps[-1] == total
    assert len(steps) <= frames
    gaps = np.diff(steps)
    assert (gaps > 0).all()
    assert gaps[-1] == gaps.max()


def test_half_of_the_frames_are_of_the_first_quarter() -> None:
    assert sum(step <= 700 for step in frame_steps(2800)) == 20


@pytest.mark.parametrize("pairs", [False, True])
def test_a_frame_holds_the_weights_that_the_tower_had(pairs: bool) -> None:
    training = Training(pairs=pairs, steps=6, frames=5)
    diary = Diary(training.tower)
    run = training.fit(epochs=3, after=[diary]).run
    assert run.steps.tolist() == frame_steps(18, 5) == [0, 1, 4, 10, 18]
    for frame, step in enumerate(run.steps):
        assert_same(run.weights(frame), diary.weights[step])
    assert not np.array_equal(run.weights(0)[0], run.weights(1)[0])


def test_frames_at_even_steps() -> None:
    assert Training(steps=10, frame_every=4).fit().run.steps.tolist() == [0, 4, 8, 10]


# --- history -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", [False, True])
def test_the_losses_are_means_of_the_steps_since_the_row_before(
    monkeypatch: pytest.MonkeyPatch, pairs: bool
) -> None:
    """Epochs of 7 steps and rows of 4: rows span the epochs, where Keras' mean starts anew."""
    monkeypatch.setattr(recorder_module, "_HISTORY_ROWS", 5)
    training = Training(pairs=pairs, steps=7, frames=2)
    diary = Diary(training.tower)
    history = training.fit(epochs=3, after=[diary]).history
    sampler, data = training.batches.sampler, training.batches.data
    losses = []
    for step in range(21):
        training.tower.set_weights(diary.weights[step])
        if pairs:
            left, right, target = sampler.batch(step)
            output = training.model([data.images[left], data.images[right]])
        else:
            chosen = sampler.batch(step)
            output, target = training.model(data.images[chosen]), data.labels[chosen]
        losses.append(float(training.model.loss(target, output)))
    ends = [4, 8, 12, 16, 20, 21]
    assert history["step"] == ends
    means = [np.mean(losses[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    np.testing.assert_allclose(history["loss"], means, rtol=1e-4)
    assert len(set(np.round(means, 6))) == 6


def test_a_frame_has_a_row_of_the_history() -> None:
    recorder = Training(steps=700, frames=9).fit()
    assert len(recorder.history["step"]) < 260
    assert set(recorder.kept) <= {0, *recorder.history["step"]}


def test_precision_and_spread_are_those_of_the_watched_images() -> None:
    recorder = Training(steps=3, validation=WATCHED).fit()
    embeddings = recorder.run.embed(WATCHED.images)
    hits = []
    for i, query in enumerate(embeddings):
        distance = [math.dist(query, other) for other in embeddings]
        others = sorted((j for j in range(48) if j != i), key=distance.__getitem__)
        hits += [WATCHED.labels[j] == WATCHED.labels[i] for j in others[:7]]
    centre = [sum(column) / 48 for column in embeddings.T]
    spread = math.sqrt(sum(math.dist(point, centre) ** 2 for point in embeddings) / 48)
    assert recorder.history["precision"][-1] == pytest.approx(np.mean(hits))
    assert recorder.history["spread"][-1] == pytest.approx(spread, rel=1e-5)


def test_no_validation_no_precision() -> None:
    history = Training(steps=3).fit().history
    assert np.isnan(history["precision"]).all()
    assert np.isnan(history["spread"]).all()


@pytest.mark.parametrize("cost", [0.1, 100.0])
def test_seconds_leave_the_validation_out_and_bound_it(
    monkeypatch: pytest.MonkeyPatch, cost: float
) -> None:
    """A step takes one second, a validation `cost`; at most 4 % of the time goes into it."""
    clock = Clock()
    nearest = sl.Gallery.nearest

    def slow(*arguments: Any, **options: Any) -> Any:
        clock.wait(cost)
        return nearest(*arguments, **options)

    monkeypatch.setattr(stopwatch, "time", clock)
    monkeypatch.setattr(validation, "time", clock)
    monkeypatch.setattr(sl.Gallery, "nearest", slow)
    training = Training(steps=50, validation=WATCHED)
    history = training.fit(before=[each_step(lambda: clock.wait(1.0))]).history
    assert history["seconds"] == pytest.approx(range(1, 51))
    measured = ~np.isnan(history["precision"])
    assert measured[0]
    assert measured[-1]
    between = np.flatnonzero(measured[1:-1]) + 2  # numbers of the steps
    if cost == 0.1:  # worth 2.5 seconds of training
        assert len(between) >= 15
        assert all((i + 2) * cost <= 0.04 * step + 1e-9 for i, step in enumerate(between))
    else:
        assert not between.size
    assert training.recorder.images_per_second() == pytest.approx(8)


def test_few_images_are_watched_and_all_classes() -> None:
    images, labels = validation.evenly(WATCHED, 12)
    assert images.shape == (12, 8, 8, 1)
    assert np.bincount(labels).tolist() == [3, 3, 3, 3]
    index = {image.tobytes(): i for i, image in enumerate(WATCHED.images)}
    chosen = [index[image.tobytes()] for image in images]
    assert len(set(chosen)) == 12
    np.testing.assert_array_equal(WATCHED.labels[chosen], labels)


# --- a run at any time ------------------------------------------------------------------------


def test_a_run_before_a_fit() -> None:
    training = Training()
    run = training.recorder.run
    assert run.steps.tolist() == [0]
    assert_same(run.weights(), training.tower.get_weights())
    assert run.history["step"] == []


def test_a_run_during_a_fit_ends_with_the_tower_as_it_is() -> None:
    training = Training(steps=10, frames=2)
    diary = Diary(training.tower)
    seen = []
    look = each_step(lambda: seen.append(training.recorder.run))
    run = training.fit(after=[diary, look]).run
    for step, moment in enumerate(seen, start=1):
        assert moment.steps.tolist() == [0, step]
        assert_same(moment.weights(), diary.weights[step])
    assert run.steps.tolist() == [0, 10]  # looking has not left anything behind


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
def test_a_run_after_a_fit_that_failed(kind: type[BaseException]) -> None:
    def fail() -> None:
        raise kind

    training = Training(steps=10, validation=WATCHED)
    with pytest.raises(kind):
        training.fit(after=[at_step(5, fail)])
    run = training.recorder.run
    assert run.steps[-1] == 5
    assert run.history["step"] == [1, 2, 3, 4, 5]
    assert_same(run.weights(), training.tower.get_weights())
    assert np.isfinite(run.embed(WATCHED.images)).all()


def test_weights_that_are_no_numbers_are_not_kept() -> None:
    training = Training(steps=10, validation=WATCHED, frame_every=1)

    def spoil() -> None:
        training.tower.set_weights([np.nan * weight for weight in training.tower.get_weights()])

    run = training.fit(before=[at_step(5, spoil)]).run
    assert run.steps.tolist() == [0, 1, 2, 3, 4]
    assert np.isfinite(run.embed(WATCHED.images)).all()
    assert np.isnan(run.history["precision"][4:]).all()


def test_another_fit_is_another_record() -> None:
    training = Training(steps=4)
    first = training.fit(epochs=2).run
    second = training.fit().run
    assert first.steps.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert second.steps.tolist() == [0, 1, 2, 3, 4]
    assert second.history["step"] == [1, 2, 3, 4]
    assert_same(second.weights(0), first.weights())


# --- the folder --------------------------------------------------------------------------------


def test_the_run_is_saved_at_the_end(tmp_path: Path) -> None:
    training = Training(steps=6, folder=tmp_path / "run", settings={"size": (8, 8)})
    recorder = training.fit(epochs=2)
    again = sl.Run.load(tmp_path / "run", tower=dense_tower())
    assert again.steps.tolist() == recorder.run.steps.tolist()
    np.testing.assert_equal(again.history, recorder.history)
    assert_same(again.weights(), training.tower.get_weights())
    assert again.settings == {"margin": 1.0, "size": [8, 8]}
    assert not (tmp_path / "run" / "checkpoint.npz").exists()


def test_the_run_is_saved_when_fit_is_stopped(tmp_path: Path) -> None:
    training = Training(steps=6, folder=tmp_path)

    def stop() -> None:
        training.model.stop_training = True

    training.fit(after=[at_step(4, stop)])
    assert sl.Run.load(tmp_path, tower=dense_tower()).steps[-1] == 4
    assert (tmp_path / "checkpoint.npz").exists()


def test_a_folder_may_also_hold_what_other_callbacks_write(tmp_path: Path) -> None:
    training = Training(steps=4, folder=tmp_path)
    training.fit(before=[keras.callbacks.CSVLogger(tmp_path / "log.csv")])
    assert sl.Run.load(tmp_path, tower=dense_tower()).steps[-1] == 4
    assert (tmp_path / "log.csv").exists()


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frames": 1}, "frames is 1; expected a whole number, 2 or more"),
        ({"frame_every": 0}, "frame_every is 0; expected a whole number, 1 or more"),
        ({"resume": True}, "without a folder; expected the folder"),
        ({"settings": {"path": Path()}}, "settings: got a value that JSON cannot hold"),
        ({"validation": corners(7)}, "Got 7 images .* more than 7 images"),
    ],
)
def test_arguments_that_cannot_be_meant(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Training(**options)


def test_a_folder_of_something_else_is_refused_before_the_training(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(sl.RunError, match=r"thesis\.doc"):
        Training(folder=tmp_path)


def test_batches_without_an_end_are_refused() -> None:
    training = Training()
    endless = (training.batches[0] for _ in itertools.count())
    with pytest.raises(ValueError, match="expected ImageBatches"):
        training.model.fit(endless, callbacks=[training.recorder], shuffle=False)


def test_a_frozen_weight_is_kept_once(tmp_path: Path) -> None:
    """In memory, in the checkpoint and in the run, as a frozen backbone may be large."""
    frozen = keras.layers.Dense(500, trainable=False)
    images = keras.Input(SHAPE)
    numbers = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    tower = keras.Model(images, keras.layers.Dense(2)(frozen(numbers)))
    size = 4 * (64 * 500 + 500)
    training = Training(tower=tower, steps=10, frame_every=1, folder=tmp_path)
    sizes: list[int] = []

    def stop() -> None:
        training.model.stop_training = True

    training.fit(after=[at_step(8, stop)])
    sizes.append((tmp_path / "checkpoint.npz").stat().st_size)
    resumed = Training(tower=tower, steps=10, frame_every=1, folder=tmp_path, resume=True)
    run = resumed.fit().run
    (frames,) = tmp_path.glob("frames-*.npz")
    sizes.append(frames.stat().st_size)
    assert sizes[0] < 3 * size  # in the frames, and in the state of the model
    assert sizes[1] < 2 * size
    again = sl.Run.load(tmp_path)
    for loaded in (run, again):
        assert len(loaded) == 11
        assert_same(loaded.weights(0)[:2], frozen.get_weights())
        assert_same(loaded.weights(), tower.get_weights())
        assert (loaded.weights(0)[2] != loaded.weights(7)[2]).any()
