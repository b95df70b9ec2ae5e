"""One way of training the tower, in a process of its own.

``python -m benchmarks.parts.step.step_worker WAY`` starts it.

It makes the model, takes a few steps, says ``ready`` on standard output, and then answers each
line ``steps N`` with the seconds that N more steps took, ``product DTYPE`` with the operations a
second of a product of two 4096 by 4096 matrices by the same library, and ``memory`` with the most
bytes that the process has held. In between it waits, so that others can have their turn.

All ways train the same five convolutions on the same batches of 128 digits with the in-batch
contrastive loss and Adam; those named *Muon* with the library's own optimizer. PyTorch's and JAX's
loops are as lean as we can write them; ours is the whole ``fit``, recorded and guarded.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.recipes.ours import full_mnist
from benchmarks.tools.fresh import memory

BATCH = 128
WARM = 4
FRAMES = 3  # of weights, in some 20 steps: relatively more than a notebook keeps
SIDE = 4096
RATE = 1e-3

Steps = Callable[[int], None]
Product = Callable[[str], None]
Way = tuple[Steps, Product]


def main() -> None:
    """Serve one way until standard input ends."""
    steps, product = make(sys.argv[1])
    steps(WARM)
    print("ready", flush=True)
    for line in sys.stdin:
        order, _, value = line.strip().partition(" ")
        started = time.perf_counter()
        if order == "steps":
            steps(int(value))
            answer = time.perf_counter() - started
        elif order == "product":
            product(value)
            answer = 2 * SIDE**3 / (time.perf_counter() - started)
        else:
            answer = memory("VmHWM")
        print(answer, flush=True)


def make(way: str) -> Way:
    """Build a way by its name: library, dtype, and what else is to be set, with commas between."""
    library, dtype, *options = way.split(",")
    makers = {"keras": keras_fit, "torch": torch_loop, "jax": jax_loop}
    return makers[library](dtype, options)


def keras_fit(dtype: str, options: list[str]) -> Way:
    """Train by Keras' ``fit``, on the backend that ``KERAS_BACKEND`` names."""
    if "plain" in options:  # TensorFlow reads it when it is imported, which nobody has done yet
        os.environ.pop("TF_ENABLE_ONEDNN_OPTS", None)
    from siamese_lib.network.backend import keras

    data = full_mnist().train
    tower = sl.conv_tower(seed=0, dtype={"bfloat16": "mixed_bfloat16"}.get(dtype, dtype))
    optimizer = sl.Muon(RATE) if "muon" in options else keras.optimizers.Adam(RATE)
    compiled = sl.compile_options()
    if "plain" in options:
        compiled = {}
    if "xla" in options:
        compiled = {"jit_compile": True}
    tower.compile(optimizer, sl.InBatchContrastiveLoss(), **compiled)
    sampler = balanced(data.labels)

    def steps(count: int) -> None:
        batches = sl.ImageBatches(data, sampler, steps=count)
        callbacks = [sl.Guard(), sl.Recorder(tower, batches, frames=FRAMES)]
        tower.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)

    def product(kind: str) -> None:
        float(keras.ops.sum(multiply(kind)))

    matrices: dict[str, Any] = {}

    def multiply(kind: str) -> Any:
        if kind not in matrices:
            matrices[kind] = keras.ops.cast(keras.random.normal((SIDE, SIDE)), kind)
        return keras.ops.matmul(matrices[kind], matrices[kind])

    return steps, product


def torch_loop(dtype: str, options: list[str]) -> Way:
    """Train by a plain PyTorch loop: channels last unless told otherwise, data in memory."""
    import torch

    from benchmarks.recipes.torch_tower import torch_tower

    data = full_mnist().train
    torch.manual_seed(0)
    layout = torch.contiguous_format if "channels_first" in options else torch.channels_last
    tower: Any = torch_tower()  # PyTorch's types know no memory_format
    tower = tower.to(memory_format=layout)
    optimizer = torch.optim.Adam(tower.parameters(), RATE)
    pixels = torch.from_numpy(np.ascontiguousarray(data.images.transpose(0, 3, 1, 2)))
    classes = torch.from_numpy(data.labels)
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16")
    itself = torch.eye(BATCH, dtype=torch.bool)

    def loss_of(batch: Any, same: Any) -> Any:
        with mixed:
            embedding = tower(batch)
        gaps = embedding.float()[:, None] - embedding.float()[None]
        square = gaps.square().sum(-1).clamp_min(1e-12)
        push = (1 - square.sqrt()).clamp_min(0)
        alike, pushed = same & ~itself, ~same & (push > 0)
        pull = (square * alike).sum() / alike.sum().clamp_min(1)
        return (pull + (push.square() * pushed).sum() / pushed.sum().clamp_min(1)) / 4

    if "compiled" in options:
        loss_of = torch.compile(loss_of)
    sampler, done = balanced(data.labels), [0]

    def steps(count: int) -> None:
        for _ in range(count):
            chosen = torch.from_numpy(sampler.batch(done[0]))
            batch = (pixels[chosen].float() / 255).to(memory_format=layout)
            same = classes[chosen][:, None] == classes[chosen]
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(batch, same)
            loss.backward()
            optimizer.step()
            done[0] += 1
        loss.item()

    def product(kind: str) -> None:
        matrix = torch.ones((SIDE, SIDE), dtype=getattr(torch, kind))
        (matrix @ matrix).sum().item()

    return steps, product


def jax_loop(dtype: str, options: list[str]) -> Way:
    """Train the tower by JAX itself, a call for each step, with the state given away.

    On a CPU XLA's convolutions are several times slower in a ``scan``.
    """
    import jax
    import jax.numpy as jnp

    data = full_mnist().train
    weights, loss_of = jax_tower(dtype, data)

    def step(state: Any, chosen: Any) -> tuple[Any, Any]:
        weights, means, squares, count = state
        loss, gradients = jax.value_and_grad(loss_of)(weights, chosen)
        count = count + 1
        means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, means, gradients)
        squares = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g**2, squares, gradients)
        rate = RATE * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        weights = jax.tree.map(
            lambda w, m, s: w - rate * m / (jnp.sqrt(s) + 1e-7), weights, means, squares
        )
        return (weights, means, squares, count), loss

    means, squares = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    state = [(weights, means, squares, 0.0)]
    compiled = jax.jit(step, donate_argnums=0)
    sampler, done = balanced(data.labels), [0]

    def steps(count: int) -> None:
        for _ in range(count):
            chosen = jnp.asarray(sampler.batch(done[0]), jnp.int32)
            state[0], loss = compiled(state[0], chosen)
            done[0] += 1
        loss.block_until_ready()

    def product(kind: str) -> None:
        matrix = jnp.ones((SIDE, SIDE), kind)
        (matrix @ matrix).block_until_ready()

    return steps, product


def jax_tower(dtype: str, data: sl.Split) -> tuple[Any, Callable[[Any, Any], Any]]:
    """Build the tower of ``jax.lax`` convolutions and its loss.

    Returns:
        The first weights, and the loss from weights and the indices of a batch.
    """
    import jax
    import jax.numpy as jnp

    number = jnp.bfloat16 if dtype == "bfloat16" else jnp.float32
    shapes = [(7, 1, 32), (5, 32, 64), (3, 64, 128), (1, 128, 256), (1, 256, 2)]
    keys = jax.random.split(jax.random.key(0), len(shapes))
    glorot = jax.nn.initializers.glorot_uniform()
    weights = [
        (glorot(key, (size, size, *channels)), jnp.zeros(channels[-1]))
        for key, (size, *channels) in zip(keys, shapes, strict=True)
    ]
    pixels, classes = jnp.asarray(data.images), jnp.asarray(data.labels)
    order = ("NHWC", "HWIO", "NHWC")

    def pooled(x: Any) -> Any:
        shape = (1, 2, 2, 1)
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, shape, shape, "SAME")

    def loss_of(weights: Any, chosen: Any) -> Any:
        x = pixels[chosen].astype(number) / 255
        for layer, (kernel, bias) in enumerate(weights):
            filters = kernel.astype(x.dtype)
            x = jax.lax.conv_general_dilated(x, filters, (1, 1), "SAME", dimension_numbers=order)
            x = pooled(x + bias.astype(x.dtype))
            x = jax.nn.relu(x) if layer < 4 else x
        embedding = x.reshape(len(chosen), -1).astype(jnp.float32)
        square = jnp.square(embedding[:, None] - embedding[None]).sum(-1)
        square = jnp.maximum(square, 1e-12)
        same = classes[chosen][:, None] == classes[chosen]
        push = jnp.maximum(1 - jnp.sqrt(square), 0)
        alike, pushed = same & ~jnp.eye(len(chosen), dtype=bool), ~same & (push > 0)
        pull = (square * alike).sum() / jnp.maximum(alike.sum(), 1)
        return (pull + (push**2 * pushed).sum() / jnp.maximum(pushed.sum(), 1)) / 4

    return weights, loss_of


def balanced(labels: np.ndarray) -> Any:
    """Return the library's sampler, for all ways the same batches."""
    return sl.BalancedBatchSampler(labels, BATCH, 0)


if __name__ == "__main__":
    main()
