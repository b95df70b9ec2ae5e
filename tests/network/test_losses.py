"""Each loss against explicit loops over pairs and triplets, and against numbers worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import tensorflow as tf
from slow_losses import (
    mean,
    slow_batch_all,
    slow_batch_hard,
    slow_contrastive,
    slow_in_batch,
    slow_supervised,
)

from siamese_lib.network.backend import keras
from siamese_lib.network.distances import euclidean_distance
from siamese_lib.network.losses import (
    BatchTripletLoss,
    ContrastiveLoss,
    InBatchContrastiveLoss,
    SupervisedContrastiveLoss,
)

# Losses of class labels and embeddings with a margin: the class, its other arguments, and the same
# loss as a loop. A new loss needs one line here.
LABELLED = {
    "in-batch": (InBatchContrastiveLoss, {"positive_margin": 0.0}, slow_in_batch),
    "in-batch, resting": (
        InBatchContrastiveLoss,
        {"positive_margin": 0.1},
        partial(slow_in_batch, positive_margin=0.1),
    ),
    "batch-hard": (BatchTripletLoss, {"hardest": True}, slow_batch_hard),
    "batch-all": (BatchTripletLoss, {"hardest": False}, slow_batch_all),
}
PAIRS = [
    pytest.param(ContrastiveLoss, {"positive_margin": 0.0}, id="pairs"),
    pytest.param(ContrastiveLoss, {"positive_margin": 0.2}, id="pairs, resting"),
]
SUPERVISED = [
    pytest.param(SupervisedContrastiveLoss, {"degrees_of_freedom": 3.0}, id="supervised"),
    pytest.param(SupervisedContrastiveLoss, {"degrees_of_freedom": 0.7}, id="supervised, heavy"),
]
ALONE = [pytest.param(loss, options, id=name) for name, (loss, options, _) in LABELLED.items()]
with_loop = pytest.mark.parametrize(
    ("loss", "options", "loop"), [pytest.param(*row, id=name) for name, row in LABELLED.items()]
)
labelled = pytest.mark.parametrize(("loss", "options"), [*ALONE, *SUPERVISED])
every_loss = pytest.mark.parametrize(("loss", "options"), [*PAIRS, *ALONE, *SUPERVISED])
every_margin = pytest.mark.parametrize(("loss", "options"), [*PAIRS, *ALONE])

# A class of three, two of two, and one image on its own; classes overlap.
LABELS = np.array([0, 0, 0, 7, 7, -2, -2, 5])
POINTS = np.random.default_rng(0).normal(0, 0.6, (8, 2))


def gradient(
    loss: keras.losses.Loss, y_true: np.ndarray | list[int], y_pred: np.ndarray
) -> np.ndarray:
    outputs = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        value = loss(y_true, outputs)
    return np.asarray(tape.gradient(value, outputs))


def slopes(
    function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-6
) -> np.ndarray:
    """Gradient by finite differences."""
    found = np.empty_like(at)
    for index in np.ndindex(at.shape):
        change = np.zeros_like(at)
        change[index] = step
        found[index] = (function(at + change) - function(at - change)) / (2 * step)
    return found


# The distance


def test_distance_is_euclidean():
    left, right = np.random.default_rng(1).normal(size=(2, 5, 3))
    expected = [math.dist(a, b) for a, b in zip(left, right, strict=True)]
    np.testing.assert_allclose(euclidean_distance(left, right), expected, rtol=1e-6)
    np.testing.assert_allclose(
        euclidean_distance(left[:, None], right[None]),
        [[math.dist(a, b) for b in right] for a in left],
        rtol=1e-6,
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_distance_of_equal_points_is_nearly_zero_with_a_zero_gradient(dtype):
    points = tf.constant([[3.0, 4.0], [0.0, 0.0]], dtype)
    with tf.GradientTape() as tape:
        tape.watch(points)
        distance = euclidean_distance(points, tf.identity(points))
    assert distance.dtype == dtype
    np.testing.assert_allclose(tf.cast(distance, "float32"), 1e-6, rtol=0.02)
    np.testing.assert_array_equal(tape.gradient(distance, points), 0)


# Pairs


def test_contrastive_loss_by_hand():
    same = np.array([1, 1, 0, 0, 0])
    distance = np.array([0.0, 0.6, 0.0, 0.6, 1.5], np.float32)
    np.testing.assert_allclose(
        ContrastiveLoss(margin=1.0, reduction=None)(same, distance),
        [0, 0.36 / 2, 1 / 2, 0.16 / 2, 0],
        rtol=1e-6,
    )


@pytest.mark.parametrize("margin", [0.3, 1.0, 2.5])
def test_contrastive_loss_equals_a_loop_over_pairs(margin):
    rng = np.random.default_rng(2)
    same, distance = rng.integers(0, 2, 40), rng.uniform(0, 3, 40)
    expected = slow_contrastive(same, distance, margin)
    assert float(ContrastiveLoss(margin)(same, distance)) == pytest.approx(expected, rel=1e-6)
    resting = ContrastiveLoss(margin, positive_margin=0.2)
    expected = slow_contrastive(same, distance, margin, positive_margin=0.2)
    assert float(resting(same, distance)) == pytest.approx(expected, rel=1e-6)


def test_one_means_same():
    """Near and same, or far and different, cost nothing; the other two cost much."""
    near, far = np.array([0.01]), np.array([2.0])
    one, zero = np.array([1.0]), np.array([0.0])
    loss = ContrastiveLoss(margin=1.0)
    assert float(loss(one, near)) < 1e-3
    assert float(loss(zero, far)) == 0
    assert float(loss(one, far)) == pytest.approx(2)
    assert float(loss(zero, near)) > 0.4


def test_same_pulls_together_and_different_pushes_apart_up_to_the_margin():
    slope = gradient(
        ContrastiveLoss(margin=1.0, reduction="sum"), [1, 0, 0], np.array([0.6, 0.6, 1.1], "f4")
    )
    np.testing.assert_allclose(slope, [0.6, -0.4, 0], rtol=1e-6)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("column", ["labels", "distances", "both"])
def test_labels_of_any_type_and_columns_mean_the_same(dtype, column):
    same, distance = np.array([1, 0, 1, 0]), np.array([0.2, 0.3, 1.4, 2.0])
    expected = slow_contrastive(same, distance, 1.0)
    labels = same.astype(dtype)[:, None] if column != "distances" else same.astype(dtype)
    outputs = distance[:, None] if column != "labels" else distance
    assert float(ContrastiveLoss()(labels, outputs)) == pytest.approx(expected)


def test_reductions_and_sample_weights():
    same, distance = np.array([1, 0, 1]), np.array([0.5, 0.5, 2.0], np.float32)
    each = np.array([0.125, 0.125, 2.0])
    weights = np.array([1.0, 0.0, 0.5])
    for reduction, plain, weighted in [
        ("sum", each.sum(), each @ weights),
        ("sum_over_batch_size", each.mean(), each @ weights / 3),
        (None, each, each * weights),
    ]:
        loss = ContrastiveLoss(reduction=reduction)
        np.testing.assert_allclose(loss(same, distance), plain, rtol=1e-6)
        np.testing.assert_allclose(loss(same, distance, weights), weighted, rtol=1e-6)


@pytest.mark.parametrize("label", [2, -1, 7, 0.5, math.nan])
def test_refuses_a_label_that_is_not_0_or_1(label):
    with pytest.raises(ValueError, match=r"y_true holds .*1 \(same\) or 0 \(different\).*InBatch"):
        ContrastiveLoss()(np.array([1, 0, label]), np.array([0.1, 0.2, 0.3]))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_while_tracing_such_a_label_turns_the_loss_into_nan(jit_compile):
    step = tf.function(ContrastiveLoss(), jit_compile=jit_compile)
    distance = tf.constant([0.1, 0.2, 0.3])
    assert np.isfinite(step(tf.constant([1.0, 0.0, 1.0]), distance))
    for label in (2.0, 0.5, -1.0, math.nan):
        assert np.isnan(step(tf.constant([1.0, 0.0, label]), distance))


def test_fit_shows_nan_for_such_a_label():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", ContrastiveLoss(), jit_compile=False)
    x = np.ones((4, 1))
    assert np.isfinite(model.fit(x, np.array([1, 0, 1, 0]), verbose=0).history["loss"]).all()
    assert np.isnan(model.fit(x, np.array([1, 0, 3, 0]), verbose=0).history["loss"]).all()


@pytest.mark.parametrize(
    ("same", "distance", "message"),
    [
        ((4,), (4, 2), r"y_pred has shape \(4, 2\); expected .*one distance"),
        ((4, 2), (4,), r"y_true has shape \(4, 2\); expected .*one label"),
        ((), (4,), r"y_true has shape \(\); expected .*one label"),
        ((4,), (), r"y_pred has shape \(\); expected .*one distance"),
        ((1,), (4,), "y_true has 1 labels and y_pred has 4 outputs"),
        ((3,), (4, 1), "y_true has 3 labels and y_pred has 4 outputs"),
    ],
)
def test_refuses_shapes_that_are_not_one_label_and_distance_a_pair(same, distance, message):
    with pytest.raises(ValueError, match=message):
        ContrastiveLoss()(np.ones(same), np.ones(distance))


# Every pair, and every triplet, of a batch


def test_in_batch_loss_by_hand():
    """Similar: one pair 0.6 apart. Different: 0.8 and 1.0 apart, the second not pushed."""
    labels, points = np.array([3, 3, 4]), np.array([[0.6, 0], [0, 0], [0, 0.8]])
    expected = (0.6**2 + 0.2**2) / 4
    assert float(InBatchContrastiveLoss(margin=1.0)(labels, points)) == pytest.approx(expected)


def test_triplet_losses_by_hand():
    """Two a class on a line; d(p) - d(n) + 1 with the classes 1 and 2 to the right."""
    labels, points = np.array([0, 0, 1, 1]), np.array([[0.0], [1.0], [1.5], [4.0]])
    hard = [1 - 1.5 + 1, 1 - 0.5 + 1, 2.5 - 0.5 + 1, 2.5 - 3 + 1]
    every = [0.5, 1.5, 2.0, 3.0, 0.5]  # and three triplets that cost nothing
    assert float(BatchTripletLoss(1.0)(labels, points)) == pytest.approx(mean(hard))
    assert float(BatchTripletLoss(1.0, hardest=False)(labels, points)) == pytest.approx(mean(every))


batches = pytest.mark.parametrize(
    ("labels", "points"),
    [
        pytest.param(LABELS, POINTS, id="mixed"),
        pytest.param(LABELS, 3 * POINTS, id="spread"),
        pytest.param(np.zeros(8), POINTS, id="one class"),
        pytest.param(np.arange(8), POINTS, id="no similar pair"),
        pytest.param(LABELS[:1], POINTS[:1], id="one image"),
        pytest.param(LABELS[2:4], POINTS[2:4], id="one different pair"),
        pytest.param(LABELS, 9 * LABELS[:, None] + 0.1 * POINTS, id="solved"),
        pytest.param(LABELS, POINTS.repeat(5, axis=1), id="ten dimensions"),
    ],
)


@with_loop
@pytest.mark.parametrize("margin", [0.2, 1.0, 4.0])
@batches
def test_labelled_losses_equal_loops(loss, options, loop, margin, labels, points):
    expected = loop(labels, points, margin)
    found = float(loss(margin, **options)(labels, points.astype(np.float32)))
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-7)


@batches
@pytest.mark.parametrize("degrees", [0.5, 3.0, 200.0])
def test_the_supervised_loss_equals_a_loop(degrees, labels, points):
    loss = SupervisedContrastiveLoss(degrees)
    found = float(loss(labels, points.astype(np.float32)))
    assert found == pytest.approx(slow_supervised(labels, points, degrees), rel=1e-5, abs=1e-6)


def test_the_supervised_loss_by_hand():
    """With one degree of freedom, 1 / (1 + d²): 1/2 for the partner, and 1/5 and 1/2."""
    labels, points = np.array([0, 0, 1]), np.array([[0.0], [1.0], [2.0]])
    expected = (math.log(0.7 / 0.5) + math.log(1.0 / 0.5)) / 2  # the third image has no partner
    found = SupervisedContrastiveLoss(degrees_of_freedom=1)(labels, points)
    assert float(found) == pytest.approx(expected)


def test_the_least_supervised_loss_is_that_of_equal_parts():
    """Four of each class: each of the three partners gets a third."""
    labels = np.repeat([0, 1], 4)
    loss = SupervisedContrastiveLoss()(labels, 1e6 * labels[:, None])
    assert float(loss) == pytest.approx(math.log(3))


@pytest.mark.parametrize("degrees", [0, -1.0, math.nan, math.inf, None, "3"], ids=str)
def test_refuses_degrees_of_freedom_that_are_not_a_positive_number(degrees):
    with pytest.raises(ValueError, match=r"degrees_of_freedom is .*; expected a finite number abo"):
        SupervisedContrastiveLoss(degrees)


def test_similar_and_different_pairs_weigh_the_same():
    """Thirty classes of two: the 30 similar pairs are not drowned by 1,740 different ones."""
    labels = np.repeat(np.arange(30), 2)
    points = np.random.default_rng(3).normal(0, 0.2, (60, 2))
    slope = gradient(InBatchContrastiveLoss(margin=5.0), labels, np.tile([[0.0], [3.0]], (30, 1)))
    assert slope[0, 0] < 0 < slope[1, 0]  # towards the partner, though 29 strangers stand there
    pull = np.mean([math.dist(*points[i : i + 2]) ** 2 for i in range(0, 60, 2)])
    loss = InBatchContrastiveLoss(margin=1e-3)  # nothing is pushed, so all is pull
    assert float(loss(labels, points)) == pytest.approx(pull / 4, rel=1e-4)


@labelled
def test_rows_are_shares_whose_mean_is_the_loss(loss, options):
    rows = np.asarray(loss(reduction=None, **options)(LABELS, POINTS))
    assert rows.shape == LABELS.shape
    assert rows.mean() == pytest.approx(float(loss(**options)(LABELS, POINTS)))
    order = np.random.default_rng(4).permutation(len(LABELS))
    shuffled = loss(reduction=None, **options)(LABELS[order], POINTS[order])
    np.testing.assert_allclose(shuffled, rows[order], rtol=1e-5)


@labelled
def test_only_equality_of_labels_matters(loss, options):
    expected = float(loss(**options)(LABELS, POINTS))
    for labels in (LABELS.astype(np.float32), LABELS[:, None], 2**24 - 9 + LABELS, -LABELS):
        assert float(loss(**options)(labels, POINTS)) == pytest.approx(expected)


@labelled
def test_steps_down_the_gradient_bring_classes_together_and_apart(loss, options):
    """From overlapping clouds to separate ones; a wrong sign or label cannot do this."""
    labels = np.repeat([0, 1], 6)
    points = tf.Variable(
        tf.constant(np.random.default_rng(5).normal(0, 0.3, (12, 2)), dtype=tf.float32)
    )

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            value = loss(**options)(labels, points)
        points.assign_sub(tape.gradient(value, points))

    for _ in range(60):
        step()
    distances = np.asarray(euclidean_distance(points[:, None], points[None]))
    same = labels[:, None] == labels[None]
    assert distances[same].max() < 0.5 * distances[~same].min()


@labelled
@pytest.mark.parametrize(
    ("labels", "points", "message"),
    [
        ((4,), (4,), r"y_pred has shape \(4,\); expected embeddings.*ContrastiveLoss"),
        ((4,), (4, 2, 1), r"y_pred has shape \(4, 2, 1\); expected embeddings"),
        ((4, 10), (4, 2), r"y_true has shape \(4, 10\); expected .*one class label"),
        ((3,), (4, 2), "y_true has 3 labels and y_pred has 4 outputs"),
    ],
)
def test_refuses_shapes_that_are_not_labels_and_embeddings(loss, options, labels, points, message):
    with pytest.raises(ValueError, match=message):
        loss(**options)(np.ones(labels), np.ones(points))


# All losses


def batch_for(loss: type[keras.losses.Loss]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and outputs in float64, no distance at a kink of the loss."""
    if loss is ContrastiveLoss:
        return np.array([1, 1, 0, 0, 0]), np.array([0.1, 1.7, 0.2, 0.9, 1.4])
    return LABELS, POINTS.copy()


@every_loss
def test_gradients_equal_finite_differences(loss, options):
    labels, outputs = batch_for(loss)
    exact = loss(dtype="float64", **options)
    expected = slopes(lambda at: float(exact(labels, at)), outputs)
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(gradient(exact, labels, outputs), expected, rtol=1e-5, atol=1e-8)


@labelled
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sixteen_bits_have_finite_gradients_at_distance_0_too(loss, options, dtype):
    points = tf.zeros((4, 2), dtype)
    with tf.GradientTape() as tape:
        tape.watch(points)
        cost = loss(dtype=dtype, **options)([0, 0, 1, 1], points)
    assert np.isfinite(tf.cast(cost, "float32"))
    slope = tf.convert_to_tensor(tape.gradient(cost, points))
    np.testing.assert_array_equal(tf.cast(slope, "float32"), 0)


@labelled
def test_a_label_that_is_nan_makes_the_loss_nan(loss, options):
    _, outputs = batch_for(loss)
    whole = np.arange(len(outputs)) // 2
    labels = whole.astype(np.float32)
    assert float(loss(**options)(tf.constant(labels), outputs)) == float(
        loss(**options)(whole, outputs)
    )
    labels[1] = np.nan
    traced = tf.function(loss(**options))
    assert math.isnan(float(traced(tf.constant(labels), outputs)))


@labelled
@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 0, 1]])
def test_identical_embeddings_have_finite_gradients(loss, options, labels):
    points = np.zeros((4, 2), np.float32)
    assert np.isfinite(float(loss(**options)(labels, points)))
    np.testing.assert_array_equal(gradient(loss(**options), labels, points), 0)
    points[1] = 0.5  # two of them are still the same
    assert np.isfinite(gradient(loss(**options), labels, points)).all()


@every_loss
def test_nan_and_infinite_outputs_are_not_hidden(loss, options):
    labels, outputs = batch_for(loss)
    for bad in (math.nan, math.inf):
        outputs[1] = bad
        assert not np.isfinite(float(loss(**options)(labels, outputs)))


@every_loss
def test_sixteen_bits_give_nearly_the_same(loss, options):
    labels, outputs = batch_for(loss)
    expected = float(loss(**options)(labels, outputs))
    for dtype in ("float16", "bfloat16"):
        found = loss(dtype=dtype, **options)(labels, outputs)
        assert found.dtype == dtype
        assert float(found) == pytest.approx(expected, rel=0.03)


@every_loss
def test_is_rebuilt_from_its_configuration(loss, options):
    given = {**options} if loss is SupervisedContrastiveLoss else {"margin": 0.7, **options}
    first = loss(reduction="sum", name="mine", **given)
    again = keras.losses.deserialize(keras.losses.serialize(first))
    assert type(again) is loss
    assert again.get_config() == first.get_config()
    assert again.get_config() == {"reduction": "sum", "name": "mine", **given}


@every_margin
@pytest.mark.parametrize("margin", [0, -1.0, math.nan, math.inf, None, "1"], ids=str)
def test_refuses_a_margin_that_is_not_a_positive_number(loss, options, margin):
    with pytest.raises(ValueError, match=r"margin is .*; expected a finite number above 0"):
        loss(margin=margin, **options)


@every_margin
@pytest.mark.parametrize("margin", [0.5, 2.0])
def test_trivial_value_is_the_loss_of_one_point(loss, options, margin):
    pairs = [0, 1], np.zeros(2, np.float32)  # half of them similar
    images = np.arange(12) % 3, np.full((12, 2), 0.3, np.float32)
    made = loss(margin, **options)
    found = made(*(pairs if loss is ContrastiveLoss else images))
    assert float(found) == pytest.approx(made.trivial_value, rel=1e-4)


@pytest.mark.parametrize("loss", [ContrastiveLoss, InBatchContrastiveLoss])
@pytest.mark.parametrize("positive_margin", [-0.1, 0.5, 0.7, float("nan"), "small", None])
def test_refuses_a_positive_margin_that_is_not_below_the_margin(loss, positive_margin):
    with pytest.raises(ValueError, match=r"positive_margin is .*; expected .* below the margin, 0"):
        loss(margin=0.5, positive_margin=positive_margin)


@pytest.mark.parametrize("loss", [ContrastiveLoss, InBatchContrastiveLoss])
def test_similar_pairs_within_the_positive_margin_rest(loss):
    points = np.array([[0.0, 0.0], [0.3, 0.0], [2.0, 0.0], [2.0, 0.2]], np.float32)
    if loss is ContrastiveLoss:
        distances = np.array([0.3, 0.2], np.float32)
        slope = gradient(loss(positive_margin=0.25), [1, 1], distances)
        np.testing.assert_allclose(slope, [0.025, 0], atol=1e-6)
        return
    slope = gradient(loss(positive_margin=0.25), [0, 0, 1, 1], points)
    assert (np.abs(slope[:2, 0]) > 1e-3).all()
    np.testing.assert_array_equal(slope[2:], 0)
