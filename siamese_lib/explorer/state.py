"""The state of an explorer, and the actions that change it: only values and pure functions.

An action takes the state, the facts that never change, and what the reader gave. It returns a new
state, or raises `ExplorerError` with a message for the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.data import handwriting
from siamese_lib.data.queries import read_query
from siamese_lib.data.reading import PictureError
from siamese_lib.explorer.facts import PAGE, Facts, Query
from siamese_lib.pixels import as_array, described, remedy_for_one
from siamese_lib.search.vectors import METRICS
from siamese_lib.texts import printable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Given = str | float  # a number from code, or a number as text from a control of the page
MOST_PINS = 6


class ExplorerError(ValueError):
    """The explorer cannot do what was asked for; the message says what it can do."""


@dataclass(frozen=True)
class State:
    """All that the reader can change.

    Attributes:
        query: the image whose neighbours are shown.
        frame: of the run, from 0.
        offered: int64, the test images that match both filters, `label` and `mistakes`, in the
            order of `Facts.order`.
        label: class of the test images to choose from, or None for all.
        mistakes: whether to choose only from test images that the network gets wrong.
        page: of the thumbnails, from 0.
        k: number of neighbours.
        metric: the metric whose neighbours are highlighted on the map.
        pins: queries that are pinned to compare.
        before: the query before the drawing, to go back to.
        status: a message for the status line, or "".
        failed: whether `status` reports an error.
    """

    query: Query
    frame: int
    offered: np.ndarray = field(repr=False, compare=False)
    label: int | None = None
    mistakes: bool = False
    page: int = 0
    k: int = 7
    metric: str = METRICS[0]
    pins: tuple[Query, ...] = ()
    before: Query | None = None
    status: str = ""
    failed: bool = False

    @property
    def pages(self) -> int:
        """Number of pages of thumbnails, at least 1."""
        return max(1, -(-len(self.offered) // PAGE))


def begin(facts: Facts, frame: int, k: int) -> State:
    """Return the first state: the first test image is the query, and no filter is set."""
    return State(Query("test", 0), frame, facts.order, k=k)


def choose_test(state: State, facts: Facts, index: Given) -> State:
    """Choose a test image as the query, and turn to its page if it matches the filters."""
    number = _number("index", index, 0, len(facts.test_labels) - 1, "test images")
    place = np.flatnonzero(state.offered == number)
    page = int(place[0]) // PAGE if place.size else state.page
    return replace(_with_query(state, Query("test", number)), page=page)


def choose_train(state: State, facts: Facts, index: Given) -> State:
    """Choose a training image as the query; it is not its own neighbour."""
    number = _number("index", index, 0, len(facts.training_images) - 1, "training images")
    return _with_query(state, Query("train", number))


def choose_random(state: State, facts: Facts, chance: float) -> State:
    """Choose a test image that matches the filters; `chance`, from 0 to 1, determines which."""
    count = len(state.offered)
    if not count:
        raise ExplorerError("No test image matches these filters. Choose another class.")
    return choose_test(state, facts, int(state.offered[int(chance * count) % count]))


def draw(state: State, facts: Facts, strokes: Sequence[Sequence[Sequence[float]]]) -> State:
    """Make a drawing the query."""
    image = handwriting.drawn(strokes, facts.image_shape, facts.paper)
    note = "centred and scaled as MNIST's digits were"
    before = state.before if state.query.kind == "drawing" else state.query
    return replace(_with_query(state, Query("drawing", None, image.tobytes(), note)), before=before)


def emptied(state: State, facts: Facts) -> State:
    """Go back to the query before the drawing, as no stroke is left."""
    if state.query.kind != "drawing" or state.before is None:
        return state
    return _with_query(state, state.before)


def upload(state: State, facts: Facts, content: bytes, name: str = "") -> State:
    """Make a picture the query, in any format that `load_folder` reads."""
    name = printable(name) or "Your picture"
    try:
        image, note = read_query(
            content,
            facts.image_shape,
            prepare=facts.handwriting,
            known=np.concatenate(facts.fingerprints),
            paper=facts.paper,
        )
    except PictureError as error:
        raise ExplorerError(f"{name}: {error.sentence}") from error
    state = _with_query(state, Query("picture", None, image.tobytes(), note))
    return replace(state, status=f"{name}: {note}.")


def own_image(state: State, facts: Facts, image: ArrayLike) -> State:
    """Make an array the query, unchanged: uint8 (H, W, C), or (H, W) for one channel."""
    try:
        given = as_array(image, "image")
    except ValueError as error:
        raise ExplorerError(str(error)) from None
    shaped = given[..., None] if given.ndim == 2 else given
    if shaped.shape != facts.image_shape or given.dtype != np.uint8:
        raise ExplorerError(
            f"image: got {described(given)}; expected uint8 of shape {facts.image_shape}. "
            f"{remedy_for_one(given, 'image', facts.image_shape)}"
        )
    return _with_query(state, Query("picture", None, shaped.tobytes(), "used unchanged"))


def set_k(state: State, facts: Facts, k: Given) -> State:
    """Change the number of neighbours."""
    return _changed(state, k=_number("k", k, 1, facts.largest_k))


def set_frame(state: State, facts: Facts, frame: Given) -> State:
    """Go to another frame of the training."""
    return _changed(state, frame=_number("frame", frame, 0, len(facts.steps) - 1))


def set_metric(state: State, facts: Facts, metric: str) -> State:
    """Show the neighbours by another metric on the map."""
    if metric not in METRICS:
        raise ExplorerError(f"metric is {metric!r}; expected {' or '.join(map(repr, METRICS))}.")
    return _changed(state, metric=metric)


def set_class(state: State, facts: Facts, label: Given | None) -> State:
    """Show thumbnails of one class; "" or None means all classes."""
    last = len(facts.class_names) - 1
    number = None if label in ("", None) else _number("class", label, 0, last)
    return _filtered(state, facts, number, state.mistakes)


def toggle_mistakes(state: State, facts: Facts, value: object = None) -> State:
    """Show only thumbnails of images that the network gets wrong, or all again."""
    return _filtered(state, facts, state.label, not state.mistakes)


def turn_page(state: State, facts: Facts, by: Given) -> State:
    """Turn the pages of thumbnails forwards or backwards; the first follows the last."""
    return _changed(state, page=(state.page + int(by)) % state.pages)


def go_to_page(state: State, facts: Facts, page: Given) -> State:
    """Show a page of thumbnails by its number, from 0."""
    return _changed(state, page=_number("page", page, 0, state.pages - 1))


def pin(state: State, facts: Facts, value: object = None) -> State:
    """Pin the query, to compare it with others."""
    if state.query in state.pins:
        raise ExplorerError(f"{str(state.query).capitalize()} is already pinned.")
    if len(state.pins) == MOST_PINS:
        raise ExplorerError(f"{MOST_PINS} images are pinned, which is the limit. Remove one first.")
    return _changed(state, pins=(*state.pins, state.query), status=f"Pinned {state.query}.")


def unpin(state: State, facts: Facts, place: Given) -> State:
    """Remove a pinned query."""
    number = _number("pin", place, 0, len(state.pins) - 1)
    return _changed(state, pins=state.pins[:number] + state.pins[number + 1 :])


def recall(state: State, facts: Facts, place: Given) -> State:
    """Make a pinned query the query again."""
    return _with_query(state, state.pins[_number("pin", place, 0, len(state.pins) - 1)])


def say(state: State, facts: Facts, message: object) -> State:
    """Show a message from the page."""
    return _changed(state, status=str(message))


def fail(state: State, facts: Facts, message: object) -> State:
    """Show an error, and leave everything else as it is."""
    return replace(state, status=str(message), failed=True)


ACTIONS: dict[str, Callable[..., State]] = {
    action.__name__: action
    for action in (
        choose_test, choose_train, choose_random, draw, emptied, upload, own_image, set_k,
        set_frame, set_metric, set_class, toggle_mistakes, turn_page, pin, unpin, recall, say, fail,
    )
}  # fmt: skip


def _filtered(state: State, facts: Facts, label: int | None, mistakes: bool) -> State:
    """Set the filters, and turn to the first page of the test images that match them."""
    kept = facts.mistaken if mistakes else np.ones(len(facts.test_labels), bool)
    if label is not None:
        kept = kept & (facts.test_labels == label)
    offered = facts.order[kept[facts.order]]
    return _changed(state, label=label, mistakes=mistakes, offered=offered, page=0)


def _with_query(state: State, query: Query) -> State:
    """Return the state with another query, and without a message."""
    return _changed(state, query=query)


def _changed(state: State, **changes: Any) -> State:
    """Return the state with these changes, and without a message unless they have one."""
    return replace(state, **{"status": "", "failed": False, **changes})


def _number(name: str, value: Given, least: int, most: int, of: str = "") -> int:
    """Read a whole number in a range, from the page or from code.

    Raises:
        ExplorerError: the value is not such a number.
    """
    expected = f"a whole number from {least} to {most:,}"
    expected += f", as there are {most + 1:,} {of}" if of else ""
    try:
        number = int(value.replace(",", "") if isinstance(value, str) else value)
        whole = not isinstance(value, float) or number == value
    except (TypeError, ValueError, OverflowError):
        whole, number = False, 0
    if not whole or not least <= number <= most:
        raise ExplorerError(f"{name} is {value!r:.40}; expected {expected}.")
    return number
