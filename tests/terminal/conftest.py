"""A set of images for the commands to work on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_training import corners


@pytest.fixture
def tiny_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A set called tiny, and an empty folder to work in."""
    train, test = corners(60), corners(48, seed=1)
    (tmp_path / "sets").mkdir()
    np.savez(
        tmp_path / "sets" / "tiny.npz",
        x_train=train.images[..., 0],
        y_train=train.labels,
        x_test=test.images[..., 0],
        y_test=test.labels,
    )
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path / "sets"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
