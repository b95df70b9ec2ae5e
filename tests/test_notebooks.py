"""The book as files: twins agree, saved outputs are whole and clean, cells are small."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

BOOK = Path(__file__).parent.parent / "notebooks"
RESULTS = BOOK.parent / "benchmarks" / "results"
CHAPTERS = sorted(BOOK.glob("*.ipynb"))
FIRST_CHAPTERS = [
    "00_start_here",
    "01_pairs",
    "02_tower_and_loss",
    "03_train",
    "04_watch_it_converge",
    "05_retrieval_explorer",
    "06_how_good_is_it",
]
UNCHECKED_TAGS = {"nbval-ignore-output", "nbval-skip", "raises-exception"}

# A folder inside a folder, from the root: "/home/ann/", but not "https://a.org/b/c/" or "</b>".
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/<~+-])/[\w.-]+/[\w.-]+/|\b[A-Z]:\\")

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def text_of(output: nbformat.NotebookNode) -> str:
    """Everything in one output that is words: a stream, or the text forms of a displayed value."""
    forms = [text for mime, text in output.get("data", {}).items() if mime.startswith("text/")]
    return "\n".join(["".join(output.get("text", "")), *map("".join, forms)])


def is_compared(output: nbformat.NotebookNode) -> bool:
    """Whether nbval compares some text of this output (see conftest.py)."""
    mimes = output.get("data", {})
    is_view = any(mime.startswith("application/vnd.") for mime in mimes)
    return output.get("name") == "stdout" or ("text/plain" in mimes and not is_view)


def has_sentence(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell is markdown with more in it than headings."""
    lines = [line for line in cell.source.splitlines() if line.strip()]
    return cell.cell_type == "markdown" and any(not line.startswith("#") for line in lines)


def test_book_has_its_chapters():
    names = [path.stem for path in CHAPTERS]
    assert names[: len(FIRST_CHAPTERS)] == FIRST_CHAPTERS
    assert names == sorted(path.stem for path in BOOK.glob("*.py")), "every chapter has a twin"


@each_chapter
def test_twins_agree(path):
    def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str, list[str]]]:
        return [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in notebook.cells]

    twin = jupytext.read(path.with_suffix(".py"))
    advice = "`make book` takes the .py; `jupytext --to py:percent` on the .ipynb takes that"
    assert cells(twin) == cells(read(path)), advice


@each_chapter
@pytest.mark.parametrize("opened", [".ipynb", ".py"])
def test_saving_a_chapter_unchanged_changes_neither_twin(path, opened, tmp_path):
    """As JupyterLab does, through jupytext's contents manager."""
    twins = [path, path.with_suffix(".py")]
    (tmp_path / BOOK.name).mkdir()
    for file in (BOOK.parent / "jupytext.toml", *twins):
        shutil.copy(file, tmp_path / file.relative_to(BOOK.parent))
    lab = jupytext.TextFileContentsManager(root_dir=str(tmp_path))
    name = f"{BOOK.name}/{path.stem}{opened}"
    lab.save({"type": "notebook", "content": lab.get(name, type="notebook")["content"]}, name)
    for twin in twins:
        saved = (tmp_path / BOOK.name / twin.name).read_text(encoding="utf-8")
        assert saved == twin.read_text(encoding="utf-8"), "run `make sync`, which sets the header"


@each_chapter
def test_every_cell_was_run_in_order(path):
    counts = [cell.execution_count for cell in code_cells(read(path))]
    assert counts == list(range(1, len(counts) + 1)), "run `make book`"


@each_chapter
def test_enough_outputs_are_compared(path):
    cells = code_cells(read(path))
    checked = [c for c in cells if not UNCHECKED_TAGS & set(c.metadata.get("tags", []))]
    assert sum(is_compared(output) for cell in checked for output in cell.outputs) >= 3
    assert not any("NBVAL_" in cell.source for cell in cells), "use tags, which readers do not see"


@each_chapter
def test_saved_outputs_are_clean(path):
    notebook = read(path)
    saved = outputs(notebook)
    assert not [output for output in saved if output.output_type == "error"]
    assert not [text_of(output) for output in saved if output.get("name") == "stderr"]
    assert not [text for text in map(text_of, saved) if ABSOLUTE_PATH.search(text)]
    assert "widgets" not in notebook.metadata, "widget state holds megabytes of JavaScript"
    assert path.stat().st_size < 1_000_000


@each_chapter
def test_cells_are_small_and_introduced(path):
    notebook = read(path)
    lines = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    assert max(lines) <= 14
    assert sum(lines) / len(lines) <= 8
    for before, cell in zip([None, *notebook.cells], notebook.cells, strict=False):
        if cell.cell_type == "code":
            assert before is not None, "a chapter opens with words"
            assert has_sentence(before), f"say what will appear before:\n{cell.source}"


@pytest.mark.parametrize(
    ("chapter", "result"),
    [("03_train", "quality"), ("11_outgrowing_one_machine", "disk")],
)
def test_a_chapter_shows_the_newest_results(chapter, result):
    """It says when they were measured, in a cell whose output nothing else compares."""
    measured = json.loads((RESULTS / f"{result}.json").read_text(encoding="utf-8"))["machine"]
    line = f"measured on {measured['cores']} cores of {measured['processor']}, {measured['date']}"
    said = map(text_of, outputs(read(BOOK / f"{chapter}.ipynb")))
    assert any(line in text for text in said), f"run `make book BOOK=notebooks/{chapter}.py`"


@pytest.mark.notebooks
@each_chapter
def test_twin_runs_as_a_script(path, tmp_path):
    script = [sys.executable, Path(__file__).with_name("run_twin.py"), path.with_suffix(".py")]
    no_windows = {"PLOTLY_RENDERER": "json", "MPLBACKEND": "Agg"}
    result = subprocess.run(
        script,
        cwd=tmp_path,
        env=os.environ | no_windows,
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()[-3000:]


@pytest.mark.notebooks
@pytest.mark.parametrize("chapter", ["00_start_here", "01_pairs"])  # the quick ones
def test_a_chapter_passes_without_connection(chapter, tmp_path):
    """The saved outputs are those of MNIST; the digits that come with a package are fewer."""
    kept = {name: value for name, value in os.environ.items() if name != "SIAMESE_DATA"}
    nowhere = {"SIAMESE_CACHE": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", BOOK / f"{chapter}.ipynb"],
        cwd=BOOK.parent,
        env=kept | nowhere,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("saved in /home/ann/book/run", True),
        ("from '/data/mnist/x.npz'", True),
        (r"C:\Users\ann", True),
        ("see https://example.org/a/b/c", False),
        ("<b>1</b><i>2</i>", False),
        ("data:image/png;base64,iVBOR+/aa/bb/0=", False),
        ("1,200 images/s and/or 1/2/3", False),
    ],
)
def test_absolute_paths_are_recognised(text, found):
    assert bool(ABSOLUTE_PATH.search(text)) == found
