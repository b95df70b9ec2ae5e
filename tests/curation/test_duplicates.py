"""Near duplicates: planted ones are found, and a pair's difference against least squares."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

import siamese_lib as sl
from siamese_lib.curation import Findings, duplicates
from siamese_lib.curation.duplicates import near_duplicates


def photos(count: int, seed: int = 0, channels: int = 3) -> np.ndarray:
    """Make pictures of soft blobs, uint8 (N, 64, 64, C)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 6, 6, channels), np.uint8)
    made = [
        np.asarray(Image.fromarray(each.squeeze()).resize((64, 64), Image.Resampling.BICUBIC))
        for each in coarse
    ]
    return np.stack(made).reshape(count, 64, 64, channels)


def copied(picture: np.ndarray, fault: str) -> np.ndarray:
    """Return what a copy of a picture may have become."""
    image = Image.fromarray(picture.squeeze())
    if fault == "jpeg":
        buffer = io.BytesIO()
        image.resize((29, 29)).save(buffer, "JPEG", quality=30)
        image = Image.open(buffer).resize((64, 64))
    elif fault == "shift":
        image = image.transform((64, 64), Image.Transform.AFFINE, (1, 0, 2, 0, 1, -2))
    elif fault == "turn":
        image = image.rotate(3, Image.Resampling.BICUBIC)
    elif fault == "size":
        image = image.crop((1, 1, 63, 63)).resize((64, 64))
    elif fault == "blur":
        image = image.filter(ImageFilter.GaussianBlur(1))
    else:
        return np.clip(picture * 0.85 + 12, 0, 255).astype(np.uint8)
    return np.asarray(image).reshape(picture.shape)


def pairs_of(found: Findings) -> list[tuple[int, int]]:
    """Return the earlier and the later image of each pair."""
    assert found.others is not None
    return list(zip(found.others.tolist(), found.indices.tolist(), strict=True))


FAULTS = ("jpeg", "shift", "turn", "size", "blur", "brightness")


@pytest.mark.parametrize("channels", [1, 3])
def test_planted_copies_come_first(channels):
    pictures = photos(100, channels=channels)
    planted = [copied(pictures[place], fault) for place, fault in enumerate(FAULTS)]
    pictures = np.concatenate([pictures, np.stack(planted), pictures[50:51]])
    found = near_duplicates(pictures, np.arange(107) % 5)
    assert found.kind == "near duplicate"
    pairs = pairs_of(found)
    assert (pairs[0], found.scores[0]) == ((50, 106), 1)
    assert set(pairs[1:7]) == {(place, 100 + place) for place in range(6)}
    assert found.scores[6] > 0.8
    assert found.scores[7] < 0.75
    assert (np.diff(found.scores) <= 0).all()
    np.testing.assert_array_equal(found.labels, found.indices % 5)
    np.testing.assert_array_equal(found.other_labels, [earlier % 5 for earlier, _ in pairs])


@pytest.mark.parametrize("bars", [0, 90, 200])
@pytest.mark.parametrize("across", [False, True])
def test_copies_with_bars_of_another_colour_are_found(bars, across):
    """A picture that is not square, on white, and its copy on what its border looks like."""
    pictures = photos(60)
    pictures[:, :, :16] = pictures[:, :, 48:] = 255
    copy = copied(pictures[7], "brightness")
    copy[:, :16] = copy[:, 48:] = bars
    pictures = np.concatenate([pictures, copy[None]])
    found = near_duplicates(pictures.swapaxes(1, 2) if across else pictures)
    assert pairs_of(found)[0] == (7, 60)
    assert found.scores[0] > 0.9


def test_bars_are_as_wide_as_the_narrower_of_two_sides():
    rng = np.random.default_rng(0)
    pictures = rng.integers(10, 250, (5, 7, 9, 3), np.uint8)
    pictures[0, :, :3] = pictures[0, :, 7:] = 5  # three columns and two: two at each side
    pictures[1, :1] = pictures[1, 6:] = 5
    pictures[2, :, :2], pictures[2, :, 7:] = 5, 6  # two colours: no bars
    pictures[3] = 5  # one colour: no bars
    pictures[4] = 5
    pictures[4, 2:5, 3:6] = 9  # a drawing on an even ground, which has no straight edge: no bars
    wanted = pictures.copy()
    wanted[0, :, :2] = wanted[0, :, 7:] = 255
    wanted[1, :1] = wanted[1, 6:] = 255
    as_they_are, white = duplicates._with_white_bars(pictures)
    np.testing.assert_array_equal(as_they_are, pictures)
    np.testing.assert_array_equal(white, wanted)
    assert len(duplicates._with_white_bars(pictures[2:])) == 1


def test_each_pair_comes_once_and_the_later_image_is_the_one_to_leave_out():
    pictures = photos(30)
    pictures[[9, 21]] = pictures[4]
    found = near_duplicates(pictures, count=10_000)
    pairs = pairs_of(found)
    assert all(earlier < later for earlier, later in pairs)
    assert len(set(pairs)) == len(pairs)
    assert pairs[:2] == [(4, 9), (4, 21)]
    assert found.labels is None
    assert len(near_duplicates(pictures, count=3)) == 3


def test_a_difference_is_a_least_squares_fit_of_what_a_copy_may_have_suffered():
    small = duplicates._blurred(photos(2)[:, ::2, ::2].astype(np.float32))
    first, second = small.astype(np.float64)
    middle = (first + second) / 2
    down, across = np.gradient(middle, axis=(0, 1))
    y, x = np.mgrid[-1:1:32j, -1:1:32j][..., None]
    changes = [across, down, x * across + y * down, x * down - y * across]
    changes += [middle - middle.mean(), np.ones_like(middle)]
    allowed = [1, 1, 1, 1, 0.2, 30]
    design = np.stack([change.ravel() for change in changes], axis=1) / np.sqrt(middle.size)
    apart = (first - second).ravel() / np.sqrt(middle.size)
    penalty = np.diag(3.0 / np.array(allowed))
    rows, wanted = np.concatenate([design, penalty]), np.concatenate([apart, np.zeros(6)])
    best = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    least = ((wanted - rows @ best) ** 2).sum()
    contrast = np.sqrt((first.var() + 20) * (second.var() + 20))
    (found,) = duplicates._differences(small, np.array([0]), np.array([1]))
    assert found == pytest.approx(least / contrast, rel=1e-4)


def test_flat_pictures_and_very_few_pictures():
    flat = np.full((4, 8, 8, 3), 7, np.uint8) * np.arange(1, 5, dtype=np.uint8)[:, None, None, None]
    assert np.isfinite(near_duplicates(flat).scores).all()
    assert len(near_duplicates(flat[:1])) == 0
    assert near_duplicates(flat[[0, 0]]).scores.tolist() == [1]
    assert near_duplicates(flat[:2, :1, :1]).scores.tolist() == [0.5]


def test_blocks_do_not_change_the_result(monkeypatch):
    pictures = photos(40)
    whole = near_duplicates(pictures)
    monkeypatch.setattr("siamese_lib.search.vectors._BLOCK_BYTES", 1)
    parts = near_duplicates(pictures)
    np.testing.assert_array_equal(whole.indices, parts.indices)
    np.testing.assert_allclose(whole.scores, parts.scores, rtol=1e-5)


@pytest.mark.parametrize(
    ("images", "options", "words"),
    [
        (np.zeros((4, 8, 8), np.float32), {}, "expected uint8"),
        (photos(4), {"labels": [1, 2]}, "got 2 labels; expected 4"),
        (photos(4), {"count": 0}, "count is 0; expected"),
    ],
)
def test_refuses_what_does_not_fit(images, options, words):
    with pytest.raises(ValueError, match=words):
        sl.curation.near_duplicates(images, **options)
