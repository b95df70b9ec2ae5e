"""A trait whose values a function checks and converts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import traitlets

_Value = TypeVar("_Value")


class CheckedTrait(traitlets.TraitType[_Value, Any]):
    """A trait whose values pass through a function, which converts them or raises an error.

    Args:
        check: the function.
        default: passes through it, too.
        help: what the trait holds.
    """

    def __init__(self, check: Callable[[Any], _Value], default: object, help: str) -> None:
        super().__init__(check(default), help=help)
        self._check = check

    def validate(self, obj: traitlets.HasTraits, value: object) -> _Value:
        """Check a value."""
        return self._check(value)

    def set(self, obj: traitlets.HasTraits, value: object) -> None:
        """Set the trait. Arrays are compared by identity, not by their elements."""
        name = self.name or ""
        new = self._validate(obj, value)
        old = obj._trait_values.get(name, self.default_value)
        obj._trait_values[name] = new
        arrays = isinstance(new, np.ndarray) or isinstance(old, np.ndarray)
        if not (new is old if arrays else new == old):
            obj._notify_trait(name, old, new)
