"""Curves and histograms: of the loss, of a training, of the distances of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from siamese_lib.arrays import are_same
from siamese_lib.checks import real_number, whole_number
from siamese_lib.colors import DIFFERENT, INK, SAME, class_color
from siamese_lib.figures import given
from siamese_lib.figures.style import Figure, plain, styled

History: TypeAlias = Mapping[str, Sequence[float]]  # columns of numbers, by name

_TICKS = (0, 0.01, 0.04, 0.1, 0.25, 0.5, 1)  # ticks of the steps, as shares of the last one
_CORNERS = 400  # at most, in a drawn curve
_DASHES = ("solid", "dash", "dashdot", "dot")
_SHARES = (0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)  # ticks


def loss_curve(margin: float = 1.0) -> Figure:
    """Draw the loss of a pair over its distance, and the force that follows from it.

    Args:
        margin: distance beyond which a different pair has no loss, above 0 and finite.

    Raises:
        ValueError: `margin` is another one.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4 and figure 1.
    """
    margin = real_number("margin", margin, 0)
    distance = np.linspace(0, 1.5 * margin, 121)
    gap = np.maximum(margin - distance, 0)
    figure = make_subplots(
        cols=2,
        figure=Figure(),
        subplot_titles=("loss of a pair", "force (− together, + apart)"),
    )
    curves = (
        ("same", SAME, "solid", distance**2 / 2, -distance),
        ("different", DIFFERENT, "dash", gap**2 / 2, gap),
    )
    for name, color, dash, cost, force in curves:
        for column, values in ((1, cost), (2, force)):
            figure.add_scatter(
                x=distance, y=values, name=name, legendgroup=name, showlegend=column == 1,
                line={"color": color, "width": 3, "dash": dash}, row=1, col=column,
                hovertemplate="distance %{x:.2f}: %{y:.3f}",
            )  # fmt: skip
    figure.add_vline(x=margin, line={"color": INK, "width": 1, "dash": "dot"})
    styled(figure, height=380)
    figure.update_xaxes(title="distance of the pair")
    figure.add_annotation(
        x=margin, y=1, yref="y domain", text="margin", showarrow=False, xanchor="left", xshift=4
    )
    return figure


def training_curves(
    history: History | Mapping[str, History],
    *,
    x: str = "step",
) -> Figure:
    """Draw loss and precision through a training, for one run or several.

    Args:
        history: the history of a `Run`, or a mapping from names to histories.
        x: the column on the horizontal axis, such as "step" or "seconds".

    Raises:
        ValueError: a history lacks that column, loss or precision, or these differ in length.
    """
    first = next(iter(history.values()), None)
    histories = cast(
        Mapping[str, History], history if isinstance(first, Mapping) else {"training": history}
    )
    figure = make_subplots(
        cols=2,
        figure=Figure(),
        subplot_titles=("mean loss", "precision@7, validation images"),
    )
    for number, (name, columns) in enumerate(histories.items()):
        missing = {x, "loss", "precision"} - set(columns)
        if missing:
            raise ValueError(
                f"The history of {name!r} has the columns {', '.join(columns)}; expected also "
                f"{', '.join(sorted(missing))}."
            )
        at = given.finite(f"history[{x!r}]", columns[x])
        for place, column in enumerate(("loss", "precision"), start=1):
            values = given.numbers(f"history[{column!r}]", columns[column])
            if at.ndim != 1 or values.shape != at.shape:
                raise ValueError(
                    f"The history of {name!r} has columns of shapes {at.shape} ({x}) and "
                    f"{values.shape} ({column}); expected one number for each row in both."
                )
            known = np.isfinite(values)
            figure.add_scatter(
                x=at[known], y=np.round(values[known], 5), name=name, legendgroup=name,
                showlegend=place == 1, row=1, col=place,
                mode="lines" if place == 1 else "lines+markers",
                line={"color": class_color(4 + number), "width": 2.5},
            )  # fmt: skip
    styled(figure, height=380, hovermode="x unified")
    figure.update_xaxes(title={"step": "training step", "images": "images seen"}.get(x, x))
    figure.update_yaxes(rangemode="tozero", col=1)
    return figure.update_yaxes(range=[0, 1.02], col=2)


def quality_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    x: str = "seconds of training",
    y: str = "precision@7",
    height: int = 460,
) -> Figure:
    """Draw how the share of right answers grows with the effort spent.

    The horizontal axis is logarithmic. The vertical axis is logarithmic in the share of *wrong*
    answers, and reversed. So from 98 to 99 % is as far as from 80 to 90 %, since both halve the
    mistakes.

    Args:
        curves: by name, the effort (T,), above 0 and ascending, and the shares (T,), from 0 to 1.
        x: title of the horizontal axis.
        y: title of the vertical axis.
        height: height of the figure, in pixels.

    Raises:
        ValueError: the two parts of a curve differ in length, or cannot be drawn on these axes.
    """
    figure = Figure()
    for number, (name, (spent, shares)) in enumerate(curves.items()):
        at = given.ascending(f"curves[{name!r}][0]", spent)
        right = given.shares(f"curves[{name!r}][1]", shares)
        if at.shape != right.shape or not (at > 0).all():
            raise ValueError(
                f"The curve {name!r} has an effort of shape {at.shape} from {at.min(initial=1):g} "
                f"and shares of shape {right.shape}; expected (T,) for both, and an effort above 0."
            )
        figure.add_scatter(
            x=at, y=_height_of(right), customdata=right, name=name, mode="lines+markers",
            line={"color": class_color(number), "width": 2.5},
            marker={"size": 6 if len(at) > 1 else 12}, hovertemplate="%{x:.3g}: %{customdata:.2%}",
        )  # fmt: skip
    styled(figure, height=height, hovermode="closest")
    marks = [digit * 10.0**power for power in range(-3, 10) for digit in (1, 2, 5)]
    figure.update_xaxes(title=x, type="log", tickvals=marks, ticktext=[f"{m:,g}" for m in marks])
    return figure.update_yaxes(
        title=y,
        zeroline=False,
        tickvals=_height_of(np.array(_SHARES)),
        ticktext=[f"{100 * s:g} %" for s in _SHARES],
    )


def class_curves(
    steps: ArrayLike,
    values: ArrayLike,
    class_names: Sequence[str],
    *,
    title: str = "precision@7",
    height: int = 420,
) -> Figure:
    """Draw a curve of shares for each class through a training.

    Args:
        steps: int (F,), 0 or more, ascending. They are drawn at their square roots, as frames are
            spaced.
        values: float (F, K), shares from 0 to 1.
        class_names: K names.
        title: title of the vertical axis.
        height: height of the figure, in pixels.

    Raises:
        ValueError: the shapes do not fit, or the numbers are not as described.
    """
    at = given.ascending("steps", steps, strictly=True).astype(np.int64)
    values = given.shares("values", values)
    if values.shape != (len(at), len(class_names)) or not len(at):
        raise ValueError(
            f"values have shape {values.shape} and steps {at.shape}; expected (F, K) and (F,), "
            f"with F at least 1 and K the number of class_names, {len(class_names)}."
        )
    if at[0] < 0 or not np.array_equal(at, steps):
        raise ValueError(f"steps: got {steps!r:.200}; expected whole numbers, 0 or more.")
    figure = Figure()
    for number, name in enumerate(class_names):
        figure.add_scatter(
            x=np.sqrt(at),
            y=np.round(values[:, number], 4),
            name=plain(name),
            customdata=at,
            mode="lines",
            line={"color": class_color(number), "width": 2.5},
            hovertemplate="step %{customdata}: %{y:.1%}",
        )
    ticks = sorted({int(at[np.abs(at - share * at[-1]).argmin()]) for share in _TICKS})
    styled(figure, height=height, hovermode="closest")
    figure.update_xaxes(
        title="training step", tickvals=np.sqrt(ticks), ticktext=list(map(str, ticks))
    )
    return figure.update_yaxes(title=title, range=[0, 1.02], tickformat=".0%")


def distance_histogram(
    distances: ArrayLike,
    same: ArrayLike,
    *,
    margin: float | None = None,
    bins: int = 50,
    height: int = 380,
) -> Figure:
    """Draw the distances of similar and of different pairs as two histograms.

    Args:
        distances: float (N,), 0 or more.
        same: (N,), 1 = same, 0 = different.
        margin: where to draw a vertical line.
        bins: number of bars of each kind, at least 1.
        height: height of the figure, in pixels.

    Raises:
        ValueError: the shapes do not fit, or an argument is not as described.
    """
    distances, same = given.finite("distances", distances), are_same(same)
    if distances.ndim != 1 or distances.shape != same.shape or distances.min(initial=0) < 0:
        raise ValueError(
            f"distances have shape {distances.shape}, from {distances.min(initial=0):g}, and same "
            f"has {same.shape}; expected (N,) for both, and distances of 0 or more."
        )
    limit = float(distances.max(initial=0)) or 1.0
    digits = given.decimals(limit)
    edges = np.linspace(0, limit, whole_number("bins", bins, 1) + 1)
    figure = Figure()
    kinds = (("same", SAME, same, ""), ("different", DIFFERENT, ~same, "/"))
    for name, color, chosen, pattern in kinds:
        counts, _ = np.histogram(distances[chosen], edges)
        figure.add_bar(
            x=np.round((edges[:-1] + edges[1:]) / 2, digits + 1),
            y=np.round(counts / max(chosen.sum(), 1), 5),
            width=edges[1] - edges[0],
            name=name,
            marker={"color": color, "opacity": 0.6, "pattern": {"shape": pattern}},
            hovertemplate=f"distance %{{x:.{digits}f}}: %{{y:.1%}}",
        )
    if margin is not None:
        line = {"color": INK, "width": 1, "dash": "dot"}
        figure.add_vline(x=real_number("margin", margin), line=line, annotation_text="margin")
    styled(figure, height=height, barmode="overlay", bargap=0)
    figure.update_xaxes(title="distance of the pair")
    return figure.update_yaxes(title="share of the pairs", tickformat=".0%")


def roc_curves(curves: Mapping[str, tuple[ArrayLike, ArrayLike]], *, height: int = 460) -> Figure:
    """Draw receiver operating characteristics: true positive rates over false positive rates.

    Args:
        curves: by name, false and true positive rates (T,), from 0 to 1, both rising.
        height: height of the figure, in pixels.

    Raises:
        ValueError: the rates differ in shape, are out of range, or fall.

    References:
        Fawcett, "An introduction to ROC analysis", 2006.
    """
    figure = Figure()
    for number, (name, rates) in enumerate(curves.items()):
        fpr, tpr = (
            given.ascending(code, given.shares(code, rate))
            for code, rate in zip(
                (f"curves[{name!r}][0]", f"curves[{name!r}][1]"), rates, strict=True
            )
        )
        if fpr.shape != tpr.shape or not fpr.size:
            raise ValueError(
                f"The rates of {name!r} have shapes {fpr.shape} and {tpr.shape}; expected (T,) for "
                "both, with T at least 1."
            )
        along = fpr + tpr
        kept = np.unique(np.searchsorted(along, np.linspace(along[0], along[-1], _CORNERS)))
        figure.add_scatter(
            x=np.round(fpr[kept], 5), y=np.round(tpr[kept], 5), name=name, mode="lines",
            line={"color": class_color(number), "width": 2.5, "dash": _DASHES[number % 4]},
            hovertemplate="%{x:.1%} of different pairs, %{y:.1%} of same pairs",
        )  # fmt: skip
    chance = {"color": INK, "width": 1, "dash": "dot"}
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=chance)
    styled(figure, height=height)
    figure.update_xaxes(
        title="different pairs called same", range=[-0.01, 1.01], tickformat=".0%", dtick=0.2
    )
    return figure.update_yaxes(
        title="same pairs called same", range=[-0.01, 1.02], tickformat=".0%", dtick=0.2
    )


def _height_of(shares: np.ndarray) -> np.ndarray:
    """Return the height at which a share is drawn: 1 more for a tenth of the mistakes."""
    return -np.log10(np.maximum(1 - shares, 1e-4))
