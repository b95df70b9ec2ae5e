"""Faults that are planted, so that it is known what there is to find."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from siamese_lib.data.reading import read_image

STAMPS = Path(os.environ.get("SIAMESE_STAMPS", "/usr/share/tuxpaint/stamps"))
SIDE = 64
FACES = [
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
]
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
# Small letters that are drawn as the capital: one class with it.
AS_CAPITALS = "вгжзийклмнопстфхцчшщъыьэюя"


@dataclass(frozen=True)
class Pictures:
    """A folder of pictures: files by class, and all of them as uint8 (N, 64, 64, 3)."""

    files: list[Path]
    labels: np.ndarray
    images: np.ndarray


def stamps() -> Pictures:
    """Read Debian's tuxpaint-stamps-default, or the folder in SIAMESE_STAMPS."""
    kinds = sorted(path for path in STAMPS.iterdir() if path.is_dir())
    files = [(file, at) for at, kind in enumerate(kinds) for file in sorted(kind.rglob("*.png"))]
    images = [read_image(file, (SIDE, SIDE, 3)).pixels for file, _ in files]
    return Pictures(
        [file for file, _ in files], np.array([at for _, at in files]), np.stack(images)
    )


def with_copies(
    pictures: Pictures, seed: int, count: int, *, strong: bool
) -> tuple[np.ndarray, set[tuple[int, int]]]:
    """Add changed copies of some files; return all images, and which pairs are planted.

    Every other copy is scaled to 40 to 80 % of its width and saved as a JPEG of a quality of 30 to
    75 %. The rest are cut at the edges, shifted, turned, or have another brightness or contrast.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(pictures.files), count, replace=False)
    made = []
    for number, place in enumerate(chosen.tolist()):
        with Image.open(pictures.files[place]) as file:
            layers = file.convert("RGBA")
        picture = Image.new("RGBA", layers.size, "white")
        picture.alpha_composite(layers)
        picture = picture.convert("RGB")
        content = _saved_small(picture, rng) if number % 2 else _changed(picture, rng, 1 + strong)
        made.append(read_image(content, (SIDE, SIDE, 3)).pixels)
    first = len(pictures.files)
    planted = {(place, first + number) for number, place in enumerate(chosen.tolist())}
    return np.concatenate([pictures.images, np.stack(made)]), planted


def with_wrong_labels(
    labels: np.ndarray, seed: int, count: int, *, by_size: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Give some images a label of another class; return all labels, and the images.

    Each other class is as likely, or with `by_size` as likely as it is large.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(labels), count, replace=False)
    changed, drawn = labels.copy(), labels if by_size else np.unique(labels)
    for place in chosen:
        changed[place] = rng.choice(drawn[drawn != labels[place]])
    return changed, chosen


def cyrillic(each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw Russian letters in 16 faces, uint8 (N, 28, 28, 1), light on dark, with their classes."""
    rng = np.random.default_rng(seed)
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    drawn = [*LETTERS.upper(), *LETTERS]
    names = [letter.upper() if letter in AS_CAPITALS else letter for letter in drawn]
    _, numbers = np.unique(names, return_inverse=True)
    images, labels = [], []
    for face in FACES:
        font = ImageFont.truetype(str(folder / f"{face}.ttf"), 44)
        for letter, number in zip(drawn, numbers.tolist(), strict=True):
            images += [_glyph(letter, font, rng) for _ in range(each)]
            labels += [number] * each
    return np.stack(images)[..., None], np.array(labels)


def _saved_small(picture: Image.Image, rng: np.random.Generator) -> bytes:
    share = rng.uniform(0.4, 0.8)
    small = picture.resize([max(8, int(side * share)) for side in picture.size])
    return _bytes(small, "JPEG", quality=int(rng.integers(30, 75)))


def _changed(picture: Image.Image, rng: np.random.Generator, strength: int) -> bytes:
    """Change a picture by up to 2 pixels of 64, 2 degrees or 10 %, or twice as much."""
    much = rng.uniform(-1, 1) * strength
    wide, high = picture.size
    corner = picture.getpixel((0, 0))
    kind = rng.integers(5)
    if kind == 0:
        across, down = (int(side * abs(much) * 0.025) for side in picture.size)
        picture = picture.crop((across, down, wide - across, high - down))
    elif kind == 1:
        picture = picture.rotate(2 * much, Image.Resampling.BICUBIC, fillcolor=corner)
    elif kind == 2:
        moved = Image.new("RGB", picture.size, corner)
        moved.paste(picture, (int(wide * much * 0.025), int(high * much * 0.025)))
        picture = moved
    elif kind == 3:
        picture = ImageEnhance.Brightness(picture).enhance(1 + 0.1 * much)
    else:
        picture = ImageEnhance.Contrast(picture).enhance(1 + 0.1 * much)
    return _bytes(picture, "PNG")


def _bytes(picture: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _glyph(letter: str, font: ImageFont.FreeTypeFont, rng: np.random.Generator) -> np.ndarray:
    """Draw a letter, with another pen width, size, place and turn each time."""
    paper = Image.new("L", (112, 112))
    pen = ImageDraw.Draw(paper)
    pen.text((56, 56), letter, 255, font=font, anchor="mm", stroke_width=int(rng.integers(0, 3)))
    ink = paper.crop(paper.getbbox())
    share = 80 / max(ink.size) * rng.uniform(0.85, 1.05)
    ink = ink.resize([max(1, int(side * share)) for side in ink.size])
    paper = Image.new("L", (112, 112))
    across, down = ((112 - side) // 2 + int(rng.integers(-6, 7)) for side in ink.size)
    paper.paste(ink, (across, down))
    turned = paper.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC)
    return np.asarray(turned.resize((28, 28), Image.Resampling.BOX))
