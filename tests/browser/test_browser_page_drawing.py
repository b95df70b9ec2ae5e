"""A reader of an exported page draws, finds, adds an example, and finds it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import ViewOnPage, chromium, note_faults, words_as_seen
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Locator, Page, expect
from there import there
from tiny_training import digits_in_five_frames, real_digits

import siamese_lib as sl

pytestmark = pytest.mark.browser

Strokes = list[list[tuple[float, float]]]
SEVEN: Strokes = [[(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]]
HOUSE: Strokes = [
    [(0.2, 0.8), (0.2, 0.4), (0.5, 0.15), (0.8, 0.4), (0.8, 0.8)],
    [(0.35, 0.6), (0.65, 0.6)],
]
SECOND: Strokes = [
    [(0.25, 0.9), (0.2, 0.45), (0.52, 0.1), (0.8, 0.45), (0.85, 0.85)],
    [(0.35, 0.65), (0.68, 0.62)],
]
LETTERS = "BCEFGJKLMNPQRSTUXYZ"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def digits() -> sl.Dataset:
    return real_digits()


@pytest.fixture(scope="module")
def run(digits: sl.Dataset) -> sl.Run:
    return digits_in_five_frames(digits)


@pytest.fixture(scope="module")
def letters() -> tuple[sl.Run, sl.Dataset]:
    """Nineteen letters, one image of each to search, and an untrained tower of 64 dimensions."""
    tower = sl.conv_tower((28, 28, 1), 64, seed=0)
    run = sl.Run(tower, [0], [weight.numpy()[None] for weight in tower.weights])
    images = np.zeros((19, 28, 28, 1), np.uint8)
    for image, letter in zip(images, LETTERS, strict=True):
        picture = Image.new("L", (28, 28))
        ImageDraw.Draw(picture).text((6, 0), letter, 255, ImageFont.load_default(24))
        image[..., 0] = np.asarray(picture)
    split = sl.Split(images, np.arange(19))
    return run, sl.Dataset(split, split, tuple(LETTERS), "made here", "letters")


class Drawn:
    """An exported page with a drawing pad."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.view = ViewOnPage(page)
        self.pad = page.get_by_role("group", name="Drawing")
        self.verdict = page.locator("#verdict")
        self.neighbours = page.locator("#neighbours li")

    def button(self, name: str) -> Locator:
        return self.pad.get_by_role("button", name=name)

    def draw(self, strokes: Strokes) -> None:
        """Draw with the mouse."""
        canvas = self.pad.locator(".sx-ink")
        canvas.scroll_into_view_if_needed()
        box = there(canvas.bounding_box())
        for stroke in strokes:
            places = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke
            ]
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in places[1:]:
                self.page.mouse.move(*place, steps=6)
            self.page.mouse.up()

    def is_marked(self) -> bool:
        """Compare the map with itself without the drawing's mark."""
        self.view.rest()
        marked = self.view.picture()
        self.page.evaluate("guest = explorer.map.overlay.guest")
        self.view.evaluate("view.overlay.guest = null, view.draw()")
        unmarked = self.view.picture()
        self.view.evaluate("view.overlay.guest = guest, view.draw()")
        return marked != unmarked

    @property
    def vector(self) -> list[float]:
        """The embedding of the drawing, in the page."""
        return self.page.evaluate("[...explorer.pad.drawing.vector]")

    @property
    def image(self) -> np.ndarray:
        """What the network gets, uint8 (1, 28, 28, 1)."""
        pixels = self.page.evaluate(
            """() => [...document.querySelector(".query canvas").getContext("2d")
              .getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"""
        )
        return np.array(pixels, np.uint8).reshape(1, 28, 28, 1)

    @property
    def shown(self) -> list[int]:
        return [int(there(item.get_attribute("data-row"))) for item in self.neighbours.all()]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Drawn]]:
    """Export and open a page; whatever it complains of, or asks of a network, fails the test."""
    errors: list[str] = []
    contexts = []

    def open_page(
        run: sl.Run, data: sl.Dataset, *, width: int = 1200, height: int = 900, dark: bool = False
    ) -> Drawn:
        path = sl.export_html(
            run, data, tmp_path / "page.html", images=200, gallery=300, k=5, playing=False
        )
        context = browser.new_context(
            offline=True,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        note_faults(page, errors)
        page.goto(path.as_uri())
        return Drawn(page)

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def test_a_drawing_is_answered_as_the_library_does(
    show: Callable[..., Drawn], digits: sl.Dataset
) -> None:
    run = sl.shipped_run()
    shown = show(run, digits)
    expect(shown.button("Add it as an example")).to_be_disabled()
    first = shown.page.locator(".query .name").inner_text()
    shown.draw(SEVEN)
    expect(shown.verdict).to_have_text("The nearest is 7. 5 of 5 say 7.")
    vector = run.embed(shown.image)
    np.testing.assert_allclose([shown.vector], vector, atol=1e-3 * run.settings["margin"])
    part = shown.page.evaluate("[...explorer.search.galleryNumbers]")
    nearest, _ = sl.Gallery(run.embed(digits.train.images[part])).nearest(vector, 5)
    assert shown.shown == nearest[0].tolist()
    assert shown.view.evaluate("view.selected") == []
    # The drawing lies on the recorded film among the test images that have nearly its embedding.
    place = np.array(shown.view.evaluate("view.overlay.guest.place(view.p)"))
    queries = run.embed(there(there(run.recorded).images))
    twin = int(np.linalg.norm(queries - vector, axis=1).argmin())
    near = np.array(shown.view.evaluate(f"view.film.place({twin}, view.p)"))
    np.testing.assert_allclose(place - near, (vector - queries[twin])[0], atol=0.01)
    shown.button("Undo").click()
    assert shown.page.locator(".query .name").inner_text() == first
    assert shown.view.evaluate("view.overlay.guest") is None


@pytest.mark.parametrize("dark", [False, True])
def test_a_drawing_travels_with_the_film(
    show: Callable[..., Drawn], digits: sl.Dataset, run: sl.Run, dark: bool
) -> None:
    shown = show(run, digits, dark=dark)
    expect(shown.page.locator("#facts")).to_contain_text("a drawing moves with the film")
    shown.draw(SEVEN)
    image = shown.image
    part = digits.test.images[:200], digits.test.labels[:200]
    film = run.make_film(*part, class_names=digits.class_names, extra=image)
    expected = film.frames[:, -1]  # where Keras puts the drawing at each frame
    verdict = shown.verdict.inner_text()

    def is_at(frame: int) -> None:
        shown.view.rest()
        assert shown.view.evaluate("view.p") == frame
        place = shown.view.evaluate("view.overlay.guest.place(view.p)")
        np.testing.assert_allclose(place, expected[frame], atol=0.01)
        others = np.delete(expected, frame, axis=0)
        assert np.linalg.norm(others - place, axis=1).min() > 0.02
        assert shown.is_marked()
        assert shown.verdict.inner_text() == verdict  # the neighbours are those of the last frame

    is_at(4)
    bar = shown.page.locator(".sv-scrub")
    box = there(bar.bounding_box())
    middle = box["y"] + box["height"] / 2
    shown.page.mouse.move(box["x"] + box["width"] - 5, middle)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] - 20, middle, steps=12)
    shown.page.mouse.up()
    is_at(0)
    shown.view.stage.focus()
    for frame in (1, 2):
        shown.page.keyboard.press("ArrowRight")
        is_at(frame)
    shown.view.until("view.overlay.guest.trail !== null")
    # A new stroke stays at this frame, as the reader has chosen it.
    shown.button("Undo").click()
    shown.draw(SEVEN)
    is_at(2)
    between = shown.view.evaluate("view.overlay.guest.place(2.5)")
    assert min(expected[2:4, 0]) - 0.1 < between[0] < max(expected[2:4, 0]) + 0.1
    shown.button("Clear").click()
    assert shown.view.evaluate("view.overlay.guest") is None


def test_a_drawing_goes_on_while_the_film_plays(
    show: Callable[..., Drawn], digits: sl.Dataset, run: sl.Run
) -> None:
    shown = show(run, digits)
    shown.view.evaluate("view.play(true)")
    shown.draw(SEVEN)
    assert shown.view.evaluate("view.overlay.guest.place(view.p)") is not None
    shown.view.rest()
    assert shown.view.evaluate("view.p") == 4
    assert shown.is_marked()


def test_without_weights_of_other_frames_a_drawing_is_marked_at_the_last_only(
    show: Callable[..., Drawn], digits: sl.Dataset
) -> None:
    shown = show(sl.shipped_run(), digits)
    expect(shown.page.locator("#facts")).to_contain_text("at the last frame only, as the run has")
    shown.draw(SEVEN)
    assert shown.is_marked()
    shown.view.evaluate("view.set({ frame: 1 })")
    assert not shown.is_marked()
    # A new stroke shows the last frame, and comes into sight on a map that shows another part.
    shown.view.evaluate("view.camera.pan(9000, 9000)")
    shown.draw(SEVEN)
    assert shown.is_marked()
    x, y = shown.view.evaluate("view.toScreen(view.overlay.guest.place(view.p))")
    box = there(shown.view.stage.bounding_box())
    assert 0 < x < box["width"]
    assert 0 < y < box["height"]


def test_an_invented_symbol_is_found_again(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset]
) -> None:
    shown = show(*letters)
    shown.draw(HOUSE)
    assert "house" not in shown.verdict.inner_text()
    shown.pad.get_by_label("Name").fill("house")
    shown.button("Add it as an example").click()
    expect(shown.pad.get_by_role("status")).to_have_text(re.compile("“house” can be found now"))
    expect(shown.pad.get_by_role("listitem")).to_have_count(1)
    expect(shown.button("Add it as an example")).to_be_disabled()  # the pad is empty again
    shown.draw(SECOND)
    expect(shown.pad.get_by_role("status")).to_be_empty()
    expect(shown.verdict).to_have_text(re.compile("^The nearest is house"))
    expect(shown.neighbours.first).to_contain_text("your example")
    expect(shown.neighbours.first).to_have_class("added")
    assert shown.shown[0] == 19
    shown.button("Remove house").click()
    expect(shown.pad.get_by_role("listitem")).to_have_count(0)
    assert 19 not in shown.shown
    assert "house" not in shown.verdict.inner_text()
    shown.button("Clear").click()
    expect(shown.pad.get_by_text("draw here")).to_be_visible()


def test_examples_of_one_name_are_removed_one_by_one(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset]
) -> None:
    shown = show(*letters)
    for strokes in (HOUSE, SECOND, SEVEN):
        shown.draw(strokes)
        shown.button("Add it as an example").click()
    expect(shown.pad.get_by_text("Kept while this page is open")).to_be_visible()
    shown.button("Remove my symbol, example 2").click()
    expect(shown.pad.get_by_role("status")).to_have_text("One example of “my symbol” was removed.")
    expect(shown.button("Remove my symbol, example 2")).to_be_focused()  # the third, before
    shown.page.keyboard.press("Enter")
    expect(shown.button("Remove my symbol, example 1")).to_be_focused()
    shown.page.keyboard.press("Enter")
    expect(shown.pad.locator(".sx-ink")).to_be_focused()
    expect(shown.pad.get_by_text("Kept while this page is open")).to_be_hidden()


def test_strokes_are_undone_and_an_empty_pad_changes_nothing(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset]
) -> None:
    shown = show(*letters)
    shown.view.evaluate("view.select([])")
    for name in ("Undo", "Clear"):
        shown.button(name).click()
    assert shown.view.evaluate("view.selected") == []  # or it would be the test image
    shown.draw(HOUSE)
    shown.button("Find").focus()
    shown.page.keyboard.press("Control+z")
    assert len(shown.page.evaluate("explorer.pad.strokes")) == len(HOUSE) - 1
    shown.pad.get_by_label("Name").focus()
    shown.page.keyboard.press("Control+z")
    assert len(shown.page.evaluate("explorer.pad.strokes")) == len(HOUSE) - 1


def test_the_test_image_comes_back_by_its_number(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset]
) -> None:
    shown = show(*letters)
    chosen = shown.page.locator("#thumbs [aria-pressed=true]")
    expect(chosen).to_have_count(1)
    shown.draw(HOUSE)
    expect(chosen).to_have_count(0)
    shown.page.locator("#index").fill("0")
    shown.page.keyboard.press("Enter")
    assert shown.page.locator(".query .name").inner_text() == LETTERS[0]
    expect(chosen).to_have_count(1)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (360, 740)])
def test_the_answer_is_in_sight_while_one_draws(
    show: Callable[..., Drawn], digits: sl.Dataset, width: int, height: int, dark: bool
) -> None:
    shown = show(sl.shipped_run(), digits, width=width, height=height, dark=dark)
    if width < 900:  # one column: the pad is below the map
        shown.pad.evaluate("pad => pad.scrollIntoView()")
    top = shown.page.evaluate("scrollY")
    for _ in range(3):
        shown.draw(SEVEN)
        for part in (shown.verdict, shown.neighbours.first.locator(".name")):
            box = there(part.bounding_box())
            assert 0 < box["y"] < box["y"] + box["height"] <= height
        shown.button("Add it as an example").click()
    assert shown.page.evaluate("scrollY") == top


def test_names_that_are_read_from_right_to_left_leave_the_words_around_them(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset]
) -> None:
    run, data = letters
    names = tuple(f"{chr(0x5D0 + i)}אב" for i in range(len(data.class_names)))
    hebrew = sl.Dataset(data.train, data.test, names, data.source, data.name)
    shown = show(run, hebrew)
    assert words_as_seen(shown.verdict)[-1] in names
    shown.draw(HOUSE)
    expect(shown.verdict).to_have_text(re.compile("^The nearest is"))
    assert words_as_seen(shown.verdict) == re.findall(r"\w+", shown.verdict.inner_text())
    assert len({*words_as_seen(shown.verdict)} & {*names}) > 0


def test_an_example_of_a_known_class_votes_for_it(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset]
) -> None:
    shown = show(*letters)
    for _ in range(2):
        shown.draw(HOUSE)
        shown.pad.get_by_label("Name").fill("")
        shown.button("Add it as an example").click()
        expect(shown.pad.get_by_role("status")).to_have_text("Give it a name first.")
        shown.pad.get_by_label("Name").fill("K")
        shown.page.keyboard.press("Tab")
        shown.page.keyboard.press("Enter")
    shown.draw(HOUSE)
    expect(shown.verdict).to_have_text(re.compile("^The nearest is K. [23] of 5 say K."))
    shown.page.get_by_role("button", name="Next test image").click()
    assert shown.page.locator(".query .name").inner_text() == LETTERS[1]
    shown.button("Find").click()
    expect(shown.verdict).to_have_text(re.compile("^The nearest is K"))


def test_a_second_finger_does_not_change_a_stroke(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset]
) -> None:
    shown = show(*letters)
    canvas = shown.pad.locator(".sx-ink")
    canvas.scroll_into_view_if_needed()
    box = there(canvas.bounding_box())
    touch = shown.page.context.new_cdp_session(shown.page)

    def touches(kind: str, places: dict[int, float]) -> None:
        """Put, move or lift fingers: by their number, the part of the square's diagonal."""
        points = [
            {
                "id": finger,
                "x": box["x"] + part * box["width"],
                "y": box["y"] + part * box["height"],
            }
            for finger, part in places.items()
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touches("touchStart", {0: 0.1})
    touches("touchMove", {0: 0.2})
    touches("touchStart", {0: 0.2, 1: 0.9})
    touches("touchMove", {0: 0.2, 1: 0.7})
    touches("touchEnd", {1: 0.7})
    assert shown.page.evaluate("explorer.pad.drawing") is None  # the first finger still draws
    touches("touchMove", {0: 0.4})
    touches("touchEnd", {0: 0.4})
    (stroke,) = shown.page.evaluate("explorer.pad.strokes")
    np.testing.assert_allclose(stroke, [[part, part] for part in (0.1, 0.2, 0.4)], atol=0.01)


@pytest.mark.parametrize("width", [320, 360, 390, 800, 1200, 1920])
def test_it_fits_any_width_and_everything_has_a_name(
    show: Callable[..., Drawn], letters: tuple[sl.Run, sl.Dataset], width: int
) -> None:
    shown = show(*letters, width=width, dark=width > 1000)
    shown.draw(HOUSE)
    shown.pad.get_by_label("Name").fill("a name that is as long as names may be, and hardly so")
    shown.button("Add it as an example").click()
    shown.draw(SECOND)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == width
    spilled = shown.page.evaluate(
        """() => [...document.querySelectorAll("#search button")].filter(
          button => button.scrollHeight > button.clientHeight
            || button.scrollWidth > button.clientWidth).map(button => button.textContent)"""
    )
    assert spilled == []
    unnamed = shown.page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, [tabindex]")].filter(
          element => !(element.getAttribute("aria-label") || element.labels?.length
            || element.textContent.trim())).map(element => element.outerHTML)"""
    )
    assert unnamed == []


def test_a_page_of_another_tower_has_no_pad(show: Callable[..., Drawn], digits: sl.Dataset) -> None:
    tower = sl.photo_tower((28, 28, 1), 4)
    run = sl.Run(tower, [0], [weight.numpy()[None] for weight in tower.weights])
    shown = show(run, digits)
    assert shown.pad.count() == 0
    assert not shown.page.locator("#draw").is_visible()
    assert "draw" not in shown.page.locator("#search").inner_text()
