"""How results are written: tables, figures in up to three significant digits, and the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def blocks(*parts: str) -> str:
    """Join the paragraphs, tables and lists of a text, and leave out those that are empty."""
    return "\n\n".join(part.strip("\n") for part in parts if part)


def table(rows: list[dict[str, Any]]) -> str:
    """Lay rows with the same keys out as a Markdown table."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([str(row[key]) for key in head] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(value: float) -> str:
    """Write a measured number in up to three significant digits: 3,260 or 6.7 or 0.0178.

    Results are kept rounded, so a zero at the end would claim a digit that was not kept. Processors
    differ in the last bits of a computed figure, which must not decide how it is rounded.
    """
    same_everywhere = float(f"{value:.12g}")
    return f"{float(f'{same_everywhere:.3g}'):,.12g}"


def share(value: float) -> str:
    """Write a share of 1, such as a precision, in three decimals: 0.990."""
    return f"{value:.3f}"


def fine(value: float) -> str:
    """Write a share in four decimals, where thousandths matter."""
    return f"{value:.4f}"


def interval(values: dict[str, float], write: Callable[[float], str] = shown) -> str:
    """Write a spread: the median, and the least to the most where they are not the same."""
    median, least, most = (write(values[name]) for name in ("median", "least", "most"))
    return median if least == most else f"{median} ({least} to {most})"


def medians(count: int, of: str = "rounds") -> str:
    """Say how many measurements the figures stand for."""
    if count == 1:
        return "One measurement of each."
    return f"Medians of {count} {of}, with the least and the most in brackets."


def measured_on(result: dict[str, Any]) -> str:
    """Return the date, machine and versions of a result in one line."""
    facts = result["machine"]
    named = {"Python": facts["python"], **facts["versions"]}
    versions = ", ".join(f"{name} {number}" for name, number in named.items() if number)
    memory = f", {facts['memory GiB']} GiB" if "memory GiB" in facts else ""
    return (
        f"Measured on {facts['date']}: {facts['processor']}, {facts['cores']} cores{memory}; "
        f"{versions}."
    )


def measured_by(result: dict[str, Any]) -> str:
    """Count what each processor measured; say nothing if `measured_on` names the only one."""
    counts = result["processors"]
    if set(counts) <= {result["machine"]["processor"]}:
        return ""
    parts = "; ".join(f"{name}: {count}" for name, count in counts.items())
    return f"Trainings, or turns of several, measured by each processor: {parts}."


def left_out(result: dict[str, Any]) -> str:
    """Name the libraries that a part could not measure, or say nothing."""
    absent = ", ".join(result.get("not installed", []))
    return f"Not installed, so left out: {absent}." if absent else ""
