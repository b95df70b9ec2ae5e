"""Every part takes any Keras model from images to vectors, compiled with any loss.

`own_towers` has a tower of each kind. Each is recorded, looked at, saved, loaded and resumed.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from own_towers import (
    AGAIN,
    BY_NAME,
    KERAS,
    TOWERS,
    OwnLoss,
    batch_normalisation_and_dropout,
    bfloat16_weights,
    frozen_backbone,
    no_input,
    own_loss,
    subclassed,
)
from tiny_training import SHAPE, Training, at_step, corners, corners_dataset

import siamese_lib as sl
from siamese_lib.network.any_tower import called
from siamese_lib.network.backend import keras

DATA = corners_dataset()
IMAGES = DATA.test.images[:20]
STEPS = 6
HALF = 0.5
# Whose weights, statistics and random numbers a checkpoint has to bring back.
WITH_STATE = [
    batch_normalisation_and_dropout, frozen_backbone, no_input, bfloat16_weights, subclassed
]  # fmt: skip
Make = Callable[[], keras.Model]


def untrained(make: Make) -> sl.Run:
    tower = make()
    called(tower, IMAGES[:1])
    frames = [weight[None] for weight in tower.get_weights()]
    return sl.Run(tower, [0], frames, image_shape=SHAPE)


def embedded(tower: keras.Model, images: np.ndarray = IMAGES) -> np.ndarray:
    return keras.ops.convert_to_numpy(called(tower, images)).astype(np.float32)


def compiled(make: Make, loss: Any = own_loss, *, eager: bool = True, **options: Any) -> Training:
    """Compile a training; a few eager steps take less time than to trace one."""
    training = Training(tower=make(), steps=STEPS, **options)
    momentum = keras.optimizers.SGD(0.05, momentum=0.9)
    training.model.compile(momentum, loss, jit_compile=False, run_eagerly=eager)
    return training


class Trained:
    """A recorded training of a tower, and what the tower made of the images at each frame."""

    def __init__(self, make: Make, folder: Path) -> None:
        keras.utils.set_random_seed(0)
        folder = folder / "run"
        training = compiled(make, eager=False, frame_every=2, folder=folder, validation=DATA.test)
        self.tower, self.recorder = training.tower, training.recorder
        self.seen: list[np.ndarray] = []
        self.out = io.StringIO()
        self.view = sl.LiveView(self.recorder, DATA.test, images=20, share=10)
        training.fit(
            before=[sl.Guard()],
            after=[sl.Progress(self.recorder, stream=self.out), self.view, self._looking()],
        )
        self.folder, self.run = folder, self.recorder.run

    def _looking(self) -> keras.callbacks.Callback:
        def look(*_: object) -> None:
            if self.recorder.step % 2 == 0:
                self.seen.append(embedded(self.tower))

        return keras.callbacks.LambdaCallback(
            on_train_begin=look, on_train_batch_end=lambda batch, logs: look()
        )


@pytest.fixture(scope="module", params=TOWERS, ids=lambda make: make.__name__)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(request.param, tmp_path_factory.mktemp("any"))


def given_to(make: Make) -> dict[str, Any]:
    """What `Run.load` needs for a tower."""
    if make in AGAIN:
        return {"tower": make()}
    return {"custom_objects": BY_NAME[make]} if make in BY_NAME else {}


# --- record, film, explorer, page ----------------------------------------------------------------


def test_every_frame_embeds_as_the_tower_did(trained: Trained) -> None:
    before = trained.tower.get_weights()
    assert trained.run.steps.tolist() == [0, 2, 4, 6]
    for frame in (3, 0, 2, 1, 0):
        found = trained.run.embed(IMAGES, frame)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, trained.seen[frame], rtol=1e-4, atol=1e-4)
    assert (np.ptp(trained.seen, axis=0).max(axis=0) > 1e-4).all()  # each step changed it
    for ours, theirs in zip(before, trained.tower.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_it_is_guarded_reported_and_shown_live(trained: Trained) -> None:
    assert "step 6/6" in trained.out.getvalue()
    assert "precision@7" in trained.out.getvalue()
    assert not trained.view.note
    assert trained.view.view.frames.shape[1:] == (20, 2)
    assert np.isfinite(trained.run.history["loss"]).all()


def test_film_evaluation_explorer_and_page(trained: Trained, tmp_path: Path) -> None:
    run = trained.run
    film = run.make_film(DATA.test.images, DATA.test.labels)
    assert film.frames.shape == (4, 48, 2)
    assert 0 <= sl.evaluate(run, DATA).precision <= 1
    explorer = sl.RetrievalExplorer(run, DATA, k=3)
    assert len(explorer.select(index=8, frame=1).indices) == 3
    assert sl.export_html(run, DATA, tmp_path / "page.html").stat().st_size > 10_000


# --- save and load -------------------------------------------------------------------------------


def test_it_comes_back_from_its_folder(
    trained: Trained, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    make = request.node.callspec.params["trained"]
    again = sl.Run.load(trained.folder, **given_to(make))
    assert (again.image_shape, again.embedding_dim) == (SHAPE, trained.run.embedding_dim)
    for frame in range(4):
        expected = trained.run.embed(IMAGES, frame)
        np.testing.assert_allclose(again.embed(IMAGES, frame), expected, rtol=1e-4, atol=1e-4)
    half = sl.Run.load(again.save(tmp_path / "half", dtype="float16"), **given_to(make))
    length = np.abs(trained.seen[-1]).max()
    np.testing.assert_allclose(half.embed(IMAGES), trained.seen[-1], atol=0.01 * length)


def test_the_tower_of_a_run_is_a_copy(trained: Trained, request: pytest.FixtureRequest) -> None:
    make = request.node.callspec.params["trained"]
    if make in AGAIN and make.__name__ != "a_lambda":
        with pytest.raises(sl.RunError, match=r"cannot be copied.*use run\.embed"):
            _ = trained.run.tower
        return
    copy = trained.run.tower
    assert copy is not trained.tower
    np.testing.assert_allclose(embedded(copy), trained.seen[-1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("trained", [*BY_NAME, *AGAIN], indirect=True, ids=lambda m: m.__name__)
def test_missing_code_is_named(trained: Trained, request: pytest.FixtureRequest) -> None:
    make = request.node.callspec.params["trained"]
    with pytest.raises(sl.RunError, match="has code of its own") as error:
        sl.Run.load(trained.folder)
    message = str(error.value)
    assert "tower=, a model or 'module:function'" in message
    for name in BY_NAME.get(make, {}):
        assert f"{name!r}: {name}" in message
    if make in BY_NAME:
        assert "(own_towers)" in message
    else:
        assert "custom_objects" not in message


def test_a_registered_class_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = next(iter(BY_NAME))
    run = untrained(make)
    run.save(tmp_path / "run")
    known = keras.saving.get_custom_objects()
    for name, code in BY_NAME[make].items():
        monkeypatch.setitem(known, name, code)
    again = sl.Run.load(tmp_path / "run")
    np.testing.assert_allclose(again.embed(IMAGES), run.embed(IMAGES), rtol=1e-5, atol=1e-5)


def test_a_description_names_and_executes_nothing_of_others(tmp_path: Path) -> None:
    run = untrained(KERAS[0])
    run.save(tmp_path / "run")
    index = json.loads((tmp_path / "run/run.json").read_text())
    index["tower"]["layers"]["config"]["layers"][1].update(module="os", class_name="system")
    (tmp_path / "run/run.json").write_text(json.dumps(index))
    with pytest.raises(sl.RunError, match=r"system \(os\)"):
        sl.Run.load(tmp_path / "run")
    again = sl.Run.load(tmp_path / "run", tower=KERAS[0]())
    np.testing.assert_array_equal(again.embed(IMAGES), run.embed(IMAGES))


def test_runs_load_in_a_fresh_process(tmp_path: Path) -> None:
    """All that Keras describes, and a class that is given by name and as a function."""
    makes = [*KERAS[:4], next(iter(BY_NAME)), AGAIN[0]]
    runs = {}
    for number, make in enumerate(makes):
        run = untrained(make)
        runs[str(run.save(tmp_path / str(number)))] = run.embed(IMAGES).tolist()
    (tmp_path / "expected.json").write_text(json.dumps(runs))
    script = f"""
import json, sys
import numpy as np
sys.path[:0] = {sys.path!r}
import siamese_lib as sl
expected = json.loads(open({str(tmp_path / "expected.json")!r}).read())
from tiny_training import corners_dataset
images = corners_dataset().test.images[:20]
functions = ("made_by_name", "made_with_dim")
ways = [{{}}] * 4 + [{{"tower": f"own_towers:{{name}}"}} for name in functions]
for (folder, found), way in zip(expected.items(), ways, strict=True):
    np.testing.assert_allclose(sl.Run.load(folder, **way).embed(images), found, atol=1e-4)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- resume --------------------------------------------------------------------------------------


@pytest.mark.parametrize("trained", WITH_STATE, indirect=True, ids=lambda make: make.__name__)
def test_an_interrupted_training_goes_on_to_the_same_end(
    trained: Trained, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    make = request.node.callspec.params["trained"]
    rounding = 0.02 if make is bfloat16_weights else 1e-3

    def begun(**options: Any) -> Training:
        keras.utils.set_random_seed(0)
        return compiled(make, frame_every=2, folder=tmp_path, validation=DATA.test, **options)

    stopped = begun()

    def stop() -> None:
        stopped.model.stop_training = True

    stopped.fit(after=[at_step(3, stop)])
    resumed = begun(resume=True).fit()
    assert resumed.step == STEPS
    assert resumed.run.steps.tolist() == [0, 2, 4, 6]
    for frame in range(4):
        found = resumed.run.embed(IMAGES, frame)
        np.testing.assert_allclose(found, trained.seen[frame], rtol=rounding, atol=rounding)


# --- pairs, losses of one's own, and towers that are none ----------------------------------------


@pytest.mark.parametrize("make", [*KERAS, *BY_NAME, *AGAIN], ids=lambda make: make.__name__)
def test_it_is_trained_in_pairs(make: Make) -> None:
    tower = make()
    model = sl.siamese(tower, SHAPE)
    model.compile("sgd", sl.ContrastiveLoss(), jit_compile=False, run_eagerly=True)
    batches = sl.ImageBatches(corners(), sl.PairSampler(corners().labels, 8, 0), steps=2)
    recorder = sl.Recorder(tower, batches, frame_every=1)
    model.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
    np.testing.assert_allclose(recorder.run.embed(IMAGES), embedded(tower), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "loss",
    [
        own_loss,
        OwnLoss(object()),
        OwnLoss(np.zeros(3)),
        OwnLoss(HALF),
        lambda *both: own_loss(*both),
    ],
)
def test_a_loss_of_ones_own_does_not_matter(loss: Any, tmp_path: Path) -> None:
    training = compiled(KERAS[0], loss, folder=tmp_path, validation=DATA.test)
    view = sl.LiveView(training.recorder, DATA.test, images=20)
    out = io.StringIO()
    run = training.fit(after=[sl.Progress(training.recorder, stream=out), view]).run
    assert not view.note
    assert run.settings.get("margin") == (0.5 if getattr(loss, "margin", 0) is HALF else None)
    again = sl.Run.load(tmp_path)
    np.testing.assert_allclose(again.embed(IMAGES), embedded(training.tower), atol=1e-5)
    assert embedded(run.tower).shape == (20, 2)


class NeedsFloats(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.conv = keras.layers.Conv2D(2, 3)
        self.pool = keras.layers.GlobalMaxPooling2D()

    def call(self, images: object) -> object:
        return self.pool(self.conv(images))


def test_a_tower_that_takes_only_floats() -> None:
    with pytest.raises(ValueError, match="fails with images as in training, uint8 of shape"):
        compiled(NeedsFloats)
    scaled = corners().images.astype(np.float32) / 255
    data = SimpleNamespace(images=scaled, labels=corners().labels)
    training = compiled(NeedsFloats, data=data)
    run = training.fit().run
    assert run.embed(IMAGES).shape == (20, 2)  # uint8
    np.testing.assert_array_equal(run.embed(IMAGES), run.embed(IMAGES / np.float32(255)))


def test_a_function_of_tensorflow_in_a_tower_does_not_keep_old_weights() -> None:
    tf = pytest.importorskip("tensorflow")

    class Traced(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.flat, self.dense = keras.layers.Flatten(), keras.layers.Dense(2)

        @tf.function
        def call(self, images: Any) -> Any:
            return self.dense(self.flat(tf.cast(images, tf.float32) / 255))

    tower = Traced()
    called(tower, IMAGES[:1])
    run = sl.Run(tower, [0, 1], [np.stack([w, 2 * w]) for w in tower.get_weights()])
    np.testing.assert_allclose(run.embed(IMAGES, 1), 2 * run.embed(IMAGES, 0), rtol=1e-4)


def two_inputs() -> keras.Model:
    one, other = keras.Input(SHAPE), keras.Input(SHAPE)
    return keras.Model([one, other], keras.layers.Flatten()(one + other))


def two_outputs() -> keras.Model:
    images = keras.Input(SHAPE)
    flat = keras.layers.Flatten()(images)
    return keras.Model(images, [flat, flat])


def a_map() -> keras.Model:
    images = keras.Input(SHAPE)
    return keras.Model(images, keras.layers.Conv2D(2, 3)(images))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (two_inputs, "several inputs of shape"),
        (two_outputs, r"returns list for one image.*expected one vector"),
        (a_map, r"returns shape \(1, 6, 6, 2\) for one image.*expected one vector"),
    ],
)
def test_what_is_no_tower_is_refused(make: Make, message: str) -> None:
    tower = make()
    batches = sl.ImageBatches(corners(), sl.BalancedBatchSampler(corners().labels, 8, 0), steps=2)
    for use in (
        lambda: sl.Recorder(tower, batches),
        lambda: sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()]),
    ):
        with pytest.raises(ValueError, match=message):
            use()


def test_a_tower_of_no_fixed_size_needs_a_shape() -> None:
    tower = KERAS[6]()
    frames = [weight[None] for weight in tower.get_weights()]
    with pytest.raises(ValueError, match=r"takes images of any size.*pass image_shape"):
        sl.Run(tower, [0], frames)
    with pytest.raises(ValueError, match=r"of shape \(None, None, 1\); expected \(8, 8, 3\)"):
        sl.Run(tower, [0], frames, image_shape=(8, 8, 3))
    assert sl.Run(tower, [0], frames, image_shape=(9, 8, 1)).image_shape == (9, 8, 1)


def test_a_model_file_with_a_loss_of_ones_own(tmp_path: Path) -> None:
    tower = KERAS[0]()
    tower.compile("sgd", own_loss)
    tower.save(tmp_path / "tower.keras")
    with pytest.raises(ValueError, match=r"own_loss.*pass compile=False"):
        sl.load_model(tmp_path / "tower.keras")
    expected = embedded(tower)
    plain = sl.load_model(tmp_path / "tower.keras", compile=False)
    again = sl.load_model(tmp_path / "tower.keras", custom_objects={"own_loss": own_loss})
    for model in (plain, again):
        np.testing.assert_allclose(embedded(model), expected, rtol=1e-5, atol=1e-5)
    assert again.compiled
