"""Outputs of a notebook that take no room on its page."""

from __future__ import annotations

import os
import sys
from typing import Any


def in_notebook() -> bool:
    """Return whether a kernel runs this. A process that never imported IPython is none."""
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")


def is_not_jupyters() -> bool:
    """Return whether the page around the outputs is another's than Jupyter's."""
    # VS Code names itself in this way to plotly, too.
    return "VSCODE_PID" in os.environ or "google.colab" in sys.modules


def unseen() -> dict[str, Any]:
    """Bundle an output that is hidden where widgets run, and empty elsewhere.

    An empty ``model_id`` declares the output to be the view of a removed widget, which JupyterLab's
    widget manager hides.
    """
    removed = {"model_id": "", "version_major": 2, "version_minor": 0}
    return {"application/vnd.jupyter.widget-view+json": removed, "text/plain": ""}


def show_sheet(rules: str) -> None:
    """Give the page around the running cell some rules of CSS; nothing where it is not Jupyter's.

    Each cell that needs the rules shows them, as a reader may run it alone, or clear the others.
    """
    if not in_notebook() or is_not_jupyters():
        return
    from IPython.display import display  # waits until there is a notebook

    hidden = ".jp-OutputArea-child:has(.siamese-sheet) { display: none; }"
    sheet = f'<style class="siamese-sheet">\n{hidden}\n{rules}\n</style>'
    display({"text/html": sheet}, raw=True)
