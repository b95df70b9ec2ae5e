"""A progress bar next to a loop, in a notebook or a terminal, of which nothing stays."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from siamese_lib.views.still import unseen

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

_Step = TypeVar("_Step")


def progress_bar(steps: Sequence[_Step], what: str, unit: str) -> Iterator[_Step]:
    """Go through `steps` next to a bar that says `what` is done, counted in `unit`.

    tqdm closes the widget of a notebook's bar, but leaves its output: a page that is opened later
    finds no such widget there, and says so. Here the output is emptied, too.
    """
    options = {"desc": what, "unit": unit, "leave": False}
    if not _in_notebook():
        from tqdm import tqdm  # waits until there is something to wait for

        yield from tqdm(steps, **options)
        return
    from IPython.display import display  # waits too, and ipywidgets with it
    from tqdm.notebook import tqdm  # waits too

    bar = tqdm(steps, **options, display=False)
    shown = cast("DisplayHandle", display(bar.container, display_id=True))
    try:
        yield from bar
    finally:
        shown.update(unseen(), raw=True)


def _in_notebook() -> bool:
    """Whether a kernel runs this; a process that never imported IPython is none."""
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")
