"""A widget and its still in a notebook: three outputs, in which CSS shows one of two."""

from __future__ import annotations

import base64
import io
from types import SimpleNamespace
from typing import Any

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from siamese_lib.views import showing
from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.neighbour_strip import NeighbourStrip
from siamese_lib.views.showing import VIEW, show, still_of


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Pretend to run in JupyterLab; what is displayed there."""
    shown: list[dict[str, Any]] = []
    monkeypatch.delenv("VSCODE_PID", raising=False)
    monkeypatch.setattr(showing, "get_ipython", lambda: SimpleNamespace(kernel=1))
    monkeypatch.setattr(showing, "display", lambda data, **options: shown.append(data))
    return shown


def view_of(points: int = 30, **options: Any) -> EmbeddingView:
    places = np.random.default_rng(0).normal(size=(points, 2))
    images = np.zeros((points, 4, 4), np.uint8)
    return EmbeddingView(places, np.arange(points) % 3, images=images, **options)


def test_a_sheet_a_still_and_the_widget_follow_each_other(outputs):
    view = view_of()
    view._ipython_display_()
    sheet, still, widget = outputs
    assert "siamese-still" in sheet["text/html"]
    assert base64.b64decode(still["image/png"]) == view.still()
    assert widget == {VIEW: {"model_id": view.model_id, "version_major": 2, "version_minor": 0}}


def test_a_box_shows_the_stills_of_its_views_under_each_other(outputs):
    view = view_of(selected=3)
    strip = NeighbourStrip(view, k=4)
    showing._show_if_it_stays(ipywidgets.VBox([ipywidgets.HBox([view]), strip, ipywidgets.Label()]))
    both, row, cloud = (
        Image.open(io.BytesIO(png))
        for png in (base64.b64decode(outputs[1]["image/png"]), strip.still(), view.still())
    )
    assert both.size == (max(row.width, cloud.width), row.height + cloud.height)
    assert len(outputs) == 3


@pytest.mark.parametrize(
    "widget",
    [
        ipywidgets.VBox([ipywidgets.Label()]),
        EmbeddingView(np.zeros((0, 30, 2))),
        NeighbourStrip(view_of(), k=2),
    ],
    ids=["box", "view", "strip"],
)
def test_what_has_no_still_is_left_to_ipython(outputs, widget):
    with pytest.raises(NotImplementedError):
        showing._show_if_it_stays(widget)
    show(widget)  # a live view gets its still later
    assert outputs[1][VIEW]["model_id"] == ""


def test_other_pages_get_one_output_that_is_renewed(outputs, monkeypatch):
    monkeypatch.setenv("VSCODE_PID", "1")
    view = EmbeddingView(np.zeros((0, 30, 2)))
    show(view)  # as the live view does
    widget = {VIEW: {"model_id": view.model_id, "version_major": 2, "version_minor": 0}}
    assert outputs == [widget]
    view.append_frame(np.random.default_rng(0).normal(size=(30, 2)), step=0)
    assert still_of(view) == {**widget, **showing.picture(view.still())}
    monkeypatch.delenv("VSCODE_PID")
    assert still_of(view) == showing.picture(view.still())


def test_other_pages_get_one_output(outputs, monkeypatch):
    monkeypatch.setenv("VSCODE_PID", "1")
    with pytest.raises(NotImplementedError):
        view_of()._ipython_display_()
    monkeypatch.delenv("VSCODE_PID")
    for shell in (None, SimpleNamespace()):
        monkeypatch.setattr(showing, "get_ipython", lambda shell=shell: shell)
        with pytest.raises(NotImplementedError):
            view_of()._ipython_display_()
    assert outputs == []
