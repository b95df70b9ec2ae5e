"""Chromium and JupyterLab, driven as the browser tests drive them."""

from __future__ import annotations

import sys

from benchmarks.tools.fresh import ROOT

sys.path.append(str(ROOT / "tests"))  # where the modules that the tests share are

from browser import Lab, chromium

__all__ = ["Lab", "chromium"]
