"""The probe: what it is given, its state, and how far a point moves, by hand and on the page."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from every_view import probe
from in_node import in_node
from PIL import Image

import siamese_lib as sl
from siamese_lib.views.given import ViewError
from siamese_lib.views.probe.dials import Dial
from siamese_lib.views.probe.state import Setting
from siamese_lib.views.probe.still import seen, sentence_lines

DIALS: dict[str, Any] = {"shift": range(-1, 2), "lamp": ["left", "right"]}
IMAGES = np.zeros((2, 3, 2, 4, 5), np.uint8)
POINTS = np.random.default_rng(0).normal(size=(2, 3, 2, 2))
CLOUD = np.random.default_rng(1).normal(size=(7, 2))


def plain(**changed: Any) -> sl.Probe:
    """A probe with some arguments changed."""
    given: dict[str, Any] = {
        "maps": {"a": POINTS},
        "images": IMAGES,
        "dials": DIALS,
        "clouds": {"a": CLOUD},
        **changed,
    }
    return sl.Probe(**given)


def by_hand(points: np.ndarray) -> float:
    """Return the root mean square distance from the mean, one point after the other."""
    mean = np.sum(points, axis=0) / len(points)
    squares = [float((point - mean) @ (point - mean)) for point in points]
    return (sum(squares) / len(squares)) ** 0.5


def test_it_begins_in_the_middle_and_with_the_first_dial():
    view = plain()
    assert view.state == {
        "subject": 0,
        "values": {"shift": 0, "lamp": "left"},
        "dial": "shift",
        "pictures": False,
        "turn": [40, 25],
    }
    assert json.loads(json.dumps(view.state)) == view.state
    assert plain(dials={"x": [1, 2, 4], "lamp": ["b", "a"]}).state["values"]["x"] == 2
    assert plain(dials={"x": [1, 2, 4], "y": [3, 9]}, periodic=["x"]).state["values"]["x"] == 1
    assert repr(view) == "Probe(12 images; maps: a; dials: shift (3), lamp (2))"


def test_how_far_the_point_moves_is_computed_by_hand():
    view = plain()
    expected = by_hand(POINTS[0, :, 0]) / by_hand(CLOUD)
    assert view.travel == {"a": pytest.approx(expected, rel=1e-6)}
    view.state = {"subject": 1, "dial": "lamp", "values": {"shift": -1}}
    expected = by_hand(POINTS[1, 0, :]) / by_hand(CLOUD)
    assert view.travel == {"a": pytest.approx(expected, rel=1e-6)}
    state = view.state
    expected = by_hand(POINTS[0, :, 1]) / by_hand(CLOUD)
    other = view.travel_of(subject=0, dial="shift", values={"lamp": "right"})
    assert other == {"a": pytest.approx(expected, rel=1e-6)}
    assert view.state == state
    alone = plain(clouds=None)
    expected = by_hand(POINTS[0, :, 0]) / by_hand(POINTS.reshape(-1, 2))
    assert alone.travel == {"a": pytest.approx(expected, rel=1e-6)}


def test_a_point_that_stands_still_and_a_cloud_in_one_place():
    for place in (0.1, 1.0):  # the mean of seven times 0.1 is not exactly 0.1
        assert plain(maps={"a": np.full_like(POINTS, place)}).travel == {"a": 0}
        assert plain(clouds={"a": np.full_like(CLOUD, place)}).travel == {"a": float("inf")}
    assert plain(maps={"a": 0 * POINTS}, clouds={"a": 0 * CLOUD}).travel == {"a": 0}


@pytest.mark.parametrize("travel", [0, 1e-5, 0.004, 0.0994, 0.0996, 0.5, 1.234, float("inf")])
def test_the_page_says_the_same(travel):
    call = "({ dial, travel }) => probeSentence(dial, travel ?? Infinity).join('')"
    page = {"name": "azimuth", "words": ["0°", "90°"], "periodic": True}
    given = {"dial": page, "travel": None if travel == float("inf") else travel}
    said = in_node("views/probe/probe_words.js", "probeSentence", call, given)
    lines = sentence_lines(Dial("azimuth", (0, 90), periodic=True, unit="°"), travel)
    assert said.replace("\u00a0", " ") == " ".join(lines)


def test_the_page_measures_and_sees_the_same():
    view = probe()
    points = np.asarray(view._maps[1].points)
    flat = {"points": points.ravel().tolist()}
    call = "({ points }) => spreadOfPoints(Float32Array.from(points), 3)"
    spread = in_node("views/probe/probe_grid.js", "spreadOfPoints", call, flat)
    assert spread == pytest.approx(by_hand(points.reshape(-1, 3).astype(float)), rel=1e-6)
    axes = in_node("views/probe/probe_lens.js", "eyeAxes", "(turn) => eyeAxes(turn)", [40, 25])
    np.testing.assert_allclose(np.transpose(axes), seen(np.eye(3), (40, 25)), atol=1e-12)


def test_values_that_are_left_out_stay():
    view = plain()
    view.state = {"values": {"shift": np.int64(1)}}
    view.state = {"values": {"lamp": "right"}, "turn": (200, -90)}
    assert view.state["values"] == {"shift": 1, "lamp": "right"}
    assert view.state["turn"] == [-160, -90]
    rounded = plain(dials={"x": [0.1, 0.2, 0.1 + 0.2], "lamp": ["left", "right"]})
    rounded.state = {"values": {"x": 0.3}}
    assert rounded.state["values"]["x"] == 0.1 + 0.2


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"subject": 2}, "subject is 2; expected 1 or less"),
        ({"subject": -1}, "subject is -1"),
        ({"values": {"shift": 5}}, "'shift' is 5; expected one of -1, 0, 1"),
        ({"values": {"lamp": "top"}}, "'lamp' is 'top'; expected one of 'left', 'right'"),
        ({"values": {"lamp": 0}}, "'lamp' is 0"),
        ({"values": {"tilt": 0}}, "expected a dict from the names of the dials, shift, lamp"),
        ({"values": [0, 0]}, r"values is \[0, 0\]"),
        ({"dial": "tilt"}, "dial is 'tilt'; expected one of shift, lamp"),
        ({"pictures": 1}, "pictures is 1; expected True or False"),
        ({"pictures": True}, "Pass cloud_images"),
        ({"turn": (0, 91)}, "the elevation is 91; expected a number from -90 to 90"),
        ({"turn": 3}, "turn is 3; expected an azimuth and an elevation"),
        ({"turn": (float("nan"), 0)}, "the azimuth is nan"),
        ({"zoom": 1}, "expected some of"),
    ],
)
def test_a_state_that_is_not_possible_changes_nothing(state, message):
    view = plain()
    before = view.state
    with pytest.raises(ViewError, match=message):
        view.state = state
    assert view.state == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"dials": {}}, "dials: got {}; expected a dict from 1 to 3 names"),
        ({"dials": {"a": [2, 1]}}, "expected real numbers in ascending order, or different names"),
        ({"dials": {"a": ["x", "x"]}}, "different names"),
        ({"dials": {"a": ["x", 1]}}, "ascending order"),
        ({"dials": {"a": [0, float("nan")]}}, "ascending order"),
        ({"dials": {"a": [1]}}, "expected 2 or more values"),
        ({"dials": {"a": 3}}, "got 3; expected a list"),
        ({"dials": {"a": "xyz"}}, "got 'xyz' under 'a'"),
        ({"periodic": ["tilt"]}, "periodic: got 'tilt', which is no dial; expected some of shift"),
        ({"units": {"tilt": "°"}}, "units: got 'tilt'"),
        ({"images": IMAGES[:, :2]}, r"shape \(2, 2, 2, 4, 5\).*\(S, 3, 2, H, W\).*3 for 'shift'"),
        ({"images": IMAGES.astype(float)}, "float64 of shape .*expected uint8"),
        ({"images": IMAGES[:0]}, r"shape \(0, 3"),
        ({"images": np.zeros((21, 3, 2, 4, 4), np.uint8)}, "21 subjects and 126 images in all"),
        ({"maps": {}}, "expected a dict from 1 to 3 names"),
        ({"maps": POINTS}, "expected a dict"),
        ({"maps": {"a": POINTS[:1]}}, r"maps\['a'\]: got shape \(1, 3, 2, 2\).*\(2, 3, 2, 2\)"),
        ({"maps": {"a": POINTS[..., :1]}}, "or 3 at the end"),
        ({"maps": {"a": POINTS * float("nan")}}, "not finite.*diverged"),
        ({"maps": {"a": POINTS.astype(str)}}, r"maps\['a'\]: got <U32"),
        ({"clouds": {"b": CLOUD}}, "clouds: got 'b', which is no map; expected a"),
        ({"maps": {"a": POINTS, "b": POINTS}}, "clouds: got none for 'b'"),
        ({"clouds": CLOUD}, "(?s)clouds: got .*expected a dict"),
        ({"clouds": {"a": CLOUD[:, 0]}}, r"clouds\['a'\]: got shape \(7,\)"),
        ({"clouds": {"a": np.ones((7, 3))}}, "points of 3 dimensions; expected 2"),
        ({"clouds": {"a": CLOUD * float("inf")}}, r"clouds\['a'\]: got numbers that are not"),
        (
            {"maps": {"a": POINTS, "b": POINTS}, "clouds": {"a": CLOUD, "b": CLOUD[:6]}},
            "7 points for 'a' and 6 for 'b'; expected the same images",
        ),
        ({"labels": [0, 1]}, "labels: got 2; expected one for each of 7 points"),
        ({"clouds": None, "labels": [0]}, "Pass clouds, too"),
        ({"labels": [0, 1, 2, 0, 1, 2, 3], "class_names": ["a", "b"]}, "from 0 to 1"),
        ({"cloud_images": np.zeros((6, 4, 4), np.uint8)}, "cloud_images: got 6; expected one for"),
        ({"cloud_images": np.zeros((7, 4, 4))}, "cloud_images: got float64"),
        ({"subject_names": ["one"]}, "expected a name for each of 2 subjects"),
        ({"notes": {"b": ""}}, "notes: got 'b', which is no map"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(changed, message):
    with pytest.raises(ViewError, match=message):
        plain(**changed)


def test_too_many_images_are_refused():
    images = np.zeros((20, 301, 4, 4), np.uint8)
    with pytest.raises(ViewError, match="6,020 images in all"):
        sl.Probe({"a": np.zeros((20, 301, 2))}, images, {"x": range(301)})


def test_the_payload_is_small():
    rng = np.random.default_rng(0)
    digits = sl.load_dataset("mnist", verbose=False).train.images[:1200, ..., 0]
    view = sl.Probe(
        {"a": rng.normal(size=(4, 30, 10, 2))},
        digits.reshape(4, 30, 10, 28, 28),
        {"x": range(30), "y": range(10)},
        clouds={"a": rng.normal(size=(2000, 2))},
    )
    payload = view.payload()
    assert len(payload["images"]["data"]) < 400_000
    assert len(payload["maps"][0]["points"]) == 4 * 2 * 1200


def test_large_images_are_shrunk_and_channels_are_kept():
    view = sl.Probe(
        {"a": np.zeros((1, 2, 2))}, np.zeros((1, 2, 120, 240, 3), np.uint8), {"x": [0, 1]}
    )
    assert view.payload()["images"]["shape"] == [2, 48, 96, 3]


@pytest.mark.parametrize("state", [{}, {"dial": "azimuth", "subject": 1}])
def test_the_still_is_a_small_clear_picture(state):
    view = probe()
    view.state = state
    picture = Image.open(io.BytesIO(view.still()))
    assert len(view.still()) < 60_000
    assert np.asarray(picture.convert("RGBA"))[..., 3].min() == 0
    assert picture.width > 2 * picture.height


def test_the_still_shows_the_picture_the_way_up_that_it_is():
    images = np.zeros((1, 2, 8, 8), np.uint8)
    images[0, 0, :4] = images[0, 1, :, :4] = 255  # bright above, and bright on the left
    view = sl.Probe({"a": [[[0, 0], [1, 0]]]}, images, {"x": [0, 1]})
    for x, bright in ((0, [True, True, False, False]), (1, [True, False, True, False])):
        view.state = {"values": {"x": x}}
        drawn = np.asarray(Image.open(io.BytesIO(view.still())).convert("RGBA"))[..., :3]
        # The picture is 150 pixels wide, below 24 pixels of titles.
        quarters = [drawn[24 + y, x].min() > 128 for y in (30, 120) for x in (30, 120)]
        assert quarters == bright


def test_the_still_marks_the_point_where_it_is():
    """The same map with the point at its left and at its right."""
    view = sl.Probe({"a": [[[0, 0], [1, 0]]]}, np.zeros((1, 2, 8, 8), np.uint8), {"x": [0, 1]})
    places = []
    for x in (0, 1):
        view.state = {"values": {"x": x}}
        drawn = np.asarray(Image.open(io.BytesIO(view.still())).convert("RGBA")).astype(int)
        colored = np.ptp(drawn[24:324, 170:, :3], axis=2) * (drawn[24:324, 170:, 3] > 200)
        places.append(np.argwhere(colored > 80).mean(axis=0))
    assert places[0][1] + 100 < places[1][1]
    assert places[0][0] == pytest.approx(places[1][0], abs=2)


def test_pictures_of_all_classes_are_drawn_first():
    classes = np.repeat([0, 1, 2], 400)
    view = sl.Probe(
        {"a": np.zeros((1, 2, 2))},
        np.zeros((1, 2, 4, 4), np.uint8),
        {"x": [0, 1]},
        clouds={"a": np.random.default_rng(0).normal(size=(1200, 2))},
        labels=classes,
        cloud_images=np.zeros((1200, 4, 4), np.uint8),
    )
    thumbed = view.payload()["thumbed"]
    assert sorted(set(thumbed)) == sorted(thumbed)
    assert np.bincount(classes[thumbed]).tolist() == [200, 200, 200]
    assert np.bincount(classes[thumbed[:60]]).min() > 5


def test_later_changes_of_what_was_given_change_nothing():
    images = np.zeros((1, 2, 8, 8), np.uint8)
    view = sl.Probe({"a": np.zeros((1, 2, 2))}, images, {"x": [0, 1]})
    before = view.still()
    images[:] = 255
    assert view.still() == before


def test_names_that_look_alike_stay_apart():
    dials = {"a\x00": [0, 1], "a\\x00": [0, 1]}
    view = sl.Probe({"m": np.zeros((1, 2, 2, 2))}, np.zeros((1, 2, 2, 4, 4), np.uint8), dials)
    assert len(view.state["values"]) == 2
    near = plain(dials={"x": [1, 1 + 1e-7, 2], "lamp": ["left", "right"]})
    near.state = {"values": {"x": 1 + 1e-7}}
    assert near.state["values"]["x"] == 1 + 1e-7


def test_a_setting_names_the_images_along_the_path():
    setting = Setting(subject=1, places=(2, 0), dial=1, pictures=False, turn=(0, 0))
    assert setting.at == (1, 2, 0)
    assert setting.path == (1, 2, slice(None))
