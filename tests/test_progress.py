"""How far a loop is: a bar only where it can be drawn over, and else a line now and then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from siamese_lib import progress

ROOT = Path(__file__).parents[1]


class Clock:
    """A clock that an item of work moves on by `each` seconds."""

    def __init__(self, each: float) -> None:
        self.now, self.each = 0.0, each

    def monotonic(self) -> float:
        return self.now

    def work(self, count: int) -> list[int]:
        """Do `count` items with a bar, and return them."""
        done = []
        for item in progress.progress_bar(range(count), "reading photos", "file"):
            self.now += self.each
            done.append(item)
        return done


@pytest.mark.parametrize(
    ("each", "lines"),
    [
        (0.0009, []),  # quick work says nothing
        (
            1 / 32,  # 10 seconds are 320 items
            [
                "reading photos: 320 of 1,000 files",
                "reading photos: 640 of 1,000 files",
                "reading photos: 960 of 1,000 files",
            ],
        ),
    ],
)
def test_a_file_gets_a_line_now_and_then(
    each: float, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    clock = Clock(each)
    monkeypatch.setattr(progress, "time", clock)
    assert clock.work(1000) == list(range(1000))
    said = capsys.readouterr().err
    assert said.splitlines() == lines
    assert "\r" not in said


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(progress, "in_terminal", lambda: True)
    assert Clock(0).work(3) == [0, 1, 2]
    assert "\rreading photos" in capsys.readouterr().err


def test_a_program_whose_output_is_a_file_draws_no_bar(tmp_path: Path) -> None:
    code = (
        "from siamese_lib.progress import progress_bar\n"
        "for _ in progress_bar(range(5000), 'reading', 'file'): pass\n"
    )
    log = tmp_path / "log"
    with log.open("wb") as file:
        subprocess.run([sys.executable, "-c", code], stderr=file, check=True, cwd=ROOT)
    assert log.read_bytes() == b""
