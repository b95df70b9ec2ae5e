"""Films that can be seen side by side: of the same points, turned to match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from siamese_lib.views import wire
from siamese_lib.views.film import Film, HasFilm, as_film
from siamese_lib.views.given import ViewError
from siamese_lib.views.side_by_side.match import matched


def comparable(films: Mapping[str, Film | HasFilm]) -> dict[str, Film]:
    """Check that films are of the same points, and turn them to match the first.

    Args:
        films: one or more films, or views that show one, by their names.

    Returns:
        The films, turned, mirrored and shifted, by name.

    Raises:
        ViewError: there is no film, a name is not a str, or a film has no frame or no point, or
            other points, classes or images than the first.
    """
    if not isinstance(films, Mapping) or not films:
        raise ViewError(f"films: got {films!r:.100}; expected a dict from names to films.")
    if unnamed := [name for name in films if not isinstance(name, str)]:
        raise ViewError(f"films: got the name {unnamed[0]!r:.100}; expected a str for each film.")
    given = {name: as_film(film) for name, film in films.items()}
    first = next(iter(given.values()))
    for name, film in given.items():
        _check_points(name, film, first)
    frames = matched([film.frames for film in given.values()])
    return {
        name: Film(**{**film.parts(), "frames": turned})
        for (name, film), turned in zip(given.items(), frames, strict=True)
    }


def payload(films: Mapping[str, Film]) -> dict[str, Any]:
    """Pack films for the page: the classes and images once, all else for each film."""
    images = next((film.images for film in films.values() if film.images is not None), None)
    packed = []
    for name, film in films.items():
        part = film.payload(images=False)
        about = part["about"] | ({"labels": None} if packed else {})
        packed.append({"name": name, "film": part["film"], "about": about})
    return {"films": packed, "images": wire.packed_images(images)}


def _check_points(name: str, film: Film, first: Film) -> None:
    count, expected = film.frames.shape[1], first.frames.shape[1]
    if not film.frames.size:
        raise ViewError(f"films: {name!r} has no points; expected a film that was recorded.")
    if count != expected:
        raise ViewError(
            f"films: {name!r} has {count:,} points; expected {expected:,}, as the first film has. "
            "Make all films of the same images."
        )
    own, others = film.classes, first.classes
    if own.names != others.names or not _equal(own.numbers, others.numbers):
        raise ViewError(
            f"films: {name!r} has other classes than the first film; expected the same label for "
            "each point. Make all films of the same images and labels."
        )
    known = film.images is not None and first.images is not None
    if known and not _equal(film.images, first.images):
        raise ViewError(
            f"films: {name!r} has other images than the first film; expected the same images, in "
            "the same order."
        )


def _equal(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
