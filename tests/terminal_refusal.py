"""How a command of the terminal refuses what it was given."""

from __future__ import annotations

import re

import pytest

from siamese_lib.__main__ import main


def assert_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Exit status 2, and one line that says why."""
    try:
        status: object = main(arguments)
    except SystemExit as error:  # as argparse does it, after a line of usage
        status = error.code
    said = capsys.readouterr().err.splitlines()
    assert status == 2
    assert re.search(message, said[-1])
    assert all("Traceback" not in line for line in said)
    assert len(said) == 1 or said[0].startswith("usage: ")
