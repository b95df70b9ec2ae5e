"""What must hold on Keras' JAX backend. `test_jax.py` runs this file, in a process of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TypeAlias, cast

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np
import pytest
from own_towers import Subclassed, subclassed
from tiny_training import Training, at_step, corners, corners_dataset, dense_tower

import siamese_lib as sl
from benchmarks.parts.gpu.device_training import DeviceTraining, gathered, precision_at_7
from siamese_lib.network.any_tower import called
from siamese_lib.network.backend import keras

# Tower, model, loss, optimizer, data and sampler.
Setup: TypeAlias = tuple[
    keras.Model,
    keras.Model,
    keras.losses.Loss,
    keras.optimizers.Optimizer,
    sl.Split,
    sl.BalancedBatchSampler | sl.PairSampler,
]


def in_batch(sampler_seed: int = 0) -> Setup:
    data, tower = corners(), dense_tower()
    sampler = sl.BalancedBatchSampler(data.labels, 8, sampler_seed)
    return tower, tower, sl.InBatchContrastiveLoss(), sl.Muon(0.02), data, sampler


def original_pairs() -> Setup:
    data, tower = corners(), dense_tower()
    optimizer = keras.optimizers.SGD(0.01, momentum=0.99, nesterov=True)
    sampler = sl.PairSampler(data.labels, 8, 0)
    return tower, sl.siamese(tower), sl.ContrastiveLoss(0.5), optimizer, data, sampler


def scaled() -> Setup:
    tower, model, loss, optimizer, data, sampler = in_batch()
    return tower, model, loss, keras.optimizers.LossScaleOptimizer(optimizer), data, sampler


recipes = pytest.mark.parametrize("recipe", [in_batch, original_pairs, scaled])


def weights_close(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


# Plain Keras


def test_the_device_says_which_backend_trains():
    found = sl.device()
    assert (found.backend, found.kind) == ("jax", "cpu")
    assert str(found).endswith("with Keras on jax")
    assert sl.compile_options() == {}


@pytest.mark.parametrize("pairs", [False, True])
def test_fit_is_recorded_guarded_and_reported(pairs):
    training = Training(pairs=pairs, steps=12, frames=4, validation=corners(40, seed=1))
    training.model.compile("sgd", training.model.loss, **sl.compile_options())
    out = io.StringIO()
    recorder = training.fit(before=[sl.Guard()], after=[sl.Progress(training.recorder, stream=out)])
    run = recorder.run
    assert run.steps.tolist() == [0, 1, 5, 12]
    films = np.stack([run.embed(training.batches.data.images, frame) for frame in range(4)])
    assert (np.abs(np.diff(films, axis=0)).max(axis=(1, 2)) > 1e-5).all()
    assert np.isfinite(run.history["loss"]).all()
    assert "step 12/12" in out.getvalue()
    assert "precision@7" in out.getvalue()


def test_a_frame_is_the_tower_as_it_was_at_that_step():
    short = Training(steps=5)
    short.fit()
    long = Training(steps=12, frame_every=5)
    run = long.fit().run
    images = corners().images
    np.testing.assert_allclose(run.embed(images, 1), short.tower.predict(images, verbose=0), 1e-4)


def test_any_tower_is_recorded_saved_and_resumed(tmp_path):
    whole = Training(tower=subclassed(), steps=6, frame_every=3, folder=tmp_path / "whole")
    run = whole.fit().run
    images = corners().images
    embeddings = np.asarray(whole.tower(images, training=False))
    np.testing.assert_allclose(run.embed(images), embeddings, atol=1e-5)
    assert (np.abs(np.diff([run.embed(images, f) for f in range(3)], axis=0)) > 1e-5).any()
    again = sl.Run.load(tmp_path / "whole", custom_objects={"Subclassed": Subclassed})
    np.testing.assert_allclose(again.embed(images, 1), run.embed(images, 1), atol=1e-5)

    stopped = Training(tower=subclassed(), steps=6, frame_every=3, folder=tmp_path / "stopped")
    called(stopped.tower, images)
    stopped.tower.set_weights(run.weights(0))

    def stop() -> None:
        stopped.model.stop_training = True

    stopped.fit(after=[at_step(4, stop)])
    options = {"frame_every": 3, "folder": tmp_path / "stopped", "resume": True}
    resumed = Training(tower=subclassed(), steps=6, **options).fit().run
    for frame in range(3):  # with the statistics and the random numbers of the first
        np.testing.assert_allclose(
            resumed.embed(images, frame), run.embed(images, frame), atol=2e-4
        )


def test_fit_takes_the_batches_in_the_samplers_order():
    data, trained_on = corners(), []

    def noted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        trained_on.append(images)
        return images

    training = Training(steps=4)
    training.batches.augment = noted
    training.fit(epochs=2)
    steps = [data.images[training.batches.sampler.batch(step)] for step in range(8)]
    np.testing.assert_array_equal(trained_on[-4:], steps[4:])
    losses = Training(steps=4).fit(epochs=2).history["loss"]
    _, model, loss, _, data, sampler = in_batch()
    device = DeviceTraining(model, loss, keras.optimizers.SGD(0.01), data, sampler)
    np.testing.assert_allclose(losses, device.run(8), rtol=1e-4)


def test_an_interrupted_fit_goes_on_to_the_same_end(tmp_path):
    whole = Training(steps=10)
    whole.fit()
    stopped = Training(steps=10, folder=tmp_path / "run")

    def stop() -> None:
        stopped.model.stop_training = True

    stopped.fit(after=[at_step(4, stop)])
    resumed = Training(steps=10, folder=tmp_path / "run", resume=True)
    assert resumed.fit().step == 10
    weights_close(resumed.tower.get_weights(), whole.tower.get_weights())
    assert sl.Run.load(tmp_path / "run", tower=dense_tower()).steps[-1] == 10


def test_guard_stops_what_diverges():
    training = Training(steps=40, optimizer=keras.optimizers.SGD(1e30))
    with pytest.raises(sl.DivergedError):
        training.fit(before=[sl.Guard()])


# Many steps in a call


@recipes
def test_on_the_device_the_same_network_is_trained(recipe):
    tower, model, loss, optimizer, data, sampler = recipe()
    before = tower.get_weights()
    training = DeviceTraining(model, loss, optimizer, data, sampler, chunk=2)
    losses = np.asarray(training.run(3))
    weights_close(tower.get_weights(), before)  # the model's own stay as they were

    tower, model, loss, optimizer, data, sampler = recipe()
    model.compile(optimizer, loss)
    batches = sl.ImageBatches(data, sampler, steps=3)
    recorder = sl.Recorder(tower, batches, frame_every=1)
    model.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
    weights_close(training.weights(), tower.get_weights())
    np.testing.assert_allclose(losses, recorder.history["loss"], rtol=1e-4)
    moved = [np.abs(now - old).max() for now, old in zip(training.weights(), before, strict=True)]
    assert max(moved) > 1e-4


def test_chunks_and_calls_change_nothing():
    ends = []
    for chunk, calls in ((5, (5,)), (2, (1, 4))):
        _, model, loss, optimizer, data, sampler = in_batch()
        training = DeviceTraining(model, loss, optimizer, data, sampler, chunk=chunk, shift=1)
        for steps in calls:
            training.run(steps)
        assert training.step == 5
        ends.append(training.weights())
    weights_close(*ends)


def test_images_from_the_host_give_the_same_steps():
    ends = []
    for way in ("run", "run_from_host"):
        _, model, loss, optimizer, data, sampler = in_batch()
        training = DeviceTraining(model, loss, optimizer, data, sampler)
        getattr(training, way)(3)
        ends.append(training.weights())
    weights_close(*ends)


def test_images_are_shifted_as_random_shift_does():
    images, batch = corners(20).images, np.arange(20) % 7
    key = jax.random.key(3)
    moved = np.asarray(gathered(jnp.asarray(images), jnp.asarray(batch), key, shift=2))

    class Drawn:
        def integers(self, *_: object) -> np.ndarray:
            return np.asarray(jax.random.randint(jax.random.fold_in(key, 0), (2, 20, 1), -2, 3))

    drawn = cast(np.random.Generator, Drawn())
    np.testing.assert_array_equal(moved, sl.RandomShift(2)(images[batch], drawn))
    other = gathered(jnp.asarray(images), jnp.asarray(batch), key, shift=2, side=1)
    assert (moved != np.asarray(other)).any()
    still = gathered(jnp.asarray(images), jnp.asarray(batch), key)
    np.testing.assert_array_equal(still, images[batch])


def test_precision_is_that_of_evaluate():
    data = corners_dataset()
    tower, model, loss, optimizer, _, sampler = in_batch()
    training = DeviceTraining(model, loss, optimizer, data.train, sampler)
    training.run(2)
    run = sl.Run(tower, [0], [weight[None] for weight in training.weights()])
    found = precision_at_7(training, tower, data)
    assert found == pytest.approx(sl.evaluate(run, data).precision, abs=1e-3)
    assert found < 1


def arrays_in(jaxpr: jax.extend.core.Jaxpr) -> Iterator[tuple[int, ...]]:
    """Shapes of all that a computation makes, the bodies of its loops included."""
    for equation in jaxpr.eqns:
        yield from (getattr(out.aval, "shape", ()) for out in equation.outvars)
        for inner in jax.tree.leaves(
            equation.params, is_leaf=lambda part: hasattr(part, "jaxpr") or hasattr(part, "eqns")
        ):
            body = getattr(inner, "jaxpr", inner)
            if hasattr(body, "eqns"):
                yield from arrays_in(body)


@pytest.mark.parametrize(
    "loss",
    [
        sl.InBatchContrastiveLoss(),
        sl.BatchTripletLoss(),
        sl.BatchTripletLoss(hardest=False),
        sl.SupervisedContrastiveLoss(),
    ],
    ids=["in-batch", "batch-hard", "batch-all", "supervised"],
)
def test_no_loss_makes_an_array_of_pairs_times_dimensions(loss):
    labels = np.arange(11) % 3
    points = np.random.default_rng(0).normal(0, 0.3, (11, 37)).astype(np.float32)
    points[1] = points[2] = points[4]
    step = jax.value_and_grad(lambda at: loss(labels, at))
    shapes = list(arrays_in(jax.make_jaxpr(step)(points).jaxpr))
    assert max(int(np.prod(shape)) for shape in shapes) <= 11 * 37
    value, slope = step(points)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
