"""The letters are where they should be, look as they should, and are classed by their shape."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from tiny_sets import assert_clear, npz_bytes, tiny_arrays

from siamese_lib.data import letters, named_sets
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.letters import SCRIPTS, TEST_FACES, TRAINING_FACES, scripts_of
from siamese_lib.lettering import typefaces


@pytest.fixture(scope="module")
def drawn() -> Dataset:
    return letters.drawn_letters()


@pytest.fixture(scope="module")
def inks() -> dict[str, letters._Inks]:
    return letters._inks_and_classes()[0]


def class_of(drawn: Dataset, letter: str) -> str:
    (name,) = (name for name in drawn.class_names if letter in name.split())
    return name


def test_images_are_as_those_of_mnist(drawn):
    for split in (drawn.train, drawn.test):
        assert (split.images.dtype, split.images.shape[1:]) == (np.uint8, (28, 28, 1))
        assert np.median(split.images) == 0
        assert split.images.max(axis=(1, 2, 3)).min() > 128
        assert split.images.min() == 0


def test_a_letter_fills_the_box_and_is_near_the_middle(drawn):
    for image in drawn.test.images[..., 0]:
        rows, columns = np.nonzero(image > 32)
        ends = [rows.min(), rows.max() + 1, columns.min(), columns.max() + 1]
        sides = ends[1] - ends[0], ends[3] - ends[2]
        assert 18 <= max(sides) <= 26
        assert abs((ends[0] + ends[1]) / 2 - 14) < 3.5
        assert abs((ends[2] + ends[3]) / 2 - 14) < 3.5


def test_a_class_is_drawn_once_in_each_typeface_that_has_it(drawn, inks):
    for split, faces in ((drawn.train, TRAINING_FACES), (drawn.test, TEST_FACES)):
        counts = np.bincount(split.labels, minlength=len(drawn.class_names))
        for name, count in zip(drawn.class_names, counts, strict=True):
            assert count == sum(
                any(letter in inks[face] for letter in name.split()) for face in faces
            )
            assert count >= 1
    assert np.bincount(drawn.train.labels).min() >= 2
    assert not drawn.copies


def test_letters_are_those_that_the_typefaces_say_they_have(drawn, inks):
    folder = typefaces()
    assert folder is not None
    for face, own in inks.items():
        with TTFont(folder / f"{face}.ttf") as font:
            known = set(map(chr, font.getBestCmap()))
        assert own.keys() <= known, "a box instead of a letter"
        assert len(own) > 0.8 * sum(x in known for name in drawn.class_names for x in name.split())


def test_no_typeface_draws_two_classes_alike(drawn, inks):
    own = inks["STIXGeneralItalic"]
    looks = {letter: letters._look(ink) for letter, ink in own.items()}
    number_of = {x: number for number, name in enumerate(drawn.class_names) for x in name.split()}
    for one in looks:
        for other in looks:
            if number_of.get(one, -1) != number_of.get(other, -1):
                assert 1 - float(np.dot(looks[one], looks[other])) > 0.0199
    assert not {*"m\u0442"} & own.keys()  # there, the Cyrillic letter te looks like an m
    assert {*"m\u0442"} <= inks["DejaVuSans"].keys()


def test_every_script_has_classes_of_its_own_for_twenty_ways(drawn):
    own = [scripts_of(name) for name in drawn.class_names]
    for script in SCRIPTS:
        assert sum(scripts == {script} for scripts in own) >= 20
    assert frozenset().union(*own) == {*SCRIPTS}


def test_a_letter_is_in_one_class(drawn):
    every = [letter for name in drawn.class_names for letter in name.split()]
    assert len(every) == len(set(every))
    assert {*"AaBbÞß", *"ΑαΩω", *"АаЖжЯя", *"Աա", *"ႠაⴀჅ", *"אבת", *"ກຮ"} <= {*every}
    assert not {*"ÀéйҐ"} & {*every}  # composed, or with a mark


@pytest.mark.parametrize(
    "alike",
    [
        "A\u0391\u0410",  # Greek, Cyrillic
        "Oo\u039f\u03bf\u041e\u043e\u0555\u0585",  # Greek, Cyrillic, Armenian, both cases of each
        "B\u0392\u0412",
        "Uu\u054d\u057d",
        "Ss",
        "ΦФՓ",
        "Жж",
    ],
)
def test_letters_of_one_shape_are_one_class(drawn, alike):
    assert len({class_of(drawn, letter) for letter in alike}) == 1


@pytest.mark.parametrize(
    "unlike", ["Aa", "AΛ", "DÐ", "ΣE", "шщ", "ЬЪ", "ՅՑ", "דה", "Bb", "nh", "QO"]
)
def test_letters_of_two_shapes_are_two_classes(drawn, unlike):
    assert len({class_of(drawn, letter) for letter in unlike}) == 2


def test_shapes_are_compared_as_a_loop_compares_them(inks):
    some = ["O", "o", "\u039f", "A", "a", "Λ", "א"]
    same = letters._same_shape(some, inks)
    for one, first in enumerate(some):
        for other, second in enumerate(some):
            unlike = []
            for face in inks.values():
                if first in face and second in face:
                    a, b = (letters._look(face[x]).astype(float) for x in (first, second))
                    unlike.append(1 - (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))
            limit = 0.07 if first.lower() == second.lower() else 0.02
            assert same[one, other] == (bool(unlike) and np.median(unlike) <= limit)


def test_an_image_depends_on_the_seed_and_on_no_other_image(drawn, monkeypatch, inks):
    monkeypatch.setattr(letters, "_inks_and_classes", lambda: (inks, [["B"], ["א"]]))
    few = [letters.drawn_letters(seed) for seed in (0, 0, 1)]
    for name in few[0].class_names:
        every = drawn.train.images[
            drawn.train.labels == drawn.class_names.index(class_of(drawn, name))
        ]
        first, again, other = (
            {*map(bytes, each.train.images[each.train.labels == each.class_names.index(name)])}
            for each in few
        )
        assert first == again
        assert not first & other
        assert len(first) == len(every)
    assert first == {*map(bytes, every)}


@pytest.mark.parametrize("pen", [0, 1, 2])
def test_a_pen_paints_a_square_around_each_point_of_ink(pen):
    ink = np.random.default_rng(0).integers(0, 256, (9, 7), dtype=np.uint8)
    ink[ink < 200] = 0
    padded = np.pad(ink, 4)
    slow = np.zeros_like(padded)
    for (row, column), level in np.ndenumerate(padded):
        around = slow[max(row - pen, 0) : row + pen + 1, max(column - pen, 0) : column + pen + 1]
        np.maximum(around, level, out=around)
    np.testing.assert_array_equal(letters._thickened(ink, pen), slow[2:-2, 2:-2])


def test_load_dataset_draws_them(drawn, monkeypatch, capsys):
    monkeypatch.delenv("SIAMESE_DATA", raising=False)
    monkeypatch.setattr(letters, "drawn_letters", lambda: drawn)
    loaded = named_sets.load_dataset("letters", download=False)
    assert loaded is drawn
    assert capsys.readouterr().out == (
        f"letters: {len(drawn.train):,} training and {len(drawn.test):,} test images, from "
        "typefaces of the package matplotlib\n"
    )


def test_a_set_of_that_name_in_siamese_data_comes_first(monkeypatch, tmp_path):
    (tmp_path / "letters.npz").write_bytes(npz_bytes(tiny_arrays()))
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path))
    assert named_sets.load_dataset("letters", verbose=False).source == "$SIAMESE_DATA/letters.npz"


@pytest.mark.parametrize("there", [False, True])
def test_without_typefaces_the_error_says_what_helps(monkeypatch, tmp_path, there):
    monkeypatch.setattr(letters, "typefaces", lambda: tmp_path if there else None)
    with pytest.raises(ValueError, match="found no") as caught:
        letters.drawn_letters()
    assert_clear(caught, "DejaVuSans.ttf", "Install matplotlib again")


def test_matplotlib_itself_is_not_imported():
    code = (
        "import sys; from siamese_lib.data import letters as l;"
        "l._inks(l.typefaces(), 'DejaVuSans', ['A']); print('matplotlib' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "False\n"


@pytest.mark.parametrize("name", ["", "7", "ab", "a 7", "T-shirt/top"])
def test_scripts_of_a_name_that_is_none(name):
    with pytest.raises(ValueError, match=r"expected single letters with spaces between them"):
        scripts_of(name)
