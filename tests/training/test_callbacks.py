"""A fit that is interrupted, diverges or collapses, and what is said about it."""

from __future__ import annotations

import io
import json
import math
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_training import SHAPE, Training, at_step, corners, each_step

import siamese_lib as sl
from siamese_lib.pairs.samplers import Pairs
from siamese_lib.training import callbacks

SIGNALS = (signal.SIGINT, signal.SIGTERM)
WATCHED = corners(48, seed=1)


class Terminated(BaseException):
    pass


def terminate(number: int, frame: Any) -> None:
    raise Terminated


@pytest.fixture(autouse=True)
def handlers() -> Iterator[dict[signal.Signals, Any]]:
    """Handlers that raise, and that have to be there again after every test."""
    before = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: terminate}
    saved = {number: signal.signal(number, handler) for number, handler in before.items()}
    yield before
    after = {number: signal.getsignal(number) for number in before}
    for number, handler in saved.items():
        signal.signal(number, handler)
    assert after == before


def send(number: signal.Signals) -> Any:
    return lambda: signal.raise_signal(number)


# --- Guard -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_fit_after_the_step(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    training, guard = Training(steps=10, validation=WATCHED), sl.Guard()
    recorder = training.fit(epochs=3, before=[guard], after=[at_step(14, send(number))])
    assert guard.stopped_by is number
    assert recorder.step == recorder.run.steps[-1] == 14
    assert np.isfinite(recorder.run.embed(WATCHED.images)).all()
    assert f"{number.name}: stopping after this step" in capsys.readouterr().out


def test_a_fit_that_nobody_interrupts() -> None:
    guard = sl.Guard()
    assert Training().fit(before=[guard]).step == 10
    assert guard.stopped_by is None


def test_a_second_signal_acts_at_once() -> None:
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

    training, guard = Training(), sl.Guard()
    with pytest.raises(Terminated):
        training.fit(before=[guard], after=[at_step(4, twice)])
    assert training.recorder.run.steps[-1] == 4
    training.fit(before=[guard])  # another fit is guarded again
    assert guard.stopped_by is None


def test_after_a_fit_that_failed_signals_act_as_usual() -> None:
    def fail() -> None:
        raise RuntimeError

    training, guard = Training(), sl.Guard()
    for _ in range(2):  # twice: the second must not take the first's handler for the user's
        with pytest.raises(RuntimeError):
            training.fit(before=[guard], after=[at_step(2, fail)])
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(Terminated):
        signal.raise_signal(signal.SIGTERM)


def test_after_a_fit_that_failed_another_guard_gives_the_signals_back_too() -> None:
    def fail() -> None:
        raise RuntimeError

    training = Training()
    with pytest.raises(RuntimeError):
        training.fit(before=[sl.Guard()], after=[at_step(2, fail)])
    training.fit(before=[sl.Guard()])
    for number, kind in ((signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)):
        with pytest.raises(kind):
            signal.raise_signal(number)


def test_in_a_thread_signals_are_left_alone(handlers: dict[signal.Signals, Any]) -> None:
    training, seen = Training(), []
    look = each_step(lambda: seen.append([signal.getsignal(number) for number in SIGNALS]))
    thread = threading.Thread(target=training.fit, kwargs={"before": [sl.Guard()], "after": [look]})
    thread.start()
    thread.join()
    assert seen == [list(handlers.values())] * 10


def assert_diverges(training: Training, *parts: str) -> None:
    with pytest.raises(sl.DivergedError) as error:
        training.fit(epochs=2, before=[sl.Guard()])
    for part in (*parts, "too high", "Labels of pairs", "stays usable"):
        assert part in str(error.value)
    run = training.recorder.run
    assert all(np.isfinite(weight).all() for weight in run.weights())
    assert np.isfinite(run.embed(WATCHED.images)).all()


def test_a_learning_rate_that_explodes() -> None:
    training = Training(steps=25, validation=WATCHED)
    training.model.optimizer.learning_rate = 1e30
    assert_diverges(training, "learning rate 1e+30")


def test_the_loss_is_looked_at_when_an_epoch_ends() -> None:
    training = Training(steps=5)

    def spoil() -> None:
        training.tower.set_weights([1e30 * weight for weight in training.tower.get_weights()])

    with pytest.raises(sl.DivergedError, match="The loss is nan by step 5"):
        training.fit(before=[sl.Guard(), at_step(3, spoil)])


def test_weights_that_a_pooling_hides_from_the_loss() -> None:
    """ReLU and max pooling may turn NaN into numbers, and the loss then looks sound."""
    training = Training(tower=sl.conv_tower(SHAPE, 2), validation=WATCHED)

    def spoil() -> None:
        weights = training.tower.get_weights()
        training.tower.set_weights([np.nan * weights[0], *weights[1:]])

    with pytest.raises(sl.DivergedError):
        training.fit(before=[at_step(3, spoil), sl.Guard()])
    assert training.recorder.run.steps[-1] == 2


def test_images_that_hold_nan() -> None:
    data = corners()
    images = data.images.astype(np.float32)
    images[5] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity in 1 of 40 images, first 5"):
        Training(data=SimpleNamespace(images=images, labels=data.labels))


def test_an_augmentation_that_makes_nan() -> None:
    training = Training()
    training.batches.augment = lambda images, _: np.full(images.shape, np.nan, np.float32)
    assert_diverges(training, "The loss is nan")


def test_pair_labels_other_than_0_and_1(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(pairs=True)
    good = training.batches.sampler.batch

    def tripled(step: int) -> Pairs:
        left, right, same = good(step)
        return left, right, 3 * same

    monkeypatch.setattr(training.batches.sampler, "batch", tripled)
    assert_diverges(training, "The loss is nan")


# --- Progress ----------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(training: Training, stream: io.StringIO, **options: Any) -> str:
    training.fit(after=[sl.Progress(training.recorder, stream=stream)], **options)
    return stream.getvalue()


def test_a_dozen_lines_where_nothing_can_be_redrawn() -> None:
    training = Training(steps=30, validation=WATCHED)
    lines = progress(training, io.StringIO(), epochs=4).splitlines()
    assert len(lines) == 12
    steps = [int(line.split("/")[0].removeprefix("step")) for line in lines]
    assert steps == list(range(10, 121, 10))
    history = training.recorder.history
    assert lines[-1].startswith(
        f"step 120/120   0 s left   loss {history['loss'][-1]:.4f}   "
        f"precision@7 among 48: {history['precision'][-1]:.3f}   "
    )
    assert lines[-1].endswith("images/s")
    assert re.match(r"step  10/120   \d+ s left   loss 0\.", lines[0])


def test_fewer_steps_than_lines() -> None:
    lines = progress(Training(steps=5), io.StringIO()).splitlines()
    assert [line[:8] for line in lines] == [f"step {i}/5" for i in range(1, 6)]


def test_one_live_line_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "_REDRAW_SECONDS", 1e9)  # only the first and the last
    text = progress(Training(steps=30), Terminal())
    first, last = text.removeprefix("\r").split("\r")
    assert re.match(r"step  1/30   (\d+ s left   )?loss ", first)
    assert last.startswith("step 30/30   0 s left   loss ")
    assert first.endswith("\x1b[K")
    assert text.endswith(" images/s\x1b[K\n")
    assert text.count("\n") == 1


def test_a_live_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    text = progress(Training(steps=30), Terminal())
    lines = text.removesuffix("\n").removeprefix("\r").replace("\x1b[K", "").split("\r")
    assert lines[-1].startswith("step 30/30   0 s left")
    assert max(map(len, lines)) == 29


def test_the_rate_and_the_time_left() -> None:
    """25 of 100 steps of 8 images in 10 seconds: 20 images/s, and 30 seconds to go."""
    training = Training()
    recorder = training.recorder
    recorder.step, recorder.total, recorder._clock.before = 25, 100, 10.0
    recorder.history["step"] += [20, 25]
    recorder.history["precision"] += [0.5, math.nan]
    recorder.history["loss"] += [0.25, 0.125]
    line, before = sl.Progress(recorder).line(), "step  25/100   30 s left   loss 0.1250"
    assert line == f"{before}   precision@7 0.500 at step 20   20 images/s"
    recorder.history["precision"][-1] = 0.75
    line = sl.Progress(recorder).line()
    assert line == f"{before}   precision@7 0.750   20 images/s"


def test_a_line_before_anything_is_known() -> None:
    recorder = Training().recorder
    recorder.total = 7
    assert sl.Progress(recorder).line() == "step 0/7"


# --- collapse ----------------------------------------------------------------------------------


def test_a_collapse_is_told_once() -> None:
    training = Training(steps=40, validation=WATCHED)
    training.tower.set_weights([0 * weight for weight in training.tower.get_weights()])
    training.model.optimizer.learning_rate = 1e-9
    text = progress(training, io.StringIO())
    assert text.count("Warning: Collapsed: all distances are near 0") == 1
    assert text.count("Warning") == 1
    training.model.optimizer.learning_rate = 0.0
    assert progress(training, io.StringIO()).count("Warning") == 1  # of another fit, again


@pytest.mark.parametrize("pairs", [False, True])
def test_no_false_alarm_while_a_real_tower_learns(pairs: bool) -> None:
    tower = sl.conv_tower(SHAPE, 2, seed=0)
    training = Training(
        pairs=pairs, steps=40, tower=tower, optimizer=sl.Muon(0.02), validation=WATCHED
    )
    text = progress(training, io.StringIO())
    assert training.recorder.history["precision"][-1] > 0.9
    assert "Warning" not in text


# --- TensorBoard -------------------------------------------------------------------------------


def events(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder / "train"), size_guidance={"tensors": 0}).Reload()


def test_tensorboard_holds_scalars_histograms_and_the_graph(tmp_path: Path) -> None:
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

    training = Training(pairs=True, steps=20, tower=sl.conv_tower(SHAPE, 2))
    training.fit(epochs=2, after=[sl.tensorboard(tmp_path / "log")])
    log = events(tmp_path / "log")
    tags = log.Tags()["tensors"]
    assert [event.step for event in log.Tensors("batch_loss")] == [10, 20, 30, 40]
    assert {"epoch_loss", "epoch_learning_rate"} <= set(tags)
    for weight in training.tower.weights:
        assert f"{weight.path}/histogram" in tags
        assert [event.step for event in log.Tensors(f"{weight.path}/histogram")] == [0, 1]
    [model] = log.Tensors("keras")
    graph = keras_model_to_graph_def(json.loads(model.tensor_proto.string_val[0]))
    inputs = {node.name.split("/", 1)[1]: [*node.input] for node in graph.node}
    assert {"left", "right", "tower/conv1", "tower/conv5", "distance"} <= set(inputs)
    assert inputs["distance"] == 2 * ["siamese/tower/embedding"]


def test_the_graph_is_written_after_a_training_that_failed(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Training().fit(after=[sl.tensorboard(tmp_path / "failed"), at_step(5, fail)])
    Training(steps=20).fit(after=[sl.tensorboard(tmp_path / "log")])
    assert "keras" in events(tmp_path / "log").Tags()["tensors"]


def test_a_resumed_training_goes_on_with_its_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("siamese_lib.training.recorder._CHECKPOINT_SECONDS", -1.0)
    folder, log = tmp_path / "run", tmp_path / "log"

    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Training(folder=folder).fit(epochs=3, after=[sl.tensorboard(log), at_step(25, fail)])
    Training(folder=folder, resume=True).fit(epochs=3, after=[sl.tensorboard(log)])
    assert {event.step for event in events(log).Tensors("batch_loss")} == {10, 20, 30}
    assert os.listdir(log) == ["train"]
