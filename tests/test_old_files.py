"""What version 0.1.0 wrote loads as it did, whatever has moved since.

The files, and what is expected of them, are in ``old_files/0.1.0.zip``; the script next to it made
and describes them. Numbers that pass through TensorFlow are compared with some room, since other
processors round differently. All else is compared bit for bit.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_files.make_old_files import (
    EPOCHS,
    GALLERIES,
    NAMES,
    SETTINGS,
    STOPPED,
    interruptible,
    small_tower,
)

import siamese_lib as sl

ARCHIVE = Path(__file__).parent / "old_files/0.1.0.zip"
LIBRARY = Path(sl.__file__).parents[1]
COLUMNS = ["step", "seconds", "loss", "precision", "spread"]
MODELS = {
    "in_batch": (sl.Muon, {}, sl.InBatchContrastiveLoss, {"margin": 0.8}),
    "pairs": (sl.Muon, {"momentum": 0.8, "adam_ratio": 0.5}, sl.ContrastiveLoss, {"margin": 0.7}),
    "triplets": (None, {}, sl.BatchTripletLoss, {"margin": 0.6, "hardest": False}),
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder of the files, which a test may write to."""
    shutil.unpack_archive(ARCHIVE, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    with np.load(ARCHIVE) as files, files.zip.open("expected.npz") as file, np.load(file) as arrays:
        return dict(arrays)


def close(found: Any, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-5, atol=1e-5)


# --- runs --------------------------------------------------------------------------------------


def load(folder: Path) -> sl.Run:
    tower = small_tower() if folder.name == "other_tower" else None
    return sl.Run.load(folder, tower=tower)


@pytest.mark.parametrize("name", ["conv_tower", "half", "other_tower"])
def test_a_run_has_the_weights_that_were_written(old: Path, name: str) -> None:
    run = load(old / name)
    (file,) = (old / name).glob("frames-*.npz")
    with np.load(file) as written:
        for frame in range(len(run)):
            weights = run.weights(frame)
            assert len(weights) == len(written.files)
            for number, weight in enumerate(weights):
                assert weight.dtype == np.float32
                np.testing.assert_array_equal(weight, written[f"w{number}"][frame])


@pytest.mark.parametrize("name", ["conv_tower", "half", "other_tower"])
def test_a_run_has_its_history_and_settings(
    old: Path, name: str, expected: dict[str, np.ndarray]
) -> None:
    run = load(old / name)
    np.testing.assert_array_equal(run.steps, expected[f"{name} steps"])
    assert list(run.history) == COLUMNS
    for column, values in run.history.items():
        np.testing.assert_array_equal(values, expected[f"{name} history {column}"])  # holds NaN
    assert run.settings == {"margin": 0.8, **SETTINGS}


@pytest.mark.parametrize("name", ["conv_tower", "half", "other_tower"])
def test_a_run_embeds_as_it_did(old: Path, name: str, expected: dict[str, np.ndarray]) -> None:
    run = load(old / name)
    assert len(run) == len(expected[f"{name} embeddings"])
    for frame, embeddings in enumerate(expected[f"{name} embeddings"]):
        close(run.embed(expected["images"], frame), embeddings)


def test_a_recorded_film_is_shown_as_it_was(old: Path, expected: dict[str, np.ndarray]) -> None:
    film = load(old / "conv_tower").film()
    np.testing.assert_array_equal(film.frames, expected["conv_tower film"])
    pictures = np.concatenate([expected["images"], expected["drawn"]])
    np.testing.assert_array_equal(film.images, pictures)
    np.testing.assert_array_equal(film.labels, [*expected["labels"], len(NAMES)])
    np.testing.assert_array_equal(film.steps, expected["conv_tower steps"])
    assert film.class_names == [*NAMES, "extra"]
    assert (film.margin, film.height, film.marked) == (0.8, 300, [len(expected["images"])])
    assert list(film.curves) == ["loss", "precision@7"]


def test_a_recorded_film_stays_when_the_run_is_saved_anew(
    old: Path, expected: dict[str, np.ndarray]
) -> None:
    run = load(old / "half")
    for film in (run.film(), load(run.save(old / "copy", dtype="float16")).film()):
        np.testing.assert_array_equal(film.frames, expected["half film"])
        assert film.labels is None


def test_a_film_that_was_kept_is_found_again(
    old: Path, expected: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = sorted((old / "conv_tower").iterdir())
    monkeypatch.delattr(sl.Run, "embed")  # from now on embedding is a failure
    film = load(old / "conv_tower").film(expected["images"])
    embeddings = expected["conv_tower embeddings"]
    close(film.frames, embeddings - embeddings.mean(axis=1, keepdims=True))
    assert sorted((old / "conv_tower").iterdir()) == kept


# --- an interrupted training -------------------------------------------------------------------


def test_an_interrupted_training_goes_on_to_the_same_end(
    old: Path, expected: dict[str, np.ndarray]
) -> None:
    assert load_interrupted(old).steps[-1] == STOPPED
    run = interruptible(old / "interrupted", resume=True).fit(epochs=EPOCHS)
    np.testing.assert_array_equal(run.steps, expected["resumed steps"])
    for frame in range(len(run)):
        for number, weight in enumerate(run.weights(frame)):
            close(weight, expected[f"resumed weight {number}"][frame])
    np.testing.assert_array_equal(run.history["step"], expected["resumed history step"])
    close(run.history["loss"], expected["resumed history loss"])
    before = run.history["step"].index(STOPPED) + 1
    seconds = expected["resumed history seconds"][:before]
    np.testing.assert_array_equal(run.history["seconds"][:before], seconds)
    assert not (old / "interrupted/checkpoint.npz").exists()
    assert load_interrupted(old).steps[-1] == run.steps[-1]


def load_interrupted(old: Path) -> sl.Run:
    return sl.Run.load(old / "interrupted", tower=small_tower())


def test_an_interrupted_training_of_another_plan_is_refused(old: Path) -> None:
    training = interruptible(old / "interrupted", resume=True)
    training.batches.augment = sl.RandomShift(2)
    with pytest.raises(sl.RunError, match=r"augment was 'RandomShift\(pixels=1\)'"):
        training.fit(epochs=EPOCHS)


# --- galleries ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("index", GALLERIES)
def test_a_gallery_finds_what_it_found(
    old: Path, expected: dict[str, np.ndarray], index: str, metric: str, dtype: str
) -> None:
    name = f"{index}-{metric}-{dtype}"
    gallery = sl.Gallery.load(old / f"{name}.gallery")
    assert (gallery.metric, gallery.index, gallery.parameters) == (metric, index, GALLERIES[index])
    assert gallery.vectors.dtype == dtype
    np.testing.assert_array_equal(gallery.vectors, expected[f"{dtype} vectors"])
    found, distances = gallery.nearest(expected["queries"], 4)
    np.testing.assert_array_equal(found, expected[f"{name} neighbours"])
    np.testing.assert_array_equal(distances, expected[f"{name} distances"])
    gallery.append(expected["queries"])
    found, _ = gallery.nearest(expected["queries"], 1)
    assert found[:, 0].tolist() == list(range(128, 136))


# --- models ------------------------------------------------------------------------------------


def given(name: str, expected: dict[str, np.ndarray]) -> tuple[Any, np.ndarray]:
    """What a model was trained on: its input, and what is right."""
    images = expected["images"]
    if name == "pairs":
        return [images[:6], images[6:]], expected["same"]
    return images, expected["labels"]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_goes_on_where_it_stopped(
    old: Path, name: str, expected: dict[str, np.ndarray]
) -> None:
    model = sl.load_model(old / f"{name}.keras")
    optimizer, its_facts, loss, facts = MODELS[name]
    assert type(model.loss) is loss
    assert model.loss.get_config().items() >= facts.items()
    if optimizer is not None:
        assert type(model.optimizer) is optimizer
    assert model.optimizer.get_config().items() >= its_facts.items()
    assert int(model.optimizer.iterations) == 3
    images, right = given(name, expected)
    close(model(images), expected[f"{name} output"])
    close(model.train_on_batch(images, right), expected[f"{name} loss"])
    close(model(images), expected[f"{name} output later"])


def test_models_load_in_a_fresh_process(old: Path, expected: dict[str, np.ndarray]) -> None:
    script = f"""
import json, numpy as np, siamese_lib as sl
from pathlib import Path
outputs, old = {{}}, Path({str(old)!r})
with np.load(old / "expected.npz") as expected:
    images = expected["images"]
for name in {sorted(MODELS, reverse=True)}:
    model = sl.load_model(old / f"{{name}}.keras")
    given = [images[:6], images[6:]] if name == "pairs" else images
    outputs[name] = np.asarray(model(given)).tolist()
print(json.dumps(outputs))
"""
    fresh = subprocess.run(
        [sys.executable, "-c", script], cwd=LIBRARY, check=True, capture_output=True, text=True
    )
    outputs = json.loads(fresh.stdout.splitlines()[-1])
    assert outputs.keys() == MODELS.keys()
    for name, output in outputs.items():
        close(output, expected[f"{name} output"])
