"""The springs: loss and forces are those of the library's losses, in Python and in JavaScript."""

from __future__ import annotations

import io
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from in_node import in_node
from PIL import Image

import siamese_lib as sl
from siamese_lib.network.distances import euclidean_distance
from siamese_lib.views.given import ViewError
from siamese_lib.views.springs import start
from siamese_lib.views.springs.forces import Forces, forces_of, radius_of

MARGINS = (0.1, 1.0, 10.0)
CASES = [(means, margin, seed) for means in ("two", "one") for margin in MARGINS for seed in (0, 1)]


def dozen(margin: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Place a dozen points of three classes so that some pairs are beyond the margin."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(12, 2)) * 0.6 * margin, rng.permutation(np.arange(12) % 3)


def by_library(
    points: np.ndarray, classes: np.ndarray, margin: float, means: str
) -> tuple[float, np.ndarray]:
    """Let Keras compute the loss and TensorFlow its gradient, in double precision."""
    where = tf.Variable(tf.constant(points, "float64"))
    with tf.GradientTape() as tape:
        if means == "two":
            loss = sl.InBatchContrastiveLoss(margin, dtype="float64")(classes, where)
        else:
            rows, columns = np.triu_indices(len(points), 1)
            apart = euclidean_distance(tf.gather(where, rows), tf.gather(where, columns))
            same = (classes[rows] == classes[columns]).astype(float)
            loss = sl.ContrastiveLoss(margin, dtype="float64")(same, apart)
    return float(loss), keras.ops.convert_to_numpy(tape.gradient(loss, where))


@pytest.mark.parametrize(("means", "margin", "seed"), CASES)
def test_forces_are_the_negative_gradient_of_the_library_s_loss(means, margin, seed):
    points, classes = dozen(margin, seed)
    loss, gradient = by_library(points, classes, margin, means)
    forces = forces_of(points, classes, margin, means=means)
    assert forces.loss == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(forces.total, -gradient, rtol=1e-5, atol=1e-5 * margin)
    assert 0 < forces.pushing < forces.different


@pytest.mark.parametrize("means", ["two", "one"])
def test_points_in_one_place_do_not_pull_or_push(means):
    points, classes = np.zeros((12, 2)), np.arange(12) % 3
    loss, gradient = by_library(points, classes, 1.0, means)
    forces = forces_of(points, classes, 1.0, means=means)
    assert not gradient.any()
    assert not forces.total.any()
    assert forces.loss == pytest.approx(loss, rel=1e-5)


def in_page(points: np.ndarray, classes: np.ndarray, margin: float, **how: Any) -> dict[str, Any]:
    given = {"points": points.ravel().tolist(), "classes": classes.tolist()}
    call = """({ points, classes, how }) => {
      const forces = forcesOf(Float64Array.from(points), classes, how);
      return { ...forces, pull: [...forces.pull], push: [...forces.push] };
    }"""
    how = {"margin": margin, "push": True, "means": "two"} | how
    return in_node("views/springs/forces.js", "forcesOf", call, {**given, "how": how})


def assert_same(forces: Forces, page: dict[str, Any]) -> None:
    np.testing.assert_allclose(np.reshape(page["pull"], (-1, 2)), forces.pull, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.reshape(page["push"], (-1, 2)), forces.push, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(page["pullLoss"], forces.pull_loss, rtol=1e-9)
    np.testing.assert_allclose(page["pushLoss"], forces.push_loss, rtol=1e-9)
    for name in ("similar", "pushing", "different"):
        assert page[name] == getattr(forces, name)


@pytest.mark.parametrize(("means", "margin"), [("two", 0.1), ("two", 10.0), ("one", 1.0)])
def test_the_page_computes_the_same(means, margin):
    points, classes = dozen(margin, 2)
    points[3] = points[4]
    page = in_page(points, classes, margin, means=means)
    assert_same(forces_of(points, classes, margin, means=means), page)


def test_the_page_can_do_without_the_push():
    points, classes = dozen(1.0, 3)
    forces = forces_of(points, classes, 1.0, push=False)
    assert_same(forces, in_page(points, classes, 1.0, push=False))
    assert (forces.push_loss, forces.pushing) == (0, 0)
    assert not forces.push.any()


@pytest.mark.parametrize("means", ["two", "one"])
def test_points_and_margin_times_ten_give_the_loss_times_a_hundred(means):
    points, classes = dozen(1.0, 4)
    small = forces_of(points, classes, 1.0, means=means)
    large = forces_of(10 * points, classes, 10.0, means=means)
    assert large.loss == pytest.approx(100 * small.loss, rel=1e-12)
    np.testing.assert_allclose(large.total, 10 * small.total, rtol=1e-9, atol=1e-12)
    assert large.pushing == small.pushing


def test_without_the_push_all_points_meet():
    springs = sl.Springs()
    before = springs.radius
    assert before == pytest.approx(np.sqrt(np.mean(np.sum(start.POINTS**2, axis=1))))
    springs.state = {"push": False}
    springs.take_steps(60)
    assert springs.radius < 0.01 * before
    assert springs.loss < 1e-4


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("means", ["two", "one"])
def test_with_the_push_the_classes_end_a_margin_apart(margin, means):
    springs = sl.Springs(margin=margin)
    springs.state = {"means": means}
    springs.take_steps(250)
    points = np.array(springs.state["points"])
    for label in range(3):
        assert radius_of(points[label == start.LABELS]) < 0.01 * margin
    centres = np.array([points[label == start.LABELS].mean(axis=0) for label in range(3)])
    apart = np.linalg.norm(centres[[0, 0, 1]] - centres[[1, 2, 2]], axis=1)
    assert (apart > 0.99 * margin).all()
    assert (apart < 1.2 * margin).all()


def test_a_step_moves_each_point_by_its_force_times_the_learning_rate():
    springs = sl.Springs(learning_rate=0.5)
    expected = np.array(springs.state["points"]) + 0.5 * springs.forces
    springs.take_steps()
    np.testing.assert_allclose(springs.state["points"], expected)
    assert springs.state["step"] == 1


def test_a_dict_changes_what_it_names():
    springs = sl.Springs()
    before = springs.state
    springs.state = {"margin": 2, "means": "one", "selected": None}
    assert springs.state == {**before, "margin": 2.0, "means": "one", "selected": None}
    assert springs.parts.loss == springs.loss


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": [[0, 0]]}, "x and y of 12 points"),
        ({"points": [[np.nan, 0]] * 12}, "x and y of 12 points"),
        ({"margin": 0.05}, "a number from 0.1 to 10"),
        ({"learning_rate": "fast"}, "a number from 0.1 to 10"),
        ({"push": 1}, "True or False"),
        ({"means": "three"}, "'two' or 'one'"),
        ({"selected": 12}, "a point from 0 to 11"),
        ({"step": -1}, "0 or more"),
        ({"pictures": True}, "there are no images"),
        ({"speed": 1}, "some of"),
    ],
)
def test_a_wrong_state_is_refused(change, words):
    springs = sl.Springs()
    before = springs.state
    with pytest.raises(ViewError, match=words):
        springs.state = change
    assert springs.state == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"points": [[0, 0], [1, 1]]}, "labels is None"),
        ({"labels": [0, 1]}, "points is None"),
        ({"points": [[0, 0]], "labels": [0]}, "2 to 60 points"),
        ({"points": np.zeros((61, 2)), "labels": np.zeros(61, int)}, "2 to 60 points"),
        ({"points": [[0, 0], [1, 1]], "labels": [0]}, "one for each of 2 points"),
        ({"margin": 11}, "margin is 11"),
        ({"images": np.zeros((3, 4, 4), np.uint8)}, "one for each of 12 points"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words):
    with pytest.raises(ViewError, match=words):
        sl.Springs(**arguments)


@pytest.mark.parametrize(
    ("names", "marks"),
    [
        (["0", "1", "10"], ["0", "1", "10"]),
        (["cat", "dog"], ["c", "d"]),
        (["cat", "cow"], ["0", "1"]),
    ],
)
def test_the_mark_of_a_class_is_short(names, marks):
    assert start.marks_of(names) == marks


@pytest.mark.parametrize("pictures", [True, False])
def test_a_still_is_a_small_picture(pictures):
    images = np.random.default_rng(0).integers(0, 256, (12, 28, 28, 3), dtype=np.uint8)
    springs = sl.Springs(images=images, class_names=["apple", "banana", "cherry"])
    springs.state = {"pictures": pictures, "selected": None}
    picture = Image.open(io.BytesIO(springs.still()))
    assert len(springs.still()) < 60_000
    assert np.asarray(picture.convert("RGBA"))[..., 3].min() == 0
    assert springs.payload()["images"]["shape"] == [12, 28, 28, 3]
    assert repr(springs).startswith("Springs(12 points of 3 classes, step 0, loss 0.2")
