"""Outputs of a notebook that are hidden where widgets run."""

from __future__ import annotations

from typing import Any


def unseen() -> dict[str, Any]:
    """Bundle an output that is hidden where widgets run, and empty elsewhere.

    An empty ``model_id`` declares the output to be the view of a removed widget, which JupyterLab's
    widget manager hides.
    """
    removed = {"model_id": "", "version_major": 2, "version_minor": 0}
    return {"application/vnd.jupyter.widget-view+json": removed, "text/plain": ""}
