"""Verification against every threshold tried, against scikit-learn, and against loops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from siamese_lib import metrics
from siamese_lib.metrics import thresholds as thresholds_module


def slow_verification(
    distances: np.ndarray, same: Sequence[float] | np.ndarray
) -> tuple[list[float], list[float], list[float], float, float, float]:
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
    auc = float(np.mean([[(n < f) + (n == f) / 2 for f in far] for n in near]))
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


@pytest.mark.parametrize("threshold", [-np.inf, -1.0, 0.4, 0.45, 2.0, np.inf])
def test_a_threshold_of_ones_own(threshold):
    rng = np.random.default_rng(2)
    same = rng.random(200) < 0.4
    distances = np.round(rng.gamma(2, np.where(same, 0.4, 1.0)), 1)
    found = metrics.verification(distances, same).at(threshold)
    called = [d <= threshold for d in distances]
    accepts = sum(c and not s for c, s in zip(called, same, strict=True))
    rejects = sum(s and not c for c, s in zip(called, same, strict=True))
    assert (found.threshold, found.false_accepts, found.false_rejects) == (
        threshold,
        accepts,
        rejects,
    )
    assert found.fpr == pytest.approx(accepts / (~same).sum())
    assert found.tpr == pytest.approx(1 - rejects / same.sum())
    assert found.accuracy == pytest.approx(1 - (accepts + rejects) / 200)


def test_the_best_threshold_is_as_good_as_it_says():
    rng = np.random.default_rng(5)
    same = rng.random(300) < 0.5
    found = metrics.verification(rng.gamma(2, np.where(same, 0.4, 1.0)), same)
    assert (found.positives, found.negatives) == (same.sum(), (~same).sum())
    assert found.at(found.best_threshold).accuracy == pytest.approx(found.accuracy)
    assert found.at(found.thresholds[0]).tpr == 0


# --- intervals ---


def pairs(count: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    same = rng.random(count) < 0.4
    return np.round(rng.gamma(2, np.where(same, 0.4, 1.0)), 1), same


@pytest.mark.parametrize("threshold", [None, 0.8])
def test_intervals_hold_the_middle_of_what_resampled_pairs_give(monkeypatch, threshold):
    distances, same = pairs()
    resampled = []

    class Recorded(np.random.Generator):
        def choice(self, places: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
            resampled.append(super().choice(places, shape))
            return resampled[-1]

    recorded = Recorded(np.random.PCG64(7))
    monkeypatch.setattr(thresholds_module.np.random, "default_rng", lambda seed: recorded)
    monkeypatch.setattr(thresholds_module, "_BLOCK_BYTES", 8 * 120 * 13)  # 13 resamples at a time
    found = metrics.verification_intervals(
        distances, same, threshold=threshold, confidence=0.8, resamples=40
    )
    thresholds = np.append(-np.inf, np.unique(distances))
    outcomes = []
    for near, far in zip(resampled[::2], resampled[1::2], strict=True):
        for one, other in zip(near, far, strict=True):
            drawn = thresholds[np.append(one, other)], np.arange(120) < len(one)
            again = metrics.verification(*drawn)
            best = again.best_threshold if threshold is None else threshold
            figures = again.auc, again.eer, again.best_threshold, again.at(best).accuracy
            outcomes.append(figures)
    assert len(outcomes) == 40
    names = ("auc", "eer", "best_threshold", "accuracy")
    assert tuple(found) == names
    for name, values in zip(names, np.sort(outcomes, axis=0).T, strict=True):
        # A tenth of 40 outcomes on either side is left out: the fourth, the thirty-sixth.
        assert found[name] == pytest.approx((values[3], values[35]))


def test_intervals_are_seeded_and_hold_the_figure():
    distances, same = pairs(400)
    one, again, other = (
        metrics.verification_intervals(distances, same, seed=seed) for seed in (0, 0, 1)
    )
    assert one == again != other
    figures = metrics.verification(distances, same)
    for name, (least, most) in one.items():
        assert least <= getattr(figures, name) <= most
    wider = metrics.verification_intervals(distances, same, confidence=0.99)
    assert wider["auc"][0] < one["auc"][0] < one["auc"][1] < wider["auc"][1]


def test_the_interval_of_an_area_is_about_what_hanley_and_mcneil_say():
    # Their standard error, from "The meaning and use of the area under a ROC curve", 1982.
    distances, same = pairs(2000, seed=3)
    found, area = (
        metrics.verification_intervals(distances, same),
        metrics.verification(distances, same).auc,
    )
    positives, negatives = same.sum(), (~same).sum()
    both, each = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (both - area**2)
    variance = (variance + (negatives - 1) * (each - area**2)) / positives / negatives
    least, most = found["auc"]
    assert most - least == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"confidence": 1}, "confidence is 1; expected a number above 0 and below 1"),
        ({"confidence": np.nan}, "confidence is nan"),
        ({"resamples": 0}, "resamples is 0; expected a whole number, 1 or more"),
        ({"seed": -1}, "seed is -1; expected"),
        ({"threshold": np.nan}, "threshold is nan; expected a number"),
    ],
)
def test_intervals_that_cannot_be_meant(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.verification_intervals([0.1, 0.2], [1, 0], **arguments)


@pytest.mark.parametrize(
    ("distances", "same", "message"),
    [
        ([[0.1, 0.2]], [[1, 0]], r"have shape \(1, 2\) and same has \(1, 2\)"),
        ([0.1, 0.2], [1], r"have shape \(2,\) and same has \(1,\)"),
        ([0.1, np.nan], [1, 0], "finite numbers"),
        ([0.1, np.inf], [1, 0], "finite numbers"),
        (["a", "b"], [1, 0], "distances: got <U1 .*expected real numbers"),
        ([0.1, 0.2, 0.3], [1, 0, 2], "same holds 2; expected"),
        ([0.1, 0.2], [1.0, np.nan], "same holds nan; expected"),
        ([0.1, 0.2], ["same", "no"], "same holds same, no, of the type str"),
        ([0.1, 0.2], [1, 1], "same holds 2 same and 0 different"),
        ([], [], "same holds 0 same and 0 different"),
    ],
)
def test_pairs_that_cannot_be_judged(distances, same, message):
    with pytest.raises(ValueError, match=message):
        metrics.verification(distances, same)


def test_many_marks_in_half_precision_are_counted():
    distances = np.linspace(0, 1, 140_000)
    same = (distances < 0.5).astype(np.float16)  # whose sum is beyond the largest float16
    found = metrics.verification(distances, same)
    assert (found.positives, found.negatives, found.auc) == (70_000, 70_000, 1)


@pytest.mark.parametrize("threshold", [None, "0.2", np.nan, np.array([0.1, 0.2])])
def test_what_is_no_threshold(threshold):
    with pytest.raises(ValueError, match=r"threshold is .*; expected a number"):
        metrics.verification([0.1, 0.2], [1, 0]).at(threshold)
