"""The losses over every pair of a batch never hold an array of pairs times dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

from siamese_lib.network.backend import Tensor, keras
from siamese_lib.network.distances import euclidean_distance
from siamese_lib.network.losses import (
    BatchTripletLoss,
    InBatchContrastiveLoss,
    SupervisedContrastiveLoss,
)

LOSSES = [
    pytest.param(InBatchContrastiveLoss, {}, id="in-batch"),
    pytest.param(BatchTripletLoss, {"hardest": True}, id="batch-hard"),
    pytest.param(BatchTripletLoss, {"hardest": False}, id="batch-all"),
    pytest.param(SupervisedContrastiveLoss, {}, id="supervised"),
]
every_loss = pytest.mark.parametrize(("loss", "options"), LOSSES)


def value_and_gradient(
    loss: keras.losses.Loss, labels: Tensor, outputs: Tensor
) -> tuple[Tensor, Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        value = loss(labels, outputs)
    return value, tape.gradient(value, outputs)


def tensors(graph: tf.Graph) -> Iterator[tf.Tensor]:
    """All tensors of a graph and of the functions that it calls, such as the bodies of loops."""
    inside = graph.as_graph_def().library.function
    yield from (tensor for operation in graph.get_operations() for tensor in operation.outputs)
    for function in inside:
        concrete = graph._get_function(function.signature.name)
        if concrete is not None and hasattr(concrete, "graph"):
            yield from tensors(concrete.graph)


@every_loss
def test_nothing_in_the_graph_is_larger_than_the_pairs(loss, options):
    count, dim = 11, 37
    step = tf.function(lambda y, x: value_and_gradient(loss(**options), y, x))
    graph = step.get_concrete_function(
        tf.TensorSpec([count], tf.int64), tf.TensorSpec([count, dim], tf.float32)
    ).graph
    found = list(tensors(graph))
    assert len(found) > 100  # the bodies of the loops are among them
    most = max(
        math.prod(length or 0 for length in t.shape.as_list())
        for t in found
        if t.shape.rank is not None
    )
    assert most <= count * dim  # 407; pairs have 121, and pairs times dimensions 4,477
    assert max(t.shape.rank for t in found if t.shape.rank is not None) <= 2


def slow_gradient(loss: keras.losses.Loss, labels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """By differences (B, B, dim), in double precision."""
    outputs = tf.constant(points, tf.float64)
    same = tf.cast(labels[:, None] == labels[None], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        distance = euclidean_distance(outputs[:, None], outputs[None])
        similar, different = same - tf.eye(len(labels), dtype=tf.float64), 1 - same
        gap = tf.maximum(loss.margin - distance, 0)
        pushed = different * tf.cast(gap > 0, tf.float64)
        pull = tf.reduce_sum(similar * distance**2) / tf.reduce_sum(similar)
        push = tf.reduce_sum(pushed * gap**2) / tf.reduce_sum(pushed)
        value = (pull + push) / 4
    return np.asarray(tape.gradient(value, outputs))


@pytest.mark.parametrize("middle", [0.0, 3.0, 100.0])
@pytest.mark.parametrize("dim", [1, 2, 16, 128])
def test_near_neighbours_far_from_the_origin_keep_their_digits(dim, middle):
    """A matrix product would lose them: 100² has no digits left for a difference of 0.001."""
    rng = np.random.default_rng(dim)
    labels = np.arange(60) % 6
    points = rng.normal(0, 0.3, (6, dim))[rng.integers(0, 6, 60)] + rng.normal(0, 1e-3, (60, dim))
    points = (middle + points).astype(np.float32)
    points[7] = points[1]  # equal images, of one class and of two
    points[8] = points[1]
    loss = InBatchContrastiveLoss()
    value, slope = value_and_gradient(loss, labels, tf.constant(points))
    exact = InBatchContrastiveLoss(dtype="float64")(labels, points.astype(np.float64))
    assert float(value) == pytest.approx(float(exact), rel=1e-6)
    expected = slow_gradient(loss, labels, points)
    np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


@every_loss
@pytest.mark.parametrize("compiled", [False, True])
def test_equal_images_have_finite_gradients_however_the_step_is_run(loss, options, compiled):
    labels, points = np.arange(12) % 3, np.zeros((12, 5), np.float32)
    points[6:] = 0.2
    plain = value_and_gradient(loss(**options), labels, tf.constant(points))
    step = tf.function(lambda y, x: value_and_gradient(loss(**options), y, x), jit_compile=compiled)
    for found in (plain, step(labels, tf.constant(points))):
        assert np.isfinite(found[0])
        assert np.isfinite(found[1]).all()
        np.testing.assert_allclose(found[1], plain[1], atol=1e-7)


@every_loss
def test_batches_of_any_size_pass_through_one_graph(loss, options):
    traced = []

    @tf.function(input_signature=[tf.TensorSpec([None]), tf.TensorSpec([None, 4])])
    def step(labels: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
        traced.append(1)
        return value_and_gradient(loss(**options), labels, outputs)

    rng = np.random.default_rng(0)
    for count in (1, 2, 9, 64):
        labels = np.arange(count, dtype=np.float32) % 3
        points = tf.constant(rng.normal(0, 0.4, (count, 4)), tf.float32)
        value, slope = step(labels, points)
        assert float(value) == pytest.approx(float(loss(**options)(labels, points)), rel=1e-6)
        assert slope.shape == (count, 4)
    assert len(traced) == 1
