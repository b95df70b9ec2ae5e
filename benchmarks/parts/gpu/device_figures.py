"""What is measured on a GPU: whole trainings, steps next to their floors, and what helps.

`gpu` says how it is put together. This module needs Keras on JAX.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import siamese_lib as sl
from benchmarks.parts.gpu.device_training import DeviceTraining, precision_at_7
from benchmarks.parts.training import training_operations
from benchmarks.recipes.original import MARGIN, PAIRS, STEPS
from benchmarks.recipes.ours import RECIPES, Recipe, optimizer_of
from benchmarks.tools.results import duration
from siamese_lib.network.backend import keras

ORIGINAL = "the original's"
ONE_IMAGE = "float32, one image"


@dataclass(frozen=True)
class Mode:
    """How numbers are multiplied."""

    policy: str  # of the first four convolutions, as `sl.conv_tower` takes it
    precision: str = "default"  # of products of float32 numbers, as JAX takes it


MODES = {
    "float32": Mode("float32"),
    "float32, highest": Mode("float32", "highest"),
    "mixed_bfloat16": Mode("mixed_bfloat16"),
    "mixed_float16": Mode("mixed_float16"),
}


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured."""

    rounds: int = 5
    trainings: int = 3  # of each recipe, with seeds 0, 1 and 2
    batches: tuple[int, ...] = (128, 512, 2048)
    steps: int = 500  # timed for a figure
    chunk: int = 50  # steps a call
    side: int = 8192  # of the matrices multiplied
    copied: int = 2**28  # float32 numbers, 1 GiB
    share: float = 1.0  # of the steps of a whole training
    modes: tuple[str, ...] = tuple(MODES)


QUICK = Sizes(
    rounds=1,
    trainings=1,
    batches=(16,),
    steps=2,
    chunk=2,
    side=64,
    copied=2**16,
    share=0.001,
    modes=("float32",),
)


@dataclass(frozen=True)
class OnDevice:
    """Labelled images, the images on the device."""

    images: jax.Array
    labels: np.ndarray

    @classmethod
    def of(cls, split: sl.Split) -> OnDevice:
        """Send them there."""
        return cls(jax.device_put(split.images), split.labels)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images."""
        _, height, width, channels = self.images.shape
        return height, width, channels


def device_facts() -> dict[str, Any]:
    """Name the device, and, where NVIDIA's tool is there, its driver and memory."""
    first = jax.devices()[0]
    facts = {"device": first.device_kind, "platform": first.platform}
    asked = ["nvidia-smi", "--query-gpu=driver_version,memory.total", "--format=csv,noheader"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return facts
    driver, memory = said.splitlines()[0].split(", ")
    return {**facts, "driver": driver, "memory": memory}


# Trainings


def in_batch_training(
    recipe: Recipe, data: OnDevice, mode: Mode, chunk: int
) -> tuple[DeviceTraining, keras.Model]:
    """Set a recipe up as `recipes.ours.train` does; also return its tower."""
    keras.utils.set_random_seed(recipe.seed)
    tower = sl.conv_tower(
        data.image_shape, recipe.embedding_dim, seed=recipe.seed, dtype=mode.policy
    )
    sampler = sl.BalancedBatchSampler(data.labels, recipe.batch_size, recipe.seed)
    optimizer = optimizer_of(recipe)
    if mode.policy == "mixed_float16":  # its smallest gradients would be 0
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    training = DeviceTraining(
        tower,
        sl.InBatchContrastiveLoss(recipe.margin),
        optimizer,
        data,
        sampler,
        chunk=chunk,
        shift=recipe.shift,
        seed=recipe.seed,
        precision=mode.precision,
    )
    return training, tower


def original_training(
    seed: int, pairs: int, data: OnDevice, mode: Mode, chunk: int
) -> tuple[DeviceTraining, keras.Model]:
    """Set the original's recipe up; also return its tower."""
    keras.utils.set_random_seed(seed)
    tower = sl.conv_tower(data.image_shape, 2, seed=seed, dtype=mode.policy)
    optimizer = keras.optimizers.SGD(0.01, momentum=0.99, nesterov=True)
    if mode.policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    training = DeviceTraining(
        sl.siamese(tower),
        sl.ContrastiveLoss(MARGIN),
        optimizer,
        data,
        sl.PairSampler(data.labels, pairs, seed),
        chunk=chunk,
        precision=mode.precision,
    )
    return training, tower


def whole_trainings(name: str, seed: int, data: sl.Dataset, sizes: Sizes) -> dict[str, Any]:
    """Train one recipe from nothing in each mode: seconds with compilation and without, precision.

    The images are sent to the device within the clock; evaluation is not in it.
    """
    rows = {}
    for mode in sizes.modes:
        started = time.perf_counter()
        images = OnDevice.of(data.train)
        if name == ORIGINAL:
            steps = max(2, round(STEPS * sizes.share))
            pairs = PAIRS if sizes.share == 1 else sizes.batches[0]
            made = original_training(seed, pairs, images, MODES[mode], sizes.chunk)
        else:
            steps = max(2, round(RECIPES[name].steps * sizes.share))
            batch_size = RECIPES[name].batch_size if sizes.share == 1 else sizes.batches[0]
            recipe = replace(RECIPES[name], seed=seed, steps=steps, batch_size=batch_size)
            made = in_batch_training(recipe, images, MODES[mode], sizes.chunk)
        training, tower = made
        compiling = duration(lambda t=training, n=steps: t.compiled(min(t.chunk, n)))
        seconds = duration(lambda t=training, n=steps: jax.block_until_ready(t.run(n)))
        rows[mode] = {
            "steps": steps,
            "all s": time.perf_counter() - started,
            "compile s": compiling,
            "run s": seconds,
            "steps/s": steps / seconds,
            "precision@7": precision_at_7(training, tower, data),
        }
    return rows


# A step next to its floors


def product_rate(mode: Mode, side: int) -> float:
    """Multiply square matrices as this mode does: operations a second."""
    dtype = {"mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}.get(mode.policy, "float32")
    matrix = jax.random.normal(jax.random.key(0), (side, side), dtype)
    with jax.default_matmul_precision(mode.precision):
        product = jax.jit(lambda a, b: a @ b)
        jax.block_until_ready(product(matrix, matrix))
        count = 8
        seconds = duration(
            lambda: jax.block_until_ready([product(matrix, matrix) for _ in range(count)])
        )
    return count * 2 * side**3 / seconds


def product_error(mode: Mode) -> float:
    """Relative error of a product of float32 matrices: above 1e-5, factors were rounded first."""
    matrix = np.random.default_rng(0).standard_normal((512, 512), np.float32)
    with jax.default_matmul_precision(mode.precision):
        found = np.asarray(jax.jit(lambda a: a @ a)(matrix), np.float64)
    expected = matrix.astype(np.float64) @ matrix
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def copy_rate(count: int) -> float:
    """Read float32 numbers in the device's memory, and write as many: bytes a second."""
    add_one = jax.jit(lambda a: a + 1)
    array = jax.block_until_ready(add_one(jnp.zeros(count, jnp.float32)))
    times = 8
    seconds = duration(lambda: jax.block_until_ready([add_one(array) for _ in range(times)]))
    return times * 2 * 4 * count / seconds


def image_bytes(tower: keras.Model) -> int:
    """Count the bytes that an image must move in a step, if each convolution is one program.

    All between two convolutions, backward too, may be one program as well, and cost nothing more.
    What a convolution or a pooling gives is then written once, read by what follows and read
    again on the way back; its gradient is written once and read once.
    """
    moved = 0
    for layer in tower.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.MaxPooling2D):
            size = 2 if layer.compute_dtype in ("bfloat16", "float16") else 4
            moved += 5 * size * int(np.prod(layer.output.shape[1:]))
    return moved


def weight_bytes(tower: keras.Model) -> int:
    """Count the bytes that the weights must move in a step, in float32.

    A weight and its momentum are read and written, a gradient is written and read.
    """
    return 6 * 4 * tower.count_params()


def floors(tower: keras.Model, batch: int, product: float, copy: float) -> dict[str, float]:
    """Seconds that a step takes at the very least: for its arithmetic, and for its memory.

    Args:
        tower: what is trained.
        batch: images in a step.
        product: operations a second, as `product_rate` gives.
        copy: bytes a second, as `copy_rate` gives.
    """
    return {
        "arithmetic": batch * training_operations(tower) / product,
        "memory": (batch * image_bytes(tower) + weight_bytes(tower)) / copy,
    }


def step_ways(data: OnDevice, sizes: Sizes) -> dict[str, tuple[DeviceTraining, keras.Model, int]]:
    """Compile a training for each mode and size of batch, and one of a single image a step."""
    ways = {}
    for mode in sizes.modes:
        for batch in sizes.batches:
            recipe = Recipe(2, steps=10**6, batch_size=batch)
            made = in_batch_training(recipe, data, MODES[mode], sizes.chunk)
            ways[f"{mode}, {batch}"] = (*made, batch)
    recipe = Recipe(2, steps=10**6, batch_size=1)
    ways[ONE_IMAGE] = (*in_batch_training(recipe, data, MODES["float32"], sizes.chunk), 1)
    for training, _, _ in ways.values():
        jax.block_until_ready(training.run(sizes.chunk))
    return ways


def step_round(ways: dict[str, tuple[DeviceTraining, keras.Model, int]], sizes: Sizes) -> dict:
    """Measure the device's rates, each step, and one of the steps twice."""
    products = {mode: product_rate(MODES[mode], sizes.side) for mode in sizes.modes}
    copy = copy_rate(sizes.copied)
    steps = {}
    for name, (training, tower, batch) in ways.items():
        mode = name.rpartition(", ")[0]
        seconds = _step_seconds(training, sizes.steps)
        least = floors(tower, batch, products.get(mode, products["float32"]), copy)
        steps[name] = {"seconds": seconds, "images/s": batch / seconds, **least}
    first = next(iter(ways))
    again = _step_seconds(ways[first][0], sizes.steps)
    return {
        "products": products,
        "copy": copy,
        "steps": steps,
        "the same twice": again / steps[first]["seconds"],
    }


def _step_seconds(training: DeviceTraining, steps: int) -> float:
    return duration(lambda: jax.block_until_ready(training.run(steps))) / steps


# What helps


OURS = "many steps a call, images on the device"
AGAIN = OURS + ", again"
SINGLE = "one step a call, images on the device"
HOST = "one step a call, images from the host"
FIT = "plain Keras `fit`, images from the host"


def ablations(data: sl.Dataset, sizes: Sizes) -> dict[str, Callable[[], Any]]:
    """Make the ways to make the same steps, in float32; each call makes ``sizes.steps`` of them."""
    images = OnDevice.of(data.train)
    recipe = Recipe(2, steps=10**6, batch_size=sizes.batches[0])
    mode = MODES["float32"]
    many, _ = in_batch_training(recipe, images, mode, sizes.chunk)
    single, _ = in_batch_training(recipe, images, mode, 1)
    host, tower = in_batch_training(recipe, images, mode, 1)
    tower.compile(optimizer_of(recipe), sl.InBatchContrastiveLoss(), **sl.compile_options())
    sampler = sl.BalancedBatchSampler(data.train.labels, recipe.batch_size)
    batches = sl.ImageBatches(data.train, sampler, steps=sizes.steps)
    ways = {
        OURS: lambda: jax.block_until_ready(many.run(sizes.steps)),
        SINGLE: lambda: jax.block_until_ready(single.run(sizes.steps)),
        HOST: lambda: jax.block_until_ready(host.run_from_host(sizes.steps)),
        FIT: lambda: tower.fit(batches, shuffle=False, verbose=0),
    }
    for way in ways.values():
        way()  # which compiles
    return {**ways, AGAIN: ways[OURS]}


def ablation_round(ways: dict[str, Callable[[], Any]], steps: int, batch: int) -> dict[str, float]:
    """Let each way have its turn: images a second."""
    return {name: steps * batch / duration(way) for name, way in ways.items()}
