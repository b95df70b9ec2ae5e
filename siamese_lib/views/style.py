"""Join the style sheets of a view into one, as a widget takes a single one."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
_THEME = _HERE / "theme.css"
BAR_SHEET = _HERE / "film_bar.css"
MAP_SHEETS = (BAR_SHEET, _HERE / "embedding_view.css")  # of a map with a film


class Style:
    """The theme that all views share, and the sheets of one view: ``str(style)``.

    Args:
        sheets: paths of the view's own sheets.
    """

    def __init__(self, *sheets: Path) -> None:
        self.sheets = sheets

    def __str__(self) -> str:
        """Join the sheets."""
        return "\n".join(sheet.read_text(encoding="utf-8") for sheet in (_THEME, *self.sheets))
