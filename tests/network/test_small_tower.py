"""The small tower: shapes, outputs and refusals. tests/lab compares it with the one in a page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import siamese_lib as sl


def images(count: int = 7) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)


@pytest.mark.parametrize("output", ["linear", "sigmoid", "unit"])
@pytest.mark.parametrize("dim", [2, 3])
def test_an_output_is_as_named(output: str, dim: int) -> None:
    linear = np.asarray(sl.small_tower(embedding_dim=dim, seed=3)(images()))
    expected = {
        "linear": linear,
        "sigmoid": 1 / (1 + np.exp(-linear)),
        "unit": linear / np.linalg.norm(linear, axis=1, keepdims=True),
    }
    tower = sl.small_tower(embedding_dim=dim, output=output, seed=3)
    np.testing.assert_allclose(np.asarray(tower(images())), expected[output], atol=1e-6)


def test_parameters_are_counted_by_hand() -> None:
    expected = (25 + 1) * 8 + (9 * 8 + 1) * 16 + (5 * 5 * 16 + 1) * 32 + (32 + 1) * 2
    assert sl.small_tower().count_params() == expected == 14_274


def test_a_seed_gives_the_same_weights_and_kernels_that_differ() -> None:
    one, same, other = (sl.small_tower(seed=seed).get_weights() for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(one, same, strict=True))
    assert all((a != b).all() for a, b in zip(one[::2], other[::2], strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (28, 28)}, "expected \\(height, width, channels\\)"),
        ({"embedding_dim": 0}, "expected a whole number, 1 or more"),
        ({"output": "round"}, "expected one of linear, sigmoid, unit"),
        ({"output": "unit", "embedding_dim": 1}, "expected 2 or more"),
    ],
)
def test_what_it_cannot_build_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sl.small_tower(**arguments)
