"""The live view shows the tower as it was at each step, and never disturbs or delays a fit."""

from __future__ import annotations

import base64
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from there import there
from tiny_training import SHAPE, Clock, Training, at_step, corners, each_step

import siamese_lib as sl
from siamese_lib.network.backend import keras
from siamese_lib.training import live as live_module
from siamese_lib.training import stopwatch, validation

DATA = corners(48, seed=1)


class Filmed(Training):
    """A training with a live view, which is `live`."""

    def __init__(self, *, dim: int = 2, view: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(tower=sl.conv_tower(SHAPE, dim, seed=0), **options)
        self.live = sl.LiveView(self.recorder, DATA, **{"share": 1e9, **(view or {})})

    def steps_shown(self) -> list[int]:
        return there(self.live.view.steps).tolist()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that stands still, unless a test lets it pass."""
    clock = Clock()
    for module in (stopwatch, validation, live_module):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Pretend to run in a notebook; what is displayed there."""
    shown: list[Any] = []
    monkeypatch.setattr(live_module, "get_ipython", lambda: SimpleNamespace(kernel=1))

    def show(view: sl.EmbeddingView) -> SimpleNamespace:
        shown.append(view)
        return SimpleNamespace(update=lambda still, raw: shown.append(still))

    monkeypatch.setattr(live_module, "show", show)
    return shown


@pytest.mark.parametrize("pairs", [False, True])
def test_its_frames_are_the_recorders(pairs: bool) -> None:
    training = Filmed(pairs=pairs, steps=7, frames=5)
    run = training.fit(epochs=2, after=[training.live]).run
    view = training.live.view
    assert training.steps_shown() == run.steps.tolist() == [0, 1, 4, 8, 14]
    images, labels = validation.evenly(DATA, 500)
    np.testing.assert_array_equal(view.labels, labels)
    np.testing.assert_array_equal(view.images, images)
    for frame in range(5):
        embeddings = run.embed(images, frame)
        expected = embeddings - embeddings.mean(axis=0)
        np.testing.assert_allclose(view.frames[frame], expected, atol=1e-5)
    film, name = run.film(images, labels), "precision@7 among these"
    assert view.curves[name] == pytest.approx(film.curves[name], abs=0.01)
    rows = dict(zip(run.history["step"], run.history["loss"], strict=True))
    parts = [(0, 1), (1, 4), (4, 8), (8, 14)]
    means = [np.mean([rows[step] for step in range(a + 1, b + 1)]) for a, b in parts]
    assert view.curves["loss"] == pytest.approx([math.nan, *means], nan_ok=True)
    assert view.margin == 1.0


def test_a_tower_learns_the_same_with_it_and_without() -> None:
    watched, alone = Filmed(), Filmed()
    watched.fit(after=[watched.live])
    alone.fit()
    for one, other in zip(watched.tower.get_weights(), alone.tower.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_more_dimensions_turn_little_from_frame_to_frame() -> None:
    training = Filmed(dim=5, steps=12, optimizer=keras.optimizers.SGD(1e-6))
    training.fit(after=[training.live])
    view = training.live.view
    assert view.note == "2 of 5 dimensions"
    np.testing.assert_allclose(view.frames[-1], view.frames[0], atol=1e-3)
    assert np.ptp(view.frames[0], axis=0).min() > 0.005


def test_few_images_are_shown_of_many() -> None:
    live = Filmed(view={"images": 12, "class_names": ["a", "b", "c", "d"], "height": 200}).live
    assert live.view.labels is not None
    assert np.bincount(live.view.labels).tolist() == [3, 3, 3, 3]
    assert live.view.height == 200


# --- the page ----------------------------------------------------------------------------------


def test_it_is_shown_in_a_notebook_before_the_first_step(page: list[Any]) -> None:
    training = Filmed()
    seen = []
    training.fit(after=[training.live, at_step(1, lambda: seen.extend(page))])
    first, _ = page
    assert seen == [first] == [training.live.view]
    training.fit(after=[training.live])
    assert page[2] is training.live.view is not first
    assert len(first.frames) == len(page[2].frames) == 11


def test_a_still_picture_is_left(page: list[Any]) -> None:
    training = Filmed(steps=3)
    training.fit(after=[training.live])
    assert base64.b64decode(page[-1]["image/png"]) == training.live.view.still()


def test_it_is_not_shown_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for shell in (None, SimpleNamespace()):
        monkeypatch.setattr(live_module, "get_ipython", lambda shell=shell: shell)
        training = Filmed(steps=2)
        training.fit(after=[training.live])
        assert len(training.live.view.frames) == 3
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("broken", ["send", "send_state"])
def test_a_page_that_cannot_be_reached_is_told_once_and_disturbs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("the line is cut")

    training = Filmed()
    monkeypatch.setattr(sl.EmbeddingView, broken, refuse)
    recorder = training.fit(after=[training.live])
    note = "The live view does not reach the page (OSError: the line is cut). Training continues."
    assert training.live.note == note
    assert capsys.readouterr().out == note + "\n"
    assert (recorder.step, len(training.live.view.frames)) == (10, 11)


def test_a_view_that_is_closed_disturbs_nothing() -> None:
    training = Filmed()
    close = at_step(4, training.live.view.close)
    assert training.fit(after=[training.live, close]).step == 10
    assert training.live.note == ""


def test_weights_that_are_no_numbers_are_not_shown() -> None:
    training = Filmed()

    def break_it() -> None:
        training.tower.set_weights([w * np.nan for w in training.tower.get_weights()])

    training.fit(after=[training.live, at_step(4, break_it)])
    assert training.steps_shown() == [0, 1, 2, 3, 4]


# --- its cost ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "gap"),
    [(0.01, 2.0), (0.15, 2.0), (0.5, 6.2), (30.0, 200.0)],
    ids=["cheap", "just cheap enough", "costly", "too costly"],
)
def test_frames_come_every_two_seconds_or_as_often_as_the_share_allows(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, cost: float, gap: float
) -> None:
    """A step takes 0.1 seconds, the first one nine; embedding all images takes `cost`."""
    spent: list[float] = []
    shown: list[float] = []
    embed = live_module.embed

    def slow(tower: Any, images: np.ndarray) -> np.ndarray:
        spent.append(cost * len(images) / 48)
        clock.wait(spent[-1])
        return embed(tower, images)

    monkeypatch.setattr(live_module, "embed", slow)
    # Kept frames are a few, so most of the frames are those that come every two seconds.
    training = Filmed(steps=1000, frames=6, view={"share": 0.09})
    append = training.live.view.append_frame

    def note(*arguments: Any, **options: Any) -> None:
        shown.append(training.recorder.seconds())
        append(*arguments, **options)

    monkeypatch.setattr(training.live.view, "append_frame", note)
    slow_start = at_step(1, lambda: clock.wait(8.9))
    training.fit(before=[each_step(lambda: clock.wait(0.1)), slow_start], after=[training.live])
    seconds = training.recorder.seconds()
    assert seconds == pytest.approx(108.9)
    assert (shown[0], shown[-1]) == (0, seconds)
    assert training.live.spent == pytest.approx(sum(spent))
    assert sum(spent) <= max(0.1 * seconds, sum(spent[:2]) + spent[-1])
    gaps = np.diff(shown[1:])  # the first step of all is one, however long it takes
    assert gaps.max(initial=0) <= gap + 0.11
    if cost == 30.0:
        assert len(shown) == 2
    elif cost > 0.2:
        assert sum(spent) > 0.06 * seconds, "more frames were allowed"


def test_a_frame_is_shown_at_steps_that_the_recorder_does_not_keep(clock: Clock) -> None:
    training = Filmed(steps=100, frames=3)
    training.fit(before=[each_step(lambda: clock.wait(0.5))], after=[training.live])
    steps = training.steps_shown()
    assert set(training.recorder.kept) < set(steps)
    assert max(np.diff(steps)) <= 4


def test_with_no_share_only_the_first_and_the_last_frame_are_shown(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = Filmed(view={"share": 0.0})
    embed = live_module.embed
    monkeypatch.setattr(live_module, "embed", lambda *given: clock.wait(0.1) or embed(*given))
    training.fit(after=[training.live])
    assert training.steps_shown() == [0, 10]


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"images": 7}, "Got 7 images .* more than 7 images"),
        ({"images": 0}, "images is 0; expected a whole number, 1 or more"),
        ({"share": -0.5}, "share is -0.5; expected a number, 0 or more"),
        ({"class_names": ["a"]}, "labels: got .*; expected numbers from 0 to 0"),
    ],
)
def test_arguments_that_cannot_be_meant(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Filmed(view=options)


def test_its_recorder_must_stand_before_it() -> None:
    training = Filmed()
    with pytest.raises(ValueError, match="expected the recorder before it"):
        training.model.fit(training.batches, callbacks=[training.live], verbose=0, shuffle=False)
    with pytest.raises(ValueError, match="expected the recorder before it"):
        training.fit(before=[training.live])
