"""The benchmark of growth: each operation is what it is called, fits are right; a whole figure."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.parts.growth import growth, growth_figure
from benchmarks.tools.fresh import python

MACHINE = {"date": "2026-01-31", "processor": "Abacus", "cores": 2, "python": "3", "versions": {}}


@pytest.fixture(scope="module")
def made_up() -> dict[str, Any]:
    """Time grows as the square of the images and the root of the dimensions; memory with both."""
    operations = [name for column in growth_figure.COLUMNS.values() for name in column]
    plan = [(operation, size, 8) for operation in operations for size in (1_000, 10_000, 100_000)]
    plan += [("flat: made", 10_000, dim) for dim in (2, 32)]
    turns = [
        [
            {
                "operation": operation, "images": size, "dim": dim,
                "seconds": factor * 1e-9 * size**2 * dim**0.5, "MiB": factor * size * dim / 1e5,
            }
            for operation, size, dim in plan
        ]
        for factor in (1, 2, 4)
    ]  # fmt: skip
    fixed = {"machine": MACHINE, "rounds": 3, "images": 10_000, "dim": 8}
    return {**fixed, "points": growth.points(turns)}


def test_the_exponent_is_that_of_a_power():
    sizes = [3, 20, 500]
    assert growth.exponent(sizes, [7 * size**1.25 for size in sizes]) == pytest.approx(1.25)


def test_the_table_says_how_time_grows(made_up):
    images, dims = (growth.rows(made_up, along) for along in ("images", "dim"))
    for name in ("exponent", "exponent, last two"):
        assert {row[name] for row in images} == {"2.00"}
    assert [row["operation"] for row in dims] == ["flat: made"]
    assert dims[0]["exponent"] == "0.50"
    assert images[0]["peak memory, MiB"] == "16 (8 to 32)"
    text = growth.render(made_up)
    assert "| flat: made | 5.66 | 566 | 56,600 | 2.00 | 2.00 | 16 (8 to 32) |" in text
    assert "measure 1,000 queries" in text
    assert "the time grows least for" in text


def test_every_operation_has_its_line_in_the_figure():
    drawn = {name for column in growth_figure.COLUMNS.values() for name in column}
    named = {
        name
        for family, operations in growth.FAMILIES.items()
        if family != "embed"  # which needs the digits
        for name, _ in operations(1_000, 2)
    }
    assert drawn == named | {"images embedded"}


def test_the_figure_needs_nothing_else(made_up):
    text = growth_figure.figure(made_up)
    assert len(text) < 60_000
    root = ElementTree.fromstring(text)
    titles = [node.text for node in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles.count("flat: made") == 1 + 4  # in the legend, and in four panels
    assert titles.count("images embedded") == 1 + 2  # not along the dimensions
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme: dark" in text


def test_ticks_are_in_the_unit_that_fits():
    ticks = [growth_figure._tick(power, "seconds") for power in (-5, -3, -1, 0, 2)]
    assert ticks == ["10 µs", "1 ms", "100 ms", "1 s", "100 s"]
    assert [growth_figure._tick(power, "MiB") for power in (-1, 3)] == ["0.1", "1,000"]


def test_a_size_is_measured_in_a_process_of_its_own():
    found = python("-m", "benchmarks.parts.growth.growth", "flat", "600", "4")
    assert [*found] == ["flat: made", "flat: one query", "flat: 1,000 queries"]
    assert all(cost["seconds"] > 0 and cost["MiB"] >= 0 for cost in found.values())
