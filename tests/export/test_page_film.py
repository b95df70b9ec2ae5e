"""A page holds the weights of every frame, and puts a drawing where each frame's network does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from in_node import in_node
from tiny_training import SHAPE, Training, corners_dataset, digits_in_five_frames, real_digits

import siamese_lib as sl
from siamese_lib.export.export_run import page_data
from siamese_lib.export.page_film import frames_of
from siamese_lib.export.page_frames import packed_frames, rounded
from siamese_lib.runs.last_frame import last_frame, with_weights

DATA = corners_dataset()
UNPACK = """async ({ packed, shapes }) => {
  const frames = await TowerFrames.unpack(packed, shapes);
  return Array.from({ length: frames.length }, (_, i) => frames.weights(i).map((w) => [...w]));
}"""
PLACES = """async ({ drawing, images, count, frame }) => {
  const network = await FilmNetwork.unpack(drawing);
  const size = images.length / count;
  return Array.from({ length: count }, (_, i) => {
    const pixels = images.subarray(i * size, (i + 1) * size);
    return network.placeOf({ pixels, vector: network.network.embed(pixels) }, frame);
  });
}"""


def on_page(drawing: Any, images: np.ndarray, frame: int) -> np.ndarray:
    """Return where a page puts images at a frame, (N, 2)."""
    given = {"drawing": drawing, "images": images.tobytes(), "count": len(images), "frame": frame}
    return np.array(in_node("export/page_journey.js", "FilmNetwork", PLACES, given))


def farthest(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=1).max())


@pytest.fixture(scope="module")
def digits() -> sl.Dataset:
    return real_digits()


@pytest.fixture(scope="module")
def run(digits: sl.Dataset) -> sl.Run:
    return digits_in_five_frames(digits)


@pytest.fixture(scope="module")
def small() -> sl.Run:
    return Training(steps=18, frames=5, tower=sl.conv_tower(SHAPE, 5, seed=0)).fit().run


@pytest.mark.parametrize("bits", [2, 8, 10, 16])
def test_weights_are_unpacked_as_they_were_rounded(bits: int) -> None:
    rng = np.random.default_rng(0)
    shapes = [(3, 2, 1, 4), (4,), (1, 1, 4, 2)]
    weights = [rng.normal(0, 1, (6, *shape)).astype(np.float32) for shape in shapes]
    weights[0][0] *= -5  # the largest of the values is in one frame
    weights[1][:] = 0  # a bias that was never trained
    weights[2][1::2] *= -1  # the largest changes
    found = rounded(weights, bits)
    for weight, made in zip(weights, found.weights, strict=True):
        step = np.abs(weight).max(axis=tuple(range(weight.ndim - 1))) / (2 ** (bits - 1) - 1)
        assert (np.abs(weight - made) <= 0.51 * step + 1e-6).all()
    packed = packed_frames(found)
    read = in_node(
        "export/page_frames.js", "TowerFrames", UNPACK, {"packed": packed, "shapes": shapes}
    )
    for frame, arrays in enumerate(read):
        for made, array in zip(found.weights, arrays, strict=True):
            np.testing.assert_array_equal(made[frame].ravel(), np.array(array, np.float32))


def test_frames_that_hardly_differ_take_few_bytes() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(0, 1, (1, 50, 200)).astype(np.float32)
    alike = first + rng.normal(0, 1e-4, (20, 50, 200)).astype(np.float32)
    other = rng.normal(0, 1, (20, 50, 200)).astype(np.float32)
    sizes = [len(packed_frames(rounded([weights], 8))["data"]) for weights in (alike, other)]
    assert sizes[0] < 0.3 * sizes[1]


def test_a_digit_is_at_each_frame_where_keras_puts_it(run: sl.Run, digits: sl.Dataset) -> None:
    data, _ = page_data(run, digits, images=1000, gallery=100)
    drawing, images = data["drawing"], digits.test.images[:200]
    shown = run.make_film(digits.test.images, digits.test.labels)
    places = shown.frames[:, :200]
    margin = shown.margin or 1.0
    axes = np.frombuffer(drawing["axes"], "<f4").reshape(2, 2)
    origins = np.frombuffer(drawing["origins"], "<f4").reshape(5, 2)
    weights = [np.stack(each) for each in zip(*map(run.weights, range(4)), strict=True)]
    in_keras = with_weights(run, rounded(weights, 10).weights)
    for frame in (0, 2, 4):
        made = on_page(drawing, images, frame)
        twin = in_keras if frame < 4 else run  # the last frame's weights are not rounded
        expected = twin.embed(images, frame) @ axes + origins[frame]
        assert farthest(made, expected) < 1e-3 * margin
        spread = np.sqrt(places[frame].var(axis=0).sum())
        assert farthest(made, places[frame]) < 0.02 * max(margin, spread)
        # The frames differ by more than the rounding.
        assert farthest(made, places[(frame + 2) % 5]) > 0.02 * max(margin, spread)
    assert data["facts"].endswith("of the margin")


def made_of(run: sl.Run, film: sl.Film, room: int = 10**7) -> tuple[dict[str, Any], str]:
    queries = run.embed(DATA.test.images)
    known = np.column_stack([queries, np.ones(len(queries))])
    axes = np.linalg.lstsq(known, film.frames[-1].astype(float), rcond=None)[0]
    return frames_of(run, film, axes, room)


def film_of(run: sl.Run) -> sl.Film:
    return run.make_film(DATA.test.images, DATA.test.labels, class_names=DATA.class_names)


def test_more_dimensions_than_a_map_has(small: sl.Run) -> None:
    film = film_of(small)
    data, _ = page_data(small, DATA, film=film, gallery=20, k=3)
    for frame in range(5):
        made = on_page(data["drawing"], DATA.test.images, frame)
        assert farthest(made, film.frames[frame]) < 0.01 * np.ptp(film.frames[frame])


def test_fewer_bits_where_there_is_less_room(small: sl.Run) -> None:
    film = film_of(small)
    most = len(made_of(small, film)[0]["frames"]["data"])
    least = len(made_of(small, film, int(4 / 3 * 0.9 * most))[0]["frames"]["data"])
    assert 0.7 * most < least < 0.9 * most
    made, words = made_of(small, film, most // 2)
    assert made["frames"] is None
    assert len(made["origins"]) == 8
    assert words.endswith("the page has no room for the weights of the others")
    assert made_of(small, film, -5)[1] == words


def test_a_film_of_other_frames_keeps_a_drawing_at_the_last(small: sl.Run) -> None:
    film = film_of(small)
    parts = film.parts()
    other = film.frames.copy()
    other[1] *= [1, -1]  # as if frames had been turned to lie near each other
    fewer = {**parts, "frames": film.frames[1:], "steps": None, "curves": {}}
    for changed in ({**parts, "frames": other}, fewer, {**parts, "images": None}):
        made, words = made_of(small, sl.Film(**changed))
        assert made["frames"] is None
        assert words.endswith("the film has other frames than the run")


def test_a_run_with_the_last_weights_only_says_so(small: sl.Run) -> None:
    film, one = film_of(small), last_frame(small)
    one.record(film)
    data, _ = page_data(one, DATA, film=film, gallery=20, k=3)
    assert data["drawing"]["frames"] is None
    assert data["facts"].endswith("at the last frame only, as the run has no weights of the others")
    made = on_page(data["drawing"], DATA.test.images, 4)
    assert farthest(made, film.frames[-1]) < 1e-3 * np.ptp(film.frames[-1])
    still, _ = page_data(one, DATA, film=film_of(one), gallery=20, k=3)
    assert "drawing" not in still["facts"]  # whose film has no other frames
