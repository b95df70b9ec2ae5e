"""The siamese model, its file, and the batches that `fit` sees."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from siamese_lib.data.dataset import Split
from siamese_lib.network.backend import Tensor, keras
from siamese_lib.network.losses import ContrastiveLoss
from siamese_lib.network.optimizers import Muon
from siamese_lib.network.siamese import load_model, siamese
from siamese_lib.network.towers import conv_tower
from siamese_lib.pairs.samplers import BalancedBatchSampler, PairSampler
from siamese_lib.training.batches import ImageBatches

ROOT = Path(__file__).parents[2]


def two_classes(count: int = 40) -> Split:
    """Dark images and bright ones, 8x8, labelled 3 and 8."""
    bright = np.arange(count) % 2
    noise = np.random.default_rng(0).integers(0, 120, (count, 8, 8, 1))
    images = (noise + 100 * bright[:, None, None, None]).astype(np.uint8)
    return Split(images, np.where(bright, 8, 3))


class Numbered:
    """A sampler whose batch at each step is the one image of that number."""

    def __len__(self) -> int:
        return 3

    def batch(self, step: int) -> np.ndarray:
        return np.array([step])


# The model


def test_gives_the_distance_of_the_two_embeddings():
    tower, images = conv_tower((8, 8, 1), embedding_dim=3, seed=1), two_classes().images
    left, right = np.asarray(tower(images[:5])), np.asarray(tower(images[5:10]))
    distances = siamese(tower)([images[:5], images[5:10]])
    expected = [math.dist(a, b) for a, b in zip(left, right, strict=True)]
    assert distances.shape == (5,)
    np.testing.assert_allclose(distances, expected, rtol=1e-4)


def test_holds_the_towers_own_weights_once():
    tower = conv_tower((8, 8, 1))
    model = siamese(tower)
    assert model.count_params() == tower.count_params()
    for one, other in zip(model.trainable_weights, tower.trainable_weights, strict=True):
        assert one is other
    images = two_classes().images
    before = np.asarray(tower(images))
    model.compile(Muon(0.1), ContrastiveLoss(), jit_compile=False)
    model.train_on_batch([images[:10], images[10:20]], np.ones(10))
    assert np.abs(np.asarray(tower(images)) - before).max() > 0.01


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("same", [0, 1])
def test_identical_images_have_finite_gradients(same, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model, images = siamese(conv_tower((8, 8, 1), seed=2)), two_classes().images[:4]
    finally:
        keras.config.set_dtype_policy(before)
    labels = np.full(4, same)
    for others in (images, images[[0, 1, 2, 2]]):  # all pairs identical; all but one
        with tf.GradientTape() as tape:
            loss = ContrastiveLoss()(labels, model([images, others]))
        gradients = tape.gradient(loss, model.trainable_weights)
        assert np.isfinite(loss)
        assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_learns_that_one_means_same():
    """Sampler, batches, model, loss and labels together: similar images end up nearer."""
    data = two_classes()
    tower = conv_tower((8, 8, 1), seed=3)
    model = siamese(tower)
    model.compile(keras.optimizers.Adam(3e-3), ContrastiveLoss(), jit_compile=False)
    batches = ImageBatches(data, PairSampler(data.labels, batch_size=16), steps=20)
    history = model.fit(batches, epochs=2, shuffle=False, verbose=0).history
    assert history["loss"][1] < 0.5 * history["loss"][0]
    points = np.asarray(tower(data.images))
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    same = data.labels[:, None] == data.labels[None]
    assert distances[same].mean() < 0.3 * distances[~same].mean()


@pytest.mark.parametrize("outputs", ["map", "two"])
def test_refuses_a_tower_that_does_not_give_one_vector_an_image(outputs):
    images = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(images)
    tower = keras.Model(images, images + 1 if outputs == "map" else [flat, flat + 1])
    with pytest.raises(ValueError, match=r"has 1 input.*expected .*embeddings of shape \(N, dim\)"):
        siamese(tower)


def test_refuses_a_tower_of_two_inputs():
    left, right = keras.Input((4,)), keras.Input((4,))
    with pytest.raises(ValueError, match=r"has 2 input.*expected one input, a batch of images"):
        siamese(keras.Model([left, right], left + right))


# Its file


def test_a_saved_model_loads_in_a_fresh_process(tmp_path):
    images = two_classes().images
    pair = [images[:10], images[10:20]]
    model = siamese(conv_tower((8, 8, 1), seed=4))
    model.compile(Muon(0.01, momentum=0.8), ContrastiveLoss(margin=0.7), jit_compile=False)
    model.train_on_batch(pair, np.tile([0, 1], 5))
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "pair.npz", left=pair[0], right=pair[1])
    script = f"""
import json, numpy as np, siamese_lib as sl
model = sl.load_model({str(tmp_path / "model.keras")!r})
pair = np.load({str(tmp_path / "pair.npz")!r})
distances = np.asarray(model([pair["left"], pair["right"]])).tolist()
facts = type(model.optimizer).__name__, int(model.optimizer.iterations.value), model.loss.margin
print(json.dumps([facts, distances]))
"""
    fresh = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    facts, distances = json.loads(fresh.stdout.splitlines()[-1])
    assert facts == ["Muon", 1, 0.7]
    np.testing.assert_allclose(distances, model(pair), rtol=1e-4, atol=1e-6)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"missing\.keras"):
        load_model(tmp_path / "missing.keras")


# Batches


def test_a_pair_sampler_gives_pairs_of_images():
    data = two_classes()
    sampler = PairSampler(data.labels, batch_size=6, seed=1)
    batches = ImageBatches(data, sampler)
    assert len(batches) == len(sampler)
    assert batches.images_per_step == 12
    for step in range(3):
        left, right, same = sampler.batch(step)
        (left_images, right_images), labels = batches[step]
        np.testing.assert_array_equal(left_images, data.images[left])
        np.testing.assert_array_equal(right_images, data.images[right])
        np.testing.assert_array_equal(labels, same)
        np.testing.assert_array_equal(labels, data.labels[left] == data.labels[right])


def test_a_batch_sampler_gives_images_and_their_labels():
    data = two_classes()
    sampler = BalancedBatchSampler(data.labels, batch_size=8, seed=1)
    batches = ImageBatches(data, sampler, steps=7)
    assert len(batches) == 7
    assert batches.images_per_step == 8
    images, labels = batches[2]
    np.testing.assert_array_equal(images, data.images[sampler.batch(2)])
    np.testing.assert_array_equal(labels, data.labels[sampler.batch(2)])


def test_explicit_pairs_say_no_number_of_images():
    data = two_classes()
    batches = ImageBatches(data, PairSampler.from_pairs([0, 1], [2, 4], [1, 0], batch_size=2))
    (left, _), _ = batches[0]
    assert left.shape == (2, 8, 8, 1)


def fitted_steps(
    batches: ImageBatches,
    callback: keras.callbacks.Callback | None = None,
    **options: int,
) -> list[int]:
    """Numbers of the batches that a real `fit` trains on, in order."""
    seen: list[int] = []

    def loss(y_true: Tensor, y_pred: Tensor) -> Tensor:
        seen.extend(np.asarray(y_true).ravel().astype(int).tolist())
        return keras.ops.sum(y_pred) * 0

    model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Dense(1)])
    model.compile("sgd", loss, run_eagerly=True)
    model.fit(batches, shuffle=False, verbose=0, callbacks=callback, **options)
    return seen


@pytest.mark.filterwarnings("ignore:The sampler returns one image:UserWarning")
def test_each_epoch_goes_on_with_new_batches():
    data = Split(np.zeros((20, 1, 1, 1), np.uint8), np.arange(20))
    whole = fitted_steps(ImageBatches(data, Numbered()), epochs=3)
    assert whole == list(range(whole[0], whole[0] + 9))


@pytest.mark.filterwarnings("ignore:The sampler returns one image:UserWarning")
def test_the_step_set_when_an_epoch_begins_decides_its_batches():
    """As `Recorder` does; Keras itself begins at a number of its own."""
    data = Split(np.zeros((20, 1, 1, 1), np.uint8), np.arange(20))
    batches = ImageBatches(data, Numbered(), steps=4)
    set_step = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(batches, "first_step", 4 * epoch)
    )
    assert fitted_steps(batches, set_step, epochs=3) == list(range(12))
    assert fitted_steps(batches, set_step, initial_epoch=3, epochs=5) == list(range(12, 20))


@pytest.mark.filterwarnings("ignore:The sampler returns one image:UserWarning")
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_workers_keeps_the_order_of_the_batches(workers):
    data = Split(np.zeros((40, 1, 1, 1), np.uint8), np.arange(40))
    batches = ImageBatches(data, Numbered(), steps=9, workers=workers)
    assert batches.workers == workers
    whole = fitted_steps(batches, epochs=2)
    assert whole == list(range(whole[0], whole[0] + 18))


def test_refuses_a_sampler_made_for_other_images():
    data = two_classes(40)
    with pytest.raises(ValueError, match="chooses among 30 images; expected 40"):
        ImageBatches(data, PairSampler(data.labels[:30]))


@pytest.mark.parametrize("steps", [0, -3])
def test_refuses_an_epoch_without_steps(steps):
    data = two_classes()
    with pytest.raises(ValueError, match=f"steps is {steps}; expected a whole number, 1 or more"):
        ImageBatches(data, PairSampler(data.labels), steps=steps)
