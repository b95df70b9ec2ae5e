"""`import siamese_lib` is light, complete and quiet."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import siamese_lib

ROOT = Path(__file__).parent.parent
HEAVY = ("faiss", "keras", "pandas", "plotly", "scipy", "sklearn", "tensorflow")

PROMISED = sorted(
    alias.name
    for statement in ast.parse((ROOT / "siamese_lib/__init__.pyi").read_text()).body
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
)


def fresh(script: str, **environment: str) -> tuple[Any, str]:
    """Run a script in a process of its own, whose last line of output is JSON."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**settings, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.parametrize("name", PROMISED)
def test_every_name_in_the_stub_resolves(name):
    assert getattr(siamese_lib, name) is not None
    assert name in dir(siamese_lib)


def test_the_stub_promises_the_names_of_the_book():
    assert {"ContrastiveLoss", "PairSampler", "conv_tower", "metrics", "siamese"} <= {*PROMISED}


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = siamese_lib.no_such_name  # pyright: ignore[reportAttributeAccessIssue]


def test_arrays_alone_wait_for_no_heavy_package():
    found, _ = fresh(f"""
import json, sys
import siamese_lib
found = {{"import": [name for name in {HEAVY} if name in sys.modules]}}
for touched in ("PairSampler", "BalancedBatchSampler", "load_dataset", "load_folder", "metrics"):
    getattr(siamese_lib, touched)
    found[touched] = [name for name in {HEAVY} if name in sys.modules]
print(json.dumps(found))
""")
    assert not any(found.values()), found
    assert len(found) == 6


TOUCHED = {
    "EmbeddingView": "sl.EmbeddingView(points, labels)",
    "NeighbourStrip": "sl.NeighbourStrip(sl.EmbeddingView(points, labels, images=images))",
    "PairMatrix": "sl.PairMatrix(points, labels)",
    "ThresholdExplorer": "sl.ThresholdExplorer([1, 2], [1, 0], [0, 0], [1, 2], images, labels)",
}


@pytest.mark.parametrize("name", TOUCHED)
def test_a_view_waits_for_nothing_that_draws_charts_trains_or_searches(name):
    found, _ = fresh(f"""
import json, sys
import numpy as np, siamese_lib as sl
points, labels, images = np.eye(9, 2), np.arange(9), np.zeros((9, 4, 4), np.uint8)
assert {TOUCHED[name]}._repr_mimebundle_()
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
""")
    assert found == []


def test_the_retrieval_explorer_draws_no_charts():
    found, _ = fresh("""
import json, sys
sys.path.insert(0, "tests")
from tiny_explorer import tiny_explorer
assert tiny_explorer()._repr_mimebundle_()
print(json.dumps([name for name in ("plotly",) if name in sys.modules]))
""")
    assert found == []


def test_a_film_and_a_moving_picture_of_it_need_no_widgets():
    found, _ = fresh("""
import json, sys, tempfile
from pathlib import Path
import numpy as np, siamese_lib as sl
film = sl.shipped_run().make_film()
images = sl.Split(np.zeros((10, 28, 28, 1), np.uint8), np.arange(10))
digits = sl.Dataset(images, images, tuple("0123456789"), "made here", "black")
with tempfile.TemporaryDirectory() as folder:
    for name in ("film.gif", "film.webp"):
        assert sl.export_gif(sl.shipped_run(), digits, Path(folder) / name, film=film, size=64)
wanted = ("anywidget", "ipywidgets", "IPython", "keras", "plotly", "tqdm")
print(json.dumps([name for name in wanted if name in sys.modules]))
""")
    assert found == []


def test_the_film_and_history_of_a_loaded_run_wait_for_no_keras():
    found, _ = fresh("""
import json, sys
import siamese_lib
run = siamese_lib.shipped_run()
assert run.embedding_dim == 2 and run.settings and repr(run)
assert run.film()._repr_mimebundle_()
print(json.dumps([name for name in ("keras", "tensorflow", "jax") if name in sys.modules]))
""")
    assert found == []


@pytest.mark.parametrize("command", ["", "train", "evaluate", "retrieve", "export", "report"])
def test_help_waits_for_no_heavy_package(command):
    found, _ = fresh(f"""
import json, sys
from siamese_lib.__main__ import main
try:
    main([*{command.split()}, "--help"])
except SystemExit as ended:
    assert ended.code == 0
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
""")
    assert found == []


ASK_ONEDNN = """
import json, os, sys
import siamese_lib
assert "tensorflow" not in sys.modules
print(json.dumps(os.environ["TF_ENABLE_ONEDNN_OPTS"]))
"""


@pytest.mark.parametrize(("given", "expected"), [({}, "1"), ({"TF_ENABLE_ONEDNN_OPTS": "0"}, "0")])
def test_onednn_is_decided_before_tensorflow_is_imported(given, expected):
    assert fresh(ASK_ONEDNN, **given)[0] == expected


def test_keras_is_imported_without_a_word():
    script = "import siamese_lib as sl; sl.conv_tower(); print('true')"
    assert fresh(script) == (True, "")
