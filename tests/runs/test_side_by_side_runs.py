"""Films of several runs, and the films that come with the package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from there import there
from tiny_training import SHAPE, Training, corners

import siamese_lib as sl
from siamese_lib.runs.shipped import FILMS

DATA = corners(24, seed=1)
PRECISION = "precision@7 among these"
LARGEST = 700_000  # bytes of all shipped films


def trained(seed: int, **options: Any) -> sl.Run:
    tower = sl.conv_tower(SHAPE, 2, seed=seed)
    return Training(tower=tower, **options).fit().run


@pytest.fixture(scope="module")
def runs() -> dict[str, sl.Run]:
    return {"long": trained(0, steps=18, frames=5), "short": trained(1, steps=9, frames=4)}


@pytest.fixture(scope="module")
def films() -> dict[str, sl.Film]:
    return sl.shipped_films()


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def radius(film: sl.Film, frame: int = -1) -> float:
    """The root mean square distance from the middle."""
    points = film.frames[frame].astype(float)
    return float(np.sqrt(np.square(points - points.mean(axis=0)).sum(axis=1).mean()))


# --- runs --------------------------------------------------------------------------------------


def test_each_run_is_embedded_at_its_own_frames(runs: dict[str, sl.Run]) -> None:
    view = sl.side_by_side(runs, DATA.images, DATA.labels, scale="own")
    assert view.state["scale"] == "own"
    for name, run in runs.items():
        film = view.films[name]
        np.testing.assert_array_equal(film.steps, run.steps)
        assert [name.split(",")[0] for name in film.curves] == ["loss", PRECISION]
        for frame in range(len(run)):
            expected = distances(run.embed(DATA.images, frame).astype(float))
            np.testing.assert_allclose(distances(film.frames[frame]), expected, atol=1e-5)


@pytest.mark.parametrize("runs", [[], {"one": 1}, None])
def test_what_is_no_run_is_refused(runs: Any) -> None:
    with pytest.raises(ValueError, match="a dict from names to runs"):
        sl.side_by_side(runs, DATA.images)


# --- the films of the book ---------------------------------------------------------------------


def test_the_films_are_small_and_of_the_same_images(films: dict[str, sl.Film]) -> None:
    assert sum(path.stat().st_size for path in FILMS.glob("*.npz")) < LARGEST
    recorded = sl.shipped_run().make_film()
    for film in films.values():
        np.testing.assert_array_equal(film.images, there(recorded.images)[:500])
        np.testing.assert_array_equal(film.labels, there(recorded.labels)[:500])
    assert sl.SideBySide(films).films.keys() == films.keys()


def test_all_trainings_start_from_the_same_weights(films: dict[str, sl.Film]) -> None:
    first = distances(films["margin 1"].frames[0])
    for film in films.values():
        np.testing.assert_allclose(distances(film.frames[0]), first, atol=1e-6)


def test_a_low_loss_can_be_a_collapse(films: dict[str, sl.Film]) -> None:
    pull, good = films["pull only"], films["margin 1"]
    assert pull.curves["loss"][-1] < 1e-9 < good.curves["loss"][-1]
    assert pull.curves[PRECISION][-1] < 0.2
    assert radius(pull) < 0.01 * radius(pull, 0)


def test_the_same_scale_shows_the_collapse_as_a_dot_and_own_scale_hides_it(
    films: dict[str, sl.Film],
) -> None:
    pull, good = films["pull only"], films["margin 1"]
    assert radius(pull) < 1e-5 * radius(good)
    # At its own scale the cloud looks alive: nearly all points have places of their own.
    low, high = pull.frames[-1].min(axis=0), pull.frames[-1].max(axis=0)
    on_screen = np.round(300 * (pull.frames[-1] - low) / (high - low).max())
    assert len(np.unique(on_screen, axis=0)) > 400


def test_the_margin_sets_the_size_and_hardly_touches_the_precision(
    films: dict[str, sl.Film],
) -> None:
    one, ten = films["margin 1"], films["margin 10"]
    assert radius(ten) / radius(one) == pytest.approx(10, rel=0.1)
    assert abs(ten.curves[PRECISION][-1] - one.curves[PRECISION][-1]) < 0.03


def test_the_trainings_have_come_to_rest(films: dict[str, sl.Film]) -> None:
    """In the last tenth of the steps, a point moves little, measured by the size of the cloud."""
    for name in ("margin 1", "margin 10", "one plain mean", "random pairs"):
        film = films[name]
        steps = there(film.steps)
        before = int(np.searchsorted(steps, 0.9 * steps[-1]))
        moved = np.linalg.norm(film.frames[-1] - film.frames[before], axis=1)
        assert np.median(moved) < 0.1 * radius(film), name


def test_every_pair_of_a_batch_beats_random_pairs(films: dict[str, sl.Film]) -> None:
    """These images cannot tell one plain mean from two means: chapter 4 says so."""
    random, one, two = (
        films[name].curves[PRECISION][-1]
        for name in ("random pairs", "one plain mean", "two means")
    )
    assert min(one, two) > random + 0.03
    assert abs(one - two) < 0.03
