"""Paths as users give them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import siamese_lib as sl
from siamese_lib.data.paths import given_path


@pytest.mark.parametrize("path", ["", b"", None, 3, "a" * 5000, "a\0b", "~no-such-user-here/a"])
@pytest.mark.parametrize("takes", [sl.load_folder, given_path])
def test_paths_that_cannot_be_looked_up(path: Any, takes: Any) -> None:
    with pytest.raises(sl.DataError, match="expected the path of a file or folder") as caught:
        takes(path)
    assert len(str(caught.value)) < 500


def test_paths_of_all_types_and_of_what_is_missing(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", tmp_path / "none" / "deeper"):
        for form in (path, str(path), os.fsencode(path)):
            assert given_path(form) == path
    assert given_path("~") == Path.home()
