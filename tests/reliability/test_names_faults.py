"""Names that cannot be printed or drawn, and what they become."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, check
from PIL import Image

import siamese_lib as sl
from siamese_lib.__main__ import main

LATIN = os.fsdecode(b"caf\xe9")


def classes(*names: str) -> Callable[[Path], None]:
    """Return what makes class folders of nine pictures each."""

    def prepare(at: Path) -> None:
        for name in names:
            (at / "photos" / name).mkdir(parents=True)
            for number in range(9):
                pixels = np.random.default_rng([*os.fsencode(name), number]).integers(
                    0, 256, (28, 28), np.uint8
                )
                Image.fromarray(pixels).save(at / "photos" / name / f"{number}.png")

    return prepare


def printed(value: object) -> str:
    """Return what a terminal in UTF-8 prints; an error for what it cannot print."""
    return f"{value}".encode().decode()


def load(at: Path) -> str:
    return printed(sl.load_folder(at / "photos"))


def run_of(at: Path) -> tuple[sl.Run, sl.Dataset]:
    tower = sl.conv_tower(seed=0)
    frames = [np.stack([w, w]) for w in tower.get_weights()]
    run = sl.Run(tower, [0, 1], frames, settings={"data": str(at / "photos")})
    return run, sl.load_folder(at / "photos")


def exported(export: Callable[[sl.Run, sl.Dataset, Path], Path], name: str) -> Callable:
    def act(at: Path) -> str:
        path = export(*run_of(at), at / name)
        file = path / "metadata.tsv" if path.is_dir() else path
        return file.read_bytes().decode(errors="replace")

    return act


def explored(at: Path) -> str:
    explorer = sl.RetrievalExplorer(*run_of(at), k=1)
    return printed("".join(panel.html for panel in explorer._panels.values()))


def saved(at: Path) -> str:
    run, _ = run_of(at)
    run.save(at / LATIN / "a\nrun")
    return printed(ascii(sl.Run.load(at / LATIN / "a\nrun").settings["data"]))


def terminal(words: Callable[[Path], list[str]]) -> Callable[[Path], str]:
    def act(at: Path) -> str:
        run, _ = run_of(at)
        run.save(at / "run")
        out = io.TextIOWrapper(io.BytesIO(), "ascii")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = main([*words(at)])
        out.flush()
        return f"{status}: {out.buffer.getvalue().decode()}"

    return act


def damaged(at: Path) -> None:
    classes("cat", "dog")(at)
    (at / "photos" / "cat" / (LATIN + "\n\x1b[31m.png")).write_bytes(b"")


def by_hand(at: Path) -> str:
    split = sl.Split(np.zeros((3, 8, 8, 1), np.uint8), np.arange(3))
    data = sl.Dataset(split, split, (LATIN, r"caf\xe9", "a\tb"), "a\nlist", "mine")
    return printed((data, len(set(data.class_names))))


FAULTS: dict[str, Fault] = {
    "not UTF-8": Fault(
        "a class folder named in Latin-1, as old archives unpack",
        "the byte is written as an escape", r"classes \(caf\\xe9, tea\)",
        load, classes(LATIN, "tea"),
    ),
    "line break": Fault(
        "a class folder with a line break and a tab in its name",
        "both are escaped, and the text stays one line", r"classes \(a\\nb\\tc, tea\)",
        load, classes("a\nb\tc", "tea"),
    ),
    "turned": Fault(
        "a name with a mark that turns the text after it",
        "the mark is escaped", r"classes \(tea, \\u202egnp\)",
        load, classes("\u202egnp", "tea"),
    ),
    "other scripts": Fault(
        "names in Hebrew, Chinese and emoji",
        "they stay as they are", "classes \\(שלום, 猫, 👩‍🔬\\)",
        load, classes("שלום", "猫", "👩‍🔬"),
    ),
    "long": Fault(
        "a name of 200 characters",
        "its beginning and its end are printed", r"classes \(n{39}…n{20}, tea\)",
        load, classes("n" * 200, "tea"),
    ),
    "alike": Fault(
        "two names that differ only in what is escaped, in a Dataset made by hand",
        "they stay different", r"\(caf\\xe9 \(2\), caf\\xe9, a\\tb\), from a\\nlist>, 3\)", by_hand,
    ),
    "projector": Fault(
        "such names, exported for TensorBoard", "a table with one row for each image",
        r"^class\tindex\n(a\\nb\t\d+\n)+(caf\\xe9\t\d+\n)+$",
        exported(sl.export_projector, "out"), classes(LATIN, "a\nb"),
    ),
    "page": Fault(
        "such names, exported as a page", "the page is written",
        r"caf\\\\xe9", exported(sl.export_html, "a.html"), classes(LATIN, "a\nb"),
    ),
    "moving picture": Fault(
        "such names, exported as a GIF", "the GIF is written",
        "^GIF89a", exported(sl.export_gif, "a.gif"), classes(LATIN, "a\nb"),
    ),
    "explorer": Fault(
        "such names in the explorer", "they are shown escaped",
        r"caf\\xe9.*", explored, classes(LATIN, "a\nb"),
    ),
    "run": Fault(
        "a run saved in a folder with such a name", "it is loaded again",
        "photos'$", saved, classes(LATIN, "a\nb"),
    ),
    "terminal": Fault(
        "a file with such a name, given to `siamese retrieve` in a terminal without é",
        "the answer is printed, with escapes", r"(?s)^0: .*caf\\xe9/0.png\n28 \\xd7 28 pixels",
        terminal(lambda at: ["retrieve", "--run", f"{at}/run", f"{at}/photos/{LATIN}/0.png"]),
        classes(LATIN, "a\nb"),
    ),
    "terminal error": Fault(
        "a file with such a name that is not there", "one line says so",
        r"^2: siamese retrieve: [^\n]*a\\nb does not exist; expected an image file[^\n]*\n$",
        terminal(lambda at: ["retrieve", "--run", f"{at}/run", f"{at}/a\nb"]),
        classes("cat", "dog"),
    ),
    "warning": Fault(
        "a damaged file with such a name", "the warning names it, escaped, in one line",
        r"left out: cat/caf\\xe9\\n\\x1b\[31m.png: not a PNG", load, damaged,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_names(name: str, tmp_path: Path) -> None:
    check(FAULTS[name], tmp_path)
