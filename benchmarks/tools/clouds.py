"""The film that views are compared with: ten classes that turn and pull apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

CLASSES = 10


def clouds(points: int, frames: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw a film.

    Returns:
        float32 (frames, points, 2), and the classes, int64 (points,).
    """
    labels = np.arange(points) % CLASSES
    spread = np.random.default_rng(seed).normal(scale=0.4, size=(points, 2))
    time = np.linspace(0, 1, frames)[:, None]
    angle = 2 * np.pi * labels / CLASSES + 2 * time
    centres = 3 * time[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return (spread + centres).astype(np.float32), labels


def plotly_film(frames: np.ndarray, labels: np.ndarray) -> go.Figure:
    """Make the film as a plotly figure: a trace for each class, and a Play button."""
    import plotly.graph_objects as go

    def traces(frame: np.ndarray) -> list[go.Scatter]:
        parts = [frame[labels == k] for k in range(CLASSES)]
        return [go.Scatter(x=part[:, 0], y=part[:, 1], mode="markers") for part in parts]

    pace = {"duration": 250, "redraw": False}
    how = {"frame": pace, "transition": {"duration": 250}, "fromcurrent": True}
    play = {"label": "Play", "method": "animate", "args": [None, how]}
    figure = go.Figure(
        data=traces(frames[0]),
        frames=[go.Frame(data=traces(frame)) for frame in frames],
    )
    reach = 1.05 * float(np.abs(frames).max())
    axis = {"range": [-reach, reach]}
    menu = {"type": "buttons", "buttons": [play]}
    return figure.update_layout(xaxis=axis, yaxis=axis, height=480, updatemenus=[menu])
