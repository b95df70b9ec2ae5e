"""Embeddings as points in the plane, and the forces that the loss exerts on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from siamese_lib.checks import real_number
from siamese_lib.colors import DIFFERENT, SAME, class_color, rgb
from siamese_lib.figures import given
from siamese_lib.figures.style import Figure, named_classes, styled
from siamese_lib.figures.trust import checked_trust, diameters, words
from siamese_lib.images import png_uri
from siamese_lib.pixels import checked_images

_FULL = 8  # pixels, the diameter of a point that is trusted fully
_CELLS = 24  # at most, thumbnails along the longer side of the map
_LARGEST = 1e30  # so that a coordinate fits single precision
_SMALL = 0.08  # of the map's longer side: a class of this extent has its name above it
_SVG_POINTS = 2_500  # more are drawn with WebGL


def embedding_map(
    embeddings: ArrayLike,
    labels: ArrayLike,
    class_names: Sequence[str] | None = None,
    *,
    images: ArrayLike | None = None,
    trust: ArrayLike | None = None,
    height: int = 620,
) -> Figure:
    """Draw embedded images as points, coloured by class, with one scale on both axes.

    Args:
        embeddings: float (N, 2).
        labels: integers or strings (N,).
        class_names: K names for the legend; the labels are then numbers from 0 to K - 1.
        images: uint8 (N, H, W) or (N, H, W, 1). Where there is room, a point shows its image.
        trust: numbers (N,) from 0 to 1, such as `siamese_lib.metrics.kept_neighbours` gives. A
            point is as large as its number says, and shows the number under the pointer.
        height: height of the figure, in pixels.

    Raises:
        ValueError: embeddings that are not of 2 dimensions, lengths that differ, labels that are
            of another type or have no name, or trust below 0 or above 1.

    Example:
        >>> embeddings = np.random.default_rng(0).normal(size=(60, 16))
        >>> axes = np.linalg.svd(embeddings, full_matrices=False)[2][:2]
        >>> kept = sl.metrics.kept_neighbours(embeddings, embeddings @ axes.T)
        >>> figure = sl.figures.embedding_map(embeddings @ axes.T, np.arange(60) % 4, trust=kept)
    """
    embeddings, labels, names = _checked_points(embeddings, labels, class_names)
    digits = _decimals(embeddings)
    # Single precision is enough, unless the map is very small, or far from 0 for its size.
    near = np.ptp(embeddings, axis=0).max() > max(1e-30, 1e-3 * np.abs(embeddings).max())
    drawn = np.round(embeddings, digits).astype(np.float32 if near else np.float64)
    scatter = go.Scatter if len(labels) <= _SVG_POINTS else go.Scattergl
    figure = Figure()
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)
        name = names[int(label)]
        figure.add_trace(
            scatter(
                x=drawn[chosen, 0],
                y=drawn[chosen, 1],
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
        _add_names(figure, embeddings, labels, names)
    if trust is not None:
        _add_trust(figure, checked_trust(trust, len(labels)))
    legend = {"title": "class", "orientation": "v", "x": 1.02, "y": 1}
    legend |= {"yref": "paper", "yanchor": "top"}
    styled(figure, height=height, legend=legend, dragmode="pan")  # as in the views
    figure.update_xaxes(title="first embedding axis", zeroline=False)
    return figure.update_yaxes(
        title="second embedding axis", zeroline=False, scaleanchor="x", scaleratio=1
    )


def force_arrows(
    embeddings: ArrayLike, labels: ArrayLike, margin: float = 1.0, *, height: int = 560
) -> Figure:
    """Draw how the contrastive loss pulls and pushes each point.

    A similar pair attracts in proportion to its distance d. A different pair repels in proportion
    to margin - d, and not at all beyond the margin. Each point gets two arrows: the mean pull of
    the other images of its class, and the mean push of the images of other classes. The lengths
    of all arrows have one scale, chosen to fit the map.

    Args:
        embeddings: float (N, 2). A few dozen are easiest to read.
        labels: integers or strings (N,).
        margin: margin of the loss, above 0 and finite.
        height: height of the figure, in pixels.

    Raises:
        ValueError: embeddings that are not of 2 dimensions, lengths that differ, or another margin.

    References:
        Hadsell, Chopra and LeCun (2006), section 2.2, the spring analogy.
    """
    own = labels
    embeddings, labels, _ = _checked_points(embeddings, labels)
    margin = real_number("margin", margin, 0)
    gap = embeddings[None] - embeddings[:, None]  # from the row's point to the column's
    distance = np.maximum(np.linalg.norm(gap, axis=-1), 1e-12)
    same = labels[:, None] == labels[None]
    pulls = _mean_over(gap, same & ~np.eye(len(labels), dtype=bool))
    strength = np.maximum(margin - distance, 0) / distance
    pushes = _mean_over(-gap * strength[..., None], ~same)
    longest = max(np.linalg.norm(pulls, axis=1).max(), np.linalg.norm(pushes, axis=1).max(), 1e-12)
    digits = _decimals(embeddings) + 1
    scale = 0.15 * np.ptp(embeddings, axis=0).max() / longest
    figure = embedding_map(embeddings, own, height=height)
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
            x=_segments(embeddings[:, 0], ends[:, 0], digits),
            y=_segments(embeddings[:, 1], ends[:, 1], digits),
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


def _checked_points(
    embeddings: ArrayLike, labels: ArrayLike, class_names: Sequence[str] | None = None
) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    """Return points (N, 2), and their classes and the names of these as `named_classes` does."""
    embeddings = given.finite("embeddings", embeddings)
    if embeddings.ndim != 2 or embeddings.shape[1] != 2 or len(embeddings) == 0:
        raise ValueError(
            f"embeddings have shape {embeddings.shape}; expected shape (N, 2), to draw a map. "
            "Train a tower with embedding_dim=2, or project onto two axes first."
        )
    if np.abs(embeddings).max() > _LARGEST:
        raise ValueError(
            f"embeddings hold a number of {np.abs(embeddings).max():g}; expected numbers within "
            f"±{_LARGEST:g}. Did the training diverge?"
        )
    if np.shape(labels) != embeddings.shape[:1]:
        raise ValueError(
            f"labels have shape {np.shape(labels)}; expected one for each of {len(embeddings)} "
            "embeddings."
        )
    return embeddings, *named_classes(labels, class_names)


def _mean_over(vectors: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the means (N, 2) of those vectors (N, N, 2) of each row that the mask (N, N) keeps."""
    total = (vectors * mask[..., None]).sum(axis=1)
    return total / np.maximum(mask.sum(axis=1), 1)[:, None]


def _decimals(embeddings: np.ndarray) -> int:
    """Return how many decimals tell the points (N, 2) of a map apart."""
    return given.decimals(float(np.ptp(embeddings, axis=0).max()))


def _segments(starts: np.ndarray, ends: np.ndarray, digits: int) -> list[float | None]:
    """Return the coordinates of separate line segments for one plotly trace."""
    rounded = zip(np.round(starts, digits).tolist(), np.round(ends, digits).tolist(), strict=True)
    return [value for start, end in rounded for value in (start, end, None)]


def _add_names(
    figure: Figure, embeddings: np.ndarray, labels: np.ndarray, names: dict[int, str]
) -> None:
    """Write each class's name in the middle of its points, so that colour is not the only sign."""
    digits = _decimals(embeddings) + 1
    small = _SMALL * np.ptp(embeddings, axis=0).max()
    for label in np.unique(labels):
        own = embeddings[labels == label]
        x, y = np.median(own, axis=0)
        place = {}
        if np.ptp(own, axis=0).max() <= small:  # it would cover all points that it names
            y, place = own[:, 1].max(), {"yanchor": "bottom", "yshift": 6}
        figure.add_annotation(
            **place, x=round(float(x), digits), y=round(float(y), digits), showarrow=False,
            text=f"<b>{names[int(label)]}</b>",
            font={"size": 16, "color": "white"}, bgcolor="rgba(40, 44, 52, 0.6)", borderpad=1,
        )  # fmt: skip


def _add_thumbnails(
    figure: Figure, embeddings: np.ndarray, labels: np.ndarray, images: np.ndarray
) -> None:
    """Draw one image in each grid cell that holds points, in the colour of its class."""
    low, digits = embeddings.min(axis=0), _decimals(embeddings) + 1
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
            x=round(float(center[0]), digits), y=round(float(center[1]), digits),
            sizex=0.95 * size, sizey=0.95 * size, xanchor="center", yanchor="middle",
        )  # fmt: skip
    figure.update_traces(marker={"size": 3, "opacity": 0.9})


def _add_trust(figure: Figure, shares: np.ndarray) -> None:
    """Make each point as large as its share (N,) says, and say the share under the pointer."""
    for trace in figure.data:
        own = shares[trace.customdata]
        trace.marker.size = _FULL * diameters(own)
        trace.text = words(own)
        trace.hovertemplate = trace.hovertemplate.replace("<extra>", "<br>%{text}<extra>")
