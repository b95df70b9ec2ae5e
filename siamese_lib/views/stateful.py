"""A widget whose whole state is one small dict, in Python and in the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets
from traitlets.utils.bunch import Bunch

from siamese_lib.views.given import ViewError
from siamese_lib.views.showing import WithStill
from siamese_lib.views.view_state import check_names


class StatefulView(WithStill, anywidget.AnyWidget):
    """The base of views that draw data which never changes, in a state that the reader changes.

    A subclass sets `_esm` and `_css`, and has `still` and `_checked`. Its module exports ``mount``
    and ``widgetOf(mount)``, from `js/stateful.js`, as its default.

    Attributes:
        state: all that the reader can change, as a dict of values that JSON can hold. Assign a dict
            to change what it names; all else stays.
    """

    state = traitlets.Dict(help="what the reader changes").tag(sync=True)
    _payload = traitlets.Dict().tag(sync=True)

    def __init__(self, payload: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        super().__init__(_payload=dict(payload), state=dict(state))

    def payload(self) -> dict[str, Any]:
        """Return the data for the module's ``mount(element, payload, options)``.

        Returns:
            JSON values, and bytes.
        """
        return self._payload

    def still(self) -> bytes:
        """Draw the view as a PNG below 60 kB, for where no JavaScript runs."""
        raise NotImplementedError

    def _checked(self, state: dict[str, Any]) -> dict[str, Any]:
        """Return a whole state in its own types, or raise a ValueError that names what is wrong."""
        raise NotImplementedError

    def checked_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole state with some changes, which are checked. The view stays as it is."""
        before = self.state
        check_names(state, before or state)
        try:
            return self._checked({**before, **state})
        except ViewError:
            raise
        except ValueError as error:
            raise ViewError(f"state: {error}") from None

    @traitlets.validate("state")
    def _validate_state(self, proposal: Bunch) -> dict[str, Any]:
        return self.checked_state(proposal["value"])
