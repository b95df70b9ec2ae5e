"""Write the page that `export_html` writes so that it fits into another page.

It has the other page's theme, and tells that page how high it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siamese_lib.export.export_run import __file__ as _beside
from siamese_lib.export.page import filled
from siamese_lib.views.script import Script
from siamese_lib.views.style import MAP_SHEETS, Style

_EXPORT, _PAGE = Path(_beside).parent, Path(__file__).with_name("page")


def frame_page(data: Mapping[str, Any], still: bytes, title: str, *sheets: Path) -> bytes:
    """Write a page with a film and a search, to be shown in a frame.

    Args:
        data: what `page_data` returns; its bytes may be base64 already.
        still: a PNG, to be shown where no JavaScript runs.
        title: of the page.
        sheets: more rules for it.
    """
    script = Script(_EXPORT / "page.js", _PAGE / "framed.js")
    style = Style(*MAP_SHEETS, _EXPORT / "page.css", _PAGE / "framed.css", *sheets)
    return filled(
        "search_page.html", title, str(script), str(style), data, still, above="", below=""
    )
