"""Every exported page, light and dark: accessibility, contrast, and four windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from accessibility import pale, violations
from browser import chromium, note_faults
from every_view import VIEWS, write_pages
from laid_out import SIZES, layout_faults
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*VIEWS, "run"])
def test_a_page_can_be_used_and_read_in_every_window(
    browser: Browser, pages: dict[str, Path], name: str, scheme: Literal["light", "dark"]
) -> None:
    errors: list[str] = []
    page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
    note_faults(page, errors)
    page.goto(pages[name].as_uri())
    page.locator(".siamese").first.wait_for()
    faults = [*violations(page), *pale(page)]
    for size in SIZES:
        faults += layout_faults(page, "body", *size)
    assert not faults, "\n".join(faults)
    page.close()
    assert errors == []
