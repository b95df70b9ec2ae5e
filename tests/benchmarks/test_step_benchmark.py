"""The step benchmark: that others train the same, and that its figures are what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import siamese_lib as sl
from benchmarks.parts.step import step
from benchmarks.published import summary
from benchmarks.tools.results import machine


def turn(ours: float, theirs: float, product: float) -> list[dict[str, Any]]:
    """Make up one round in one dtype."""
    rates = {step.OURS: ours, step.PYTORCH: theirs}
    return [
        {"way": way, "dtype": "float32", "images/s": rate, "product": product, "peak MiB": 1024}
        for way, rate in rates.items()
    ]


@pytest.fixture
def result() -> dict[str, Any]:
    chosen = {(way, "float32"): step.WAYS[way, "float32"] for way in (step.OURS, step.PYTORCH)}
    chosen["JAX", "float32"] = step.WAYS["JAX", "float32"]
    turns = [turn(2000, 1000, 2e11), turn(3000, 1000, 2e11), turn(1000, 1000, 2e11)]
    facts = {"batch": 128, "steps": 20, "rounds": 3}
    return {"machine": machine(step.COMPARED), **facts, **step.summary(turns, chosen)}


def test_ratios_are_taken_within_a_round(result):
    ours, theirs = result["rows"]
    assert ours["images/s"] == {"median": 2000, "least": 1000, "most": 3000}
    assert theirs["ours, times as fast"] == {"median": 2, "least": 1, "most": 3}
    share = 100 * 2000 * step.operations_for_an_image() / 2e11
    assert ours["share of matrix products in %"]["median"] == pytest.approx(share, abs=0.05)
    assert ours["peak GiB"] == 1


@pytest.mark.parametrize(
    ("theirs", "said"), [(1000, "which reaches the goal"), (1900, "which misses the goal")]
)
def test_it_is_said_whether_pytorch_is_left_behind(result, theirs, said):
    chosen = {(way, "float32"): None for way in (step.OURS, step.PYTORCH)}
    rows = step.summary([turn(2000, theirs, 2e11)], chosen)["rows"]
    assert said in step.verdict({**result, "rows": rows})


def test_the_tables_name_every_way_and_what_did_not_work(result):
    text = step.render(result)
    assert "| PyTorch, channels last | float32 | 1,000 | 2 (1 to 3) |" in text
    assert "do not work here: JAX, float32." in text
    rate, memory = summary.of_step(result)
    assert (rate.ours, rate.best, rate.who, rate.behind) == (2000, 1000, step.PYTORCH, False)
    assert (memory.ours, memory.best, memory.behind) == (1, 1, False)


def test_a_way_that_does_not_start_says_how_to_see_why():
    with pytest.raises(step.WorkerError, match="step_worker nothing,float32"):
        step.Worker("nothing,float32", {})


def test_pytorch_has_the_same_tower():
    torch = pytest.importorskip("torch")
    from benchmarks.recipes.torch_tower import torch_tower

    ours, theirs = sl.conv_tower(seed=1, dtype="float32"), torch_tower()
    kernels = [weight for weight in ours.get_weights() if weight.ndim == 4]
    biases = [np.random.default_rng(0).normal(size=k.shape[-1]).astype("f") for k in kernels]
    ours.set_weights([each for pair in zip(kernels, biases, strict=True) for each in pair])
    convolutions = [part for part in theirs if isinstance(part, torch.nn.Conv2d)]
    for part, kernel, bias in zip(convolutions, kernels, biases, strict=True):
        part.weight.data = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
        part.bias.data = torch.from_numpy(bias)
    images = np.random.default_rng(1).integers(0, 256, (5, 28, 28, 1), np.uint8)
    pixels = torch.from_numpy(images.transpose(0, 3, 1, 2) / 255).float()
    np.testing.assert_allclose(ours(images), theirs(pixels).detach(), rtol=1e-4, atol=1e-5)
