"""Make the film of a training: project its embeddings to a plane, and measure every frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from siamese_lib.colors import EXTRA, PALETTE
from siamese_lib.metrics.headline import AMONG_VALIDATION, Among
from siamese_lib.metrics.trust import NEAREST, kept_neighbours
from siamese_lib.pixels import pictures_of
from siamese_lib.runs.projection import centred, principal_axes
from siamese_lib.views import given, wire
from siamese_lib.views.film import Film

_MOST = 20_000  # points that are judged; the time grows with their square: 4 s for so many


def make_film(
    embeddings: np.ndarray,
    travels: np.ndarray,
    *,
    images: np.ndarray,
    labels: np.ndarray | None,
    class_names: Sequence[str] | None,
    steps: np.ndarray,
    history: Mapping[str, Sequence[float]],
    margin: float | None,
) -> Film:
    """Make the film that `Run.film` describes.

    Args:
        embeddings: float32 (F, N, dim), the images at every frame.
        travels: float32 (F, E, dim), the extra images at every frame; E may be 0.
        images: uint8, or float in 0..255 or in 0..1, (N + E, H, W, C), the extra ones last.
        labels: int64 or str (N,), or None.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        steps: int64 (F,).
        history: columns of equal length, as in a `Run`.
        margin: of the loss, or None.
    """
    curves, notes = {"loss": curve_of(history, "loss", steps)}, []
    if labels is None:
        curves[AMONG_VALIDATION] = curve_of(history, "precision", steps)
    else:
        measure = Among.of(labels)
        curves[measure.name] = np.array([measure.precision(e) for e in embeddings])
        notes.append(measure.missing)
    points = np.concatenate([centred(embeddings), centred(embeddings, travels)], axis=1)
    count, extra, dim = embeddings.shape[1], travels.shape[1], embeddings.shape[2]
    colors = None
    if extra:
        labels, class_names, colors = _with_extra_class(labels, class_names, count, extra)
    axes, explained = principal_axes(embeddings[-1])
    if dim > 2:
        notes.insert(0, f"2 of {dim} dimensions, {100 * explained:.0f} % of the variance")
    shown = points @ axes
    return Film(
        shown,
        labels,
        images=pictures_of(images),
        class_names=class_names,
        colors=colors,
        steps=steps,
        trust=_trust(points[-1], shown[-1]) if dim > 2 else None,
        curves={name: c.tolist() for name, c in curves.items() if np.isfinite(c).any()},
        margin=margin,
        marked=range(count, count + extra),
        note="; ".join(filter(None, notes)),
        explained=explained,
        noun="point" if images is None else "image",
    )


def _trust(embeddings: np.ndarray, shown: np.ndarray) -> np.ndarray | None:
    """Return the share of each point's neighbours that the map keeps, (N,).

    None for 10 points or fewer, which are all neighbours, and for more than 20,000.
    """
    enough = NEAREST < len(shown) <= _MOST
    return kept_neighbours(embeddings, shown, NEAREST) if enough else None


def curve_of(history: Mapping[str, Sequence[float]], name: str, steps: np.ndarray) -> np.ndarray:
    """Read a column of a history at steps (F,), by linear interpolation between its rows.

    Before the first row the values are NaN. The loss is an exception: its first row is a mean
    from step 0 on, so it also stands for the steps before. If there is no such column, or it holds
    no finite number, all values are NaN.

    Raises:
        ValueError: the column does not hold numbers, or there is no column ``step``.
    """
    try:
        column = np.asarray(history.get(name, ()), np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"history: {name} holds no numbers ({error}); expected numbers.") from None
    if name in history and "step" not in history:
        raise ValueError(
            f"history: got the columns {', '.join(history)}; expected a column step, too, which "
            "says where each row belongs."
        )
    known = np.isfinite(column)
    if not known.any():
        return np.full(len(steps), np.nan)
    rows = np.asarray(history["step"])[known]
    left = column[known][0] if name == "loss" else np.nan
    return np.interp(steps, rows, column[known], left=left)


def with_extra(film: Film, options: Mapping[str, Any]) -> dict[str, Any]:
    """Add what a film's extra images need to a view's options: their class's colour, their rings.

    Args:
        film: as `make_film` makes it, whose marked points are the extra images.
        options: arguments of `EmbeddingView` that speak of the images without the extra ones.
    """
    options = dict(options)
    colors = given.checked_colors(options.get("colors"))
    if film.marked and colors is not None:
        options["colors"] = [*colors, EXTRA]
    if film.marked and options.get("trust") is not None:
        options["trust"] = [*np.atleast_1d(options["trust"]), *[1.0] * len(film.marked)]
    if options.get("marked") is not None:
        options["marked"] = [*given.checked_points(options["marked"]), *film.marked]
    return options


def _with_extra_class(
    labels: np.ndarray | None, class_names: Sequence[str] | None, count: int, extra: int
) -> tuple[np.ndarray, list[str], list[str]]:
    """Return labels, class names and colours that have one more class, for the extra images."""
    classes, names, colors = wire.classes_of(labels, class_names)
    if classes is None:
        classes, names, colors = np.zeros(count, np.int64), ["images"], [PALETTE[4]]
    own = np.full(extra, len(names))
    return np.concatenate([classes, own]), [*names, "extra"], [*colors, EXTRA]
