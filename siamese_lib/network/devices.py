"""Which device trains, and the settings that depend on it, decided in one place.

Imported by ``siamese_lib`` itself before anything can import TensorFlow, because the first
setting only works then.

* oneDNN: TensorFlow leaves its oneDNN kernels off on some processors, where they are
  nevertheless about 1.5 times faster for this network. `configure` turns them on.
* XLA: compiling the training step pays on a GPU and costs on a CPU. `compile_options` says
  which, for ``model.compile(..., **sl.compile_options())``.
* bfloat16: processors with instructions for it train this network half as fast again in mixed
  precision, to the same quality. `fastest_dtype` says so, for ``conv_tower(dtype=...)``.
* Memory growth: TensorFlow otherwise takes the whole memory of every GPU at its first use;
  `siamese_lib.network.backend` turns it on where Keras is first imported.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_CPU_FACTS = Path("/proc/cpuinfo")
_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}  # of Intel and AMD, and of Arm


@dataclass(frozen=True)
class Device:
    """The device that Keras will train on.

    Attributes:
        kind: ``"cpu"``, ``"gpu"`` or ``"tpu"``.
        name: what the driver calls it, or the number of cores of a CPU.
        backend: the Keras backend, ``"tensorflow"``, ``"jax"`` or ``"torch"``.
    """

    kind: str
    name: str
    backend: str

    def __str__(self) -> str:
        return f"training on the {self.kind.upper()} ({self.name}) with Keras on {self.backend}"


def configure() -> None:
    """Set the environment that TensorFlow reads once, at its first import.

    What the user has set already stands.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def device() -> Device:
    """Look for an accelerator, and say what Keras will train on."""
    from siamese_lib.network.backend import keras

    backend = keras.backend.backend()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpu = Device("cpu", f"{cores} core{'s' if cores != 1 else ''}", backend)
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")
            return Device("gpu", name, backend)
    elif backend == "jax":
        import jax  # pyright: ignore[reportMissingImports]

        first = jax.devices()[0]
        if first.platform != "cpu":
            return Device(first.platform, first.device_kind, backend)
    elif backend == "torch":
        import torch  # pyright: ignore[reportMissingImports]

        if torch.cuda.is_available():
            return Device("gpu", torch.cuda.get_device_name(0), backend)
    return cpu


def compile_options() -> dict[str, bool]:
    """Keyword arguments for ``model.compile`` that are fastest on this device.

    On TensorFlow and a CPU, XLA is slower than TensorFlow's own oneDNN kernels, and is
    switched off; everywhere else Keras' own choice stands.

    Example:
        >>> tower.compile("adam", sl.InBatchContrastiveLoss(), **sl.compile_options())
    """
    here = device()
    return {"jit_compile": False} if (here.backend, here.kind) == ("tensorflow", "cpu") else {}


def fastest_dtype() -> str:
    """Name the Keras dtype policy that is fastest on this device, of those that cost no quality.

    Returns:
        "mixed_bfloat16" on a CPU that has instructions for it and with TensorFlow, as far as
        Linux tells; else "float32". GPUs have not been measured. A tower keeps its policy: one in
        bfloat16 is slow on a machine without.
    """
    here = device()
    if (here.backend, here.kind) != ("tensorflow", "cpu"):
        return "float32"
    try:
        words = set(_CPU_FACTS.read_text().split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if words & _BFLOAT16 else "float32"
