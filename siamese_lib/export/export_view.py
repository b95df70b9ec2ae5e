"""Write a single view as a page in one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol, TypeVar

from siamese_lib.export.page import checked_path, filled
from siamese_lib.files import write_atomically
from siamese_lib.texts import printable
from siamese_lib.views.script import Script
from siamese_lib.views.style import Style

_OPENER, _SHEET = (Path(__file__).with_name(f"view_page.{kind}") for kind in ("js", "css"))
_Part = TypeVar("_Part")


class PageView(Protocol):
    """A view that needs no kernel: its module draws what `payload` returns."""

    @property
    def state(self) -> dict[str, Any]:
        """All that the reader can change."""
        ...

    def payload(self) -> dict[str, Any]:
        """Return the data for the module's ``mount``."""
        ...

    def still(self) -> bytes:
        """Draw the view as a PNG."""
        ...


def export_view(view: PageView, path: str | os.PathLike[str], *, title: str = "") -> Path:
    """Write a view as a page in one file, in the state that it has now.

    The page needs no kernel, no server and no network, and opens from disk. Its address always
    holds the state on screen: a copy of the address shows the same moment to others who have the
    file.

    Args:
        view: such as an `EmbeddingView`, which ``run.film`` returns, or `Springs`.
        path: of the file, ending in ``.html`` or ``.htm``. It replaces a file that is there,
            atomically.
        title: of the page; by default the name of the view.

    Returns:
        The path.

    Raises:
        ValueError: the path has another suffix, or the view needs a kernel.

    Example:
        >>> view = sl.EmbeddingView(np.eye(2), [0, 1])
        >>> path = sl.export_view(view, "map.html", title="A map")
        >>> path.read_text(encoding="utf-8")[:15]
        '<!doctype html>'
    """
    needed = ("payload", "state", "still")
    if missing := [name for name in needed if not hasattr(view, name)]:
        raise ValueError(
            f"view is of type {type(view).__name__}, which has no {missing[0]}; expected a view "
            "that needs no kernel, such as an EmbeddingView. For a search, use export_html."
        )
    path = checked_path(path, (".html", ".htm"))
    script = f"{Script(_part(view, '_esm', Script).entry, _OPENER)}\nopenViewPage(mount);"
    data = {"payload": view.payload(), "state": view.state}
    title = printable(title or type(view).__name__)
    style = str(Style(*_part(view, "_css", Style).sheets, _SHEET))
    write_atomically(
        path,
        filled("view_page.html", title, script, style, data, view.still()),
    )
    return path


def _part(view: PageView, name: str, kind: type[_Part]) -> _Part:
    """Return an attribute of the view's class, which an instance replaces by its text."""
    parts = (vars(each).get(name) for each in type(view).__mro__)
    return next(part for part in parts if isinstance(part, kind))
