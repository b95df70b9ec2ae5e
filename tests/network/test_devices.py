"""The choice of device and settings, on machines that are only pretended."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest
import tensorflow as tf

from siamese_lib.network import backend, devices
from siamese_lib.network.backend import keras

SETTINGS = ("TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL")


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make Keras run on another backend, whose library is a set of answers."""

    def on(backend: str, library: object = None) -> None:
        monkeypatch.setattr(keras.backend, "backend", lambda: backend)
        if library is not None:
            monkeypatch.setitem(sys.modules, backend, library)

    return on


@pytest.fixture
def pretend_gpus(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, bool]]]:
    """Give TensorFlow some GPUs; returns those whose memory was told to grow."""

    def with_gpus(gpus: Sequence[str], in_use: bool = False) -> list[tuple[str, bool]]:
        grown: list[tuple[str, bool]] = []

        def grow(gpu: str, enable: bool) -> None:
            if in_use:
                raise RuntimeError("Physical devices cannot be modified after being initialized")
            grown.append((gpu, enable))

        details = {gpu: {"device_name": f"NVIDIA {gpu}"} for gpu in gpus}
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
        monkeypatch.setattr(tf.config.experimental, "set_memory_growth", grow)
        monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
        return grown

    return with_gpus


def jax_on(platform: str, kind: str) -> SimpleNamespace:
    return SimpleNamespace(devices=lambda: [SimpleNamespace(platform=platform, device_kind=kind)])


def torch_with(gpus: Sequence[str]) -> SimpleNamespace:
    return SimpleNamespace(
        cuda=SimpleNamespace(
            is_available=lambda: bool(gpus), get_device_name=lambda index: gpus[index]
        )
    )


def test_without_a_gpu_tensorflow_trains_on_the_cores_and_without_xla(pretend_gpus, monkeypatch):
    pretend_gpus([])
    for cores, name in ((1, "1 core"), (6, "6 cores")):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=cores: range(n), raising=False)
        assert devices.device() == devices.Device("cpu", name, "tensorflow")
    assert devices.compile_options() == {"jit_compile": False}


def test_on_a_gpu_keras_decides_on_xla(pretend_gpus):
    pretend_gpus(["H100", "A100"])
    assert devices.device() == devices.Device("gpu", "NVIDIA H100", "tensorflow")
    assert devices.compile_options() == {}


@pytest.mark.parametrize("in_use", [False, True])
def test_the_memory_of_every_free_gpu_grows_from_the_first_import(pretend_gpus, in_use):
    grown = pretend_gpus(["H100", "A100"], in_use)
    runpy.run_path(backend.__file__)
    assert grown == ([] if in_use else [("H100", True), ("A100", True)])


@pytest.mark.parametrize(
    ("backend", "library", "kind", "name"),
    [
        ("jax", jax_on("cpu", "cpu"), "cpu", None),
        ("jax", jax_on("gpu", "H100"), "gpu", "H100"),
        ("jax", jax_on("tpu", "TPU v4"), "tpu", "TPU v4"),
        ("torch", torch_with([]), "cpu", None),
        ("torch", torch_with(["H100"]), "gpu", "H100"),
    ],
)
def test_other_backends_are_asked_and_keep_their_own_choice(pretend, backend, library, kind, name):
    pretend(backend, library)
    found = devices.device()
    assert (found.kind, found.backend) == (kind, backend)
    assert found.name == name or (name is None and "core" in found.name)
    assert devices.compile_options() == {}


def test_says_what_is_used_in_words():
    device = devices.Device("gpu", "NVIDIA H100", "tensorflow")
    assert str(device) == "training on the GPU (NVIDIA H100) with Keras on tensorflow"


def test_configure_turns_onednn_on_and_the_log_down(monkeypatch):
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    devices.configure()
    assert [os.environ[name] for name in SETTINGS] == ["1", "2"]


def test_configure_leaves_the_users_own_settings(monkeypatch):
    for name in SETTINGS:
        monkeypatch.setenv(name, "0")
    devices.configure()
    assert [os.environ[name] for name in SETTINGS] == ["0", "0"]


@pytest.mark.parametrize(
    ("facts", "dtype"),
    [
        ("vendor_id\t: AuthenticAMD\nflags\t\t: avx2 avx512_bf16 sha_ni\n", "mixed_bfloat16"),
        ("vendor_id\t: GenuineIntel\nflags\t\t: avx512_bf16 amx_bf16\n", "mixed_bfloat16"),
        ("vendor_id\t: GenuineIntel\nflags\t\t: avx2 avx512_bf16\n", "float32"),
        ("Features\t: fp asimd bf16 i8mm\n", "mixed_bfloat16"),
        ("flags\t\t: fpu avx2 not_avx512_bf16\n", "float32"),
        (None, "float32"),
    ],
)
def test_the_fastest_dtype_is_what_the_processor_has_fast_instructions_for(
    facts, dtype, pretend_gpus, monkeypatch, tmp_path
):
    pretend_gpus([])
    path = tmp_path / "cpuinfo"
    if facts is not None:
        path.write_text(facts)
    monkeypatch.setattr(devices, "_CPU_FACTS", path)
    assert devices.fastest_dtype() == dtype


def test_a_gpu_and_other_backends_stay_in_single_precision(pretend_gpus, pretend):
    pretend_gpus(["H100"])
    assert devices.fastest_dtype() == "float32"
    pretend("jax", jax_on("cpu", "cpu"))
    assert devices.fastest_dtype() == "float32"
