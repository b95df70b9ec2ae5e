"""The benchmark of the start: each script does what it claims, and the text fits the figures."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.parts import start
from benchmarks.tools import fresh
from benchmarks.tools.clouds import clouds

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


PLOTLY = "plotly, the last frame"


@pytest.mark.parametrize("name", [start.ALONE, start.LIBRARY, start.FILM, start.VIEW, PLOTLY])
def test_scripts_run_and_wait_for_no_keras(name, tmp_path):
    points, labels = clouds(40, 3)
    np.savez(tmp_path / "film.npz", points=points, labels=labels)
    script = (start.IMPORTS | start.PICTURES)[name].format(path=str(tmp_path / "film.npz"))
    assert fresh.python("-c", f"{script}; import sys; print(int('keras' in sys.modules))") == 0


def test_what_needs_a_package_is_a_script():
    assert {*start.NEEDS} <= {*start.IMPORTS, *start.PICTURES}


def turn(factor: float, library: float) -> dict[str, float]:
    seconds: dict[str, float] = dict.fromkeys(start.IMPORTS | start.PICTURES, 2.0 * factor)
    seconds |= {start.ALONE: 0.5 * factor, start.LIBRARY: 0.5 * factor + library}
    del seconds["import torch"]
    return seconds


@pytest.mark.parametrize(("library", "words"), [(0.1, " below"), (0.4, "not below")])
def test_the_text_says_if_the_import_is_quick(library, words):
    result = start.summary([turn(factor, library) for factor in (1, 2, 4)])
    result |= {"machine": MACHINE, "rounds": 3, "not installed": ["torch"]}
    text = start.render(result)
    assert f"takes {library} s, {words.strip()} the goal of 0.3 s" in text
    assert "| Python alone | 1 (0.5 to 2) |" in text
    assert "| plotly, all frames | 3 (1.5 to 6) |" in text
    assert "import torch |" not in text
    assert "Not installed, so left out: torch." in text
