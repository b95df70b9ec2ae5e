"""One job of the benchmark of galleries on disk: ``disk_worker JOB SIZE FOLDER``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import siamese_lib as sl
from benchmarks.parts.disk.disk import DIM, PART, disk_mb, median_ms
from benchmarks.tools.fresh import memory
from benchmarks.tools.results import duration
from siamese_lib.search.scan import nearest_in_parts
from siamese_lib.search.tuning import wide_enough

CLASS = 1_000  # embeddings, on average
QUERIES, ASKED_ALONE, K = 200, 100, 10
TUNED_ON, ENOUGH, LEAST, MOST = 100, 0.97, 32, 1024  # as a gallery on disk does
DIRECTIONS, SHAPES = 10, 16
WIDTH, NOISE = np.float32(0.3), np.float32(0.05)
MERGED = 1_000_000  # embeddings in a file that FAISS merges


class Embeddings:
    """Embeddings in classes, made in parts: each part has a seed of its own.

    A class has a centre, from a normal distribution. Its embeddings vary around it along one of 16
    sets of 10 directions, and by noise in all dimensions. The class of rank r has a weight of
    r^−1/2.

    Args:
        size: number of embeddings.
    """

    def __init__(self, size: int) -> None:
        rng = np.random.default_rng(0)
        self.size, classes = size, max(100, size // CLASS)
        self._centres = rng.standard_normal((classes, DIM), np.float32)
        self._shapes = rng.standard_normal((SHAPES, DIRECTIONS, DIM), np.float32)
        weights = np.arange(1, classes + 1) ** -0.5
        self._until = np.cumsum(weights / weights.sum())

    def draw(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return float32 (count, DIM), and their classes, int64 (count,)."""
        rng = np.random.default_rng([1, seed])
        classes = np.searchsorted(self._until, rng.random(count)).clip(0, len(self._centres) - 1)
        vectors = self._centres[classes]
        along = WIDTH * rng.standard_normal((count, DIRECTIONS), np.float32)
        for shape, directions in enumerate(self._shapes):
            mine = classes % SHAPES == shape
            vectors[mine] += along[mine] @ directions
        vectors += NOISE * rng.standard_normal((count, DIM), np.float32)
        return vectors, classes

    def parts(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return the ids, the embeddings and the classes of each part."""
        for start in range(0, self.size, PART):
            count = min(PART, self.size - start)
            yield np.arange(start, start + count), *self.draw(count, start // PART)

    def queries(self) -> tuple[np.ndarray, np.ndarray]:
        """Return new embeddings and their classes."""
        return self.draw(QUERIES, 10**9)


def truth(made: Embeddings, folder: Path) -> dict[str, float]:
    """Find the true neighbours."""
    parts = ((ids, vectors) for ids, vectors, _ in made.parts())
    ids, _ = nearest_in_parts(made.queries()[0], K, "euclidean", parts)
    np.save(folder / "truth.npy", ids)
    return {}


def build_gallery(made: Embeddings, folder: Path) -> dict[str, float]:
    """Append the parts to a gallery on disk, and index it."""
    gallery = sl.DiskGallery(folder / "gallery", DIM)
    appended = append_parts(gallery, made)
    before = memory("VmHWM")
    indexed = duration(gallery.build_index)
    return {
        "append s": round(appended, 3),
        "index s": round(indexed, 3),
        "append MiB": round(before),
        "build MiB": round(memory("VmHWM")),
        "MB": round(disk_mb(folder / "gallery"), 1),
    }


def append_parts(gallery: sl.DiskGallery, made: Embeddings) -> float:
    """Append the parts, each embedding with its class and a path; return the seconds it took."""
    seconds = 0.0
    for ids, vectors, classes in made.parts():
        paths = [f"{kind}/{number}.png" for kind, number in zip(classes, ids, strict=True)]
        seconds += duration(partial(gallery.append, vectors, classes, paths))
    return seconds


def build_memory(made: Embeddings, folder: Path) -> dict[str, float]:
    """Make a gallery in memory, and save it."""
    vectors = np.empty((made.size, DIM), np.float32)
    for ids, part, _ in made.parts():
        vectors[ids] = part
    seconds = duration(lambda: sl.Gallery(vectors).save(folder / "memory"))
    return {
        "append s": round(seconds, 3),
        "index s": 0.0,
        "build MiB": round(memory("VmHWM")),
        "MB": round((folder / "memory").stat().st_size / 1e6, 1),
    }


def build_faiss(made: Embeddings, folder: Path) -> dict[str, float]:
    """Write indexes of parts of the embeddings, and merge their lists on disk."""
    faiss = import_module("faiss")
    ondisk = import_module("faiss.contrib.ondisk")
    place = folder / "faiss"
    place.mkdir()
    lists = round(made.size**0.5)
    index = faiss.index_factory(DIM, f"IVF{lists},Flat")
    index.cp.niter = 10
    sample = made.draw(64 * lists, 10**9 + 1)[0]
    seconds = {"append s": 0.0, "index s": duration(partial(index.train, sample))}
    del sample
    trained, files = str(place / "trained"), []

    def write() -> None:
        files.append(str(place / f"part-{len(files)}"))
        faiss.write_index(index, files[-1])
        index.reset()

    for ids, vectors, _ in made.parts():
        if not files and not index.ntotal:
            faiss.write_index(index, trained)
        seconds["append s"] += duration(partial(index.add_with_ids, vectors, ids))
        if index.ntotal >= MERGED or ids[-1] == made.size - 1:
            seconds["append s"] += duration(write)
    merged = faiss.read_index(trained)
    seconds["index s"] += duration(
        lambda: ondisk.merge_ondisk(merged, files, str(place / "merged.ivfdata"))
    )
    faiss.write_index(merged, str(place / "merged"))
    for file in (trained, *files):
        Path(file).unlink()
    return {
        **{name: round(value, 3) for name, value in seconds.items()},
        "build MiB": round(memory("VmHWM")),
        "MB": round(disk_mb(place), 1),
    }


def ask_gallery(made: Embeddings, folder: Path) -> dict[str, float]:
    """Ask the gallery on disk."""
    gallery = sl.DiskGallery.open(folder / "gallery")
    queries, classes = made.queries()
    answers = asked(lambda rows: gallery.nearest(rows, K)[0], queries, folder)
    inside = [
        duration(lambda row=row: gallery.nearest(queries[row, None], K, labels=[classes[row]]))
        for row in range(ASKED_ALONE)
        if gallery.count(labels=[classes[row]]) >= K
    ]
    return {**answers, "in a class ms": median_ms(inside), "search MiB": memory("VmHWM")}


def ask_memory(made: Embeddings, folder: Path) -> dict[str, float]:
    """Ask the gallery in memory."""
    gallery = sl.Gallery.load(folder / "memory")
    answers = asked(lambda rows: gallery.nearest(rows, K)[0], made.queries()[0], folder)
    return {**answers, "search MiB": memory("VmHWM")}


def ask_faiss(made: Embeddings, folder: Path) -> dict[str, float]:
    """Ask FAISS, with one thread for a single query, as our galleries in memory do."""
    faiss = import_module("faiss")
    index = faiss.read_index(str(folder / "faiss/merged"))
    queries, _ = made.queries()
    tuned, _ = made.draw(TUNED_ON, 0)  # the first embeddings

    def found_with(width: int) -> np.ndarray:
        index.nprobe = width
        return index.search(tuned, 1 + K)[0]

    wide_enough(found_with, exact_of(tuned, made, folder)[:, -1:], LEAST, MOST, ENOUGH)
    threads = faiss.omp_get_max_threads()

    def search(rows: np.ndarray) -> np.ndarray:
        faiss.omp_set_num_threads(1 if len(rows) == 1 else threads)
        return index.search(rows, K)[1]

    return {**asked(search, queries, folder), "search MiB": memory("VmHWM")}


def exact_of(tuned: np.ndarray, made: Embeddings, folder: Path) -> np.ndarray:
    """Return the true squared distances of the neighbours that FAISS is tuned on."""
    kept = folder / "tuned.npy"
    if not kept.exists():
        parts = ((ids, vectors) for ids, vectors, _ in made.parts())
        np.save(kept, nearest_in_parts(tuned, 1 + K, "euclidean", parts)[1])
    return np.load(kept) + 1e-4  # FAISS rounds them, by about as much


def asked(
    search: Callable[[np.ndarray], np.ndarray], queries: np.ndarray, folder: Path
) -> dict[str, float]:
    """Ask one query at a time, then all at once."""
    found: list[np.ndarray] = []
    alone = [duration(lambda r=row: search(queries[r, None])) for row in range(ASKED_ALONE)]
    together = duration(lambda: found.append(search(queries)))
    true = np.load(folder / "truth.npy")
    right = [len({*a} & {*b}) for a, b in zip(found[0].tolist(), true.tolist(), strict=True)]
    return {
        "recall": sum(right) / true.size,
        "single ms": median_ms(alone),
        "slowest ms": 1e3 * max(alone),
        "all ms": 1e3 * together,
    }


JOBS: dict[str, Callable[[Embeddings, Path], dict[str, Any]]] = {
    "truth": truth,
    "build-gallery": build_gallery,
    "build-memory": build_memory,
    "build-faiss": build_faiss,
    "ask-gallery": ask_gallery,
    "ask-memory": ask_memory,
    "ask-faiss": ask_faiss,
}

if __name__ == "__main__":
    wanted, size, place = sys.argv[1:]
    print(json.dumps(JOBS[wanted](Embeddings(int(size)), Path(place))))
