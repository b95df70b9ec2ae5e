"""The progress of a loop: a bar in a notebook or a terminal, and a line now and then in a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from siamese_lib.outputs import in_notebook, unseen

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

_Step = TypeVar("_Step")

_LINE_SECONDS = 10.0  # between two lines where no bar can be drawn


def progress_bar(steps: Sequence[_Step], what: str, unit: str) -> Iterator[_Step]:
    """Yield `steps`, and show how far they are meanwhile.

    A notebook and a terminal get a bar, which is removed at the end. In a notebook, tqdm closes the
    bar's widget but leaves its output. A page that is opened later would report that the widget is
    missing, so the output is emptied here, too.

    A file cannot be drawn over. Standard error that goes there gets a line every ten seconds, and
    none of what is done sooner.

    Args:
        steps: what to go through.
        what: the bar's label.
        unit: the name of one step.
    """
    options = {"desc": what, "unit": unit, "leave": False}
    if not in_notebook():
        if not in_terminal():
            yield from _with_lines(steps, what, unit)
            return
        from tqdm import tqdm  # waits until a bar is shown

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


def in_terminal() -> bool:
    """Return whether standard error is a terminal, where a bar can be drawn over."""
    return sys.stderr is not None and sys.stderr.isatty()


def _with_lines(steps: Sequence[_Step], what: str, unit: str) -> Iterator[_Step]:
    """Yield `steps`, and print a line now and then."""
    printed = time.monotonic()
    for done, step in enumerate(steps):
        now = time.monotonic()
        if done and now - printed >= _LINE_SECONDS and sys.stderr is not None:
            printed = now
            print(f"{what}: {done:,} of {len(steps):,} {unit}s", file=sys.stderr, flush=True)
        yield step
