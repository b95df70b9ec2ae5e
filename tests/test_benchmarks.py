"""The benchmarks' own parts, and the README's figures against the results they come from."""

from __future__ import annotations

import numpy as np
import pytest

import siamese_lib as sl
from benchmarks import readme
from benchmarks.original import random_pairs
from benchmarks.report import table
from benchmarks.training import training_operations


def test_readme_says_what_was_measured():
    text = readme.README.read_text()
    assert readme.updated(text) == text, "run `python -m benchmarks.readme`"


def test_operations_of_a_training_image():
    forward = {
        "conv1": 28 * 28 * 32 * 7 * 7 * 1,
        "conv2": 14 * 14 * 64 * 5 * 5 * 32,
        "conv3": 7 * 7 * 128 * 3 * 3 * 64,
        "conv4": 4 * 4 * 256 * 128,
        "conv5": 2 * 2 * 2 * 256,
    }
    backward = {name: (1 if name == "conv1" else 2) * count for name, count in forward.items()}
    by_hand = 2 * (sum(forward.values()) + sum(backward.values()))
    assert training_operations(sl.conv_tower()) == by_hand


def test_original_pairs_are_what_their_labels_say():
    labels = np.arange(200) % 10
    left, right, same = next(random_pairs(labels, seed=0))
    assert ((labels[left] == labels[right]) == same).all()
    assert (np.array(left) != np.array(right)).all()
    assert same.mean() == pytest.approx(0.5, abs=0.1)  # 512 coins of a fixed seed


def test_table():
    assert table([{"a": 1, "b": 2}, {"a": 3, "b": 4}]).splitlines() == [
        "| a | b |", "| --- | --- |", "| 1 | 2 |", "| 3 | 4 |",
    ]  # fmt: skip
