"""A film shows what the tower made of each image at each frame, and is made only once."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import IPython
import numpy as np
import pytest
from there import there
from tiny_training import SHAPE, Training, corners

import siamese_lib as sl
from siamese_lib import files
from siamese_lib.colors import EXTRA, PALETTE
from siamese_lib.runs.make_film import curve_of

DATA = corners(48, seed=1)
DRAWN = corners(2, seed=5).images
STEPS = [0, 1, 4, 10, 18]


def trained(dim: int = 2, **options: Any) -> sl.Run:
    tower = sl.conv_tower(SHAPE, dim, seed=0)
    return Training(steps=18, frames=5, tower=tower, **options).fit().run


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return trained()


@pytest.fixture
def saved(run: sl.Run, tmp_path: Path) -> sl.Run:
    return sl.Run.load(run.save(tmp_path / "run"))


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on embedding is a failure."""
    monkeypatch.delattr(sl.Run, "embed")


def kept_films(run: sl.Run) -> list[Path]:
    assert run.folder is not None
    return sorted(run.folder.glob("film-*.npz"))


# --- what is in a film -------------------------------------------------------------------------


def test_each_frame_is_what_the_tower_made_of_the_images_then(run: sl.Run) -> None:
    view = run.film(DATA.images)
    np.testing.assert_array_equal(view.steps, STEPS)
    for frame in range(5):
        embeddings = run.embed(DATA.images, frame)
        middle = [sum(column) / 48 for column in embeddings.T.astype(float)]
        np.testing.assert_allclose(view.frames[frame], embeddings - middle, atol=1e-6)
    np.testing.assert_array_equal(view.images, DATA.images)
    assert (view.labels, view.margin, view.note, view.explained) == (None, 1.0, "", 1.0)


def test_the_curves_are_those_of_the_frames(run: sl.Run) -> None:
    curves = run.film(DATA.images, DATA.labels).curves
    assert list(curves) == ["loss", "precision@7 among these"]
    rows = dict(zip(run.history["step"], run.history["loss"], strict=True))
    assert curves["loss"] == pytest.approx([rows[step] for step in [1, *STEPS[1:]]])
    for frame, precision in enumerate(curves["precision@7 among these"]):
        embeddings = run.embed(DATA.images, frame).astype(float)
        hits = []
        for i in range(48):
            others = [j for j in range(48) if j != i]
            others.sort(key=lambda j: math.dist(embeddings[i], embeddings[j]))
            hits += [DATA.labels[j] == DATA.labels[i] for j in others[:7]]
        assert precision == pytest.approx(np.mean(hits), abs=0.006)  # rounding may swap two


def test_without_labels_the_precision_is_that_of_the_history() -> None:
    run = trained(validation=DATA)
    precision = run.film(DATA.images[:3]).curves["precision@7 among the validation images"]
    assert math.isnan(precision[0])
    assert precision[-1] == run.history["precision"][-1]


def test_a_history_is_read_between_its_rows() -> None:
    history = {"step": [2, 4, 8], "loss": [8.0, 4.0, 2.0], "precision": [math.nan, 0.5, 0.9]}
    steps = np.array([0, 3, 6, 8])
    assert curve_of(history, "loss", steps).tolist() == [8, 6, 3, 2]
    precision = curve_of(history, "precision", steps)
    assert precision == pytest.approx([math.nan, math.nan, 0.7, 0.9], nan_ok=True)
    assert np.isnan(curve_of({}, "loss", steps)).all()


@pytest.mark.parametrize("dim", [1, 5])
def test_other_dimensions_are_seen_from_where_they_spread_most(dim: int) -> None:
    run = trained(dim)
    view = run.film(DATA.images)
    last = run.embed(DATA.images).astype(float)
    last -= last.mean(axis=0)
    _, sizes, axes = np.linalg.svd(last, full_matrices=False)
    if dim == 1:
        assert np.array_equal(view.frames[:, :, 1], np.zeros((5, 48)))
        np.testing.assert_allclose(view.frames[-1, :, :1], last, atol=1e-6)
        assert (view.explained, view.note, view.trust) == (1, "", None)
        return
    kept = np.empty(len(last))  # of the 10 nearest, by sorting all distances
    for point in range(len(last)):
        others = np.delete(np.arange(len(last)), point)
        near, shown = (
            set(others[np.argsort(np.linalg.norm(at[others] - at[point], axis=1))[:10]])
            for at in (last, view.frames[-1])
        )
        kept[point] = len(near & shown) / 10
    assert view.trust is not None
    assert (np.abs(view.trust - kept) < 0.15).all()  # two that are equally far may change places
    assert np.abs(view.trust - kept).mean() < 0.01
    share = (sizes[:2] ** 2).sum() / (sizes**2).sum()
    assert view.explained == pytest.approx(share)
    assert view.note == f"2 of 5 dimensions, {100 * share:.0f} % of the variance"
    for frame in range(5):  # all frames in the axes of the last, up to their signs
        embeddings = run.embed(DATA.images, frame).astype(float)
        expected = (embeddings - embeddings.mean(axis=0)) @ axes[:2].T
        np.testing.assert_allclose(np.abs(view.frames[frame]), np.abs(expected), atol=1e-5)


def test_an_image_that_the_data_never_had_travels_with_them(run: sl.Run) -> None:
    names = ["nw", "ne", "sw", "se"]
    view = run.film(DATA.images, DATA.labels, class_names=names, extra=DRAWN)
    assert view.marked == [48, 49]
    assert view.class_names == [*names, "extra"]
    assert view.colors == [*PALETTE[:4], EXTRA]
    np.testing.assert_array_equal(view.labels, [*DATA.labels, 4, 4])
    np.testing.assert_array_equal(view.images, np.concatenate([DATA.images, DRAWN]))
    for frame in range(5):
        middle = run.embed(DATA.images, frame).mean(axis=0)
        np.testing.assert_allclose(
            view.frames[frame, 48:], run.embed(DRAWN, frame) - middle, atol=1e-6
        )
    alone = run.film(DATA.images, extra=DRAWN)
    assert alone.class_names == ["images", "extra"]
    np.testing.assert_array_equal(alone.labels, [*[0] * 48, 1, 1])
    np.testing.assert_allclose(alone.frames, view.frames)


def test_options_speak_of_the_images_without_the_extra_ones(run: sl.Run) -> None:
    own = ["#000000", "#111111", "#222222", "#333333"]
    view = run.film(DATA.images, DATA.labels, extra=DRAWN, colors=own, marked=3)
    assert view.colors == [*own, EXTRA]
    assert view.marked == [3, 48, 49]
    view = run.film(DATA.images, DATA.labels, extra=DRAWN[:0], colors=own, marked=[3])
    assert (view.colors, view.marked) == (own, [3])


def test_a_notebook_keeps_nothing_of_the_progress_bar(
    run: sl.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = np.concatenate([DATA.images] * 3)
    said: list[Any] = []
    handle = SimpleNamespace(update=lambda what, raw: said.append(what))
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=1))
    monkeypatch.setattr(
        IPython.display, "display", lambda bar, display_id: said.append(bar) or handle
    )
    run.film(many)
    bar, left = said
    assert "embedding" in bar.children[0].value
    assert left["text/plain"] == "" == left["application/vnd.jupyter.widget-view+json"]["model_id"]


def test_a_film_is_what_its_view_shows(run: sl.Run) -> None:
    film = run.make_film(DATA.images, DATA.labels, extra=DRAWN)
    view = run.film(DATA.images, DATA.labels, extra=DRAWN, height=300)
    for name, part in film.parts().items():
        np.testing.assert_equal(getattr(view, name), 300 if name == "height" else part)


def test_options_are_those_of_the_view(run: sl.Run) -> None:
    view = run.film(DATA.images[..., 0].astype(float), playing=True, height=300)
    assert (view.playing, view.frame, view.height) == (True, 0, 300)
    np.testing.assert_array_equal(view.images, DATA.images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": DATA.images[:, :7]}, r"shape \(48, 7, 8, 1\); expected \(N, 8, 8, 1\)"),
        ({"labels": [0, 1]}, "labels: got 2; expected one for each of 48 points"),
        ({"labels": DATA.labels, "class_names": ["a"]}, "expected numbers from 0 to 0"),
        ({"extra": DATA.images[0]}, r"got shape \(8, 8, 1\)"),
        ({"images": None}, "no film was recorded"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_embedded(
    run: sl.Run, idle: None, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        run.film(**{"images": DATA.images, **arguments})


# --- made only once ----------------------------------------------------------------------------


def test_the_embeddings_are_kept_beside_the_run(
    saved: sl.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = saved.film(DATA.images)
    assert len(kept_films(saved)) == 1
    saved.film(DATA.images[:9])
    saved.film(DATA.images[:9], extra=DRAWN)
    assert len(kept_films(saved)) == 2
    monkeypatch.delattr(sl.Run, "embed")
    again = sl.Run.load(there(saved.folder)).film(DATA.images, DATA.labels)
    assert np.array_equal(again.frames, first.frames)


def test_a_run_without_a_folder_remembers_the_latest(
    run: sl.Run, monkeypatch: pytest.MonkeyPatch, request: Any
) -> None:
    monkeypatch.setattr(run, "folder", None)
    first = run.film(DATA.images)
    request.getfixturevalue("idle")
    assert np.array_equal(run.film(DATA.images, DATA.labels).frames, first.frames)
    with pytest.raises(AttributeError, match="embed"):
        run.film(DATA.images[1:])


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other"])
def test_a_damaged_film_is_made_again(saved: sl.Run, damage: str) -> None:
    first = saved.film(DATA.images)
    (file,) = kept_films(saved)
    content = file.read_bytes()
    middle = len(content) // 2
    if damage == "other":
        np.savez(file, embeddings=np.zeros((5, 48, 2)))
    else:
        changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        file.write_bytes({"cut": content[:middle], "changed": changed, "empty": b""}[damage])
    assert np.array_equal(saved.film(DATA.images).frames, first.frames)
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_written_to_costs_only_time(
    saved: sl.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(files, "write_atomically", refuse)
    with pytest.warns(UserWarning, match="Embeddings were not saved in .*: Permission denied"):
        view = saved.film(DATA.images)
    assert len(view.frames) == 5
    assert kept_films(saved) == []


def test_other_weights_are_another_film(saved: sl.Run) -> None:
    before = saved.film(DATA.images)
    other = trained(optimizer="adam")
    other.save(there(saved.folder))
    assert kept_films(saved) == []
    assert not np.array_equal(other.film(DATA.images).frames, before.frames)
    other.save(there(saved.folder))  # the same weights: what is kept still holds
    assert len(kept_films(other)) == 1


def test_embeddings_of_one_frame_are_kept_apart_from_a_film(saved: sl.Run, tmp_path: Path) -> None:
    last = saved.embed(DATA.images)
    assert np.array_equal(saved.embed_once(DATA.images), last)
    assert np.array_equal(saved.embed_once(DATA.images, None)[-1], last)
    assert np.array_equal(saved.embed_once(DATA.images, 1), saved.embed(DATA.images, 1))
    assert len(kept_films(saved)) == 3
    one = sl.Run(saved.tower, saved.steps[-1:], [weight[None] for weight in saved.weights()])
    one.save(tmp_path / "one")
    assert one.embed_once(DATA.images, None).shape == (1, 48, 2)
    assert one.embed_once(DATA.images).shape == (48, 2)
    assert len(kept_films(one)) == 2


def test_kept_embeddings_have_the_names_they_always_had(saved: sl.Run) -> None:
    """What earlier versions kept is found: by weights, images, and a mark for one frame."""
    saved.embed_once(DATA.images)
    saved.embed_once(DATA.images, None)
    every = [weight for frame in range(len(saved)) for weight in saved.weights(frame)]
    names = [
        files.digest(every, [DATA.images]),
        files.digest(saved.weights(), [DATA.images], [np.zeros(0)]),
    ]
    assert [file.name for file in kept_films(saved)] == sorted(f"film-{n}.npz" for n in names)


def test_without_a_folder_the_latest_of_each_kind_are_remembered(
    run: sl.Run, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(run, "folder", None)
    kinds = {"training images": DATA.images, "test images": DATA.images[:7]}
    made = {what: run.embed_once(images, what=what) for what, images in kinds.items()}
    request.getfixturevalue("idle")
    for what, images in kinds.items():
        assert run.embed_once(images, what=what) is made[what]
    with pytest.raises(AttributeError, match="embed"):
        run.embed_once(DATA.images[:8], what="test images")


def test_many_images_are_embedded_in_parts_and_no_images_in_none(run: sl.Run) -> None:
    some = run.embed_once(DATA.images, None, batch_size=5, what="parts")
    np.testing.assert_allclose(
        some, run.film(DATA.images).frames + some.mean(1)[:, None], atol=1e-6
    )
    assert run.embed_once(DATA.images[:0], None).shape == (5, 0, 2)


# --- a recorded film ---------------------------------------------------------------------------


def test_a_recorded_film_stays_where_the_frames_do_not(run: sl.Run, tmp_path: Path) -> None:
    film = run.film(DATA.images, DATA.labels, extra=DRAWN, height=300)
    last = sl.Run(run.tower, run.steps[-1:], [weight[None] for weight in run.weights()])
    last.record(film)
    again = sl.Run.load(last.save(tmp_path / "run", dtype="float16"))
    assert len(again) == 1
    shown = again.film()
    np.testing.assert_allclose(shown.frames, film.frames, atol=1e-4)
    for name in ("labels", "images", "steps"):
        assert np.array_equal(getattr(shown, name), getattr(film, name))
    for name in ("class_names", "colors", "curves", "margin", "marked", "note", "height"):
        assert getattr(shown, name) == getattr(film, name)
    assert (shown.explained, shown.frame) == (1.0, 4)
    assert again.film(playing=True, height=200).height == 200
    sl.Run.load(again.save(tmp_path / "copy")).film()


def test_a_film_is_recorded_like_a_view_of_it(run: sl.Run) -> None:
    last = sl.Run(run.tower, run.steps[-1:], [weight[None] for weight in run.weights()])
    assert last.recorded is None
    film = run.make_film(DATA.images, DATA.labels)
    last.record(film)
    assert last.recorded is not None
    recorded = last.recorded.to_bytes()
    last.record(sl.EmbeddingView.of(film))
    assert last.recorded.to_bytes() == recorded
    assert last.make_film().class_names == film.class_names


def test_a_recorded_film_takes_no_labels_and_may_be_damaged(run: sl.Run, tmp_path: Path) -> None:
    last = sl.Run(run.tower, run.steps[-1:], [weight[None] for weight in run.weights()])
    last.record(run.film(DATA.images, DATA.labels))
    parts: tuple[dict[str, Any], ...] = (
        {"extra": DRAWN}, {"labels": DATA.labels}, {"class_names": ["a", "b"]},
    )  # fmt: skip
    for given in parts:
        with pytest.raises(ValueError, match="class_names or extra was given without images"):
            last.film(**given)
    folder = last.save(tmp_path / "run")
    content = (folder / "film.npz").read_bytes()
    for damaged in (b"", content[:500], content[:200] + b"x" + content[201:]):
        (folder / "film.npz").write_bytes(damaged)
        with pytest.raises(sl.RunError, match="recorded with this run is damaged"):
            sl.Run.load(folder).film()


def test_a_film_by_the_shipped_run_leaves_nothing_in_the_package() -> None:
    from siamese_lib.runs.shipped import FOLDER

    before = sorted(FOLDER.iterdir())
    run = sl.shipped_run()
    run.film(np.zeros((3, 28, 28, 1), np.uint8))
    assert sorted(FOLDER.iterdir()) == before
    assert run.film().frames.shape == (40, 1000, 2)
