"""Draw plotly's figures in pages that nbconvert makes of notebooks.

A notebook holds a figure as numbers, which JupyterLab draws. nbconvert knows no way to draw them,
and leaves them out. The files in the folder ``jupyter``, which are installed with the package, name
this function to it and to JupyterLab's export.
"""

from __future__ import annotations

from typing import Any

from plotly.io import to_html

from siamese_lib.figures.style import NO_LOGO, SHEET

_FIGURE = "application/vnd.plotly.v1+json"


def live_figures(notebook: Any, resources: Any) -> tuple[Any, Any]:
    """Add HTML to each figure of a notebook, as a preprocessor of ``nbconvert --to html``.

    Plotly's script, 5 MB, is in the page once, so that the figures are drawn without a network.

    Args:
        notebook: a notebook of nbformat 4, which is changed.
        resources: nbconvert's own.

    Returns:
        Both.

    Example:
        >>> from siamese_lib.figures.pages import live_figures
        >>> output = {"data": {"application/vnd.plotly.v1+json": {"data": [], "layout": {}}}}
        >>> notebook, _ = live_figures({"cells": [{"outputs": [output]}]}, {})
        >>> "Plotly.newPlot" in notebook["cells"][0]["outputs"][0]["data"]["text/html"]
        True
    """
    drawn = False
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            figure = output.get("data", {}).get(_FIGURE)
            if figure is None:
                continue
            parts = {"data": figure["data"], "layout": figure["layout"]}
            output["data"]["text/html"] = ("" if drawn else f"<style>{SHEET}</style>") + to_html(
                parts, {**NO_LOGO, **figure.get("config", {})}, include_plotlyjs=not drawn,
                full_html=False, validate=False,
            )  # fmt: skip
            drawn = True
    return notebook, resources
