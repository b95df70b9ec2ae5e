"""What the GPU benchmark makes of its rounds, and what it says where there is no GPU."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.parts.gpu import gpu
from benchmarks.tools.ledger import Ledger

MACHINE = {"date": "2026-01-02", "processor": "a CPU", "cores": 2, "python": "3.12", "versions": {}}


def steps(seconds: float, arithmetic: float, memory: float) -> dict[str, Any]:
    row = {"seconds": seconds, "arithmetic": arithmetic, "memory": memory}
    return {"steps": {"float32, 128": {**row, "images/s": 128 / seconds}, "float32, one image": {}}}


def measured(platform: str = "gpu") -> dict[str, Any]:
    number = {"median": 2.0, "least": 1.0, "most": 3.0}
    seed = {"steps": 9, "all s": 5.0, "compile s": 3.0, "run s": 1.0, "steps/s": 9.0}
    return {
        "machine": MACHINE,
        "status": "measured",
        "device": "Abacus 9",
        "platform": platform,
        "driver": "1.2",
        "memory": "8 MiB",
        "product error": {"float32": 3e-4, "float32, highest": 2e-7},
        "trainings": gpu.training_rows("2-D, short", [{"float32": {**seed, "precision@7": 0.9}}]),
        "steps": gpu.step_rows([steps(0.004, 0.001, 0.002)]),
        "rates": {"products": {"float32": number}, "copy": number},
        "the same step twice": number,
        "one image ms": number,
        "what helps": gpu.help_rows([{"ours": 300.0, "theirs": 100.0}], "ours"),
        "batch": 128,
        "chunk": 50,
        "rounds": 5,
    }


def test_without_jax_or_a_gpu_it_says_that_nothing_was_measured():
    result = gpu.measure(Ledger("gpu", folder=None))
    assert result["status"] == "not measured"
    assert gpu.render(result).startswith("Not measured: ")


def test_the_floor_is_the_larger_one_and_shares_are_taken_within_a_round():
    (row,) = gpu.step_rows([steps(0.004, 0.001, 0.002), steps(0.010, 0.001, 0.002)])
    assert row["floor of"] == "memory"
    assert row["floor ms"] == 2
    assert row["share of floor, %"] == {"median": 35, "least": 20, "most": 50}
    (row,) = gpu.step_rows([steps(0.004, 0.003, 0.002)])
    assert (row["floor of"], row["share of floor, %"]["median"]) == ("arithmetic", 75)


def test_ours_is_compared_within_a_round():
    rows = gpu.help_rows([{"a": 4.0, "b": 2.0}, {"a": 9.0, "b": 3.0}], "a")
    assert rows[1]["our rate / its rate"] == {"median": 2.5, "least": 2, "most": 3}


def test_the_tables_name_the_device_and_its_rounding():
    text = gpu.render(measured())
    assert "Abacus 9, 8 MiB, driver 1.2" in text
    assert "| 2-D, short | float32 | 9 | 5 |" in text
    assert "| theirs | 100 | 3 |" in text
    assert "*2-D, short* takes 5 s in float32" in text
    assert "Ours is 3 times as fast as the slowest way, *theirs*." in text
    assert "In every row memory is the larger floor" in text
    assert "*float32* rounds factors first, as TF32 does" in text
    assert "*float32, highest* keeps all their digits" in text
    assert "not figures of a GPU" not in text


def test_nobody_mistakes_a_cpu_for_a_gpu():
    assert "not figures of a GPU" in gpu.render(measured("cpu"))


def test_the_bytes_and_floors_of_a_step():
    pytest.importorskip("jax")
    import siamese_lib as sl
    from benchmarks.parts.gpu import device_figures
    from benchmarks.parts.training import training_operations

    convolved = [28 * 28 * 32, 14 * 14 * 64, 7 * 7 * 128, 4 * 4 * 256, 2 * 2 * 2]
    pooled = [14 * 14 * 32, 7 * 7 * 64, 4 * 4 * 128, 2 * 2 * 256, 2]
    half, whole = sl.conv_tower(dtype="mixed_bfloat16"), sl.conv_tower()
    assert device_figures.image_bytes(whole) == 5 * 4 * sum(convolved + pooled)
    last = 5 * 4 * (convolved[-1] + pooled[-1])  # float32 in any case
    assert device_figures.image_bytes(half) == (device_figures.image_bytes(whole) - last) / 2 + last
    least = device_figures.floors(whole, 10, product=1e9, copy=1e6)
    assert least["arithmetic"] == pytest.approx(10 * training_operations(whole) / 1e9)
    moved = 10 * device_figures.image_bytes(whole) + 24 * 160_258
    assert least["memory"] == pytest.approx(moved / 1e6)
