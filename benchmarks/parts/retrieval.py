"""Finding nearest neighbours: galleries next to FAISS itself, SciPy, scikit-learn and usearch.

``python -m benchmarks retrieval`` takes some twenty minutes on two cores and writes
``benchmarks/results/retrieval.json``. All searches take turns in one run, round after round, each
with the queries one at a time and then all at once. Ratios are taken within a round.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.markdown import (
    blocks,
    interval,
    left_out,
    measured_on,
    medians,
    share,
    shown,
    table,
)
from benchmarks.tools.results import duration, spread

K = 10
CLUSTERS, WIDTH = 1000, 0.3  # of the large set, around centres of standard deviation 1
FAISS, FAISS_ALONE = "FAISS IndexFlatL2", "FAISS IndexFlatL2, one thread"
OURS, SCIPY = "Gallery, flat", "SciPy cdist, full sort"
APPROXIMATE = ("Gallery, hnsw", "Gallery, ivf")
SINGLE_LIMIT, SCIPY_LEAST = 1.2, 5  # times raw FAISS at most; times faster than SciPy at least
GOALS_FROM = 60_000  # embeddings: the goals are not for smaller galleries
RECALL_LEAST, FASTER_LEAST = 0.95, 20  # of an approximate gallery, against a flat one

Search = Callable[[np.ndarray], np.ndarray]  # float32 queries (Q, dim) to int64 indices (Q, K)


COMPARED = ("scipy", "scikit-learn", "usearch")


def measure(ledger: Ledger, *, quick: bool = False) -> dict[str, Any]:
    """Measure at the sizes that count, or, for a try, at small ones."""
    sizes = {"size": 2_000, "large": 5_000, "queries": 50, "singles": 4, "rounds": 2}
    return ledger.once("all searches", lambda: searched(**(sizes if quick else {})))


def searched(
    size: int = 60_000,
    large: int = 1_000_000,
    dim: int = 64,
    queries: int = 2_000,
    singles: int = 40,
    rounds: int = 5,
) -> dict[str, Any]:
    """Compare exact searches of `size` vectors, and approximate ones of `large`.

    Args:
        size: vectors of the exact comparison, from a normal distribution.
        large: vectors of the approximate one, in clusters.
        dim: numbers in a vector.
        queries: how many are asked at once.
        singles: how many are asked one at a time, in a round.
        rounds: how often each search has its turn.
    """
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((size + queries, dim), np.float32)
    searches, absent = exact_searches(vectors[:size])
    facts = {"k": K, "dim": dim, "queries": queries, "singles": singles, "rounds": rounds}
    exact = compare(searches, vectors[size:], singles, rounds, against=FAISS)
    del searches
    vectors = clustered(large + queries, dim, rng)
    searches, seconds, also_absent = approximate_searches(vectors[:large])
    approximate = compare(searches, vectors[large:], singles, rounds, against=OURS)
    for row in approximate:
        row["built in s"] = round(seconds[row["search"]], 1)
    return {
        **facts,
        "vectors": size,
        "exact": exact,
        "large vectors": large,
        "approximate": approximate,
        "not installed": sorted({*absent, *also_absent}),
    }


def clustered(count: int, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Draw float32 vectors (count, dim) around random centres."""
    centres = rng.standard_normal((CLUSTERS, dim), np.float32)
    spread_out = np.float32(WIDTH) * rng.standard_normal((count, dim), np.float32)
    return centres[rng.integers(CLUSTERS, size=count)] + spread_out


def exact_searches(vectors: np.ndarray) -> tuple[dict[str, Search], list[str]]:
    """Make every exact search; also name the libraries that are not installed."""
    return _made(
        {
            FAISS: lambda: _faiss(vectors),
            FAISS_ALONE: lambda: _faiss(vectors, threads=1),
            OURS: lambda: _gallery(sl.Gallery(vectors)),
            SCIPY: lambda: _scipy(vectors),
            "scikit-learn, brute": lambda: _scikit_learn(vectors),
            "usearch, exact": lambda: _usearch_exact(vectors),
        }
    )


def approximate_searches(
    vectors: np.ndarray,
) -> tuple[dict[str, Search], dict[str, float], list[str]]:
    """Make the flat searches of FAISS and of a gallery, and the approximate ones.

    usearch has as many neighbours in its graph, and as many candidates, as our "hnsw".
    """
    seconds: dict[str, float] = {}

    def timed(name: str, make: Callable[[], Search]) -> Callable[[], Search]:
        def made() -> Search:
            print(f"building {name}", flush=True)
            found: list[Search] = []
            seconds[name] = duration(lambda: found.append(make()))
            return found[0]

        return made

    makers = {
        OURS: lambda: _gallery(sl.Gallery(vectors)),
        FAISS: lambda: _faiss(vectors),
        "Gallery, hnsw": lambda: _gallery(sl.Gallery(vectors, index="hnsw")),
        "Gallery, ivf": lambda: _gallery(sl.Gallery(vectors, index="ivf")),
        "usearch, graph": lambda: _usearch_graph(vectors),
    }
    searches, absent = _made({name: timed(name, make) for name, make in makers.items()})
    return searches, seconds, absent


def compare(
    searches: Mapping[str, Search], queries: np.ndarray, singles: int, rounds: int, *, against: str
) -> list[dict[str, Any]]:
    """Let the searches take turns.

    Returns:
        A row for each: milliseconds for a single query (the median of a round's) and for all at
        once; both as a multiple of the one it is compared `against`; and recall, the share of
        its K neighbours that this one finds.
    """
    found = {name: search(queries) for name, search in searches.items()}  # which warms them up
    single = {name: [] for name in searches}
    batch = {name: [] for name in searches}
    for turn in range(rounds):
        print(f"round {turn + 1} of {rounds}", flush=True)
        for name, search in searches.items():
            rows = (turn * singles + np.arange(singles)) % len(queries)
            times = [duration(lambda s=search, q=queries[i : i + 1]: s(q)) for i in rows]
            single[name].append(statistics.median(times))
        for name, search in searches.items():
            batch[name].append(duration(lambda s=search: s(queries)))
    return [
        {
            "search": name,
            "single ms": spread([1e3 * t for t in single[name]], 3),
            "all ms": spread([1e3 * t for t in batch[name]], 1),
            "single, ratio": _ratio(single[name], single[against]),
            "all, ratio": _ratio(batch[name], batch[against]),
            "recall": round(_recall(found[name], found[against]), 4),
        }
        for name in searches
    ]


def goals(result: dict[str, Any]) -> list[dict[str, str]]:
    """Say of each goal what was measured, and whether the medians meet it."""
    exact = {row["search"]: row for row in result["exact"]}

    def times(name: str, other: str, key: str) -> float:
        return exact[name][f"{key}, ratio"]["median"] / exact[other][f"{key}, ratio"]["median"]

    def row(goal: str, measured: str, met: bool) -> dict[str, str]:
        return {"goal": goal, "measured": measured, "met": "yes" if met else "no"}

    asked = {"single": "one query", "all": "all queries"}
    rows = []
    for name in (FAISS, FAISS_ALONE):
        single = times(OURS, name, "single")
        goal = f"one query: at most {SINGLE_LIMIT} times as long as {name}"
        rows.append(row(goal, shown(single), single <= SINGLE_LIMIT))
    for key in ("single", "all") if SCIPY in exact else ():
        faster = times(SCIPY, OURS, key)
        goal = f"{asked[key]}: at least {SCIPY_LEAST} times as fast as SciPy"
        rows.append(row(goal, shown(faster), faster >= SCIPY_LEAST))
    for found in result["approximate"]:
        name, recall = found["search"], found["recall"]
        if name in APPROXIMATE:
            goal = f"{name}: recall@{K} of at least {RECALL_LEAST}"
            rows.append(row(goal, share(recall), recall >= RECALL_LEAST))
            for key, words in asked.items():
                faster = 1 / found[f"{key}, ratio"]["median"]
                goal = f"{name}, {words}: at least {FASTER_LEAST} times as fast as flat"
                rows.append(row(goal, shown(faster), faster >= FASTER_LEAST))
    return rows


def render(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    approximate = [
        {
            "search": row["search"],
            f"recall@{result['k']}": share(row["recall"]),
            **_seconds(row, result),
            "built in, s": shown(row["built in s"]),
        }
        for row in result["approximate"]
    ]
    return blocks(
        f"### Exact: {result['vectors']:,} embeddings of {result['dim']} numbers",
        exact_takeaway(result),
        table([{"search": row["search"], **_seconds(row, result)} for row in result["exact"]]),
        f"### Approximate: {result['large vectors']:,} embeddings in clusters",
        approximate_takeaway(result),
        table(approximate),
        f"All find the {result['k']} nearest, in turns. {medians(result['rounds'])}",
        *_goals(result),
        left_out(result),
        measured_on(result),
    )


def exact_takeaway(result: dict[str, Any]) -> str:
    """Compare one query to a gallery with one to the quickest of the others."""
    exact = {row["search"]: row["single ms"]["median"] for row in result["exact"]}
    quickest = min((name for name in exact if name != OURS), key=exact.__getitem__)
    return (
        f"A gallery answers one query in {shown(exact[OURS])} ms; the quickest of the others, "
        f"*{quickest}*, in {shown(exact[quickest])} ms."
    )


def approximate_takeaway(result: dict[str, Any]) -> str:
    """Say how much faster approximate galleries are than a flat one, and what they find."""
    said = [
        f"*{row['search']}* answers one query {shown(1 / row['single, ratio']['median'])} times as "
        f"fast as a flat gallery and finds {shown(100 * row['recall'])} % of the neighbours"
        for row in result["approximate"]
        if row["search"] in APPROXIMATE
    ]
    return f"{'; '.join(said)}."


def _goals(result: dict[str, Any]) -> list[str]:
    """Say which goals are met, in a search of the size that they are for."""
    if result["vectors"] < GOALS_FROM:
        return []
    rows = goals(result)
    met = sum(row["met"] == "yes" for row in rows)
    said = f"A gallery meets {met} of its {len(rows)} goals."
    return ["### Goals of a gallery", said, table(rows)]


def _seconds(row: dict[str, Any], result: dict[str, Any]) -> dict[str, str]:
    return {
        "one query, ms": interval(row["single ms"]),
        f"{result['queries']:,} queries, ms": interval(row["all ms"]),
    }


def _made(makers: Mapping[str, Callable[[], Search]]) -> tuple[dict[str, Search], list[str]]:
    searches, absent = {}, []
    for name, make in makers.items():
        try:
            searches[name] = make()
        except ModuleNotFoundError as error:
            absent.append(str(error.name))
    return searches, absent


def _gallery(gallery: sl.Gallery) -> Search:
    return lambda queries: gallery.nearest(queries, K)[0]


def _faiss(vectors: np.ndarray, threads: int | None = None) -> Search:
    faiss = import_module("faiss")
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    if threads is None:
        return lambda queries: index.search(queries, K)[1]

    def search(queries: np.ndarray) -> np.ndarray:
        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(threads)
        found = index.search(queries, K)[1]
        faiss.omp_set_num_threads(before)
        return found

    return search


def _scipy(vectors: np.ndarray) -> Search:
    distance = import_module("scipy.spatial.distance")

    def search(queries: np.ndarray) -> np.ndarray:
        parts = np.array_split(queries, -(-len(queries) // 100))  # or gigabytes of distances
        found = [np.argsort(distance.cdist(part, vectors), axis=1)[:, :K] for part in parts]
        return np.concatenate(found)

    return search


def _scikit_learn(vectors: np.ndarray) -> Search:
    neighbors = import_module("sklearn.neighbors").NearestNeighbors(
        n_neighbors=K, algorithm="brute", n_jobs=-1
    )
    neighbors.fit(vectors)
    return lambda queries: neighbors.kneighbors(queries, return_distance=False)


def _usearch_exact(vectors: np.ndarray) -> Search:
    usearch = import_module("usearch.index")

    def search(queries: np.ndarray) -> np.ndarray:
        found = usearch.search(vectors, queries, K, usearch.MetricKind.L2sq, exact=True)
        return found.keys.astype(np.int64).reshape(len(queries), K)

    return search


def _usearch_graph(vectors: np.ndarray) -> Search:
    index = import_module("usearch.index").Index(
        ndim=vectors.shape[1],
        metric="l2sq",
        dtype="f32",
        connectivity=32,
        expansion_add=100,
        expansion_search=64,
    )
    index.add(np.arange(len(vectors)), vectors)
    return lambda queries: index.search(queries, K).keys.astype(np.int64).reshape(len(queries), K)


def _ratio(times: list[float], others: list[float]) -> dict[str, float]:
    return spread([one / other for one, other in zip(times, others, strict=True)], 4)


def _recall(found: np.ndarray, expected: np.ndarray) -> float:
    hits = [len({*one} & {*other}) for one, other in zip(found, expected, strict=True)]
    return sum(hits) / expected.size
