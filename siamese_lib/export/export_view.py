"""Write a single view as a page in one file, and addresses at which the page shows a moment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from siamese_lib.export.page import checked_path, filled
from siamese_lib.files import write_atomically
from siamese_lib.texts import printable
from siamese_lib.views.script import Script
from siamese_lib.views.style import Style

_OPENER, _SHEET = (Path(__file__).with_name(f"view_page.{kind}") for kind in ("js", "css"))
_PLAIN = "!'()*~"  # what encodeURIComponent leaves as it is, besides letters, digits and "-_."
_Part = TypeVar("_Part")

# The titles of pages, by the names of the views' classes.
TITLES = {
    "EmbeddingView": "Map",
    "SideBySide": "Films side by side",
    "PairMatrix": "Pairs that still teach",
    "Springs": "Points that pull and push",
    "Prediction": "A question",
    "Probe": "One image, changed by hand",
    "Laboratory": "A training to change while it runs",
    "ThresholdExplorer": "A threshold between same and different",
}


class PageView(Protocol):
    """A view that needs no kernel: its module draws what `payload` returns."""

    @property
    def state(self) -> dict[str, Any]:
        """All that the reader can change."""
        ...

    def checked_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole state with some changes, which are checked."""
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
    file. `page_address` writes such an address in Python.

    Args:
        view: such as an `EmbeddingView`, which ``run.film`` returns, `Springs` or a
            `ThresholdExplorer`.
        path: of the file, ending in ``.html`` or ``.htm``. It replaces a file that is there,
            atomically.
        title: of the page; by default a few words for this kind of view, such as "Map".

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
    _check_view(view)
    path = checked_path(path, (".html", ".htm"))
    script = f"{Script(_part(view, '_esm', Script).entry, _OPENER)}\nopenViewPage(mount);"
    data = {"payload": view.payload(), "state": view.state}
    title = printable(title or _title_of(view))
    style = str(Style(*_part(view, "_css", Style).sheets, _SHEET))
    write_atomically(
        path,
        filled(
            "view_page.html",
            title,
            script,
            style,
            data,
            view.still(),
            worker="worker" in data["payload"],
        ),
    )
    return path


def page_address(
    view: PageView, path: str | os.PathLike[str], state: Mapping[str, Any] | None = None
) -> str:
    """Return an address at which an exported page shows a moment, as a link for slides or a text.

    Args:
        view: the view that `export_view` wrote, or the film of the page that `export_html` wrote.
            It stays as it is.
        path: of the page, or its address on a web site (``https://...``).
        state: what ``view.state`` would take. The page shows everything else as it was written. By
            default, all of ``view.state``.

    Returns:
        Such as ``file:///home/me/map.html#%7B%22frame%22%3A3%7D``.

    Raises:
        ValueError: the state is not one that the view can have, or there is no such file.

    Example:
        >>> view = sl.EmbeddingView(np.eye(2), ["cat", "dog"])
        >>> path = sl.export_view(view, "map.html")
        >>> address = sl.page_address(view, path, {"hidden": ["dog"]})
        >>> address.split("#")[1]
        '%7B%22hidden%22%3A%5B%22dog%22%5D%7D'
    """
    _check_view(view)
    checked = view.checked_state({} if state is None else state)
    kept = {  # also what changes with them
        name: value
        for name, value in checked.items()
        if state is None or name in state or value != view.state[name]
    }
    words = json.dumps(kept, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return f"{_address(path)}#{quote(words, safe=_PLAIN)}"


def _address(path: str | os.PathLike[str]) -> str:
    if str(path).startswith(("https://", "http://", "file://")):
        return str(path).partition("#")[0]
    if not Path(path).is_file():
        raise ValueError(
            f"path is {str(path)!r}, where there is no file; expected a page that export_view or "
            "export_html wrote. Write it first."
        )
    return Path(path).resolve().as_uri()


def _check_view(view: object) -> None:
    """Raise ValueError for what no page can show without a kernel."""
    needed = ("payload", "state", "checked_state", "still")
    if any(not hasattr(view, name) for name in needed):
        known = ", ".join(TITLES)
        raise ValueError(
            f"view is of type {type(view).__name__}, which cannot be a page of its own; expected "
            f"one of {known}. For a search as in a RetrievalExplorer, write a page with "
            "sl.export_html(run, digits, path). Show a Film with sl.EmbeddingView.of(film), and "
            "write a figure with figure.write_html(path)."
        )


def _title_of(view: object) -> str:
    names = (each.__name__ for each in type(view).__mro__)
    return next((TITLES[name] for name in names if name in TITLES), "View")


def _part(view: PageView, name: str, kind: type[_Part]) -> _Part:
    """Return an attribute of the view's class, which an instance replaces by its text."""
    parts = (vars(each).get(name) for each in type(view).__mro__)
    return next(part for part in parts if isinstance(part, kind))
