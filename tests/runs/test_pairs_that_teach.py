"""A batch embedded at every frame of a run, as a matrix of pairs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tiny_training import Training, corners

import siamese_lib as sl

DATA = corners(24, seed=2)


@pytest.fixture(scope="module")
def run() -> sl.Run:
    training = Training()
    training.fit()
    return training.recorder.run


def test_each_frame_counts_the_pairs_of_that_frame(run):
    view = sl.pairs_that_teach(run, DATA.images, DATA.labels, margin=0.5)
    for frame in (0, len(run) - 1):
        view.state = {"frame": frame}
        points = run.embed(DATA.images, frame)
        pushing = sum(
            math.dist(points[i], points[j]) < 0.5
            for i in range(24)
            for j in range(i)
            if DATA.labels[i] != DATA.labels[j]
        )
        assert view.counts.pushing == pushing
    assert view.payload()["steps"] == run.steps.tolist()
    assert view.payload()["images"]["shape"] == [24, 8, 8, 1]


def test_the_margin_is_the_run_s_and_the_frame_its_last(run):
    view = sl.pairs_that_teach(run, DATA.images[..., 0], DATA.labels)
    assert view.state["margin"] == run.settings.get("margin", 1.0)
    assert view.state["frame"] == len(run) - 1


def test_the_positive_margin_is_the_same_part_of_the_margin_as_in_training():
    training = Training()
    loss = sl.InBatchContrastiveLoss(2.0, positive_margin=0.5)
    training.model.compile("sgd", loss, jit_compile=False)
    training.fit()
    run = training.recorder.run
    assert run.settings["positive_margin"] == 0.5
    for margin, rest in ((None, 0.5), (1.0, 0.25)):
        given: dict[str, Any] = {} if margin is None else {"margin": margin}
        view = sl.pairs_that_teach(run, DATA.images, DATA.labels, **given)
        points = run.embed(DATA.images, len(run) - 1)
        pulling = sum(
            math.dist(points[i], points[j]) > rest
            for i in range(24)
            for j in range(i)
            if DATA.labels[i] == DATA.labels[j]
        )
        assert view.counts.pulling == pulling


def test_more_images_than_a_batch_are_refused(run):
    many = np.zeros((201, 8, 8, 1), np.uint8)
    with pytest.raises(ValueError, match="got 201; expected at most 200"):
        sl.pairs_that_teach(run, many, np.zeros(201, int))
