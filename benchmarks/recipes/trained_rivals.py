"""Rivals that are trained as long as ours: pytorch-metric-learning's recipe, where it is installed.

The recipe is measured with its own network as published, and with our tower and Adam at 0.001. It
sees all training images, without distortions, as published. As long means the same time of the
processor, so that a busy machine changes nothing.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

import siamese_lib as sl

COMPARED = ("torch", "pytorch-metric-learning")
NEEDS = {"torch": "torch", "pytorch-metric-learning": "pytorch_metric_learning"}
EXPLAINED = (
    "The recipe of pytorch-metric-learning is the one of its MNIST notebook, with 128 dimensions "
    "and images as they are: with its own network, or with our tower in PyTorch and Adam at 0.001 "
    "instead of 0.01, which is our change. Each got as much time of the processor as our training "
    "just before it, and the same images."
)


def absent() -> list[str]:
    """Name the libraries that are not installed."""
    return [name for name, module in NEEDS.items() if importlib.util.find_spec(module) is None]


def trained(
    train: sl.Split, seed: int, seconds: float
) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Train each rival for so many seconds of the processor, or none if a library is missing.

    Returns:
        Functions from uint8 images (N, H, W, C) to embeddings, float32 (N, dim), by name.
    """
    if absent():
        return {}
    from benchmarks.recipes import metric_learning

    return {
        way: metric_learning.embedder(train, seed, seconds, network, rate)
        for way, (network, rate) in metric_learning.WAYS.items()
    }


def explained(ways: list[str]) -> str:
    """Say how the rivals were trained, if they are among the ways of a result."""
    return EXPLAINED if any(way.startswith("pytorch-metric-learning") for way in ways) else ""
