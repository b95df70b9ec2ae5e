"""Rules for every test: a quiet TensorFlow, and what nbval compares when it runs a chapter."""

from __future__ import annotations

import os
import signal

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

# Inherited by the kernels and scripts that tests start.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# A shell that starts the tests in the background has them ignore Ctrl-C, which some of them press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Markup and pictures carry random ids; nbval itself already passes over PNG and JPEG.
NOT_COMPARED = ("application/javascript", "image/gif", "image/svg+xml", "stderr", "text/html")


def pytest_collectstart(collector: pytest.Collector) -> None:
    if isinstance(collector, IPyNbFile):
        # nbval has no types.
        collector.skip_compare += NOT_COMPARED  # pyright: ignore[reportAttributeAccessIssue]


def pytest_itemcollected(item: pytest.Item) -> None:
    if isinstance(item, IPyNbCell):
        item.add_marker("notebooks")


def without_views(outputs: list[dict]) -> list[dict]:
    """Leave out plotly figures, widgets and their stills whole.

    The text that figures and widgets come with holds random ids too. nbval does not see that the
    still of a live view replaces an empty output.
    """

    def is_view(output: dict) -> bool:
        data = output.get("data", {"text/plain": ""})
        return "text/plain" not in data or any(m.startswith("application/vnd.") for m in data)

    return [output for output in outputs if not is_view(output)]


def compare_words(cell: IPyNbCell, new: list[dict], saved: list[dict]) -> bool:
    return compare_everything(cell, without_views(new), without_views(saved))


compare_everything = IPyNbCell.compare_outputs
IPyNbCell.compare_outputs = compare_words
