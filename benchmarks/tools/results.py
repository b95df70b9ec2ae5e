"""Results: where they are kept, and the machine they were measured on."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

import siamese_lib

RESULTS = Path(__file__).parents[1] / "results"
_CPU_FACTS = Path("/proc/cpuinfo")
ALWAYS = ("siamese-lib", "tensorflow", "keras", "numpy", "faiss-cpu")


def machine(compared: Sequence[str] = ()) -> dict[str, Any]:
    """Return date, processor, cores, memory and versions, those of `compared` packages too."""
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory GiB": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in dict.fromkeys((*ALWAYS, *compared))},
    }


def save_result(name: str, result: dict[str, Any]) -> Path:
    """Write ``results/NAME.json``; add the machine if the result does not name it yet."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), **result}, indent=1) + "\n")
    return path


def load_result(name: str) -> dict[str, Any] | None:
    """Read a committed result, or None where there is none yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def duration(job: Callable[[], Any]) -> float:
    """Time one call, in seconds."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def spread(values: Sequence[float], digits: int) -> dict[str, float]:
    """Return median, least and most, rounded."""
    return {
        name: round(function(values), digits)
        for name, function in (("median", statistics.median), ("least", min), ("most", max))
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return siamese_lib.__version__ if name == "siamese-lib" else None


def _processor() -> str:
    try:
        lines = _CPU_FACTS.read_text().splitlines()
    except OSError:
        return platform.processor()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    # Some clouds give one name to several generations, and hide instructions of some machines;
    # these numbers and flags tell them apart.
    numbers = [f"{key.split()[-1]} {facts[key]}" for key in ("cpu family", "model") if key in facts]
    listed = set(" ".join(facts.values()).split())
    kinds = (("avx512f", "avx2", "asimd"), ("amx_bf16", "avx512_bf16", "bf16"))
    flags = [next((flag for flag in kind if flag in listed), None) for kind in kinds]
    told_apart = ", ".join(numbers + [flag for flag in flags if flag])
    return f"{facts.get('model name', platform.machine())} ({told_apart})"
