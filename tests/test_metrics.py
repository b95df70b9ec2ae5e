"""Each measure against a loop that follows its definition, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.neighbors import KNeighborsClassifier

from siamese_lib import metrics

AT_K = [metrics.precision_at_k, metrics.recall_at_k, metrics.knn_accuracy]
AT_R = [metrics.r_precision, metrics.map_at_r]


def slow_precision(row, label):
    return sum(other == label for other in row) / len(row)


def slow_recall(row, label):
    return float(label in row)


def slow_vote(row, label):
    most = max(row.count(other) for other in row)
    winner = next(other for other in row if row.count(other) == most)
    return float(winner == label)


def slow_r_precision(row, label, count):
    return sum(row[i] == label for i in range(count)) / count


def slow_average_precision(row, label, count):
    total = 0.0
    for i in range(1, count + 1):
        if row[i - 1] == label:
            total += sum(other == label for other in row[:i]) / i
    return total / count


def mean(measure, *columns):
    return np.mean([measure(*row) for row in zip(*columns, strict=True)])


def ranking(queries=60, gallery=45, classes=4, seed=0):
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


def slow_verification(distances, same):
    """Every threshold tried, and every pair of pairs compared."""
    distances, same = distances.tolist(), [bool(s) for s in same]
    fpr, tpr, accuracy = [], [], []
    thresholds = [-np.inf, *sorted(set(distances))]
    for threshold in thresholds:
        called = [d <= threshold for d in distances]
        tpr.append(sum(c and s for c, s in zip(called, same, strict=True)) / sum(same))
        fpr.append(sum(c and not s for c, s in zip(called, same, strict=True)) / same.count(False))
        accuracy.append(sum(c == s for c, s in zip(called, same, strict=True)) / len(same))
    near = [d for d, s in zip(distances, same, strict=True) if s]
    far = [d for d, s in zip(distances, same, strict=True) if not s]
    auc = np.mean([[(n < f) + (n == f) / 2 for f in far] for n in near])
    best = max(accuracy)
    return fpr, tpr, thresholds, auc, thresholds[accuracy.index(best)], best


@pytest.mark.parametrize("decimals", [1, 12])  # many equal distances; none
@pytest.mark.parametrize("kind", [bool, int, np.float32])
def test_verification_tries_every_threshold(decimals, kind):
    rng = np.random.default_rng(decimals)
    same = rng.random(150) < 0.3
    distances = np.round(rng.gamma(2, np.where(same, 0.4, 1.0)), decimals)
    found = metrics.verification(distances, same.astype(kind))
    fpr, tpr, thresholds, auc, best, accuracy = slow_verification(distances, same)
    np.testing.assert_allclose(found.fpr, fpr)
    np.testing.assert_allclose(found.tpr, tpr)
    assert found.thresholds.tolist() == thresholds
    assert found.auc == pytest.approx(auc)
    assert (found.best_threshold, found.accuracy) == (best, pytest.approx(accuracy))
    expected = roc_curve(same, -distances, drop_intermediate=False)
    np.testing.assert_allclose(found.fpr, expected[0])
    np.testing.assert_allclose(found.tpr, expected[1])
    np.testing.assert_allclose(found.thresholds, -expected[2])
    assert found.auc == pytest.approx(roc_auc_score(same, -distances))


def test_equal_error_rate_is_where_the_curve_crosses_the_diagonal():
    rng = np.random.default_rng(4)
    same = rng.random(300) < 0.5
    found = metrics.verification(np.round(rng.gamma(2, np.where(same, 0.4, 1.0)), 1), same)
    low, high = 0.0, 1.0
    for _ in range(60):  # bisection along the curve, drawn with straight lines
        middle = (low + high) / 2
        along = middle * (len(found.fpr) - 1)
        fpr, tpr = (np.interp(along, np.arange(len(a)), a) for a in (found.fpr, found.tpr))
        low, high = (middle, high) if fpr < 1 - tpr else (low, middle)
    assert found.eer == pytest.approx(fpr)
    assert 0.1 < found.eer < 0.4


@pytest.mark.parametrize(
    ("distances", "same", "auc", "eer", "threshold", "accuracy"),
    [
        ([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], 1.0, 0.0, 0.2, 1.0),
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 0.0, 1.0, -np.inf, 0.5),
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1], 0.5, 0.5, -np.inf, 0.5),
        ([1, 2, 3, 4], [1, 0, 1, 0], 0.75, 0.5, 1.0, 0.75),
    ],
)
def test_verification_worked_by_hand(distances, same, auc, eer, threshold, accuracy):
    found = metrics.verification(distances, same)
    assert (found.auc, found.eer) == (pytest.approx(auc), pytest.approx(eer))
    assert (found.best_threshold, found.accuracy) == (threshold, accuracy)


@pytest.mark.parametrize("measure", [*AT_K, *AT_R])
@pytest.mark.parametrize(
    ("neighbours", "labels", "message"),
    [
        (np.zeros(3, int), np.zeros(3, int), r"got \(3,\) and \(3,\)"),
        (np.zeros((3, 2), int), np.zeros(2, int), r"got \(3, 2\) and \(2,\)"),
        (np.zeros((3, 2), int), np.zeros((3, 1), int), r"got \(3, 2\) and \(3, 1\)"),
        (np.zeros((0, 2), int), np.zeros(0, int), r"at least 1; got \(0, 2\)"),
        (np.zeros((3, 0), int), np.zeros(3, int), r"at least 1; got \(3, 0\)"),
        (np.full((3, 2), np.nan), np.zeros(3, int), "neighbour_labels of float64"),
        (np.zeros((1, 2), int), np.array(["0"]), "int64 and query_labels of <U1"),
    ],
)
def test_labels_that_cannot_be_meant(measure, neighbours, labels, message):
    relevant = [np.ones(len(labels), int)] if measure in AT_R else []
    with pytest.raises(ValueError, match=message):
        measure(neighbours, labels, *relevant)


@pytest.mark.parametrize("measure", AT_R)
@pytest.mark.parametrize(
    ("relevant", "message"),
    [
        ([2], r"for each of 2 queries, got int64 of shape \(1,\)"),
        ([2.0, 2.0], "got float64"),
        ([2, 0], "from 1 to the 3 neighbours given, got 0 to 2"),
        ([2, 4], "got 2 to 4"),
        ([2, 1], "got 1 for query 1, which has 2 right"),
    ],
)
def test_counts_that_cannot_be_meant(measure, relevant, message):
    with pytest.raises(ValueError, match=message):
        measure([[0, 1, 0], [1, 0, 1]], [0, 1], relevant)


@pytest.mark.parametrize(
    ("distances", "same", "message"),
    [
        ([[0.1, 0.2]], [[1, 0]], r"got \(1, 2\) and \(1, 2\)"),
        ([0.1, 0.2], [1], r"got \(2,\) and \(1,\)"),
        ([0.1, np.nan], [1, 0], "finite numbers"),
        ([0.1, np.inf], [1, 0], "finite numbers"),
        (["a", "b"], [1, 0], "finite numbers, got <U1"),
        ([0.1, 0.2, 0.3], [1, 0, 2], "got 0, 1, 2"),
        ([0.1, 0.2], [1.0, np.nan], "got 1.0, nan"),
        ([0.1, 0.2], ["same", "no"], "got no, same"),
        ([0.1, 0.2], [1, 1], "got 2 same and 0 different"),
        ([], [], "got 0 same and 0 different"),
    ],
)
def test_pairs_that_cannot_be_judged(distances, same, message):
    with pytest.raises(ValueError, match=message):
        metrics.verification(distances, same)
