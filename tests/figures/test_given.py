"""What each figure refuses, since it would be drawn as something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from siamese_lib import figures
from siamese_lib.figures.given import decimals

RNG = np.random.default_rng(0)
POINTS, LABELS = RNG.normal(size=(20, 2)), np.arange(20) % 2
HALVES = [[0.5, 0.5], [0.6, 0.4]]


def classes(steps: Any, values: Any) -> go.Figure:
    return figures.class_curves(steps, values, ["ant", "bee"])


def shares(values: Any) -> go.Figure:
    return figures.class_shares({"drawn": values}, ["ant", "bee"])


def quality(spent: Any, right: Any) -> go.Figure:
    return figures.quality_curves({"a": (spent, right)})


def roc(fpr: Any, tpr: Any) -> go.Figure:
    return figures.roc_curves({"a": (fpr, tpr)})


def training(*columns: Any) -> go.Figure:
    return figures.training_curves(dict(zip(("step", "loss", "precision"), columns, strict=True)))


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "percent of classes": (
        lambda: classes([0, 1], [[98.0, 97], [96, 95]]),
        "values: got 95 to 98; expected shares from 0 to 1. Divide percent by 100",
    ),
    "falling steps": (lambda: classes([1, 0], HALVES), "steps: got 0 after 1; expected ascending"),
    "equal steps": (lambda: classes([1, 1], HALVES), "steps: got 1 after 1"),
    "negative steps": (lambda: classes([-1, 1], HALVES), "expected whole numbers, 0 or more"),
    "half a step": (lambda: classes([0, 1.5], HALVES), "expected whole numbers, 0 or more"),
    "no share": (lambda: classes([0, 1], [[0.5, np.nan], [0, 1]]), "NaN or infinity in 1 of 4"),
    "percent": (lambda: shares([50, 50]), "shares.'drawn'.: got 50 to 50.*Divide percent"),
    "a negative share": (lambda: shares([-1, 0.5]), "got -1 to 0.5; expected shares"),
    "NaN": (lambda: shares([np.nan, 0.5]), "NaN or infinity in 1 of 2"),
    "falling effort": (lambda: quality([2, 1], [0.1, 0.2]), "got 1 after 2; expected ascending"),
    "quality in percent": (lambda: quality([1, 2], [98.0, 99]), "Divide percent by 100"),
    "falling rates": (lambda: roc([1, 0], [1, 0]), "got 0 after 1; expected ascending"),
    "rates that fall once": (lambda: roc([0, 0.5, 0.2], [0, 1, 1]), "got 0.2 after 0.5"),
    "no numbers": (lambda: roc([[0, 1]], [[0, 1]]), r"got shape \(1, 2\); expected \(N,\)"),
    "columns of two lengths": (
        lambda: training([1, 2], [3.0], [0.1, 0.2]),
        r"columns of shapes \(2,\) .step. and \(1,\) .loss.",
    ),
    "no bars": (lambda: figures.distance_histogram([1, 2], [1, 0], bins=0), "bins is 0; expected"),
    "negative distances": (
        lambda: figures.distance_histogram([-0.1, 2], [1, 0]),
        "from -0.1.*distances of 0 or more",
    ),
    "a margin in words": (
        lambda: figures.distance_histogram([1, 2], [1, 0], margin="1"),  # pyright: ignore[reportArgumentType]
        "margin is '1'; expected a finite number",
    ),
    "an endless margin": (lambda: figures.loss_curve(np.inf), "margin is inf; expected"),
    "a margin in quotes": (
        lambda: figures.force_arrows(POINTS, LABELS, "1"),  # pyright: ignore[reportArgumentType]
        "margin is '1'; expected a number above 0",
    ),
    "a diverged map": (
        lambda: figures.embedding_map(POINTS * 1e200, LABELS),
        r"expected numbers within ±1e\+30",
    ),
    "one singular value": (lambda: figures.singular_values({"a": np.array(3.0)}), r"shape \(\)"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_be_drawn_wrongly_is_refused(kind: str) -> None:
    draw, words = REFUSED[kind]
    with pytest.raises(ValueError, match=words):
        draw()


@pytest.mark.parametrize("size", [1e-200, 1e-12, 1e-5, 1e-3, 1, 1e3, 1e12, 1e25])
@pytest.mark.parametrize("away", [0, 1e4])
def test_a_map_of_any_size_keeps_its_points_apart(size: float, away: float) -> None:
    points = (POINTS + away) * size
    drawn = np.concatenate(
        [np.stack([t.x, t.y], axis=1) for t in figures.embedding_map(points, LABELS).data]
    ).astype(float)
    expected = np.concatenate([points[label == LABELS] for label in (0, 1)])
    assert np.abs(drawn - expected).max() <= 1e-3 * np.ptp(points, axis=0).max()


def test_small_distances_have_bars_apart() -> None:
    bars = figures.distance_histogram([1e-6, 3e-6], [1, 0], bins=3).data[0]
    np.testing.assert_allclose(bars.x, [0.5e-6, 1.5e-6, 2.5e-6])


@pytest.mark.parametrize(
    ("extent", "digits"), [(0, 3), (5, 3), (70, 3), (0.5, 4), (1e-5, 8), (1e-320, 300)]
)
def test_a_coordinate_has_as_many_decimals_as_its_figure_needs(extent: float, digits: int) -> None:
    assert decimals(extent) == digits
