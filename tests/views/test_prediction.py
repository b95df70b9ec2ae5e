"""A prediction: what is an answer, what a reveal says, and what stays in a saved notebook."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.views.given import ViewError

X = [0, 1, 3, 8]


def choice() -> sl.Prediction:
    return sl.Prediction("Which?", choices=["a", "b"])


def number() -> sl.Prediction:
    return sl.Prediction("How many?", number=(0, 100), unit="%")


def curve() -> sl.Prediction:
    return sl.Prediction("How?", curve=(X, (0, 1)), axes=("step", "loss"))


CASES = [
    (choice, "b", "a", "You said b. Measured: a."),
    (number, 20, 3.14, "You said 20 %. Measured: 3.1 %."),
    (number, 20, 250, "You said 20 %. Measured: 250 %."),
    (curve, [None, 0.5, 0.4, 0.3], np.array([1, 0.5, 0.25, 0.125]),
     "You said from 0.50 to 0.30. Measured: from 1.000 to 0.125."),
]  # fmt: skip


@pytest.mark.parametrize(("make", "answer", "truth", "words"), CASES)
def test_an_answer_is_revealed_beside_the_truth(make, answer, truth, words):
    asked = make()
    asked.state = {"answer": answer}
    bundle = asked.reveal(truth)._repr_mimebundle_()
    assert bundle["text/plain"] == words
    assert f'alt="{words}"' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]
    assert asked.reveal(truth, "it is so.").words == words[:-1] + ", because it is so."


@pytest.mark.parametrize(("make", "answer", "truth", "words"), CASES)
def test_without_an_answer_it_says_so(make, answer, truth, words):
    revealed = make().reveal(truth)
    assert revealed.words == "You did not guess. " + words.partition(". ")[2]
    answered = make()
    answered.state = {"answer": answer}
    pictures = {make().still(), answered.still(), revealed.still(), answered.reveal(truth).still()}
    assert len(pictures) == 4
    for png in pictures:
        assert len(png) < 20_000
        drawn = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3]
        assert 0 < (drawn > 0).mean() < 0.3


@pytest.mark.parametrize(
    ("make", "answer", "message"),
    [
        (choice, "c", "answer is 'c'; expected one of"),
        (number, 101, "answer is 101; expected a number from 0 to 100"),
        (number, True, "answer is True; expected a number"),
        (curve, [1, 2], "expected 4 numbers, one for each x"),
        (curve, [1, 2, 0, 0], "answer is 2; expected a number from 0 to 1"),
    ],
)
def test_what_is_no_answer(make, answer, message):
    asked = make()
    with pytest.raises(ViewError, match=message):
        asked.state = {"answer": answer}
    assert asked.answer is None


@pytest.mark.parametrize(
    ("make", "truth", "message"),
    [
        (choice, "c", "truth is 'c'; expected one of"),
        (number, [1, 2], r"truth has shape \(2,\); expected one number"),
        (curve, [1, 2], r"truth has shape \(2,\); expected 4 numbers"),
    ],
)
def test_what_is_no_truth(make, truth, message):
    with pytest.raises(ViewError, match=message):
        make().reveal(truth)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "got none of choices, number and curve"),
        ({"choices": ["a", "b"], "number": (0, 1)}, "got choices and number"),
        ({"choices": ["a", "a"]}, "expected two or more different texts"),
        ({"number": (1, 0)}, "the range is 1 to 0"),
        ({"number": (0, np.nan)}, "the range is 0 to nan"),
        ({"curve": ([0, 0], (0, 1))}, "expected ascending numbers"),
    ],
)
def test_what_is_no_question(options, message):
    with pytest.raises(ViewError, match=message):
        sl.Prediction("?", **options)


def test_an_empty_sketch_is_no_answer():
    asked = curve()
    asked.state = {"answer": [None] * 4}
    assert asked.state == {"answer": None}


def test_the_answer_is_in_the_saved_still(monkeypatch):
    asked, drawn = number(), []
    page = SimpleNamespace(update=lambda data, raw: drawn.append(data["image/png"]))
    monkeypatch.setattr(asked, "_shown", page, raising=False)
    asked.state = {"answer": 30}
    asked.state = {"answer": 60}
    assert len(set(drawn)) == 2


def test_words_are_escaped():
    asked = sl.Prediction("<b>?", choices=['"<i>', "b"])
    assert "<i>" not in asked.reveal('"<i>')._repr_mimebundle_()["text/html"]
