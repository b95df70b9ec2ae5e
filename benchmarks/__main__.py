"""``make bench``, or ``python -m benchmarks [PART ...]``: measure, print tables, write results.

A part that was interrupted continues where it stopped when it is run again. Each part writes
``benchmarks/results/PART.json``, with the date, the machine and the versions next to the figures.
``make readme`` brings them into README.md and benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.parts import PARTS, part_module
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.results import RESULTS, load_result, machine, save_result


def main() -> None:
    """Run the parts that were asked for, or all of them."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    known = "\n".join(f"{part:10} {title}" for part, title in PARTS.items())
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of these:\n{known}")
    parser.add_argument("--quick", action="store_true", help="a short try that writes nothing")
    parser.add_argument(
        "--restart", action="store_true", help="start an interrupted part from the beginning"
    )
    options = parser.parse_args()
    wanted = options.parts or list(PARTS)
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; the parts are {', '.join(PARTS)}.")
    if len(wanted) == 1:
        run(*wanted, quick=options.quick, restart=options.restart)
        return
    flags = [flag for flag in ("quick", "restart") if getattr(options, flag)]
    for number, part in enumerate(wanted, start=1):
        print(f"\n== {part} ({number} of {len(wanted)}): {PARTS[part]}", flush=True)
        # A process of its own, so that nothing that one part leaves behind slows the next.
        command = [sys.executable, "-m", "benchmarks", part, *(f"--{flag}" for flag in flags)]
        if subprocess.run(command, check=False).returncode:
            sys.exit(f"{part} failed; the parts after it were not measured.")


def run(part: str, *, quick: bool, restart: bool = False) -> None:
    """Measure one part and print the result; unless it is a quick try, write it too."""
    try:
        module = part_module(part)
        folder = None if quick else RESULTS / "unfinished"
        anywhere = getattr(module, "ANYWHERE", False)
        ledger = Ledger(part, module.COMPARED, folder=folder, anywhere=anywhere)
        if restart:
            ledger.forget()
        result = {"machine": machine(module.COMPARED), **module.measure(ledger, quick=quick)}
    except ModuleNotFoundError as missing:
        print(f"{part}: left out, as it needs {missing.name}. `make bench` installs it.")
        return
    before, partly = load_result(part), result.get("status") == "partly measured"
    if partly and not quick:
        print(f"{part}: only partly measured here, so nothing is written, and the figures are kept")
    elif before is not None and result.get("status") == "not measured":
        print(f"{part}: not measured here, so the result of {before['machine']['date']} stays")
    elif not quick:
        save_result(part, result)
    if not partly:
        ledger.forget()
    if quick:
        print("A quick try with few rounds and small sizes: no figure below is a result.\n")
    print(module.render(result))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The same command continues after the last whole measurement.")
