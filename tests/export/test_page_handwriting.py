"""The page turns strokes into the image that Python makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from in_node import in_node

from siamese_lib.data.handwriting import BLACK, Paper, drawn

Strokes = list[list[list[float]]]
SEPIA = Paper((240, 220, 190), (60, 10, 90))
CALL = """({ drawings, shape, ground, ink }) =>
  drawings.map((strokes) => [...drawnImage(strokes, shape, { ground, ink })])"""


def scribbles(count: int, seed: int = 0) -> list[Strokes]:
    """Curves of one to three strokes, in thousandths, as the pad sends them."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        strokes = []
        for _ in range(int(rng.integers(1, 4))):
            steps = rng.normal(0, 0.03, (int(rng.integers(2, 60)), 2)).cumsum(axis=0)
            places = np.clip(rng.uniform(0.2, 0.8, 2) + steps.cumsum(axis=0) / 3, 0, 1)
            strokes.append(places.round(3).tolist())
        made.append(strokes)
    return made


PLAIN: list[Strokes] = [
    [[[0.2, 0.2], [0.8, 0.2], [0.4, 0.9]]],
    [[[0.1, 0.5], [0.9, 0.5]]],
    [[[0.5, 0.1], [0.5, 0.9]]],
    [[[0.4, 0.6]]],  # a dot
    [[[0.2, 0.2]], [[0.9, 0.7], [0.9, 0.7]]],
    [[], [[0.3, 0.3], [0.5, 0.9]]],
]


@pytest.mark.parametrize(
    ("shape", "paper"),
    [((28, 28, 1), BLACK), ((48, 40, 3), SEPIA), ((8, 8, 1), Paper((255,), (0,)))],
)
def test_the_image_of_a_drawing_is_that_of_python(
    shape: tuple[int, int, int], paper: Paper
) -> None:
    drawings = PLAIN + scribbles(60)
    given = {"drawings": drawings, "shape": shape, "ground": paper.ground, "ink": paper.ink}
    made = np.array(in_node("export/page_handwriting.js", "drawnImage", CALL, given))
    expected = np.array([drawn(strokes, shape, paper).ravel() for strokes in drawings])
    assert (expected.std(axis=0) > 10).mean() > 0.1  # so equal images are no chance
    assert np.abs(made - expected).max() <= 1
