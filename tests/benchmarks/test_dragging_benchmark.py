"""The benchmark of dragging: its report, and that what it needs of the tests is there."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.parts import dragging
from benchmarks.tools.fresh import ROOT

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


def test_the_report():
    ms = {
        way: {"median": 10.0 * place, "least": 9.0 * place, "most": 11.0 * place}
        for place, way in enumerate(dragging.WAYS, start=1)
    }
    text = dragging.render({"machine": MACHINE, "chromium": "1", "moves": 40, "ms": ms})
    assert "follows the margin after 10 (9 to 11) ms" in text
    assert "takes 20 (18 to 22)" in text
    for way in dragging.WAYS.values():
        assert way in text


def test_pages_are_driven_outside_of_the_tests_too():
    """The modules that tests share are found without pytest."""
    code = "from benchmarks.tools.driven import Lab, chromium; print(Lab.__name__)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout.split() == ["Lab"], ran.stderr
