"""Class labels of every kind, data that come class by class, and measures of few images."""

from __future__ import annotations

import base64
import io
import os
import re
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from faults import Fault, check
from tiny_sorted import greys, sorted_dataset, untrained
from tiny_training import Training

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.data.dataset import DataError
from siamese_lib.views.given import ViewError

POINTS = np.random.default_rng(0).normal(size=(18, 2))
WORDS = ["cat", "dog", "owl"] * 6
BIG = [2**24, 2**24 + 1] * 9


@contextmanager
def data_in(folder: Path):
    before = os.environ.get("SIAMESE_DATA")
    os.environ["SIAMESE_DATA"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("SIAMESE_DATA") if before is None else os.environ.update(SIAMESE_DATA=before)


def own_set(folder: Path, labels: np.ndarray) -> None:
    images = np.zeros((len(labels), 8, 8), np.uint8)
    np.savez(folder / "own.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)


def loaded(folder: Path) -> sl.Dataset:
    with data_in(folder):
        return sl.load_dataset("own", verbose=False)


def page_facts(path: Path) -> str:
    found = re.search(r'"facts":"([^"]*)"', path.read_text(encoding="utf-8"))
    assert found
    return found[1].encode().decode("unicode_escape")


def labels_in_page(folder: Path) -> str:
    run = untrained()
    text = sl.export_html(run, loaded(folder), folder / "page.html").read_text(encoding="utf-8")
    found = re.search(r'"labels":\{"base64":"([^"]*)"\},"names":(\[[^]]*\])', text)
    assert found
    numbers = np.frombuffer(base64.b64decode(found[1]), "<u2")
    return f"{np.unique(numbers).tolist()} {found[2]}"


def losses_in_batches(folder: Path) -> str:
    data: Any = SimpleNamespace(images=np.zeros((18, 8, 8, 1), np.uint8), labels=np.array(BIG))
    batches = sl.ImageBatches(data, sl.BalancedBatchSampler(BIG, 6))
    return f"{len(np.unique(batches[0][1].astype(np.float32)))} classes in float32"


def terminal_projector(folder: Path) -> str:
    run = untrained()
    run.settings["data"] = "own"
    run.save(folder / "run")
    split = greys(5, 40)
    np.savez(
        folder / "own.npz",
        x_train=split.images, y_train=split.labels, x_test=split.images, y_test=split.labels,
    )  # fmt: skip
    said = io.StringIO()
    with data_in(folder), redirect_stdout(said):
        main(["export", str(folder / "run"), str(folder / "film.gif"), "--images", "20"])
    return said.getvalue()


def film_of(split: sl.Split) -> sl.EmbeddingView:
    """The film of a run that was not trained."""
    return untrained().film(split.images, split.labels)


def progress_of(test: sl.Split) -> str:
    said = io.StringIO()
    training = Training(validation=test, steps=6)
    training.fit(after=[sl.Progress(training.recorder, stream=said)])
    return said.getvalue()


def measured_page(folder: Path, data: sl.Dataset, **options: Any) -> str:
    return page_facts(sl.export_html(untrained(), data, folder / "page.html", **options))


FAULTS: dict[str, Fault] = {
    "objects": Fault(
        "labels in a pandas column, an array of objects",
        "they are numbered, as an array of strings is",
        r"^\['cat', 'dog', 'owl'\]",
        lambda _: sl.EmbeddingView(POINTS, pd.Series(WORDS, dtype=object)).film.classes.names,
    ),
    "a column": Fault(
        "labels in a column, (N, 1)",
        "an error that says how to flatten them",
        r"labels have shape \(18, 1\); expected \(N,\).*labels.ravel\(\)",
        lambda _: sl.EmbeddingView(POINTS, np.array(WORDS)[:, None]),
        error=ViewError,
    ),
    "a missing label": Fault(
        "a label that is None or NaN among words",
        "an error with the number of missing labels and the row of the first",
        r"6 of 18 are missing \(None or NaN\), the first in row 1",
        lambda _: sl.PairSampler(["cat", None, "owl"] * 6),
        error=ValueError,
    ),
    "floats": Fault(
        "class numbers as floats",
        "an error that says how to convert them",
        r"labels are float64; expected integers or strings.*astype\(int\)",
        lambda _: sl.BalancedBatchSampler(np.arange(18) % 3.0),
        error=ValueError,
    ),
    "mixed": Fault(
        "words and numbers in one list of labels",
        "an error, where NumPy would turn the numbers into words",
        r"labels hold int and str; expected integers for all or strings for all",
        lambda _: sl.metrics.costliest_pairs(POINTS, ["cat", 1, 2] * 6),
        error=ValueError,
    ),
    "two kinds": Fault(
        "neighbours with words as labels, and queries with numbers",
        "an error, not a precision of 0",
        r"neighbour_labels are <U3 and query_labels int64",
        lambda _: sl.metrics.knn_accuracy(np.array(WORDS).reshape(6, 3), np.arange(6)),
        error=ValueError,
    ),
    "beyond float32": Fault(
        "class numbers of 16,777,216 and one more, in a batch for Keras",
        "two classes, though Keras casts labels to float32",
        "^2 classes in float32",
        losses_in_batches,
    ),
    "beyond float32 in the loss": Fault(
        "the same class numbers, given to the loss itself",
        "a push as between two classes",
        r"^0\.2(5|49999)",
        lambda _: float(sl.InBatchContrastiveLoss()(np.array(BIG), np.zeros((18, 2)))),
    ),
    "beyond 16 bits": Fault(
        "a data set whose labels are 4464 and 70000, which are equal in 16 bits",
        "a page with two classes of these names",
        r'^\[0, 1\] \["4464","70000"\]',
        labels_in_page,
        lambda folder: own_set(folder, np.repeat([4464, 70_000], 20)),
    ),
    "words in a file": Fault(
        "a data set whose labels are words",
        "a data set with these class names",
        r"^\('owl', 'seal'\)",
        lambda folder: loaded(folder).class_names,
        lambda folder: own_set(folder, np.repeat(["seal", "owl"], 9)),
    ),
    "two classes of one name": Fault(
        "a data set with two classes of one name",
        "an error that names it",
        "class_names: found a more than once",
        lambda _: replace(sorted_dataset(2, 2, 2), class_names=("a", "a")),
        error=sl.DataError,
    ),
    "a text of names": Fault(
        "a single text in place of the class names",
        "an error, where its letters would be the classes",
        "class_names: found 'ab', a str; expected one name for each class",
        lambda _: replace(sorted_dataset(2, 2, 2), class_names="ab"),  # type: ignore[arg-type]
        error=sl.DataError,
    ),
    "dates as labels": Fault(
        "a data set whose labels are dates, such as 20251231",
        "one class name for each date that occurs, not 20 million",
        r"^\('20251230', '20251231'\)",
        lambda folder: loaded(folder).class_names,
        lambda folder: own_set(folder, np.repeat([20251231, 20251230], 9)),
    ),
    "objects in a file": Fault(
        "a data set whose labels are Python objects",
        "an error that says how to save them",
        r"Python objects, which could run code.*numpy.array\(labels, dtype=str\)",
        lambda folder: loaded(folder),
        lambda folder: own_set(folder, np.array(["seal", None] * 9, object)),
        error=DataError,
    ),
    "too many classes": Fault(
        "a film with 70,000 classes",
        "an error, as a page numbers classes with 16 bits",
        r"class_names: got 70,000 classes; expected at most 65,536",
        lambda _: sl.Film(POINTS, [0] * 18, class_names=[str(i) for i in range(70_000)]),
        error=ViewError,
    ),
    "class by class": Fault(
        "14,000 training images in the order of their classes, and a perfect tower",
        "its precision of 1, among 10,000 images drawn evenly over the classes",
        r"^precision@7 1\.0000   kNN accuracy 1\.0000   .*10,000 of 14,000 training images, drawn "
        "evenly over the classes",
        lambda _: sl.evaluate(untrained(), sorted_dataset(5, 2_800, 3)),
    ),
    "a page of some": Fault(
        "a page of 20 test and 40 training images of data in the order of their classes",
        "images of all classes, and the page says which",
        r"^20 test images .* 100\.0% of the 7 nearest .*these are 20 of 100 test images, drawn "
        r"evenly over the classes, and 40 of 200 training images, drawn evenly",
        lambda folder: measured_page(folder, sorted_dataset(5, 40, 20), images=20, gallery=40),
    ),
    "a moving picture of some": Fault(
        "a moving picture of 20 test images of data in the order of their classes",
        "images of all classes, and the terminal says so",
        r"film\.gif \(.*MB\); it shows 20 of 200 test images, drawn evenly over the classes",
        terminal_projector,
    ),
    "an explorer of some": Fault(
        "an explorer that searches 40 of 200 training images in the order of their classes",
        "no mistake of a perfect tower, and the status says which images are searched",
        r"^40 of 200 training images to search, drawn evenly over the classes\. The network gets 0 "
        "of 100",
        lambda _: (
            sl.RetrievalExplorer(untrained(), sorted_dataset(5, 40, 20), limit=40)._screen.status
        ),
    ),
    "few to find": Fault(
        "5 training images of each class, of which 7 are to be found",
        "the largest precision that is possible, next to the precision",
        r"^precision@7 0\.7143 of at most 0\.7143 .*12 have fewer than 7 of their class",
        lambda _: sl.evaluate(untrained(), sorted_dataset(12, 5, 1)),
    ),
    "few to find in a page": Fault(
        "the same in a page",
        "the largest precision, next to the precision",
        r"71\.4% of the 7 nearest \(of at most 71\.4%\) and 100\.0% of the votes are right",
        lambda folder: measured_page(folder, sorted_dataset(12, 5, 1)),
    ),
    "few in a film": Fault(
        "a film of 3 images of each class",
        "a curve whose name says what it compares, and how high it can be",
        r"^\['precision@7 among these, at most 0\.29'\]",
        lambda _: list(film_of(greys(6, 3)).curves),
    ),
    "one of each in a film": Fault(
        "a film of one image of each class",
        "no curve of zeros, and a note that says why",
        r"no precision@7, as no image has another of its class",
        lambda _: film_of(greys(12, 1)).note,
    ),
    "few to watch": Fault(
        "a training that watches 3 test images of each class",
        "the largest precision, next to the precision in the progress",
        r"precision@7 among 12: [01]\.\d{3} of at most 0\.286",
        lambda _: progress_of(greys(4, 3)),
    ),
    "one of each to watch": Fault(
        "a training that watches one test image of each class",
        "no precision of 0, and a line that says why",
        r"^precision@7 is not measured, as no validation image has another of its class\.\n"
        r"(?!.*precision)",
        lambda _: progress_of(greys(9, 1)),
    ),
    "almost nothing to find": Fault(
        "a page with 5 training images to search",
        "a sentence in place of a measure",
        "too few training images to measure the 7 nearest",
        lambda folder: measured_page(folder, sorted_dataset(5, 1, 2), k=3),
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_labels_and_parts(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
