"""Bootstrap intervals against loops, and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.metrics import bootstrap


def slow(values: list[float], labels: list[int] | None, resamples: int, seed: int) -> list[float]:
    """The means of resamples, with a list of the queries that are drawn."""
    rng = np.random.default_rng(seed)
    kinds = list(range(len(values))) if labels is None else labels
    means = []
    for _ in range(resamples):
        drawn = []
        for kind in rng.choice(sorted(set(kinds)), len(set(kinds))):
            drawn += [v for v, own in zip(values, kinds, strict=True) if own == kind]
        means.append(sum(drawn) / len(drawn))
    return means


@pytest.mark.parametrize("labels", [None, [0] * 7 + [1] * 3 + [2] * 6 + [3] * 4])
@pytest.mark.parametrize("confidence", [0.95, 0.6])
def test_an_interval_is_that_of_a_loop(labels, confidence):
    values = np.random.default_rng(0).random(20).tolist()
    ends = np.quantile(
        slow(values, labels, 4000, seed=5), [(1 - confidence) / 2, (1 + confidence) / 2]
    )
    found = bootstrap(values, labels, confidence=confidence, resamples=20_000)
    np.testing.assert_allclose(found, ends, atol=0.01)


def test_it_holds_the_mean_in_95_of_100_measurements():
    rng = np.random.default_rng(0)
    inside = []
    for seed in range(300):
        low, high = bootstrap(rng.random(200) < 0.7, seed=seed, resamples=400)
        inside.append(low <= 0.7 <= high)
    assert 0.92 <= np.mean(inside) <= 0.98


def test_classes_that_differ_make_the_interval_wider():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(30), 20)
    values = rng.random(30)[labels]  # every query of a class is as good
    queries, classes = bootstrap(values), bootstrap(values, labels)
    assert np.ptp(classes) > 3 * np.ptp(queries)


def test_it_holds_the_mean_of_all_classes_when_some_are_measured():
    rng = np.random.default_rng(0)
    inside = {"classes": [], "queries": []}
    for seed in range(200):
        labels = np.repeat(np.arange(25), 10)
        right = rng.random(250) < rng.beta(2, 2, 25)[labels]  # whose mean is 0.5
        for name, given in (("classes", labels), ("queries", None)):
            low, high = bootstrap(right, given, seed=seed, resamples=300)
            inside[name].append(low <= 0.5 <= high)
    assert np.mean(inside["classes"]) > 0.87  # with 25 classes it is a little too narrow
    assert np.mean(inside["queries"]) < 0.8


def test_a_seed_gives_the_same_interval():
    values = np.random.default_rng(0).random(50)
    assert bootstrap(values, seed=1) == bootstrap(values, seed=1) != bootstrap(values, seed=2)
    low, high = bootstrap(values)
    assert type(low) is type(high) is float


def test_values_that_are_all_the_same():
    assert bootstrap([True] * 9) == (1.0, 1.0)


def test_names_of_classes():
    values, labels = np.arange(6.0), np.array([0, 0, 1, 1, 2, 2])
    names = np.array(["ant", "bee", "cat"])[labels]
    assert bootstrap(values, names) == bootstrap(values, labels)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"values": []}, r"float64 of shape \(0,\); expected one number for each query"),
        ({"values": np.ones((3, 7))}, r"of shape \(3, 7\).*pass right.mean\(axis=1\)"),
        ({"values": ["a", "b"]}, "values are <U1"),
        ({"values": [1, np.nan, np.inf]}, "2 of 3 are NaN or infinite"),
        ({"labels": [0, 1]}, "got 2 labels; expected 3"),
        ({"labels": [4, 4, 4]}, "one class only, 4; expected at least two"),
        ({"confidence": 1}, "confidence is 1; expected a number above 0 and below 1"),
        ({"resamples": 0}, "resamples is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_what_cannot_be_drawn(arguments, words):
    with pytest.raises(ValueError, match=words):
        bootstrap(**{"values": [0.0, 1.0, 1.0], **arguments})
