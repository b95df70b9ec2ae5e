"""Several devices, which a process has to ask for before it imports JAX or TensorFlow.

No test here has a GPU or a TPU: the devices are simulated on the CPU.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_training import corners

import siamese_lib as sl
from siamese_lib.network.backend import keras

ROOT = Path(__file__).parent.parent


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT / "tests"), *sys.path])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )


def test_eight_devices_and_two_processes_train_as_one_does():
    pytest.importorskip("jax")
    done = run(
        *["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/on_eight_devices.py"],
        KERAS_BACKEND="jax",
        JAX_PLATFORMS="cpu",
        XLA_FLAGS="--xla_force_host_platform_device_count=8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


# No `fit` is tried: TensorFlow 2.21 may wait for ever when it frees what feeds two devices.
SPLIT_BY_TENSORFLOW = """
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import siamese_lib as sl

def loss_of(loss, target, output):
    return strategy.run(lambda: loss(tf.constant(target), tf.constant(output)))

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
parts = loss_of(sl.ContrastiveLoss(), [1.0, 0.0], [[0.5], [0.5]])
# A half of each, as they are added up.
assert [float(each) for each in strategy.experimental_local_results(parts)] == [0.0625, 0.0625]
try:
    loss_of(sl.InBatchContrastiveLoss(), [0.0, 1.0], [[0.5, 0.0], [0.0, 0.5]])
except ValueError as error:
    assert "splits each batch into 2 parts, and this loss would miss" in str(error)
    print("refused")
"""


def test_a_loss_over_pairs_refuses_a_batch_that_tensorflow_splits():
    done = run("-c", SPLIT_BY_TENSORFLOW, KERAS_BACKEND="tensorflow")
    assert done.stdout.endswith("refused\n"), done.stdout + done.stderr


def test_a_distribution_that_keras_would_ignore_is_refused():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras runs on another backend")
    with pytest.raises(ValueError, match="Keras runs on tensorflow; expected jax"):
        sl.distribute()
    images = corners()
    sampler = sl.BalancedBatchSampler(images.labels, batch_size=8)
    with (
        keras.distribution.DataParallel(devices=["cpu:0"]).scope(),
        pytest.raises(ValueError, match="Keras runs on tensorflow; expected jax"),
    ):
        sl.ImageBatches(images, sampler)
    assert len(sl.ImageBatches(images, sampler)[0][1]) == 8
