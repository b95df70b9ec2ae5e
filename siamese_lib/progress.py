"""A progress bar for a loop, in a notebook or a terminal, that is removed at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from siamese_lib.outputs import in_notebook, unseen

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

_Step = TypeVar("_Step")


def progress_bar(steps: Sequence[_Step], what: str, unit: str) -> Iterator[_Step]:
    """Yield `steps`, and show a progress bar meanwhile.

    In a notebook, tqdm closes the bar's widget at the end but leaves its output. A page that is
    opened later would report that the widget is missing, so the output is emptied here, too.

    Args:
        steps: what to go through.
        what: the bar's label.
        unit: the name of one step.
    """
    options = {"desc": what, "unit": unit, "leave": False}
    if not in_notebook():
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
