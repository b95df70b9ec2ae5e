"""The seconds that a training takes, without its pauses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds of training, without the pauses, and with the seconds before a resumed training."""

    def __init__(self) -> None:
        self.before = 0.0
        self._since: float | None = None

    def seconds(self) -> float:
        """Return the seconds so far."""
        return self.before + (0.0 if self._since is None else time.perf_counter() - self._since)

    def start(self) -> None:
        """Count the time from now on."""
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Stop counting the time."""
        self.before, self._since = self.seconds(), None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out the time of the block."""
        running = self._since is not None
        self.stop()
        try:
            yield
        finally:
            if running:
                self.start()
