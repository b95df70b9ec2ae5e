"""The row of neighbours beside a view."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.given import ViewError
from siamese_lib.views.neighbour_strip import NeighbourStrip, strip_html

IMAGES = np.arange(5, dtype=np.uint8)[:, None, None] * np.full((5, 4, 6), 50, np.uint8)
FRAMES = np.zeros((2, 5, 2))
FRAMES[0, :, 0] = [0, 1, 3, 7, 15]
FRAMES[1, :, 1] = [0, 9, 3, 1, 15]


def view_of(**options: Any) -> EmbeddingView:
    return EmbeddingView(FRAMES, [4, 4, 9, 4, 9], images=IMAGES, **options)


def pictures(markup: str) -> list[np.ndarray]:
    found = re.findall(r"data:image/png;base64,([^']*)", markup)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def test_shows_the_nearest_of_the_selected_point_in_order():
    strip = NeighbourStrip(view_of(frame=0, selected=1), k=3)
    assert strip.neighbours.tolist() == [0, 2, 3]
    assert strip.distances.tolist() == [1, 2, 6]
    assert strip.view.highlighted == [0, 2, 3]
    assert [picture[0, 0] for picture in pictures(strip.value)] == [50, 0, 100, 150]
    assert [strip.value.count(sign) for sign in "✓✗"] == [2, 1]


def test_follows_the_film_and_the_choice():
    strip = NeighbourStrip(view_of(frame=0, selected=1), k=2)
    strip.view.frame = 1
    assert strip.neighbours.tolist() == [2, 4]
    assert strip.distances.tolist() == [6, 6]
    strip.view.selected = 0
    assert strip.neighbours.tolist() == [3, 2]
    assert strip.view.highlighted == [3, 2]


def test_asks_for_a_point_when_none_or_many_are_selected():
    strip = NeighbourStrip(view_of(selected=1), k=2)
    strip.view.selected = [0, 3]
    assert not len(strip.neighbours)
    assert "Choose a point" in strip.value
    assert "img" not in strip.value


def test_classes_go_by_their_names_and_cannot_bring_markup():
    names = ["zero", "<i>one</i>"]
    view = EmbeddingView(
        FRAMES, [0, 1, 1, 0, 1], images=IMAGES, class_names=names, frame=0, selected=0
    )
    value = NeighbourStrip(view, k=2).value
    assert "<i>" not in value
    assert value.count("&lt;i&gt;one&lt;/i&gt;") == 4
    assert value.count("zero") == 2


def test_without_labels_nothing_is_right_or_wrong():
    markup = strip_html(IMAGES[:2], None, [0.25], names=["a'b", "c"])
    assert "<br>0.25<" in markup
    assert not re.search("[✓✗]", markup)
    assert "a'b" not in markup


@pytest.mark.parametrize(("k", "images"), [(5, IMAGES), (0, IMAGES), (1, None)])
def test_refuses_what_it_cannot_show(k, images):
    with pytest.raises(ValueError, match=r"k is 0|k is 5|view has no images"):
        NeighbourStrip(EmbeddingView(FRAMES, images=images), k)


def test_refusals_are_view_errors():
    with pytest.raises(ViewError, match="k is 9; expected less than the number of points, 5"):
        NeighbourStrip(view_of(), k=9)


@pytest.mark.parametrize("size", [1e-30, 1e20, 5e28])
def test_coordinates_of_any_size_have_their_neighbours(size):
    view = EmbeddingView(FRAMES * size, images=IMAGES, frame=0, selected=1)
    strip = NeighbourStrip(view, k=3)
    assert strip.neighbours.tolist() == [0, 2, 3]
    np.testing.assert_allclose(strip.distances, np.array([1, 2, 6]) * size, rtol=1e-6)
    assert strip.distances.dtype == np.float32


def test_words_can_be_read_from_afar():
    value = strip_html(np.zeros((2, 4, 4), np.uint8), None, [0.5])
    assert [int(size) for size in re.findall(r"font:(\d+)px", value)] == [14]
