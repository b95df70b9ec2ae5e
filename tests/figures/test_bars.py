"""Bars with the least and the most over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib import figures

VALUES = {
    "pixels": {"5-way": 0.5, "20-way": 0.25},
    "<b>ours</b>": {"5-way": [0.9, 0.7, 0.8], "20-way": np.array([0.4, 0.7, 0.4])},
}


def test_a_bar_is_the_mean_and_its_line_the_least_and_the_most():
    pixels, ours = figures.measure_bars(VALUES).data
    assert list(pixels.x) == list(ours.x) == ["5-way", "20-way"]
    np.testing.assert_allclose(pixels.y, [0.5, 0.25])
    np.testing.assert_allclose(pixels.error_y.array, 0)
    np.testing.assert_allclose(ours.y, [0.8, 0.5])
    np.testing.assert_allclose(ours.y + ours.error_y.array, [0.9, 0.7])
    np.testing.assert_allclose(ours.y - ours.error_y.arrayminus, [0.7, 0.4])
    assert list(ours.customdata) == ["0.700 to 0.900", "0.400 to 0.700"]
    assert ours.name == "&lt;b&gt;ours&lt;/b&gt;"
    assert pixels.marker.pattern.shape != ours.marker.pattern.shape, "not told by colour alone"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"a": {"P@1": 1.5}}, r"'P@1' of 'a' is \[1.5\]; expected shares from 0 to 1"),
        ({"a": {"P@1": []}}, r"'P@1' of 'a' is \[\]"),
        ({"a": {"P@1": np.nan}}, "is .nan."),
        ({"a": {"P@1": 1}, "b": {"P@7": 1}}, r"'b' has the measures \['P@7'\]; expected \['P@1'\]"),
        ({"a": {}}, r"'a' has the measures \[\]"),
    ],
)
def test_what_is_no_share(values, words):
    with pytest.raises(ValueError, match=words):
        figures.measure_bars(values)
