"""Strokes and pictures become images such as MNIST's."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from siamese_lib.data import handwriting
from siamese_lib.data.handwriting import Paper, drawn, from_file, from_strokes, paper_of

SHAPE = (28, 28, 1)
TALL = [[[0.1, 0.1], [0.1, 0.9]], [[0.1, 0.9], [0.4, 0.9]]]
WIDE = [[[0.2, 0.5], [0.8, 0.6]]]


def extent(image: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(image[..., 0] > 20)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def middle(image: np.ndarray) -> np.ndarray:
    """Centre of mass, by a loop over pixels, where the middle of pixel 0 is at 0.5."""
    total, at = 0.0, np.zeros(2)
    for (row, column), level in np.ndenumerate(image[..., 0].astype(float)):
        total += level
        at = at + level * np.array([row + 0.5, column + 0.5])
    return at / total


def file_of(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def page(
    size: tuple[int, int] = (300, 200),
    ground: int = 240,
    ink: int = 20,
    at: tuple[int, int] = (200, 60),
) -> Image.Image:
    """A sheet with a thick stroke, far from the middle."""
    picture = Image.new("L", size, ground)
    x, y = at
    ImageDraw.Draw(picture).line([(x, y), (x + 20, y + 100)], ink, 14)
    return picture


@pytest.mark.parametrize("strokes", [TALL, WIDE])
def test_longer_side_fills_the_box_and_the_mass_is_in_the_middle(strokes):
    image = from_strokes(strokes, SHAPE)
    assert (image.shape, image.dtype) == (SHAPE, np.uint8)
    assert 18 <= max(extent(image)) <= 21
    np.testing.assert_allclose(middle(image), 14, atol=0.6)


def test_proportions_stay():
    high, wide = extent(from_strokes(TALL, SHAPE))
    assert high > 1.7 * wide


def test_edges_are_smooth_and_ink_is_light_on_dark():
    image = from_strokes(WIDE, SHAPE)
    assert image.max() == 255
    assert np.median(image) == 0
    assert ((image > 30) & (image < 225)).sum() > 10


def test_where_and_how_large_it_was_drawn_is_no_matter():
    moved = [[[0.5 + x / 3, 0.4 + y / 3] for x, y in stroke] for stroke in TALL]
    first, second = (from_strokes(s, SHAPE).astype(int) for s in (TALL, moved))
    assert np.abs(first - second).mean() < 2


def test_a_dot_stays_small():
    assert max(extent(from_strokes([[[0.9, 0.9]]], SHAPE))) <= 5


def test_other_shapes():
    assert from_strokes(TALL, (8, 8, 1)).shape == (8, 8, 1)
    assert from_strokes(TALL, (32, 40, 3)).shape == (32, 40, 3)
    light = from_strokes(TALL, SHAPE, light=True)
    np.testing.assert_array_equal(light, 255 - from_strokes(TALL, SHAPE))


def test_a_drawing_has_the_ground_and_the_ink_of_the_data():
    paper = Paper((200, 210, 220), (10, 60, 30))
    image = drawn(TALL, (28, 28, 3), paper)
    plain = from_strokes(TALL, SHAPE).astype(float) / 255
    assert (image[0, 0].tolist(), image[-1, -1].tolist()) == ([200, 210, 220], [200, 210, 220])
    at = np.unravel_index(plain[..., 0].argmax(), (28, 28))
    np.testing.assert_allclose(image[at], [10, 60, 30], atol=3)
    for channel, (ground, ink) in enumerate(zip(paper.ground, paper.ink, strict=True)):
        expected = ground + plain[..., 0] * (ink - ground)
        np.testing.assert_allclose(image[..., channel], expected, atol=1)
    read, note = from_file(file_of(page()), (28, 28, 1), paper=Paper((250,), (5,)))
    assert (read[0, 0, 0], "inverted" in note) == (250, False)


def test_a_picture_like_the_data_is_taken_as_it_is():
    dark_on_light = page((28, 28), at=(4, 4))
    same, note = from_file(file_of(dark_on_light), SHAPE, paper=Paper((240,), (20,)))
    np.testing.assert_array_equal(same[..., 0], np.asarray(dark_on_light))
    assert note == "28 × 28 pixels, taken as it is"
    other, note = from_file(file_of(dark_on_light), SHAPE)
    np.testing.assert_array_equal(other[..., 0], 255 - np.asarray(dark_on_light))
    assert "dark on light, inverted" in note
    light_on_dark = Image.fromarray(255 - np.asarray(dark_on_light))
    turned, note = from_file(file_of(light_on_dark), SHAPE, paper=Paper((240,), (20,)))
    np.testing.assert_array_equal(turned, same)
    assert "light on dark, inverted" in note


def pictures(ground, ink, count=30):
    """Images of a ground, with some strokes of an ink, and one that is nothing but ground."""
    rng = np.random.default_rng(0)
    images = np.empty((count, 12, 12, len(ground)), np.uint8)
    images[:] = ground
    for image in images[1:]:
        row, column = rng.integers(2, 9, 2)
        image[row, column : column + 3] = ink
    return images


@pytest.mark.parametrize(
    ("ground", "ink"), [((0,), (255,)), ((250,), (20,)), ((240, 230, 200), (30, 40, 160))]
)
def test_ground_and_ink_are_found_in_the_data(ground, ink):
    paper = paper_of(pictures(ground, ink))
    assert paper == Paper(ground, ink)
    assert paper.light == (ground[0] > ink[0])


def test_pages_of_two_kinds_have_one_of_the_two_grounds():
    black, white = pictures((0,), (250,)), pictures((255,), (20,))
    assert paper_of(np.concatenate([black, white])) == Paper((0,), (250,))
    assert paper_of(np.concatenate([black[:-1], white])) == Paper((255,), (20,))


def test_an_ink_that_cannot_be_seen_gives_way():
    assert paper_of(pictures((128,), (140,))) == Paper((128,), (0,))
    assert paper_of(pictures((100,), (110,))) == Paper((100,), (255,))
    assert paper_of(pictures((0, 0, 250), (250, 0, 0))) == Paper((0, 0, 250), (250, 0, 0))
    assert paper_of(np.empty((0, 8, 8, 3), np.uint8)) == Paper((0, 0, 0), (255, 255, 255))
    assert Paper((1,), (255,)).colors == ["#010101", "#ffffff"]
    assert Paper((1, 2, 3), (16, 32, 48)).colors == ["#010203", "#102030"]


@pytest.mark.parametrize("strokes", [[], [[]], [[[np.nan, 0]]], [[["x", 1]]], [[[1, 2, 3]]]])
def test_strokes_that_are_none(strokes):
    with pytest.raises(ValueError, match=r"empty|numbers|convert|reshape"):
        from_strokes(strokes, SHAPE)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_dark_on_light_is_inverted_and_centred(kind):
    image, note = from_file(file_of(page(), kind), SHAPE)
    assert "300 × 200 pixels, dark on light, inverted" in note
    assert "20 pixels" in note
    assert 18 <= max(extent(image)) <= 21
    np.testing.assert_allclose(middle(image), 14, atol=0.7)
    assert np.median(image) == 0


def test_light_on_dark_is_not_inverted():
    image, note = from_file(file_of(page(ground=10, ink=250)), SHAPE)
    assert "inverted" not in note
    inverted, _ = from_file(file_of(page(ground=245, ink=5)), SHAPE)
    assert np.abs(image.astype(int) - inverted).mean() < 1


def test_shade_and_grain_of_paper_do_not_count_as_ink():
    rng = np.random.default_rng(0)
    pixels = np.asarray(page(ground=200)).astype(int) + rng.integers(-8, 9, (200, 300))
    noisy, _ = from_file(file_of(Image.fromarray(pixels.clip(0, 255).astype(np.uint8))), SHAPE)
    clean, _ = from_file(file_of(page()), SHAPE)
    assert np.abs(noisy.astype(int) - clean).mean() < 4


def test_a_picture_of_the_right_size_is_taken_as_it_is():
    pixels = np.arange(784, dtype=np.uint8).reshape(28, 28)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 0
    image, note = from_file(file_of(Image.fromarray(pixels)), SHAPE)
    np.testing.assert_array_equal(image[..., 0], pixels)
    assert "as it is" in note


def test_a_transparent_ground_is_paper():
    picture = Image.new("RGBA", (100, 100))
    ImageDraw.Draw(picture).line([(50, 20), (50, 80)], (0, 0, 0, 255), 9)
    assert "inverted" in from_file(file_of(picture), SHAPE)[1]


def test_colour_pictures_are_scaled_to_fit():
    picture = Image.new("RGB", (60, 30), (200, 10, 10))
    image, note = from_file(file_of(picture), (16, 16, 3))
    assert (image.shape, "centred" in note) == ((16, 16, 3), True)
    assert (image == [200, 10, 10]).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a PNG or JPEG"),
        (b"GIF89a", "not a PNG or JPEG"),
        (file_of(page())[:300], "cannot be read"),
        (file_of(Image.new("L", (50, 50), 77)), "nearly one colour"),
    ],
)
def test_files_that_will_not_do(content, words):
    with pytest.raises(ValueError, match=words):
        from_file(content, SHAPE)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photograph_is_reduced_first_and_becomes_the_same_image(monkeypatch, kind, orientation):
    rng = np.random.default_rng(0)
    sheet = Image.new("RGB", (3200, 2400), (240, 235, 220))
    seven = [(1700, 500), (2300, 500), (2000, 1500)]
    ImageDraw.Draw(sheet).line(seven, (30, 30, 60), 90, "curve")
    grain = rng.integers(-6, 7, (2400, 3200, 1))
    photograph = Image.fromarray((np.asarray(sheet) + grain).clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    photograph.save(buffer, kind, exif=exif, **({"compress_level": 1} if kind == "PNG" else {}))
    looked_at = []
    place = handwriting._placed
    monkeypatch.setattr(
        handwriting, "_placed", lambda ink, shape: looked_at.append(ink.size) or place(ink, shape)
    )
    image, note = from_file(buffer.getvalue(), SHAPE)
    monkeypatch.setattr(handwriting, "_ENOUGH", 10_000)
    whole, same_note = from_file(buffer.getvalue(), SHAPE)
    assert looked_at[0] < 2e6 < looked_at[1] == 3200 * 2400
    assert note == same_note
    assert note.startswith("3200 × 2400" if orientation == 1 else "2400 × 3200")
    apart = np.abs(image.astype(int) - whole)
    assert apart.mean() < 2, apart
    assert apart.max() < 60, apart
