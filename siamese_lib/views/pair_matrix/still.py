"""Draw the matrix of pairs as a small picture, to be shown where no JavaScript runs."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from siamese_lib.colors import DIFFERENT, INK, SAME, rgb
from siamese_lib.lettering import short_names
from siamese_lib.views.fine_picture import FINE, FinePicture, fine
from siamese_lib.views.pair_matrix.batch import Batch
from siamese_lib.views.pair_matrix.costs import Costs
from siamese_lib.views.pair_matrix.shades import by_class, shades_of
from siamese_lib.views.pair_matrix.state import Looking

_SIDE, _LEFT, _TOP, _GAP = 384, 96, 22, 24  # pixels
_WORDS = 30  # pixels under the pictures
_SILENT = 26  # opacity of a pair that is compared and costs nothing, of 255
_DOT, _RIM = 3.4, 0.8  # pixels


def still_png(batch: Batch, looking: Looking, costs: Costs) -> bytes:
    """Draw the matrix, the map next to it and the counts, on a transparent background.

    Returns:
        A PNG below 60 kB.
    """
    width, height = _LEFT + 2 * _SIDE + _GAP, _TOP + _SIDE + _WORDS
    picture = FinePicture(width, height)
    classes = batch.film.classes
    order, edges = by_class(np.asarray(classes.numbers), len(classes.names))
    cells = Image.fromarray(_cells(batch, looking, costs)[np.ix_(order, order)])
    side = (_SIDE * FINE, _SIDE * FINE)
    large = cells.resize(side, Image.Resampling.NEAREST)
    picture.image.paste(large, (_LEFT * FINE, _TOP * FINE))
    _draw_blocks(picture, edges, classes.names, _SIDE / len(order))
    _draw_map(picture.pen, batch, looking)
    silent, pulling, pushing = costs.counts
    words = f"{pulling:,} pulling, {pushing:,} pushing, {silent:,} silent pairs"
    at = f" at step {batch.film.steps[looking.frame]:,}" if batch.film.steps is not None else ""
    picture.write((_LEFT, _TOP + _SIDE + 8), f"{words}{at}; margin {looking.margin:.3g}", 15)
    return picture.png()


def _cells(batch: Batch, looking: Looking, costs: Costs) -> np.ndarray:
    """Return a pixel for each pair, uint8 (N, N, 4), in the order of the images."""
    times = batch.times(looking.which)
    opacity = np.rint(255 * shades_of(costs.shares, times, looking.margin)).astype(np.uint8)
    inks = np.where(batch.same[:, None], rgb(SAME), rgb(DIFFERENT))
    pixels = np.column_stack([inks, opacity]).astype(np.uint8)
    pixels[(costs.shares == 0) & (times > 0)] = (*rgb(INK), _SILENT)
    square = np.zeros((batch.images, batch.images, 4), np.uint8)
    rows, columns = np.triu_indices(batch.images, k=1)
    square[rows, columns] = square[columns, rows] = pixels
    return square


def _draw_blocks(picture: FinePicture, edges: np.ndarray, names: list[str], cell: float) -> None:
    """Draw a frame around the similar pairs of each class, and write the names of the classes."""
    picture.pen.rectangle(fine(_LEFT, _TOP, _LEFT + _SIDE, _TOP + _SIDE), outline=INK, width=1)
    short = short_names(names, 13, _LEFT - 10)
    free = 0.0
    for name, start, stop in zip(short, edges[:-1] * cell, edges[1:] * cell, strict=True):
        if start == stop:
            continue
        corners = (_LEFT + start, _TOP + start, _LEFT + stop, _TOP + stop)
        picture.pen.rectangle(fine(*corners), outline=INK, width=FINE)
        middle = (start + stop) / 2
        if middle >= free:
            picture.write((_LEFT - 6, _TOP + middle), name, 13, "rm")
            free = middle + 14


def _draw_map(pen: ImageDraw.ImageDraw, batch: Batch, looking: Looking) -> None:
    """Draw the images as points, at the scale of the largest frame."""
    film = batch.film
    axes = film.frames.reshape(-1, 2)
    low, high = axes.min(axis=0), axes.max(axis=0)
    scale = 0.92 * _SIDE / max(float((high - low).max()), 1e-12)
    middle = _LEFT + _SIDE + _GAP + _SIDE / 2, _TOP + _SIDE / 2
    places = (film.frames[looking.frame] - (low + high) / 2) * [scale, -scale] + middle
    colors = [film.classes.colors[number] for number in np.asarray(film.classes.numbers)]
    for (x, y), color in zip(places, colors, strict=True):
        disc = fine(x - _DOT, y - _DOT, x + _DOT, y + _DOT)
        pen.ellipse(disc, fill=color, outline=INK, width=round(_RIM * FINE))
