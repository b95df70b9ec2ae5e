"""The letters of seven scripts, drawn from the typefaces that matplotlib ships.

A class is a shape. Capital and small O, the Greek omicron, the Cyrillic O and the Armenian oh look
the same when each is scaled to one box, as MNIST's digits are. So they are one class, and its name
lists them all. Whether two letters look the same is decided by their pixels (`_same_shape`).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from siamese_lib.data.dataset import DataError, Dataset, Split
from siamese_lib.lettering import typefaces

SCRIPTS = ("Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Hebrew", "Lao")
TRAINING_FACES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique",
    "DejaVuSansMono", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-BoldItalic",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic",
)  # fmt: skip
TEST_FACES = (
    "DejaVuSans-BoldOblique", "DejaVuSansMono-Bold", "DejaVuSerif-Italic", "STIXGeneralBolIta",
)  # fmt: skip

_LAST = 0x2D2F  # the last code of a Georgian letter; few typefaces have the letters beyond it
_NO_LETTER = "\U0010fffe"  # Unicode never gives it a meaning, so a typeface draws its box for it
_PLAIN = ImageFont.Layout.BASIC  # the other layout is not everywhere
_SIDE, _BOX, _FINE = 28, 20, 4  # pixels of an image and of the box; a letter is drawn 4 times finer
_TURN, _SHIFT, _PEN = 10, 1.5, 2  # at most: degrees; pixels; fine pixels on both sides of a stroke

_LOOK = 16  # pixels: side of the picture by which letters are compared
_SAME, _SAME_CASES = 0.02, 0.07  # how unlike two letters, and the two cases of one, are at most

_Inks = dict[str, Image.Image]  # the letters of a typeface: light on dark, cut out, drawn finely


def scripts_of(name: str) -> frozenset[str]:
    """Return the scripts of the letters in a class name of ``load_dataset("letters")``.

    Args:
        name: letters with spaces between them.

    Returns:
        The names of the scripts, as Unicode has them, such as "Latin".

    Raises:
        ValueError: the name holds something else than single letters.

    Example:
        >>> sorted(sl.scripts_of("Φ Ф Փ"))
        ['Armenian', 'Cyrillic', 'Greek']
    """
    letters = name.split()
    if not letters or not all(len(each) == 1 and each.isalpha() for each in letters):
        raise ValueError(
            f"name is {name!r}; expected single letters with spaces between them, such as 'S s'. "
            'Pass a class name of load_dataset("letters").'
        )
    return frozenset(map(_script, letters))


def drawn_letters(seed: int = 0) -> Dataset:
    """Draw a letter of each class in each typeface that has one.

    The typefaces are DejaVu Sans, DejaVu Sans Mono, DejaVu Serif and STIX, in four styles each.
    One style of each is kept for the test images. A letter is in the set if most typefaces of its
    script have it, some of both splits; if Unicode does not compose it of others; and if its name
    in Unicode has no mark (WITH STROKE) and is not a SMALL CAPITAL. A typeface that draws letters
    of two classes alike, as an italic may do with a Cyrillic letter and a Latin one, draws neither.

    A letter is scaled so that its longer side fills a box of 20 pixels, and the box is placed near
    the middle of the image. It is turned by up to 10 degrees, shifted by up to 1.5 pixels, and
    drawn with a pen that is up to one pixel wider than the typeface's. Two machines draw the same
    images if they have the same versions of matplotlib, for the typefaces, and of Pillow.

    Args:
        seed: chooses the letter of a class, and the turns, shifts and widths.

    Raises:
        DataError: the typefaces are not there.
    """
    inks, groups = _inks_and_classes()
    splits = []
    for faces in (TRAINING_FACES, TEST_FACES):
        images, labels = [], []
        for face in faces:
            for label, group in enumerate(groups):
                present = [letter for letter in group if letter in inks[face]]
                if present:
                    # A generator for each image, so that no image depends on the others.
                    rng = np.random.default_rng([seed, ord(group[0]), *face.encode()])
                    images.append(_drawn(inks[face][present[rng.integers(len(present))]], rng))
                    labels.append(label)
        order = np.random.default_rng(seed).permutation(len(labels))
        splits.append(Split(np.stack(images)[order], np.array(labels)[order]))
    names = tuple(" ".join(group) for group in groups)
    source = "typefaces of the package matplotlib"
    return Dataset(splits[0], splits[1], names, source, "letters")


def _script(letter: str) -> str:
    return unicodedata.name(letter, "unknown").split()[0].title()


def _candidates() -> list[str]:
    """Return the letters of the scripts that are neither composed nor have a mark, in order."""
    letters = [
        letter
        for letter in map(chr, range(_LAST + 1))
        if unicodedata.category(letter) in ("Lu", "Ll", "Lo")
        and not unicodedata.decomposition(letter)
        and not any(word in unicodedata.name(letter) for word in (" WITH ", " SMALL CAPITAL "))
        and _script(letter) in SCRIPTS
    ]
    return sorted(letters, key=lambda letter: (SCRIPTS.index(_script(letter)), letter))


def _inks_and_classes() -> tuple[dict[str, _Inks], list[list[str]]]:
    """Return the letters that each typeface draws, and the letters of each class."""
    inks = _all_inks()
    groups = _classes(inks)
    number_of = {letter: number for number, group in enumerate(groups) for letter in group}
    for own in inks.values():
        letters = list(own)
        numbers = np.array([number_of[letter] for letter in letters])
        alike = (_unlike(own) <= _SAME) & (numbers[:, None] != numbers)
        for place in np.flatnonzero(alike.any(axis=1)):
            del own[letters[place]]

    def faces_of(group: list[str], faces: tuple[str, ...]) -> int:
        return sum(any(letter in inks[face] for letter in group) for face in faces)

    enough = [faces_of(g, TRAINING_FACES) > 1 and faces_of(g, TEST_FACES) > 0 for g in groups]
    return inks, [group for group, kept in zip(groups, enough, strict=True) if kept]


def _all_inks() -> dict[str, _Inks]:
    """Return the letters of every typeface, only those that are in the set."""
    folder, letters = typefaces(), _candidates()
    inks = {face: _inks(folder, face, letters) for face in (*TRAINING_FACES, *TEST_FACES)}
    for script in SCRIPTS:
        own = [letter for letter in letters if _script(letter) == script]
        faces = [face for face in inks if any(letter in inks[face] for letter in own)]
        for letter in own:
            having = {face for face in faces if letter in inks[face]}
            most = 2 * len(having) > len(faces)
            if not (most and having & {*TRAINING_FACES} and having & {*TEST_FACES}):
                for face in having:
                    del inks[face][letter]
    return inks


def _inks(folder: Path | None, face: str, letters: list[str]) -> _Inks:
    """Draw those of the letters that a typeface has."""
    path = Path("matplotlib" if folder is None else folder, f"{face}.ttf")
    try:
        content = BytesIO(path.read_bytes())  # by its path, Pillow would take the system's instead
        font = ImageFont.truetype(content, 1.2 * _BOX * _FINE, layout_engine=_PLAIN)
    except OSError as error:
        raise DataError.about(
            path,
            found="no typeface that can be read" if folder else "no package matplotlib",
            expected="the typefaces that matplotlib ships, to draw the letters",
            remedy="Install matplotlib again: pip install --force-reinstall matplotlib.",
        ) from error
    box, inks = _ink(_NO_LETTER, font), {}
    for letter in letters:
        ink = _ink(letter, font)
        if ink is not None and ink != box:
            inks[letter] = ink
    return inks


def _ink(letter: str, font: ImageFont.FreeTypeFont) -> Image.Image | None:
    """Draw a letter finely, and cut it out; None for one without ink."""
    picture = Image.new("L", (4 * _BOX * _FINE, 4 * _BOX * _FINE))
    middle = picture.width // 2
    ImageDraw.Draw(picture).text((middle, middle), letter, 255, font, anchor="ms")
    place = picture.getbbox()
    return picture.crop(place) if place else None


def _drawn(ink: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """Draw a letter with a turn, a shift and a pen, uint8 (28, 28, 1)."""
    pen = int(rng.integers(_PEN + 1))
    wide = _thickened(np.asarray(ink), pen)
    turn = math.radians(rng.uniform(-_TURN, _TURN))
    x, y = _FINE * (_SIDE / 2 + rng.uniform(-_SHIFT, _SHIFT, 2))
    # Where a fine pixel of the image lies in the ink: scaled and turned around both middles.
    scale = max(ink.size) / (_BOX * _FINE)
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    across, down = wide.shape[1] / 2 - cos * x + sin * y, wide.shape[0] / 2 - sin * x - cos * y
    fine = Image.fromarray(wide).transform(
        (_SIDE * _FINE, _SIDE * _FINE), Image.Transform.AFFINE, (cos, -sin, across, sin, cos, down)
    )
    return np.asarray(fine.reduce(_FINE))[..., None]


def _thickened(ink: np.ndarray, pen: int) -> np.ndarray:
    """Make the strokes of a letter wider by `pen` pixels on each side, uint8."""
    height, width = ink.shape
    wide = np.zeros((height + 2 * _PEN, width + 2 * _PEN), np.uint8)
    wide[_PEN:-_PEN, _PEN:-_PEN] = ink
    for _ in range(pen):
        for view in (wide, wide.T):
            before = view.copy()
            np.maximum(view[1:], before[:-1], out=view[1:])
            np.maximum(view[:-1], before[1:], out=view[:-1])
    return wide


def _classes(inks: Mapping[str, _Inks]) -> list[list[str]]:
    """Put the letters that look the same into one class, and return the classes in order."""
    letters = [letter for letter in _candidates() if any(letter in face for face in inks.values())]
    group_of = {letter: [letter] for letter in letters}
    for one, other in np.argwhere(np.triu(_same_shape(letters, inks), k=1)).tolist():
        first, second = group_of[letters[one]], group_of[letters[other]]
        if first is not second:
            first += second
            group_of.update(dict.fromkeys(second, first))
    order = {letter: place for place, letter in enumerate(letters)}
    groups = {id(group): sorted(group, key=order.__getitem__) for group in group_of.values()}
    return sorted(groups.values(), key=lambda group: order[group[0]])


def _same_shape(letters: list[str], inks: Mapping[str, _Inks]) -> np.ndarray:
    """Return which letters look the same, bool (L, L).

    Two letters are compared in each typeface that has both, and the median counts. The limit is
    higher for the
    capital and the small letter of a pair, as the widths of their strokes differ. Both limits were
    chosen by looking at the pairs next to them.
    """
    unlike = np.full((len(inks), len(letters), len(letters)), np.nan, np.float32)
    for number, own in enumerate(inks.values()):
        there = [place for place, letter in enumerate(letters) if letter in own]
        unlike[number][np.ix_(there, there)] = _unlike({letters[x]: own[letters[x]] for x in there})
    small = [letter.lower() for letter in letters]
    limit = np.where(np.equal.outer(small, small), _SAME_CASES, _SAME)
    same = np.any(unlike <= limit, axis=0)  # few pairs, as a median takes long
    same[same] = np.nanmedian(unlike[:, same], axis=0) <= limit[same]
    return same


def _unlike(inks: _Inks) -> np.ndarray:
    """Return 1 − the cosine between the pictures of each two letters, float32 (L, L)."""
    looks = np.stack([_look(ink) for ink in inks.values()])
    return 1 - looks @ looks.T


def _look(ink: Image.Image) -> np.ndarray:
    """Return a coarse picture of a letter, stretched to a square, of length 1, float32 (L * L,).

    A narrow letter stays narrow, as a dot stretched to a square would look like a bar.
    """
    size = [_LOOK if length > 0.45 * max(ink.size) else _LOOK // 4 for length in ink.size]
    picture = Image.new("L", (_LOOK, _LOOK))
    picture.paste(ink.resize((size[0], size[1]), Image.Resampling.BOX))
    look = np.asarray(picture, np.float32).ravel()
    return look / np.linalg.norm(look)
