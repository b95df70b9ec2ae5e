"""Where a page puts a drawing at each frame of the film: weights of every frame, and a check.

A film shows embeddings, or two principal axes of them, moved so that the mean of each frame is 0.
So a frame's places are ``embeddings @ axes + origin``, with the axes of the last frame and an
origin of its own. A few of the film's images say where the origin is. They also say how far the
rounded weights put an image from where the film has it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from siamese_lib.export.page import json_in_html
from siamese_lib.export.page_frames import Rounded, packed_frames, rounded
from siamese_lib.runs.last_frame import with_weights
from siamese_lib.runs.run import Run
from siamese_lib.views.film import Film

_BITS = (10, 9, 8)  # of a weight: the first with which all fit into the page
_MEASURED = 100  # images of the film
_AWAY = 1e-3  # of the width of the map: how far a place may be from where the embedding puts it
_LAST_ONLY = "a drawing is on the map at the last frame only, as "


def is_at(places: np.ndarray, others: np.ndarray) -> bool:
    """Return whether two sets of places (N, 2) are the same on a map of the first."""
    away = np.abs(others - places).max()
    return math.isfinite(away) and bool(away <= _AWAY * np.ptp(places, axis=0).max())


def frames_of(run: Run, film: Film, axes: np.ndarray, room: int) -> tuple[dict[str, Any], str]:
    """Return what moves a drawing with the film, and words about it.

    Args:
        run: the training. Its tower is a chain of the layers of `conv_tower`.
        film: what the page shows.
        axes: (dim + 1, 2), from an embedding to its place at the last frame; the last row is the
            place of the embedding of zeros.
        room: bytes that this may take in the page.

    Returns:
        ``axes``, float32 (dim, 2); ``origins``, float32 (F, 2), the places of the embedding of
        zeros; and ``frames``, as `packed_frames` returns them, of all frames but the last. If a
        drawing cannot move with the film, there is one origin, and ``frames`` is None.
    """
    made = {"axes": axes[:-1].astype("<f4").tobytes()}
    last: dict[str, Any] = {"origins": axes[-1:].astype("<f4").tobytes(), "frames": None}
    count = len(film.frames)
    if count == 1:
        return made | last, ""
    if len(run) == 1:
        return made | last, f"{_LAST_ONLY}the run has no weights of the others"
    sample = np.unique(np.linspace(0, film.frames.shape[1] - 1, _MEASURED).astype(int))
    if film.images is None or count != len(run):
        return made | last, f"{_LAST_ONLY}the film has other frames than the run"
    places, images = film.frames[:-1, sample], film.images[sample]
    exact = _places(run, images, count - 1, axes[:-1])
    if not all(map(is_at, places, exact + _origins(places, exact))):
        return made | last, f"{_LAST_ONLY}the film has other frames than the run"
    weights = [np.stack(each) for each in zip(*map(run.weights, range(count - 1)), strict=True)]
    found = _fitting(weights, room)
    if found is None:
        return made | last, f"{_LAST_ONLY}the page has no room for the weights of the others"
    near = _places(with_weights(run, found.weights), images, count - 1, axes[:-1])
    origins = _origins(places, near)
    away = np.linalg.norm(near + origins - places, axis=2).max()
    last = {
        "origins": np.concatenate([origins[:, 0], axes[-1:]]).astype("<f4").tobytes(),
        "frames": packed_frames(found),
    }
    return made | last, f"a drawing moves with the film, exact to about {_distance(away, film)}"


def _places(run: Run, images: np.ndarray, count: int, axes: np.ndarray) -> np.ndarray:
    """Return where images lie at the first frames, up to an origin for each: (count, N, 2)."""
    return np.stack([run.embed(images, frame) @ axes for frame in range(count)])


def _origins(places: np.ndarray, unmoved: np.ndarray) -> np.ndarray:
    """Return what moves places (F, N, 2) nearest to others, (F, 1, 2)."""
    return (places - unmoved).mean(axis=1, keepdims=True)


def _fitting(weights: list[np.ndarray], room: int) -> Rounded | None:
    """Round weights, as little as the room for them in the page allows; None if there is none."""
    if sum(weight.size for weight in weights) > 8 * room:
        return None  # below a bit each, so that it need not be tried
    for bits in _BITS:
        found = rounded(weights, bits)
        if len(json_in_html(packed_frames(found))) <= room:
            return found
    return None


def _distance(away: float, film: Film) -> str:
    if not film.margin:
        return f"a distance of {away:.1g}"
    return f"{max(away / film.margin, 0.001):.1g} of the margin"
