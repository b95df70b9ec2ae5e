"""Pictures of a single object from many sides: 972 of them, of which the paper trains on 660."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import DataError, Dataset
from siamese_lib.data.split import Split, joined
from siamese_lib.texts import listed

_TRAINED = 660 / 972  # share of the pictures that the paper trains on


def one_object(data: Dataset, class_name: str, instance: int, seed: int = 0) -> Dataset:
    """Take the pictures of a single object, and split them as the paper of 2006 does.

    Args:
        data: from `load_small_norb`, or another set with the factors "instance" and "azimuth".
        class_name: of its class, such as "airplane".
        instance: its number in the class.
        seed: chooses the pictures to train on, 660 of 972. The others are for testing.

    Returns:
        The pictures of both splits of `data`, split again. `Split.factors` has what is known of
        each. A class is an azimuth, to colour maps by; the paper uses no classes.

    Raises:
        DataError: `data` has no such factors, class or instance.
        ValueError: `seed` is below 0.

    Example:
        >>> norb = sl.load_small_norb("~/small_norb")  # doctest: +SKIP
        >>> plane = sl.one_object(norb, "airplane", instance=3)  # doctest: +SKIP
        >>> len(plane.train), len(plane.test)  # doctest: +SKIP
        (660, 312)
    """
    splits = data.train, data.test
    shared = [name for name in data.train.factors if name in data.test.factors]
    missing = [name for name in ("instance", "azimuth") if name not in shared]
    if missing or class_name not in data.class_names:
        there = shared or ["none"] if missing else data.class_names
        raise DataError.about(
            data.name,
            found=f"the {'factors' if missing else 'classes'} {listed(there)}",
            expected=f"{'the factor ' + missing[0] if missing else f'the class {class_name!r}'}",
            remedy="Use a set that load_small_norb has read, and one of its class_names.",
        )
    label = data.class_names.index(class_name)
    own = joined([split.rows(split.labels == label) for split in splits])
    chosen = own.factors["instance"] == instance
    if not chosen.any():
        there = [str(each) for each in np.unique(own.factors["instance"])]
        raise DataError.about(
            data.name,
            found=f"no picture of {class_name} {instance!r}",
            expected=f"an instance of {listed(there) or 'a class with pictures'}",
            remedy="Choose one of these.",
        )
    return split_poses(own.rows(chosen), f"{class_name} {instance}", data.source, seed)


def split_poses(images: Split, name: str, source: str, seed: int = 0) -> Dataset:
    """Split the pictures of one object, and call each azimuth a class.

    Args:
        images: with the factor "azimuth", in degrees.
        name, source: of the set.
        seed: chooses the pictures to train on.
    """
    count, seed = len(images), whole_number("seed", seed, 0)
    trained = np.zeros(count, bool)
    trained[np.random.default_rng(seed).permutation(count)[: round(_TRAINED * count)]] = True
    azimuths, labels = np.unique(images.factors["azimuth"], return_inverse=True)
    named = replace(images, labels=labels)
    names = tuple(f"{azimuth:g}°" for azimuth in azimuths)
    return Dataset(named.rows(trained), named.rows(~trained), names, source, name)
