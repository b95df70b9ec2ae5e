"""A film is checked once, cannot be changed, and is the same as an array, a view and a file."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.views.film import as_film
from siamese_lib.views.given import ViewError

IMAGES = np.random.default_rng(1).integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def points(frames: int = 3, scale: float = 1.0) -> np.ndarray:
    return scale * np.random.default_rng(frames).normal(size=(frames, 6, 2))


def full(**changed: Any) -> sl.Film:
    """Make a film with all that a film may have."""
    parts: dict[str, Any] = {
        "frames": points(), "labels": LABELS, "images": IMAGES,
        "class_names": ["ant", "bee", "cow"], "colors": ["#000000", "#00FF00", "#0000ff"],
        "steps": [0, 5, 9], "curves": {"loss": [np.nan, 2.0, 1.0]}, "margin": 0.5,
        "marked": [4], "note": "small print", "height": 200, "explained": 0.75,
    }  # fmt: skip
    return sl.Film(**{**parts, **changed})


# --- one form ----------------------------------------------------------------------------------


def test_what_is_given_takes_one_form() -> None:
    film = full(frames=points().tolist(), labels=LABELS.tolist(), marked=4, images=IMAGES[..., 0])
    assert (film.frames.shape, film.frames.dtype) == ((3, 6, 2), np.float32)
    assert film.labels is not None
    assert film.images is not None
    assert film.steps is not None
    assert (film.labels.dtype, film.steps.dtype) == (np.int64, np.int64)
    assert film.images.shape == (6, 4, 5, 1)
    assert film.marked == [4]
    assert repr(film) == "Film(6 points, 3 frames)"
    assert repr(sl.Film(points()[0])) == "Film(6 points, 1 frame)"


def test_a_film_is_a_copy_that_nobody_changes() -> None:
    given = points()
    film = full(frames=given)
    given[:] = 0
    assert film.frames.any()
    for array in (film.frames, film.labels, film.images, film.steps):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        film.margin = 1.0  # pyright: ignore[reportAttributeAccessIssue]


def test_what_was_checked_is_not_copied_again() -> None:
    film = full()
    again = sl.Film(**film.parts())
    assert again.frames is film.frames
    assert again.images is film.images
    view = np.broadcast_to(IMAGES, IMAGES.shape)  # read-only, of an array that is not
    assert not np.shares_memory(full(images=view).images, IMAGES)


def test_classes_are_numbered_named_and_coloured() -> None:
    classes = full().classes
    assert classes.numbers is not None
    assert (classes.numbers.tolist(), classes.names) == (LABELS.tolist(), ["ant", "bee", "cow"])
    assert sl.Film(points()).classes == (None, [], [])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"frames": points()[..., :1]},
            r"frames: got .* expected real numbers of shape \(F, N, 2\)",
        ),
        ({"labels": LABELS[1:]}, "labels: got 5; expected one for each of 6 points"),
        ({"images": IMAGES[1:]}, "images: got 5; expected one for each of 6 points"),
        ({"steps": [0, 5]}, "steps: got 2; expected one for each of 3 frames"),
        (
            {"curves": {"loss": [1.0]}},
            "got 1 numbers under 'loss'; expected one for each of 3 frames",
        ),
        ({"class_names": ["ant"]}, "labels: got 0 to 2; expected numbers from 0 to 0"),
        ({"colors": ["#000000"]}, "colors: got 1; expected one for each of 3 classes"),
        ({"margin": -1}, "margin is -1; expected a number, 0 or more"),
        ({"margin": "wide"}, "margin is 'wide'; expected a number, 0 or more"),
        ({"margin": np.inf}, "margin is inf; expected a number, 0 or more"),
        ({"marked": [6]}, "marked: got point 6; expected points from 0 to 5"),
        ({"height": 119}, "height is 119; expected a whole number, 120 or more"),
    ],
)
def test_what_is_no_film(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ViewError, match=message) as error:
        full(**changed)
    assert "hold_trait_notifications" not in str(error.value)  # there is no view to hold


# --- views -------------------------------------------------------------------------------------


def test_a_view_shows_a_film_and_gives_it_back() -> None:
    film = full()
    view = sl.EmbeddingView.of(film, playing=True)
    assert (view.playing, view.frame, view.explained) == (True, 0, 0.75)
    assert view.payload() == film.payload() == view.film.payload()
    assert view.still() == film.still()
    for name, part in view.film.parts().items():
        assert part is getattr(film, name) or part == getattr(film, name)


def test_options_take_the_place_of_the_films() -> None:
    view = sl.EmbeddingView.of(full(), height=300, selected=2, margin=None)
    assert (view.height, view.selected, view.margin) == (300, [2], None)


def test_the_film_of_a_view_is_what_it_shows_now() -> None:
    view = sl.EmbeddingView.of(full())
    before = view.film
    view.append_frame(points(1)[0], step=12)
    assert (len(before.frames), len(view.film.frames)) == (3, 4)
    view.note = "another"
    assert view.film.note == "another"


def test_views_and_films_are_taken_alike_and_nothing_else() -> None:
    film = full()
    assert as_film(film) is film
    assert as_film(sl.EmbeddingView.of(film)).frames is film.frames
    for wrong in (None, points(), sl.Run):
        with pytest.raises(
            ViewError, match=r"film is of type .*; expected a Film or an EmbeddingView"
        ):
            as_film(wrong)  # pyright: ignore[reportArgumentType]


def test_trust_goes_to_the_page_and_into_the_file() -> None:
    trust = [0.0, 0.25, 1 + 1e-7]
    film = sl.Film(np.zeros((2, 3, 2)), trust=trust)
    assert film.trust is not None
    np.testing.assert_array_equal(film.trust, np.array([0, 0.25, 1], np.float32))
    sent = film.payload()["about"]["trust"]
    np.testing.assert_array_equal(np.frombuffer(sent, "<f4"), film.trust)
    again = sl.Film.from_bytes(film.to_bytes()).trust
    assert again is not None
    np.testing.assert_array_equal(again, film.trust)
    view = sl.EmbeddingView.of(film)
    view.trust = np.array([1, 1, 0])
    np.testing.assert_array_equal(np.frombuffer(view.payload()["about"]["trust"], "<f4"), [1, 1, 0])
    view.append_frame(np.ones((3, 2)))
    assert view.trust is None
    assert "trust" not in sl.Film(np.zeros((2, 3, 2))).about()


@pytest.mark.parametrize(
    ("trust", "message"),
    [
        ([0.5, 0.5], "trust: got 2; expected one for each of 3 points"),
        ([0, 1, 1.1], "trust: got .*; expected numbers from 0 to 1"),
        ([0, 1, np.nan], "trust: got .*; expected numbers from 0 to 1"),
        ([[0, 1, 1]], "trust: got .*; expected numbers from 0 to 1"),
        (["a", "b", "c"], "trust"),
    ],
)
def test_what_is_no_trust(trust: Any, message: str) -> None:
    with pytest.raises(ViewError, match=message):
        sl.Film(np.zeros((2, 3, 2)), trust=trust)


def test_a_page_that_brings_the_images_itself_gets_none() -> None:
    payload = full().payload(images=False)
    assert payload == {**full().payload(), "images": None}


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_file_keeps_all_and_coordinates_in_16_bits(scale: float) -> None:
    film = full(frames=points(scale=scale))
    again = sl.Film.from_bytes(film.to_bytes())
    sides = np.ptp(film.frames, axis=1).max(axis=1)
    off = np.abs(again.frames - film.frames).max(axis=(1, 2))
    assert (off <= sides / 131_070 * 1.01).all()
    for name, part in again.parts().items():
        if name != "frames":
            np.testing.assert_equal(part, getattr(film, name))


def test_a_film_of_points_alone_has_a_file_too() -> None:
    again = sl.Film.from_bytes(sl.Film(points()).to_bytes())
    assert (again.labels, again.images, again.steps) == (None, None, None)


def test_a_file_is_written_as_it_always_was() -> None:
    """A loop over frames, as version 0.1.0 had it, writes the same bytes."""
    film = full()
    bounds, levels = [], []
    for frame in film.frames.astype(np.float64):
        low, high = frame.min(axis=0), frame.max(axis=0)
        size = float((high - low).max()) / 65_535
        bounds.append([*low.tolist(), size, *high.tolist()])
        levels.append(np.rint((frame - low) / size).astype("<u2").ravel())
    facts = {
        "class_names": ["ant", "bee", "cow"], "colors": ["#000000", "#00FF00", "#0000ff"],
        "curves": {"loss": [np.nan, 2.0, 1.0]}, "margin": 0.5, "marked": [4],
        "note": "small print", "height": 200, "explained": 0.75,
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, bounds=np.array(bounds), levels=np.array(levels), steps=np.array([0, 5, 9]),
        labels=LABELS, images=IMAGES, facts=np.array(json.dumps(facts)),
    )  # fmt: skip
    assert film.to_bytes() == buffer.getvalue()


@pytest.mark.parametrize("kept", [0, 100, -40])
def test_a_damaged_file_is_refused(kept: int) -> None:
    with pytest.raises(ViewError, match="not a film, or is damaged"):
        sl.Film.from_bytes(full().to_bytes()[:kept])


# --- stills ------------------------------------------------------------------------------------


def drawn(film: sl.Film) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(film.still())).convert("RGBA")).astype(int)


def test_a_still_shows_each_point_where_it_is_in_its_colour() -> None:
    corners = np.array([[[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]]])
    colors = ["#FF0000", "#00FF00", "#0000FF", "#808000"]
    pixels = drawn(sl.Film(corners, [0, 1, 2, 3], class_names=[""] * 4, colors=colors))
    near, far = 0.03 * 288, 0.97 * 288
    for (x, y), color in zip(
        [(near, far), (far, far), (near, near), (far, near)], colors, strict=True
    ):
        inked = np.abs(pixels[..., :3] - [int(color[i : i + 2], 16) for i in (1, 3, 5)]).sum(axis=2)
        rows, columns = np.nonzero((inked < 30) & (pixels[..., 3] > 200))
        np.testing.assert_allclose((columns.mean() + 0.5, rows.mean() + 0.5), (x, y), atol=0.5)
        assert 10 <= len(rows) <= 25  # a disc of radius 2.3


def test_a_ring_leaves_what_it_rings_in_sight() -> None:
    places = np.array([[[-2.0, -2.0], [0.0, 0.0], [2.0, 2.0]]])
    pixels = drawn(sl.Film(places, [0, 0, 0], colors=["#FF0000"], class_names=[""], marked=[1]))
    assert pixels[144, 144, :3].tolist() == [255, 0, 0]
    assert pixels[144, 144, 3] > 240
    assert pixels[144, 144 + 6, 3] > 200
    assert pixels[144, 144 + 3, 3] == 0


def test_frames_are_drawn_side_by_side_at_one_scale() -> None:
    film = sl.Film(points(7) * np.arange(1, 8)[:, None, None])
    pixels = drawn(film)
    assert pixels.shape == (312, 3 * 288, 4)
    widths = []
    for panel in np.split(pixels[:288], 3, axis=1):
        columns = np.flatnonzero(panel[..., 3].any(axis=0))
        widths.append(columns[-1] - columns[0] + 1)
    assert widths[0] < widths[1] < widths[2]
