"""Curves on logarithmic axes: what grows with the number of images, and how fast."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from siamese_lib.colors import class_color
from siamese_lib.figures import given
from siamese_lib.figures.style import Figure, plain, styled

_DASHES = ("solid", "dash", "dashdot", "dot")
_POWERS = [10.0**power for power in range(-6, 19)]  # of sizes
_WIDE = 30  # the largest cost in the smallest, from which on only powers of ten are named
_MARKS = ("circle", "square", "diamond", "x")


def growth_curves(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    *,
    x: str = "embeddings",
    height: int = 460,
) -> Figure:
    """Draw how costs grow with size, on logarithmic axes, in panels next to each other.

    On such axes, a cost that doubles with the size is a straight line that rises by one decade for
    each decade. A flat line is a cost that does not grow.

    Args:
        panels: by title, which should name the unit, the curves of a panel. These are by name the
            sizes (S,), above 0 and ascending, and the costs (S,), above 0. A name has the same
            colour, dash and mark in all panels.
        x: title of the horizontal axes.
        height: height of the figure, in pixels.

    Raises:
        ValueError: there is no panel; or the two parts of a curve differ in length, or cannot be
            drawn on these axes.

    Example:
        >>> import siamese_lib as sl
        >>> curves = {"in memory": ([1_000, 10_000], [0.1, 1.0]), "on disk": ([1_000], [2.0])}
        >>> figure = sl.figures.growth_curves({"milliseconds for an answer": curves})
        >>> figure.layout.xaxis.type
        'log'
    """
    if not panels:
        raise ValueError("panels is empty; expected one panel of curves or more, by title.")
    titles = [plain(title) for title in panels]
    figure = make_subplots(
        cols=len(titles), figure=Figure(), subplot_titles=titles, horizontal_spacing=0.08
    )
    names: list[str] = []
    for column, (title, curves) in enumerate(panels.items(), start=1):
        drawn: list[float] = []
        for name, (sizes, costs) in curves.items():
            where = f"panels[{title!r}][{name!r}]"
            at = given.ascending(f"{where}[0]", sizes)
            values = given.finite(f"{where}[1]", costs)
            if at.shape != values.shape or not (at > 0).all() or not (values > 0).all():
                raise ValueError(
                    f"{where} has sizes of shape {at.shape} from {at.min(initial=np.inf):g} and "
                    f"costs of shape {values.shape} from {values.min(initial=np.inf):g}; expected "
                    "(S,) for both, and all above 0."
                )
            drawn += values.tolist()
            first = name not in names
            names += [name] if first else []
            figure.add_scatter(
                x=at, y=values, name=plain(name), legendgroup=name, showlegend=first,
                row=1, col=column, mode="lines+markers", hovertemplate="%{x:,}: %{y:.3g}",
                **_look(names.index(name)),
            )  # fmt: skip
        low, high = min(drawn, default=1), max(drawn, default=1)
        wide = high / low > _WIDE
        powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        marks = [float(digit * p) for p in powers for digit in ((1,) if wide else (1, 2, 5))]
        ends = max([marks[0], *(m for m in marks if m <= low)]), next(m for m in marks if m >= high)
        figure.update_yaxes(
            tickvals=marks, ticktext=[*map(_named, marks)],
            range=np.log10(ends) + np.array([-0.05, 0.05]), row=1, col=column,
        )  # fmt: skip
    styled(figure, height=height, hovermode="closest")
    figure.update_xaxes(
        title=x, type="log", tickvals=_POWERS, ticktext=[*map(_named, _POWERS)], tickangle=0
    )
    return figure.update_yaxes(type="log")


def _named(mark: float) -> str:
    """Write a mark of an axis: shortly, as panels are narrow."""
    for name, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if mark >= size:
            return f"{mark / size:g}{name}"
    return f"{mark:g}"


def _look(number: int) -> dict[str, dict[str, object]]:
    """Return the colour, dash and mark of a curve."""
    dash = _DASHES[number % len(_DASHES)]
    return {
        "line": {"color": class_color(number), "width": 2.5, "dash": dash},
        "marker": {"size": 8, "symbol": _MARKS[number % len(_MARKS)]},
    }
