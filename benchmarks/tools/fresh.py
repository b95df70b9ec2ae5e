"""A job in a process of its own, so that its peak of memory is its own. Linux only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def python(*arguments: str) -> Any:
    """Run a new Python with these arguments, and return the JSON of its last line of output.

    Raises:
        RuntimeError: it failed; the message holds what it wrote.
    """
    # Modules are compiled once, as an installed library's are, whatever this shell says of it.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def measured(job: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Do a job once; return its result, its seconds, and its peak of memory in MiB.

    The peak is that of the whole process, less what the process held before.
    """
    RESET.write_text("5")  # forgets the peak so far
    before = memory("VmRSS")
    started = time.perf_counter()
    result = job()
    seconds = time.perf_counter() - started
    return result, {"seconds": seconds, "MiB": memory("VmHWM") - before}


def memory(what: str) -> float:
    """Read "VmRSS", the memory this process holds, or "VmHWM", its peak, in MiB."""
    facts = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(facts[what].split()[0]) / 1024
