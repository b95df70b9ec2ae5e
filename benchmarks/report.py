"""Where results go, and what must be said beside every figure: when, and on which machine."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """Date, processor, cores, and the versions that matter for speed."""
    names = ("siamese-lib", "tensorflow", "keras", "numpy", "faiss-cpu")
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
    }


def save_result(name: str, result: dict[str, Any]) -> Path:
    """Write ``results/NAME.json`` with the machine beside the figures."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), **result}, indent=1) + "\n")
    return path


def load_result(name: str) -> dict[str, Any] | None:
    """Read a committed result, or None where there is none yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def table(rows: list[dict[str, Any]]) -> str:
    """Lay rows with the same keys out as a Markdown table."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([str(row[key]) for key in head] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def duration(job: Callable[[], Any]) -> float:
    """Time one call, in seconds."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def spread(values: Sequence[float], digits: int) -> dict[str, float]:
    """Median, least and most, rounded."""
    return {
        name: round(function(values), digits)
        for name, function in (("median", statistics.median), ("least", min), ("most", max))
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    widest = [name for name in ("avx512f", "avx2", "asimd") if name in " ".join(facts.values())]
    return f"{facts.get('model name', platform.machine())} ({', '.join(widest[:1])})"
