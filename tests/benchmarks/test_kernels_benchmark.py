"""The benchmark of a step's kernels: what it reads in oneDNN's report, and what it says of it."""

from __future__ import annotations

import pytest

import siamese_lib as sl
from benchmarks.parts import kernels
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.results import machine

CONV = (
    "onednn_verbose,v1,primitive,exec,cpu,convolution,brg_conv_fwd:avx512_core,{direction},"
    "src:f32::blocked:acdb::f0 wei:f32:a:blocked:Acdb64a::f0,attr-scratchpad:user,"
    "alg:convolution_direct,mb128_ic{channels}oc{filters}_ih14oh14kh5sh1dh0ph2,{ms}"
)
POOL = (
    "onednn_verbose,v1,primitive,exec,cpu,pooling,jit:avx512_core,backward_data,src:f32,,"
    "alg:pooling_max,mb128ic32_ih28oh14kh2sh2,0.5"
)
HEAD = "onednn_verbose,v1,info,oneDNN v3.7.3 (commit abc)"
THREADS = "onednn_verbose,v1,info,cpu,runtime:threadpool,nthr:2"


def conv(direction: str, channels: int, filters: int, ms: float) -> str:
    return CONV.format(direction=direction, channels=channels, filters=filters, ms=ms)


REPORT = [
    HEAD,
    THREADS,
    conv("forward_training", 32, 64, 99),  # before all is warm
    "warm",
    conv("forward_training", 32, 64, 4),
    conv("forward_training", 32, 64, 6),
    conv("backward_weights", 1, 32, 3),
    conv("backward_data", 256, 2, 1),
    POOL,
    "onednn_verbose,v1,primitive,exec,cpu,convolution,cut short",
    "a line of something else",
    "seconds 0.016",
]


def test_a_report_is_summed_up_by_kernel():
    found = kernels.reported(REPORT, steps=2)
    assert (found["oneDNN"], found["threads by"]) == ("3.7.3", "threadpool")
    assert found["ms"] == {
        "conv2, forward": 5.0,
        "conv1, gradient of the kernel": 1.5,
        "conv5, gradient of the input": 0.5,
        kernels.CONVOLUTIONS: 7.0,
        "pooling": 0.25,
        kernels.STEP: 8.0,
    }


def test_the_table_sets_ours_beside_pytorch():
    turns = [
        [
            {"way": way, "dtype": "float32", **kernels.reported(REPORT, steps=steps)}
            for way, steps in ((kernels.OURS, 2), (kernels.SINGLE, 2), (kernels.PYTORCH, 1))
        ]
    ]
    facts = {"batch": 128, "steps": 2, "rounds": 1, "machine": machine(kernels.COMPARED)}
    text = kernels.render({**facts, "columns": kernels.columns(turns)})
    assert "| all convolutions | 7 | 7 | 14 |" in text
    assert text.index("the whole step") < text.index("conv2, forward") < text.index("pooling")
    assert (
        "A step takes 8 ms to PyTorch's 16 ms. With one kernel at a time, convolutions take 7 ms "
        "to PyTorch's 14 ms; everything else takes 1 ms to PyTorch's 2 ms." in text
    )
    assert "PyTorch has oneDNN 3.7.3, threads by threadpool." in text
    alone = kernels.render({**facts, "columns": kernels.columns([turns[0][:1]])})
    assert "PyTorch" not in alone


def test_a_training_reports_its_kernels():
    if len(sl.load_dataset("mnist", verbose=False).train) < 60_000:
        pytest.skip("all of MNIST is not there")
    result = kernels.measure(Ledger("kernels", folder=None), quick=True)
    (column,) = result["columns"]
    if not column["oneDNN"]:
        pytest.skip("this TensorFlow computes without oneDNN")
    directions = {name.split(", ")[1] for name in column["ms"] if name.startswith("conv")}
    assert directions == {*kernels.PASSES.values()}
    assert {f"conv{number}" for number in range(1, 6)} <= {n.split(",")[0] for n in column["ms"]}
    assert "conv1, gradient of the input" not in column["ms"]  # no one needs it
