"""The retrieval benchmark, small: that it compares like with like, and judges by its figures."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.parts import retrieval
from benchmarks.parts.retrieval import FAISS, FAISS_ALONE, OURS, SCIPY
from benchmarks.published import summary
from benchmarks.tools.markdown import interval
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
    goals = retrieval.goals(result)
    assert [tuple(goal.values()) for goal in goals] == [
        ("one query: at most 1.2 times as long as FAISS IndexFlatL2", "1.25", "no"),
        ("one query: at most 1.2 times as long as FAISS IndexFlatL2, one thread", "1.14", "yes"),
        ("one query: at least 5 times as fast as SciPy", "8", "yes"),
        ("all queries: at least 5 times as fast as SciPy", "4.55", "no"),
        ("Gallery, hnsw: recall@10 of at least 0.95", "0.940", "no"),
        ("Gallery, hnsw, one query: at least 20 times as fast as flat", "25", "yes"),
        ("Gallery, hnsw, all queries: at least 20 times as fast as flat", "10", "no"),
    ]


def test_the_tables_show_every_search(small):
    text = retrieval.render({"machine": machine(retrieval.COMPARED), **small})
    for row in (*small["exact"], *small["approximate"]):
        assert f"| {row['search']} | " in text
    hnsw = next(row for row in small["approximate"] if row["search"] == "Gallery, hnsw")
    assert f"| Gallery, hnsw | {hnsw['recall']:.3f} | {interval(hnsw['single ms'])} |" in text
    assert "Exact: 500 embeddings of 8 numbers" in text
    assert "Approximate: 3,000 embeddings in clusters" in text
    assert "of 3 rounds" in text
    assert "goals" not in text
    text = retrieval.render({"machine": machine(retrieval.COMPARED), **small, "vectors": 60_000})
    assert "at most 1.2 times as long as FAISS IndexFlatL2 | " in text
    assert "of its 10 goals." in text


def test_the_readme_compares_a_query_with_the_quickest_of_the_others(small):
    (compared,) = summary.of_retrieval(small)
    times = {each["search"]: each["single ms"]["median"] for each in small["exact"]}
    assert compared.what == "one query among 500 embeddings of 8 numbers"
    assert (compared.ours, compared.best) == (times.pop(OURS), min(times.values()))
    assert times[compared.who] == compared.best
