"""Names that pictures, films and figures cannot show as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, check
from PIL import Image
from tiny_training import corners_dataset

import siamese_lib as sl
from siamese_lib.figures.maps import embedding_map
from siamese_lib.images import draw_neighbours
from siamese_lib.views.still import still_png
from siamese_lib.views.wire import Classes


def film(folder: Path, name: str) -> bytes:
    digits = corners_dataset()
    tower = sl.conv_tower((8, 8, 1), seed=0)
    run = sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])
    names = (name, "b", "c", "d")
    data = sl.Dataset(digits.train, digits.test, names, "tiny", "tests")
    path = sl.export_gif(run, data, folder / "film.gif", size=160)
    with Image.open(path) as picture:
        return picture.convert("RGB").tobytes()


def row(folder: Path, name: str) -> bytes:
    image = np.zeros((1, 8, 8, 1), np.uint8)
    return draw_neighbours(image, [name], image[None], [[name]]).tobytes()


def still(folder: Path, name: str) -> bytes:
    frames = np.random.default_rng(0).normal(size=(1, 40, 2))
    return still_png(frames, Classes(np.arange(40) % 2, [name, "b"], ["#112233", "#445566"]))


def told_apart(
    picture: Callable[[Path, str], bytes], one: str, other: str
) -> Callable[[Path], object]:
    def act(folder: Path) -> str:
        alike = picture(folder, one) == picture(folder, other)
        return "drawn alike" if alike else "told apart"

    return act


def in_figure(name: str) -> Callable[[Path], object]:
    points = np.random.default_rng(0).normal(size=(10, 2))
    return lambda _: embedding_map(points, np.arange(10) % 2, [name, "b"]).to_dict()["data"][0]


LONG = "a" * 100
PAIRS = {
    "accents in a film": (film, "é", "ü", "Latin letters with accents in a GIF"),
    "Chinese in a film": (film, "猫", "鳥", "Chinese letters in a GIF"),
    "Cyrillic in a still": (still, "кот", "кит", "Cyrillic letters in a still picture"),
    "emoji in a still": (still, "🦄", "🦖", "emoji in a still picture"),
    "Thai in a row": (row, "แมว", "หมา", "Thai names under images"),
    "Hebrew in a row": (row, "חתול", "כלב", "Hebrew names under images"),
    "newline": (row, "a\nb", "a b", "a newline in a name"),
    "tab": (film, "a\tb", "a b", "a tab in a name"),
    "control": (still, "a\x00b", "ab", "a control character in a name"),
    "joiner": (row, "a\u200db", "ab", "an invisible letter in a name"),
    "right to left": (film, "\u202eab", "ab", "an override of the direction of writing"),
    "combining": (row, "a\u0308", "a", "a combining mark"),
    "no UTF-8": (still, "\udcff", "\udcfe", "bytes of a name that are no UTF-8"),
    "long": (row, f"{LONG}b{LONG[1:]}x", f"{LONG}b{LONG[1:]}y", "names of 200 letters"),
}
FAULTS: dict[str, Fault] = {
    name: Fault(
        words, "different names look different", "^told apart$", told_apart(picture, one, other)
    )
    for name, (picture, one, other, words) in PAIRS.items()
} | {
    "markup": Fault(
        "a name with <b> in a plotly figure", "it is shown literally",
        "'name': '&lt;b&gt;x&lt;/b&gt;'", in_figure("<b>x</b>"),
    ),
    "template": Fault(
        "a name with %{x} in a plotly figure", "it is shown literally",
        "'name': '100&#37;{x}'", in_figure("100%{x}"),
    ),
    "long in a figure": Fault(
        "a name of 200 letters in a plotly figure", "it is shortened in the middle",
        "'name': 'w{39}…w{20}'", in_figure("w" * 200),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
