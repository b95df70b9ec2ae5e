"""Figures in the pages that nbconvert makes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import IPython
import nbformat
import numpy as np
import plotly.io
import pytest

import siamese_lib as sl
from siamese_lib.figures.pages import live_figures
from siamese_lib.figures.style import SHEET

ROOT = Path(__file__).parents[2]


def notebook_of(*figures: object) -> nbformat.NotebookNode:
    """A notebook as JupyterLab saves it, with a figure under each cell."""
    cells = []
    for figure in figures:
        data = {"application/vnd.plotly.v1+json": json.loads(plotly.io.to_json(figure))}
        output = nbformat.v4.new_output("display_data", data)
        cells.append(nbformat.v4.new_code_cell("figure", outputs=[output]))
    return nbformat.v4.new_notebook(cells=cells)


def test_nbconvert_draws_them_and_needs_no_network(tmp_path: Path) -> None:
    grid = sl.figures.image_grid(np.zeros((2, 4, 4), np.uint8))
    path = tmp_path / "figures.ipynb"
    nbformat.write(notebook_of(grid, grid), path)
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--stdout", str(path)]
    where = {**os.environ, "JUPYTER_CONFIG_PATH": str(ROOT / "jupyter")}  # as it is installed
    page = subprocess.run(command, env=where, capture_output=True, check=True, text=True).stdout
    assert len(re.findall(r"Plotly\.newPlot\(\s*\"", page)) == 2
    assert page.count("plotly.js v") == 1
    assert 'src="https://cdn.plot' not in page
    assert "text/html" not in path.read_text()
    assert page.count('"displaylogo": false') == 2


def test_a_saved_figure_says_how_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype")
    map_of = sl.figures.embedding_map(np.eye(2), [0, 1])
    for figure, tools in ((sl.figures.loss_curve(), False), (map_of, "hover")):
        saved = figure._repr_mimebundle_()["application/vnd.plotly.v1+json"]
        assert saved["config"] == {"displaylogo": False, "displayModeBar": tools}


def test_words_have_the_inks_of_the_theme() -> None:
    theme = (ROOT / "siamese_lib/views/theme.css").read_text()
    assert SHEET in theme
    notebook, _ = live_figures(notebook_of(sl.figures.loss_curve(), sl.figures.loss_curve()), {})
    pages = [cell["outputs"][0]["data"]["text/html"] for cell in notebook["cells"]]
    assert [page.count(SHEET) for page in pages] == [1, 0]


def test_a_notebook_without_a_view_gets_the_inks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(plotly.io.renderers, "default", "json")
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=1))
    monkeypatch.delenv("VSCODE_PID", raising=False)
    sl.figures.loss_curve()._ipython_display_()
    (sheet,) = (data["text/html"] for data in shown if "text/html" in data)
    assert SHEET in sheet
    shown.clear()
    monkeypatch.setenv("VSCODE_PID", "1")
    sl.figures.loss_curve()._ipython_display_()
    monkeypatch.delenv("VSCODE_PID")
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    sl.figures.loss_curve()._ipython_display_()
    assert not [data for data in shown if "text/html" in data]


def test_the_server_exports_with_the_same_setting() -> None:
    names = ("jupyter_nbconvert_config.json", "jupyter_server_config.d/siamese_lib.json")
    one, other = ((ROOT / "jupyter" / name).read_text() for name in names)
    assert one == other
