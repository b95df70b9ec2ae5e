"""Two sliders: the number of neighbours, and the step of the training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_lib.views.script import Script
from siamese_lib.views.style import Style

_ONE_FRAME = (
    "This run kept only the weights of its last step, so it cannot show the answers of earlier "
    "steps. A run trained with a Recorder can."
)


class Controls(anywidget.AnyWidget):
    """Choose the number of neighbours and the frame.

    Where an answer is quick, it follows the hand. Elsewhere it comes when the hand lets go.

    Args:
        act: called with "set_k" or "set_frame" and a number.
        k, frame: what is chosen at first.
        most: the largest number of neighbours.
        steps: of training, one for each frame.

    Attributes:
        k, frame: what is chosen.
        quick: frames whose answers are quick.
        waiting: what the reader waits for, or "".
    """

    _esm = Script(Path(__file__).with_suffix(".js"))
    _css = Style(Path(__file__).with_name("explorer.css"))

    k = traitlets.Int(1).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    most = traitlets.Int(1).tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    quick = traitlets.List(traitlets.Int()).tag(sync=True)
    waiting = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, act: Callable[..., Any], *, k: int, most: int, frame: int, steps: Sequence[int]
    ) -> None:
        note = _ONE_FRAME if len(steps) == 1 else ""
        super().__init__(k=k, most=most, frame=frame, steps=list(steps), note=note)
        self.observe(lambda change: act("set_k", change.new), "k")
        self.observe(lambda change: act("set_frame", change.new), "frame")
