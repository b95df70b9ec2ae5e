"""Training with JAX as a GPU likes it: the data stay on the device, and a call makes many steps.

Keras' own ``fit`` sends each batch of images to the device, and comes back to Python after each
step. Here the images are sent once. The samplers draw on the host as always, and only what they
drew, the numbers of the images, follows: for a whole chunk of steps at once. One program gathers
each batch on the device and makes all steps of the chunk (`jax.lax.scan`). Meanwhile the host
draws the next chunk, as JAX does not wait for the device.

Model, loss, optimizer and samplers are the library's, and the step is that of Keras' guide to
training loops in JAX, so the weights are those that ``fit`` would give (a test compares them).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import siamese_lib as sl
from siamese_lib.network.backend import keras

State = tuple[list[jax.Array], list[jax.Array]]  # the model's weights, the optimizer's variables
PART = 1_000  # images embedded, or queries answered, at once


class DeviceTraining:
    """A model in training, whose weights are on the device only.

    Args:
        model: a tower, or the siamese model of one. Its own weights are the ones to begin with,
            and stay as they are.
        loss: of ``(labels, embeddings)`` for a tower, of ``(same, distances)`` for pairs.
        optimizer: not in use yet.
        data: images uint8 (N, H, W, C) and labels (N,); arrays of JAX are shared, not copied.
        sampler: a `BalancedBatchSampler` for a tower, a `PairSampler` for pairs.
        chunk: steps in one call into the device.
        shift: move each image by up to so many pixels, as `RandomShift` does.
        seed: of the shifts.
        precision: of JAX's float32 products, such as "highest".
    """

    def __init__(
        self,
        model: keras.Model,
        loss: keras.losses.Loss,
        optimizer: keras.optimizers.Optimizer,
        data: Any,
        sampler: Any,
        *,
        chunk: int = 50,
        shift: int = 0,
        seed: int = 0,
        precision: str = "default",
    ) -> None:
        optimizer.build(model.trainable_variables)
        self.model, self.loss, self.optimizer, self.sampler = model, loss, optimizer, sampler
        self.images = jnp.asarray(data.images)
        self.labels = jnp.asarray(np.asarray(data.labels), jnp.int32)
        self.chunk, self.shift, self.precision = chunk, shift, precision
        self.key = jax.random.key(seed)
        self.step = 0
        # Copies, since each call hands the memory of the old state on to the new one.
        weights = [jnp.copy(v.value) for v in model.trainable_variables]
        others = [jnp.copy(v.value) for v in optimizer.variables]
        self.state: State = (weights, others)
        self._many = jax.jit(self._make_steps, donate_argnums=0)
        self._single = jax.jit(self.train, donate_argnums=0)
        self._programs: dict[int, Any] = {}

    def run(self, steps: int) -> jax.Array:
        """Make so many steps more.

        Returns:
            The loss of each, float32 (steps,), perhaps before the device is done: to read it, or
            `weights`, waits for it.
        """
        losses = []
        for first in range(self.step, self.step + steps, self.chunk):
            count = min(self.chunk, self.step + steps - first)
            program = self.compiled(count)
            self.state, some = program(self.state, self._data(), self._drawn(first, count))
            losses.append(some)
        self.step += steps
        return jnp.concatenate(losses)

    def run_from_host(self, steps: int) -> jax.Array:
        """Make so many steps with a tower as is usual: each one a call, its images sent along.

        Only for comparison, and without shifts.
        """
        host, labels = np.asarray(self.images), np.asarray(self.labels)
        losses = []
        for _ in range(steps):
            batch = self.sampler.batch(self.step)
            self.state, loss = self._single(self.state, host[batch], labels[batch])
            losses.append(loss)
            self.step += 1
        return jnp.stack(losses)

    def compiled(self, count: int) -> Any:
        """Return the program that makes `count` steps, compiled when first asked for."""
        if count not in self._programs:
            with jax.default_matmul_precision(self.precision):
                lowered = self._many.lower(self.state, self._data(), self._drawn(0, count))
            self._programs[count] = lowered.compile()
        return self._programs[count]

    def weights(self) -> list[np.ndarray]:
        """Copy the weights to the host, in the order of ``model.get_weights()``."""
        return [np.asarray(weight) for weight in self.state[0]]

    def train(self, state: State, inputs: Any, target: jax.Array) -> tuple[State, jax.Array]:
        """Make one step, as a pure function: the new state, and the loss."""
        weights, others = state

        def scaled_loss(weights: list[jax.Array]) -> tuple[jax.Array, jax.Array]:
            outputs, _ = self.model.stateless_call(weights, [], inputs, training=True)
            loss = self.loss(target, outputs)
            with keras.StatelessScope(list(zip(self.optimizer.variables, others, strict=True))):
                return self.optimizer.scale_loss(loss), loss

        gradients, loss = jax.grad(scaled_loss, has_aux=True)(weights)
        return self.optimizer.stateless_apply(others, gradients, weights), loss

    def _make_steps(self, state: State, data: Any, drawn: Any) -> tuple[State, jax.Array]:
        """One program: gather each batch, and train on it."""
        images, labels, key = data

        def step(state: State, each: Any) -> tuple[State, jax.Array]:
            number, batch = each
            new = partial(gathered, images, key=jax.random.fold_in(key, number), shift=self.shift)
            if isinstance(batch, tuple):
                left, right, same = batch
                return self.train(state, [new(left), new(right, side=1)], same)
            return self.train(state, new(batch), labels[batch])

        return jax.lax.scan(step, state, drawn)

    def _data(self) -> tuple[jax.Array, ...]:
        return self.images, self.labels, self.key

    def _drawn(self, first: int, count: int) -> tuple[np.ndarray, Any]:
        """Numbers of the steps int32 (count,), and what the sampler gives for each."""
        numbers = np.arange(first, first + count, dtype=np.int32)
        batches = [self.sampler.batch(int(number)) for number in numbers]
        if isinstance(batches[0], tuple):
            left, right, same = (np.stack(each) for each in zip(*batches, strict=True))
            return numbers, (left.astype(np.int32), right.astype(np.int32), same)
        return numbers, np.stack(batches).astype(np.int32)


def gathered(
    images: jax.Array, batch: jax.Array, key: jax.Array, shift: int = 0, side: int = 0
) -> jax.Array:
    """Gather a batch on the device, each image moved by whole pixels.

    Args:
        images: (N, H, W, C).
        batch: int32 (B,), which of them.
        key: of the random shifts.
        shift: the largest of them in each direction, in pixels.
        side: 1 draws other shifts with the same key, for the right images of pairs.

    Returns:
        (B, H, W, C), of the dtype of `images`.
    """
    if not shift:
        return jnp.take(images, batch, axis=0)
    _, height, width, _ = images.shape
    key = jax.random.fold_in(key, side)
    rows, columns = jax.random.randint(key, (2, len(batch), 1), -shift, shift + 1)
    rows = jnp.clip(jnp.arange(height) + rows, 0, height - 1)
    columns = jnp.clip(jnp.arange(width) + columns, 0, width - 1)
    return images[batch[:, None, None], rows[:, :, None], columns[:, None, :]]


def precision_at_7(training: DeviceTraining, tower: keras.Model, data: Any) -> float:
    """Judge a training by the measure of `sl.evaluate`, every distance computed on the device.

    Args:
        training: of the tower, or of its siamese model.
        tower: what to embed with.
        data: the whole data set, as `sl.evaluate` takes it.
    """
    from siamese_lib.metrics.headline import GALLERY_IMAGES, HEADLINE_K

    weights, _ = training.state

    @jax.jit
    def embed(weights: list[jax.Array], images: Any) -> jax.Array:
        return tower.stateless_call(weights, [], images, training=False)[0]

    @jax.jit
    def nearest(gallery: jax.Array, queries: jax.Array) -> jax.Array:
        squares = jnp.sum((queries[:, None] - gallery[None]) ** 2, axis=-1)
        return jax.lax.top_k(-squares, HEADLINE_K)[1]

    def parts(array: Any) -> list[Any]:
        return [array[first : first + PART] for first in range(0, len(array), PART)]

    with jax.default_matmul_precision(training.precision):
        gallery, queries = (
            jnp.concatenate([embed(weights, part) for part in parts(images)])
            for images in (data.train.images[:GALLERY_IMAGES], data.test.images)
        )
    found = np.concatenate([np.asarray(nearest(gallery, part)) for part in parts(queries)])
    labels = np.asarray(data.train.labels[:GALLERY_IMAGES])
    return sl.metrics.precision_at_k(labels[found], data.test.labels)
