"""The matrix of pairs: what each pair costs, the counts, the state; no browser is needed here."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from in_node import in_node
from PIL import Image
from slow_losses import slow_contrastive, slow_in_batch

import siamese_lib as sl
from siamese_lib.metrics.costliest import costliest_pairs
from siamese_lib.views.given import ViewError
from siamese_lib.views.pair_matrix import costs
from siamese_lib.views.pair_matrix.shades import shades_of

RNG = np.random.default_rng(0)
COUNT, FRAMES, MARGIN = 30, 3, 1.0
LABELS = RNG.permutation(np.arange(COUNT) % 4)
CENTRES = np.array([[-1, -1, 0], [1, -1, 0], [-1, 1, 0], [1, 1, 0.5]])[LABELS]
# Four clouds drift apart: many pairs push at first, and few in the end.
SOLID = np.stack([RNG.normal(scale=0.3, size=(COUNT, 3)) + t * CENTRES for t in (0, 0.4, 1.1)])
SOLID = SOLID.astype(np.float32)
FLAT = np.ascontiguousarray(SOLID[..., :2])
IMAGES = RNG.integers(0, 256, (COUNT, 6, 5), dtype=np.uint8)
STEPS = [0, 10, 200]


def matrix(frames: np.ndarray = FLAT, **more: Any) -> sl.PairMatrix:
    return sl.PairMatrix(frames, LABELS, **{"images": IMAGES, "steps": STEPS, **more})


def slow_counts(points: np.ndarray, pairs: list[tuple[int, int]], margin: float) -> costs.Counts:
    """Count pairs one after the other."""
    silent = pulling = pushing = 0
    for i, j in pairs:
        far = math.dist(points[i].tolist(), points[j].tolist()) >= margin
        pulling += LABELS[i] == LABELS[j]
        silent += LABELS[i] != LABELS[j] and far
        pushing += LABELS[i] != LABELS[j] and not far
    return costs.Counts(silent, pulling, pushing)


EVERY = [(i, j) for i in range(COUNT) for j in range(i + 1, COUNT)]


@pytest.mark.parametrize("frames", [FLAT, SOLID], ids=["2-D", "3-D"])
def test_counts_and_costs_are_those_of_a_slow_loop_at_three_steps(frames):
    view = matrix(frames)
    seen = []
    for frame, points in enumerate(frames):
        view.state = {"frame": frame}
        assert view.counts == slow_counts(points, EVERY, MARGIN)
        assert view.loss == pytest.approx(slow_in_batch(LABELS, points, MARGIN), rel=1e-12)
        assert view.costs.sum() / 2 == pytest.approx(view.loss, rel=1e-12)
        assert (view.costs == view.costs.T).all()
        assert (np.diag(view.costs) == 0).all()
        seen.append(view.counts.pushing)
    assert seen[0] > seen[1] > seen[2] > 0


def test_the_cells_add_up_to_the_losses_of_the_library():
    view = matrix(SOLID)
    rows, columns = np.array(EVERY).T
    for frame, points in enumerate(SOLID):
        for margin in (0.3, 1.0, 10.0):
            view.state = {"frame": frame, "margin": margin, "means": "two"}
            two = float(sl.InBatchContrastiveLoss(margin)(LABELS, points))
            assert np.triu(view.costs).sum() == pytest.approx(two, rel=1e-5)  # float32
            view.state = {"means": "one"}
            distances = np.linalg.norm(points[rows] - points[columns], axis=1)
            one = float(sl.ContrastiveLoss(margin)(LABELS[rows] == LABELS[columns], distances))
            assert np.triu(view.costs).sum() == pytest.approx(one, rel=1e-5)


def test_similar_pairs_within_the_positive_margin_are_silent():
    view = matrix(SOLID, margin=1.5, positive_margin=0.6)
    rows, columns = np.array(EVERY).T
    same = LABELS[rows] == LABELS[columns]
    for frame, margin in ((0, 1.5), (2, 1.5), (2, 0.75)):  # a half of the margin, of both
        view.state = {"frame": frame, "margin": margin, "means": "two"}
        rest = 0.4 * margin
        loss = sl.InBatchContrastiveLoss(margin, positive_margin=rest)
        assert view.loss == pytest.approx(float(loss(LABELS, SOLID[frame])), rel=1e-5)
        distances = np.linalg.norm(SOLID[frame][rows] - SOLID[frame][columns], axis=1)
        resting, beyond = same & (distances <= rest), ~same & (distances >= margin)
        assert resting.any()
        assert view.counts.silent == resting.sum() + beyond.sum()
        assert view.counts.pulling == same.sum() - resting.sum()
        view.state = {"means": "one"}
        plain = sl.ContrastiveLoss(margin, positive_margin=rest)
        assert view.loss == pytest.approx(float(plain(same, distances)), rel=1e-5)


@pytest.mark.parametrize("wrong", [-0.1, 1.0, math.nan, "near"])
def test_a_positive_margin_is_from_0_to_below_the_margin(wrong):
    with pytest.raises(ViewError, match="positive_margin is"):
        matrix(margin=1.0, positive_margin=wrong)


def test_random_pairs_count_as_often_as_they_are_given():
    left, right = [0, 1, 0, 5, 9], [1, 0, 7, 2, 3]  # 0 and 1 twice
    view = matrix(pairs=(left, right))
    view.state = {"which": "random", "means": "one", "frame": 0}
    given = list(zip(left, right, strict=True))
    assert view.counts == slow_counts(FLAT[0], given, MARGIN)
    distances = [math.dist(FLAT[0][i], FLAT[0][j]) for i, j in given]
    same = [LABELS[i] == LABELS[j] for i, j in given]
    assert view.loss == pytest.approx(slow_contrastive(same, distances, MARGIN), rel=1e-6)
    asked = np.zeros((COUNT, COUNT), bool)
    asked[left, right] = asked[right, left] = True
    assert not view.costs[~asked].any()


def test_random_pairs_are_drawn_as_the_sampler_draws_them():
    view = matrix(seed=3)
    left, right, _ = sl.PairSampler(LABELS, batch_size=COUNT // 2, seed=3).batch(0)
    assert view._batch.drawn is not None
    assert view._batch.drawn.tolist() == [left.tolist(), right.tolist()]
    view.state = {"which": "random"}
    assert sum(view.counts) == COUNT // 2
    lonely = sl.PairMatrix(FLAT[0], np.arange(COUNT))
    with pytest.raises(ViewError, match="no random pairs"):
        lonely.state = {"which": "random"}
    some = sl.PairMatrix(FLAT[0, :5], ["a", "lonely", "b", "a", "b"])
    assert some._batch.drawn is not None
    assert 1 not in some._batch.drawn


def test_the_costliest_pairs_are_those_of_the_metric_in_a_plain_mean():
    view = matrix()
    view.state = {"frame": 1, "means": "one"}
    left, right, worth = costliest_pairs(FLAT[1], LABELS, margin=MARGIN, count=8)
    assert worth[-1] > 0
    assert view.costliest[:8] == [
        tuple(sorted(p)) for p in zip(left.tolist(), right.tolist(), strict=True)
    ]


def test_a_wrong_label_is_among_the_costliest_pairs():
    wrong = LABELS.copy()
    wrong[4] = (wrong[4] + 1) % 4
    assert 4 in sl.PairMatrix(FLAT[2], wrong).costliest[0]


@pytest.mark.parametrize("means", costs.MEANS)
def test_the_page_computes_the_same(means):
    view = matrix(SOLID, positive_margin=0.2, pairs=([0, 1, 4, 5], [1, 0, 7, 2]))
    for which, margin in (("all", 0.7), ("all", 3.0), ("random", 1.0)):
        view.state = {"frame": 1, "which": which, "margin": margin, "means": means}
        batch, found = view._batch, view._costs
        given = {
            "points": batch.points[1].astype("<f4").tobytes(),
            "same": batch.same.astype(int).tolist(),
            "times": batch.times(which).tolist(),
            "margin": margin,
            "positive": view.payload()["resting"] * margin,
            "means": means,
            "count": COUNT,
        }
        there = in_node(
            "views/pair_matrix/costs.js",
            "costliestCells, pairCosts, pairDistances",
            "({ points, count, same, times, margin, means, positive }) => {"
            " const { buffer } = new Uint8Array(points.slice());"
            " const costs = pairCosts(pairDistances(new Float32Array(buffer), count),"
            " same, times, margin, means, positive);"
            " return { ...costs, shares: [...costs.shares],"
            " costliest: costliestCells(costs.shares, count, 20) }; }",
            given,
        )
        assert there["shares"] == found.shares.tolist()  # to the last digit
        assert [there[name] for name in found.counts._fields] == list(found.counts)
        assert there["pull"] + there["push"] == pytest.approx(found.loss, rel=1e-12)
        assert [tuple(pair) for pair in there["costliest"]] == view.costliest
        shades = in_node(
            "views/pair_matrix/matrix_shades.js",
            "shadeOf, unitCost",
            "({ shares, compared, margin }) =>"
            " shares.map((share) => shadeOf(share, unitCost(compared, margin)))",
            {"shares": there["shares"], "compared": sum(found.counts), "margin": margin},
        )
        expected = shades_of(found.shares, batch.times(which), margin)
        assert shades == pytest.approx(expected, abs=1e-12)


def test_state_changes_what_it_names():
    view = matrix()
    before = dict(view.state)
    assert before == {
        "frame": 2, "playing": False, "margin": 1.0, "which": "all", "means": "two",
        "selected": None,
    }  # fmt: skip
    view.state = {"selected": (7, 3), "frame": -3}
    assert view.state == {**before, "selected": [3, 7], "frame": 0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frame": 3}, "frame is 3; expected 2 or less"),
        ({"frame": -4}, "frame is -4"),
        ({"playing": 1}, "playing is 1; expected True or False"),
        ({"margin": 0.05}, "margin is 0.05"),
        ({"which": "some"}, "which is 'some'; expected 'all' or 'random'"),
        ({"means": 2}, "means is 2; expected 'two' or 'one'"),
        ({"selected": [1, 1]}, "expected two different images"),
        ({"selected": [1, COUNT]}, f"from 0 to {COUNT - 1}"),
        ({"selected": 4}, "expected two different images"),
        ({"zoom": 1}, "zoom"),
    ],
)
def test_a_wrong_state_is_refused_and_nothing_changes(change, words):
    view = matrix()
    before = view.state
    with pytest.raises(ViewError, match=words):
        view.state = change
    assert view.state == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"frames": FLAT[0, :1]}, "got 1 images; expected 2 to 200"),
        ({"frames": np.zeros((201, 2))}, "got 201 images"),
        ({"frames": np.zeros(COUNT)}, "expected real numbers of shape"),
        ({"frames": np.full((COUNT, 2), np.nan)}, "finite"),
        ({"labels": None}, "labels is None"),
        ({"labels": LABELS[:-1]}, "labels: got 29; expected one for each of 30"),
        ({"images": IMAGES[:5]}, "images: got 5"),
        ({"steps": [0, 1]}, "steps: got 2; expected one for each of 3"),
        ({"margin": 20}, "margin is 20"),
        ({"pairs": ([0], [1, 2])}, "pairs: got"),
        ({"pairs": ([0], [COUNT])}, "expected 0 to 29"),
        ({"pairs": ([3], [3])}, "paired with itself"),
        ({"seed": -1}, "seed"),
        ({"frame": 3}, "frame is 3"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, words):
    given = {"frames": FLAT, "labels": LABELS, "steps": STEPS, **arguments}
    if len(np.shape(given["frames"])) < 3:
        given.pop("steps")
    with pytest.raises(ViewError, match=words):
        sl.PairMatrix(**given)


def test_a_still_is_small_and_shows_pulls_and_pushes():
    for view in (matrix(), sl.PairMatrix(FLAT[0, :2], ["cat", "dog"])):
        picture = view.still()
        assert len(picture) < 60_000
        assert Image.open(io.BytesIO(picture)).size[0] > 800
    first, last = matrix(frame=0), matrix(frame=-1)
    assert first.still() != last.still()


def test_the_map_of_many_dimensions_keeps_the_widest_two():
    wide = np.zeros((COUNT, 5))
    wide[:, [1, 3]] = FLAT[2] * 10
    view = sl.PairMatrix(wide, LABELS)
    shown = view._batch.film.frames[0]
    apart = np.linalg.norm(shown[:, None] - shown, axis=-1)
    assert apart == pytest.approx(
        10 * np.linalg.norm(FLAT[2][:, None] - FLAT[2], axis=-1), rel=1e-4
    )
    assert view.payload()["note"] == "2 of 5 dimensions, 100 % of the variance"
