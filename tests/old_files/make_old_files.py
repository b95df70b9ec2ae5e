"""Write the old files: a run, a gallery, a model and a checkpoint of every kind.

Made by version 0.1.0 before the folders were rearranged; kept so that files of earlier versions go
on loading. ``tests/test_old_files.py`` loads them. Do not make them again with a later version:
they would no longer be old. For a new kind of file add another archive.

They were written with Keras 3.12.4, the oldest that the lock has: a newer Keras reads the models of
an older one, but not the other way round.

All of them are in one archive, ``FOLDER/0.1.0.zip``. It is small because nearly all weights of the
large towers are 0.

``conv_tower``, ``half``, ``other_tower``
    Folders of `Run.save`: with a recorded film and a film that was kept for the next time; in
    float16, with a recorded film; and of a tower that is no `conv_tower`.
``interrupted``
    The folder of a training that was stopped after step 10 of 20.
``*.gallery``
    Galleries of each index and metric, in single and in double precision.
``*.keras``
    Models compiled with each loss of the library, two with its optimizer, after three steps.
``expected.npz``
    What version 0.1.0 made of them.

Usage: python tests/old_files/make_old_files.py FOLDER
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import siamese_lib as sl  # first, because it chooses settings that Keras reads once

# isort: split
import keras
import numpy as np

SHAPE = (8, 8, 1)
NAMES = ("nw", "ne", "sw", "se")
SETTINGS = {"data": "corners", "seed": 0, "sizes": [40, 12], "about": {"augmented": False}}
GALLERIES: dict[str, dict[str, Any]] = {
    "flat": {},
    "hnsw": {"M": 2, "ef_construction": 4, "ef_search": 4},
    "ivf": {"nlist": 6, "nprobe": 1},
}
EPOCHS, STEPS, STOPPED = 5, 4, 10


def corners(count: int, seed: int) -> sl.Split:
    """A bright square in one of four corners, which is its class, on noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    images = rng.integers(0, 60, (count, *SHAPE), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[row : row + 4, column : column + 4] += 150
    return sl.Split(images, labels.astype(np.int64))


def sparse_conv_tower() -> keras.Model:
    """A `conv_tower` whose last layer learns; of the others three weights in a filter are not 0."""
    tower = sl.conv_tower(SHAPE, 2, seed=0)
    for number in range(1, 5):
        layer = tower.get_layer(f"conv{number}")
        kernel, bias = layer.get_weights()
        third = np.sort(np.abs(kernel).reshape(-1, kernel.shape[-1]), axis=0)[-3]
        layer.set_weights([np.where(np.abs(kernel) >= third, np.sign(kernel) / 2, 0), bias])
        layer.trainable = False
    return tower


def small_tower() -> keras.Model:
    """Two matrices: Muon takes the first, and leaves the last to Adam.

    The last has no bias: distances do not depend on it, so its gradient is nothing but rounding,
    which Adam would make as large as any other.
    """
    glorot = keras.initializers.GlorotUniform
    images = keras.Input(SHAPE, name="images")
    numbers = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    hidden = keras.layers.Dense(5, "relu", kernel_initializer=glorot(1))(numbers)
    last = keras.layers.Dense(2, use_bias=False, kernel_initializer=glorot(2))
    return keras.Model(images, last(hidden), name="small")


class Training:
    """A training on the corners, the same each time."""

    def __init__(
        self,
        tower: keras.Model,
        optimizer: Any,
        *,
        steps: int,
        augment: Any = None,
        **options: Any,
    ) -> None:
        data = corners(40, seed=0)
        sampler = sl.BalancedBatchSampler(data.labels, batch_size=8, seed=0)
        self.batches = sl.ImageBatches(data, sampler, steps=steps, augment=augment)
        self.tower = tower
        self.tower.compile(optimizer, sl.InBatchContrastiveLoss(margin=0.8), jit_compile=False)
        self.recorder = sl.Recorder(tower, self.batches, **options)

    def fit(self, *callbacks: keras.callbacks.Callback, epochs: int = 1) -> sl.Run:
        self.tower.fit(
            self.batches,
            epochs=epochs,
            callbacks=[self.recorder, *callbacks],
            shuffle=False,
            verbose=0,
        )
        return self.recorder.run


def interruptible(folder: Path, **options: Any) -> Training:
    """The training that was interrupted; it takes ``epochs=EPOCHS``."""
    rate = keras.optimizers.schedules.PolynomialDecay(0.02, EPOCHS * STEPS, 0.002)
    return Training(
        small_tower(),
        sl.Muon(rate),
        steps=STEPS,
        augment=sl.RandomShift(1),
        folder=folder,
        frames=6,
        settings=SETTINGS,
        **options,
    )


# --- what is written ---------------------------------------------------------------------------


def write_runs(folder: Path) -> dict[str, np.ndarray]:
    expected: dict[str, np.ndarray] = {}
    data, drawn = corners(12, seed=1), corners(1, seed=5).images
    options = {"validation": data, "frames": 3, "settings": SETTINGS}
    run = Training(sparse_conv_tower(), keras.optimizers.Adam(0.02), steps=6, **options).fit()
    run.record(run.film(data.images, data.labels, class_names=NAMES, extra=drawn, height=300))
    run.save(folder / "conv_tower")
    run.film(data.images)
    last = sl.Run(
        run.tower, run.steps[-1:], [w[None] for w in run.weights()], run.history, run.settings
    )
    last.record(run.film(data.images))
    last.save(folder / "half", dtype="float16")
    other = Training(small_tower(), sl.Muon(0.02), steps=6, **options).fit()
    other.save(folder / "other_tower")
    towers = {"other_tower": small_tower()}
    for name in ("conv_tower", "half", "other_tower"):
        saved = sl.Run.load(folder / name, tower=towers.get(name))
        embeddings = [saved.embed(data.images, frame) for frame in range(len(saved))]
        expected[f"{name} embeddings"] = np.array(embeddings)
        expected[f"{name} steps"] = saved.steps
        expected |= {f"{name} history {c}": np.array(v) for c, v in saved.history.items()}
        if name != "other_tower":
            expected[f"{name} film"] = saved.film().frames
    return expected | {"images": data.images, "labels": data.labels, "drawn": drawn}


def write_checkpoint(folder: Path) -> dict[str, np.ndarray]:
    training = interruptible(folder / "interrupted")

    def stop(batch: int, logs: Mapping[str, Any] | None) -> None:
        if training.recorder.step == STOPPED:
            training.tower.stop_training = True

    training.fit(keras.callbacks.LambdaCallback(on_train_batch_end=stop), epochs=EPOCHS)
    with tempfile.TemporaryDirectory() as temporary:
        copy = shutil.copytree(folder / "interrupted", Path(temporary) / "copy")
        run = interruptible(copy, resume=True).fit(epochs=EPOCHS)
    weights = zip(*(run.weights(frame) for frame in range(len(run))), strict=True)
    return {
        "resumed steps": run.steps,
        **{f"resumed weight {i}": np.stack(frames) for i, frames in enumerate(weights)},
        **{f"resumed history {name}": np.array(column) for name, column in run.history.items()},
    }


def write_galleries(folder: Path) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    embeddings, queries = rng.normal(size=(128, 3)), rng.normal(size=(8, 3))
    expected = {"queries": queries}
    for index, parameters in GALLERIES.items():
        for metric in ("euclidean", "cosine"):
            for dtype in ("float32", "float64"):
                vectors = embeddings.astype(dtype)
                gallery = sl.Gallery(vectors, metric, index, **parameters)
                name = f"{index}-{metric}-{dtype}"
                gallery.save(folder / f"{name}.gallery")
                found, distances = gallery.nearest(queries, 4)
                expected[f"{dtype} vectors"] = vectors
                expected |= {f"{name} neighbours": found, f"{name} distances": distances}
    return expected


def write_models(folder: Path) -> dict[str, np.ndarray]:
    images, labels = corners(12, seed=1).images, corners(12, seed=1).labels
    same = (labels[:6] == labels[6:]).astype(np.float32)
    rate = keras.optimizers.schedules.PolynomialDecay(0.02, 10, 0.002)
    models = {
        "in_batch": (small_tower(), sl.Muon(rate), sl.InBatchContrastiveLoss(margin=0.8)),
        "pairs": (
            sl.siamese(small_tower()),
            sl.Muon(0.01, momentum=0.8, adam_ratio=0.5),
            sl.ContrastiveLoss(margin=0.7),
        ),
        "triplets": (
            small_tower(),
            keras.optimizers.Adam(0.01),
            sl.BatchTripletLoss(margin=0.6, hardest=False),
        ),
    }
    expected = {}
    for name, (model, optimizer, loss) in models.items():
        given, wanted = ([images[:6], images[6:]], same) if name == "pairs" else (images, labels)
        model.compile(optimizer, loss, jit_compile=False)
        for _ in range(3):
            model.train_on_batch(given, wanted)
        model.save(folder / f"{name}.keras")
        expected[f"{name} output"] = np.asarray(model(given))
        # A fourth step shows whether the optimizer's state was saved.
        model.reset_metrics()
        expected[f"{name} loss"] = np.asarray(model.train_on_batch(given, wanted))
        expected[f"{name} output later"] = np.asarray(model(given))
    return expected | {"same": same}


def main(folder: Path) -> None:
    expected: dict[str, Any] = {"version": np.array(sl.__version__)}
    with tempfile.TemporaryDirectory() as temporary:
        for write in (write_runs, write_checkpoint, write_galleries, write_models):
            expected |= write(Path(temporary))
        np.savez_compressed(Path(temporary) / "expected.npz", **expected)
        shutil.make_archive(str(folder / sl.__version__), "zip", temporary)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
