"""Which device trains, and the settings that depend on it, decided in one place.

``siamese_lib`` imports this module itself, before anything can import TensorFlow, because the
first setting works only then.

* oneDNN: TensorFlow leaves its oneDNN kernels off on some processors, although they are about
  1.5 times as fast there for this network. `configure` turns them on.
* XLA: compiling the training step makes it faster on a GPU and slower on a CPU.
  `compile_options` chooses, for ``model.compile(..., **sl.compile_options())``.
* bfloat16: most processors with bfloat16 instructions train this network about 1.5 times as fast
  in mixed precision, to the same quality; Intel's without AMX need 1.6 times as long.
  `fastest_dtype` chooses, for ``conv_tower(dtype=...)``.
* Several devices: `siamese_lib.network.many_devices` trains on all of them.
* Memory growth: without it, TensorFlow takes the whole memory of every GPU at its first use.
  `siamese_lib.network.backend` turns it on where Keras is first imported.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_CPU_FACTS = Path("/proc/cpuinfo")
# What Linux lists for a processor whose bfloat16 is fast: of Intel, of Arm (not measured), of AMD.
# Intel's avx512_bf16 alone is slower than float32.
_BFLOAT16 = ({"amx_bf16"}, {"bf16"}, {"AuthenticAMD", "avx512_bf16"})


@dataclass(frozen=True)
class Device:
    """The device that Keras will train on.

    Attributes:
        kind: ``"cpu"``, ``"gpu"`` or ``"tpu"``.
        name: the driver's name for it; for a CPU its number of cores, such as ``"2 cores"``.
        backend: the Keras backend, ``"tensorflow"``, ``"jax"`` or ``"torch"``.
    """

    kind: str
    name: str
    backend: str

    def __str__(self) -> str:
        return f"training on the {self.kind.upper()} ({self.name}) with Keras on {self.backend}"


def configure() -> None:
    """Set the environment variables that TensorFlow reads once, at its first import.

    A variable that the user has already set keeps its value.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def device() -> Device:
    """Return the device that Keras will train on: an accelerator if there is one, else the CPU."""
    from siamese_lib.network.backend import keras  # waits: slow to import

    backend = keras.backend.backend()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpu = Device("cpu", f"{cores} core{'s' if cores != 1 else ''}", backend)
    if backend == "tensorflow":
        import tensorflow as tf  # waits for its backend

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")
            return Device("gpu", name, backend)
    elif backend == "jax":
        import jax  # waits for its backend  # pyright: ignore[reportMissingImports]

        first = jax.devices()[0]
        if first.platform != "cpu":
            return Device(first.platform, first.device_kind, backend)
    elif backend == "torch":
        import torch  # waits for its backend  # pyright: ignore[reportMissingImports]

        if torch.cuda.is_available():
            return Device("gpu", torch.cuda.get_device_name(0), backend)
    return cpu


def compile_options() -> dict[str, bool]:
    """Return the keyword arguments for ``model.compile`` that train fastest on this device.

    With TensorFlow on a CPU, XLA is slower than TensorFlow's own oneDNN kernels, so it is
    switched off. Everywhere else Keras chooses.

    Example:
        >>> tower = sl.conv_tower()
        >>> tower.compile("adam", sl.InBatchContrastiveLoss(), **sl.compile_options())
    """
    here = device()
    return {"jit_compile": False} if (here.backend, here.kind) == ("tensorflow", "cpu") else {}


def fastest_dtype() -> str:
    """Return the Keras dtype policy that trains fastest on this device without losing quality.

    Returns:
        "mixed_bfloat16" with TensorFlow on a CPU for which Linux lists fast bfloat16
        instructions: AMX of Intel, AVX-512 of AMD, or those of Arm; otherwise "float32". Arm
        and GPUs have not been measured. A tower keeps its policy, and a bfloat16 tower is slow on a
        machine without these instructions.
    """
    here = device()
    if (here.backend, here.kind) != ("tensorflow", "cpu"):
        return "float32"
    try:
        words = set(_CPU_FACTS.read_text().split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if any(words >= fast for fast in _BFLOAT16) else "float32"
