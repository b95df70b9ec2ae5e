"""HTML that Python writes, in a widget that reports which of its controls was used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_lib.views.script import Script
from siamese_lib.views.style import Style


class Panel(anywidget.AnyWidget):
    """Show HTML, and call back when one of its buttons, boxes or forms is used.

    Args:
        kind: name of the panel in the style sheet.
        act: called with the ``data-act`` and the value of the control that was used.
        live: whether a screen reader announces changes.

    Attributes:
        html: the HTML, in which text from outside must be escaped already.
        current: the ``data-value`` of the thumbnail that is marked.
        stale: whether the HTML does not hold any more, as another is being made.
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_name("explorer.css"))

    html = traitlets.Unicode().tag(sync=True)
    current = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    stale = traitlets.Bool(False).tag(sync=True)

    def __init__(self, kind: str, act: Callable[[str, Any], Any], *, live: bool = False) -> None:
        super().__init__(kind=kind, live=live)
        self.on_msg(lambda _, message, buffers: act(message.get("act"), message.get("value")))
