"""The page of a report as a reader meets it: a verdict, tables to sort, and answers that open."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from accessibility import MARK, violations
from browser import chromium, note_faults
from laid_out import SIZES, layout_faults
from PIL import Image
from playwright.sync_api import Page

import siamese_lib as sl
from siamese_lib.colors import contrast

pytestmark = pytest.mark.browser
NAMES = ("a & b", "<i>name", "green", "blue", "a very long name of a class, as folders have")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> sl.Report:
    folder = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(0)
    for number, name in enumerate(NAMES):
        (folder / "photos" / name).mkdir(parents=True)
        for file in range(12 + number):
            pixels = rng.integers(0, 90, (24, 20, 3)) + 40 * np.array([number, 4 - number, 1])
            path = folder / "photos" / name / f"{file} #100%.png"
            Image.fromarray(pixels.astype(np.uint8)).save(path)
    recipe = sl.Recipe(embedding_dim=4, steps=60, batch_size=20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the data, if at all
        return sl.report(
            folder / "photos", folder / "page.html", image_size=16, recipe=recipe, minutes=0.5,
            verbose=False,
        )  # fmt: skip


@pytest.fixture
def page(made: sl.Report) -> Iterator[Page]:
    errors: list[str] = []
    with chromium() as browser:
        context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900})
        page = context.new_page()
        note_faults(page, errors)
        page.goto(made.page.as_uri())
        page.wait_for_selector("#neighbours li")
        yield page
    assert errors == []


def test_the_verdict_is_first(made: sl.Report, page: Page) -> None:
    assert page.locator("section h2").first.inner_text() == "Verdict"
    assert page.locator(".lead").inner_text() == made.verdict[0]
    shown = page.locator(".words").first.locator("li").all_inner_texts()
    assert shown == made.verdict[1:]
    assert page.locator("i").filter(has_text="name").count() == 0  # a class name is no markup


def test_the_advice_follows_the_verdict(made: sl.Report, page: Page) -> None:
    assert made.advice
    words = page.locator(".words").nth(1)
    assert words.locator("h2").inner_text() == "What you can do next"
    plain = [advice.replace("`", "") for advice in made.advice]
    assert words.locator("li").all_inner_texts() == plain
    code = re.findall("`(.+?)`", " ".join(made.advice))
    assert code
    assert words.locator("li code").all_inner_texts() == code


def as_hex(color: str) -> str:
    """Return a colour as "#rrggbb", from ``rgb(1, 2, 3)``."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", color)[:3])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_of_the_colour_of_the_page_has_an_edge(
    page: Page, theme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=theme)
    ground = page.locator("section.table").first.evaluate(
        "section => getComputedStyle(section).backgroundColor"
    )
    for picture in ("td.picture img", "#neighbours canvas", "#thumbs canvas", ".query canvas"):
        style, edge = page.locator(picture).first.evaluate(
            "it => [getComputedStyle(it).outlineStyle, getComputedStyle(it).outlineColor]"
        )
        assert style == "solid", picture
        assert contrast(as_hex(edge), as_hex(ground)) >= MARK, (picture, ground, edge)


def test_tables_are_sorted_by_a_click_or_a_key(made: sl.Report, page: Page) -> None:
    table = page.locator("section.table").filter(has_text="training images").last
    column = table.locator("tbody td:nth-child(2)")
    counts = sorted(made.there.train.tolist())
    table.get_by_role("button", name="training images").click()
    assert [int(text) for text in column.all_inner_texts()] == counts
    assert table.locator("th[aria-sort=ascending]").inner_text().startswith("training images")
    page.keyboard.press("Enter")
    assert [int(text) for text in column.all_inner_texts()] == counts[::-1]
    table.get_by_role("button", name="class", exact=True).click()
    names = table.locator("tbody td:first-child").all_inner_texts()
    assert sorted(names) == sorted(made.there.class_names)
    assert len(table.locator("th[aria-sort]").all()) == 1


def test_a_found_file_opens_from_its_answer(made: sl.Report, page: Page) -> None:
    link = page.locator("#neighbours a").first
    href = link.evaluate("link => link.href")
    with page.context.expect_page() as opened:
        link.click()
    assert opened.value.url == href
    assert opened.value.locator("img").evaluate("image => image.naturalHeight") == 24
    number = int(re.sub(r"\D", "", link.inner_text()))
    assert Path(made.data.path("train", number)).as_uri() == href


def test_pictures_in_tables_have_names_and_lead_to_their_files(page: Page) -> None:
    pictures = page.locator("td.picture a")
    assert pictures.count() > 10
    for picture in pictures.all()[:10]:
        assert picture.locator("img").get_attribute("alt")
        assert picture.evaluate("link => link.href").startswith("file:///")


@pytest.mark.parametrize("width", [800, 1280])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_and_read_in_every_window(
    page: Page, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    faults = violations(page)
    for size in SIZES:
        faults += layout_faults(page, "body", *size)
    assert not faults, "\n".join(faults)
