"""Bring the committed results into the README and ``benchmarks/README.md``: ``make readme``.

Both texts and both figures come from ``benchmarks/results/*.json`` alone. A test compares them
with what this module writes, so no figure in them is typed by hand.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.parts import PARTS, part_module
from benchmarks.parts.growth import growth_figure
from benchmarks.published import quality_figure
from benchmarks.published.summary import summary
from benchmarks.tools.fresh import ROOT
from benchmarks.tools.markdown import blocks
from benchmarks.tools.results import RESULTS, load_result

README = ROOT / "README.md"
REPORT = ROOT / "benchmarks" / "README.md"
FIGURES = {"quality": quality_figure.figure, "growth": growth_figure.figure}
START, END = "<!-- results -->", "<!-- /results -->"
HEAD = """\
# Benchmarks

Everything that `make bench` has measured. `make readme` writes this page from the files in
[results](results), so no figure here is typed by hand.

What is compared is measured in one run, in turns. A figure is the median, with the least and the
most in brackets, in up to three significant digits; zeros at the end are left out.

`make bench BENCH_ARGS="step retrieval"` measures two parts. A part that was interrupted
continues after its last whole measurement. `BENCH_ARGS="step --quick"` is a short try that writes
nothing.

The parts:"""


def main() -> None:
    """Write the texts and the figures."""
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")


def written() -> dict[Path, str]:
    """Return what each file should hold."""
    results = {name: load_result(name) for name in FIGURES}
    return {
        README: updated(README.read_text(encoding="utf-8")),
        REPORT: report(),
        **{
            RESULTS / f"{name}.svg": FIGURES[name](result)
            for name, result in results.items()
            if result is not None
        },
    }


def updated(text: str) -> str:
    """Return the README with the committed results between its two marks."""
    before, rest = text.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{summary()}\n\n{END}{after}"


def report() -> str:
    """Write everything that was measured, part by part."""
    titles = {part: title[0].upper() + title[1:] for part, title in PARTS.items()}
    contents = "\n".join(f"* [{title}](#{anchor(title)})" for title in titles.values())
    sections = []
    for part, title in titles.items():
        result = load_result(part)
        text = "Not measured yet." if result is None else part_module(part).render(result)
        again = f"`make bench BENCH_ARGS={part}` measures it again."
        sections.append(blocks(f"## {title}", text, again))
    return blocks(HEAD, contents, *sections) + "\n"


def anchor(title: str) -> str:
    """Return the address that GitHub gives a heading."""
    kept = (letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return "".join(kept).replace(" ", "-")


if __name__ == "__main__":
    main()
