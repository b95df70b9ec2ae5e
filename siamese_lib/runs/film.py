"""Films of finished trainings: made from a run's weights, or recorded and kept in their place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from siamese_lib.colors import EXTRA, PALETTE
from siamese_lib.files import digest, remembered
from siamese_lib.metrics.headline import PRECISION, precision_of
from siamese_lib.runs import plane
from siamese_lib.runs.folder import RunError, film_file
from siamese_lib.runs.run import Run
from siamese_lib.views import wire
from siamese_lib.views.embedding_view import EmbeddingView
from siamese_lib.views.progress import told

_FEW = 100  # images below which no progress bar is needed
_KEPT = ("class_names", "colors", "curves", "margin", "marked", "note", "height")
_latest: WeakKeyDictionary[Run, tuple[str, np.ndarray]] = WeakKeyDictionary()


def film_of(
    run: Run,
    images: np.ndarray,
    labels: Any,
    class_names: Sequence[str] | None,
    extra: np.ndarray,
    *,
    batch_size: int,
    **options: Any,
) -> EmbeddingView:
    """Make what `Run.film` describes, of images (N, H, W, C) and extra ones (E, H, W, C)."""
    labels = wire.checked_labels(labels)
    wire.check_fit(
        {"frames": np.zeros((0, len(images), 2)), "labels": labels, "class_names": class_names}
    )
    embeddings = _embedded(run, images, batch_size)
    curves = {"loss": plane.curve_of(run.history, "loss", run.steps)}
    if labels is None:
        curves[PRECISION] = plane.curve_of(run.history, "precision", run.steps)
    else:
        curves[PRECISION] = np.array([precision_of(e, labels) for e in embeddings])
    points = plane.centred(embeddings)
    if len(extra):
        travels = plane.centred(embeddings, _at_every_frame(run, extra, batch_size))
        points = np.concatenate([points, travels], axis=1)
        labels, class_names, options["colors"] = _with_extra(
            labels, class_names, len(images), len(extra)
        )
        options["marked"] = range(len(images), points.shape[1])
    axes, explained = plane.principal_axes(embeddings[-1])
    dim = run.embedding_dim
    view = EmbeddingView(
        points @ axes,
        labels,
        images=_pictures(np.concatenate([images, extra])),
        class_names=class_names,
        steps=run.steps,
        curves={name: c.tolist() for name, c in curves.items() if np.isfinite(c).any()},
        margin=run.settings.get("margin"),
        note=f"2 of {dim} dimensions, {100 * explained:.0f} % of the variance" if dim > 2 else "",
        **options,
    )
    view.explained = explained
    return view


def write_film(view: EmbeddingView) -> bytes:
    """Write a view as a file: coordinates in 16 bits, images and the rest as they are."""
    packed = [wire.pack_frame(frame) for frame in view.frames]
    facts = {name: getattr(view, name) for name in _KEPT} | {"explained": view.explained}
    arrays: dict[str, Any] = {
        "bounds": np.array([bounds for bounds, _ in packed]),
        "levels": np.array([np.frombuffer(data, "<u2") for _, data in packed]),
        **{name: getattr(view, name) for name in ("steps", "labels", "images")},
        "facts": np.array(json.dumps(facts)),
    }
    buffer = BytesIO()
    np.savez_compressed(buffer, **{n: array for n, array in arrays.items() if array is not None})
    return buffer.getvalue()


def read_film(content: bytes, **options: Any) -> EmbeddingView:
    """Read what `write_film` wrote.

    Args:
        content: of the file.
        options: of the `EmbeddingView`, in place of those that were kept.

    Raises:
        RunError: it is damaged.
    """
    try:
        with np.load(BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(str(arrays.pop("facts")))
        parts = zip(arrays.pop("bounds"), arrays.pop("levels"), strict=True)
        frames = [wire.unpack_frame(bounds, levels.tobytes()) for bounds, levels in parts]
        explained = facts.pop("explained")
        view = EmbeddingView(np.array(frames), **arrays, **{**facts, **options})
    except Exception as error:  # there are many ways to be damaged
        raise RunError(f"The film that was recorded with this run is damaged: {error}") from error
    view.explained = explained
    return view


def _embedded(run: Run, images: np.ndarray, batch_size: int) -> np.ndarray:
    """Embed images at every frame, float32 (F, N, dim), unless that was done before."""
    weights = (weight for frame in range(len(run)) for weight in run.weights(frame))
    name = digest(weights, [images])

    def make() -> np.ndarray:
        return _at_every_frame(run, images, batch_size)

    if run.folder is not None:
        shape = (len(run), len(images), run.embedding_dim)
        return remembered(film_file(run.folder, name), shape, make)
    known, embeddings = _latest.get(run, ("", None))
    if embeddings is None or known != name:
        embeddings = make()
        _latest[run] = name, embeddings
    return embeddings


def _at_every_frame(run: Run, images: np.ndarray, batch_size: int) -> np.ndarray:
    frames = range(len(run)) if len(images) < _FEW else told(range(len(run)), "embedding", "frame")
    return np.stack([run.embed(images, frame, batch_size=batch_size) for frame in frames])


def _with_extra(
    labels: np.ndarray | None, class_names: Sequence[str] | None, count: int, extra: int
) -> tuple[np.ndarray, list[str], list[str]]:
    """Make the extra images a class of their own: labels, names and colours with it."""
    classes, names, colors = wire.classes_of(labels, class_names)
    if classes is None:
        classes, names, colors = np.zeros(count, np.int64), ["images"], [PALETTE[4]]
    own = np.full(extra, len(names))
    return np.concatenate([classes, own]), [*names, "extra"], [*colors, EXTRA]


def _pictures(images: np.ndarray) -> np.ndarray | None:
    """Images as they can be shown, uint8; None if they have neither one nor three channels."""
    if images.shape[-1] not in (1, 3):
        return None
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)
