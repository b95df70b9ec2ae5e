"""What a part has measured so far, kept on disk, so that an interrupted part can continue."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.tools.results import machine

T = TypeVar("T")


class Ledger:
    """Figures by name, measured once each.

    What is compared takes turns, and a ratio is taken within a turn. One entry is one whole turn,
    so an interruption never puts figures of two days into one ratio.

    Args:
        part: name of the part of the benchmarks.
        compared: packages whose versions matter; entries of other versions or of another machine
            are dropped.
        folder: where unfinished parts are kept; None keeps nothing on disk.
        anywhere: whether to keep entries of other machines with as many cores, for a part that
            compares within an entry only.
    """

    def __init__(
        self,
        part: str,
        compared: tuple[str, ...] = (),
        *,
        folder: Path | None,
        anywhere: bool = False,
    ) -> None:
        self.part = part
        self.path = None if folder is None else folder / f"{part}.json"
        here = machine(compared)
        self._processor = here["processor"]
        any_of_them = {"processor": None, "memory GiB": None} if anywhere else {}
        self._facts = {"machine": {**here, "date": None, **any_of_them}}
        self._entries: dict[str, dict[str, Any]] = {}
        if self.path is not None and self.path.exists():
            kept = json.loads(self.path.read_text())
            if kept["facts"] == self._facts:
                self._entries = kept["entries"]
                print(f"{part}: continues after {len(self._entries)} measurements")
            else:
                print(f"{part}: starts again, as the machine or a version has changed")

    def once(self, name: str, measure: Callable[[], T]) -> T:
        """Return what was measured under this name before, or measure it and keep it.

        Args:
            name: what is measured; it is printed.
            measure: returns JSON values.
        """
        if name in self._entries:
            print(f"{self.part}: {name}: measured before", flush=True)
        else:
            print(f"{self.part}: {name} ...", flush=True)
            started = time.perf_counter()
            measured = json.loads(json.dumps(measure()))
            print(f"{self.part}: {name}: {time.perf_counter() - started:.1f} s", flush=True)
            self._entries[name] = {"measured": measured, "processor": self._processor}
            self._save()
        return self._entries[name]["measured"]

    def processors(self) -> dict[str, int]:
        """Return the processors that measured, and how many entries each measured."""
        return dict(Counter(entry["processor"] for entry in self._entries.values()))

    def forget(self) -> None:
        """Forget the entries: the part is done, or starts again."""
        self._entries.clear()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _save(self) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        kept = {"facts": self._facts, "entries": self._entries}
        new.write_text(json.dumps(kept, indent=1) + "\n")
        new.replace(self.path)
