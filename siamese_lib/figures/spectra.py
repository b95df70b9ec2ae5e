"""Singular values: how strong each of a matrix's directions is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from siamese_lib.colors import class_color
from siamese_lib.figures.style import styled


def singular_values(
    spectra: Mapping[str, np.ndarray | Sequence[float]], *, height: int = 380
) -> go.Figure:
    """Draw singular values, largest first, on a logarithmic scale.

    Args:
        spectra: names and their singular values (K,), all above 0.
        height: of the figure, in pixels.

    Raises:
        ValueError: values that are not one above 0 for each direction.
    """
    figure = go.Figure()
    for number, (name, given) in enumerate(spectra.items()):
        values = np.sort(np.asarray(given, dtype=float))[::-1]
        if values.ndim != 1 or not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(
                f"the singular values of {name!r} must be (K,) and above 0, got shape "
                f"{values.shape}, smallest {values.min(initial=np.inf):.3g}."
            )
        figure.add_scatter(
            x=np.arange(1, len(values) + 1),
            y=[float(f"{value:.4g}") for value in values],
            name=name,
            mode="lines+markers",
            line={"color": class_color(4 + number), "width": 2.5},
            marker={"size": 6, "symbol": "circle" if number == 0 else "diamond"},
            hovertemplate="direction %{x}: %{y:.3g}",
        )
    styled(figure, height=height)
    most = max((len(values) for values in spectra.values()), default=1)
    figure.update_xaxes(title="direction, strongest first", range=[0, most + 1])
    return figure.update_yaxes(title="singular value", type="log", dtick=1)
