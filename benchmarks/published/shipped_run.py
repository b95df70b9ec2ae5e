"""Train the run that comes with the package: ``make shipped-run``.

The 2-D recipe trains on the full training set for some four minutes. The last frame is kept, in
half precision, and measured after it was read back. A film of some test images takes the place of
the other frames. The tower is saved in float32, wherever it was trained, because that runs well
anywhere. The run remembers the training images; ``--images-only`` writes just that again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.ours import RECIPES, full_mnist, train
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.runs.run_files import write_trained_on
from siamese_lib.runs.shipped import FOLDER

FILMED = 1_000  # test images


def main() -> None:
    """Train, keep the last frame, measure it, and save it with the measurements."""
    digits = full_mnist()
    recipe = RECIPES["2-D, long"]
    trained = train(recipe, digits).run
    frames = [trained.weights(frame) for frame in range(len(trained))]
    tower = sl.conv_tower(trained.image_shape, trained.embedding_dim, dtype="float32")
    run = sl.Run(
        tower, trained.steps, [np.stack(kept) for kept in zip(*frames, strict=True)],
        trained.history, {"margin": recipe.margin},
    )  # fmt: skip
    last = sl.Run(run.tower, run.steps[-1:], [weight[None] for weight in run.weights()], None)
    last.settings = {"data": "mnist", **recipe.settings()}
    with tempfile.TemporaryDirectory() as folder:
        quality = sl.evaluate(sl.Run.load(last.save(Path(folder) / "run", dtype="float16")), digits)
    last.settings |= {"precision": quality.precision, "accuracy": quality.accuracy}
    few = slice(0, FILMED)
    film = run.film(
        digits.test.images[few], digits.test.labels[few], class_names=digits.class_names
    )
    last.record(film)
    last.save(FOLDER, dtype="float16")
    remember_images(digits.train.images)
    print(quality)


def remember_images(images: np.ndarray) -> None:
    """Write into the shipped run that it was trained on these images."""
    index = json.loads((FOLDER / "run.json").read_text())
    known = np.unique(fingerprints(images))
    write_trained_on(FOLDER, index["frames"]["sha256"], known)


if __name__ == "__main__":
    if sys.argv[1:] == ["--images-only"]:
        remember_images(full_mnist().train.images)
    else:
        main()
