"""Markup that Python writes, in a page that reports what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_lib.views.script import Script


class Panel(anywidget.AnyWidget):
    """Show markup; call back when one of its buttons, boxes or forms is used.

    Args:
        kind: names it for the style sheet.
        act: called with the ``data-act`` and the value of what was used.
        live: whether a screen reader says what changes.

    Attributes:
        html: the markup; whoever writes it escapes what came from outside.
        current: the ``data-value`` of the thumbnail that is marked.
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Path(__file__).with_name("explorer.css")

    html = traitlets.Unicode().tag(sync=True)
    current = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)

    def __init__(self, kind: str, act: Callable[[str, Any], Any], *, live: bool = False) -> None:
        super().__init__(kind=kind, live=live)
        self.on_msg(lambda _, message, buffers: act(message.get("act"), message.get("value")))
