"""Rendered aeroplanes: their sides are read back from the pictures, and their light matters."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from PIL import Image, ImageDraw

from siamese_lib.data.aeroplanes import (
    AZIMUTHS,
    ELEVATIONS,
    LIGHTS,
    _airliner,
    _propeller,
    aeroplane_pictures,
    render_aeroplane,
)
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.named_sets import load_dataset
from siamese_lib.data.rendering import _BIAS, _GROUND, _OBJECT, _REACH, Scene, view_of
from siamese_lib.data.solids import lathe, mirrored, plate, surface
from siamese_lib.data.split import joined


@pytest.fixture(scope="module")
def pictures() -> Dataset:
    return load_dataset("aeroplane", verbose=False)


def in_picture(point: np.ndarray, azimuth: float, elevation: float) -> tuple[float, float]:
    """Where a point is seen, to the right and up, by plain trigonometry."""
    a, e = np.deg2rad(azimuth), np.deg2rad(elevation)
    x, y, z = point
    towards, right = x * np.cos(a) - y * np.sin(a), x * np.sin(a) + y * np.cos(a)
    return right, z * np.cos(e) - towards * np.sin(e)


def silhouette(mesh: np.ndarray, azimuth: float, elevation: float, size: int) -> np.ndarray:
    """What a mesh covers, drawn by Pillow face by face, bool (size, size)."""
    fine = 8 * size  # Pillow rounds corners to whole pixels
    picture = Image.new("1", (fine, fine))
    draw = ImageDraw.Draw(picture)
    for face in mesh:
        seen = [in_picture(corner, azimuth, elevation) for corner in face]
        corners = [(1 + x / _REACH, 1 - y / _REACH) for x, y in seen]
        draw.polygon([(x * fine / 2, y * fine / 2) for x, y in corners], 1)
    return np.asarray(picture)[4::8, 4::8]


@pytest.mark.parametrize("mesh", [_airliner(), _propeller()], ids=["airliner", "propeller"])
@pytest.mark.parametrize("elevation", [30, 70])
def test_azimuths_are_read_back_from_what_is_seen(mesh, elevation):
    scene = Scene.of(mesh, 32)
    drawn = {a: silhouette(mesh, a, elevation, 96) for a in AZIMUTHS}
    for azimuth in AZIMUTHS[::4]:
        seen = np.isclose(scene.seen(azimuth, elevation)[2], _OBJECT)
        overlap = {a: (seen & d).sum() / (seen | d).sum() for a, d in drawn.items()}
        assert max(overlap, key=overlap.__getitem__) == azimuth
        assert overlap[azimuth] > 0.85
        around = np.pad(drawn[azimuth], 1)
        near = [np.roll(around, by, (0, 1)) for by in product((-1, 0, 1), repeat=2)]
        assert not (drawn[azimuth] & ~seen).any()  # no hole
        assert not (np.pad(seen, 1) & ~np.any(near, axis=0)).any()


@pytest.mark.parametrize("azimuth", [0, 80, 200, 340])
@pytest.mark.parametrize("elevation", [30, 55])
def test_the_nose_is_where_the_camera_matrix_says(azimuth, elevation):
    places, _, reflects = Scene.of(_airliner(), 32).seen(azimuth, elevation)
    ahead = np.where(np.isclose(reflects, _OBJECT), places[..., 0], -9)
    row, column = np.unravel_index(ahead.argmax(), ahead.shape)
    pixel = 2 * _REACH / 96
    found = (column + 0.5) * pixel - _REACH, _REACH - (row + 0.5) * pixel
    # The tip of the nose, or what is seen of it: the ring behind it may hide it from the camera.
    assert found == pytest.approx(in_picture(np.array([1, 0, 0]), azimuth, elevation), abs=0.1)
    assert view_of(azimuth, elevation)[:2] @ [1, 0, 0] == pytest.approx(
        in_picture(np.array([1, 0, 0]), azimuth, elevation)
    )


def test_a_pixel_knows_its_place_on_the_object_and_on_the_ground():
    scene = Scene.of(_propeller(), 24)
    places, normals, reflects = scene.seen(50, 40)
    pixel = 2 * _REACH / 72
    for row, column in product(range(0, 72, 5), repeat=2):
        x, y = in_picture(places[row, column], 50, 40)
        assert x == pytest.approx((column + 0.5) * pixel - _REACH, abs=0.51 * pixel)
        assert y == pytest.approx(_REACH - (row + 0.5) * pixel, abs=0.51 * pixel)
        if np.isclose(reflects[row, column], _GROUND):
            assert places[row, column, 2] == pytest.approx(scene.ground, abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-5)
    assert (normals @ view_of(50, 40)[2] >= 0).all()


@pytest.mark.parametrize("lamp", [(-90, 45), (20, 35), (170, 35)])
def test_shadows_are_where_the_way_to_the_lamp_is_blocked(lamp):
    corners = [(0.4, 0.3, 0.2), (-0.4, 0.3, 0.2), (-0.4, -0.3, 0.2), (0.4, -0.3, 0.2)]
    feet = lathe([(0, 0), (0, 0.01), (0.02, 0.01), (0.02, 0)], start=(0, 0, -0.2))
    scene = Scene.of(np.concatenate([plate(corners, 0.02), feet]), 32)
    places, normals, reflects = scene.seen(0, 70)
    shown = scene.lamp(*lamp).picture(places, normals, np.ones_like(reflects))[..., 0]
    turn, rise = np.deg2rad(lamp)
    way = np.array([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)])
    bright, dark = 255 * (0.3 + 0.7 * way[2]), 255 * 0.3
    checked = {True: 0, False: 0}
    for row, column in product(range(32), repeat=2):
        part = np.s_[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
        if not np.isclose(reflects[part], _GROUND).all():
            continue
        here = places[part].reshape(-1, 3)
        above = here + (0.2 - here[:, 2:]) / way[2] * way
        inside = (np.abs(above) - [0.4, 0.3, 9]).max(axis=1)
        if (np.abs(inside) > 0.06).all():  # not at the edge of the shadow
            checked[bool(inside[0] < 0)] += 1
            expected = dark if inside[0] < 0 else bright
            assert shown[row, column] == pytest.approx(expected, abs=1), (row, column)
    assert min(checked.values()) > 20
    assert way[2] * 0.4 > _BIAS


def test_a_solid_is_covered_with_points_and_normals_are_at_right_angles():
    cone = lathe([(0, 0), (0, 1), (2, 0)], segments=64)
    points, normals = surface(cone, 0.02)
    radius = np.hypot(points[:, 1], points[:, 2])
    side = points[:, 0] > 1e-6
    np.testing.assert_allclose(radius[side], 1 - points[side, 0] / 2, atol=2e-3)
    along = np.abs(normals[side] @ [1, 0, 0])
    np.testing.assert_allclose(along, 1 / np.sqrt(5), atol=2e-3)
    flat = plate([(0, 0, 0), (1, 0, 0), (1, 2, 0), (0, 2, 0)], 0.2)
    points, normals = surface(flat, 0.1)
    for axis, (low, high) in enumerate([(0, 1), (0, 2), (-0.1, 0.1)]):
        assert points[:, axis].min() == pytest.approx(low, abs=0.051)
        assert points[:, axis].max() == pytest.approx(high, abs=0.051)
        at_end = np.abs(normals[:, axis]) > 0.5
        assert np.isclose(points[at_end][:, axis, None], [low, high], atol=1e-6).any(axis=1).all()
    assert np.array_equal(mirrored(flat)[6:, :, 1], -flat[..., 1])


def test_every_side_and_light_is_there_once_and_660_are_for_training(pictures):
    both = joined([pictures.train, pictures.test])
    views = list(
        zip(*(both.factors[n].tolist() for n in ("azimuth", "elevation", "light")), strict=True)
    )
    assert sorted(views) == list(product(AZIMUTHS, ELEVATIONS, range(6)))
    assert (len(pictures.train), len(pictures.test)) == (660, 312)
    assert pictures.train.images.shape[1:] == (48, 48, 1)
    assert not pictures.copies
    for split in (pictures.train, pictures.test):
        named = np.array([int(name[:-1]) for name in pictures.class_names])
        assert np.array_equal(named[split.labels], split.factors["azimuth"])
    one = pictures.test
    a, e, i = (int(one.factors[n][7]) for n in ("azimuth", "elevation", "light"))
    assert np.array_equal(render_aeroplane(a, e, LIGHTS[i])[0], one.images[7])


def test_the_seed_chooses_the_pictures_that_are_held_out():
    one, again, other = (aeroplane_pictures(side=8, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.train.images, again.train.images)
    azimuths = [data.train.factors["azimuth"].tolist() for data in (one, other)]
    assert azimuths[0] != azimuths[1]


def test_light_changes_a_picture_more_than_a_step_of_the_camera_upwards(pictures):
    both = joined([pictures.train, pictures.test])
    order = np.lexsort([both.factors[n] for n in ("light", "elevation", "azimuth")])
    pixels = both.images[order].reshape(18, 9, 6, -1) / 255

    def apart(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.linalg.norm(one - other, axis=-1).mean())

    light = np.mean([apart(pixels[:, :, i], pixels[:, :, j]) for i in range(6) for j in range(i)])
    assert light > 2 * apart(pixels[:, 1:], pixels[:, :-1])
    assert light > 0.6 * apart(pixels, np.roll(pixels, 1, axis=0))
    # So pixels find pictures in the same light, and not those from the same side.
    flat = pixels.reshape(972, -1)
    squares = (flat**2).sum(axis=1)[:, None] + (flat**2).sum(axis=1) - 2 * flat @ flat.T
    np.fill_diagonal(squares, np.inf)
    nearest = squares.argmin(axis=1)
    assert (nearest % 6 == np.arange(972) % 6).mean() > 0.9


def test_the_other_aeroplane_is_another_one_from_the_same_sides():
    one = render_aeroplane(AZIMUTHS, 40, model="airliner", side=16)
    other = render_aeroplane(AZIMUTHS, 40, model="propeller", side=16)
    for image, another in zip(one, other, strict=True):
        assert np.abs(image.astype(int) - another).mean() > 5


def test_one_call_for_many_is_many_calls_for_one():
    rng = np.random.default_rng(0)
    turn, rise = rng.uniform(-400, 400, 6), rng.uniform(5, 90, 6)
    turn[3], rise[3] = turn[0], rise[0]
    lamps = np.stack([rng.uniform(-180, 180, 6), rng.uniform(5, 90, 6)], axis=1)
    many = render_aeroplane(turn, rise, lamps, side=16)
    for a, e, lamp, image in zip(turn, rise, lamps, many, strict=True):
        assert np.array_equal(render_aeroplane(a, e, lamp, side=16)[0], image)
    assert np.array_equal(render_aeroplane(20, 40, side=96)[0].shape, (96, 96, 1))
    assert render_aeroplane(5, 40, lamps, side=8).shape == (6, 8, 8, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"azimuth": 0, "model": "zeppelin"}, "model is 'zeppelin'; expected one of airliner"),
        ({"azimuth": 0, "side": 7}, "side is 7"),
        ({"azimuth": 0, "elevation": 0}, "elevation is 0 to 0; expected degrees from 5 to 90"),
        ({"azimuth": 0, "light": (0, 95)}, "the light's elevation is 95"),
        ({"azimuth": [0, 1, 2], "elevation": [40, 50]}, r"shapes \(3,\), \(2,\), \(2,\)"),
        ({"azimuth": 0, "light": (0, 45, 1)}, "light has shape"),
        ({"azimuth": 0, "light": 45}, "light has shape"),
        ({"azimuth": [0, 20], "light": [45]}, "light has shape"),
        ({"azimuth": np.nan}, "an azimuth is NaN"),
        ({"azimuth": "north"}, "azimuth: got <U5"),
    ],
)
def test_what_cannot_be_rendered(given, message):
    with pytest.raises(ValueError, match=message):
        render_aeroplane(**given)
