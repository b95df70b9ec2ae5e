"""Packages that the extra ``scale`` installs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

INSTALL = "pip install 'siamese-lib[scale]'"


@contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Say what needs a package that the ``with`` block cannot import, and how to install it.

    Raises:
        ImportError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{what} needs the package {error.name}, which is not installed. Install it: {INSTALL}"
        ) from error
