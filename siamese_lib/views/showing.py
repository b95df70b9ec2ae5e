"""Show a widget in a notebook, with a still picture that stays when its kernel is gone.

JupyterLab shows a widget's picture only in a notebook that is not trusted. In one's own, saved and
opened later, it reports that the widget is missing. So the picture is an output of its own, between
a style sheet that shows either it or the widget, and the widget. Nothing has to run for that.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import ipywidgets
from IPython.core.getipython import get_ipython
from IPython.display import display
from PIL import Image

from siamese_lib.images import png
from siamese_lib.outputs import is_not_jupyters, unseen
from siamese_lib.views.still import MimeBundle, with_still

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

VIEW = "application/vnd.jupyter.widget-view+json"
# Three outputs follow each other: this sheet, the still and the widget. If there is an element in
# the widget's output, it is a live view. An output that reports an error has another class.
_SHEET = """<style class="siamese-still">
.jp-OutputArea-child:has(.siamese-still),
.jp-OutputArea-child:has(.siamese-still)
  + .jp-OutputArea-child:has(+ .jp-OutputArea-child > .jp-OutputArea-output.lm-Panel > *),
.jp-OutputArea-child:has(.siamese-still)
  + * + .jp-OutputArea-child:has(> .jupyter-widgets) { display: none; }
</style>"""


class WithStill(ipywidgets.DOMWidget):
    """A widget with `still`, a picture of it as a PNG, which a saved notebook keeps."""

    def still(self) -> bytes:
        """Draw the view as a PNG, for where no JavaScript runs."""
        raise NotImplementedError

    def _has_still(self) -> bool:
        """Return whether there is something to draw."""
        return True

    def _repr_mimebundle_(self, **kwargs: Any) -> MimeBundle | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        return with_still(bundle, self.still()) if self._has_still() else bundle

    def _ipython_display_(self) -> None:
        self._shown = _show_if_it_stays(self)

    def _renew_still(self) -> None:
        """Draw the still again in the notebook's output, as far as the page still listens."""
        shown: DisplayHandle | None = getattr(self, "_shown", None)
        if shown is not None:
            shown.update(still_of(self), raw=True)


def show(widget: ipywidgets.Widget) -> DisplayHandle:
    """Display a widget under the running cell, after a still of what is in it.

    Args:
        widget: a view, or a box of views.

    Returns:
        Handle of the still's output: ``update(still_of(widget), raw=True)`` renews the still.
    """
    still = still_of(widget)
    if is_not_jupyters():
        handle = display(still, raw=True, display_id=True)
    else:
        display({"text/html": _SHEET}, raw=True)
        handle = display(still or unseen(), raw=True, display_id=True)
        display(_view_of(widget), raw=True)
    return cast("DisplayHandle", handle)


def still_of(widget: ipywidgets.Widget) -> dict[str, Any]:
    """Bundle what the output of a widget's still holds; nothing if there is nothing to draw.

    Where no style sheet can choose between a still and a widget, this is the widget's output, too.
    """
    stills = list(_stills(widget))
    still = picture(_stacked(stills)) if stills else {}
    return {**_view_of(widget), **still} if is_not_jupyters() else still


def _view_of(widget: ipywidgets.Widget) -> dict[str, Any]:
    return {VIEW: {"model_id": widget.model_id, "version_major": 2, "version_minor": 0}}


def picture(content: bytes) -> dict[str, str]:
    """Bundle a PNG as an output."""
    return {"image/png": base64.b64encode(content).decode()}


def _show_if_it_stays(widget: ipywidgets.Widget) -> DisplayHandle:
    """Show a widget and its still, or leave it to IPython to show what `_repr_mimebundle_` returns.

    Returns:
        Handle of the still's output.

    Raises:
        NotImplementedError: for IPython: there is no still, or no page that can hide it.
    """
    if is_not_jupyters() or not hasattr(get_ipython(), "kernel") or widget.model_id is None:
        raise NotImplementedError
    if not any(True for _ in _viewed(widget)):
        raise NotImplementedError
    return show(widget)


def _viewed(widget: object) -> Iterator[WithStill]:
    """Find the views in a widget that have something to draw, from first to last."""
    if isinstance(widget, WithStill):
        if widget._has_still():
            yield widget
    elif isinstance(widget, ipywidgets.Box):
        for child in cast(Any, widget).children:
            yield from _viewed(child)


def _stills(widget: object) -> Iterator[bytes]:
    return (view.still() for view in _viewed(widget))


def _stacked(stills: list[bytes]) -> bytes:
    """Put pictures under each other."""
    if len(stills) == 1:
        return stills[0]
    pictures = [Image.open(io.BytesIO(still)).convert("RGBA") for still in stills]
    size = max(each.width for each in pictures), sum(each.height for each in pictures)
    paper, top = Image.new("RGBA", size), 0
    for each in pictures:
        paper.paste(each, (0, top))
        top += each.height
    return png(paper.quantize(256, Image.Quantize.FASTOCTREE), optimize=True)


_shell = get_ipython()
if _shell is not None:
    # A reader's own box of views keeps a still, too. Other boxes are shown as before.
    _formatter = cast(Any, _shell.display_formatter).ipython_display_formatter
    _formatter.for_type(ipywidgets.Box, _show_if_it_stays)
