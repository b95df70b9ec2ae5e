"""A training stops when held-out precision no longer rises, and the best weights stay."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tiny_training import Training, at_step, corners, dense_tower, each_step

import siamese_lib as sl
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.network.backend import keras

HELD_OUT = corners(48, seed=1)


# Holding out


def test_each_image_is_on_one_side_and_every_class_on_both():
    images = corners(200)
    kept, held_out = sl.hold_out(images, 0.2, seed=3)
    assert len(kept) + len(held_out) == 200
    assert 20 <= len(held_out) <= 60
    for side in (kept, held_out):
        assert np.unique(side.labels).tolist() == [0, 1, 2, 3]
        known = dict(zip(fingerprints(images.images), images.labels, strict=True))
        assert [known[f] for f in fingerprints(side.images)] == side.labels.tolist()
    assert not np.isin(fingerprints(kept.images), fingerprints(held_out.images)).any()


def test_a_seed_decides_what_is_held_out_and_copies_stay_together():
    images = corners(60)
    doubled = sl.Split(np.concatenate([images.images] * 2), np.tile(images.labels, 2))
    one, same, other = (sl.hold_out(doubled, seed=seed).held_out for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.images, same.images)
    assert fingerprints(one.images).tolist() != fingerprints(other.images).tolist()
    _, counts = np.unique(fingerprints(one.images), return_counts=True)
    assert set(counts) == {2}


def test_what_is_held_out_of_a_training_split_is_not_drawn_as_the_split_was():
    """The draw of `load_folder` has taken out every image with a low number."""
    images = corners(200)
    rest = sl.hold_out(images, 0.3).kept
    assert len(sl.hold_out(rest, 0.3, seed=1).held_out) > 20


@pytest.mark.parametrize("fraction", [0, 1, -0.1, math.nan])
def test_refuses_a_fraction_out_of_range(fraction):
    with pytest.raises(ValueError, match=f"fraction is {fraction}; expected a number above 0"):
        sl.hold_out(corners(), fraction)


# Stopping


class Plan(sl.StopAtBest):
    """Precisions that are known beforehand."""

    def __init__(self, tower: keras.Model, precisions: list[float], **options: Any) -> None:
        super().__init__(tower, HELD_OUT, **options)
        left = iter(precisions)
        object.__setattr__(
            self, "_among", type("Planned", (), {"precision": lambda *_: next(left)})()
        )


def stopped(precisions: list[float], **options: Any):
    """A training of 12 steps with these precisions, and its weights after every step."""
    training = Training(steps=12, frames=12)
    stop = Plan(training.tower, precisions, **options)
    weights = [training.tower.get_weights()]
    diary = each_step(lambda: weights.append(training.tower.get_weights()))
    recorder = training.fit(before=[diary, stop])
    return stop, recorder.run, weights


def assert_last_frame_is(run: sl.Run, weights: list[np.ndarray]) -> None:
    for ours, theirs in zip(run.weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_it_stops_after_patience_measurements_and_the_best_weights_stay():
    stop, run, weights = stopped([0.5, 0.7, 0.7, 0.6, 0.9], every=2, patience=2)
    assert stop.measured == [(2, 0.5), (4, 0.7), (6, 0.7), (8, 0.6)]
    assert (stop.stopped, stop.step, stop.precision) == (True, 4, 0.7)
    assert len(weights) == 9
    assert run.steps[-1] == 8
    assert_last_frame_is(run, weights[4])
    assert str(stop).startswith("stopped after step 8: held-out precision@7 was highest, 0.700, af")


def test_a_training_that_ends_by_itself_keeps_the_best_weights_too():
    stop, run, weights = stopped([0.5, 0.9, 0.6, 0.8], every=3, patience=9)
    assert [step for step, _ in stop.measured] == [3, 6, 9, 12]
    assert not stop.stopped
    assert run.steps[-1] == 12
    assert_last_frame_is(run, weights[6])
    assert str(stop).startswith("held-out precision@7 was highest, 0.900, after step 6; these")


def test_the_last_steps_are_measured_even_if_they_are_few():
    stop, run, weights = stopped([0.5, 0.6, 0.7], every=5, patience=9)
    assert [step for step, _ in stop.measured] == [5, 10, 12]
    assert_last_frame_is(run, weights[12])


def test_precision_is_that_of_the_held_out_images_among_each_other():
    training = Training(steps=4)
    stop = sl.StopAtBest(training.tower, HELD_OUT, every=4)
    training.fit(before=[stop])
    embeddings = np.asarray(training.tower(HELD_OUT.images))
    hits = []
    for i, embedding in enumerate(embeddings):
        distances = np.linalg.norm(embeddings - embedding, axis=1)
        distances[i] = np.inf
        near = HELD_OUT.labels[np.argsort(distances)[:7]]
        hits.append((near == HELD_OUT.labels[i]).mean())
    assert stop.precision == pytest.approx(np.mean(hits))


def test_another_fit_begins_again_and_the_same_seed_ends_the_same():
    training = Training(steps=6)
    stop = sl.StopAtBest(training.tower, HELD_OUT, every=2)
    training.fit(before=[stop])
    first = stop.measured
    training.fit(before=[stop])
    assert [step for step, _ in stop.measured] == [2, 4, 6]
    again = Training(steps=6)
    twin = sl.StopAtBest(again.tower, HELD_OUT, every=2)
    again.fit(before=[twin])
    assert twin.measured == first


def test_weights_that_are_not_finite_are_never_the_best():
    training = Training(steps=4)
    broken = [np.full_like(weight, np.nan) for weight in training.tower.get_weights()]
    stop = sl.StopAtBest(training.tower, HELD_OUT, every=1)
    training.fit(before=[at_step(2, lambda: training.tower.set_weights(broken)), stop])
    assert stop.measured[0][0] == stop.step == 1
    assert len(stop.measured) == 1
    assert all(np.isfinite(weight).all() for weight in training.tower.get_weights())


@pytest.mark.parametrize(
    ("held_out", "options", "message"),
    [
        (HELD_OUT, {"every": 0}, "every is 0; expected"),
        (HELD_OUT, {"patience": 0}, "patience is 0; expected"),
        (corners(7), {}, "7 images .* more than 7"),
        (sl.Split(corners(12).images, np.arange(12)), {}, "held-out images: no precision@7"),
        (corners(12, channels=3), {}, "held-out images: got shape"),
    ],
)
def test_refuses_what_cannot_be_measured(held_out, options, message):
    with pytest.raises(ValueError, match=message):
        sl.StopAtBest(dense_tower(), held_out, **options)


def test_steps_rise():
    stop, _, _ = stopped([0.5] * 12, every=1, patience=3)
    assert all(b > a for (a, _), (b, _) in pairwise(stop.measured))
    assert stop.step == 1  # equal is no better
