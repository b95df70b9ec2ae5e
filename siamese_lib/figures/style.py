"""What all figures share: colours, type, and pictures as small PNG files.

Backgrounds are clear and the ink is a middle grey, so that a figure reads on a light page and
on a dark one. Colour never speaks alone: a word or a sign says the same.
"""

from __future__ import annotations

import plotly.graph_objects as go

from siamese_lib.colors import FAINT, INK, class_color


def styled(figure: go.Figure, *, height: int, **layout: object) -> go.Figure:
    """Give a figure the book's look."""
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 20, "t": 30, "b": 55},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 14, "color": INK},
        legend={"itemsizing": "constant"},
        hoverlabel={"font": {"size": 14}},
        # On the page's own ground, where plotly would lay a dark bar over the picture.
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
