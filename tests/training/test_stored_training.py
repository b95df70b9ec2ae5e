"""Training on a folder that stays on disk is the training that the folder gives in memory."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_training import Training, dense_tower, each_step

import siamese_lib as sl
from siamese_lib import pixels
from siamese_lib.data import folder_store, stored_images
from siamese_lib.data.stored_images import StoredImages
from siamese_lib.network.backend import keras
from siamese_lib.reports.report import _in_memory
from siamese_lib.reports.training import digest_of
from siamese_lib.runs import embedding

SHAPE = (8, 8, 3)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four classes of 30 pictures: a bright square in one of four corners, on noise."""
    root, rng = tmp_path_factory.mktemp("pictures") / "photos", np.random.default_rng(0)
    for number in range(120):
        down, across = divmod(number % 4, 2)
        pixels = rng.integers(0, 60, SHAPE, dtype=np.uint8)
        pixels[4 * down : 4 * down + 4, 4 * across : 4 * across + 4] += 150
        folder = root / f"corner {number % 4}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number:03}.png")
    return root


@pytest.fixture
def both(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[sl.Dataset, sl.Dataset]:
    """The folder in memory and on disk, in parts of seven images."""
    monkeypatch.setattr(folder_store, "PART_IMAGES", 7)
    options: dict[str, Any] = {"image_size": SHAPE[:2], "color": "rgb"}
    plain = sl.load_folder(photos, cache=False, **options)
    stored = sl.load_folder(photos, on_disk=tmp_path / "stored", **options)
    assert isinstance(stored.train.images, StoredImages)
    return plain, stored


def training(data: sl.Dataset, **options: Any) -> Training:
    tower = dense_tower(shape=SHAPE)
    return Training(data=data.train, tower=tower, validation=data.test, steps=20, **options)


@pytest.mark.parametrize("pairs", [False, True])
def test_batches_are_the_same(both: tuple[sl.Dataset, sl.Dataset], pairs: bool) -> None:
    for augment in (None, sl.PhotoDistortion()):
        made = []
        for data in both:
            labels = data.train.labels
            sampler = (sl.PairSampler if pairs else sl.BalancedBatchSampler)(labels, 8, 3)
            made.append(sl.ImageBatches(data.train, sampler, steps=20, augment=augment))
        assert made[0].white == made[1].white == 255
        for step in range(20):
            (images, target), (others, other) = (batches[step] for batches in made)
            np.testing.assert_array_equal(np.array(images), np.array(others))
            np.testing.assert_array_equal(target, other)


@pytest.mark.parametrize("pairs", [False, True])
def test_weights_history_and_evaluation_are_the_same(
    both: tuple[sl.Dataset, sl.Dataset], pairs: bool
) -> None:
    recorders = [training(data, pairs=pairs).fit() for data in both]
    runs = [recorder.run for recorder in recorders]
    for mine, theirs in zip(*(run.weights() for run in runs), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert runs[0].history["loss"] == runs[1].history["loss"]
    assert [recorder.white for recorder in recorders] == [255, 255]
    np.testing.assert_array_equal(runs[0].trained_on, runs[1].trained_on)
    plain, stored = both
    assert sl.evaluate(runs[0], plain) == sl.evaluate(runs[0], stored)
    films = [runs[0].make_film(data.test.images, data.test.labels) for data in both]
    np.testing.assert_array_equal(films[0].frames, films[1].frames)
    kept = [sl.Collection.of(runs[0], data).embeddings for data in both]
    np.testing.assert_array_equal(kept[0], kept[1])
    assert digest_of(plain.train) == digest_of(stored.train)


def test_a_training_in_memory_is_resumed_on_disk(
    both: tuple[sl.Dataset, sl.Dataset], tmp_path: Path
) -> None:
    plain, stored = both
    whole = training(plain).fit(epochs=2).run
    first = training(plain, folder=tmp_path / "run")

    def stop() -> None:
        if first.recorder.step == 13:
            first.model.stop_training = True

    first.fit(epochs=2, after=[each_step(stop)])
    again = training(stored, folder=tmp_path / "run", resume=True).fit(epochs=2).run
    for mine, theirs in zip(whole.weights(), again.weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_images_are_embedded_in_blocks(
    both: tuple[sl.Dataset, sl.Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, stored = both
    run = training(plain).fit().run
    most: list[int] = []
    real = StoredImages._read

    def read(self: StoredImages, key: Any) -> np.ndarray:
        found = real(self, key)
        most.append(len(found))
        return found

    monkeypatch.setattr(StoredImages, "_read", read)
    for white in (255, 1):
        run._towers.white = white
        found = run.embed(stored.train.images, batch_size=3)
        assert max(most) == 3 * embedding._BATCHES
        np.testing.assert_array_equal(found, run.embed(plain.train.images, batch_size=3))
    run._towers.white = 255
    most.clear()
    for module, limit in ((stored_images, "_BLOCK"), (pixels, "_LOOKED_AT")):
        monkeypatch.setattr(module, limit, 12 * math.prod(SHAPE))
    once = run.embed_once(stored.train.images, batch_size=3)
    assert max(most) == 3 * embedding._BATCHES == 12  # also where their digest is computed
    np.testing.assert_array_equal(once, run.embed_once(plain.train.images, batch_size=3))
    assert run.embed(stored.train.rows(np.array([], int)).images).shape == (0, 2)


def test_batches_are_read_in_other_threads_ahead_of_the_training(
    both: tuple[sl.Dataset, sl.Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first step waits, batches after it are read."""
    made = training(both[1])
    threads, enough = set(), threading.Event()
    real = StoredImages._read

    def read(self: StoredImages, key: Any) -> np.ndarray:
        threads.add(threading.current_thread())
        if made.batches.asked - asked > 4:
            enough.set()
        return real(self, key)

    asked = made.batches.asked
    monkeypatch.setattr(StoredImages, "_read", read)
    waited = []
    wait = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: waited.append(enough.wait(60))
    )
    made.fit(before=[wait])
    assert all(waited)
    assert threads - {threading.main_thread()}


def test_memory_stays_far_below_the_pixels(tmp_path: Path) -> None:
    """In a process of its own: 184 MiB of pixels are loaded, batched and gone through."""
    for number in range(80):
        folder = tmp_path / "photos" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.full((4, 4, 3), number, np.uint8)
        pixels[0, 0] = number % 7
        Image.fromarray(pixels).save(folder / f"{number}.png")
    program = f"""
import resource, warnings
import numpy as np
import siamese_lib as sl
from siamese_lib.training.batches import ImageBatches
from siamese_lib.network.backend import keras
from PIL import Image
warnings.simplefilter("ignore")
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
small = sl.load_folder({str(tmp_path / "photos")!r}, image_size=(8, 8), color="rgb", on_disk=True)
before = peak()
data = sl.load_folder({str(tmp_path / "photos")!r}, image_size=(1024, 1024), color="rgb",
                      on_disk={str(tmp_path / "stored")!r}, verbose=False)
batches = ImageBatches(data.train, sl.BalancedBatchSampler(data.train.labels, 4), steps=40)
for step in range(40):
    batches[step]
assert data.train.images.any() and len(data.copies.in_both) == len(data.test)
print(data.train.images.nbytes / 2**20, peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pixels, grown = map(float, done.stdout.split())
    assert pixels > 170
    assert grown < 100  # a part of 32 MiB, a block, and what eight threads decode


def test_explorer_pages_curation_and_reports_take_a_folder_on_disk(
    both: tuple[sl.Dataset, sl.Dataset], tmp_path: Path
) -> None:
    plain, stored = both
    run = training(plain).fit().run
    pages = [
        sl.export_html(run, data, tmp_path / f"{number}.html", images=20, gallery=40)
        for number, data in enumerate(both)
    ]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    explorers = [sl.RetrievalExplorer(run, data) for data in both]
    choices: list[dict[str, Any]] = [{"index": 3}, {"train": 5, "frame": 0}]
    for chosen in choices:
        first, second = (str(explorer.select(**chosen)) for explorer in explorers)
        assert first == second
    assert explorers[0].still() == explorers[1].still()
    found = [sl.curation.near_duplicates(data.train.images, count=3) for data in both]
    np.testing.assert_array_equal(found[0].indices, found[1].indices)
    whole = _in_memory(stored)
    assert isinstance(whole.train.images, np.ndarray)
    np.testing.assert_array_equal(whole.test.images, plain.test.images)
