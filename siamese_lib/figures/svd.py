"""Singular values: the strengths of a matrix's directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from siamese_lib.colors import class_color
from siamese_lib.figures import given
from siamese_lib.figures.style import Figure, styled


def singular_values(
    spectra: Mapping[str, np.ndarray | Sequence[float]], *, height: int = 380
) -> Figure:
    """Draw singular values, largest first, on a logarithmic scale.

    Args:
        spectra: by name, singular values (K,), all above 0.
        height: height of the figure, in pixels.

    Raises:
        ValueError: the values are not of shape (K,), or not all finite and above 0.
    """
    figure = Figure()
    for number, (name, spectrum) in enumerate(spectra.items()):
        values = given.numbers(f"spectra[{name!r}]", spectrum)
        if values.ndim != 1 or not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(
                f"The singular values of {name!r} have shape {values.shape}, and the smallest is "
                f"{values.min(initial=np.inf):.3g}; expected (K,), all finite and above 0."
            )
        values = np.sort(values)[::-1]
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
