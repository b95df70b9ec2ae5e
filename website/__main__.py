"""Write the book as a folder of pages: ``python -m website``.

The pages need no kernel, no server and no network. Chapters run first, unless they have run before
and nothing has changed since; then Sphinx makes pages of them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from website.build import Site
from website.chapters import ROOT, run
from website.check import complaints


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the site, and complain about what a reader would miss."""
    parser = argparse.ArgumentParser(prog="python -m website", description=__doc__)
    parser.add_argument("chapters", nargs="*", help="names of chapters, by default all")
    parser.add_argument("--book", type=Path, default=ROOT / "notebooks", help="folder of chapters")
    parser.add_argument("--out", type=Path, default=ROOT / "build/site", help="folder to write to")
    given = parser.parse_args(arguments)
    started = time.monotonic()
    book = {path.stem: path for path in sorted(given.book.glob("[0-9]*.ipynb"))}
    unknown = set(given.chapters) - set(book)
    if unknown or not book:
        parser.error(f"{given.book} has the chapters {[*book]}, and not {sorted(unknown)}.")
    names = [name for name in book if name in (given.chapters or book)]
    chapters = [run(book[name], given.out / "chapters") for name in names]
    pages = given.out / "html"
    shutil.rmtree(pages, ignore_errors=True)
    Site(given.out).write(chapters, pages, partial=len(chapters) < len(book))
    wrong = complaints(pages)
    if wrong:
        sys.exit("\n".join(wrong))
    size = sum(file.stat().st_size for file in pages.rglob("*") if file.is_file()) / 1e6
    seconds = time.monotonic() - started
    print(f"{pages / 'index.html'}: {len(chapters)} chapters, {size:.1f} MB, in {seconds:.0f} s")


if __name__ == "__main__":
    main()
