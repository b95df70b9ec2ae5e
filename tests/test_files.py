"""Files are whole or not there, whatever they are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from siamese_lib.files import write_atomically


@pytest.mark.parametrize("name", ["a", "n" * 255, "ü" * 127, "." * 254])
def test_any_name_that_the_file_system_takes(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / name, b"some ", b"bytes")
    assert (tmp_path / name).read_bytes() == b"some bytes"
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a", "n" * 255])
def test_what_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).write_bytes(b"before")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / name, b"after")
    assert (tmp_path / name).read_bytes() == b"before"
    assert os.listdir(tmp_path) == [name]
