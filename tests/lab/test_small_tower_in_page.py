"""The tower that trains in a page is that of Keras, and its steps are those of Keras."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from in_node import LIBRARY, in_node

import siamese_lib as sl
from siamese_lib.network.backend import keras

STEPS = """({ shape, dim, output, lengths, weights, steps, settings }) => {
  const floats = new Float32Array(weights.slice().buffer);
  let begin = 0;
  const given = lengths.map((length) => floats.slice(begin, (begin += length)));
  const tower = new SmallTower(shape, dim, { output, weights: given });
  const first = [...tower.embed(steps[0].images)];
  const made = steps.map(({ images, targets }) => {
    const loss = tower.step(images, targets, settings);
    return { loss, weights: tower.weights().map((array) => [...array]) };
  });
  return { first, made };
}"""
SHAPE = (13, 9, 1)
LOSSES: dict[str, tuple[dict[str, Any], keras.losses.Loss]] = {
    "pairs": ({"loss": "pairs"}, sl.ContrastiveLoss(0.8)),
    "every pair": ({"loss": "every_pair"}, sl.InBatchContrastiveLoss(0.8)),
    "hardest triplets": ({"loss": "triplet"}, sl.BatchTripletLoss(0.8)),
    "every triplet": (
        {"loss": "triplet", "hardest": False},
        sl.BatchTripletLoss(0.8, hardest=False),
    ),
}
OPTIMIZERS: dict[str, tuple[dict[str, Any], Any]] = {
    "SGD": (
        {"optimizer": "sgd", "learningRate": 0.02, "momentum": 0.9},
        lambda: keras.optimizers.SGD(0.02, momentum=0.9),
    ),
    "Adam": ({"optimizer": "adam", "learningRate": 0.001}, lambda: keras.optimizers.Adam(0.001)),
}


@pytest.mark.parametrize("output", ["linear", "sigmoid", "unit"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_steps_are_those_of_keras(loss: str, optimizer: str, output: str) -> None:
    """Ten steps of batches that are no multiple of the eight images that the kernels take."""
    tower, rng = tower_with_biases(SHAPE, 3, output), np.random.default_rng(2)
    (settings, keras_loss), (more, make) = LOSSES[loss], OPTIMIZERS[optimizer]
    start = [weight.copy() for weight in tower.get_weights()]
    batches = [rng.integers(0, 256, (20, *SHAPE)).astype(np.uint8) for _ in range(10)]
    pairs = loss == "pairs"
    targets = np.array([1, 0] * 5 if pairs else [0, 1, 2, 2] * 5, np.uint8)
    given = {
        "shape": SHAPE,
        "dim": 3,
        "output": output,
        "lengths": [weight.size for weight in start],
        "weights": b"".join(weight.astype("<f4").tobytes() for weight in start),
        "steps": [{"images": each.tobytes(), "targets": targets.tolist()} for each in batches],
        "settings": {"margin": 0.8} | settings | more,
    }
    done = in_node("lab/small_tower.js", "SmallTower", STEPS, given)
    first = np.asarray(tower(batches[0]))
    np.testing.assert_allclose(np.reshape(done["first"], (20, 3)), first, atol=1e-5)
    model = sl.siamese(tower) if pairs else tower
    model.compile(make(), keras_loss, run_eagerly=True)
    sure = np.ones(tower.count_params(), bool)
    for number, (images, made) in enumerate(zip(batches, done["made"], strict=True)):
        value = model.train_on_batch([images[:10], images[10:]] if pairs else images, targets)
        # Of the steps before, Adam made some of rounding errors, as is said below.
        most = 1e-4 if optimizer == "Adam" and number else 1e-5
        assert made["loss"] == pytest.approx(float(value), abs=most)
        assert value > 0.01
        mine, theirs = np.concatenate(made["weights"]), flat(tower.get_weights())
        sure = sure & gradients_are_sure(model.optimizer, number + 1, len(mine))
        if number in (0, 9):
            assert sure.mean() > 0.4
            np.testing.assert_allclose(mine[sure], theirs[sure], rtol=0, atol=1e-5)
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-3)
    moved = [np.abs(a - b).max() for a, b in zip(start, tower.get_weights(), strict=True)]
    assert min(moved[:-1]) > 1e-4


@pytest.mark.parametrize("dim", [1, 2, 3, 64])
@pytest.mark.parametrize("shape", [(28, 28, 1), (48, 48, 3), (9, 35, 1), (8, 8, 4)])
def test_embeddings_are_those_of_keras(shape: tuple[int, int, int], dim: int) -> None:
    tower = tower_with_biases(shape, dim, "linear")
    images = np.random.default_rng(1).integers(0, 256, (9, *shape)).astype(np.uint8)
    given = {
        "shape": shape,
        "dim": dim,
        "lengths": [weight.size for weight in tower.get_weights()],
        "weights": b"".join(weight.astype("<f4").tobytes() for weight in tower.get_weights()),
        "steps": [{"images": images.tobytes(), "targets": [0, 1, 2] * 3}],
        "settings": {"loss": "every_pair", "margin": 1} | OPTIMIZERS["Adam"][0],
    }
    done = in_node("lab/small_tower.js", "SmallTower", STEPS, given)
    expected = np.asarray(tower(images))
    assert expected.std(axis=0).min() > 0.01
    np.testing.assert_allclose(np.reshape(done["first"], (9, dim)), expected, atol=1e-5)


def test_the_compiled_kernels_are_those_of_the_source() -> None:
    source = hashlib.sha256((LIBRARY / "lab/kernels.ts").read_bytes()).hexdigest()
    made = (LIBRARY / "lab/compiled_kernels.js").read_text(encoding="utf-8")
    assert f'"{source}"' in made, "kernels.ts has changed: run `make lab-kernels`"


def gradients_are_sure(optimizer: keras.optimizers.Optimizer, steps: int, count: int) -> np.ndarray:
    """Return which weights have gradients that are not rounding errors, as Adam's steps see them.

    Adam divides a gradient by the size of those before. Where these should be 0, it makes whole
    steps of their rounding errors: distances do not change when all embeddings move together, so
    the biases of a linear output, and of hidden units that are never cut off, have no gradient.
    """
    if not isinstance(optimizer, keras.optimizers.Adam):
        return np.ones(count, bool)
    squares = flat([np.asarray(each) for each in optimizer._velocities])
    sizes = np.sqrt(squares / (1 - 0.999**steps))
    return sizes > 3e-5


def flat(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays])


def tower_with_biases(shape: tuple[int, int, int], dim: int, output: str) -> keras.Model:
    """Return a tower whose biases, which begin with 0, are small numbers."""
    tower, rng = sl.small_tower(shape, dim, output=output, seed=1), np.random.default_rng(1)
    weights = tower.get_weights()
    for bias in weights[1::2]:
        bias[:] = rng.uniform(0, 0.1, bias.shape)
    tower.set_weights(weights)
    return tower
