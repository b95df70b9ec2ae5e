"""A square to draw on, and a way to bring a picture of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_lib.views.script import Script


class Pad(anywidget.AnyWidget):
    """Draw with mouse, finger or pen; undo and clear; or upload a picture.

    Args:
        act: called with "draw" and the strokes when they changed or the Find button was pressed,
            with "emptied" when none is left, with "upload", the content and the name of a file, or
            with "fail" and words.

    Attributes:
        strokes: list of strokes, each a list of [x, y] from 0 to 1, y downwards. Clearing them, or
            undoing the only one, goes back to what was asked before.
        preview: data URI of the image that was made of them, or "".
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Path(__file__).with_name("explorer.css")

    strokes = traitlets.List().tag(sync=True)
    preview = traitlets.Unicode().tag(sync=True)

    def __init__(self, act: Callable[..., Any]) -> None:
        super().__init__()
        self._act = act
        self.on_msg(lambda _, message, buffers: self._heard(message, buffers))

    def _heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        if message.get("act") == "find":
            self._act("draw", self.strokes)
        elif message.get("act") == "upload":
            self._act("upload", b"".join(map(bytes, buffers)), message.get("value") or "")
        else:
            self._act("fail", message.get("value"))

    @traitlets.observe("strokes")
    def _changed(self, change: Any) -> None:
        if change.new:
            self._act("draw", change.new)
        else:
            self.preview = ""
            self._act("emptied")
