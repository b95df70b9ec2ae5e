"""A run of one frame embeds as the whole run does at that frame, in another process too."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.runs.last_frame import one_frame


def saved(path: Path) -> Path:
    tower = sl.conv_tower((12, 12, 1), 2, seed=0)
    frames = [np.stack([w, w / 2, 0.9 * w]) for w in tower.get_weights()]
    return sl.Run(tower, [0, 10, 20], frames).save(path)


@pytest.mark.parametrize("frame", [-1, 0, 1])
def test_it_embeds_as_the_run_does(tmp_path: Path, frame: int) -> None:
    run = sl.Run.load(saved(tmp_path / "run"))
    images = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 1), dtype=np.uint8)
    one = one_frame(run, frame)
    assert (len(one), one.steps[0], one.image_shape) == (1, run.steps[frame], run.image_shape)
    content = pickle.dumps(one)
    assert len(content) < 2 * sum(weight.nbytes for weight in run.weights())
    for each in one, pickle.loads(content):
        assert np.array_equal(each.embed(images), run.embed(images, frame))
    with pytest.raises(IndexError, match="frame is 3"):
        one_frame(run, 3)
