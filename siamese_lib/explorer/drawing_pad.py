"""A square to draw on, with a button to upload a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_lib.views.script import Script
from siamese_lib.views.style import Style


class Pad(anywidget.AnyWidget):
    """Draw with mouse, finger or pen; undo and clear; or upload a picture.

    Args:
        act: called with the name of an action and its arguments: "draw" and the strokes, when they
            changed or the Find button was pressed; "emptied", when no stroke is left; "upload", the
            content and the name of a file; or "fail" and a message.
        colors: of ground and ink, "#rrggbb".

    Attributes:
        strokes: list of strokes, each a list of [x, y] from 0 to 1, y downwards. Clearing all
            strokes, or undoing the only one, goes back to the query before the drawing.
        preview: data URI of the image that was made from the strokes, or "".
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_name("explorer.css"))

    strokes = traitlets.List().tag(sync=True)
    colors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    preview = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, act: Callable[..., Any], colors: Sequence[str] = ("#000000", "#ffffff")
    ) -> None:
        super().__init__(colors=list(colors))
        self._act = act
        self.on_msg(lambda _, message, buffers: self._received(message, buffers))

    def _received(self, message: dict[str, Any], buffers: list[Any]) -> None:
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
