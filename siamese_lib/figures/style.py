"""The look that all figures share.

Backgrounds are transparent and the ink is a middle grey, so a figure is readable on a light page
and on a dark page. Colour is never the only sign: a word or a mark says the same.
"""

from __future__ import annotations

import html

import plotly.graph_objects as go

from siamese_lib.colors import FAINT, INK, class_color

_LONGEST = 60  # letters


def plain(text: object) -> str:
    """Return text from outside as plotly shows it literally; the middle of long text is left out.

    Plotly reads tags, entities and ``%{...}`` in its texts.
    """
    words = str(text)
    if len(words) > _LONGEST:
        words = f"{words[: _LONGEST // 2]}…{words[1 - _LONGEST // 2 :]}"
    return html.escape(words, quote=False).replace("%{", "&#37;{")


def styled(figure: go.Figure, *, height: int, **layout: object) -> go.Figure:
    """Give a figure the book's look, and return it. `height` is in pixels."""
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 20, "t": 30, "b": 55},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 14, "color": INK},
        legend={"itemsizing": "constant"},
        hoverlabel={"font": {"size": 14}},
        # Transparent, since plotly would put a dark bar over the picture.
        modebar={
            "bgcolor": "rgba(0,0,0,0)",
            "color": INK,
            "activecolor": class_color(4),
            "remove": ["sendcharttocloud"],
        },
    )
    axis = {"gridcolor": FAINT, "zerolinecolor": FAINT, "linecolor": FAINT}
    figure.update_xaxes(**axis).update_yaxes(**axis)
    return figure.update_layout(**layout)
