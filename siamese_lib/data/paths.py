"""The path of a file or folder, as a user gives it."""

from __future__ import annotations

import os
from pathlib import Path

from siamese_lib.data.dataset import DataError
from siamese_lib.texts import located, shortened


def given_path(path: str | bytes | os.PathLike[str]) -> Path:
    """Return a path, of which the file or folder may be missing. ``~`` is the home folder.

    Raises:
        DataError: it is no path, or is empty, or the system cannot look it up, as it is too long or
            a folder in it is private.
    """
    if not isinstance(path, str | bytes | os.PathLike) or not os.fspath(path):
        raise DataError.about(
            "path",
            found=shortened(repr(path)),
            expected="the path of a file or folder",
            remedy='For the folder that Python runs in, pass ".".',
        )
    text = os.fsdecode(path)
    try:
        found = Path(text).expanduser()
        os.stat(found)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError.about(
            shortened(located(text), 200),
            found=f"a path that cannot be looked up ({reason})",
            expected="the path of a file or folder",
            remedy="Check the path and its permissions.",
        ) from error
    return found
