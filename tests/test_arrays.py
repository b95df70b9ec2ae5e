"""Arrays at the boundary: each place that takes numbers refuses the same ones, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import siamese_lib as sl
from siamese_lib import figures, metrics
from siamese_lib.arrays import are_same, plain_array, real_array
from siamese_lib.checks import real_number
from siamese_lib.pixels import checked_images, checked_pixels

POINTS = np.random.default_rng(0).normal(size=(12, 2))
LABELS = np.arange(12) % 2
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
LINE = np.abs(POINTS[:, 0])

# Each place, an array that it takes, and what it does with it.
PLACES: dict[str, tuple[np.ndarray, Callable[[Any], Any]]] = {
    "Gallery": (POINTS, lambda x: sl.Gallery(x).vectors.tolist()),
    "append": (POINTS, lambda x: sl.Gallery(POINTS).append(x)),
    "nearest": (POINTS, lambda x: sl.Gallery(POINTS).nearest(x, 2)[0].tolist()),
    "retrieval": (POINTS, lambda x: metrics.retrieval(x, LABELS, POINTS, LABELS)),
    "retrieval's gallery": (POINTS, lambda x: metrics.retrieval(POINTS, LABELS, x, LABELS)),
    "costliest_pairs": (POINTS, lambda x: metrics.costliest_pairs(x, LABELS)[0].tolist()),
    "kept_neighbours": (POINTS, lambda x: metrics.kept_neighbours(x, POINTS, 3).tolist()),
    "neighbour_graph": (POINTS, lambda x: sl.neighbour_graph(x, 2).tolist()),
    "Film": (POINTS, lambda x: sl.Film(x).frames.tolist()),
    "PairMatrix": (POINTS, lambda x: list(sl.PairMatrix(x, LABELS).counts)),
    "embedding_map": (POINTS, lambda x: figures.embedding_map(x, LABELS).to_json()),
    "force_arrows": (POINTS, lambda x: figures.force_arrows(x, LABELS).to_json()),
    "feature_maps": (POINTS, lambda x: figures.feature_maps([x]).to_json()),
    "verification": (LINE, lambda x: metrics.verification(x, LABELS).auc),
    "distance_histogram": (LINE, lambda x: figures.distance_histogram(x, LABELS).to_json()),
    "ThresholdExplorer": (
        LINE,
        lambda x: sl.ThresholdExplorer(x, LABELS, LABELS, LABELS, IMAGES).mistakes,
    ),
    "singular_values": (LINE, lambda x: figures.singular_values({"a": x}).to_json()),
    "images to show": (IMAGES, lambda x: checked_images(x).tolist()),
    "images for a tower": (IMAGES, lambda x: checked_pixels(x, (8, 8, 1)).tolist()),
    "images of a film": (IMAGES, lambda x: sl.Film(POINTS, images=x).images),
}
WHOLE: dict[str, tuple[np.ndarray, Callable[[Any], Any]]] = {
    "same": (LABELS, lambda x: metrics.verification(LINE, x).auc),
    "same of a histogram": (LABELS, lambda x: figures.distance_histogram(LINE, x).to_json()),
    "same of pairs": (LABELS, lambda x: figures.pairs(IMAGES, IMAGES, x).to_json()),
    "relevant": (LABELS + 1, lambda x: metrics.r_precision([[0, 1]] * 12, [2] * 12, x)),
    "from_neighbours": (
        (np.arange(12)[:, None] + 1) % 12,
        lambda x: sl.PairSampler.from_neighbours(x, 4).size,
    ),
    "left of ThresholdExplorer": (
        LABELS,
        lambda x: sl.ThresholdExplorer(LINE, LABELS, x, LABELS, IMAGES).mistakes,
    ),
}


@pytest.mark.parametrize("place", [*PLACES, *WHOLE])
def test_what_is_masked_is_refused_and_no_mask_is_taken(place: str) -> None:
    good, use = {**PLACES, **WHOLE}[place]
    assert str(use(np.ma.masked_array(good, mask=False))) == str(use(good))
    holes = np.ma.masked_array(good, mask=np.arange(good.size).reshape(good.shape) == good.size - 1)
    with pytest.raises(ValueError, match=r"got a masked array, of which 1 of \d+ entries .*filled"):
        use(holes)


@pytest.mark.parametrize("place", PLACES)
def test_lists_of_different_lengths_are_refused_in_words(place: str) -> None:
    good, use = PLACES[place]
    ragged = good.tolist()
    ragged[3] = [ragged[3], ragged[3]] if good.ndim == 1 else ragged[3][:1]
    with pytest.raises(ValueError, match=r"got (rows|images) of different shapes .*; expected"):
        use(ragged)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("kind", "remedy"), [(complex, r"\.real"), (str, r"\.astype\(float\)"), (object, r"\(float\)")]
)
def test_the_remedy_for_another_dtype_makes_numbers(place: str, kind: type, remedy: str) -> None:
    good, use = PLACES[place]
    other = good.astype(kind)
    if kind is object and place in (
        "embedding_map",
        "force_arrows",
        "feature_maps",
        "distance_histogram",
        "singular_values",
    ):
        assert str(use(other)) == str(use(good))  # a figure takes objects that are numbers
        return  # fmt: skip
    with pytest.raises(ValueError, match=f"{other.dtype}.*Pass .*{remedy}"):
        use(other)


def test_bfloat16_is_named() -> None:
    types = pytest.importorskip("ml_dtypes")
    for place in ("Gallery", "neighbour_graph", "verification", "Film"):
        good, use = PLACES[place]
        with pytest.raises(ValueError, match=r"got bfloat16 .*Pass \w+\.astype\(float\)\."):
            use(good.astype(types.bfloat16))


def test_masked_members_of_a_list_are_seen() -> None:
    row = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    for rows in ([row, row], (np.zeros(2), row)):
        with pytest.raises(ValueError, match="rows: got a masked array"):
            plain_array("rows", rows)
    assert plain_array("rows", [np.ma.masked_array([1, 2], mask=False), [3, 4]]).shape == (2, 2)


def test_numbers_keep_their_dtype() -> None:
    for dtype in (bool, np.uint8, np.int64, np.float16, ">f4"):
        assert real_array("x", np.zeros(2, dtype)).dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    "given",
    [
        [1, 0, 1],
        [True, False, True],
        [1.0, 0.0, 1.0],
        np.array([True, False, True], object),
        pd.Series([True, False, True], dtype=object),
        np.array([1, 0, 1], np.float16),
    ],
)
def test_similar_pairs_are_those_of_1(given: Any) -> None:
    assert are_same(given).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([2, np.nan, -1, 0], "same holds 2.0, nan, -1.0; expected the number 1"),
        (["0", "1"], "same holds 0, 1, of the type str"),
        ([None, 1], "same holds None, 1, of the type NoneType"),
    ],
)
def test_other_marks_are_no_pairs(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        are_same(given)


@pytest.mark.parametrize("value", [1, True, 0.5, np.float32(0.5), np.array(0.5), np.int8(1)])
def test_a_number_of_any_type_is_a_number(value: Any) -> None:
    assert real_number("x", value, 0, 1, ends=True) == float(value)


@pytest.mark.parametrize(
    ("value", "bounds", "words"),
    [
        ("1", {"low": 0}, "x is '1'; expected a number above 0 and finite"),
        (None, {}, "x is None; expected a finite number"),
        (np.inf, {"low": 0}, "x is inf"),
        (np.nan, {"ends": True}, "x is nan; expected a number"),
        (1, {"low": 0, "high": 1}, "x is 1; expected a number above 0 and below 1"),
        (2, {"low": 0, "high": 1, "ends": True}, "x is 2; expected a number from 0 to 1"),
        ([1.0], {}, r"x is \[1.0\]"),
        (np.array([1.0]), {}, r"x is array\(\[1.\]\)"),
        (1j, {}, "x is 1j"),
        (10**400, {}, "x is 1000"),
    ],
)
def test_what_is_no_number_between_bounds(value: Any, bounds: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        real_number("x", value, **bounds)
