"""The FAISS indexes that nominate candidates for a gallery, and parameters that suit its size.

References:
    Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
    Hierarchical Navigable Small World graphs", 2018: HNSW and its `M`, `ef_construction`, `ef`.
    Jégou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search", 2011, section
    IV: the inverted file, IVF.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.search.vectors import blocks

if TYPE_CHECKING:
    import faiss

# From a slice or an array of rows to their vectors, float32 (rows, dim).
Vectors: TypeAlias = Callable[[slice | np.ndarray], np.ndarray]

PARAMETERS = {
    "flat": (),
    "hnsw": ("M", "ef_construction", "ef_search"),
    "ivf": ("nlist", "nprobe"),
}

_TRAINING = 64  # vectors per list, from which k-means finds the centres of the lists
_ROUNDS = 10  # of k-means; later rounds move the centres little


def settle(
    kind: str, count: int, given: Mapping[str, int | None], distinct: int | None = None
) -> dict[str, int]:
    """Return the parameters of an index over `count` vectors: those given, and defaults.

    Args:
        kind: one of `PARAMETERS`.
        count: N, number of vectors.
        given: values by name; None for the default.
        distinct: how many of the vectors differ. There are no more lists than that.

    Raises:
        ValueError: a parameter does not belong to this kind of index, or is out of range.
    """
    least = {"M": 2}
    chosen = {
        name: whole_number(name, value, least.get(name, 1))
        for name, value in given.items()
        if value is not None
    }
    foreign = [name for name in chosen if name not in PARAMETERS[kind]]
    if foreign:
        has = ", ".join(PARAMETERS[kind]) or "no parameters"
        raise ValueError(f"{foreign[0]} is not for index={kind!r}; expected {has}. Leave it out.")
    if kind == "hnsw":
        return {"M": 32, "ef_construction": 100, "ef_search": 64, **chosen}
    if kind == "ivf":
        distinct = count if distinct is None else distinct
        # With so many, a query spends about as long on their centres as on its lists.
        nlist = chosen.get("nlist", max(1, min(round(4 * math.sqrt(distinct)), distinct // 39)))
        if nlist > count:
            raise ValueError(
                f"nlist is {nlist}; expected at most {count}, the number of embeddings."
            )
        nlist = min(nlist, distinct)
        nprobe = min(nlist, chosen.get("nprobe", 32))
        return {"nlist": nlist, "nprobe": nprobe}
    return {}


def build(
    kind: str, dim: int, parameters: Mapping[str, int], count: int, vectors: Vectors
) -> faiss.Index:
    """Build an index of `count` vectors.

    Args:
        kind: one of `PARAMETERS`.
        dim: length of a vector.
        parameters: from `settle`.
        count: N, number of vectors.
        vectors: returns the vectors of some rows.
    """
    import faiss  # waits: slow to import

    if kind == "flat":
        index = faiss.IndexFlatL2(dim)
    elif kind == "hnsw":
        index = faiss.IndexHNSWFlat(dim, parameters["M"])
        index.hnsw.efConstruction = parameters["ef_construction"]
        index.hnsw.efSearch = parameters["ef_search"]
    else:
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dim), dim, parameters["nlist"])
        index.nprobe = parameters["nprobe"]
        index.cp.min_points_per_centroid = 1  # few points make worse lists, not wrong answers
        enough = min(count, _TRAINING * index.nlist)
        index.cp.niter = _ROUNDS
        index.train(vectors(np.random.default_rng(0).choice(count, enough, replace=False)))
    extend(index, count, vectors)
    return index


def extend(index: faiss.Index, count: int, vectors: Vectors) -> None:
    """Add `count` vectors, given as for `build`."""
    for rows in blocks(count, 8 * index.d):
        index.add(vectors(rows))


def search(index: faiss.Index, queries: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Nominate `width` vectors for each query: squared distances and int64 rows, (Q, width).

    If the graph or the searched lists yield fewer, the whole index is searched. A row is −1 if
    its distance is infinite even then.
    """
    import faiss  # waits: slow to import

    if len(queries) != 1:
        return _search(index, queries, width)
    # FAISS answers a single query more slowly with several threads than with one, and far more
    # slowly on a busy machine, where the threads wait for each other.
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        return _search(index, queries, width)
    finally:
        faiss.omp_set_num_threads(threads)


def search_all(
    index: faiss.Index, queries: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Search everything that an index holds; otherwise as `search`."""
    import faiss  # waits: slow to import

    if isinstance(index, faiss.IndexIVF):
        return _search_with(index, "nprobe", index.nlist, index, queries, width)
    everything = index.storage if isinstance(index, faiss.IndexHNSW) else index
    return faiss.downcast_index(everything).search(queries, width)


def set_width(index: faiss.Index, width: int) -> None:
    """Set how many candidates of a graph, or how many lists, a search looks at."""
    import faiss  # waits: slow to import

    if isinstance(index, faiss.IndexHNSW):
        index.hnsw.efSearch = width
    elif isinstance(index, faiss.IndexIVF):
        index.nprobe = min(width, index.nlist)


def to_bytes(index: faiss.Index) -> np.ndarray:
    """Return an index as uint8 (bytes,)."""
    import faiss  # waits: slow to import

    return faiss.serialize_index(index)


def from_bytes(content: np.ndarray) -> faiss.Index:
    """Return the index that `to_bytes` wrote. Raise RuntimeError for anything else."""
    import faiss  # waits: slow to import

    return faiss.deserialize_index(content)


def _search(index: faiss.Index, queries: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    import faiss  # waits: slow to import

    if isinstance(index, faiss.IndexHNSW) and index.hnsw.efSearch < width:
        # A graph returns at most efSearch candidates.
        squares, candidates = _search_with(index.hnsw, "efSearch", width, index, queries, width)
    else:
        squares, candidates = index.search(queries, width)
    short = np.flatnonzero(candidates[:, -1] < 0)
    if short.size:
        squares[short], candidates[short] = search_all(index, queries[short], width)
    return squares, candidates


def _search_with(
    owner: object, name: str, value: int, index: faiss.Index, queries: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Search with another setting. FAISS takes it as an argument too, but not next to PyTorch."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        return index.search(queries, width)
    finally:
        setattr(owner, name, before)
