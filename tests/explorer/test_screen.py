"""What an explorer shows is one value: found without a widget, and all that markup needs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tiny_explorer import mixed_dataset, tiny_run

from siamese_lib.explorer import markup, state
from siamese_lib.explorer.screen import answer_by
from siamese_lib.explorer.search import NeighbourSearch

SEARCH = NeighbourSearch(tiny_run(), mixed_dataset())
FACTS = SEARCH.facts
START = state.begin(FACTS, frame=len(FACTS.steps) - 1, k=5)


def test_a_screen_has_an_answer_to_the_query_and_to_each_pin() -> None:
    asked = state.pin(state.choose_test(START, FACTS, 3), FACTS)
    asked = state.set_metric(state.choose_train(asked, FACTS, 6), FACTS, "cosine")
    screen = SEARCH.screen(asked)
    assert (screen.answer.query, screen.answer.index, screen.answer.metric) == (
        "train",
        6,
        "cosine",
    )
    (pinned,) = screen.pinned
    assert (pinned.query, pinned.index, pinned.metric) == ("test", 3, "cosine")
    assert {*screen.answers} == {"euclidean", "cosine"}


def test_a_change_that_asks_nothing_else_finds_nothing_again() -> None:
    before = SEARCH.screen(START)
    after = SEARCH.screen(state.turn_page(START, FACTS, 1))
    assert after.answers is before.answers


def test_thumbnails_are_those_of_the_page() -> None:
    assert SEARCH.screen(START).thumbnails.tolist() == list(range(40))
    assert SEARCH.screen(state.turn_page(START, FACTS, 1)).thumbnails.tolist() == list(
        range(40, 48)
    )
    mistakes = SEARCH.screen(state.toggle_mistakes(START, FACTS))
    assert mistakes.thumbnails.tolist() == np.flatnonzero(FACTS.mistaken).tolist()


def test_the_status_is_a_message_or_what_there_is_to_do() -> None:
    assert SEARCH.screen(state.say(START, FACTS, "hello")).status == "hello"
    assert "40 training images to search" in SEARCH.screen(START).status


def test_without_a_cosine_the_euclidean_answer_is_on_the_map() -> None:
    answers = SEARCH.screen(START).answers
    assert answer_by(answers, "cosine").metric == "cosine"
    assert answer_by({"euclidean": answers["euclidean"]}, "cosine").metric == "euclidean"


def test_markup_needs_a_screen_and_nothing_else() -> None:
    screen = SEARCH.screen(state.pin(START, FACTS))
    for part in (markup.picker, markup.answer, markup.pins):
        assert "data:image/png" in part(screen)


def test_a_screen_cannot_be_changed() -> None:
    screen = SEARCH.screen(START)
    with pytest.raises(dataclasses.FrozenInstanceError):
        screen.state = START  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError):
        screen.answers["cosine"] = screen.answer  # pyright: ignore[reportIndexIssue]


def test_files_of_images_are_named_where_they_are_known() -> None:
    """A name that could be markup, and one whose bytes are not UTF-8."""
    plain = SEARCH.screen(START)
    assert FACTS.file(START.query) == ""
    files = tuple(f"a/<i>{number}</i>\udce9.png" for number in range(100))
    named = dataclasses.replace(FACTS, test_files=files[:48], training_files=files[:40])
    screen = dataclasses.replace(plain, facts=named)
    written = markup.answer(screen) + markup.picker(screen)
    asked = START.query.index
    assert f"<div class='sx-quiet'>a/&lt;i&gt;{asked}&lt;/i&gt;\\xe9.png</div>" in written
    for index in plain.answer.indices:
        title = f"Choose training image {index}, a/&lt;i&gt;{index}&lt;/i&gt;\\xe9.png"
        assert f"title='{title}'" in written
    assert "<i>3</i>" not in written
    assert ".png" not in markup.answer(plain) + markup.picker(plain)
