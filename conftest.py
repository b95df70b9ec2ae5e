"""Rules for every test: a quiet TensorFlow, and what nbval compares when it runs a chapter."""

from __future__ import annotations

import os
import re
import signal

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

# Inherited by the kernels and scripts that tests start.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# A shell that starts the tests in the background has them ignore Ctrl-C, which some of them press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Markup and pictures carry random ids; nbval itself already passes over PNG and JPEG.
# The tag of a cell whose numbers differ from one machine to the next, but not its verdicts.
MEASURED = "measured"
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


def without_numbers(outputs: list[dict]) -> list[dict]:
    """Replace each number by #, with the spaces before it, so that only the words are compared."""

    def masked(text: str | list[str]) -> str:
        return re.sub(r"\s*[-+]?\d[\d,.]*(e[-+]?\d+)?", " #", "".join(text))

    def each(output: dict) -> dict:
        words = {mime: masked(t) for mime, t in output.get("data", {}).items() if "text/" in mime}
        more = {"text": masked(output["text"])} if "text" in output else {}
        data = {"data": {**output["data"], **words}} if words else {}
        return nbformat.NotebookNode({**output, **more, **data})  # nbval wants its kind of dict

    return [each(output) for output in outputs]


def compare_words(cell: IPyNbCell, new: list[dict], saved: list[dict]) -> bool:
    new, saved = without_views(new), without_views(saved)
    if MEASURED in cell.cell.metadata.get("tags", []):
        new, saved = without_numbers(new), without_numbers(saved)
    return compare_everything(cell, new, saved)


compare_everything = IPyNbCell.compare_outputs
IPyNbCell.compare_outputs = compare_words
