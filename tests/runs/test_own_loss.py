"""A loss that a learner wrote in a notebook or a script, which Keras cannot find again by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import numpy as np
import siamese_lib as sl
from tiny_training import SHAPE, Training, corners
import keras

def own_loss(labels, embeddings):
    return keras.ops.mean(embeddings**2, axis=-1)

class OwnLoss(keras.losses.Loss):
    def call(self, labels, embeddings):
        return own_loss(labels, embeddings)

data, folder = corners(), sys.argv[1]
training = Training(tower=sl.conv_tower(SHAPE, 3, seed=0), pairs=sys.argv[2] == "pairs", steps=3)
training.model.compile("sgd", {"function": own_loss, "class": OwnLoss()}[sys.argv[3]])
run = training.fit().run
film = run.film(data.images, data.labels)
run.save(folder)
loaded = sl.Run.load(folder)
again = loaded.film(data.images, data.labels)
np.testing.assert_array_equal(film.frames, again.frames)
np.testing.assert_array_equal(run.tower.get_weights()[0], loaded.tower.get_weights()[0])
training.tower.save(folder + "/tower.keras")
tower = sl.load_model(folder + "/tower.keras", compile=False)
np.testing.assert_array_equal(run.tower.get_weights()[0], tower.get_weights()[0])
"""


@pytest.mark.parametrize("kind", ["function", "class"])
@pytest.mark.parametrize("model", ["tower", "pairs"])
def test_recorder_film_save_and_load_take_it(tmp_path: Path, model: str, kind: str) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "run"), model, kind]
    tests = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=tests, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
