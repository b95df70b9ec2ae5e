"""Training on eight simulated devices and in two processes, which `test_several_devices` starts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny_training import at_step, corners, corners_dataset
from trained_together import KINDS, close, held_out, training

import siamese_lib as sl
from siamese_lib.network.any_tower import called
from siamese_lib.network.backend import keras

distribution = keras.distribution


@pytest.fixture(autouse=True)
def undistributed() -> Iterator[None]:
    yield
    distribution.set_distribution(None)


@pytest.mark.parametrize("kind", KINDS)
def test_one_device_and_eight_give_the_same_weights(kind):
    alone = training(kind)
    start = alone.tower.get_weights()
    alone.fit()
    distribution.set_distribution(distribution.DataParallel())
    together = training(kind)
    # One image or pair on each device: a loss of each device's own would see no pair of images.
    assert len(together.tower.weights[0].value.sharding.device_set) == 8
    together.fit()
    close(together.tower.get_weights(), alone.tower.get_weights())
    losses = [np.array(each.recorder.history["loss"]) for each in (together, alone)]
    close(losses[:1], losses[1:])
    moved = [np.abs(a - b).max() for a, b in zip(start, alone.tower.get_weights(), strict=True)]
    assert max(moved) > 0.01


@pytest.mark.parametrize("optimizer", [sl.Muon(0.02), keras.optimizers.Adam(0.01)])
def test_other_optimizers_end_at_the_same_map(optimizer):
    ends, maps = [], []
    for split in (False, True):
        distribution.set_distribution(distribution.DataParallel() if split else None)
        trained = training("in-batch")
        copy = type(optimizer).from_config(optimizer.get_config())
        trained.model.compile(copy, trained.model.loss)
        found = trained.fit().run.embed(held_out().images)
        *weights, _ = trained.tower.get_weights()
        ends.append(weights)
        maps.append(found - found.mean(axis=0))  # where the map lies does not change the loss
    close(*ends)
    close(maps[:1], maps[1:])


def test_a_training_on_eight_devices_is_recorded_guarded_stopped_and_resumed(tmp_path):
    whole = training("in-batch", 30).fit().run
    sl.distribute()
    folder = tmp_path / "run"
    stopped = training("in-batch", 30, folder=folder, validation=held_out())
    guard = sl.Guard()
    stop = at_step(12, lambda: signal.raise_signal(signal.SIGTERM))
    best = sl.StopAtBest(stopped.tower, held_out(), every=100)
    stopped.fit(before=[guard], after=[stop, sl.Progress(stopped.recorder), best])
    assert guard.stopped_by == signal.SIGTERM
    assert stopped.recorder.step == 12
    assert best.measured[0][0] == 12
    resumed = training("in-batch", 30, folder=folder, validation=held_out(), resume=True)
    resumed.fit()
    assert resumed.recorder.step == 30
    assert resumed.recorder.history["precision"][-1] > 0.9
    loaded = sl.Run.load(folder)
    assert loaded.steps[0] == 0
    images = held_out().images
    np.testing.assert_allclose(loaded.embed(images), whole.embed(images), atol=1e-4)
    assert sl.evaluate(loaded, corners_dataset()).precision > 0.9


def test_an_embedding_is_computed_on_one_device():
    sl.distribute()
    tower = training("in-batch").tower
    made = called(tower, corners().images)
    assert len(made.sharding.device_set) == 1
    np.testing.assert_allclose(made, tower(corners().images, training=False), atol=1e-6)


def test_a_batch_that_cannot_be_split_is_refused_before_training():
    data = corners()
    words = r"12 rows .* for 8 devices; expected a multiple of 8.* batch_size=8 or 16"
    sampler = sl.BalancedBatchSampler(data.labels, batch_size=12, seed=0)
    unaware = sl.ImageBatches(data, sampler, steps=2)
    sl.distribute()
    with pytest.raises(ValueError, match=words):
        sl.ImageBatches(data, sampler)
    with pytest.raises(ValueError, match=r"batch_size=8 to"):
        sl.ImageBatches(data, sl.PairSampler(data.labels, batch_size=4))
    tower = training("in-batch").tower
    before = tower.get_weights()
    with pytest.raises(ValueError, match=words):
        tower.fit(unaware, shuffle=False, verbose=0)
    for one, other in zip(before, tower.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_fewer_devices_take_other_batches():
    distribution.set_distribution(distribution.DataParallel(devices=["cpu:0", "cpu:1", "cpu:2"]))
    data = corners()
    batches = sl.ImageBatches(data, sl.BalancedBatchSampler(data.labels, batch_size=12, seed=0))
    assert len(batches[0][1]) == 12


def test_some_of_the_arguments_are_refused():
    with pytest.raises(ValueError, match="expected all three"):
        sl.distribute("127.0.0.1:1234", process=0)
    assert distribution.distribution() is None


# Two processes


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> list[dict[str, np.ndarray]]:
    """What two processes with two devices each found out, which talk to each other."""
    folder: Path = tmp_path_factory.mktemp("two")
    port = str(free_port())
    outputs = [folder / f"out{process}" for process in range(2)]
    here = Path(__file__).parent
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, str(here / "one_of_two.py"), port]
    started = []
    for process, output in enumerate(outputs):
        with output.open("w") as out:
            started.append(
                subprocess.Popen(
                    [*command, str(process), str(folder)],
                    cwd=here.parent,
                    env={**os.environ, **flags, "PYTHONPATH": os.pathsep.join(sys.path)},
                    stdout=out,
                    stderr=subprocess.STDOUT,
                )
            )
    try:
        ends = [process.wait(900) for process in started]
    finally:
        for process in started:
            process.kill()
    assert ends == [0, 0], "\n".join(output.read_text()[-4000:] for output in outputs)
    return [dict(np.load(folder / f"found{process}.npz")) for process in range(2)]


def weights_of(found: dict[str, np.ndarray], name: str) -> list[np.ndarray]:
    return [found[f"{name}{i}"] for i in range(sum(key.startswith(name) for key in found))]


@pytest.mark.parametrize("kind", ["in-batch", "pairs"])
def test_two_processes_give_the_weights_of_one(two, kind):
    alone = training(kind).fit()
    for found in two:
        close(weights_of(found, f"{kind} weight "), alone.tower.get_weights())
        close([found[f"{kind} loss"]], [np.array(alone.history["loss"])])


def test_each_process_loads_its_part_of_a_batch(two):
    (images,), labels = training("in-batch").batches.plain(3)
    np.testing.assert_array_equal(np.concatenate([found["part"] for found in two]), images)
    np.testing.assert_array_equal(np.concatenate([found["part labels"] for found in two]), labels)
    assert [len(found["part"]) for found in two] == [4, 4]
    left, right = (np.concatenate([found[side] for found in two]) for side in ("left", "right"))
    (all_left, all_right), _ = training("pairs").batches.plain(3)
    np.testing.assert_array_equal(left, all_left)
    np.testing.assert_array_equal(right, all_right)


def test_if_one_process_is_stopped_both_end_at_the_same_step(two):
    assert [int(found["stopped at"]) for found in two] == [21, 21]
    assert [int(found["stopped by"]) for found in two] == [signal.SIGTERM] * 2


def test_an_interrupted_training_of_two_processes_is_resumed(two):
    alone = training("in-batch").fit()
    for found in two:
        assert int(found["resumed at"]) == 50
        close(weights_of(found, "resumed weight "), alone.tower.get_weights())


def test_only_the_first_process_writes_and_prints(two):
    assert "run.json" in two[0]["files"].tolist()
    assert two[1]["files"].tolist() == []
    assert "step 50/50" in str(two[0]["printed"])
    assert str(two[1]["printed"]) == ""
    assert np.isfinite(two[0]["precision"][-1])
    assert np.isnan(two[1]["precision"]).all()


def test_a_run_saved_by_two_processes_is_loaded(two):
    run = sl.Run.load(str(two[0]["folder"]))
    close(run.weights(-1), weights_of(two[0], "in-batch weight "))


def test_both_processes_stop_at_the_same_best_weights(two):
    assert int(two[0]["best step"]) == int(two[1]["best step"])
    for a, b in zip(*(weights_of(found, "best weight ") for found in two), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_without_a_seed_are_the_same_after_the_first_process_saved(two):
    one, other = (weights_of(found, "own weight ") for found in two)
    assert len(one) == 6
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_if_the_first_process_cannot_write_both_say_so(two):
    assert "holds foreign.txt" in str(two[0]["error"])
    assert "The first process failed. It says: RunError: " in str(two[1]["error"])


def test_several_processes_need_batches_that_are_split_once(two):
    for found in two:
        assert "auto_shard_dataset=False" in str(found["split twice"])
