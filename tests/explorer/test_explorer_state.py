"""The explorer's actions: from state to state, without widgets."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from siamese_lib.data.handwriting import BLACK
from siamese_lib.explorer import saved_state
from siamese_lib.explorer import state as es

LABELS = np.arange(100) % 10
MISTAKEN = np.isin(np.arange(100), [3, 13, 44, 99])
FACTS = es.Facts(
    steps=(0, 10, 100),
    dim=2,
    class_names=tuple("abcdefghij"),
    training_images=np.zeros((30, 8, 8, 1), np.uint8),
    training_labels=LABELS[:30],
    test_images=np.zeros((100, 8, 8, 1), np.uint8),
    test_labels=LABELS,
    mistaken=MISTAKEN,
    paper=BLACK,
    asked=100,
    searched=30,
    searching="30 training images to search",
)
START = es.begin(FACTS, frame=2, k=7)


def act(*steps: tuple[Any, ...], state: es.State = START) -> es.State:
    for name, *values in steps:
        state = es.ACTIONS[name](state, FACTS, *values)
    return state


def test_choosing_by_index_turns_to_its_page():
    state = act(("choose_test", "85"))
    assert (state.query, state.page) == (es.Query("test", 85), 2)
    assert str(state.query) == "test image 85"
    assert act(("choose_train", 29)).query == es.Query("train", 29)


@pytest.mark.parametrize("value", ["100", -1, "", "x", None, 1.5, "1e3", float("nan")])
def test_an_index_out_of_range_says_the_range(value):
    with pytest.raises(es.ExplorerError, match="from 0 to 99, as there are 100 test images"):
        act(("choose_test", value))


def test_filters():
    state = act(("toggle_mistakes",))
    assert state.offered.tolist() == [3, 13, 44, 99]
    state = act(("set_class", "3"), state=state)
    assert state.offered.tolist() == [3, 13]
    state = act(("toggle_mistakes",), ("set_class", ""), state=state)
    assert len(state.offered) == 100
    with pytest.raises(
        es.ExplorerError, match="class is '10'; expected a whole number from 0 to 9"
    ):
        act(("set_class", "10"))


def test_pages_go_round_and_filters_go_back_to_the_first():
    assert START.pages == 3
    assert act(("turn_page", "-1")).page == 2
    assert act(("turn_page", 1), ("turn_page", 1), ("turn_page", 1)).page == 0
    assert act(("turn_page", 1), ("toggle_mistakes",)).page == 0


def test_what_the_filters_hide_can_still_be_chosen():
    state = act(("toggle_mistakes",), ("choose_test", 50))
    assert (state.query.index, state.page) == (50, 0)


@pytest.mark.parametrize(("chance", "index"), [(0, 3), (0.3, 13), (0.999, 99)])
def test_random_is_one_of_those_on_offer(chance, index):
    assert act(("toggle_mistakes",), ("choose_random", chance)).query.index == index


def test_random_of_nothing():
    with pytest.raises(es.ExplorerError, match="No test image matches"):
        act(("toggle_mistakes",), ("set_class", 7), ("choose_random", 0.5))


def test_numbers_and_metric():
    state = act(("set_k", 20), ("set_frame", 1), ("set_metric", "cosine"))
    assert (state.k, state.frame, state.metric) == (20, 1, "cosine")
    for wrong in (("set_k", 0), ("set_k", 21), ("set_frame", 3), ("set_metric", "angle")):
        with pytest.raises(es.ExplorerError, match="; expected "):
            act(wrong)
    few = dataclasses.replace(FACTS, searched=5)
    with pytest.raises(es.ExplorerError, match="from 1 to 4"):
        es.set_k(START, few, 5)


def test_a_drawing_is_a_query_with_its_pixels():
    query = act(("draw", [[[0.2, 0.2], [0.7, 0.9]]])).query
    assert (query.kind, query.index, len(query.pixels)) == ("drawing", None, 64)
    assert query.note
    with pytest.raises(ValueError, match="pad is empty"):
        act(("draw", []))


def test_an_empty_pad_goes_back_to_what_was_asked_before():
    line, both = [[0.2, 0.2], [0.7, 0.9]], [[[0.2, 0.2], [0.7, 0.9]], [[0.7, 0.2], [0.2, 0.9]]]
    drawn = act(("choose_test", 3), ("draw", both), ("draw", [line]))
    assert act(("emptied",), state=drawn).query == es.Query("test", 3)
    elsewhere = act(("choose_test", 4), state=drawn)
    assert act(("emptied",), state=elsewhere) == elsewhere


def test_an_array_of_ones_own():
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    query = act(("own_image", image)).query
    assert (query.kind, query.pixels) == ("picture", image.tobytes())
    for wrong in (image.astype(float), image[:7]):
        with pytest.raises(es.ExplorerError, match="expected uint8 of shape"):
            act(("own_image", wrong))


def test_pins():
    state = act(("pin",), ("choose_test", 4), ("pin",))
    assert [pin.index for pin in state.pins] == [0, 4]
    with pytest.raises(es.ExplorerError, match="already pinned"):
        act(("pin",), state=state)
    assert act(("recall", "0"), state=state).query.index == 0
    assert [pin.index for pin in act(("unpin", "0"), state=state).pins] == [4]
    with pytest.raises(es.ExplorerError, match="pin is '2'; expected a whole number from 0 to 1"):
        act(("unpin", "2"), state=state)
    full = act(*[step for i in range(es.MOST_PINS) for step in (("choose_test", i), ("pin",))])
    with pytest.raises(es.ExplorerError, match=r"6 images are pinned, .* Remove one"):
        act(("choose_test", 50), ("pin",), state=full)


def test_a_fault_changes_nothing_else_and_the_next_action_clears_it():
    state = act(("fail", "no"))
    assert (state.status, state.failed) == ("no", True)
    assert dataclasses.replace(state, status="", failed=False) == START
    after = act(("set_k", 3), state=state)
    assert (after.status, after.failed) == ("", False)
    assert act(("say", "hello")).status == "hello"


def test_states_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        START.k = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_a_state_comes_back_from_json():
    own = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    state = act(
        ("choose_test", 4), ("pin",), ("own_image", own), ("pin",), ("choose_train", 7),
        ("set_frame", 1), ("set_k", 3), ("set_metric", "cosine"), ("set_class", 2),
    )  # fmt: skip
    again = saved_state.restored(START, FACTS, json.loads(json.dumps(saved_state.saved(state))))
    assert again == state
    part = saved_state.restored(START, FACTS, {"k": 2})
    assert part == act(("set_k", 2))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"zoom": 1}, "zoom"),
        ({"frame": 3}, "frame is 3"),
        ({"query": {"kind": "test", "index": 100}}, "index is 100"),
        ({"query": {"kind": "test"}}, "index is ''"),
        ({"query": {"kind": "picture", "pixels": "AAAA"}}, "query is"),
        ({"query": {"kind": "painting"}}, "query is"),
        ({"pins": [{"kind": "test", "index": i} for i in range(7)]}, "got 7"),
        ({"metric": "angle"}, "metric is 'angle'"),
        ({"page": "x"}, "page is 'x'"),
        ({"page": 10**6}, "page is 1000000"),
        ({"mistakes": "no"}, "mistakes is 'no'"),
        ({"query": 3}, "query is"),
        ({"pins": 3}, "pins is 3"),
        (3, "state is 3"),
    ],
)
def test_a_state_that_cannot_be_is_refused(given, words):
    with pytest.raises(es.ExplorerError, match=words):
        saved_state.restored(START, FACTS, given)
