"""Arrays that are masked, ragged, of another dtype or far from 0, and figures of other numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import Fault, check
from tiny_training import corners

import siamese_lib as sl
from siamese_lib import figures, metrics
from siamese_lib.pixels import checked_pixels

POINTS = np.random.default_rng(0).normal(size=(12, 2))
LABELS = np.arange(12) % 2
HOLES = np.ma.masked_array(POINTS, mask=np.arange(12)[:, None] == [3, 3])
FLAT: Any = (8, 8)
ALPHA = np.full((4, 8, 8, 4), 9, np.uint8)
IMAGES: Any = corners(12).images


def strip_of(size: float) -> list[int]:
    line = size * np.array([[0.0, 0], [1, 0], [3, 0], [7, 0]])
    view = sl.EmbeddingView(line, images=np.zeros((4, 8, 8), np.uint8))
    view.selected = [1]
    return sl.NeighbourStrip(view, 2).neighbours.tolist()


def refused(says: str, act: Any, given: str, back: str) -> Fault:
    return Fault(given, back, says, lambda _: act(), error=ValueError)


def answered(says: str, act: Any, given: str, back: str) -> Fault:
    return Fault(given, back, says, lambda _: act())


FAULTS: dict[str, Fault] = {
    "masked embeddings": refused(
        "2 of 24 entries are masked, the first in row 3", lambda: sl.Gallery(HOLES),
        "embeddings of which some are masked", "an error with their number and two remedies",
    ),
    "masked queries": refused(
        "queries: got a masked array", lambda: sl.Gallery(POINTS).nearest(HOLES, 2),
        "queries of which some are masked", "the same error, which names the argument",
    ),
    "masked pixels": refused(
        "images: got a masked array",
        lambda: checked_pixels(np.ma.masked_less(IMAGES, 9), IMAGES.shape[1:]),
        "images of which some pixels are masked", "the same error",
    ),
    "masked split": refused(
        "images: got a masked array",
        lambda: sl.Split(np.ma.masked_equal(np.full((2, 4, 4, 1), 9, np.uint8), 9), np.arange(2)),
        "a split of images of which some pixels are masked", "the same error",
    ),
    "masked points": refused(
        "frames: got a masked array", lambda: sl.Film(HOLES),
        "points of a film of which some are masked", "the same error",
    ),
    "masked pairs": refused(
        "same: got a masked array",
        lambda: metrics.verification(POINTS[:, 0], np.ma.masked_equal(LABELS, 1)),
        "pairs of which some are masked", "the same error",
    ),
    "masked neighbours": refused(
        r"neighbours\[0\]: got a masked array",
        lambda: sl.PairSampler.from_neighbours(np.ma.masked_equal([[1], [0], [1], [0]], 1)),
        "neighbours of which some are masked", "the same error",
    ),
    "no mask": answered(
        "12", lambda: len(sl.Gallery(np.ma.masked_array(POINTS, mask=False))),
        "a masked array in which nothing is masked", "its numbers are taken",
    ),
    "ragged": refused(
        "embeddings: got rows of different shapes .*; expected rows of one length",
        lambda: sl.Gallery([[1.0, 2.0], [3.0]]),
        "embeddings in lists of different lengths", "an error that says so",
    ),
    "ragged labels": refused(
        "lists of different lengths", lambda: metrics.vote([["cat"], ["cat", "dog"]]),
        "labels of neighbours in lists of different lengths", "an error that says so",
    ),
    "nested mixture": refused(
        "hold int and str", lambda: metrics.confusion([["cat", 1]], ["cat"]),
        "words and numbers in lists in a list of labels",
        "an error, where NumPy would turn the numbers into words",
    ),
    "nested hole": refused(
        "1 of 2 are missing", lambda: metrics.vote([["cat", float("nan")]]),
        "NaN among words in lists in a list of labels",
        "an error, where NumPy would make a class 'nan'",
    ),
    "null character": refused(
        "ends with a null character", lambda: sl.PairSampler(["cat\0", "cat"] * 4, 4),
        "two labels that differ in a null character at the end",
        "an error, where NumPy would make one class of them",
    ),
    "escape": refused(
        "not UTF-8, and become the text of another label",
        lambda: sl.PairSampler([b"\xe9", b"\\xe9"] * 4, 4),
        "a label of bytes that are no UTF-8, and another that is written like its escape",
        "an error that asks to decode them",
    ),
    "objects": refused(
        r"got object of shape \(12, 2\).*Pass embeddings\.astype\(float\)",
        lambda: sl.Gallery(POINTS.astype(object)),
        "embeddings in an array of objects", "an error with the code that makes numbers of them",
    ),
    "complex": refused(
        r"got complex128.*Pass distances\.real",
        lambda: metrics.verification(POINTS[:, 0] + 0j, LABELS),
        "complex distances", "an error with the code that makes real numbers of them",
    ),
    "objects that are booleans": answered(
        r"0\.\d", lambda: metrics.verification(POINTS[:, 0], (LABELS > 0).astype(object)).auc,
        "pairs marked in a pandas column of objects", "the booleans in it are taken",
    ),
    "half precision": answered(
        "70000",
        lambda: metrics.verification(
            np.arange(140_000), np.repeat([1, 0], 70_000).astype(np.float16)
        ).positives,
        "70,000 similar pairs marked in half precision, whose sum is infinite", "their number",
    ),
    "other queries": refused(
        "row 0 is not row 0 of the gallery",
        lambda: sl.Gallery(POINTS).nearest(POINTS[::-1], 2, exclude_self=True),
        "exclude_self with the gallery's embeddings in another order",
        "an error, where each would find itself",
    ),
    "short vectors": answered(
        r"\[\[0, 1\]\]",
        lambda: sl.Gallery([[1e-170, 0], [0, 1e-170]], "cosine").nearest([[2, 1]], 2)[0].tolist(),
        "embeddings whose squared lengths are 0 in double precision, by cosine",
        "the right neighbours",
    ),
    "far from 0": answered(
        r"\[1, 2, 3, 2\]",
        lambda: sl.neighbour_graph(
            [[1e9], [1e9 + 0.3], [1e9 + 0.5], [1e9 + 0.55]], 1
        ).ravel().tolist(),
        "a graph of vectors that are far from 0 and close to each other", "the right neighbours",
    ),
    "one far away": answered(
        r"^\[0\.0, 0\.0\]$",
        lambda: metrics.costliest_pairs(
            [[0, 0], [2, 0], [4, 0], [1e9, 0]], [0, 1, 2, 3], count=2
        )[2].tolist(),
        "costly pairs among embeddings of which one is far away", "the right costs",
    ),
    "beyond 1e30": refused(
        r"expected finite numbers within ±1e\+30",
        lambda: sl.neighbour_graph([[1e200], [2e200], [3e200]], 1),
        "a graph of numbers whose squares are infinite", "an error with the range",
    ),
    "a large film": answered(
        r"^\[0, 2\]$", lambda: strip_of(1e20),
        "the neighbours of a point on a map of 1e20", "the right ones",
    ),
    "alpha": refused(
        r"coloured with an alpha channel: pass .*images\[\.\.\., :3\] @",
        lambda: checked_pixels(ALPHA, (8, 8, 1)),
        "coloured images with an alpha channel for a network of grey images",
        "an error with the code that makes them grey, not a request to resize them",
    ),
    "no channels": refused(
        r"expected numbers of shape \(N, H, W, C\).*pass images\[\.\.\., None\]",
        lambda: checked_pixels(ALPHA[..., 0], FLAT, None),
        "images to train on without an axis of channels", "an error with the code that adds it",
    ),
    "other marks": refused(
        "same holds 2, -1", lambda: figures.distance_histogram([1, 2, 3, 4], [2, 1, -1, 0]),
        "pairs marked with 2 and -1 in a histogram",
        "an error, where all but 0 would count as similar",
    ),
    "percent": refused(
        "expected shares from 0 to 1. Divide percent by 100",
        lambda: figures.class_shares({"drawn": [50, 50]}, ["cat", "dog"]),
        "percent in place of shares in a figure", "an error with the remedy",
    ),
    "not ascending": refused(
        "got 0 after 1; expected ascending", lambda: figures.roc_curves({"a": ([1, 0], [1, 0])}),
        "a curve from right to left", "an error with the numbers where it falls",
    ),
    "columns": refused(
        "expected one number for each row",
        lambda: figures.training_curves({"step": [1, 2], "loss": [1.0], "precision": [0.1, 0.2]}),
        "a history with columns of different lengths", "an error with both lengths",
    ),
    "a small map": answered(
        "^20$",
        lambda: 2 * len(set(figures.embedding_map(POINTS[:10] * 1e-5, LABELS[:10] * 0).data[0].x)),
        "a map of embeddings of 1e-5", "each point in its place, where rounding would join them",
    ),
    "a margin in quotes": refused(
        "margin is '1'; expected a number above 0",
        lambda: metrics.costliest_pairs(POINTS, LABELS, margin="1"),  # pyright: ignore[reportArgumentType]
        "a margin that is a text", "an error with what was expected",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
