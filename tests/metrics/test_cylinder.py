"""Cylinders that were made by hand are found again, however they stand."""

from __future__ import annotations

import numpy as np
import pytest

import siamese_lib as sl

fit = sl.metrics.fit_cylinder


def on_cylinder(seed: int, height: float, noise: float) -> tuple[np.ndarray, ...]:
    """Points, their angles in degrees, their heights, and the cylinder's axis."""
    rng = np.random.default_rng(seed)
    angle, along = rng.permutation(np.arange(600) * 0.6), rng.uniform(-height, height, 600)
    turn = np.deg2rad(angle)
    points = 2 * np.stack([np.cos(turn), np.sin(turn), along / 2], axis=1)
    points += noise * rng.normal(size=points.shape)
    turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return points @ turned.T + rng.normal(0, 9, 3), angle, along, turned[:, 2]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("height", [0.05, 2.45, 20])  # flat; as wide as high; long
def test_a_cylinder_is_found_however_it_stands(seed, height):
    points, angle, along, axis = on_cylinder(seed, height, 0.01)
    found = fit(points)
    assert abs(found.axis @ axis) > 0.999
    assert np.linalg.norm(found.axis) == pytest.approx(1)
    assert found.radius == pytest.approx(2, rel=0.05)
    assert found.roundness < 0.1
    assert abs(sl.metrics.circular_correlation(found.angles(points), angle)) > 0.99
    if height > 1:
        assert abs(sl.metrics.rank_correlation(found.heights(points), along)) > 0.99


def test_angles_and_heights_by_hand():
    cylinder = fit(on_cylinder(0, 2, 0)[0])._replace(axis=np.eye(3)[2], centre=np.ones(3))
    points = np.array([[2, 1, 1], [1, 3, 4], [0, 1, -1], [1, 0, 1.0]])
    angles = cylinder.angles(points)
    assert np.diff(angles) % 360 == pytest.approx([90, 90, 90])
    assert cylinder.heights(points) == pytest.approx([0, 3, -2, 0])


def test_clouds_and_balls_and_discs_are_no_cylinders():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(5000, 3))
    ball = rng.uniform(-1, 1, (9000, 3))
    disc = ball[:, :2][np.linalg.norm(ball[:, :2], axis=1) < 1]
    flat = np.concatenate([disc, 1e-3 * rng.normal(size=(len(disc), 1))], axis=1)
    assert fit(cloud).roundness == pytest.approx(0.51, abs=0.02)
    assert fit(ball[np.linalg.norm(ball, axis=1) < 1]).roundness == pytest.approx(0.38, abs=0.02)
    assert fit(flat).roundness == pytest.approx(0.35, abs=0.02)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((9, 2)), r"shape \(9, 2\); expected \(N, 3\)"),
        (np.arange(9)[:, None] * np.ones(3), "9 points on one line"),
        (np.ones((9, 3)), "at one place"),
        (np.eye(3)[:2], "2 points on one line"),
        (np.full((9, 3), np.nan), "NaN"),
    ],
)
def test_points_without_a_cylinder(points, message):
    with pytest.raises(ValueError, match=message):
        fit(points)
