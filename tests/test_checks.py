"""Class labels of every kind, numbered once and by all in the same way."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tiny_training import SHAPE, dense_tower

import siamese_lib as sl
from siamese_lib import figures, metrics
from siamese_lib.checks import class_numbers
from siamese_lib.views.neighbour_strip import strip_html

WORDS = ["cat", "dog", "cat", "owl", "owl", "dog"] * 3
NUMBERS = np.array([0, 1, 0, 2, 2, 1] * 3)


def of(*values: Any) -> Callable[[], list]:
    return lambda: [values[number] for number in NUMBERS]


KINDS: dict[str, Callable[[], Any]] = {
    "list of strings": lambda: list(WORDS),
    "tuple of strings": lambda: tuple(WORDS),
    "array of strings": lambda: np.array(WORDS),
    "objects": lambda: np.array(WORDS, object),
    "bytes": lambda: np.array(WORDS, "S"),
    "list of bytes": of(b"cat", b"dog", b"owl"),
    "letters beyond ASCII": of("Äpfel", "Öl", "犬"),
    "StringDType": lambda: np.array(WORDS, np.dtypes.StringDType()),
    "Series": lambda: pd.Series(WORDS),
    "Series with another index": lambda: pd.Series(WORDS, index=range(50, 32, -1)),
    "Series of objects": lambda: pd.Series(WORDS, dtype=object),
    "Series of strings": lambda: pd.Series(WORDS, dtype="string"),
    "Series of Int64": lambda: pd.Series(of(-1, 0, 7)(), dtype="Int64"),
    "Categorical": lambda: pd.Categorical(WORDS),
    "categories": lambda: pd.Series(WORDS, dtype="category"),
    "Index": lambda: pd.Index(WORDS),
    "bool": lambda: NUMBERS > 0,
    **{
        f"{name}": lambda name=name: np.array(of(1, 3, 100)(), name)
        for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    },
    "far apart": of(4_464, 70_000, 10**12),
    "beyond float32": of(2**24, 2**24 + 1, 2**24 + 2),
    "beyond float64": of(2**53, 2**53 + 1, 2**53 + 2),
    "negative": of(-(2**63), -(2**63) + 1, -1),
    "unsigned 64 bits": lambda: np.array(of(2**64 - 3, 2**64 - 2, 2**64 - 1)(), np.uint64),
    "beyond 64 bits": of(-(10**30), 10**30, 10**30 + 1),
    "objects that are integers": lambda: np.array(of(1, 2, 2**62)(), object),
}
WRONG: dict[str, tuple[Any, str]] = {
    "floats": (NUMBERS.astype(float), r"are float64; expected integers"),
    "NaN": (np.where(NUMBERS > 1, np.nan, NUMBERS), r"6 of 18 are missing.*the first in row 3"),
    "None": (of("cat", None, "owl")(), "6 of 18 are missing.*the first in row 1"),
    "NaN in objects": (pd.Series(of("cat", np.nan, "owl")()), "6 of 18 are missing"),
    "NA": (pd.Series(of(1, None, 2)(), dtype="Int64"), "missing"),
    "no category": (
        pd.Categorical.from_codes(np.where(NUMBERS == 1, -1, NUMBERS), ["cat", "dog", "owl"]),
        "6 of 18 are missing",
    ),
    "masked": (np.ma.masked_equal(NUMBERS, 1), "6 of 18 are missing"),
    "mixed": (of("cat", 1, 2)(), "hold int and str"),
    "a null character": (
        of("cat", "cat\0", "owl")(),
        "'cat.x00', which ends with a null character",
    ),
    "bytes like an escape": (of(b"\xe9", b"\\xe9", b"owl")(), "not UTF-8.*another label"),
    "the same as an array": (np.array(of(b"\xe9", b"\\xe9", b"owl")()), "not UTF-8"),
    "column": (NUMBERS[:, None], r"shape \(18, 1\).*ravel"),
    "one-hot": (np.eye(3, dtype=int)[NUMBERS], r"shape \(18, 3\).*argmax"),
    "DataFrame": (pd.DataFrame({"label": WORDS}), r"shape \(18, 1\)"),
    "dates": (pd.to_datetime(["2020-01-01"] * 18), "datetime64"),
    "too few": (NUMBERS[:-1], "17"),
    "one word": ("catdogcatdogcatdog", "str|shape"),
}

POINTS = np.random.default_rng(0).normal(size=(18, 2))
IMAGES = np.zeros((18, 8, 8, 1), np.uint8)
PAIRS = np.array([0.1, 0.2]), np.array([1, 0]), np.array([0, 1]), np.array([2, 3])
FOUND = np.array([[(i + 1) % 18, (i + 7) % 18] for i in range(18)])


def classes_of(film: sl.Film) -> list[int]:
    assert film.classes.numbers is not None
    return film.classes.numbers.tolist()


def neighbours(labels: Any) -> np.ndarray:
    given = np.asarray(labels)
    return given[FOUND] if given.shape == (18,) else FOUND


def batches(labels: Any) -> sl.ImageBatches:
    data: Any = SimpleNamespace(images=IMAGES, labels=labels)
    return sl.ImageBatches(data, sl.BalancedBatchSampler(labels, batch_size=6))


# Each place that takes labels, and what it makes of them: the same whatever their kind.
PLACES: dict[str, Callable[[Any], Any]] = {
    "PairSampler": lambda y: [part.tolist() for part in sl.PairSampler(y, 6).batch(0)],
    "BalancedBatchSampler": lambda y: sl.BalancedBatchSampler(y, 6).batch(0).tolist(),
    "ImageBatches": lambda y: alike(batches(y)[0][1]),
    "EmbeddingView": lambda y: classes_of(sl.EmbeddingView(POINTS, y).film),
    "Film": lambda y: classes_of(sl.Film.from_bytes(sl.Film(POINTS, y).to_bytes())),
    "costliest_pairs": lambda y: [part.tolist() for part in metrics.costliest_pairs(POINTS, y)],
    "precision_at_k": lambda y: metrics.precision_at_k(neighbours(y), y),
    "knn_accuracy": lambda y: metrics.knn_accuracy(neighbours(y), y),
    "confusion": lambda y: metrics.confusion(neighbours(y), y)[1].tolist(),
    "per_class": lambda y: [row["precision_at_k"] for row in metrics.per_class(neighbours(y), y)],
    "retrieval": lambda y: metrics.retrieval(POINTS, y, POINTS, y, exclude_self=True),
    "InBatchContrastiveLoss": lambda y: float(sl.InBatchContrastiveLoss()(y, POINTS)),
    "BatchTripletLoss": lambda y: float(sl.BatchTripletLoss()(y, POINTS)),
    "SupervisedContrastiveLoss": lambda y: float(sl.SupervisedContrastiveLoss()(y, POINTS)),
    "ThresholdExplorer": lambda y: len(sl.ThresholdExplorer(*PAIRS, IMAGES, y).mistakes),
    "PairMatrix": lambda y: list(sl.PairMatrix(POINTS, y).counts),
    "pair_matrix": lambda y: figures.pair_matrix(y).data[0].z.tolist(),
    "embedding_map": lambda y: [
        trace.customdata.tolist() for trace in figures.embedding_map(POINTS, y).data
    ],
    "force_arrows": lambda y: [len(trace.x) for trace in figures.force_arrows(POINTS, y).data],
    "strip": lambda y: strip_html(IMAGES, y, [0.0] * 17).count("✓"),
}


def alike(labels: np.ndarray) -> list[list[bool]]:
    labels = labels.astype(np.float32)  # as Keras does
    return (labels[:, None] == labels).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_numbered(kind: str) -> None:
    numbers, classes = class_numbers(KINDS[kind]())
    expected = NUMBERS > 0 if kind == "bool" else NUMBERS
    assert numbers.tolist() == expected.astype(int).tolist()
    assert len(set(classes.tolist())) == expected.max() + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_each_place_takes_labels_of_each_kind(place: str, kind: str) -> None:
    plain = NUMBERS > 0 if kind == "bool" else NUMBERS
    assert PLACES[place](KINDS[kind]()) == PLACES[place](plain.astype(np.int64))


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("place", PLACES)
def test_each_place_refuses_what_is_no_label(place: str, kind: str) -> None:
    labels, words = WRONG[kind]
    if place.endswith("Loss") and kind in ("floats", "column", "DataFrame", "one word"):
        return  # Keras itself passes labels as floats and as columns
    if place in ("PairSampler", "BalancedBatchSampler", "pair_matrix") and kind == "too few":
        return  # they see the labels only
    with pytest.raises(ValueError, match=r"labels|y_true") as caught:
        PLACES[place](labels)
    if place in ("EmbeddingView", "Film", "BalancedBatchSampler") and kind != "too few":
        assert caught.match(words)


def nested(*row: Any) -> list[list[Any]]:
    return [list(row)] * 18


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (nested("cat", 1), "neighbour_labels hold int and str"),
        (nested("cat", float("nan")), "18 of 36 are missing .*the first in row 0"),
        (nested("cat", None), "18 of 36 are missing"),
        ([np.array(["cat", "dog"]), *[np.array([1, 2])] * 17], "hold int and str"),
        (nested("cat\0", "cat"), "null character"),
        ([["cat"], *nested("cat", "dog")[1:]], "lists of different lengths; expected"),
        ([np.array(["cat"]), *[np.array(["cat", "dog"])] * 17], "lists of different lengths"),
        ([np.zeros((2, 2), int), np.zeros((2, 3), int)], "lists of different lengths"),
    ],
)
@pytest.mark.parametrize(
    "measure",
    [metrics.precision_at_k, metrics.knn_accuracy, metrics.confusion, metrics.per_class],
)
def test_lists_in_a_list_are_refused_as_a_list_is(measure: Any, rows: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        measure(rows, WORDS)
    with pytest.raises(ValueError, match=words):
        metrics.vote(rows)


def test_lists_in_a_list_are_labels() -> None:
    pairs: list[Any] = [(1, 2), ("cat", "dog"), (b"cat", "dog"), (np.int8(1), 2)]
    for label, other in pairs:
        assert metrics.precision_at_k([[label, other], [label, label]], [label, label]) == 0.75


@pytest.mark.parametrize(
    "loss", [sl.InBatchContrastiveLoss, sl.BatchTripletLoss, sl.SupervisedContrastiveLoss]
)
@pytest.mark.parametrize("big", [2**24, 2**53, -(2**62)])
@pytest.mark.parametrize("by", ["batches", "arrays"])
def test_two_big_numbers_are_two_classes_in_a_fit(loss: type, big: int, by: str) -> None:
    def first_loss(labels: np.ndarray) -> float:
        tower = dense_tower(shape=SHAPE)
        tower.compile("sgd", loss(), jit_compile=False)
        if by == "arrays":
            fitted = tower.fit(images, labels, batch_size=6, shuffle=False, verbose=0)
        else:
            data: Any = SimpleNamespace(images=images, labels=labels)
            sampler = sl.BalancedBatchSampler(labels, batch_size=6)
            fitted = tower.fit(sl.ImageBatches(data, sampler), shuffle=False, verbose=0)
        return fitted.history["loss"][0]

    images = np.random.default_rng(0).integers(0, 256, (18, *SHAPE), np.uint8)
    assert first_loss(big + NUMBERS) == pytest.approx(first_loss(NUMBERS), rel=1e-6)


def test_labels_that_index_class_names_stay_as_they_are() -> None:
    images, targets = batches(np.array([0, 2, 5] * 6))[0]
    assert set(targets.tolist()) == {0, 2, 5}
    assert len(images) == len(targets)
