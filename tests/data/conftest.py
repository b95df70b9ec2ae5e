"""What several tests of reading files use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from siamese_lib.data import read_many
from siamese_lib.data.reading import read_with_thumbnail


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, as they are read."""
    names: list[str] = []

    def reading(file: Path, *arguments: Any, **options: Any) -> Any:
        names.append(file.name)
        return read_with_thumbnail(file, *arguments, **options)

    monkeypatch.setattr(read_many, "read_with_thumbnail", reading)
    return names
