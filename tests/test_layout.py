"""Folders import only from lower layers, and files and functions stay short."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from layout import (
    circles,
    foreign,
    imports_in_functions,
    init_files_with_code,
    long_files,
    long_functions,
    read,
    unresolved_names,
    upward,
)

ROOT = Path(__file__).parents[1]

# A folder or file may import from lower layers and from itself, and nothing else. Each file at the
# bottom is a layer of its own: none imports another today, and a later one may import an earlier
# one.
LAYERS: dict[str, float] = {
    "texts": 0.05,
    "arrays": 0.07,
    "checks": 0.1,
    "files": 0.2,
    "colors": 0.3,
    "pixels": 0.35,
    "lettering": 0.37,
    "images": 0.4,
    "outputs": 0.42,
    "progress": 0.45,
    "network": 1,
    "data": 2,
    "search": 2,
    "figures": 2,
    "pairs": 2.5,
    "metrics": 3,
    "curation": 3.5,
    "views": 4,
    "lab": 4.5,
    "runs": 5,
    "training": 6,
    "explorer": 6,
    "export": 6,
    "scale": 6,
    "reports": 6.3,
    "": 6.5,  # __init__.py, and the names in its stub, which are imported on first use
    "terminal": 7,
    "__main__": 8,
}
# Figures are for notebooks and the terminal: a view that imports them waits for plotly. And only
# the terminal imports the package itself, as a reader does.
RESTRICTED = {"figures": {"", "terminal"}, "": {"terminal"}}
# The packages that a folder may import, so that Keras, plotly and FAISS each stay in one of them.
SEEN = {"numpy", "PIL", "IPython", "anywidget", "ipywidgets", "traitlets"}
PACKAGES: dict[str, set[str]] = {
    "": {"lazy_loader"},
    "arrays": {"numpy"},
    "checks": {"numpy"},
    "files": {"numpy"},
    "colors": {"numpy"},
    "pixels": {"numpy"},
    "lettering": {"PIL"},
    "images": {"numpy", "PIL"},
    "outputs": {"IPython"},
    "progress": {"IPython", "tqdm"},
    "network": {"numpy", "keras", "tensorflow", "jax", "torch"},
    "data": {"numpy", "PIL", "platformdirs", "pooch", "requests"},
    "pairs": {"numpy"},
    "search": {"numpy", "faiss"},
    "figures": {"numpy", "plotly"},
    "metrics": {"numpy"},
    "curation": {"numpy"},
    "views": SEEN,
    "lab": {"numpy", "PIL"},
    "runs": {"numpy"},
    "training": {"numpy", "IPython"},
    "explorer": SEEN,
    "export": {"numpy", "PIL", "imageio_ffmpeg"},
    "scale": {"numpy", "lancedb", "pyarrow", "ray"},
    "reports": {"numpy", "PIL"},
    "terminal": {"numpy", "PIL"},
}
BENCHMARK_LAYERS: dict[str, float] = {
    "tools": 1,
    "recipes": 2,
    "parts": 3,
    "published": 4,
    "__main__": 5,
    "": 6,
}
# What takes 0.05 s to import or more, or is not installed everywhere.
HEAVY = {"IPython", "PIL", "faiss", "imageio_ffmpeg", "jax", "keras", "plotly", "pooch", "requests"}
HEAVY |= {"lancedb", "pyarrow", "ray", "tensorflow", "torch", "tqdm"}
# sl.metrics, sl.figures and sl.curation
INIT_FILES_WITH_CODE = {"siamese_lib.metrics", "siamese_lib.figures", "siamese_lib.curation"}

LIBRARY, BENCHMARKS = read(ROOT, "siamese_lib"), read(ROOT, "benchmarks")
STUB = (ROOT / "siamese_lib/__init__.pyi").read_text(encoding="utf-8")
PUBLIC = {"__version__", "configure", *re.findall(r"as (\w+)$", STUB, re.MULTILINE)}

RULES: dict[str, Callable[[], list[str]]] = {
    "the library imports from lower layers": lambda: upward(LIBRARY, LAYERS, RESTRICTED),
    "the benchmarks import from lower layers": lambda: upward(BENCHMARKS, BENCHMARK_LAYERS, {}),
    "packages stay in their folders": lambda: foreign(LIBRARY, PACKAGES),
    "no circle in the library": lambda: circles(LIBRARY),
    "no circle in the benchmarks": lambda: circles(BENCHMARKS),
    "only what is heavy is imported in functions": lambda: imports_in_functions(LIBRARY, HEAVY),
    "every name exists": lambda: unresolved_names(LIBRARY | BENCHMARKS, PUBLIC),
    "files of the library": lambda: long_files(ROOT, "siamese_lib/**/*.py", 350),
    "files of the benchmarks": lambda: long_files(ROOT, "benchmarks/**/*.py", 350),
    "JavaScript": lambda: long_files(ROOT, "siamese_lib/**/*.[jt]s", 400),
    "functions of the library": lambda: long_functions(LIBRARY, 60),
    "functions of the benchmarks": lambda: long_functions(BENCHMARKS, 60),
    "every __init__.py is a docstring": lambda: init_files_with_code(LIBRARY, INIT_FILES_WITH_CODE),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_sources_keep(rule: str) -> None:
    complaints = RULES[rule]()
    assert not complaints, "\n".join(complaints)


def test_no_two_files_of_the_tests_have_one_name() -> None:
    """pytest imports them by their names alone, so in one process it would mix them up."""
    names = Counter(path.name for path in ROOT.glob("tests/**/*.py") if path.stem != "conftest")
    assert not [name for name, count in names.items() if count > 1]


def test_every_module_is_read() -> None:
    files = {module.file for module in LIBRARY.values()}
    assert files == {p.relative_to(ROOT).as_posix() for p in ROOT.glob("siamese_lib/**/*.py")}
    assert len([i for module in LIBRARY.values() for i in module.imports]) > 300
    assert {"siamese_lib.runs.run", "siamese_lib.figures"} <= {
        each.target for each in LIBRARY["siamese_lib"].imports
    }


# --- each rule can fail ------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write files of a made-up package ``p``, and return the folder it is in."""

    def write(files: dict[str, str]) -> Path:
        for name, text in {"__init__.py": "", **files}.items():
            path = tmp_path / "p" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / "__init__.py").touch()
            path.write_text(text)
        return tmp_path

    return write


LOW_AND_HIGH: dict[str, float] = {"": 0, "low": 1, "beside": 1, "high": 2, "top": 3}


@pytest.mark.parametrize(
    "text",
    [
        "import p.high.c",
        "import os, p.high.c as c",
        "from p.high import c",
        "from p.high.c import C",
        "from p import high",
        "from ..high import c",
        "from ..high.c import C",
        "from .. import high",
        "def f():\n    from p.high import c",
        "class A:\n    def f(self):\n        if self:\n            import p.high.c",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.high import c",
        "try:\n    import p.high.c\nexcept ImportError:\n    pass",
        "from importlib import import_module\nc = import_module('p.high.c')",
        "import importlib\nf = lambda: importlib.import_module('p.high.c')",
        "c = __import__('p.high.c')",
        "from p.beside import b",
        "import p.unknown",
    ],
)
def test_an_import_from_the_same_or_a_higher_layer_is_found(
    write: Callable[..., Path], text: str
) -> None:
    root = write({"low/a.py": text, "high/c.py": "class C: ...", "beside/b.py": ""})
    (complaint,) = upward(read(root, "p"), LOW_AND_HIGH, {})
    assert re.match(r"p/low/a\.py:\d+ imports p\.(high|beside|unknown)", complaint)


def test_imports_from_lower_layers_and_within_a_folder_are_allowed(
    write: Callable[..., Path],
) -> None:
    text = "import p.low.a, p.high.d, numpy\nfrom p import low\nfrom . import d"
    root = write({"low/a.py": "from .b import x", "low/b.py": "", "high/c.py": text})
    write({"high/d.py": "def f():\n    from ..low.a import x"})
    assert upward(read(root, "p"), LOW_AND_HIGH, {}) == []


def test_a_file_without_a_layer_and_a_restricted_import_are_found(
    write: Callable[..., Path],
) -> None:
    root = write(
        {
            "nowhere.py": "",
            "low/a.py": "from p.low import b",
            "low/b.py": "import numpy",
            "high/c.py": "from p.low import b",
            "top/d.py": "from p.low import b",
        }
    )
    assert upward(read(root, "p"), LOW_AND_HIGH, {"low": {"top"}}) == [
        "p/high/c.py:1 imports p.low.b, which may be imported only by top",
        "p/nowhere.py is in no layer",
    ]


def test_a_package_in_a_folder_that_does_not_name_it_is_seen(write: Callable[..., Path]) -> None:
    root = write({"low/a.py": "import os, numpy.linalg\ndef f():\n    from keras import ops"})
    write({"high/b.py": "import p.low.a, keras\nfrom . import c"})
    allowed = {"low": {"numpy"}, "high": {"keras"}}
    assert foreign(read(root, "p"), allowed) == ["p/low/a.py:3 imports keras"]
    assert len(foreign(read(root, "p"), {})) == 3


def test_a_stub_is_read_with_its_module(write: Callable[..., Path]) -> None:
    root = write({"low/__init__.py": "", "low/__init__.pyi": "from ..high.c import C as C"})
    write({"high/c.py": "class C: ..."})
    assert upward(read(root, "p"), LOW_AND_HIGH, {}) == [
        "p/low/__init__.py:1 imports p.high.c, which is in no lower layer"
    ]


def test_every_circle_is_found(write: Callable[..., Path]) -> None:
    root = write(
        {
            "a.py": "import p.b",
            "b.py": "def f():\n    from p import c",
            "c.py": "from p.a import x",
            "d.py": "import p.e, p.a",
            "e.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.d",
        }
    )
    found = circles(read(root, "p"))
    assert len(found) == 2
    assert {frozenset(re.findall(r"p/(\w)\.py", circle)) for circle in found} == {
        frozenset("abc"),
        frozenset("de"),
    }
    write({"c.py": "", "e.py": ""})
    assert circles(read(root, "p")) == []


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("import faiss  # waits until something is sought", True),
        ("# Waiting for it would be felt: it waits for the first search.\n    import faiss", True),
        ("import faiss", False),
        ("import faiss  # fast enough", False),
        ("from p import slow  # waits as well", True),
        ("from p import slower  # waits as well", True),
        ("from p import slow", False),
        ("from p import fast  # waits without a reason", False),
        ("import json  # waits without a reason", False),
        ("import faiss, json  # waits, one of them without a reason", False),
    ],
)
def test_an_import_in_a_function_has_a_reason(
    write: Callable[..., Path], line: str, kept: bool
) -> None:
    lazy = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import faiss"
    root = write(
        {
            "a.py": f"# It waits.\n\n\ndef f():\n    {line}\n",
            "slow.py": "with open('x'):\n    import faiss",
            "slower.py": "from p.slow import faiss",
            "fast.py": lazy + "\ndef f():\n    import faiss  # waits",
        }
    )
    found = imports_in_functions(read(root, "p"), {"faiss"})
    assert bool(found) != kept
    assert all(complaint.startswith("p/a.py:") for complaint in found)


def test_names_that_do_not_exist_are_found(write: Callable[..., Path]) -> None:
    root = write(
        {
            "a.py": "# See p.b, p.b.f, p.b.C.method and p.public, not x/p.nothing.",
            "b.py": "def f(): ...\nclass C: ...",
            "c.py": "'''As p.b.g does, or p.d.'''\nrun('-m', 'p.a.b')",
        }
    )
    assert unresolved_names(read(root, "p"), {"public"}) == [
        "p/c.py:1 names p.b.g",
        "p/c.py:1 names p.d",
    ]


def test_long_files_and_functions_are_found(write: Callable[..., Path]) -> None:
    said = '    """Say\n    much.\n    """\n'
    body = "    x = 1\n" * 4
    method = "class A:\n    async def g(self):\n" + "        x = 1\n" * 4
    root = write(
        {
            "a.py": f"@staticmethod\ndef f():\n{said}{body}",
            "b.js": "let a;\n" * 9,
            "c/d.py": method,
        }
    )
    modules = read(root, "p")
    assert long_functions(modules, 5) == []
    assert long_functions(modules, 4) == ["p/a.py:2 f has 5 lines", "p/c/d.py:2 g has 5 lines"]
    assert long_files(root, "p/**/*.py", 9) == []
    assert long_files(root, "p/**/*.py", 8) == ["p/a.py has 9 lines"]
    assert long_files(root, "p/**/*.js", 8) == ["p/b.js has 9 lines"]


def test_an_init_file_with_code_is_found(write: Callable[..., Path]) -> None:
    files = {
        "a/__init__.py": '"""Docstring."""\n',
        "b/__init__.py": '"""Docstring, and code."""\nfrom p import a\n',
        "c/__init__.py": "",
        "d/__init__.py": "import p.a\n",
    }
    assert init_files_with_code(read(write(files), "p"), {"p.d"}) == [
        "p/b/__init__.py is not a docstring only",
        "p/c/__init__.py is not a docstring only",
    ]


def test_the_first_chapter_names_all_others():
    text = (ROOT / "notebooks/00_start_here.py").read_text()
    others = {path.stem for path in (ROOT / "notebooks").glob("*.py")} - {"00_start_here"}
    assert set(re.findall(r"\]\((\d\w+)\.ipynb\)", text)) == others
