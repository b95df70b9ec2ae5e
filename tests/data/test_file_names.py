"""Images are found by the names of their files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from siamese_lib.data.file_names import checked_rows, rows_named

ODD = os.fsdecode(b"a/caf\xe9.png")
FILES = ("a/1.png", "a/more/1.png", ODD, "b/2 two.png", "a/1.png")


def test_names_and_paths_are_found() -> None:
    root = Path("/photos")
    wanted = ["a/more/1.png", Path("b/2 two.png"), root / "a" / "more" / "1.png", "./b/2 two.png"]
    assert rows_named(wanted, FILES, root).tolist() == [1, 3, 1, 3]
    assert rows_named(["a/1.png"], FILES, None).tolist() == [0, 4]
    assert rows_named([ODD], FILES, root).tolist() == [2]
    assert rows_named([r"a/caf\xe9.png"], FILES, root).tolist() == [2]  # as a message prints it
    found = rows_named([], FILES, root)
    assert (found.dtype, found.shape) == (np.int64, (0,))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("c/2 two.png", "'c/2 two.png' (did you mean 'b/2 two.png'?)"),
        ("1.png", "'1.png' (did you mean 'a/1.png' or 'a/more/1.png'?)"),
        ("b/2two.png", "did you mean 'b/2 two.png'"),
        ("zzz", "no image has: 'zzz'; expected names such as 'a/1.png'"),
        ("/elsewhere/a/1.png", "'/elsewhere/a/1.png' (did you mean 'a/"),
    ],
)
def test_unknown_names_suggest_others(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        rows_named(["a/1.png", name], FILES, Path("/photos"))


def test_many_unknown_names_and_images_without_names() -> None:
    with pytest.raises(ValueError, match="; and 7 more; expected"):
        rows_named(map(str, range(10)), FILES, None)
    with pytest.raises(ValueError, match=r"these images have no names .*train=\[\.\.\.\]"):
        rows_named(["a/1.png"], (), None)


@pytest.mark.parametrize("indices", [[5], [-1], [0.5], ["1"], [[0]], [True, False]])
def test_indices_are_checked(indices: list[object]) -> None:
    with pytest.raises(ValueError, match=r"test: found .* from 0 to 4"):
        checked_rows("test", indices, 5)  # pyright: ignore[reportArgumentType]


def test_indices_of_any_integers() -> None:
    assert checked_rows("test", np.array([4, 0], np.uint8), 5).tolist() == [4, 0]
    assert checked_rows("test", (), 0).dtype == np.int64
