"""The look that all figures share.

Backgrounds are transparent and the ink is a middle grey, so a figure is readable on a light page
and on a dark page. Where the page knows its theme, words are darker or lighter than this grey.
Colour is never the only sign: a word or a mark says the same.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io
from numpy.typing import ArrayLike

from siamese_lib.checks import checked_labels
from siamese_lib.colors import FAINT, INK, class_color
from siamese_lib.outputs import show_sheet
from siamese_lib.texts import printable, shortened

# At the left edge under the axes, where no legend takes room from them, however wide the page is.
_BELOW = {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"}


NO_LOGO = {"displaylogo": False}
# As in views/theme.css, which only pages with views have; a test compares the two.
SHEET = """[data-jp-theme-light="true"] .js-plotly-plot text[style*="rgb(118, 123, 131)"] {
  fill: #5a6069 !important;
}

[data-jp-theme-light="false"] .js-plotly-plot text[style*="rgb(118, 123, 131)"] {
  fill: #b4bac3 !important;
}"""


class Figure(go.Figure):
    """A plotly figure that decides itself how pages show it.

    There is no logo. There are tools only where one drags to move, as on a map; elsewhere they
    would lie on titles and pictures, and dragging zooms without them.

    In JupyterLab a style sheet comes with it, which gives words the contrast that the theme allows:
    no single colour has 4.5 to 1 on its light and on its dark page.
    """

    def show(self, *args: Any, **options: Any) -> None:
        """Show the figure, as plotly does."""
        show_sheet(SHEET)
        super().show(*args, **self._with_config(options))

    def to_html(self, *args: Any, **options: Any) -> str:
        """Return the figure as HTML, as plotly does."""
        return super().to_html(*args, **(options if args else self._with_config(options)))

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> dict[str, Any]:
        return super()._repr_mimebundle_(*args, **self._with_config(options))

    def _ipython_display_(self) -> None:
        if plotly.io.renderers.render_on_display and plotly.io.renderers.default:
            self.show()
        else:
            super()._ipython_display_()

    def _with_config(self, options: dict[str, Any]) -> dict[str, Any]:
        tools = "hover" if self.layout.dragmode == "pan" else False
        return {"config": {**NO_LOGO, "displayModeBar": tools}, **options}


def plain(text: object) -> str:
    """Return text from outside as plotly shows it literally, printable and shortened.

    Plotly reads tags, entities and ``%{...}`` in its texts.
    """
    words = shortened(printable(text))
    return html.escape(words, quote=False).replace("%{", "&#37;{")


def named_classes(
    labels: ArrayLike, class_names: Sequence[str] | None, count: int | None = None
) -> tuple[np.ndarray, dict[int, str]]:
    """Return the class of each point as a number, and the `plain` name of each class that occurs.

    Args:
        labels: integers or strings (N,).
        class_names: K names; the labels are then numbers from 0 to K - 1.
        count: N, if it is known.

    Returns:
        int64 (N,): integer labels as they are, strings numbered in their order.

    Raises:
        ValueError: the labels are not one class for each point, or have no name.
    """
    given = checked_labels(labels, count=count)
    classes, numbers = np.unique(given, return_inverse=True)
    if given.dtype.kind == "i" and class_names is None:
        return given, {number: str(number) for number in classes.tolist()}
    if class_names is None:
        return numbers.astype(np.int64), dict(enumerate(map(plain, classes)))
    known = given.dtype.kind == "i"
    wrong = classes[(classes < 0) | (classes >= len(class_names))] if known else classes
    if wrong.size:
        raise ValueError(
            f"labels hold {wrong[-1]}; expected numbers below {len(class_names)}, the number of "
            "class_names, and 0 or more."
        )
    return given, {number: plain(class_names[number]) for number in classes.tolist()}


def styled(figure: Figure, *, height: int, **layout: object) -> Figure:
    """Give a figure the book's look, and return it. `height` is in pixels."""
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 20, "t": 30, "b": 20},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 14, "color": INK},
        legend={"itemsizing": "constant", **_BELOW},
        hoverlabel={"font": {"size": 14}},
        modebar={
            "bgcolor": "rgba(0,0,0,0)",
            "color": INK,
            "activecolor": class_color(4),
            "remove": ["sendcharttocloud"],
        },
    )
    figure.update_annotations(font_size=14)  # titles of parts, too
    axis = {"gridcolor": FAINT, "zerolinecolor": FAINT, "linecolor": FAINT, "automargin": True}
    axis["title_standoff"] = 10  # from the longest words at the ticks
    figure.update_xaxes(**axis).update_yaxes(**axis)
    return figure.update_layout(**layout)
