"""What the tests in a browser share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import Lab, chromium


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with chromium() as browser, Lab(tmp_path_factory.mktemp("lab"), browser) as lab:
        yield lab
