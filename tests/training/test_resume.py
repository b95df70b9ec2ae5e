"""An interrupted training goes on as the same training, or is refused and told why."""

from __future__ import annotations

import json
import linecache
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_training import SHAPE, at_step, corners, dense_tower

import siamese_lib as sl
from siamese_lib.network.backend import keras, layers, ops
from siamese_lib.training import resume
from siamese_lib.training.batches import settings_of
from siamese_lib.training.resume import described, differences

EPOCHS, STEPS = 3, 4


def muon(rate: float = 0.02, momentum: float = 0.9, end: float = 0.0) -> keras.optimizers.Optimizer:
    schedule = keras.optimizers.schedules.PolynomialDecay(rate, EPOCHS * STEPS, end)
    return sl.Muon(schedule, momentum=momentum)


def noisy_tower(activation: str = "relu", dropout: float = 0.5, seed: int = 1) -> keras.Model:
    """A tower within a tower, whose training draws random numbers of its own."""
    images = keras.Input(SHAPE)
    first = layers.Conv2D(3, 3, activation=activation, kernel_initializer=glorot(seed))
    noisy = layers.Dropout(dropout, seed=0)(first(images))
    inner = keras.Input(noisy.shape[1:])
    vectors = layers.Dense(2, kernel_initializer=glorot(2))(layers.Flatten()(inner))
    return keras.Model(images, keras.Model(inner, vectors)(noisy))


def glorot(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed)


class Noise:
    """An augmentation whose repr does not say what it is set to."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return images + rng.integers(0, self.most + 1, images.shape, np.uint8)


def brighter(by: int) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    return lambda images, rng: images + np.uint8(by)


def in_batch(labels: np.ndarray, size: int = 8, seed: int = 0) -> sl.BalancedBatchSampler:
    return sl.BalancedBatchSampler(labels, size, seed)


def in_pairs(labels: np.ndarray, seed: int = 0, same: float = 0.5) -> sl.PairSampler:
    return sl.PairSampler(labels, 4, seed, same_fraction=same)


def fit(folder: Path, *, crash: bool = False, **changed: Any) -> None:
    """Train; each of the parts can be another."""
    pairs = changed.get("pairs", False)
    data = changed.get("data", corners())
    sampler = changed.get("sampler", in_pairs if pairs else in_batch)(data.labels)
    augment = changed.get("augment", sl.RandomShift(1))
    batches = sl.ImageBatches(data, sampler, steps=changed.get("steps", STEPS), augment=augment)
    tower = changed.get("tower", noisy_tower)()
    model = sl.siamese(tower) if pairs else tower
    loss = sl.ContrastiveLoss() if pairs else sl.InBatchContrastiveLoss()
    loss = changed.get("loss", loss)
    model.compile(changed.get("optimizer", muon)(), loss, jit_compile=False)
    options = {"frames": 4, **changed.get("options", {})}
    recorder = sl.Recorder(tower, batches, folder=folder, resume=not crash, **options)
    callbacks: list[Any] = [recorder, *changed.get("callbacks", [])]
    if crash:
        callbacks.append(at_step(6, lambda: stop(model)))
    epochs = changed.get("epochs", EPOCHS)
    model.fit(batches, epochs=epochs, callbacks=callbacks, shuffle=False, verbose=0)
    assert recorder.step == (6 if crash else EPOCHS * STEPS)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the facts in a checkpoint."""
    with np.load(folder / "checkpoint.npz") as file:
        arrays = dict(file)
    facts = json.loads(arrays["facts"].tobytes())
    change(facts)
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(folder / "checkpoint.npz", **arrays)


def stop(model: keras.Model) -> None:
    model.stop_training = True


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of trainings that were stopped in the middle."""
    kinds: dict[str, dict[str, Any]] = {
        "in a batch": {},
        "pairs": {"pairs": True},
        "noise": {"augment": Noise(3)},
        "brighter": {"augment": brighter(3)},
        "Adam": {"optimizer": lambda: keras.optimizers.Adam(0.01)},
    }
    folders = {kind: tmp_path_factory.mktemp("interrupted") for kind in kinds}
    for kind, folder in folders.items():
        fit(folder, crash=True, **kinds[kind])
    return folders


def altered(data: sl.Split, *, labels: bool = False) -> sl.Split:
    """As many images, and other ones; or the same images, and other labels."""
    images, classes = data.images.copy(), data.labels.copy()
    if labels:
        classes = np.roll(classes, 4 * 3 + 1)
    else:
        images = 255 - images
    return sl.Split(images, classes)


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "seed": ("in a batch", {"sampler": lambda x: in_batch(x, seed=1)}, ": seed was 0, now 1"),
    "seed of pairs": (
        "pairs",
        {"pairs": True, "sampler": lambda x: in_pairs(x, seed=7)},
        ": seed was 0, now 7",
    ),
    "batch size": (
        "in a batch",
        {"sampler": lambda x: in_batch(x, size=12)},
        "images_per_step was 8, now 12",
    ),
    "kind of sampler": (
        "pairs",
        {"pairs": True, "sampler": lambda x: _OtherPairs(x)},
        "sampler was 'PairSampler', now '_OtherPairs'",
    ),
    "share of similar pairs": (
        "pairs",
        {"pairs": True, "sampler": lambda x: in_pairs(x, same=0.499)},
        "sampler same_fraction was 0.5, now 0.499",
    ),
    "number of images": ("in a batch", {"data": corners(44)}, "images was 40, now 44"),
    "images": ("in a batch", {"data": altered(corners())}, "fingerprint of the batches was"),
    "labels": (
        "in a batch",
        {"data": altered(corners(), labels=True)},
        "fingerprint of the batches was",
    ),
    "augmentation": (
        "in a batch",
        {"augment": sl.RandomAffine()},
        r"augment was 'RandomShift\(pixels=1\)', now 'RandomAffine",
    ),
    "size of the augmentation": (
        "in a batch",
        {"augment": sl.RandomShift(2)},
        r"augment was 'RandomShift\(pixels=1\)', now 'RandomShift\(pixels=2\)'",
    ),
    "no augmentation": ("in a batch", {"augment": None}, "now 'None'"),
    "hidden setting of the augmentation": (
        "noise",
        {"augment": Noise(4)},
        "augment most was 3, now 4",
    ),
    "variable of the augmentation": (
        "brighter",
        {"augment": brighter(4)},
        "augment variables 0 was 3, now 4",
    ),
    "frames": ("in a batch", {"options": {"frames": 5}}, "frames was 4, now 5"),
    "every frame": ("in a batch", {"options": {"frame_every": 2}}, "frame_every was None, now 2"),
    "settings": ("in a batch", {"options": {"settings": {"a": 1}}}, "setting a was None, now 1"),
    "steps": ("in a batch", {"steps": 5}, "total was 12, now 15; steps was 4, now 5"),
    "epochs": ("in a batch", {"epochs": 4}, "total was 12, now 16"),
    "optimizer": (
        "in a batch",
        {"optimizer": keras.optimizers.SGD},
        "optimizer was 'Muon', now 'SGD'",
    ),
    "learning rate": (
        "Adam",
        {"optimizer": lambda: keras.optimizers.Adam(0.001)},
        "optimizer learning_rate was 0.01, now 0.001",
    ),
    "momentum": (
        "in a batch",
        {"optimizer": lambda: muon(momentum=0.8)},
        "optimizer momentum was 0.9, now 0.8",
    ),
    "schedule": (
        "in a batch",
        {"optimizer": lambda: muon(end=0.01)},
        "optimizer learning_rate end_learning_rate was 0.0, now 0.01",
    ),
    "no schedule": (
        "in a batch",
        {"optimizer": lambda: sl.Muon(0.02)},
        "optimizer learning_rate was 'PolynomialDecay', now 0.02",
    ),
    "margin": (
        "in a batch",
        {"loss": sl.InBatchContrastiveLoss(2.0)},
        "loss margin was 1.0, now 2.0",
    ),
    "loss": (
        "in a batch",
        {"loss": sl.BatchTripletLoss()},
        "loss was 'InBatchContrastiveLoss', now 'BatchTripletLoss'",
    ),
    "activation": (
        "in a batch",
        {"tower": lambda: noisy_tower(activation="tanh")},
        "layers 1 activation was 'relu', now 'tanh'",
    ),
    "dropout": (
        "in a batch",
        {"tower": lambda: noisy_tower(dropout=0.4)},
        "layers 2 rate was 0.5, now 0.4",
    ),
    "seed of the tower": (
        "in a batch",
        {"tower": lambda: noisy_tower(seed=5)},
        "layers 1 kernel_initializer seed was 1, now 5",
    ),
    "tower": ("in a batch", {"tower": dense_tower}, "the weights were of other shapes"),
}


class _OtherPairs(sl.PairSampler):
    """Pairs by another class."""

    def __init__(self, labels: np.ndarray) -> None:
        super().__init__(labels, 4)


@pytest.mark.parametrize("what", REFUSED)
def test_another_training_is_refused(
    interrupted: dict[str, Path], tmp_path: Path, what: str
) -> None:
    kind, changed, words = REFUSED[what]
    folder = shutil.copytree(interrupted[kind], tmp_path / "copy")
    same = {"noise": {"augment": Noise(3)}, "brighter": {"augment": brighter(3)}}.get(kind, {})
    with pytest.raises(sl.RunError, match=words) as refusal:
        fit(folder, **{**same, **changed})
    assert "belongs to another training" in str(refusal.value)
    assert "start again without resuming" in str(refusal.value)
    assert len(str(refusal.value)) < 1000 + len(str(folder))
    assert (folder / "checkpoint.npz").exists()


@pytest.mark.parametrize(
    ("kind", "same"),
    [
        ("in a batch", {}),
        ("pairs", {"pairs": True}),
        ("noise", {"augment": Noise(3)}),
        ("brighter", {"augment": brighter(3)}),
        ("Adam", {"optimizer": lambda: keras.optimizers.Adam(0.01)}),
    ],
)
def test_the_same_training_goes_on(
    interrupted: dict[str, Path], tmp_path: Path, kind: str, same: dict[str, Any]
) -> None:
    """Made anew: Keras has given all of it other names, and Python other addresses."""
    fit(shutil.copytree(interrupted[kind], tmp_path / "copy"), **same)


def test_a_checkpoint_that_says_less_goes_on(interrupted: dict[str, Path], tmp_path: Path) -> None:
    """Version 0.1.0 did not write what a training is made of."""
    folder = shutil.copytree(interrupted["in a batch"], tmp_path / "copy")
    rewrite(folder, lambda facts: facts.pop("parts"))
    with pytest.raises(sl.RunError, match="seed was 0, now 1; optimizer was 'Muon', now 'SGD'"):
        fit(folder, sampler=lambda x: in_batch(x, seed=1), optimizer=keras.optimizers.SGD)
    fit(folder)


def test_another_number_of_processes_is_refused_if_images_are_augmented(
    interrupted: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process draws the random numbers for its part of a batch."""
    fit(tmp_path / "plain", crash=True, augment=None)
    monkeypatch.setattr(resume, "processes", lambda: 2)
    folder = shutil.copytree(interrupted["in a batch"], tmp_path / "copy")
    with pytest.raises(sl.RunError, match=r"another training: processes was 1, now 2\."):
        fit(folder)
    fit(tmp_path / "plain", augment=None)
    rewrite(folder, lambda facts: facts["parts"].pop("processes"))  # as an earlier version did
    fit(folder)


def test_a_learning_rate_that_a_callback_changes_is_no_other_training(tmp_path: Path) -> None:
    def parts() -> dict[str, Any]:
        halved = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / 2**epoch)
        return {"optimizer": lambda: keras.optimizers.Adam(0.01), "callbacks": [halved]}

    fit(tmp_path, crash=True, **parts())
    fit(tmp_path, **parts())


def test_a_training_is_resumed_in_the_same_process(tmp_path: Path) -> None:
    """With the same objects, though a callback set another learning rate and one has counted."""

    class Counting(Noise):
        seen = 0

        def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            self.seen += 1
            self._last = images
            return super().__call__(images, rng)

    data = corners()
    batches = sl.ImageBatches(data, in_batch(data.labels), steps=STEPS, augment=Counting(3))
    tower = noisy_tower()
    tower.compile(keras.optimizers.Adam(0.01), sl.InBatchContrastiveLoss(), jit_compile=False)
    for last in (6, EPOCHS * STEPS):
        halved = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / 2**epoch)
        recorder = sl.Recorder(tower, batches, folder=tmp_path, frames=4, resume=last > 6)
        callbacks = [recorder, halved, at_step(last, lambda: stop(tower))]
        tower.fit(batches, epochs=EPOCHS, callbacks=callbacks, shuffle=False, verbose=0)
        assert recorder.step == last


# --- what is described, and compared -----------------------------------------------------------


def test_a_model_is_described_by_what_its_layers_do() -> None:
    first, second = described(noisy_tower()), described(noisy_tower())
    assert first == second
    assert [layer["kind"] for layer in first[:3]] == ["InputLayer", "Conv2D", "Dropout"]
    assert first[1]["activation"] == "relu"
    assert first[3][2]["units"] == 2  # of the model within
    mixed = keras.Sequential([layers.Dense(2, dtype="mixed_bfloat16")])
    assert described(mixed)[0]["dtype"] == "mixed_bfloat16"


def test_a_layer_that_cannot_say_its_settings_is_known_by_its_kind() -> None:
    class Shy(layers.Layer):
        def __init__(self, secret: object) -> None:
            super().__init__()

    assert described(Shy(object())) == {"kind": "Shy"}
    assert described(layers.Lambda(lambda x: x))["function"] == "__lambda__"
    described(layers.Dense(2, activation=lambda x: ops.square(x)))  # without a word


def test_settings_that_another_version_has_are_passed_over() -> None:
    before = {"loss": {"kind": "Loss", "margin": 1.0, "gone": 1}, "layers": [{"kind": "Dense"}]}
    now = {"loss": {"kind": "Loss", "margin": 1.0, "new": 1}, "layers": [{"kind": "Dense"}]}
    assert list(differences(before, now)) == []
    assert list(differences({}, now)) == []
    now["layers"] = [{"kind": "Dense"}, {"kind": "Dense"}]
    assert list(differences(before, now)) == ["layers was 1 of them, now 2 of them"]


class Shift:
    """An augmentation that is a method of an object."""

    def __init__(self, by: int) -> None:
        self.by = by
        self._cache = object()

    def shifted(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.roll(images, self.by, axis=1)


def with_keyword(images: np.ndarray, rng: np.random.Generator, *, by: int = 1) -> np.ndarray:
    return images + by


def with_another(images: np.ndarray, rng: np.random.Generator, *, by: int = 2) -> np.ndarray:
    return images + by


def edited(images: np.ndarray, rng: np.random.Generator, *, by: int = 1) -> np.ndarray:
    return images - by


class Once(Noise):
    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return images


class Twice(Noise):
    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return images + images


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Shift(1).shifted, Shift(2).shifted),
        (with_keyword, with_another),
        (with_keyword, edited),
        (brighter(1), brighter(2)),
        (Once(1), Twice(1)),
        (sl.RandomShift(1), sl.RandomShift(2)),
    ],
)
def test_other_settings_of_an_augmentation_are_seen(one: Any, other: Any) -> None:
    settings = [described(settings_of(augment)) for augment in (one, other, one)]
    assert settings[0] != settings[1]
    assert settings[0] == settings[2]


@pytest.mark.parametrize("make", [lambda: Shift(1).shifted, lambda: brighter(1), lambda: Noise(2)])
def test_the_same_settings_are_the_same(make: Callable[[], Any]) -> None:
    assert described(settings_of(make())) == described(settings_of(make()))


def test_comments_and_layout_are_no_settings() -> None:
    names: dict[str, Any] = {}
    plain = "def f(x, rng):\n    return x + 1"
    texts: tuple[str, ...] = plain, "def f(x, rng):\n    # why\n    return (x +\n        1)"
    for number, text in enumerate(texts):
        name = f"<cell {number}>"
        lines = [str(line) for line in text.splitlines(keepends=True)]
        linecache.cache[name] = (len(text), None, lines, name)
        exec(compile(text, name, "exec"), names)
        assert settings_of(names["f"])["source"] == plain


def test_sets_are_described_in_one_order() -> None:
    assert described({"b", "a", "c"}) == described(frozenset("cab")) == ["a", "b", "c"]
