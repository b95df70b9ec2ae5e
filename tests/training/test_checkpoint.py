"""A training that is killed and resumed arrives where it would have arrived."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_training import SHAPE, Training, at_step, dense_tower, each_step

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.training import recorder as recorder_module
from siamese_lib.training.checkpoint import Checkpoint

EPOCHS, STEPS = 5, 4
PLAN = {"total": 20, "setting margin": 1.0}
PARTS = {"loss": {"margin": 1.0}}
FACTS = {"plan": PLAN, "parts": PARTS, "step": 4, "nothing": math.nan}


@pytest.fixture(autouse=True)
def small_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "_CHECKPOINT_SECONDS", -1.0)  # due after every step
    monkeypatch.setattr(recorder_module, "_HISTORY_ROWS", 6)  # a row every 3 steps; epochs have 4


def falling() -> keras.optimizers.schedules.LearningRateSchedule:
    return keras.optimizers.schedules.PolynomialDecay(0.02, EPOCHS * STEPS, 0.0)


def random_tower() -> keras.Model:
    """One whose training draws random numbers of its own."""
    images = keras.Input(SHAPE)
    noisy = keras.layers.Dropout(0.5, seed=0)(images)
    return keras.Model(images, dense_tower()(noisy))


def training(kind: str = "Adam", **options: Any) -> Training:
    parts: dict[str, Any] = {
        "Adam": lambda: {"optimizer": keras.optimizers.Adam(0.01)},
        "Muon": lambda: {"optimizer": sl.Muon(falling())},
        "pairs": lambda: {"optimizer": sl.Muon(falling()), "pairs": True},
        "dropout": lambda: {"optimizer": "sgd", "tower": random_tower()},
        "augmented": lambda: {"optimizer": "sgd"},
    }[kind]()
    one = Training(steps=STEPS, frames=6, **parts, **options)
    one.batches.augment = sl.RandomShift(1) if kind == "augmented" else None
    return one


@cache
def whole(kind: str = "Adam") -> sl.Run:
    """A training that nothing happened to."""
    return training(kind).fit(epochs=EPOCHS).run


class Crash(BaseException):
    pass


def crash() -> None:
    raise Crash


def interrupted(kind: str, folder: Path, step: int) -> None:
    with pytest.raises(Crash):
        training(kind, folder=folder).fit(epochs=EPOCHS, after=[at_step(step, crash)])


def assert_same_run(ours: sl.Run, theirs: sl.Run) -> None:
    """Bit for bit but for the clock."""
    assert ours.steps.tolist() == theirs.steps.tolist()
    for frame in range(len(ours)):
        for one, other in zip(ours.weights(frame), theirs.weights(frame), strict=True):
            np.testing.assert_array_equal(one, other)
    assert ours.history["step"] == theirs.history["step"]
    np.testing.assert_allclose(ours.history["loss"], theirs.history["loss"], rtol=1e-5)


# --- the same end ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Adam", "Muon", "pairs", "dropout", "augmented"])
def test_a_resumed_training_ends_as_if_nothing_had_happened(tmp_path: Path, kind: str) -> None:
    interrupted(kind, tmp_path, step=10)
    resumed = training(kind, folder=tmp_path, resume=True)
    steps: list[int] = []
    count = each_step(lambda: steps.append(1))
    assert_same_run(resumed.fit(epochs=EPOCHS, after=[count]).run, whole(kind))
    assert len(steps) == 10  # none was made again
    assert not (tmp_path / "checkpoint.npz").exists()
    assert sl.Run.load(tmp_path, tower=resumed.tower).steps[-1] == 20


@pytest.mark.parametrize("kind", ["Adam", "Muon", "pairs"])
def test_killed_before_the_first_step(tmp_path: Path, kind: str) -> None:
    before = keras.callbacks.LambdaCallback(on_train_begin=lambda _: crash())
    with pytest.raises(Crash):
        training(kind, folder=tmp_path).fit(epochs=EPOCHS, after=[before])
    resumed = training(kind, folder=tmp_path, resume=True).fit(epochs=EPOCHS)
    assert_same_run(resumed.run, whole(kind))


def test_a_single_long_epoch_is_resumed_within(tmp_path: Path) -> None:
    """As in the notebooks, where the whole training is one epoch to Keras."""

    def one_epoch(**options: Any) -> Training:
        return Training(steps=EPOCHS * STEPS, frames=6, optimizer=sl.Muon(falling()), **options)

    with pytest.raises(Crash):
        one_epoch(folder=tmp_path).fit(after=[at_step(7, crash)])
    steps: list[int] = []
    count = each_step(lambda: steps.append(1))
    resumed = one_epoch(folder=tmp_path, resume=True).fit(after=[count])
    assert_same_run(resumed.run, one_epoch().fit().run)
    assert len(steps) == 13


def test_a_killed_process_is_resumed(tmp_path: Path) -> None:
    script = (
        "import os, signal, test_checkpoint as t\n"
        "t.recorder_module._CHECKPOINT_SECONDS, t.recorder_module._HISTORY_ROWS = -1.0, 6\n"
        f"training = t.training(folder=t.Path({str(tmp_path / 'run')!r}))\n"
        "kill = t.at_step(14, lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
        "training.fit(epochs=t.EPOCHS, after=[kill])\n"
    )
    search = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    killed = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": search}, check=False
    )
    assert killed.returncode == -9
    with pytest.raises(sl.RunError, match=r"no run\.json"):
        sl.Run.load(tmp_path / "run")
    resumed = training(folder=tmp_path / "run", resume=True).fit(epochs=EPOCHS)
    assert_same_run(resumed.run, whole())


def test_a_training_that_was_stopped_goes_on(tmp_path: Path) -> None:
    stopped = training(folder=tmp_path)

    def stop() -> None:
        stopped.model.stop_training = True

    stopped.fit(epochs=EPOCHS, after=[at_step(11, stop)])
    assert sl.Run.load(tmp_path, tower=dense_tower()).steps[-1] == 11
    resumed = training(folder=tmp_path, resume=True)
    assert_same_run(resumed.fit(epochs=EPOCHS).run, whole())
    assert (np.diff(resumed.recorder.history["seconds"]) > 0).all()
    assert steps_of_another_fit(resumed) == STEPS


def steps_of_another_fit(training: Training) -> int:
    steps: list[int] = []
    count = each_step(lambda: steps.append(1))
    training.model.fit(training.batches, callbacks=[count], shuffle=False, verbose=0)
    return len(steps)


def test_killed_after_the_last_step(tmp_path: Path) -> None:
    """Nothing is left to train, and the run is still completed; the next fit trains as usual."""
    late = keras.callbacks.LambdaCallback(on_train_end=lambda logs: crash())
    with pytest.raises(Crash):
        training(folder=tmp_path).fit(epochs=EPOCHS, before=[late])
    resumed = training(folder=tmp_path, resume=True)
    assert_same_run(resumed.fit(epochs=EPOCHS).run, whole())
    assert_same_run(sl.Run.load(tmp_path, tower=dense_tower()), whole())
    assert steps_of_another_fit(resumed) == STEPS


def test_where_there_is_nothing_to_resume(tmp_path: Path) -> None:
    recorder = training(folder=tmp_path / "new", resume=True).fit(epochs=EPOCHS)
    assert recorder.run.steps[-1] == EPOCHS * STEPS
    with pytest.raises(sl.RunError, match="a run that is finished"):
        training(folder=tmp_path / "new", resume=True).fit(epochs=EPOCHS)


def test_without_resume_a_training_begins_anew(tmp_path: Path) -> None:
    interrupted("Adam", tmp_path, step=10)
    recorder = training(folder=tmp_path).fit(epochs=EPOCHS)
    assert_same_run(recorder.run, whole())


# --- refusals ----------------------------------------------------------------------------------


def test_refusals_do_not_hurt_a_checkpoint(tmp_path: Path) -> None:
    interrupted("Adam", tmp_path, step=10)
    wanted = {"folder": tmp_path, "resume": True}
    with pytest.raises(sl.RunError, match="total was 20, now 28"):
        training(**wanted).fit(epochs=7)
    with pytest.raises(sl.RunError, match="setting margin was None, now 2"):
        training(settings={"margin": 2}, **wanted).fit(epochs=EPOCHS)
    with pytest.raises(sl.RunError, match="step was 8, now 16; optimizer was 'Adam', now 'Muon'"):
        training("pairs", **wanted).fit(epochs=EPOCHS)
    other = Training(
        steps=STEPS, frames=6, optimizer="adam", tower=sl.conv_tower(SHAPE, 2), **wanted
    )
    with pytest.raises(sl.RunError, match="weights were of other shapes"):
        other.fit(epochs=EPOCHS)
    training(**wanted).fit(epochs=EPOCHS)  # and all of this has not hurt it


@pytest.fixture(scope="module")
def trained() -> Training:
    trained = training()
    trained.fit()
    return trained


@pytest.fixture
def checkpoint(trained: Training, tmp_path: Path) -> Checkpoint:
    checkpoint = Checkpoint(tmp_path)
    frames = {0: dense_tower().get_weights(), 4: trained.tower.get_weights()}
    checkpoint.save(trained.model, FACTS, frames)
    return checkpoint


def test_everything_comes_back(checkpoint: Checkpoint, trained: Training) -> None:
    fresh = training()
    facts, frames = checkpoint.load(fresh.model, PLAN, PARTS)
    np.testing.assert_equal(facts, FACTS)
    assert list(frames) == [0, 4]
    np.testing.assert_array_equal(frames[4][0], trained.tower.get_weights()[0])
    for ours, theirs in (
        (fresh.model.variables, trained.model.variables),
        (fresh.model.optimizer.variables, trained.model.optimizer.variables),
    ):
        assert len(ours) == len(theirs) > 0
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert int(fresh.model.optimizer.iterations) == 4


def armed(witness: Path) -> bytes:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(witness),)

    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, facts=np.array([Bomb()], dtype=object))
    return buffer.getvalue()


def with_facts(facts: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "damage",
    ["cut", "flipped", "empty", "text", "armed", "no facts", "no plan", "odd plan", "odd parts"],
)
def test_a_damaged_checkpoint_is_refused(
    checkpoint: Checkpoint, damage: str, tmp_path: Path
) -> None:
    content = bytearray(checkpoint.path.read_bytes())
    content[len(content) // 2] ^= 1
    checkpoint.path.write_bytes(
        {
            "cut": content[:-50],
            "flipped": content,
            "empty": b"",
            "text": b"a text",
            "armed": armed(tmp_path / "executed"),
            "no facts": with_facts(None).replace(b"facts", b"fakts"),
            "no plan": with_facts({"step": 4}),
            "odd plan": with_facts({"plan": 7}),
            "odd parts": with_facts({"plan": PLAN, "parts": 7}),
        }[damage]
    )
    fresh = training()
    with pytest.raises(sl.RunError, match=r"checkpoint\.npz is damaged .* Delete it"):
        checkpoint.load(fresh.model, PLAN, PARTS)
    np.testing.assert_array_equal(fresh.tower.get_weights()[0], dense_tower().get_weights()[0])
    assert not (tmp_path / "executed").exists()


def test_weights_that_are_no_numbers_do_not_replace_a_good_checkpoint(tmp_path: Path) -> None:
    spoilt = training(folder=tmp_path)

    def spoil() -> None:
        spoilt.tower.set_weights([np.nan * weight for weight in spoilt.tower.get_weights()])

    with pytest.raises(Crash):
        spoilt.fit(epochs=EPOCHS, before=[at_step(10, spoil)], after=[at_step(14, crash)])
    resumed = training(folder=tmp_path, resume=True).fit(epochs=EPOCHS)
    assert_same_run(resumed.run, whole())
