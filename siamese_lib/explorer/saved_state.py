"""A state of an explorer as values that JSON can hold, and back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from siamese_lib.explorer.facts import Facts, Query
from siamese_lib.explorer.state import (
    MOST_PINS,
    ExplorerError,
    State,
    choose_test,
    choose_train,
    go_to_page,
    set_class,
    set_frame,
    set_k,
    set_metric,
    toggle_mistakes,
)


def saved(state: State) -> dict[str, Any]:
    """Return a state as values that JSON can hold.

    Returns:
        ``query`` and ``pins``: images, each with ``kind`` and ``index``, or for the reader's own
        images ``kind``, ``pixels`` (in base64) and ``note``; and ``frame``, ``label``,
        ``mistakes``, ``page``, ``k`` and ``metric``, as `State` describes them.
    """
    return {
        "query": _saved_query(state.query),
        "frame": state.frame,
        "label": state.label,
        "mistakes": state.mistakes,
        "page": state.page,
        "k": state.k,
        "metric": state.metric,
        "pins": [_saved_query(pin) for pin in state.pins],
    }


def restored(state: State, facts: Facts, given: Mapping[str, Any]) -> State:
    """Return a state with what `saved` once returned, or a part of it.

    Raises:
        ExplorerError: a name is unknown, or a value is not possible here.
    """
    known = saved(state)
    if not isinstance(given, Mapping):
        raise ExplorerError(
            f"state is {given!r:.200}; expected a dict with some of {sorted(known)}."
        )
    if unknown := [name for name in given if name not in known]:
        raise ExplorerError(f"state: got {unknown}; expected some of {sorted(known)}.")
    if "label" in given:
        state = set_class(state, facts, given["label"])
    if not isinstance(given.get("mistakes", True), bool):
        raise ExplorerError(f"mistakes is {given['mistakes']!r:.200}; expected True or False.")
    if given.get("mistakes", state.mistakes) != state.mistakes:
        state = toggle_mistakes(state, facts)
    if "query" in given:
        state = _asked(state, facts, given["query"])
    acts = {"frame": set_frame, "k": set_k, "metric": set_metric, "page": go_to_page}
    for name, act in acts.items():
        if name in given:
            state = act(state, facts, given[name])
    if "pins" in given:
        if not isinstance(given["pins"], list | tuple):
            raise ExplorerError(f"pins is {given['pins']!r:.200}; expected a list of images.")
        pins = tuple(_asked(state, facts, pin).query for pin in given["pins"])
        if len(pins) > MOST_PINS:
            raise ExplorerError(f"pins: got {len(pins)}; expected at most {MOST_PINS}.")
        state = replace(state, pins=pins)
    return state


def _saved_query(query: Query) -> dict[str, Any]:
    if query.index is not None:
        return {"kind": query.kind, "index": query.index}
    pixels = base64.b64encode(query.pixels).decode()
    return {"kind": query.kind, "pixels": pixels, "note": query.note}


def _asked(state: State, facts: Facts, query: Mapping[str, Any]) -> State:
    """Return the state with a saved query."""
    query = query if isinstance(query, Mapping) else {"kind": query}
    kind = query.get("kind")
    if kind == "test":
        return choose_test(state, facts, query.get("index", ""))
    if kind == "train":
        return choose_train(state, facts, query.get("index", ""))
    try:
        pixels = base64.b64decode(query.get("pixels") or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        pixels = b""
    high, wide, channels = facts.image_shape
    if kind not in ("drawing", "picture") or len(pixels) != high * wide * channels:
        raise ExplorerError(
            f"query is {dict(query)!r:.200}; expected a kind (test, train, drawing or picture) and "
            f"an index, or the pixels of an image of shape {facts.image_shape} in base64."
        )
    return replace(state, query=Query(kind, None, pixels, str(query.get("note", ""))))
