"""Bring the committed results into the README and ``benchmarks/README.md``.

``python -m benchmarks.published.readme`` writes both. A test checks that they say what the
results say, so that no figure in them is typed by hand.
"""

from __future__ import annotations

from benchmarks.published.summary import summary
from benchmarks.tools.fresh import ROOT
from benchmarks.tools.results import PARTS, load_result, part_module

README = ROOT / "README.md"
REPORT = ROOT / "benchmarks" / "README.md"
START, END = "<!-- results -->\n", "<!-- /results -->"
HEAD = """\
# Measured

What `make bench` measured, written by `python -m benchmarks.published.readme` from the files in
[results](results): not by hand. `make bench BENCH_ARGS="step retrieval"` measures these two parts
alone, and one that was interrupted goes on where it stopped. What is compared was measured in one
run, in turns; figures are medians, with the least and the most in brackets.
"""


def main() -> None:
    """Write both files."""
    README.write_text(updated(README.read_text()))
    REPORT.write_text(report())


def updated(text: str) -> str:
    """Return the README with today's results between its two marks."""
    before, rest = text.split(START)
    _, after = rest.split(END)
    return before + START + summary() + END + after


def report() -> str:
    """Write all that was measured, part by part."""
    parts = [HEAD]
    for part, title in PARTS.items():
        result = load_result(part)
        text = "Not measured yet.\n"
        if result is not None:
            text = part_module(part).render(result)
        again = f"`make bench BENCH_ARGS={part}` measures it again.\n"
        parts.append(f"## {title[0].upper()}{title[1:]}\n\n{text.rstrip()}\n\n{again}")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
