"""Fingerprints tell images apart by their pixels and shape, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from siamese_lib.data.copies import find_copies, finds_itself, same_images
from siamese_lib.data.fingerprints import fingerprints


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1_200, 6, 5, 1), np.uint8)


def test_different_images_differ(images: np.ndarray) -> None:
    found = fingerprints(images)
    assert found.dtype == np.uint64
    assert len(np.unique(found)) == len(images)
    assert found.max() < 2**48
    changed = images.copy()
    changed[:, 3, 2] ^= 1
    assert not (fingerprints(changed) == found).any()
    turned = images.reshape(-1, 5, 6, 1)
    assert not (fingerprints(turned) == found).any()


@pytest.mark.parametrize("dtype", ["int64", "uint16", "float16", "float32", "float64"])
def test_the_dtype_does_not_count(images: np.ndarray, dtype: str) -> None:
    np.testing.assert_array_equal(fingerprints(images.astype(dtype)), fingerprints(images))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pixels_up_to_one_count_as_what_they_were(images: np.ndarray, dtype: str) -> None:
    scaled = images.astype(dtype) / 255
    np.testing.assert_array_equal(fingerprints(scaled), fingerprints(images))


def test_layout_and_a_missing_channel_do_not_count(images: np.ndarray) -> None:
    found = fingerprints(images)
    np.testing.assert_array_equal(fingerprints(images[..., 0]), found)
    np.testing.assert_array_equal(fingerprints(np.asfortranarray(images)), found)
    np.testing.assert_array_equal(fingerprints(images[::-1]), found[::-1])
    assert fingerprints(images[:0]).shape == (0,)


@pytest.mark.parametrize("value", [0.4, 256.0, -1.0, np.nan])
def test_other_numbers_are_images_of_their_own(images: np.ndarray, value: float) -> None:
    other = images.astype(np.float32)
    other[7, 0, 0] = value
    same = fingerprints(other) == fingerprints(images)
    assert np.flatnonzero(~same).tolist() == [7]
    np.testing.assert_array_equal(fingerprints(other), fingerprints(other))


def test_copies_by_a_loop() -> None:
    rng = np.random.default_rng(1)
    train, test = (rng.integers(0, 12, (n, 1, 1, 1), np.uint8) for n in (9, 7))
    labels = [rng.integers(0, 3, len(part)) for part in (train, test)]
    found = find_copies((train, labels[0]), (test, labels[1]))
    known = set(train.ravel().tolist())
    assert found.in_both.tolist() == [value in known for value in test.ravel().tolist()]
    classes: dict[int, set[int]] = {}
    for part, own in zip((train, test), labels, strict=True):
        for value, label in zip(part.ravel().tolist(), own.tolist(), strict=True):
            classes.setdefault(value, set()).add(label)
    assert found.in_classes == sum(len(names) > 1 for names in classes.values())
    assert found
    assert str(found) == (
        f"{found.in_classes} images stand in more than one class, and {found.in_both.sum()} of 7 "
        "test images are identical to a training image"
    )
    assert found.named == ()
    files = tuple(map(str, range(16)))
    named = find_copies((train, labels[0]), (test, labels[1]), files).named
    values, classes_of = np.concatenate([train, test]).ravel(), np.concatenate(labels)
    assert len({values[int(one)] for one, _ in named}) == min(3, found.in_classes) > 1
    for pair in named:
        one, two = map(int, pair)
        assert values[one] == values[two]
        assert classes_of[one] != classes_of[two]
    assert not find_copies((train[:1], labels[0][:1]), (test[:0], labels[1][:0]))


def test_a_query_finds_itself(images: np.ndarray) -> None:
    known = fingerprints(np.concatenate([images[:9], images[2:4]]))
    assert same_images(images[[2, 40, 8]], known) == [[2, 9], [], [8]]
    assert finds_itself([]) == ""
    assert finds_itself([8]) == (
        "This picture itself is training image 8, so it is found at distance 0."
    )
    assert "training images 0, 1, 2, 3, 4 and 2 more" in finds_itself(range(7))
