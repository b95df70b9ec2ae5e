"""Change images step by step, and see where runs put them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from siamese_lib.arrays import real_array
from siamese_lib.pixels import checked_images
from siamese_lib.runs.embedding import embed
from siamese_lib.runs.projection import centred, principal_axes
from siamese_lib.views.given import ViewError
from siamese_lib.views.probe.dials import Value, checked_dials
from siamese_lib.views.probe.grid import check_count
from siamese_lib.views.probe.probe import Probe

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras
    from siamese_lib.runs.run import Run

Embeds: TypeAlias = "Run | keras.Model | Callable[[np.ndarray], np.ndarray]"
Change: TypeAlias = tuple[Iterable[Value], Callable[[np.ndarray, Any], np.ndarray]]


def probe(
    runs: Mapping[str, Embeds] | Embeds,
    images: np.ndarray,
    changes: Mapping[str, Change],
    *,
    cloud: np.ndarray | None = None,
    labels: np.ndarray | Sequence | None = None,
    class_names: Sequence[str] | None = None,
    frame: int | None = None,
    subject_names: Sequence[str] | None = None,
    **options: Any,
) -> Probe:
    """Change images in steps, embed all of them, and see where their points go.

    Embeddings of two or three dimensions are shown as they are. If there are more, the map shows
    the two in which the cloud spreads most (its first two principal axes), and says so. Then
    `Probe.travel` is measured on this map, too.

    Args:
        runs: from 1 to 3 names to runs, Keras models, or functions from images (N, H, W, C) to
            vectors (N, dim); or a single one of these.
        images: uint8 (S, H, W, C) or (S, H, W), the subjects.
        changes: from 1 to 3 names to the values of a dial, and a function of images and one value
            that returns the changed images: ``{"pixels to the right": (range(-8, 9),
            sl.shifted)}``. The last change is made first, so the first moves what the others have
            made: a digit is rotated about its middle, and then shifted.
        cloud: uint8 (N, H, W, C) or (N, H, W), images to embed as the maps' other points.
        labels: int or str (N,), the class of each of these.
        class_names: K names; the labels are then numbers from 0 to K - 1.
        frame: of the runs, an index into ``run.steps``; None is the last.
        subject_names: S names.
        options: more arguments of `Probe`, such as ``periodic=["azimuth"]``.

    Returns:
        A `Probe`, with the images of `cloud` to stand on the maps.

    Raises:
        ValueError: an argument is not as described, a change returns images of another shape or
            dtype, or as `Run.embed` and `Probe`.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> view = sl.probe(
        ...     {"trained": sl.shipped_run()},
        ...     digits.test.images[:2],
        ...     {"pixels to the right": (range(-4, 5, 4), sl.shifted)},
        ...     cloud=digits.test.images[:200],
        ...     labels=digits.test.labels[:200],
        ... )
        >>> 0 < view.travel["trained"] < 1
        True
    """
    named = dict(runs) if isinstance(runs, Mapping) else {"map": runs}
    subjects = checked_images(images)
    steps = _checked_changes(changes)
    grid = _changed(subjects, steps)
    flat = grid.reshape(-1, *grid.shape[-3:])
    others = flat[:0] if cloud is None else checked_images(cloud, "cloud")
    maps, clouds, notes = {}, {}, {}
    for name, run in named.items():
        embedded = _embed(name, run, flat, frame)
        known = _embed(name, run, others, frame) if len(others) else embedded[:0]
        points, around, notes[name] = _shown(embedded, known)
        maps[name] = points.reshape(*grid.shape[:-3], -1)
        clouds[name] = around
    own = options.pop("notes", None)
    if isinstance(own, Mapping):
        notes |= {name: "; ".join(filter(None, (notes.get(name), own[name]))) for name in own}
    given = {"cloud_images": others, "notes": notes} if len(others) else {"notes": notes}
    return Probe(
        maps,
        grid,
        {name: values for name, (values, _) in steps.items()},
        clouds=clouds if len(others) else None,
        labels=labels,
        class_names=class_names,
        subject_names=subject_names,
        **{**given, **options},
    )


def _checked_changes(
    changes: object,
) -> dict[str, tuple[Sequence[Value], Callable[[np.ndarray, Any], np.ndarray]]]:
    """Return changes with checked values, by name."""
    pairs = dict(changes) if isinstance(changes, Mapping) else {}
    for name, pair in pairs.items():
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not callable(pair[1]):
            raise ViewError(
                f"changes: got {pair!r:.100} under {name!r}; expected values and a function, such "
                "as (range(-8, 9), sl.shifted)."
            )
    if not pairs:
        raise ViewError(
            f"changes: got {changes!r:.100}; expected a dict from names to values and a function, "
            'such as {"pixels to the right": (range(-8, 9), sl.shifted)}.'
        )
    dials = checked_dials({name: values for name, (values, _) in pairs.items()})
    return {
        name: (dial.values, pair[1])
        for (name, pair), dial in zip(pairs.items(), dials, strict=True)
    }


def _changed(subjects: np.ndarray, steps: Mapping[str, Any]) -> np.ndarray:
    """Make the images of all settings, uint8 (S, V1, .., Vk, H, W, C)."""
    counts = [len(values) for values, _ in steps.values()]
    check_count(len(subjects), counts)
    grid = subjects
    for name, (values, change) in reversed(list(steps.items())):
        flat = grid.reshape(-1, *subjects.shape[1:])
        made = [_apply(name, change, flat, value).reshape(grid.shape) for value in values]
        grid = np.stack(made, axis=1)
    return grid


def _apply(name: str, change: Callable, images: np.ndarray, value: Value) -> np.ndarray:
    # Copies, as a change may work in place, and may return the same array each time.
    made = np.array(change(images.copy(), value))
    if made.shape != images.shape or made.dtype != images.dtype:
        raise ViewError(
            f"changes: {name!r} made {made.dtype} of shape {made.shape} of {images.dtype} of shape "
            f"{images.shape} for the value {value!r}; expected images of the same shape and dtype."
        )
    return made


def _embed(name: str, run: Any, images: np.ndarray, frame: int | None) -> np.ndarray:
    """Embed images with a run, a model or a function: float32 (N, dim)."""
    if hasattr(run, "embed_once"):
        return run.embed(images, -1 if frame is None else frame)
    if frame is not None:
        raise ViewError(
            f"frame is {frame!r}, and {name!r} is a {type(run).__name__}; expected None, as only a "
            "run has frames. Leave frame out."
        )
    if hasattr(run, "trainable_weights"):
        return embed(run, images)
    if not callable(run):
        raise ViewError(
            f"runs: got {run!r:.100} under {name!r}; expected a run, a Keras model, or a function "
            "from images (N, H, W, C) to vectors (N, dim)."
        )
    made = real_array(f"runs[{name!r}](images)", run(images))
    if made.ndim != 2 or len(made) != len(images) or not made.shape[1]:
        raise ViewError(
            f"runs: {name!r} returned shape {made.shape} for {len(images):,} images; expected "
            f"({len(images)}, dim), one vector for each."
        )
    if not np.isfinite(made).all():
        raise ViewError(f"runs: {name!r} returned NaN or infinity; expected finite vectors.")
    return made.astype(np.float32)


def _shown(points: np.ndarray, cloud: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Return points and cloud in two or three dimensions, and small print about a projection."""
    dim = points.shape[1]
    if dim in (2, 3):
        return points, cloud, ""
    known = cloud if len(cloud) else points
    axes, explained = principal_axes(known)
    note = f"2 of {dim} dimensions, {100 * explained:.0f} % of the variance" if dim > 2 else ""
    return centred(known, points) @ axes, centred(known, cloud) @ axes, note
