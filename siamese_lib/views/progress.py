"""A progress bar beside a loop, in a notebook or a terminal, of which nothing stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import tqdm
import tqdm.notebook
from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from siamese_lib.views.still import unseen


def told(steps: range, what: str, unit: str) -> Iterator[int]:
    """Count through `steps` beside a bar that says `what` is done, in which `unit`.

    tqdm closes the widget of a notebook's bar, but leaves its output: a page that is opened later
    finds no such widget there, and says so. Here the output is emptied, too.
    """
    options = {"desc": what, "unit": unit, "leave": False}
    if not hasattr(get_ipython(), "kernel"):  # a terminal
        yield from tqdm.tqdm(steps, **options)
        return
    bar = tqdm.notebook.tqdm(steps, **options, display=False)
    shown = cast(DisplayHandle, display(bar.container, display_id=True))
    try:
        yield from bar
    finally:
        shown.update(unseen(), raw=True)
