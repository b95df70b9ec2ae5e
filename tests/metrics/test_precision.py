"""Each measure against a loop that follows its definition, and against scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, confusion_matrix
from sklearn.neighbors import KNeighborsClassifier

from siamese_lib import metrics
from siamese_lib.search.gallery import Gallery

AT_K = [metrics.precision_at_k, metrics.recall_at_k, metrics.knn_accuracy]
AT_R = [metrics.r_precision, metrics.map_at_r]


def slow_precision(row: list[int], label: int) -> float:
    return sum(other == label for other in row) / len(row)


def slow_recall(row: list[int], label: int) -> float:
    return float(label in row)


def slow_vote(row: list[int], label: int) -> float:
    most = max(row.count(other) for other in row)
    winner = next(other for other in row if row.count(other) == most)
    return float(winner == label)


def slow_r_precision(row: list[int], label: int, count: int) -> float:
    return sum(row[i] == label for i in range(count)) / count


def slow_average_precision(row: list[int], label: int, count: int) -> float:
    total = 0.0
    for i in range(1, count + 1):
        if row[i - 1] == label:
            total += sum(other == label for other in row[:i]) / i
    return total / count


def mean(measure: Callable[..., float], *columns: Iterable[object]) -> float:
    return float(np.mean([measure(*row) for row in zip(*columns, strict=True)]))


def ranking(
    queries: int = 60, gallery: int = 45, classes: int = 4, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A gallery's labels in a random order for each query, and how many are relevant."""
    rng = np.random.default_rng(seed)
    labels = np.append(np.arange(classes), rng.integers(classes, size=gallery - classes))
    neighbours = np.stack([rng.permutation(labels) for _ in range(queries)])
    query_labels = rng.integers(classes, size=queries)
    return neighbours, query_labels, np.bincount(labels)[query_labels]


@pytest.mark.parametrize("k", [1, 2, 7, 40])
@pytest.mark.parametrize("names", [None, np.array(["cat", "dog", "owl", "bee"])])
def test_measures_at_k_are_their_loops(k, names):
    neighbours, labels, _ = ranking(200)
    neighbours = neighbours[:, :k]
    if names is not None:
        neighbours, labels = names[neighbours], names[labels]
    for measure, slow in zip(AT_K, (slow_precision, slow_recall, slow_vote), strict=True):
        value = measure(neighbours, labels)
        assert type(value) is float
        assert value == pytest.approx(mean(slow, neighbours.tolist(), labels.tolist()))


@pytest.mark.parametrize(
    ("row", "winner"),
    [([3, 1, 1, 3], 3), ([3, 1, 1, 3, 1], 1), ([2, 0, 1], 2), ([0, 1, 1], 1), ([5, 0, 0, 5, 9], 5)],
)
def test_a_tied_vote_goes_to_the_class_of_the_nearest(row, winner):
    for label in set(row):
        assert metrics.knn_accuracy([row], [label]) == (label == winner)


def test_vote_is_that_of_scikit_learn_where_two_classes_cannot_tie():
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(150, 2)), rng.integers(2, size=150)
    queries, answers = rng.normal(size=(80, 2)), rng.integers(2, size=80)
    reference = KNeighborsClassifier(7, algorithm="brute").fit(points, labels)
    neighbours = labels[reference.kneighbors(queries, return_distance=False)]
    expected = reference.score(queries, answers)
    assert metrics.knn_accuracy(neighbours, answers) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_measures_at_r_are_their_loops(seed):
    neighbours, labels, relevant = ranking(seed=seed)
    assert len(set(relevant.tolist())) > 1
    for columns in (relevant.max(), neighbours.shape[1]):
        given = neighbours[:, :columns]
        for measure, slow in zip(AT_R, (slow_r_precision, slow_average_precision), strict=True):
            value = measure(given, labels, relevant)
            assert type(value) is float
            assert value == pytest.approx(
                mean(slow, given.tolist(), labels.tolist(), relevant.tolist())
            )


def test_map_at_r_of_rows_worked_by_hand():
    neighbours, relevant = [[1, 0, 1, 0], [0, 1, 1, 1], [1, 1, 1, 0]], [3, 3, 3]
    values = [1 / 3 * (1 + 2 / 3), 1 / 3 * (1 / 2 + 2 / 3), 1]
    for row, count, value in zip(neighbours, relevant, values, strict=True):
        assert metrics.map_at_r([row], [1], [count]) == pytest.approx(value)
    assert metrics.map_at_r(neighbours, [1, 1, 1], relevant) == pytest.approx(np.mean(values))
    assert metrics.r_precision(neighbours, [1, 1, 1], relevant) == pytest.approx(7 / 9)


def test_map_at_r_is_average_precision_without_what_comes_after_rank_r():
    # scikit-learn's average precision goes on to the end of the list, with the same 1/R.
    neighbours, labels, relevant = ranking()
    for row, label, count in zip(neighbours, labels, relevant, strict=True):
        right = row == label
        whole = average_precision_score(right, -np.arange(len(row)))
        ranks = np.flatnonzero(right) + 1
        after = sum(found / rank for found, rank in enumerate(ranks, 1) if rank > count) / count
        assert metrics.map_at_r([row], [label], [count]) == pytest.approx(whole - after)


@pytest.mark.parametrize("names", [None, np.array(["cat", "dog", "owl", "bee"])])
def test_a_class_is_judged_by_its_own_queries(names):
    neighbours, labels, relevant = ranking(100, classes=3)  # so that no query is a bee
    if names is not None:
        neighbours, labels = names[neighbours], names[labels]
    rows = metrics.per_class(neighbours, labels, relevant)
    assert [row["class"] for row in rows] == sorted({*labels.tolist()})
    for row in rows:
        own = [
            (list(found), label, count)
            for found, label, count in zip(
                neighbours.tolist(), labels.tolist(), relevant.tolist(), strict=True
            )
            if label == row["class"]
        ]
        assert row == {
            "class": row["class"],
            "queries": len(own),
            "precision_at_k": pytest.approx(np.mean([slow_precision(*q[:2]) for q in own])),
            "recall_at_k": pytest.approx(np.mean([slow_recall(*q[:2]) for q in own])),
            "knn_accuracy": pytest.approx(np.mean([slow_vote(*q[:2]) for q in own])),
            "r_precision": pytest.approx(np.mean([slow_r_precision(*q) for q in own])),
            "map_at_r": pytest.approx(np.mean([slow_average_precision(*q) for q in own])),
        }
    for measure in (*AT_K, *AT_R):
        extra = [relevant] if measure in AT_R else []
        together = sum(row["queries"] * row[measure.__name__] for row in rows) / len(labels)
        assert together == pytest.approx(measure(neighbours, labels, *extra))
    columns = ["class", "queries", "precision_at_k", "recall_at_k", "knn_accuracy"]
    assert list(metrics.per_class(neighbours, labels)[0]) == columns


@pytest.mark.parametrize("names", [None, np.array(["cat", "dog", "owl", "bee"])])
def test_confusion_counts_every_neighbour(names):
    neighbours, labels, _ = ranking(50)
    neighbours, labels = neighbours[:, :7], np.minimum(labels, 2)  # a class that nobody asks for
    if names is not None:
        neighbours, labels = names[neighbours], names[labels]
    classes, counts = metrics.confusion(neighbours, labels)
    assert classes.tolist() == sorted({*labels.tolist(), *neighbours.ravel().tolist()})
    assert counts.dtype == np.int64
    for i, asked in enumerate(classes):
        for j, found in enumerate(classes):
            rows = [row for row, label in zip(neighbours, labels, strict=True) if label == asked]
            assert counts[i, j] == sum((row == found).sum() for row in rows)
    pairs = np.repeat(labels, 7), neighbours.ravel()
    assert np.array_equal(counts, confusion_matrix(*pairs, labels=classes))
    right = np.trace(counts) / counts.sum()
    assert right == pytest.approx(metrics.precision_at_k(neighbours, labels))


@pytest.mark.filterwarnings("ignore")  # of what the other library imports
@pytest.mark.parametrize("same_set", [False, True])
def test_measures_are_those_of_pytorch_metric_learning(same_set):
    torch = pytest.importorskip("torch")
    calculators = pytest.importorskip("pytorch_metric_learning.utils.accuracy_calculator")

    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=200)
    embeddings = (rng.normal(size=(4, 3))[labels] + rng.normal(size=(200, 3))).astype(np.float32)
    queries, answers = (embeddings, labels) if same_set else (embeddings[:50] + 0.1, labels[:50])
    relevant = np.bincount(labels)[answers] - same_set
    found, _ = Gallery(embeddings).nearest(queries, int(relevant.max()), exclude_self=same_set)
    names = ("precision_at_1", "r_precision", "mean_average_precision_at_r")
    reference = calculators.AccuracyCalculator(
        include=names, k="max_bin_count", device=torch.device("cpu")
    )
    given = [torch.tensor(array) for array in (queries, answers, embeddings, labels)]
    expected = reference.get_accuracy(*given, ref_includes_query=same_set)
    neighbours = labels[found]
    measured = (
        metrics.precision_at_k(neighbours[:, :1], answers),
        metrics.r_precision(neighbours, answers, relevant),
        metrics.map_at_r(neighbours, answers, relevant),
    )
    assert measured == pytest.approx(tuple(expected[name] for name in names), abs=1e-6)


@pytest.mark.parametrize("measure", [*AT_K, *AT_R, metrics.per_class, metrics.confusion])
@pytest.mark.parametrize(
    ("neighbours", "labels", "message"),
    [
        (np.zeros(3, int), np.zeros(3, int), r"have shape \(3,\) and query_labels \(3,\)"),
        (np.zeros((3, 2), int), np.zeros(2, int), r"have shape \(3, 2\) and query_labels \(2,\)"),
        (np.zeros((3, 2), int), np.zeros((3, 1), int), r"\(3, 2\) and query_labels \(3, 1\)"),
        (np.zeros((0, 2), int), np.zeros(0, int), r"have shape \(0, 2\) .*at least 1"),
        (np.zeros((3, 0), int), np.zeros(3, int), r"have shape \(3, 0\) .*at least 1"),
        (np.full((3, 2), np.nan), np.zeros(3, int), "neighbour_labels are float64"),
        (np.zeros((1, 2), int), np.array(["0"]), "int64 and query_labels <U1"),
    ],
)
def test_labels_that_cannot_be_meant(measure, neighbours, labels, message):
    relevant = [np.ones(len(labels), int)] if measure in AT_R else []
    with pytest.raises(ValueError, match=message):
        measure(neighbours, labels, *relevant)


@pytest.mark.parametrize("measure", [*AT_R, metrics.per_class])
@pytest.mark.parametrize(
    ("relevant", "message"),
    [
        ([2], r"relevant is int64 of shape \(1,\); expected .*each of 2 queries"),
        ([2.0, 2.0], "relevant is float64"),
        ([2, 0], "from 0 to 2; expected 1 to 3, the number of neighbours given"),
        ([2, 4], "from 2 to 4"),
        ([2, 1], "relevant is 1 for query 1, which has 2 right"),
    ],
)
def test_counts_that_cannot_be_meant(measure, relevant, message):
    with pytest.raises(ValueError, match=message):
        measure([[0, 1, 0], [1, 0, 1]], [0, 1], relevant)


def test_vote_is_that_of_a_counter():
    labels = np.random.default_rng(0).integers(0, 4, (200, 7))
    winners, shares = metrics.vote(labels)
    for row, winner, share in zip(labels.tolist(), winners, shares, strict=True):
        first, votes = Counter(row).most_common(1)[0]  # of equals the first to come
        assert (winner, share) == (first, votes / 7)
