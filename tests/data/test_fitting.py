"""A picture is scaled the same in strips as in one piece."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from siamese_lib.data import fitting

RNG = np.random.default_rng(0)
SHAPES = [(20, 20, 1), (20, 20, 3), (32, 16, 3), (90, 90, 1)]


def picture(mode: str, size: tuple[int, int]) -> Image.Image:
    colors = Image.fromarray(RNG.integers(0, 256, (*size[::-1], 4), np.uint8), "RGBA")
    if mode == "P with alpha":
        made = colors.convert("RGB").convert("P")
        made.info["transparency"] = bytes(RNG.integers(0, 256, 256, np.uint8))
        return made
    if mode == "RGB with a key":
        made = colors.convert("RGB")
        made.info["transparency"] = made.getpixel((1, 1))
        return made
    if mode == "LAB":
        return Image.merge("LAB", colors.convert("RGB").split())
    return colors.convert("RGB").convert(mode) if mode in ("HSV", "CMYK") else colors.convert(mode)


MODES = ["1", "L", "LA", "P", "P with alpha", "RGB", "RGB with a key", "RGBA", "CMYK", "YCbCr"]


@pytest.mark.parametrize("mode", [*MODES, "HSV", "LAB"])
@pytest.mark.parametrize("size", [(61, 40), (70, 70), (9, 50), (3, 200), (200, 3)])
def test_strips_are_as_rows_and_then_columns_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, mode: str, size: tuple[int, int]
) -> None:
    given = picture(mode, size)
    before = given.tobytes()
    monkeypatch.setattr(fitting, "_LARGE", 0)
    monkeypatch.setattr(fitting, "_STRIP", 7 * size[0])
    strips = fitting.fitted(given, SHAPES)
    assert given.tobytes() == before
    for (height, width, channels), made in zip(SHAPES, strips, strict=True):
        whole = fitting.on_white(given).convert("L" if channels == 1 else "RGB")
        scale = min(height / size[1], width / size[0])
        inner = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        rows = whole.resize((inner[0], size[1]), Image.Resampling.BILINEAR)
        pixels = np.asarray(rows.resize(inner, Image.Resampling.BILINEAR))
        top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
        within = made[top : top + inner[1], left : left + inner[0]]
        np.testing.assert_array_equal(within, pixels.reshape(within.shape))


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P with alpha", "RGB"])
def test_bars_beside_transparent_parts_are_white(
    monkeypatch: pytest.MonkeyPatch, mode: str, large: bool
) -> None:
    """A tight letter I without a ground of its own is no black square."""
    given = Image.new("RGBA", (10, 40), "black")
    if mode != "RGB":
        given.paste((0, 0, 0, 0), (0, 0, 10, 1))
    given = given.quantize() if mode == "P with alpha" else given.convert(mode)
    assert given.has_transparency_data == (mode != "RGB")
    monkeypatch.setattr(fitting, "_LARGE", 0 if large else 2**22)
    monkeypatch.setattr(fitting, "_STRIP", 10)
    (made,) = fitting.fitted(given, [(40, 40, 3)])
    assert (made[:, :15] == (0 if mode == "RGB" else 255)).all()
    assert (made[1:, 15:25] == 0).all()
    assert (made[:, 25:] == made[:, :15][:, :1]).all()


def test_a_few_transparent_pixels_make_no_white_bars() -> None:
    given = Image.new("RGBA", (10, 40), "black")
    given.paste((0, 0, 0, 0), (0, 0, 3, 1))
    given.paste((0, 0, 0, 200), (0, 1, 10, 40))
    (made,) = fitting.fitted(given, [(40, 40, 3)])
    assert (made[:, :15] == made[20, 20]).all()


@pytest.mark.parametrize("size", [(64, 64), (300, 200), (150, 200)])
def test_pictures_that_are_no_columns_are_the_same_in_one_piece(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    given = picture("RGBA", size)
    whole = fitting.fitted(given, SHAPES[:3])
    monkeypatch.setattr(fitting, "_LARGE", 0)
    monkeypatch.setattr(fitting, "_STRIP", 1000)
    for one, other in zip(whole, fitting.fitted(given, SHAPES[:3]), strict=True):
        np.testing.assert_array_equal(one, other)
