"""What a sampler draws: how often each class occurs, and which pairs a batch holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from siamese_lib.colors import FAINT, INK, SAME, class_color
from siamese_lib.figures import given
from siamese_lib.figures.style import Figure, named_classes, plain, styled


def class_shares(
    shares: Mapping[str, np.ndarray | Sequence[float]], class_names: Sequence[str]
) -> Figure:
    """Draw the share of each class as bars, one for each name, next to each other.

    Args:
        shares: for each name, such as "drawn", the share of each class, from 0 to 1, (C,).
        class_names: C names, written below the bars.

    Raises:
        ValueError: the number of shares differs from the number of classes, or a share is not
            from 0 to 1.
    """
    figure = Figure()
    for number, (name, values) in enumerate(shares.items()):
        if len(values) != len(class_names):
            raise ValueError(
                f"{name!r} has {len(values)} shares; expected one for each of {len(class_names)} "
                "classes."
            )
        figure.add_bar(
            x=[plain(name) for name in class_names],
            y=np.round(given.shares(f"shares[{name!r}]", values), 4),
            name=name,
            marker={"color": class_color(4 + number), "pattern": {"shape": "/" * (number % 2)}},
            hovertemplate="%{y:.1%} are %{x}",
        )
    styled(figure, height=340, barmode="group")
    figure.update_xaxes(title="class", type="category")
    return figure.update_yaxes(title="share of the images", tickformat=".0%")


def pair_matrix(labels: ArrayLike, class_names: Sequence[str] | None = None) -> Figure:
    """Draw every pair of a batch as a square, rows and columns sorted by class.

    Args:
        labels: integers or strings (N,), in any order.
        class_names: K names for the axes; the labels are then numbers from 0 to K - 1.

    Raises:
        ValueError: the labels are not one class for each image, there are none, or a class has no
            name.
    """
    numbers, known = named_classes(labels, class_names)
    if not numbers.size:
        raise ValueError("labels are empty; expected integers or strings, at least one.")
    labels = np.sort(numbers)
    kinds = (labels[:, None] == labels).astype(np.uint8)
    np.fill_diagonal(kinds, 2)
    words = ("different", "same", "itself")
    steps = [(edge / 3, color) for k, color in enumerate((FAINT, SAME, INK)) for edge in (k, k + 1)]
    figure = Figure(
        go.Heatmap(
            z=kinds,
            zmin=-0.5,
            zmax=2.5,
            colorscale=steps,
            colorbar={
                "tickvals": [0, 1, 2],
                "ticktext": words,
                "thickness": 18,
                "orientation": "h",
                "len": 300,
                "lenmode": "pixels",
                "x": 0,
                "xanchor": "left",
            },
            hoverinfo="skip",
        )
    )
    styled(figure, height=600)
    classes, first, counts = np.unique(labels, return_index=True, return_counts=True)
    names = [known[number] for number in classes.tolist()]
    middles = first + (counts - 1) / 2
    axis = {"tickvals": middles, "ticktext": names, "showgrid": False, "zeroline": False}
    figure.update_xaxes(
        title="class of one image", constrain="domain", constraintoward="left", **axis
    )
    return figure.update_yaxes(
        title="class of the other",
        autorange="reversed",
        scaleanchor="x",
        constrain="domain",
        constraintoward="bottom",
        **axis,
    )
