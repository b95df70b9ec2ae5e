"""What an EmbeddingView takes, refuses, packs and keeps in step; no browser is needed here."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import traitlets
from ipywidgets import link
from PIL import Image

import siamese_lib as sl
from siamese_lib.colors import PALETTE, class_color, class_colors, rgb
from siamese_lib.views import still as stills
from siamese_lib.views import wire
from siamese_lib.views.given import ViewError
from siamese_lib.views.still import still_png


def film(frames: int = 4, points: int = 30, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return scale * np.random.default_rng(seed).normal(size=(frames, points, 2))


def labels(points: int = 30) -> np.ndarray:
    return np.arange(points) % 3


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What views send to the page: names of traits, or messages with the sizes of their buffers."""
    log: list[Any] = []
    send_state = sl.EmbeddingView.send_state

    def state(self: sl.EmbeddingView, key: str | None = None) -> None:
        log.append(key)
        send_state(self, key)

    def message(self: sl.EmbeddingView, content: object, buffers: Sequence[bytes] = ()) -> None:
        log.append((content, [len(buffer) for buffer in buffers]))

    monkeypatch.setattr(sl.EmbeddingView, "send_state", state)
    monkeypatch.setattr(sl.EmbeddingView, "send", message)
    return log


def test_a_film_and_a_map():
    view = sl.EmbeddingView(film(), labels(), steps=[0, 2, 4, 8], curves={"loss": [3, 2, 1, 0]})
    assert (len(view.frames), view.frames.shape, view.frames.dtype) == (4, (4, 30, 2), np.float32)
    assert (view.frame, view.playing, view.selected, view.highlighted) == (3, False, [], [])
    assert repr(view) == "EmbeddingView(30 points, 4 frames)"
    single = sl.EmbeddingView(film()[0])
    assert (single.frames.shape, single.frame) == ((1, 30, 2), 0)
    assert repr(single) == "EmbeddingView(30 points, 1 frame)"


def test_a_film_that_plays_begins_at_its_beginning():
    assert sl.EmbeddingView(film(), playing=True).frame == 0
    assert sl.EmbeddingView(film(), playing=True, frame=2).frame == 2


def test_the_view_keeps_copies_that_nobody_changes_unseen():
    frames = film()
    view = sl.EmbeddingView(frames, labels())
    before = view.frames.copy()
    frames[:] = 0
    assert np.array_equal(view.frames, before)
    with pytest.raises(ValueError, match="read-only"):
        view.frames[0] = 0


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_a_packed_frame_is_off_by_half_a_level_at_most(scale, offset):
    points = scale * (film(1, 500)[0] * [3, 1] + offset)
    bounds, levels = wire.pack(points[None])
    assert levels.nbytes == 4 * len(points)
    error = np.abs(wire.unpack(bounds, levels)[0] - points)
    longer_side = np.ptp(points, axis=0).max()
    assert error.max() <= longer_side / 131_070 * (1 + 1e-6)
    np.testing.assert_allclose(bounds[0, :2], points.min(axis=0))
    np.testing.assert_allclose(bounds[0, 3:], points.max(axis=0))


def test_a_collapsed_and_an_empty_frame_are_packed():
    still = np.full((1, 3, 2), 0.25)
    assert np.array_equal(wire.unpack(*wire.pack(still)), still)
    bounds, levels = wire.pack(np.zeros((4, 0, 2)))
    assert (bounds.tolist(), levels.shape) == ([[0.0] * 5] * 4, (4, 0, 2))


def test_ten_thousand_points_in_forty_frames_are_under_two_megabytes():
    view = sl.EmbeddingView(film(40, 10_000), np.arange(10_000) % 10, steps=np.arange(40))
    state, _, buffers = split(view)
    assert sum(map(len, buffers)) + len(json.dumps(state)) < 1.7e6


def test_digits_shrink_on_their_way():
    digits = sl.load_dataset("mnist").test.images[:500]
    view = sl.EmbeddingView(film(1, len(digits))[0], images=digits)
    packed = view.payload()["images"]
    assert packed["shape"] == list(digits.shape)
    assert zlib.decompress(packed["data"]) == digits.tobytes()
    assert len(packed["data"]) < digits.nbytes / 3


def split(view: sl.EmbeddingView) -> tuple[Any, list[Any], list[memoryview]]:
    """Return the state of a view as a message would carry it: JSON, paths and buffers."""
    from ipywidgets.widgets.widget import _remove_buffers

    state = {key: value for key, value in view.get_state().items() if key not in ("_esm", "_css")}
    return _remove_buffers(state)


def test_the_state_is_json_and_buffers():
    curves = {"loss": [1, np.nan, np.inf, 0.5]}
    view = sl.EmbeddingView(film(), labels(), curves=curves, margin=1, selected=2)
    state, paths, buffers = split(view)
    assert "NaN" not in json.dumps(state, allow_nan=False)
    assert state["_about"]["curves"] == {"loss": [1, None, None, 0.5]}
    assert ["_film", "frames", 0] in paths
    assert ["_about", "labels"] in paths
    assert sorted(map(len, buffers)) == [60, 120, 120, 120, 120]
    assert (state["selected"], state["_about"]["margin"]) == ([2], 1)


def test_classes_have_the_colours_of_the_other_figures():
    about = sl.EmbeddingView(film(), np.arange(30) % 2 * 4 + 3).payload()["about"]
    assert about["names"] == ["3", "7"]
    assert about["colors"] == [class_color(3), class_color(7)]
    assert np.array_equal(np.frombuffer(about["labels"], "<u2"), np.arange(30) % 2)


def test_classes_may_have_names_or_be_names():
    named = sl.EmbeddingView(film(), labels(), class_names=["a", "b", "c", "d"])
    assert named.payload()["about"]["names"] == ["a", "b", "c", "d"]
    words = sl.EmbeddingView(film(), np.array(["cat", "dog", "eel"])[labels()])
    assert words.payload()["about"]["names"] == ["cat", "dog", "eel"]
    assert sl.EmbeddingView(film()).payload()["about"]["labels"] is None


def test_classes_may_have_colours_of_their_own():
    colors = ["#000000", "#00FF00", "#0000ff"]
    view = sl.EmbeddingView(film(), labels(), colors=colors, marked=7, note="small print")
    about = view.payload()["about"]
    assert (about["colors"], about["marked"], about["note"]) == (colors, [7], "small print")
    view.marked = None
    assert view.payload()["about"]["marked"] == []


def test_more_than_ten_classes_get_as_many_colours():
    assert class_colors(10) == list(PALETTE)
    for count in (11, 62):
        colors = np.array([rgb(color) for color in class_colors(count)])
        gaps = np.abs(colors[:, None] - colors[None]).sum(axis=-1)
        assert gaps[~np.eye(count, dtype=bool)].min() > 8
        neighbours = np.abs(colors - np.roll(colors, 1, axis=0)).sum(axis=-1)
        assert neighbours.min() > 60


def test_one_view_error_is_both_a_value_error_and_a_trait_error():
    assert issubclass(ViewError, ValueError)
    assert issubclass(ViewError, traitlets.TraitError)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frames": np.ones((4, 30, 3))}, r"got float64 of shape \(4, 30, 3\); .* \(F, N, 2\)"),
        ({"frames": np.ones(30)}, r"got float64 of shape \(30,\)"),
        ({"frames": np.full((3, 2), "x")}, "got <U1"),
        ({"frames": np.array([[0, 1], [np.nan, 0]])}, r"got nan at \[1, 0\]; expected finite"),
        ({"frames": np.array([[0, 1], [1, np.inf]])}, r"got inf at \[1, 1\]"),
        ({"labels": np.arange(29)}, "labels: got 29; expected one for each of 30 points"),
        ({"labels": np.ones((30, 1), int)}, r"shape \(30, 1\)"),
        ({"labels": np.ones(30)}, "labels are float64; expected integers or strings"),
        (
            {"class_names": ["a", "b"]},
            "got 0 to 2; expected numbers from 0 to 1, as there are 2 class_names",
        ),
        ({"colors": ["#000000"] * 2}, "colors: got 2; expected one for each of 3 classes"),
        ({"colors": ["red"] * 3}, "colors: got 'red'; expected colours like '#1a2b3c'"),
        ({"marked": [30]}, "marked: got point 30; expected points from 0 to 29"),
        ({"class_names": "abc"}, "class_names is the string 'abc'; expected a list of names"),
        ({"labels": ["a"] * 30, "class_names": ["a"]}, "labels: got strings; expected numbers"),
        ({"images": np.zeros((30, 4, 4))}, "images: got float64 .* expected uint8"),
        (
            {"images": np.zeros((7, 4, 4), np.uint8)},
            "images: got 7; expected one for each of 30 points",
        ),
        ({"steps": [0, 1]}, "steps: got 2; expected one for each of 4 frames"),
        ({"steps": [0, 1, 1, 2]}, "steps: got .* expected ascending whole numbers"),
        ({"curves": {"loss": [1]}}, "got 1 numbers under 'loss'; expected one for each of 4"),
        ({"curves": {"loss": "abcd"}}, "curves: got .* expected one number for each frame"),
        ({"frame": 4}, "frame is 4; expected -4 to 3, where -1 is the last"),
        ({"frame": -5}, "frame is -5"),
        ({"selected": [30]}, "selected: got point 30; expected points from 0 to 29"),
        ({"selected": -1}, "got point -1"),
        ({"highlighted": [0.5]}, r"got \[0.5\]; expected whole numbers"),
        ({"margin": -1}, "margin"),
        ({"height": 3}, "height"),
    ],
)
def test_what_is_no_view(arguments, message):
    arguments = {"frames": film(), "labels": labels(), **arguments}
    with pytest.raises(traitlets.TraitError, match=message):
        sl.EmbeddingView(**arguments)


def test_traits_may_be_set_at_any_time_and_only_to_what_fits():
    view = sl.EmbeddingView(film(), labels())
    view.frame, view.playing = 1, True
    view.selected, view.highlighted = 5, np.array([6, 7])
    assert (view.frame, view.selected, view.highlighted) == (1, [5], [6, 7])
    view.frame = -1
    assert view.frame == 3
    view.selected = None
    assert view.selected == []
    for name, wrong in (("frame", 4), ("selected", 30), ("labels", [1]), ("frames", film(4, 3))):
        before = getattr(view, name)
        with pytest.raises(ViewError):
            setattr(view, name, wrong)
        assert getattr(view, name) is before or getattr(view, name) == before


@pytest.mark.parametrize("names", [("frames", "labels"), ("labels", "frames")])
def test_what_depends_on_each_other_is_set_together(names):
    view = sl.EmbeddingView(film(), labels(), selected=[2, 20], highlighted=[25], marked=[3, 29])
    values = {"frames": film(2, 10), "labels": np.zeros(10, int)}
    with view.hold_trait_notifications():
        for name in names:
            setattr(view, name, values[name])
    assert (view.frame, view.selected, view.highlighted, view.marked) == (1, [2], [], [3])
    assert view.payload()["film"]["count"] == 10
    assert view.payload()["about"]["names"] == ["0"]


def test_setting_a_trait_sends_it_once(sent):
    view = sl.EmbeddingView(film(), labels())
    sent.clear()
    view.frame = 1
    view.frame = 1
    view.selected = [4]
    view.selected = [4]
    assert sent == ["frame", "selected"]


def test_linked_views_do_not_ping_pong(sent):
    one, two = sl.EmbeddingView(film(), labels()), sl.EmbeddingView(film(seed=1), labels())
    for name in ("frame", "selected"):
        link((one, name), (two, name))
    sent.clear()
    one.frame = 2
    two.selected = [7]
    assert (two.frame, one.selected) == (2, [7])
    assert sent == ["frame", "frame", "selected", "selected"]


def test_what_the_page_reports_is_not_sent_back(sent):
    view = sl.EmbeddingView(film(), labels())
    sent.clear()
    view.set_state({"frame": 1, "selected": [3], "highlighted": []})
    assert (view.frame, view.selected) == (1, [3])
    assert sent == []


def test_a_page_that_follows_the_newest_frame_is_heard_when_the_kernel_is_idle():
    view = sl.EmbeddingView(film(2), labels())
    for frame in film(3):
        view.append_frame(frame)
    view.set_state({"frame": -1})  # sent after the first, read after the last
    assert view.frame == 4


def test_a_handler_may_answer_a_selection_with_neighbours():
    view = sl.EmbeddingView(film(), labels(), highlighted=[9])
    view.observe(lambda change: setattr(view, "highlighted", [1, 2]), "selected")
    view.set_state({"selected": [3], "highlighted": []})
    assert view.highlighted == [1, 2]


def test_a_live_view_sends_only_the_new_frame(sent):
    frames = film(9, 30)
    view = sl.EmbeddingView(np.zeros((0, 30, 2)), labels())
    for number, frame in enumerate(frames):
        sent.clear()
        view.append_frame(frame, step=10 * number, curves={"loss": 9.0 - number})
        if number in (0, 1, 3, 7):  # one, two, four, eight frames: all of it, for late pages
            assert sent == [["_film", "_about"]]
        else:
            ((content, sizes),) = sent
            assert sizes == [120]
            assert (content["index"], content["step"]) == (number, 10 * number)
            assert content["curves"] == {"loss": 9.0 - number}
    assert (len(view.frames), view.frame) == (9, 8)
    np.testing.assert_array_equal(view.steps, range(0, 90, 10))
    np.testing.assert_allclose(view.frames, frames, rtol=1e-6)
    whole = sl.EmbeddingView(frames, labels(), steps=view.steps, curves=view.curves)
    assert view.payload() == whole.payload()


def test_a_reader_who_looks_back_is_left_there():
    view = sl.EmbeddingView(film(5), frame=1)
    view.append_frame(film(1)[0])
    assert (len(view.frames), view.frame) == (6, 1)


def test_a_curve_may_begin_late_and_have_gaps():
    view = sl.EmbeddingView(np.zeros((0, 3, 2)))
    view.append_frame(np.ones((3, 2)))
    view.append_frame(np.ones((3, 2)), curves={"loss": 2.0})
    view.append_frame(np.ones((3, 2)), curves={"precision": 0.5})
    curves = view.payload()["about"]["curves"]
    assert curves == {"loss": [None, 2.0, None], "precision": [None, None, 0.5]}


@pytest.mark.parametrize(
    ("points", "step", "message"),
    [
        (np.ones((29, 2)), 9, r"got shape \(29, 2\); expected \(30, 2\), one frame"),
        (np.ones((2, 30, 2)), 9, "one frame"),
        (np.full((30, 2), np.nan), 9, "finite"),
        (np.ones((30, 2)), None, "step is None; expected a training step"),
        (np.ones((30, 2)), 3, "step is 3; expected a whole number, 4 or more"),
    ],
)
def test_what_is_no_next_frame(points, step, message):
    view = sl.EmbeddingView(film(), labels(), steps=range(4))
    with pytest.raises(ViewError, match=message):
        view.append_frame(points, step=step)
    assert (len(view.frames), len(view.payload()["film"]["frames"])) == (4, 4)


def test_a_notebook_shows_a_still_where_there_is_no_javascript():
    shown = sl.EmbeddingView(film(5), labels(), steps=[0, 5, 10, 20, 40])._repr_mimebundle_()
    assert shown is not None
    data, _ = shown
    assert "application/vnd.jupyter.widget-view+json" in data
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width > 2 * picture.height
    waiting = sl.EmbeddingView(np.zeros((0, 30, 2)))._repr_mimebundle_()
    assert "image/png" not in str(waiting)


def test_a_still_rings_what_is_marked():
    frames = film(1, 30, scale=1e-3)
    frames[0, 5] = 1
    classes = wire.classes_of(labels(), ["a", "b", "c"])
    plain, ringed = (
        np.asarray(Image.open(io.BytesIO(still_png(frames, classes, None, marked))))
        for marked in ([], [5])
    )
    assert (plain != ringed).sum() > 50


@pytest.mark.parametrize(
    ("at", "marked", "written"),
    [
        ([(0, 0), (1, 1), (0, 1)], [], ["long name 0", "long name 1", "long name 2"]),
        ([(0, 0), (1, 1), (0.1, 0.03)], [], ["long name 0", "long name 1"]),  # it would touch
        ([(0, 0), (1, 1), (0, 0.02)], [], ["long name 1"]),  # two mixed classes
        ([(0, 0), (1, 1), (0, 0.02)], [2], ["long name 0", "long name 1"]),
    ],
)
def test_names_in_a_still_are_not_over_each_other(monkeypatch, at, marked, written):
    names = [f"long name {number}" for number in range(3)]
    found = []
    monkeypatch.setattr(stills, "write", lambda pen, place, text, *more, **how: found.append(text))
    still_png(np.array([at], float), wire.classes_of(np.arange(3), names), None, marked)
    assert found == written


@pytest.mark.parametrize("shape", [(1, 1), (1, 50_000), (3, 20_000)])
def test_a_still_is_small(shape):
    frames = film(*shape)
    png = still_png(frames, wire.classes_of(np.arange(shape[1]) % 10, None))
    assert len(png) < 60_000
    drawn = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    assert 0 < (drawn[..., 3] > 0).mean() < 0.9


def test_importing_the_view_does_not_import_keras():
    code = "import sys, siamese_lib as sl; sl.EmbeddingView; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_state_is_one_dict_that_json_can_hold():
    view = sl.EmbeddingView(film(), labels(), class_names=["a", "b", "c"])
    assert json.loads(json.dumps(view.state)) == {
        "frame": 3, "playing": False, "selected": [], "highlighted": [], "hidden": [],
        "names": True, "trust": False, "follow": False, "camera": None, "speed": 1, "loop": False,
    }  # fmt: skip
    moment = {
        "frame": 1,
        "selected": [4, 5],
        "hidden": ["b"],
        "camera": [0, 0.5, 2],
        "follow": True,
    }
    view.state = moment
    assert {name: view.state[name] for name in moment} == moment
    assert (view.frame, view.selected, view.playing) == (1, [4, 5], False)
    other = sl.EmbeddingView(film(), labels(), class_names=["a", "b", "c"])
    other.state = json.loads(json.dumps(view.state))
    assert other.state == view.state


def test_the_state_can_be_set_again_after_a_frame_that_has_no_trust():
    view = sl.EmbeddingView(film(), labels(), trust=np.full(len(labels()), 0.5))
    view.state = {"trust": True, "hidden": ["1"]}
    view.append_frame(film()[-1])
    assert (view.trust, view.state["trust"], view.state["hidden"]) == (None, False, ["1"])
    view.state = view.state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"zoom": 2}, "zoom"),
        ({"frame": 99}, "frame is 99"),
        ({"selected": [30]}, "point 30"),
        ({"names": 1}, "names is 1"),
        ({"hidden": "b"}, "hidden is 'b'"),
        ({"hidden": 5}, "hidden is 5"),
        ({"hidden": ["three"]}, "hidden holds 'three'; expected names of classes, such as"),
        ({"trust": True}, "the view has no trust"),
        ({"camera": 5}, "camera is 5"),
        ({"speed": [1]}, r"speed is \[1\]"),
        ({"camera": [0, 0, 0]}, "camera is"),
        ({"camera": [0, np.nan, 1]}, "camera is"),
        ({"speed": 3}, "speed is 3"),
    ],
)
def test_a_state_that_cannot_be_changes_nothing(state, words):
    view = sl.EmbeddingView(film(), labels())
    before = view.state
    with pytest.raises(ViewError, match=words):
        view.state = {"playing": True, **state}
    assert view.state == before


def test_a_class_that_is_gone_is_no_longer_hidden():
    view = sl.EmbeddingView(film(), labels(), class_names=["a", "b", "c"])
    view.state = {"hidden": ["a", "b"]}
    view.class_names = ["x", "b", "c"]
    assert view.state["hidden"] == ["b"]
    view.state = view.state
    with pytest.raises(ViewError, match="state is 5; expected a dict"):
        view.state = 5  # type: ignore[assignment]


def test_the_selection_is_a_table():
    view = sl.EmbeddingView(
        film(), labels(), class_names=["a", "b", "c"], numbers=np.arange(30) * 10, noun="image",
        selected=[4, 7], frame=2,
    )  # fmt: skip
    assert view.selection == [
        {"point": p, "number": 10 * p, "class": "b", "x": x, "y": y}
        for p, (x, y) in zip([4, 7], view.frames[2, [4, 7]].tolist(), strict=True)
    ]
    about = view.payload()["about"]
    assert (about["noun"], np.frombuffer(about["numbers"], "<u4")[7]) == ("image", 70)
    with pytest.raises(ViewError, match="numbers: got"):
        view.numbers = np.arange(30) - 2
    with pytest.raises(ViewError, match="numbers: got 3; expected one for each of 30"):
        sl.EmbeddingView(film(), numbers=[1, 2, 3])
