"""Images next to each other: grids, pairs, and a query with its nearest neighbours.

All images of a figure are in one picture, which plotly enlarges without smoothing. So a page with a
hundred digits takes only a few kilobytes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from numbers import Integral

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from siamese_lib.arrays import are_same
from siamese_lib.checks import checked_labels
from siamese_lib.colors import DIFFERENT, INK, SAME, rgb
from siamese_lib.figures import given
from siamese_lib.figures.style import Figure, plain, styled
from siamese_lib.images import png_uri
from siamese_lib.pixels import as_array, checked_images

_GAP = 5  # pixels between images, and below each row of words
_FRAME = 1
# On a page that is wide enough, in pixels: the width of an image, the largest width of a row, the
# height of a line of words, the room above the first line, and the width of a letter.
_CELL, _ROW, _LINE, _ROOM, _LETTER = 92, 920, 25, 9, 7.5


def image_grid(
    images: ArrayLike,
    titles: Sequence[object] | np.ndarray | None = None,
    *,
    columns: int = 8,
    colors: Sequence[str] | None = None,
) -> Figure:
    """Lay images out in rows.

    Args:
        images: uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), at least one.
        titles: words under each image; ``<br>`` starts a second line.
        columns: images in a row, a whole number, at least 1.
        colors: the colour of a frame around each image, as "#rrggbb".

    Returns:
        A figure with one picture and one trace of words.

    Raises:
        ValueError: the images are of another dtype or shape, or there are not N titles or colors.
    """
    images = checked_images(images)
    count, height, width = images.shape[:3]
    for name, values in (("titles", titles), ("colors", colors)):
        if values is not None and len(values) != count:
            raise ValueError(f"{name}: got {len(values)}; expected one for each of {count} images.")
    if count == 0 or not isinstance(columns, Integral) or columns < 1:
        raise ValueError(
            f"Got {count} images and {columns} columns; expected at least one image and one column."
        )
    columns = min(columns, count)
    rows = -(-count // columns)
    letters = int(min(_CELL, _ROW / columns) / _LETTER)
    captions = [] if titles is None else [_wrapped(str(title), letters) for title in titles]
    lines = max((caption.count("<br>") + 1 for caption in captions), default=0)
    step_x = width + _GAP
    scale = min(_CELL, _ROW / columns) / step_x
    room = max(round(_ROOM / scale), 1) if captions else 0
    step_y = height + _GAP + room + round(lines * _LINE / scale)
    canvas = np.zeros((rows * step_y, columns * step_x, 4), np.uint8)
    corners = [(_GAP // 2 + i // columns * step_y, i % columns * step_x) for i in range(count)]
    for i, (top, start) in enumerate(corners):
        left = start + _GAP // 2
        if colors is not None:
            frame = np.s_[
                top - _FRAME : top + height + _FRAME, left - _FRAME : left + width + _FRAME
            ]
            canvas[frame] = (*rgb(colors[i]), 255)
        canvas[top : top + height, left : left + width, :3] = images[i]
        canvas[top : top + height, left : left + width, 3] = 255
    figure = Figure(go.Image(source=png_uri(canvas), hoverinfo="skip"))
    if captions:
        figure.add_scatter(
            x=[left + step_x / 2 for _, left in corners],
            y=[top + height + room for top, _ in corners],
            text=captions,
            mode="text",
            textposition="bottom center",
            hoverinfo="skip",
            textfont={"size": 13, "color": INK if colors is None else list(colors)},
        )
    styled(
        figure,
        height=round(rows * step_y * scale) + 20,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        showlegend=False,
        dragmode=False,
    )
    # On a narrower page all images are smaller; on a wider one they are at its left.
    fit = {"visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[0, columns * step_x], constraintoward="left", **fit)
    return figure.update_yaxes(
        range=[rows * step_y, 0], scaleanchor="x", constraintoward="top", **fit
    )


def _wrapped(caption: str, letters: int) -> str:
    """Break the lines of a caption between words, so that a line has no more than these letters."""
    lines = [textwrap.wrap(line, letters, break_long_words=False) for line in caption.split("<br>")]
    return "<br>".join(part for line in lines for part in line or [""])


def pairs(
    left_images: ArrayLike,
    right_images: ArrayLike,
    same: np.ndarray | Sequence[int],
    titles: Sequence[object] | np.ndarray | None = None,
    *,
    columns: int = 8,
) -> Figure:
    """Show pairs, one image above the other, each marked same or different.

    Args:
        left_images: uint8 (N, H, W) or (N, H, W, C).
        right_images: uint8, of the same shape.
        same: (N,), 1 = same, 0 = different.
        titles: words under each pair, instead of "same" or "different".
        columns: pairs in a row.

    Raises:
        ValueError: the shapes do not fit.
    """
    left = checked_images(left_images, "left_images")
    right = checked_images(right_images, "right_images")
    marks = are_same(same)
    if left.shape != right.shape or marks.shape != left.shape[:1]:
        raise ValueError(
            f"left_images, right_images and same have shapes {left.shape}, {right.shape} and "
            f"{marks.shape}; expected two images of one shape and one label for each pair."
        )
    seam = np.zeros((len(left), 2, *left.shape[2:]), np.uint8) + 128
    stacked = np.concatenate([left, seam, right], axis=1)
    words = ["same" if one else "different" for one in marks]
    colors = [SAME if one else DIFFERENT for one in marks]
    return image_grid(stacked, words if titles is None else titles, columns=columns, colors=colors)


def neighbours(
    query_image: ArrayLike,
    neighbour_images: ArrayLike,
    neighbour_labels: Sequence[object] | np.ndarray,
    distances: np.ndarray | Sequence[float],
    *,
    query_label: object | None = None,
) -> Figure:
    """Show a query and its nearest neighbours, nearest first.

    Args:
        query_image: uint8 (H, W) or (H, W, C).
        neighbour_images: uint8 (k, H, W) or (k, H, W, C).
        neighbour_labels: (k,), the class of each neighbour.
        distances: (k,), the distance of each neighbour from the query.
        query_label: the query's class, if known. Neighbours are then marked right or wrong.

    Raises:
        ValueError: the shapes do not fit.
    """
    query = checked_images(as_array(query_image, "query_image")[None], "query_image")
    found = checked_images(neighbour_images, "neighbour_images")
    distances = given.numbers("distances", distances)
    if not len(found) == len(neighbour_labels) == len(distances):
        raise ValueError(
            f"Got {len(neighbour_labels)} labels and {len(distances)} distances; expected one of "
            f"each for every one of {len(found)} neighbours."
        )
    if query_label is not None:  # as one type, so that equal labels compare as equal
        query_label, *neighbour_labels = checked_labels([query_label, *neighbour_labels]).tolist()
    titles = ["query" if query_label is None else f"query: {plain(query_label)}<br>&nbsp;"]
    colors = [INK]
    for label, distance in zip(neighbour_labels, distances, strict=True):
        right = query_label is None or label == query_label
        mark = "" if query_label is None else "✓\u00a0" if right else "✗\u00a0"
        titles.append(f"{mark}{plain(label)}<br>{distance:.3f}")
        colors.append(SAME if right else DIFFERENT)
    everything = np.concatenate([query, found])
    return image_grid(everything, titles, columns=len(everything), colors=colors)
