"""Outputs of a notebook that are hidden where widgets run."""

from __future__ import annotations

import base64
from typing import Any


def unseen(words: str = "", png: bytes | None = None) -> dict[str, Any]:
    """Bundle words and a picture as an output that is hidden where widgets run.

    An empty ``model_id`` declares the output to be the view of a removed widget, which JupyterLab's
    widget manager hides. Where no widgets run, the reader sees the picture, or else the words.
    """
    removed = {"model_id": "", "version_major": 2, "version_minor": 0}
    picture = {} if png is None else {"image/png": base64.b64encode(png).decode()}
    return {"application/vnd.jupyter.widget-view+json": removed, **picture, "text/plain": words}
