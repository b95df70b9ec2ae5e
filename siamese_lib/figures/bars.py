"""Bars of a measure, with the least and the most over several trainings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.colors import INK, class_color
from siamese_lib.figures.style import Figure, plain, styled

_PATTERNS = ("", "/", ".", "x", "-")


def measure_bars(
    values: Mapping[str, Mapping[str, ArrayLike]], *, y: str = "accuracy", height: int = 400
) -> Figure:
    """Draw a group of bars for each measure, with one bar for each method.

    A bar ends at the mean of its values. The line on it goes from the least to the most.

    Args:
        values: by method and measure, shares from 0 to 1: one number, or (S,), one for each seed.
        y: title of the vertical axis.
        height: height of the figure, in pixels.

    Raises:
        ValueError: the methods have different measures, or a value is not such a share.
    """
    figure = Figure()
    measures = list(next(iter(values.values()), ()))
    for number, (method, by_measure) in enumerate(values.items()):
        if not measures or list(by_measure) != measures:
            raise ValueError(
                f"{method!r} has the measures {list(by_measure)}; expected {measures}, those of "
                "the first method, and at least one."
            )
        shares = [np.asarray(each, dtype=float).ravel() for each in by_measure.values()]
        for measure, each in zip(measures, shares, strict=True):
            if not each.size or not ((each >= 0) & (each <= 1)).all():
                raise ValueError(
                    f"{measure!r} of {method!r} is {each}; expected shares from 0 to 1."
                )
        means, least, most = (np.array([f(s) for s in shares]) for f in (np.mean, np.min, np.max))
        ranges = [f"{low:.3f} to {high:.3f}" for low, high in zip(least, most, strict=True)]
        figure.add_bar(
            x=[plain(measure) for measure in measures],
            y=np.round(means, 4),
            name=plain(method),
            customdata=ranges,
            error_y={
                "type": "data", "array": most - means, "arrayminus": means - least, "color": INK,
            },
            marker={
                "color": class_color(number),
                "pattern": {"shape": _PATTERNS[number % len(_PATTERNS)]},
            },
            hovertemplate="%{y:.3f} (%{customdata})",
        )  # fmt: skip
    styled(figure, height=height, barmode="group")
    return figure.update_yaxes(title=y, range=[0, 1.02], tickformat=".0%")
