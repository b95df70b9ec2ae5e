"""Save the views that a cell has shown, so that a page can show them without a kernel.

This runs in the kernel of a chapter, after each cell. The chapter's own code knows nothing of it:
the outputs of a cell name its widgets, and the widgets have all that their pages need.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ipywidgets
from ipywidgets.widgets import widget as all_widgets

from siamese_lib.explorer.explorer import RetrievalExplorer
from siamese_lib.export.export_run import page_data
from siamese_lib.views.neighbour_strip import NeighbourStrip
from siamese_lib.views.prediction.reveal import Reveal
from siamese_lib.views.prediction.still import still_png
from siamese_lib.views.showing import WithStill

_SEARCHED = 5_000  # the most images that an explorer's page asks about, and that it searches


def save_views(model_ids: Sequence[str], value: object, path: str) -> None:
    """Write a file for each view in some widgets, and for an answer to a question.

    Args:
        model_ids: of the widgets that a cell has shown.
        value: of the cell's last line, if it is shown.
        path: the beginning of the files' names; "-0.json", "-1.json" and so on follow.
    """
    found = [each for name in model_ids for each in _views(all_widgets._instances.get(name))]
    found += [_revealed(value)] if isinstance(value, Reveal) else []
    for number, view in enumerate(found):
        file = Path(f"{path}-{number}.json")
        file.write_text(json.dumps(view, default=_as_text, separators=(",", ":")))


def _views(widget: object) -> Iterator[dict[str, Any]]:
    """Find what the pages need of the views in a widget, from first to last."""
    if isinstance(widget, RetrievalExplorer):
        yield {"kind": "RetrievalExplorer", **_explorer(widget)}
    elif isinstance(widget, NeighbourStrip):
        yield {"kind": "NeighbourStrip", "payload": {"k": widget.k}, "still": widget.still()}
    elif isinstance(widget, WithStill):
        view: Any = widget
        yield {
            "kind": type(widget).__name__,
            "payload": view.payload(),
            "state": view.state,
            "still": widget.still(),
        }
    elif isinstance(widget, ipywidgets.Box):
        box: Any = widget
        for child in box.children:
            yield from _views(child)


def _explorer(explorer: RetrievalExplorer) -> dict[str, Any]:
    """Return the data of the page that answers as an explorer does, in the state it has now."""
    k, metric = explorer.state.k, explorer.state.metric
    data, _ = page_data(
        explorer.run, explorer.digits, images=_SEARCHED, gallery=_SEARCHED, k=k, metric=metric,
        playing=False,
    )  # fmt: skip
    query = explorer.state.query
    return {
        "payload": data,
        "state": {"selected": [query.index]} if query.kind == "test" else {},
        "still": explorer.still(),
    }


def _revealed(shown: Reveal) -> dict[str, Any]:
    """Return what was measured, without what the reader of the notebook said."""
    words = Reveal(shown.question, None, shown.truth, shown.because).words
    words = words.removeprefix("You did not guess. ")
    still = still_png(shown.question, None, words, shown.truth)
    return {"kind": "Reveal", "payload": {"question": shown.question.text}, "words": words,
            "still": still}  # fmt: skip


def _as_text(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}
