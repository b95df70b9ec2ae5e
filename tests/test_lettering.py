"""Text from outside: whatever it is, it is drawn, and different texts look different."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from attacks import ATTACKS
from PIL import Image, ImageDraw
from tiny_training import corners_dataset

import siamese_lib as sl
from siamese_lib import images as images_module
from siamese_lib import lettering
from siamese_lib.figures import maps
from siamese_lib.figures.style import plain
from siamese_lib.views.still import still_png
from siamese_lib.views.wire import Classes

NAMES = [
    "e", "é", "ü", "ß", "猫", "鳥", "кот", "γάτα", "Կատու", "חתול", "قطة", "แมว", "고양이",
    "a\nb", "a\tb", "a b", "a\u00a0b", "a\x00b", "a\u200bb", "ab", "\udcff", "\u0301",
    "👩‍👩‍👧", "😀",
    "\u202eabc", "abc", "❤", "❤\ufe0f", "", *ATTACKS,
]  # fmt: skip


def drawn(text: str, size: float = 14, width: float | None = None) -> np.ndarray:
    picture = Image.new("L", (2400, 60))
    lettering.write(ImageDraw.Draw(picture), (10, 20), text, "white", size, width=width)
    return np.asarray(picture)


def test_different_texts_look_different() -> None:
    pictures = [drawn(name).tobytes() for name in NAMES]
    alike = [
        (NAMES[a], NAMES[b])
        for a, b in itertools.combinations(range(len(NAMES)), 2)
        if pictures[a] == pictures[b]
    ]
    assert not alike


def test_letters_of_europe_and_the_near_east_are_drawn_as_they_are() -> None:
    for text in ("Katze", "Müller, Łódź, ñandú", "кот", "γάτα", "Կատու", "חתול", "قطة", "≤ − × …"):
        assert lettering.readable(text) == text


def test_what_no_font_has_is_escaped_as_python_does() -> None:
    assert lettering.readable("猫 1\n") == "\\u732b 1\\n"
    assert lettering.readable("🦄\udcff") == "\\U0001f984\\udcff"
    once = lettering.readable("猫\t")
    assert lettering.readable(once) == once


def test_without_matplotlib_pillows_own_font_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_dejavu", lambda: None)
    lettering._faces.cache_clear()
    try:
        assert lettering.readable("é cat") == "\\xe9 cat"
        assert drawn("é").any()
    finally:
        lettering._faces.cache_clear()


@pytest.mark.parametrize("width", [20, 60, 96, 300])
@pytest.mark.parametrize("name", ["w" * 200, "猫" * 200, "a\n" * 100, "مرحبا " * 40])
def test_a_long_name_is_cut_in_the_middle_and_fits(name: str, width: float) -> None:
    short = lettering.fitting(name, 14, width)
    assert "…" in short
    columns = np.flatnonzero(drawn(name, 14, width).any(axis=0))
    assert np.ptp(columns) <= width + 2


def test_names_that_would_look_alike_begin_with_their_number() -> None:
    same_ends = ["a" * 90 + middle + "z" * 90 for middle in "123"]
    short = lettering.short_names([*same_ends, "cat", "e\u0301", "é"], 14, 80)
    assert len(set(short)) == 6
    assert [name[:2] for name in short] == ["0:", "1:", "2:", "ca", "4:", "5:"]
    assert lettering.short_names(["left " + "x" * 99, "right " + "x" * 99], 14, 80)[0][:2] == "le"


@pytest.mark.parametrize(("one", "other"), [("é", "ü"), ("猫", "鳥"), ("a" * 200, "a" * 199 + "b")])
def test_pictures_show_which_is_which(tmp_path: Path, one: str, other: str) -> None:
    digits = corners_dataset()
    tower = sl.conv_tower((8, 8, 1), seed=0)
    run = sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])
    films, stills, rows = [], [], []
    frames = np.random.default_rng(0).normal(size=(1, 40, 2))
    for name in (one, other):
        names = (name, *"bcdefghij"[: len(digits.class_names) - 1])
        data = sl.Dataset(digits.train, digits.test, names, "tiny", "tests")
        path = sl.export_gif(run, data, tmp_path / "film.gif", size=200)
        films.append(path.read_bytes())
        classes = Classes(np.arange(40) % 2, [name, "b"], ["#112233", "#445566"])
        stills.append(still_png(frames, classes))
        image = np.zeros((1, 8, 8, 1), np.uint8)
        rows.append(images_module.draw_neighbours(image, [name], image[None], [[name]]).tobytes())
    assert films[0] != films[1]
    assert stills[0] != stills[1]
    assert rows[0] != rows[1]


@pytest.mark.parametrize("name", ["<b>x</b>", "a<br>b", "&amp;", "100%{x}", *ATTACKS])
def test_plotly_shows_a_name_and_does_not_read_it(name: str) -> None:
    shown = plain(name)
    assert "<" not in shown
    assert "%{" not in shown
    points = np.random.default_rng(0).normal(size=(10, 2))
    figure = maps.embedding_map(points, np.arange(10) % 2, [name, "other"]).to_dict()
    assert figure["data"][0]["name"] == shown
    assert shown in figure["layout"]["annotations"][0]["text"]


def test_plotly_gets_short_names() -> None:
    assert len(plain("w" * 200)) == 60
    assert plain("7") == "7"


def test_a_number_stands_to_the_right_of_a_name_in_any_script() -> None:
    for name in ("a", "ש", "ם"):
        both, alone = Image.new("L", (200, 30)), Image.new("L", (200, 30))
        lettering.write_beside(ImageDraw.Draw(both), (100, 5), name, "0", "white", 14, 96)
        lettering.write(ImageDraw.Draw(alone), (50, 5), name, "white", 14)
        pixels, columns = np.asarray(both), np.flatnonzero(np.asarray(alone).any(axis=0))
        wide = int(columns[-1] - columns[0]) + 1
        first = int(np.flatnonzero(pixels.any(axis=0))[0])
        left = (pixels[:, first : first + wide] > 0).sum()
        assert left == pytest.approx((np.asarray(alone) > 0).sum(), rel=0.2)
        assert not pixels[:, first + wide : first + wide + 3].any()
