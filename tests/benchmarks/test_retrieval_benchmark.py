"""The retrieval benchmark, small: that it compares like with like, and judges by its figures."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.parts import retrieval
from benchmarks.parts.retrieval import FAISS, FAISS_ALONE, OURS, SCIPY
from benchmarks.published import summary
from benchmarks.tools.results import machine


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return retrieval.searched(size=500, large=3000, dim=8, queries=40, singles=2, rounds=3)


def test_every_exact_search_finds_the_same(small):
    rows = {row["search"]: row for row in small["exact"]}
    assert {FAISS, OURS} <= {*rows}
    assert all(row["recall"] == 1 for row in rows.values())
    assert set(rows[FAISS]["single, ratio"].values()) == {1}
    assert all(row["single ms"]["least"] > 0 < row["all ms"]["least"] for row in rows.values())


def test_approximate_searches_are_compared_with_the_flat_gallery(small):
    rows = {row["search"]: row for row in small["approximate"]}
    assert {OURS, FAISS, "Gallery, hnsw", "Gallery, ivf"} <= {*rows}
    assert set(rows[OURS]["all, ratio"].values()) == {1}
    assert rows[FAISS]["recall"] == 1
    assert all(row["recall"] > 0.9 and row["built in s"] >= 0 for row in rows.values())


def test_what_is_not_installed_is_named(monkeypatch):
    def absent(name: str) -> ModuleType:
        if name.startswith(("scipy", "usearch")):
            raise ModuleNotFoundError(name=name.split(".")[0])
        return __import__(name, fromlist=["x"])

    monkeypatch.setattr(retrieval, "import_module", absent)
    searches, missing = retrieval.exact_searches(np.eye(20, dtype=np.float32))
    assert missing == ["scipy", "usearch"]
    assert [*searches] == [FAISS, FAISS_ALONE, OURS, "scikit-learn, brute"]


def test_goals_are_judged_by_the_medians():
    def row(name: str, single: float, batch: float, recall: float = 1.0) -> dict[str, Any]:
        ratios = {key: {"median": value} for key, value in (("single", single), ("all", batch))}
        return {"search": name, "recall": recall} | {f"{k}, ratio": v for k, v in ratios.items()}

    result = {
        "exact": [
            row(FAISS, 1, 1),
            row(FAISS_ALONE, 1.1, 2),
            row(OURS, 1.25, 1.1),
            row(SCIPY, 10, 5),
        ],
        "approximate": [row(OURS, 1, 1), row("Gallery, hnsw", 0.04, 0.1, 0.94)],
    }
    assert retrieval.verdicts(result) == {
        "single, at most 1.2 times FAISS IndexFlatL2": "1.25 (no)",
        "single, at most 1.2 times FAISS IndexFlatL2, one thread": "1.136 (yes)",
        "single, at least 5 times faster than SciPy": "8.0 (yes)",
        "all, at least 5 times faster than SciPy": "4.5 (no)",
        "Gallery, hnsw: recall@10 at least 0.95": "0.94 (no)",
        "Gallery, hnsw: single, at least 20 times faster than flat": "25.0 (yes)",
        "Gallery, hnsw: all, at least 20 times faster than flat": "10.0 (no)",
    }


def test_the_tables_show_every_search(small):
    text = retrieval.render({"machine": machine(retrieval.COMPARED), **small})
    for row in (*small["exact"], *small["approximate"]):
        assert f"| {row['search']} | " in text
    hnsw = next(row for row in small["approximate"] if row["search"] == "Gallery, hnsw")
    assert f"| Gallery, hnsw | {hnsw['recall']} | {hnsw['single ms']['median']:,g} (" in text
    assert "nearest of 500 vectors of 8" in text
    assert "nearest of 3,000 in clusters" in text
    assert "of 3 rounds" in text
    assert "single, at most 1.2 times FAISS IndexFlatL2: " in text


def test_the_readme_sets_a_query_beside_faiss(small):
    (row,) = summary.retrieval(small)
    times = {each["search"]: f"{each['single ms']['median']:,g} (" for each in small["exact"]}
    assert row["what"] == "ms for the 10 nearest of 500 × 8"
    assert row["this library"].startswith(times[OURS])
    assert row["beside it"].startswith(times[FAISS])
