"""Embeddings as points in the plane, and the forces that the loss exerts on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from siamese_lib.colors import DIFFERENT, SAME, class_color, rgb
from siamese_lib.figures.style import plain, styled
from siamese_lib.images import checked_images, png_uri

_CELLS = 24  # at most, thumbnails along the longer side of the map
_SVG_POINTS = 2_500  # more are drawn with WebGL


def embedding_map(
    embeddings: ArrayLike,
    labels: ArrayLike,
    class_names: Sequence[str] | None = None,
    *,
    images: ArrayLike | None = None,
    height: int = 620,
) -> go.Figure:
    """Draw embedded images as points, coloured by class, with one scale on both axes.

    Args:
        embeddings: float (N, 2).
        labels: int (N,), 0 or more.
        class_names: names for the legend.
        images: uint8 (N, H, W) or (N, H, W, 1). Where there is room, a point shows its image.
        height: height of the figure, in pixels.

    Raises:
        ValueError: embeddings that are not of 2 dimensions, or lengths that differ.
    """
    embeddings, labels = _checked_points(embeddings, labels)
    if class_names is not None and labels.max() >= len(class_names):
        raise ValueError(
            f"labels hold {labels.max()}; expected numbers below {len(class_names)}, the number of "
            "class_names."
        )
    scatter = go.Scatter if len(labels) <= _SVG_POINTS else go.Scattergl
    figure = go.Figure()
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)
        name = plain(label if class_names is None else class_names[label])
        figure.add_trace(
            scatter(
                x=np.round(embeddings[chosen, 0], 3).astype(np.float32),
                y=np.round(embeddings[chosen, 1], 3).astype(np.float32),
                customdata=chosen.astype(np.int32),
                mode="markers",
                name=name,
                marker={"color": class_color(label), "size": 5, "opacity": 0.9},
                hovertemplate=f"{name}, image %{{customdata}}<extra></extra>",
            )
        )
    if images is not None:
        images = checked_images(images)
        if len(images) != len(labels):
            raise ValueError(
                f"images: got {len(images)}; expected one for each of {len(labels)} points."
            )
        _add_thumbnails(figure, embeddings, labels, images)
    else:
        _add_names(figure, embeddings, labels, class_names)
    styled(figure, height=height, legend={"title": "class", "itemsizing": "constant"})
    figure.update_xaxes(title="first embedding axis", zeroline=False)
    return figure.update_yaxes(
        title="second embedding axis", zeroline=False, scaleanchor="x", scaleratio=1
    )


def force_arrows(
    embeddings: ArrayLike, labels: ArrayLike, margin: float = 1.0, *, height: int = 560
) -> go.Figure:
    """Draw how the contrastive loss pulls and pushes each point.

    A similar pair attracts in proportion to its distance d. A different pair repels in proportion
    to margin - d, and not at all beyond the margin. Each point gets two arrows: the mean pull of
    the other images of its class, and the mean push of the images of other classes. The lengths
    of all arrows have one scale, chosen to fit the map.

    Args:
        embeddings: float (N, 2). A few dozen are easiest to read.
        labels: int (N,).
        margin: margin of the loss.
        height: height of the figure, in pixels.

    Raises:
        ValueError: embeddings that are not of 2 dimensions, or lengths that differ.

    References:
        Hadsell, Chopra and LeCun (2006), section 2.2, the spring analogy.
    """
    embeddings, labels = _checked_points(embeddings, labels)
    gap = embeddings[None] - embeddings[:, None]  # from the row's point to the column's
    distance = np.maximum(np.linalg.norm(gap, axis=-1), 1e-12)
    same = labels[:, None] == labels[None]
    pulls = _mean_over(gap, same & ~np.eye(len(labels), dtype=bool))
    strength = np.maximum(margin - distance, 0) / distance
    pushes = _mean_over(-gap * strength[..., None], ~same)
    longest = max(np.linalg.norm(pulls, axis=1).max(), np.linalg.norm(pushes, axis=1).max(), 1e-12)
    scale = 0.15 * np.ptp(embeddings, axis=0).max() / longest
    figure = embedding_map(embeddings, labels, height=height)
    figure.update_layout(annotations=[])
    figure.update_traces(marker={"size": 11, "opacity": 1})
    kinds = (
        ("pull", "similar images", SAME, pulls),
        ("push", "different images", DIFFERENT, pushes),
    )
    for name, whom, color, force in kinds:
        ends = embeddings + scale * force
        # An arrow of length 0 has no direction, so it gets no head.
        heads = np.where(np.linalg.norm(force, axis=1) > 1e-9 * longest, 9, 0).tolist()
        line = {"color": color, "width": 1.5, "dash": "solid" if name == "pull" else "dot"}
        figure.add_scatter(
            x=_segments(embeddings[:, 0], ends[:, 0]),
            y=_segments(embeddings[:, 1], ends[:, 1]),
            mode="lines+markers",
            name=name,
            legendgroup=name, showlegend=False,
            line=line,
            marker={
                "symbol": "arrow", "angleref": "previous", "color": color,
                "size": [size for head in heads for size in (0, head, 0)], "opacity": 1,
            },
            hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(  # only in the legend: a line with one head in its middle
            x=[None], y=[None], name=f"{name} of {whom}", mode="lines+markers", legendgroup=name,
            line=line, marker={"symbol": "triangle-right", "color": color, "size": 10},
        )  # fmt: skip
    return figure


def _checked_points(embeddings: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    embeddings, labels = np.asarray(embeddings, dtype=float), np.asarray(labels)
    if embeddings.ndim != 2 or embeddings.shape[1] != 2 or len(embeddings) == 0:
        raise ValueError(
            f"embeddings have shape {embeddings.shape}; expected shape (N, 2), to draw a map. "
            "Train a tower with embedding_dim=2, or project onto two axes first."
        )
    if not np.isfinite(embeddings).all():
        raise ValueError(
            "embeddings hold NaN or infinity; expected finite numbers. Did the training diverge?"
        )
    if labels.shape != embeddings.shape[:1]:
        raise ValueError(
            f"labels have shape {labels.shape}; expected one for each of {len(embeddings)} "
            "embeddings."
        )
    return embeddings, labels


def _mean_over(vectors: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the means (N, 2) of those vectors (N, N, 2) of each row that the mask (N, N) keeps."""
    total = (vectors * mask[..., None]).sum(axis=1)
    return total / np.maximum(mask.sum(axis=1), 1)[:, None]


def _segments(starts: np.ndarray, ends: np.ndarray) -> list[float | None]:
    """Return the coordinates of separate line segments for one plotly trace."""
    rounded = zip(np.round(starts, 4).tolist(), np.round(ends, 4).tolist(), strict=True)
    return [value for start, end in rounded for value in (start, end, None)]


def _add_names(
    figure: go.Figure,
    embeddings: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str] | None,
) -> None:
    """Write each class's name in the middle of its points, so that colour is not the only sign."""
    for label in np.unique(labels):
        x, y = np.median(embeddings[labels == label], axis=0)
        figure.add_annotation(
            x=round(float(x), 4), y=round(float(y), 4), showarrow=False,
            text=f"<b>{plain(label if class_names is None else class_names[label])}</b>",
            font={"size": 16, "color": "white"}, bgcolor="rgba(40, 44, 52, 0.6)", borderpad=1,
        )  # fmt: skip


def _add_thumbnails(
    figure: go.Figure, embeddings: np.ndarray, labels: np.ndarray, images: np.ndarray
) -> None:
    """Draw one image in each grid cell that holds points, in the colour of its class."""
    low = embeddings.min(axis=0)
    size = max(float(np.ptp(embeddings, axis=0).max()) / _CELLS, 1e-12)
    cells = np.floor((embeddings - low) / size).astype(int)
    _, chosen = np.unique(cells, axis=0, return_index=True)
    for i in chosen:
        ink = images[i].mean(axis=-1).astype(np.uint8)
        tinted = np.empty((*ink.shape, 4), np.uint8)
        tinted[..., :3] = rgb(class_color(int(labels[i])))
        tinted[..., 3] = ink
        center = low + (cells[i] + 0.5) * size
        figure.add_layout_image(
            source=png_uri(tinted), xref="x", yref="y", layer="above",
            x=round(float(center[0]), 4), y=round(float(center[1]), 4),
            sizex=0.95 * size, sizey=0.95 * size, xanchor="center", yanchor="middle",
        )  # fmt: skip
    figure.update_traces(marker={"size": 3, "opacity": 0.9})
