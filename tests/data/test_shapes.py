"""Sizes that fit into memory, and those that do not."""

from __future__ import annotations

import re

import pytest

import siamese_lib as sl
from siamese_lib.data import shapes


@pytest.mark.parametrize("memory", [10**4, 10**9, 3 * 10**10])
@pytest.mark.parametrize("count", [1, 796])
def test_the_size_that_an_error_names_fits_and_the_next_does_not(
    memory: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "memory_bytes", lambda: memory)
    with pytest.raises(sl.DataError, match="the memory of this machine") as caught:
        shapes.check_fits(count, (200_000, 200_000, 3))
    named = re.search(r"up to ([\d,]+) ×", str(caught.value))
    side = int(named[1].replace(",", "")) if named else 0
    assert 2 * count * 3 * side**2 <= memory
    shapes.check_fits(count, (side, side, 3))
    with pytest.raises(sl.DataError):
        shapes.check_fits(count, (side + 1, side + 1, 3))


def test_a_system_that_does_not_tell_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "memory_bytes", lambda: None)
    shapes.check_fits(10**9, (4096, 4096, 3))


def test_the_memory_of_this_machine() -> None:
    assert (shapes.memory_bytes() or 2**40) > 10**8
