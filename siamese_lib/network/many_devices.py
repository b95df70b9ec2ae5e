"""Train on several devices, of one machine or of several, with Keras on JAX.

`distribute` splits each batch over all devices. The result is that of one device: JAX computes the
loss of the whole batch, so pairs of images on different devices count, too. Where several processes
train together, all of them do the same steps. Here they find out which images of a batch are
theirs, agree on a number, and wait while the first of them reads or writes files.

What works, and what does not (Keras 3.15): `keras.distribution` works on JAX; on TensorFlow it
splits nothing, without a word, so it is refused. TensorFlow's ``MultiWorkerMirroredStrategy`` does
not work with Keras 3, and its ``MirroredStrategy`` computes a loss for each device's images
alone, so the losses over the pairs of a batch refuse it.
"""

from __future__ import annotations

import os
import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from siamese_lib.network.backend import keras

T = TypeVar("T")
_PIECE = 2**26  # bytes that are sent to the other processes at a time


def distribute(
    address: str | None = None, processes: int | None = None, process: int | None = None
) -> keras.distribution.DataParallel:
    """Train on all devices from now on, each with its part of every batch.

    Call it before anything of Keras is made. On one machine it needs no arguments. On several
    machines, start the same program once on each, as one process of them all. Give it the
    arguments, or set ``KERAS_DISTRIBUTION_JOB_ADDRESSES``, ``KERAS_DISTRIBUTION_NUM_PROCESSES`` and
    ``KERAS_DISTRIBUTION_PROCESS_ID``.

    It is a short way to write ``keras.distribution.initialize(...)`` and
    ``keras.distribution.set_distribution(keras.distribution.DataParallel(...))``, with
    ``auto_shard_dataset=False``, as `ImageBatches` gives each process its part already.

    With the same seeds, one device and many give the same weights up to rounding: they add the same
    numbers in another order, as one device does if a batch is reversed. How far such rounding grows
    depends on the training. In float32, after 50 steps on MNIST, `conv_tower` differed by less than
    1e-4 with plain SGD at 0.01, by 1e-3 with a momentum of 0.9, and by 2e-2 with Adam at 0.001. A
    reversed batch on one device made as much of a difference. The weights have been compared for
    simulated devices, in one process and in two, not for GPUs or TPUs.

    In each process, make models and load runs in the same order, after this call.

    Args:
        address: host and port of the first process, such as ``"10.0.0.1:1234"``.
        processes: how many there are in all.
        process: which of them this is, from 0.

    Returns:
        The distribution. `keras.distribution.set_distribution` with None ends it.

    Raises:
        ValueError: Keras does not run on JAX, or only some of the arguments are given.

    Example:
        >>> sl.distribute()  # doctest: +SKIP
        <DataParallel device_mesh=<DeviceMesh shape=(8,), axis_names=['batch']>>
        >>> tower = sl.conv_tower(seed=0)  # on every device  # doctest: +SKIP
    """
    _check_backend()
    given = (address, processes, process)
    if any(each is not None for each in given) and None in given:
        raise ValueError(
            f"address is {address!r}, processes {processes!r} and process {process!r}; expected "
            "all three, or none of them on one machine."
        )
    if address is not None or "KERAS_DISTRIBUTION_JOB_ADDRESSES" in os.environ:
        keras.distribution.initialize(address, processes, process)
    chosen = keras.distribution.DataParallel(auto_shard_dataset=False)
    keras.distribution.set_distribution(chosen)
    return chosen


def rows_here(count: int) -> np.ndarray | None:
    """Return which rows of a batch this process should load.

    Args:
        count: rows of the whole batch.

    Returns:
        Their indices, ascending; None for all of them.

    Raises:
        ValueError: the batch cannot be split evenly over the devices; Keras does not run on JAX; or
            Keras would split the part of each process once more.
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return None
    _check_backend()
    mesh = distribution.device_mesh
    parts = mesh.shape[mesh.axis_names.index(distribution.batch_dim_name)]
    if count % parts:
        below, above = count - count % parts, count + -count % parts
        better = f"{below} or {above}" if below else f"{above}"
        raise ValueError(
            f"A batch has {count} rows (images, or pairs of them) for {parts} devices; expected a "
            f"multiple of {parts}, so that all get equally many. Pass batch_size={better} to the "
            "sampler, or use fewer devices: keras.distribution.DataParallel(devices=[...])."
        )
    if not several():
        return None
    if distribution.auto_shard_dataset:
        raise ValueError(
            "The distribution has auto_shard_dataset=True; expected False, as ImageBatches gives "
            "each process its part already. Use sl.distribute(), or "
            "keras.distribution.DataParallel(auto_shard_dataset=False)."
        )
    layout = distribution.get_data_layout((count,)).backend_layout
    here = layout.addressable_devices_indices_map((count,)).values()
    return np.unique(np.concatenate([np.arange(count)[rows] for rows in here]))


def _check_backend() -> None:
    backend = keras.backend.backend()
    if backend != "jax":
        raise ValueError(
            f"Keras runs on {backend}; expected jax, the only backend on which Keras trains on "
            "several devices here. Set the environment variable KERAS_BACKEND=jax before Keras is "
            "imported, or end the distribution: keras.distribution.set_distribution(None)."
        )


def check_sees_whole_batch() -> None:
    """Check that a loss gets the whole batch, and not the images of one device.

    Raises:
        ValueError: a strategy of `tf.distribute` splits the batch before the loss.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf  # waits for its backend

    parts = tf.distribute.get_strategy().num_replicas_in_sync
    if parts > 1:
        raise ValueError(
            f"tf.distribute splits each batch into {parts} parts, and this loss would miss all "
            "pairs of images in different parts; expected whole batches. Train with Keras on JAX: "
            "set KERAS_BACKEND=jax and call sl.distribute()."
        )


def processes() -> int:
    """Return how many processes train together."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else distribution.num_processes


def several() -> bool:
    """Return whether several processes train together."""
    return processes() > 1


def is_first() -> bool:
    """Return whether this is the process that writes files and prints."""
    if not several():
        return True
    import jax  # waits for its backend

    return jax.process_index() == 0


def largest(number: int) -> int:
    """Return the largest of the numbers of all processes. Each must call this, at the same step."""
    if not several():
        return number
    from jax.experimental import multihost_utils  # waits for its backend

    return int(multihost_utils.process_allgather(np.int32(number)).max())


def on_first(job: Callable[[], T]) -> T:
    """Do something in the first process, while the others wait, and return its result in all.

    Each process must call this, at the same step. What is made meanwhile, such as a copy of a
    tower, is not distributed, so that the first process needs no other for it.

    Args:
        job: returns something that can be pickled.

    Raises:
        RuntimeError: in the other processes, if the job failed in the first.
    """
    if not several():
        return job()
    result, failed = None, None
    if is_first():
        try:
            with _alone():
                result = job()
        except Exception as error:
            failed = error
    why = None if failed is None else f"{type(failed).__name__}: {failed}"
    result, why = pickle.loads(_sent(pickle.dumps((result, why))))
    if failed is not None:
        raise failed
    if why is not None:
        raise RuntimeError(f"The first process failed. It says: {why}")
    return result


@contextmanager
def _alone() -> Iterator[None]:
    """Make variables on one device only, and leave the random numbers that Keras seeds with.

    Otherwise the next weights without a seed would differ from those in the other processes.
    """
    distribution, numbers = keras.distribution.distribution(), random.getstate()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)
        random.setstate(numbers)


def _sent(data: bytes) -> bytes:
    """Return the bytes of the first process, in all processes."""
    from jax.experimental import multihost_utils  # waits for its backend

    pieces, rest = multihost_utils.broadcast_one_to_all(
        np.array(divmod(len(data), _PIECE), np.int32)
    )
    size = int(pieces) * _PIECE + int(rest)
    mine = np.frombuffer(data, np.uint8) if is_first() else np.zeros(size, np.uint8)
    parts = [mine[start : start + _PIECE] for start in range(0, size, _PIECE)]
    return b"".join(multihost_utils.broadcast_one_to_all(part).tobytes() for part in parts)


def is_spread(model: keras.Model) -> bool:
    """Return whether the weights of a model are on several devices."""
    if keras.backend.backend() != "jax":
        return False
    placed = [getattr(weight.value, "sharding", None) for weight in model.weights]
    return any(sharding is not None and len(sharding.device_set) > 1 for sharding in placed)
