"""Split a data set by class, so that the test images are of classes that training never sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.split import joined
from siamese_lib.texts import shortened

_NAMED = 5  # classes that an error names


def split_by_class(data: Dataset, held_out: Sequence[str] | float, *, seed: int = 0) -> Dataset:
    """Hold some classes out: training never sees them, and only they are tested.

    The training images are those of the other classes. The test images are all images of the
    classes held out, from both splits of `data`, the training images first. The test images of the
    other classes are in neither split; they stay in ``data.test``. Labels and class names stay as
    they are, so that both data sets can be used side by side.

    Args:
        data: images of three classes or more.
        held_out: names of the classes to hold out, as in ``data.class_names``; or their share of
            all classes that have images, above 0 and below 1, rounded to 1 class or more.
        seed: draws the classes if a share is given, a whole number, 0 or more.

    Returns:
        A new data set. Its arrays are copies.

    Raises:
        DataError: a name is unknown or there twice; a class has no images; no class is held out;
            or fewer than two classes are left to train on.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> without_seven = sl.split_by_class(digits, ["7"])
        >>> np.unique(without_seven.train.labels)
        array([0, 1, 2, 3, 4, 5, 6, 8, 9])
        >>> np.unique(without_seven.test.labels)
        array([7])
    """
    there = np.unique(np.concatenate([data.train.labels, data.test.labels]))
    if isinstance(held_out, float | int):
        chosen = _drawn(data, there, held_out, whole_number("seed", seed, 0))
    else:
        chosen = _numbers(data, there, held_out)
    trained = np.setdiff1d(data.train.labels, chosen)
    if len(trained) < 2:
        raise DataError.about(
            f"{data.name}, held_out",
            found=f"{len(chosen):,} classes, which leave {len(trained):,} to train on",
            expected="two classes or more with training images that are not held out",
            remedy="Hold fewer classes out.",
        )
    kept, early, late = (
        np.isin(split.labels, classes)
        for split, classes in ((data.train, trained), (data.train, chosen), (data.test, chosen))
    )
    return replace(
        data,
        train=data.train.rows(kept),
        test=joined([data.train.rows(early), data.test.rows(late)]),
        source=f"{data.source} ({len(chosen):,} of {len(there):,} classes held out)",
    )


def _drawn(data: Dataset, there: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Draw a share of the classes that have images, int64 (n,)."""
    if not 0 < share < 1:
        raise DataError.about(
            f"{data.name}, held_out",
            found=f"a share of {share:g}",
            expected="a share above 0 and below 1, or names of classes",
            remedy="Pass 0.2, for example, to hold one class of five out.",
        )
    count = max(1, round(share * len(there)))
    return np.sort(np.random.default_rng(seed).permutation(there)[:count])


def _numbers(data: Dataset, there: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the numbers of the classes that are named, int64 (n,)."""
    wanted = [names] if isinstance(names, str) else list(names)
    number_of = {name: number for number, name in enumerate(data.class_names)}
    for fault, wrong in (
        ("unknown", [name for name in wanted if name not in number_of]),
        ("named twice", sorted({name for name in wanted if wanted.count(name) > 1})),
        ("without images", [n for n in wanted if n in number_of and number_of[n] not in there]),
    ):
        if wrong:
            words = ", ".join(repr(name) for name in wrong[:_NAMED])
            words += f" and {len(wrong) - _NAMED:,} more" * (len(wrong) > _NAMED)
            known = ", ".join(repr(shortened(name)) for name in data.class_names[:_NAMED])
            raise DataError.about(
                f"{data.name}, held_out",
                found=f"{words}, {fault}",
                expected=f"names of its {len(there):,} classes with images, each once, such as "
                f"{known}",
                remedy="See class_names.",
            )
    if not wanted:
        raise DataError.about(
            f"{data.name}, held_out",
            found="no class",
            expected="at least one class to hold out",
            remedy="Name a class, or pass a share such as 0.2.",
        )
    return np.array([number_of[name] for name in wanted], np.int64)
