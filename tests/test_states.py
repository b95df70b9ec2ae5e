"""What a reader can change in a view: the docstring of the view names each key."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from every_view import LIVE, VIEWS


@pytest.mark.parametrize("name", [*VIEWS, *LIVE])
def test_a_docstring_names_every_key_of_the_state(name: str):
    views: dict[str, Callable[[], Any]] = {**VIEWS, **LIVE}
    view = views[name]()
    keys = getattr(view, "saved", None) or view.state
    words = inspect.getdoc(type(view)) or ""
    assert set(keys) <= set(re.findall(r'``\W*(\w+)(?:": \.{3}})?``', words))
