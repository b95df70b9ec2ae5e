"""What the reader of a laboratory has set, checked as the page checks it (`lab_state.js`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from siamese_lib import checks

_Check: TypeAlias = "Callable[[str, Any], Any]"

AT_START = ("images", "output", "dim", "seed")  # what cannot change during a training


def _number(low: float, high: float) -> _Check:
    return lambda name, value: checks.real_number(name, value, low, high, ends=True)


def _whole(low: int, high: int) -> _Check:
    def check(name: str, value: Any) -> int:
        number = checks.whole_number(name, value, low)
        if number > high:
            raise ValueError(f"{name} is {number}; expected a whole number from {low} to {high}.")
        return number

    return check


def _one_of(*names: str) -> _Check:
    def check(name: str, value: Any) -> str:
        if value not in names:
            raise ValueError(f"{name} is {value!r:.200}; expected one of {', '.join(names)}.")
        return str(value)

    return check


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} is {value!r:.200}; expected True or False.")
    return bool(value)


def _classes(name: str, value: Any) -> list[int] | None:
    if value is None:
        return None
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise ValueError(f"{name} is {value!r:.200}; expected None for all, or a list of numbers.")
    numbers = [checks.whole_number(name, each, 0) for each in value]
    if not numbers or len(set(numbers)) != len(numbers):
        raise ValueError(f"{name} is {numbers!r:.200}; expected one or more different classes.")
    return numbers


_RULES: dict[str, _Check] = {
    "margin": _number(0.01, 100),
    "learning_rate": _number(0, 100),
    "similar": _number(0, 1),
    "flipped": _number(0, 0.5),
    "classes": _classes,
    "images": _whole(4, 1_000_000),
    "loss": _one_of("pairs", "every_pair", "triplet"),
    "output": _one_of("linear", "sigmoid", "unit"),
    "dim": _whole(1, 3),
    "optimizer": _one_of("sgd", "momentum", "adam"),
    "batch": _whole(2, 1024),
    "seed": _whole(0, 2**32 - 1),
    "turned": _switch,
}
FIRST: dict[str, Any] = {
    "margin": 1.0,
    "learning_rate": 0.003,
    "similar": 0.5,
    "flipped": 0.0,
    "classes": None,
    "images": 1000,
    "loss": "pairs",
    "output": "linear",
    "dim": 2,
    "optimizer": "adam",
    "batch": 32,
    "seed": 0,
    "turned": False,
    "changes": [],
}
FIRST_VIEW: dict[str, Any] = {
    "step": 0,
    "playing": False,
    "at": None,
    "other": None,
    "forces": False,
    "pictures": True,
}


def checked_settings(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a training depends on, in its own types.

    Args:
        state: a value for each name of `FIRST`.

    Raises:
        ValueError: a name is missing or unknown, a value is out of range, or two do not fit.
    """
    if set(state) != set(FIRST):
        unlike = sorted(set(state) ^ set(FIRST))
        raise ValueError(f"{', '.join(unlike)}: expected just {', '.join(FIRST)}.")
    settings = {name: check(name, state[name]) for name, check in _RULES.items()}
    _check_together(settings)
    changes = state["changes"]
    if isinstance(changes, str | Mapping) or not hasattr(changes, "__iter__"):
        raise ValueError(f"changes is {changes!r:.200}; expected a list.")
    checked = sorted((_checked_change(each) for each in changes), key=lambda each: each["step"])
    for step in {each["step"] for each in checked}:
        later = {each["name"]: each["value"] for each in checked if each["step"] <= step}
        _check_together({**settings, **later})
    return {**settings, "changes": checked}


def checked_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole state of a laboratory in its own types, or raise ValueError."""
    settings = checked_settings({name: state[name] for name in FIRST})
    step = checks.whole_number("step", state["step"], 0)
    at, other = state["at"], state["other"]
    if at is not None:
        at = checks.whole_number("at", at, 0)
        if at > step:
            raise ValueError(
                f"at is {at}; expected None, or a whole number from 0 to step, {step}."
            )
    if other is not None:
        if not isinstance(other, Mapping):
            raise ValueError(
                f"other is {other!r:.200}; expected None, or the settings of a branch."
            )
        try:
            other = checked_settings({**FIRST, **other})
        except ValueError as error:
            raise ValueError(f"other: {error}") from None
    switches = {name: _switch(name, state[name]) for name in ("playing", "forces", "pictures")}
    return {**settings, "step": step, "at": at, "other": other, **switches}


def _checked_change(change: Any) -> dict[str, Any]:
    if not isinstance(change, Mapping) or set(change) != {"step", "name", "value"}:
        raise ValueError(f"changes has {change!r:.200}; expected dicts of step, name and value.")
    name = change["name"]
    if name in AT_START or name not in _RULES:
        able = ", ".join(each for each in _RULES if each not in AT_START)
        raise ValueError(f"changes has the name {name!r:.200}; expected one of {able}.")
    step = checks.whole_number("step", change["step"], 0)
    return {"step": step, "name": name, "value": _RULES[name](name, change["value"])}


def _check_together(settings: Mapping[str, Any]) -> None:
    if settings["output"] == "unit" and settings["dim"] < 2:
        raise ValueError("output is unit and dim is 1; expected 2 or 3 for a circle or ball.")
    if settings["turned"] and settings["loss"] != "pairs":
        raise ValueError(f"turned is True and loss is {settings['loss']}; expected the loss pairs.")
