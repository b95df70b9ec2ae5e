"""``make bench``, or ``python -m benchmarks [PART ...]``: measure, print tables, write results."""

from __future__ import annotations

import argparse
import importlib

PARTS = ("training", "live", "views", "explorer", "retrieval")


def main() -> None:
    """Run the parts that were asked for, or all of them."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(PARTS)}")
    wanted = parser.parse_args().parts or PARTS
    unknown = set(wanted) - set(PARTS)
    if unknown:
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {PARTS}.")
    for part in wanted:
        importlib.import_module(f"benchmarks.{part}").main()


if __name__ == "__main__":
    main()
