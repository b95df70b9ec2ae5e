"""Figures of what a network computes inside: feature maps and singular values."""

from __future__ import annotations

import base64
import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from siamese_lib import figures

RNG = np.random.default_rng(0)


def pixels(figure: go.Figure) -> np.ndarray:
    uri = figure.data[0].source
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))).astype(int)


def drawn(figure: go.Figure) -> np.ndarray:
    """Pixels of the one map in a figure (H, W, 3), cut out by its opacity."""
    canvas = pixels(figure)
    rows, columns = (np.flatnonzero((canvas[..., 3] == 255).any(axis=axis)) for axis in (1, 0))
    return canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, :3]


def test_map_colours_say_sign_and_strength():
    picture = drawn(figures.feature_maps([np.array([[4.0, 2.0], [0.0, -4.0]])]))
    assert picture.shape == (28, 28, 3)
    quarters = picture.reshape(2, 14, 2, 14, 3)
    assert np.ptp(quarters, axis=(1, 3)).max() == 0, "one colour for each number, without smoothing"
    strong, weak, zero, negative = quarters[:, 0, :, 0].reshape(4, 3)
    assert strong[0] > strong[2], "positive is orange"
    assert negative[2] > negative[0], "negative is blue"
    np.testing.assert_array_equal(zero, [0, 0, 0])
    np.testing.assert_allclose(weak, strong / 2, atol=1)


def test_each_map_has_its_own_scale():
    one = RNG.normal(size=(7, 7))
    np.testing.assert_array_equal(
        drawn(figures.feature_maps([one])), drawn(figures.feature_maps([1e-6 * one]))
    )


def test_maps_of_several_sizes_share_one():
    maps = [RNG.normal(size=(side, side)) for side in (1, 4, 7, 30)]
    canvas = pixels(figures.feature_maps(maps, titles=["a", "b", "c", "d"]))
    assert (canvas[..., 3] == 255).sum() == 4 * 30 * 30


def test_silent_map_is_black():
    assert drawn(figures.feature_maps([np.zeros((4, 4))])).max() == 0


@pytest.mark.parametrize("maps", [[np.zeros((1, 4, 4))], [np.full((2, 2), np.nan)], [np.zeros(3)]])
def test_maps_must_be_flat_and_finite(maps):
    with pytest.raises(ValueError, match=r"shape \(H, W\)|maps\[0\]: got NaN"):
        figures.feature_maps(maps)


def test_singular_values_are_drawn_largest_first():
    figure = figures.singular_values({"before": [0.01, 1.0, 0.1], "after": np.ones(3)})
    before, after = figure.data
    assert (before.name, list(before.x), list(before.y)) == ("before", [1, 2, 3], [1.0, 0.1, 0.01])
    assert list(after.y) == [1.0, 1.0, 1.0]
    assert figure.layout.yaxis.type == "log"


@pytest.mark.parametrize("values", [[1.0, 0.0], [1.0, np.nan], np.ones((2, 2)), [1.0, -1.0]])
def test_singular_values_are_above_zero(values):
    with pytest.raises(ValueError, match="above 0"):
        figures.singular_values({"before": values})
