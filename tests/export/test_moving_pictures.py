"""A film as a GIF, WebP or MP4: each moment is drawn where the points then are."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_training import Training, corners_dataset

import siamese_lib as sl
from siamese_lib.colors import EXTRA, rgb
from siamese_lib.export import moving_pictures
from siamese_lib.export.moving_pictures import Drawing

DIGITS = corners_dataset()
COLORS = ["#FF0000", "#00FF00"]
LABELS = np.array([0, 1])


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return Training(steps=18, frames=5).fit().run


def two_points(**options: Any) -> sl.Film:
    """Two points that change places, one after the other."""
    frames = np.array([[[0, 0], [4, 4]], [[4, 0], [4, 4]], [[4, 4], [0, 0]]])
    return sl.Film(frames, LABELS, colors=COLORS, class_names=["", " "], **options)


def frames_of(path: Path) -> list[tuple[Image.Image, int]]:
    with Image.open(path) as picture:
        found = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            found.append((picture.convert("RGB"), picture.info.get("duration", 0)))
        return found


def place_of(picture: Image.Image, color: str) -> tuple[float, float]:
    """Where a colour is, from 0 to 1 in x and y."""
    far = np.abs(np.asarray(picture).astype(int) - rgb(color)).sum(axis=2)
    y, x = np.argwhere(far < 120).mean(axis=0) / picture.width
    return x, y


# --- drawing -------------------------------------------------------------------------------------


def test_points_pass_through_every_frame_and_move_between() -> None:
    film = two_points()
    drawing = Drawing(film, LABELS, 100, dark=True)
    for frame in range(3):
        np.testing.assert_allclose(drawing.at(frame), drawing.places[frame])
    # The cubic through the frames, once more by its matrix (Catmull and Rom, 1974).
    matrix = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    for moment in (0.25, 1.5):
        start, t = int(moment), moment % 1
        around = [min(max(start + i, 0), 2) for i in (-1, 0, 1, 2)]
        weights = np.array([1, t, t**2, t**3]) @ matrix
        expected = np.tensordot(weights, drawing.places[around], 1)
        np.testing.assert_allclose(drawing.at(moment), expected)


def test_a_picture_shows_each_point_where_it_is() -> None:
    film = two_points(steps=[0, 10, 1_000])
    drawing = Drawing(film, LABELS, 200, dark=True)
    for frame, (red, green) in enumerate([((0, 1), (1, 0)), ((1, 1), (1, 0)), ((1, 0), (0, 1))]):
        picture = drawing.picture(frame)
        assert picture.size == (200, 200)
        for color, place in zip(COLORS, (red, green), strict=True):
            assert place_of(picture, color) == pytest.approx(
                np.add(place, 0) * 0.95 + 0.025, abs=0.02
            )


def test_marked_points_are_ringed_and_the_ground_is_as_asked() -> None:
    places = np.array([[[-2, -2], [1, 0], [2, 2]]])
    labels = np.array([0, 1, 1])
    film = sl.Film(places, labels, colors=COLORS, class_names=["", " "], marked=[1])
    dark, light = (Drawing(film, labels, 200, dark=dark).picture(0) for dark in (True, False))
    assert dark.getpixel((100, 100)) == rgb("#14171C")
    assert light.getpixel((100, 100)) == (255, 255, 255)
    for picture in (dark, light):
        assert place_of(picture, EXTRA) == pytest.approx((0.5 + 0.95 / 4, 0.5), abs=0.02)


# --- files ---------------------------------------------------------------------------------------


def test_a_gif_shows_the_frames_as_they_are(run: sl.Run, tmp_path: Path) -> None:
    path = sl.export_gif(run, DIGITS, tmp_path / "a" / "film.gif", size=80, seconds=1)
    shown = frames_of(path)
    assert [length for _, length in shown] == [700, 250, 250, 250, 2500]
    film = run.make_film(DIGITS.test.images, DIGITS.test.labels, class_names=DIGITS.class_names)
    drawing = Drawing(film, DIGITS.test.labels, 80, dark=True)
    for frame, (picture, _) in enumerate(shown):
        drawn = np.asarray(drawing.picture(frame)).astype(int)
        assert np.abs(np.asarray(picture).astype(int) - drawn).mean() < 4  # in fewer colours
    assert path.read_bytes().count(b"NETSCAPE2.0") == 1  # and begins again


def test_a_webp_moves_between_the_frames(run: sl.Run, tmp_path: Path) -> None:
    path = sl.export_gif(run, DIGITS, tmp_path / "film.webp", size=80, seconds=1, fps=8)
    shown = frames_of(path)
    assert len(shown) == 9
    assert len({picture.tobytes() for picture, _ in shown}) == 9


def test_a_film_of_one_frame_is_one_picture(tmp_path: Path, run: sl.Run) -> None:
    film = sl.Film(np.zeros((1, 3, 2)), [0, 1, 3], class_names=DIGITS.class_names)
    for suffix in ("gif", "webp"):
        path = sl.export_gif(run, DIGITS, tmp_path / f"film.{suffix}", film=film, size=80)
        assert len(frames_of(path)) == 1


def test_an_mp4_says_what_to_install(
    run: sl.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving_pictures, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ImportError, match="pip install imageio-ffmpeg"):
        sl.export_gif(run, DIGITS, tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def has_ffmpeg() -> bool:
    try:
        return bool(moving_pictures.ffmpeg())
    except ImportError:
        return False


@pytest.mark.skipif(not has_ffmpeg(), reason="no ffmpeg: pip install imageio-ffmpeg")
def test_an_mp4_plays_the_film(run: sl.Run, tmp_path: Path) -> None:
    path = sl.export_gif(run, DIGITS, tmp_path / "film.mp4", size=81, seconds=1)
    read = [moving_pictures.ffmpeg(), "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(read, check=True, capture_output=True).stdout
    pictures = np.frombuffer(raw, np.uint8).reshape(-1, 82, 82, 3).astype(int)
    assert len(pictures) == round(0.7 * 30) + 29 + round(2.5 * 30)
    assert np.abs(pictures[0] - pictures[-1]).mean() > 2
    assert np.abs(pictures[0] - pictures[15]).mean() < 1  # the first stays a while


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"path": "film.png"},
            r"film\.png'; expected a name that ends in \.gif or \.webp or \.mp4",
        ),
        ({"size": 10}, "size is 10; expected a whole number, 64 or more"),
        ({"fps": 0}, "fps is 0; expected a whole number, 1 or more"),
        ({"seconds": 0}, "seconds is 0; expected a number above 0"),
        ({"images": 0}, "images is 0; expected a whole number"),
        ({"film": sl.EmbeddingView(np.zeros((3, 2)))}, "film is .*; expected points with labels"),
    ],
)
def test_what_does_not_fit_is_said(
    run: sl.Run, tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    path = tmp_path / arguments.pop("path", "film.gif")
    with pytest.raises(ValueError, match=message):
        sl.export_gif(run, DIGITS, path, **arguments)
    assert list(tmp_path.iterdir()) == []
