"""An exported page as a reader meets it: opened from disk, with the network cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks import ATTACKS
from browser import AS_IF_HARDWARE, NO_WEBGL, ViewOnPage, chromium, note_faults
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page
from there import there
from tiny_training import SHAPE, Training, corners, corners_dataset

import siamese_lib as sl
from siamese_lib.export import page as pages
from siamese_lib.texts import printable

pytestmark = pytest.mark.browser
DIGITS = corners_dataset()
# Every image twice and one of them six times, so that neighbours lie equally far.
TRAIN = sl.Split(
    np.concatenate([DIGITS.train.images, DIGITS.train.images, DIGITS.train.images[[3] * 4]]),
    np.concatenate([DIGITS.train.labels, DIGITS.train.labels, DIGITS.train.labels[[3] * 4]]),
)
TWINS = sl.Dataset(TRAIN, DIGITS.test, DIGITS.class_names, "made here", "twins")
# 70 images of the classes in another order: a wrong label for some.
MIXED = sl.Split(corners(70, seed=2).images, np.arange(70) // 5 % 4)


# What Chromium says of its own way to bring WebGL to the page where SwiftShader acts it out.
STALL = "GPU stall due to ReadPixels"


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return Training(steps=18, frames=5, tower=sl.conv_tower(SHAPE, 5, seed=0)).fit().run


@pytest.fixture(scope="module", params=["webgl2", "canvas"])
def renderer(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def browser(renderer: str) -> Iterator[Browser]:
    with chromium(*(NO_WEBGL if renderer == "canvas" else ())) as browser:
        yield browser


@pytest.fixture
def show(
    browser: Browser, renderer: str, run: sl.Run, tmp_path: Path
) -> Iterator[Callable[..., Exported]]:
    """Export and open a page; whatever it complains of, or asks of a network, fails the test."""
    errors: list[str] = []
    contexts = []

    def heard(message: ConsoleMessage) -> None:
        if STALL not in message.text:
            errors.append(message.text)

    def asked(dialog: Dialog) -> None:
        errors.append(dialog.message)
        dialog.dismiss()

    def open_page(digits: sl.Dataset = TWINS, *, width: int = 1200, **options: Any) -> Exported:
        path = sl.export_html(run, digits, tmp_path / "page.html", **{"playing": False, **options})
        context = browser.new_context(offline=True, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(AS_IF_HARDWARE)
        note_faults(page, errors)
        page.on("console", heard)
        page.on("dialog", asked)
        page.goto(path.as_uri())
        exported = Exported(page, run, digits)
        assert exported.view.renderer == renderer
        return exported

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


class Exported:
    """What a reader sees of an exported page, beside what Python finds."""

    def __init__(self, page: Page, run: sl.Run, digits: sl.Dataset) -> None:
        self.page, self.digits = page, digits
        self.view = ViewOnPage(page)
        self.view.rest()
        self.vectors = run.embed(digits.train.images)
        self.queries = run.embed(digits.test.images)

    def by_id(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def query(self) -> int:
        return int(self.by_id("index").input_value())

    @property
    def shown(self) -> list[tuple[int, float]]:
        """Row and distance of each neighbour on the page."""
        items = self.by_id("neighbours").locator("li").all()
        return [
            (
                int(there(item.get_attribute("data-row"))),
                float(there(item.get_attribute("data-distance"))),
            )
            for item in items
        ]

    def assert_right(self, query: int, k: int = 7, metric: str = "euclidean") -> None:
        """What the page shows of a test image is what `Gallery` finds."""
        assert self.query == query
        gallery = sl.Gallery(self.vectors, metric=metric)
        indices, distances = gallery.nearest(self.queries[query : query + 1], k)
        assert [row for row, _ in self.shown] == indices[0].tolist()
        np.testing.assert_allclose([far for _, far in self.shown], distances[0], rtol=2e-7)
        names, labels = self.digits.class_names, self.digits.train.labels[indices[0]]
        own = self.digits.test.labels[query]
        signs = [f"{'✓' if label == own else '✗'} {names[label]}" for label in labels]
        items = self.by_id("neighbours").locator("li")
        assert items.locator(".name").all_inner_texts() == signs
        assert [item.get_attribute("class") for item in items.all()] == [
            "right" if label == own else "wrong" for label in labels
        ]
        accuracy = sl.metrics.knn_accuracy(labels[None], [own])
        verdict = self.by_id("verdict").inner_text()
        assert verdict.startswith("✓" if accuracy else "✗")
        won = names.index(verdict.split(" say ")[1])
        assert f" {(labels == won).sum()} of {k} say " in f" {verdict[2:]}"
        assert self.view.evaluate("view.selected") == [query]


def mixed() -> sl.Dataset:
    return sl.Dataset(MIXED, MIXED, DIGITS.class_names, "made here", "mixed")


def test_the_film_plays_from_disk_without_a_network(show: Callable[..., Exported]) -> None:
    shown = show()
    assert "48 test images" in shown.by_id("facts").inner_text()
    shown.view.page.keyboard.press("Tab")
    before = shown.view.picture()
    shown.view.button("Play").click()
    shown.view.until("view.p > 1 && view.p < 3")
    during = shown.view.picture()
    shown.view.until("!view.playing")
    shown.view.rest()
    assert len({before, during}) == 2
    assert shown.view.words == "step 18"


def test_it_begins_to_play_unless_motion_is_unwelcome(
    show: Callable[..., Exported], browser: Browser, tmp_path: Path
) -> None:
    shown = show(playing=True)  # rest() has waited for the end
    assert shown.view.words == "step 18"
    shown.page.wait_for_function("() => location.hash === ''")  # half a second after the end
    shown.page.reload()
    shown.view.until("view.playing && view.p < 3")
    with browser.new_context(reduced_motion="reduce") as context:
        calm = context.new_page()
        calm.goto((tmp_path / "page.html").as_uri())
        view = ViewOnPage(calm)
        assert view.evaluate("[view.playing, view.p]") == [False, 4]


def test_neighbours_are_those_of_the_library(show: Callable[..., Exported]) -> None:
    shown = show()
    shown.assert_right(0)
    for query in (3, 47):
        shown.by_id("index").fill(str(query))
        shown.by_id("index").press("Enter")
        shown.assert_right(query)
    for k in ("1", "20", "50"):
        shown.by_id("k").select_option(k)
        shown.assert_right(47, int(k))
    shown.by_id("metric").select_option("cosine")
    shown.assert_right(47, 50, "cosine")
    shown.by_id("index").fill("9999")
    shown.by_id("index").press("Enter")
    shown.assert_right(47, 50, "cosine")  # the last there is


def test_every_test_image_is_answered_as_the_library_does(show: Callable[..., Exported]) -> None:
    shown = show(k=20, metric="cosine")
    for metric in ("cosine", "euclidean"):
        shown.by_id("metric").select_option(metric)
        answers = shown.page.evaluate(
            """() => Array.from({ length: explorer.search.count }, (_, query) =>
              explorer.search.nearest(query).map(({ row }) => row))"""
        )
        indices, _ = sl.Gallery(shown.vectors, metric=metric).nearest(shown.queries, 20)
        assert answers == indices.tolist()


def test_a_click_on_the_map_asks(show: Callable[..., Exported]) -> None:
    shown = show()
    shown.page.mouse.click(*shown.view.place_of(11))
    shown.assert_right(shown.query)
    place = shown.view.place_of(11)
    assert shown.view.place_of(shown.query) == pytest.approx(place, abs=3)
    shown.page.keyboard.press("Escape")  # lets go on the map; the answer stays
    assert shown.view.evaluate("view.selected") == []
    assert len(shown.shown) == 7


def test_buttons_ask(show: Callable[..., Exported]) -> None:
    shown = show()
    shown.button("Previous test image").click()
    shown.assert_right(47)
    shown.button("Next test image").click()
    shown.assert_right(0)
    seen = set()
    for _ in range(12):
        shown.button("Random").click()
        shown.assert_right(shown.query)
        seen.add(shown.query)
    assert len(seen) > 1


def test_mistakes_are_found(show: Callable[..., Exported]) -> None:
    shown = show(mixed())
    assert not shown.by_id("verdict").inner_text().startswith("✗")
    shown.button("Find a mistake").click()
    shown.assert_right(shown.query)
    assert shown.by_id("verdict").inner_text().startswith("✗")
    gallery = sl.Gallery(shown.vectors)
    indices, _ = gallery.nearest(shown.queries, 7)
    labels = MIXED.labels[indices]
    wrong = [
        query
        for query in range(60)
        if not sl.metrics.knn_accuracy(labels[query : query + 1], MIXED.labels[query : query + 1])
    ]
    marked = shown.by_id("thumbs").locator("button:has(.wrong)").all()
    assert [int(there(thumb.get_attribute("data-query"))) for thumb in marked] == wrong
    assert wrong


def test_where_there_is_no_mistake_it_says_so(show: Callable[..., Exported]) -> None:
    shown = show(
        sl.Dataset(DIGITS.train, DIGITS.train, DIGITS.class_names, "made here", "same"), k=1
    )
    shown.button("Find a mistake").click()
    assert shown.by_id("verdict").inner_text() == "There is no other mistake."


def test_the_test_images_are_leafed_through(show: Callable[..., Exported]) -> None:
    shown = show(mixed())
    thumbs = shown.by_id("thumbs").locator("button")
    assert thumbs.count() == 60
    assert shown.page.get_by_text("1–60 of 70").is_visible()
    assert shown.button("Earlier images").is_disabled()
    shown.button("Later images").click()
    assert thumbs.count() == 10
    assert shown.button("Later images").is_disabled()
    thumbs.nth(4).click()
    shown.assert_right(64)
    assert thumbs.nth(4).get_attribute("aria-pressed") == "true"
    shown.page.get_by_label("Class", exact=True).select_option("se")
    assert thumbs.count() == (MIXED.labels == 3).sum()
    thumbs.first.click()
    assert MIXED.labels[shown.query] == 3
    pixels = shown.page.evaluate(
        """() => [...document.querySelector(".query canvas").getContext("2d")
          .getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0)"""
    )
    assert pixels == MIXED.images[shown.query].ravel().tolist()


def test_images_in_sheets_are_shown(
    show: Callable[..., Exported], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_EXACT", 1)
    monkeypatch.setattr(pages, "_QUALITIES", (95,))
    shown = show()
    shown.by_id("index").fill("30")
    shown.by_id("index").press("Enter")
    shown.assert_right(30)
    pictures = {".query canvas": DIGITS.test.images[30]}
    pictures["#neighbours canvas"] = TRAIN.images[shown.shown[0][0]]
    for place, image in pictures.items():
        pixels = shown.page.evaluate(
            """place => [...document.querySelector(place).getContext("2d")
              .getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0)""",
            place,
        )
        assert np.abs(np.array(pixels) - image.ravel()).mean() < 25


def test_an_image_of_no_known_class_is_neither_right_nor_wrong(
    show: Callable[..., Exported], run: sl.Run
) -> None:
    film = run.film(
        DIGITS.test.images, DIGITS.test.labels, class_names=DIGITS.class_names,
        extra=corners(1, seed=5).images,
    )  # fmt: skip
    shown = show(film=film)
    shown.button("Previous test image").click()
    assert shown.query == 48
    for words in [shown.by_id("verdict").inner_text(), shown.by_id("neighbours").inner_text()]:
        assert "✓" not in words
        assert "✗" not in words
    assert "of 7 say nw" in shown.by_id("verdict").inner_text()


def test_names_that_look_like_markup_are_read_as_written(show: Callable[..., Exported]) -> None:
    shown = show(sl.Dataset(TRAIN, DIGITS.test, ATTACKS, "made here", ATTACKS[2]))
    assert shown.page.locator("h1").inner_text().startswith(ATTACKS[2])
    assert shown.page.locator("img, script:not([type])").count() == 0
    for query in range(4):
        shown.by_id("index").fill(str(query))
        shown.by_id("index").press("Enter")
        assert shown.page.locator(".query .name").text_content() == printable(ATTACKS[query])


@pytest.mark.parametrize("width", [320, 390, 760, 1200, 1600])
def test_it_fits_any_width(show: Callable[..., Exported], width: int) -> None:
    shown = show(width=width)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == width
    map_box, search_box = (there(shown.by_id(name).bounding_box()) for name in ("map", "search"))
    beside = search_box["x"] > map_box["x"] + 100
    assert beside == (width > 900)


def test_everything_that_acts_has_a_name(show: Callable[..., Exported]) -> None:
    shown = show()
    unnamed = shown.page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, [tabindex]")].filter(
          element => !(element.getAttribute("aria-label") || element.labels?.length
            || element.textContent.trim())).map(element => element.outerHTML)"""
    )
    assert unnamed == []
    assert shown.page.get_by_label("Test image", exact=True).get_attribute("id") == "index"
