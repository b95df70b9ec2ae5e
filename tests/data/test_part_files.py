"""Files of pixels are removed only by who uses them alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from siamese_lib.data import part_files
from siamese_lib.data.part_files import InUse

fcntl = pytest.importorskip("fcntl")


def alone(sign: InUse) -> bool:
    with sign.alone() as found:
        return found


def test_one_is_alone_and_two_are_not(tmp_path: Path) -> None:
    first = InUse(tmp_path)
    assert [alone(first), alone(first)] == [True, True]
    second = InUse(tmp_path)
    assert [alone(first), alone(second), alone(first)] == [False] * 3
    del first
    assert alone(second)


def test_who_asks_in_vain_is_in_use_all_the_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux gives the shared lock up before it says that there is no other."""
    first, second = InUse(tmp_path), InUse(tmp_path)
    between, real = [], fcntl.flock

    def flock(file: int, kind: int) -> None:
        try:
            real(file, kind)
        except OSError:
            if file == first._file:
                between.append(alone(second))
            raise

    monkeypatch.setattr(part_files.fcntl, "flock", flock)
    assert not alone(first)
    assert between == [False]


def test_without_locks_nobody_is_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*arguments: Any) -> None:
        raise OSError(95, "Operation not supported")

    assert not alone(InUse(tmp_path / "gone"))
    monkeypatch.setattr(part_files.fcntl, "flock", flock)
    assert not alone(InUse(tmp_path))
