"""Settings that the unit tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from siamese_lib.data.cache_folder import cache_folder

# The first example of a test may import TensorFlow, so time says nothing about the code; and
# a red test must be red again when it is run again.
settings.register_profile("siamese", deadline=None, derandomize=True)
settings.load_profile("siamese")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the folders that tests load out of the user's cache, but use what was downloaded."""
    folder = tmp_path_factory.mktemp("cache")
    for file in cache_folder().glob("*mnist*"):
        (folder / file.name).symlink_to(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIAMESE_CACHE", str(folder))
        yield
