"""Films side by side: how they are matched, what is checked, and what goes to the page."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.views.given import ViewError
from siamese_lib.views.side_by_side.match import matched
from siamese_lib.views.still import LARGEST

RNG = np.random.default_rng(0)
LABELS = np.arange(40) % 4
IMAGES = RNG.integers(0, 256, (40, 5, 4), dtype=np.uint8)
# A cloud with no symmetry, that grows for four frames.
CLOUD = RNG.normal(size=(40, 2)) * [3, 1] + RNG.normal(size=(4, 2))[LABELS]
GROWING = CLOUD * np.linspace(0.1, 1, 4)[:, None, None]


def spun(angle: float, mirror: bool = False) -> np.ndarray:
    """A matrix that turns by an angle, after a mirror or none."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.diag([1, -1 if mirror else 1]) @ turn


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def film(frames: np.ndarray = GROWING, labels: Any = LABELS, **parts: Any) -> sl.Film:
    return sl.Film(frames, labels, **{"steps": range(len(frames)), "images": IMAGES, **parts})


def view(**options: Any) -> sl.SideBySide:
    return sl.SideBySide({"one": film(), "other": film(GROWING[1:] * 2)}, **options)


# --- matching ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("angle", [0.3, 2.0, 4.4])
def test_a_turned_film_is_turned_back(angle: float, mirror: bool) -> None:
    other = GROWING @ spun(angle, mirror) + [5, -7]
    first, back = matched([GROWING, other])
    np.testing.assert_allclose(back, first, atol=1e-9)


def test_no_angle_and_no_mirror_brings_a_film_closer() -> None:
    """The slow way: try 3,600 angles, with and without a mirror."""
    other = GROWING + RNG.normal(scale=0.5, size=GROWING.shape)
    first, turned = matched([GROWING, other @ spun(1, True)])
    far = np.square(turned[-1] - first[-1]).sum()
    for angle in np.linspace(0, 2 * np.pi, 3600):
        for mirror in (False, True):
            assert far <= np.square(turned[-1] @ spun(angle, mirror) - first[-1]).sum() + 1e-9


def test_distances_stay_as_they_are() -> None:
    films = {"one": film(), "other": film(GROWING @ spun(2, True) * 10 + 3)}
    for name, shown in sl.SideBySide(films).films.items():
        for before, after in zip(films[name].frames, shown.frames, strict=True):
            np.testing.assert_allclose(distances(after), distances(before), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("radius", [0.0, 1e-30, 1e-9])
def test_a_collapsed_film_is_matched_too(radius: float) -> None:
    collapsed = np.concatenate([GROWING[:1], radius * CLOUD[None]]) + 4
    for pair in ([GROWING, collapsed], [collapsed, GROWING]):
        for points in matched(pair):
            assert np.isfinite(points).all()
            np.testing.assert_allclose(points[-1].mean(axis=0), 0, atol=1e-9)
    assert distances(matched([GROWING, collapsed])[1][-1]).max() == pytest.approx(
        distances(radius * CLOUD).max(), abs=1e-12
    )


# --- what is given -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("films", "words"),
    [
        ({}, "a dict from names"),
        ([film()], "a dict from names"),
        ({1: film()}, "expected a str"),
        ({"one": GROWING}, "expected a Film"),
        ({"one": film(np.zeros((0, 40, 2)), steps=None)}, "no points"),
        ({"one": film(), "other": film(GROWING[:, :9], LABELS[:9], images=None)}, "has 9 points"),
        ({"one": film(), "other": film(labels=LABELS[::-1])}, "other classes"),
        ({"one": film(), "other": film(labels=None)}, "other classes"),
        ({"one": film(), "other": film(images=IMAGES + 1)}, "other images"),
    ],
)
def test_films_that_cannot_be_compared_are_refused(films: Any, words: str) -> None:
    with pytest.raises(ViewError, match=words):
        sl.SideBySide(films)


def test_views_are_taken_for_their_films() -> None:
    shown = sl.SideBySide({"one": sl.EmbeddingView.of(film()), "other": film()})
    assert repr(shown) == "SideBySide('one', 'other')"


def test_classes_and_images_are_sent_once() -> None:
    payload = view().payload()
    assert [one["name"] for one in payload["films"]] == ["one", "other"]
    assert payload["films"][0]["about"]["labels"] == LABELS.astype("<u2").tobytes()
    assert payload["films"][1]["about"]["labels"] is None
    assert payload["images"]["shape"] == [40, 5, 4, 1]
    assert [len(one["film"]["frames"]) for one in payload["films"]] == [4, 3]


# --- state -------------------------------------------------------------------------------------


def test_the_state_is_all_that_the_reader_changes() -> None:
    shown = view(selected=7, hidden=["2"])
    first = {"frame": 3, "playing": False, "selected": [7], "scale": "same", "hidden": ["2"],
             "cameras": [None, None]}  # fmt: skip
    assert shown.state == first
    shown.state = {"scale": "own", "frame": -4}
    assert shown.state == {**first, "scale": "own", "frame": 0}
    assert view(playing=True).state["frame"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frame": 4}, "expected -4 to 3"),
        ({"frame": -5}, "-4 or more"),
        ({"frame": 0.5}, "whole number"),
        ({"playing": 1}, "True or False"),
        ({"scale": "large"}, "'same' or 'own'"),
        ({"selected": [40]}, "40"),
        ({"hidden": ["9"]}, "names of classes"),
        ({"hidden": [2]}, "names of classes"),
        ({"hidden": "2"}, "a list of class names"),
        ({"hidden": 2}, "a list of class names"),
        ({"step": 4}, "step"),
        ({"cameras": 5}, "camera is 5; expected x, y and a length"),
        ({"cameras": [0, 0, 0]}, "a length above 0"),
        ({"cameras": [[0, 0, 1]]}, "got 1; expected one for each of 2 films"),
        ({"cameras": [[0, 0, 1], None]}, "expected equal ones"),
        ({"cameras": "ab"}, "camera is 'a'"),
    ],
)
def test_a_state_out_of_range_is_refused_and_the_old_one_stays(
    change: dict[str, Any], words: str
) -> None:
    shown = view()
    before = shown.state
    with pytest.raises(ViewError, match=words):
        shown.state = change
    assert shown.state == before


def test_a_camera_is_that_of_all_films_or_one_for_each_and_goes_with_another_scale() -> None:
    shown = view()
    shown.state = {"cameras": (1, 2, 0.5)}
    assert shown.state["cameras"] == [[1.0, 2.0, 0.5]] * 2
    shown.state = {"scale": "same", "frame": 0}
    assert shown.state["cameras"] == [[1.0, 2.0, 0.5]] * 2
    shown.state = {"scale": "own"}
    assert shown.state["cameras"] == [None, None]
    shown.state = {"cameras": [None, [0, 0, 3]]}
    assert shown.state["cameras"] == [None, [0.0, 0.0, 3.0]]
    shown.state = {"scale": "same", "cameras": [0, 0, 3]}
    assert shown.state["cameras"] == [[0.0, 0.0, 3.0]] * 2
    shown.state = {"cameras": None}
    assert shown.state["cameras"] == [None, None]


# --- still -------------------------------------------------------------------------------------


def spreads(png: bytes, panels: int) -> list[int]:
    """How many pixels wide the coloured points are in each panel; captions are grey."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(int)
    vivid = (np.ptp(pixels[..., :3], axis=-1) > 60) & (pixels[..., 3] > 200)
    parts = np.split(vivid, panels, axis=1)
    return [int(np.ptp(np.flatnonzero(part.any(axis=0)))) for part in parts]


def test_the_still_has_the_last_frame_of_each_film_at_one_scale_or_at_own_scales() -> None:
    films = {"large": film(), "half": film(GROWING / 2), "dot": film(GROWING @ spun(1, True) / 40)}
    same = sl.SideBySide(films).still()
    assert len(same) < LARGEST
    large, half, dot = spreads(same, 3)
    assert half == pytest.approx(large / 2, abs=4)
    assert dot < 16
    own = spreads(sl.SideBySide(films, scale="own").still(), 3)
    assert all(a == pytest.approx(b, abs=4) for a, b in pairwise(own))
