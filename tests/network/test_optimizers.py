"""Muon against the same step by singular values, and Adam's by the paper, both in NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from siamese_lib.network.backend import keras
from siamese_lib.network.losses import InBatchContrastiveLoss
from siamese_lib.network.optimizers import Muon, orthogonalized
from siamese_lib.network.towers import conv_tower

KERNELS = [(3, 3, 4, 8), (1, 1, 4, 10), (12, 5), (6, 6)]


def slow_muon(
    kernel: np.ndarray,
    gradients: Sequence[np.ndarray],
    rates: Iterable[float],
    momentum: float = 0.9,
) -> np.ndarray:
    """Each singular value of the momentum goes five times through the quintic, on its own."""
    average = np.zeros_like(kernel)
    for gradient, rate in zip(gradients, rates, strict=True):
        average = momentum * average + gradient
        ahead = gradient + momentum * average
        left, values, right = np.linalg.svd(ahead.reshape(-1, kernel.shape[-1]), False)
        values /= np.sqrt((values**2).sum())
        for _ in range(5):
            values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
        rows, columns = len(left), len(right[0])
        size = rate * np.sqrt(max(1, rows / columns))
        kernel = kernel - size * (left * values @ right).reshape(kernel.shape)
    return kernel


def slow_adam(
    vector: np.ndarray, gradients: Sequence[np.ndarray], rates: Iterable[float]
) -> np.ndarray:
    """Algorithm 1 of Kingma and Ba."""
    mean, square = np.zeros_like(vector), np.zeros_like(vector)
    for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        unbiased = mean / (1 - 0.9**step), square / (1 - 0.999**step)
        vector = vector - rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-7)
    return vector


def after_steps(
    optimizer: keras.optimizers.Optimizer,
    start: np.ndarray,
    gradients: Sequence[np.ndarray],
    *,
    last: bool = False,
) -> np.ndarray:
    """Take steps with one variable; if it is a kernel, one of the hidden ones or the last."""
    variable, other = keras.Variable(start), keras.Variable(np.ones((2, 2)))
    variables = [variable] if last else [variable, other]
    for gradient in gradients:
        one = keras.ops.convert_to_tensor(gradient, "float32")
        optimizer.apply([one, keras.ops.zeros((2, 2))][: len(variables)], variables)
    return np.asarray(variable.value)


def random_steps(shape: tuple[int, ...], steps: int) -> tuple[np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(len(shape) + steps)
    return rng.normal(size=shape), [rng.normal(size=shape) for _ in range(steps)]


def two_classes(count: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Dark images and bright ones, 8x8."""
    labels = np.arange(count) % 2
    noise = np.random.default_rng(0).integers(0, 100, (count, 8, 8, 1))
    return (noise + 150 * labels[:, None, None, None]).astype(np.uint8), labels


def small_model(**options: float) -> keras.Model:
    tower = conv_tower((8, 8, 1), seed=0)
    tower.compile(Muon(**options), InBatchContrastiveLoss(), jit_compile=False)
    return tower


# The orthogonal direction


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (49, 32), (1, 5), (5, 1)], ids=str)
def test_orthogonalized_keeps_directions_and_evens_their_lengths(shape):
    matrix = np.random.default_rng(1).normal(size=shape) * 1e-3
    found = np.asarray(orthogonalized(keras.ops.convert_to_tensor(matrix, "float32")))
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    along = left.T @ found @ right.T
    lengths = along.diagonal()
    assert found.shape == shape
    assert 0.6 < lengths.min() <= lengths.max() < 1.3
    np.testing.assert_allclose(along, np.diag(lengths), atol=1e-4)
    np.testing.assert_allclose(left * lengths @ right, found, atol=1e-4)


def test_a_zero_gradient_changes_nothing():
    for shape in ((3, 3, 4, 8), (8,)):
        start = np.ones(shape, np.float32)
        np.testing.assert_array_equal(after_steps(Muon(), start, [0 * start] * 2), start)


# Steps


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("shape", KERNELS, ids=str)
def test_hidden_kernels_take_muons_steps(shape, steps):
    start, gradients = random_steps(shape, steps)
    expected = slow_muon(start, gradients, [0.02] * steps)
    assert np.abs(expected - start).max() > 0.003
    np.testing.assert_allclose(after_steps(Muon(0.02), start, gradients), expected, atol=3e-5)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("shape", [(7,), (1, 1, 6, 2)], ids=str)
def test_biases_and_the_last_kernel_take_adams_steps(shape, steps):
    start, gradients = random_steps(shape, steps)
    expected = slow_adam(start, gradients, [0.04 * 0.15] * steps)
    assert np.abs(expected - start).max() > 0.003
    found = after_steps(Muon(0.04), start, gradients, last=len(shape) > 1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_last_kernel_of_a_tower_is_that_of_its_last_layer():
    """Adam's first step moves each weight equally far at most, Muon's does not."""
    images, labels = two_classes()
    tower = small_model(learning_rate=0.01)
    before = tower.get_weights()
    tower.train_on_batch(images, labels)
    steps = [np.abs(new - old) for new, old in zip(tower.get_weights(), before, strict=True)]
    *hidden, last = [step[step > 0] for step in steps[::2]]
    assert np.median(last) == pytest.approx(0.01 * 0.15, rel=0.01)
    assert last.max() < 1.01 * np.median(last)
    assert all(step.max() > 2 * np.median(step) for step in hidden)


def test_momentum_and_adam_ratio_are_used():
    start, gradients = random_steps((4, 6), 3)
    np.testing.assert_allclose(
        after_steps(Muon(0.1, momentum=0.5), start, gradients),
        slow_muon(start, gradients, [0.1] * 3, momentum=0.5),
        atol=1e-4,
    )
    start, gradients = random_steps((4,), 3)
    np.testing.assert_allclose(
        after_steps(Muon(0.1, adam_ratio=2.0), start, gradients),
        slow_adam(start, gradients, [0.2] * 3),
        atol=1e-6,
    )


def test_a_schedule_sets_the_rate_of_each_step():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=1, decay_rate=0.5)
    rates = np.array([0.1, 0.05, 0.025])
    start, gradients = random_steps((3, 3, 4, 8), 3)
    np.testing.assert_allclose(
        after_steps(Muon(schedule), start, gradients),
        slow_muon(start, gradients, rates),
        atol=1e-4,
    )
    start, gradients = random_steps((5,), 3)
    np.testing.assert_allclose(
        after_steps(Muon(schedule), start, gradients),
        slow_adam(start, gradients, 0.15 * rates),
        atol=1e-6,
    )


def test_weight_decay_shrinks_first():
    start, [gradient] = random_steps((12, 5), 1)
    np.testing.assert_allclose(
        after_steps(Muon(0.1, weight_decay=0.5), start, [gradient]),
        slow_muon(start * (1 - 0.1 * 0.5), [gradient], [0.1]),
        atol=1e-4,
    )


def test_the_average_of_the_weights_can_be_kept():
    start, gradients = random_steps((12, 5), 2)
    weights = [after_steps(Muon(0.1), start, gradients[:steps]) for steps in (1, 2)]
    optimizer = Muon(0.1, use_ema=True, ema_momentum=0.25)
    variables = [keras.Variable(start), keras.Variable(np.ones((2, 2)))]
    for gradient in gradients:
        one = keras.ops.convert_to_tensor(gradient, "float32")
        optimizer.apply([one, keras.ops.zeros((2, 2))], variables)
    optimizer.finalize_variable_values(variables)
    # Keras starts the average at the first step's weights.
    expected = 0.25 * weights[0] + 0.75 * weights[1]
    np.testing.assert_allclose(variables[0].value, expected, atol=1e-5)


# In a model


def test_trains_a_tower():
    images, labels = two_classes()
    tower = small_model()
    losses = [float(tower.train_on_batch(images, labels)) for _ in range(24)]
    assert losses[-1] < 0.2 * losses[0]


def test_a_loaded_model_goes_on_where_it_stopped(tmp_path):
    images, labels = two_classes()
    tower = small_model(learning_rate=0.01, momentum=0.8, adam_ratio=0.5)
    for _ in range(2):
        tower.train_on_batch(images, labels)
    tower.save(tmp_path / "tower.keras")
    loaded = keras.saving.load_model(tmp_path / "tower.keras")
    assert loaded.optimizer.get_config() == tower.optimizer.get_config()
    for model in (tower, loaded):
        model.train_on_batch(images, labels)
    for one, other in zip(tower.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_is_rebuilt_from_its_configuration():
    first = Muon(0.03, momentum=0.7, adam_ratio=0.3, weight_decay=1e-4, name="mine")
    again = keras.optimizers.deserialize(keras.optimizers.serialize(first))
    assert type(again) is Muon
    assert again.get_config() == first.get_config()
    assert (again.momentum, again.adam_ratio, again.weight_decay) == (0.7, 0.3, 1e-4)


@pytest.mark.parametrize("momentum", [-0.1, 1, 2.0, float("nan")])
def test_refuses_a_momentum_that_would_grow(momentum):
    with pytest.raises(ValueError, match=r"momentum is .*; expected a number in \[0, 1\)"):
        Muon(momentum=momentum)
