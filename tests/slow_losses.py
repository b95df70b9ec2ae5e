"""The losses again, as loops over pairs and triplets of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from typing import TypeAlias

import numpy as np

Numbers: TypeAlias = Sequence[float] | np.ndarray


def slow_contrastive(
    same: Numbers, distances: Numbers, margin: float, positive_margin: float = 0.0
) -> float:
    total = 0.0
    for s, d in zip(same, distances, strict=True):
        total += max(d - positive_margin, 0) ** 2 if s else max(margin - d, 0) ** 2
    return total / 2 / len(same)


def slow_in_batch(
    labels: Numbers, points: np.ndarray, margin: float, positive_margin: float = 0.0
) -> float:
    pulls, pushes = [], []
    for i in range(len(points)):
        for j in range(i):
            d = math.dist(points[i], points[j])
            if labels[i] == labels[j]:
                if d >= positive_margin:
                    pulls.append((d - positive_margin) ** 2)
            elif d < margin:
                pushes.append((margin - d) ** 2)
    return (mean(pulls) + mean(pushes)) / 4


def slow_batch_hard(labels: Numbers, points: np.ndarray, margin: float) -> float:
    costs = []
    for anchor, label in enumerate(labels):
        others = [i for i in range(len(labels)) if i != anchor]
        near = [math.dist(points[anchor], points[i]) for i in others if labels[i] == label]
        far = [math.dist(points[anchor], points[i]) for i in others if labels[i] != label]
        if near and far:
            costs.append(max(max(near) - min(far) + margin, 0))
    return mean(costs)


def slow_batch_all(labels: Numbers, points: np.ndarray, margin: float) -> float:
    costs = []
    for a, p, n in permutations(range(len(labels)), 3):
        if labels[a] == labels[p] != labels[n]:
            cost = math.dist(points[a], points[p]) - math.dist(points[a], points[n]) + margin
            if cost > 0:
                costs.append(cost)
    return mean(costs)


def slow_supervised(labels: Numbers, points: np.ndarray, degrees: float) -> float:
    costs = []
    for anchor, label in enumerate(labels):
        near = {
            i: (1 + math.dist(points[anchor], points[i]) ** 2 / degrees) ** (-(degrees + 1) / 2)
            for i in range(len(points))
            if i != anchor
        }
        whole = sum(near.values())
        own = [-math.log(part / whole) for i, part in near.items() if labels[i] == label]
        if own:
            costs.append(mean(own))
    return mean(costs)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
