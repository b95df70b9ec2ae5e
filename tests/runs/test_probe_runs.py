"""Images that are changed step by step, and embedded by runs, models and functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from there import there
from tiny_training import SHAPE, Training

import siamese_lib as sl

RNG = np.random.default_rng(0)
SUBJECTS = RNG.integers(0, 256, (2, *SHAPE), np.uint8)
CLOUD = RNG.integers(0, 256, (9, *SHAPE), np.uint8)
CHANGES: Any = {
    "pixels to the right": (range(-1, 2), sl.shifted),
    "degrees of rotation": ((0, 90), sl.rotated),
}


def two_numbers(images: np.ndarray) -> np.ndarray:
    """Embed images by two of their pixels."""
    return images.reshape(len(images), -1)[:, [3, 20]].astype(float)


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return Training(steps=4, frames=2, tower=sl.conv_tower(SHAPE, 2, seed=0)).fit().run


def test_each_image_is_changed_and_embedded(run):
    view = sl.probe(
        {"run": run, "tower": run.tower, "function": two_numbers}, SUBJECTS, CHANGES,
        cloud=CLOUD, labels=np.arange(9) % 3, subject_names=["one", "two"],
    )  # fmt: skip
    for at, shift in enumerate((-1, 0, 1)):
        for turn, degrees in enumerate((0, 90)):
            expected = sl.shifted(sl.rotated(SUBJECTS, degrees), shift)  # the last change first
            assert np.array_equal(view._images[:, at, turn], expected)
            for each, embed in zip(view._maps, (run.embed, run.embed, two_numbers), strict=True):
                made = each.points[:, at, turn]
                np.testing.assert_allclose(made, embed(expected), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(there(view._maps[0].cloud), run.embed(CLOUD), rtol=1e-4, atol=1e-5)
    assert view.state["values"] == {"pixels to the right": 0, "degrees of rotation": 0}
    assert view.payload()["thumbs"]["shape"] == [9, *SHAPE]
    assert view.payload()["names"] == ["0", "1", "2"]


def test_a_frame_of_a_run(run):
    first = sl.probe(run, SUBJECTS, CHANGES, frame=0)
    np.testing.assert_allclose(
        first._maps[0].points[:, 1, 0], run.embed(SUBJECTS, 0), rtol=1e-4, atol=1e-5
    )
    assert first._maps[0].cloud is None
    assert first._maps[0].name == "map"
    with pytest.raises(IndexError, match="frame is 7"):
        sl.probe(run, SUBJECTS, CHANGES, frame=7)


@pytest.mark.parametrize("dim", [1, 3, 5])
def test_more_dimensions_than_three_are_projected_as_a_film_is(dim):
    axes = np.random.default_rng(1).normal(size=(int(np.prod(SHAPE)), dim))

    def embed(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1) @ axes

    view = sl.probe(embed, SUBJECTS, CHANGES, cloud=CLOUD)
    (made,) = view._maps
    assert made.dim == (3 if dim == 3 else 2)
    assert made.note.startswith("2 of 5 dimensions" if dim == 5 else "")
    assert bool(made.note) == (dim == 5)
    if dim == 5:  # as far apart as in the plane of the cloud's largest spread
        cloud = embed(CLOUD) - embed(CLOUD).mean(axis=0)
        plane = np.linalg.svd(cloud, full_matrices=False)[2][:2].T
        expected = np.linalg.norm((embed(SUBJECTS[:1]) - embed(SUBJECTS[1:])) @ plane)
        shown = np.linalg.norm(made.points[0, 1, 0] - made.points[1, 1, 0])
        assert shown == pytest.approx(expected, rel=1e-4)


def test_options_go_to_the_view():
    changes = {"azimuth": ((0, 90, 180, 270), sl.rotated)}
    view = sl.probe(two_numbers, SUBJECTS, changes, periodic="azimuth", units={"azimuth": "°"})
    (dial,) = view.payload()["dials"]
    assert dial["periodic"] is True
    assert dial["words"] == ["0°", "90°", "180°", "270°"]


def test_a_change_may_work_in_place():
    given = SUBJECTS.copy()

    def brighter(images: np.ndarray, by: int) -> np.ndarray:
        images[:] = by
        return images

    view = sl.probe(two_numbers, given, {"by": ((10, 20, 30), brighter)})
    assert view._images[0, :, 0, 0, 0].tolist() == [10, 20, 30]
    assert np.array_equal(given, SUBJECTS)


def test_notes_are_added_to_the_words_about_a_projection():
    view = sl.probe(five_numbers, SUBJECTS, CHANGES, notes={"map": "mine"})
    assert view._maps[0].note.startswith("2 of 5 dimensions")
    assert view._maps[0].note.endswith("; mine")


def five_numbers(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)[:, :5].astype(float)


def not_finite(images: np.ndarray) -> np.ndarray:
    return five_numbers(images) * np.nan


WRONG: Any = [3, {"x": sl.shifted}]


def smaller(images: np.ndarray, value: float) -> np.ndarray:
    return images[:, 1:]


def floats(images: np.ndarray, value: float) -> np.ndarray:
    return images / 255


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sl.probe(two_numbers, SUBJECTS, {}), "changes: got {}; expected a dict"),
        (lambda: sl.probe(two_numbers, SUBJECTS, WRONG[1]), "expected values and a func"),
        (lambda: sl.probe(two_numbers, SUBJECTS, {"x": ([1], sl.shifted)}), "2 or more values"),
        (lambda: sl.probe(two_numbers, SUBJECTS, {"x": ([1, 2], smaller)}), "'x' made uint8 of"),
        (lambda: sl.probe(two_numbers, SUBJECTS, {"x": ([1, 2], floats)}), "'x' made float64 of"),
        (lambda: sl.probe(WRONG[0], SUBJECTS, CHANGES), "runs: got 3 under 'map'"),
        (lambda: sl.probe({}, SUBJECTS, CHANGES), "maps: got {}"),
        (lambda: sl.probe(np.sum, SUBJECTS, CHANGES), r"'map' returned shape \(\) for 12 images"),
        (lambda: sl.probe(two_numbers, SUBJECTS, CHANGES, frame=0), "only a run has frames"),
        (lambda: sl.probe(not_finite, SUBJECTS, CHANGES), "'map' returned NaN"),
        (lambda: sl.probe(two_numbers, SUBJECTS, CHANGES, class_names=["a"]), "class_names: got"),
        (lambda: sl.probe(two_numbers, SUBJECTS, CHANGES, units=["°"]), "units: got"),
        (lambda: sl.probe(two_numbers, SUBJECTS, {"x": ([1, 10**400], sl.shifted)}), "real num"),
        (lambda: sl.probe(two_numbers, SUBJECTS / 255, CHANGES), "images: got float64"),
        (lambda: sl.probe(two_numbers, SUBJECTS, CHANGES, cloud=CLOUD / 255), "cloud: got float64"),
        (
            lambda: sl.probe(two_numbers, SUBJECTS, {"x": (range(4000), sl.shifted)}),
            "2 subjects and 8,000 images in all",
        ),
    ],
)
def test_what_cannot_be_meant(call, message):
    with pytest.raises(ValueError, match=message):
        call()
