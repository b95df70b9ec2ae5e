"""One job of the benchmark of folders on disk: ``stored_worker JOB FOLDER ...``."""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIDE, BATCH = 64, 128


def make(folder: str, size: str) -> dict[str, float]:
    """Write digits in colours as PNG files, a folder for each class."""
    import siamese_lib as sl  # waits: `first` measures what it takes

    digits = sl.load_dataset("mnist", verbose=False).train
    rng = np.random.default_rng(0)
    for number in range(int(size)):
        row = number % len(digits)
        ink = digits.images[row] / np.float32(255)
        ground, color = rng.integers(0, 256, (2, 3))
        pixels = (ground * (1 - ink) + color * ink).astype(np.uint8)
        place = Path(folder, str(digits.labels[row]))
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        picture.save(place / f"{number:06}.png", compress_level=1)
    return {}


def first(folder: str, way: str, cache: str) -> dict[str, float]:
    """Read the folder with an empty cache, and train for an epoch."""
    from benchmarks.tools.fresh import memory  # waits, as above

    began = time.perf_counter()
    data = loaded(folder, cache, on_disk=way == "on disk")
    read = time.perf_counter() - began
    model, batches = training(data), batches_of(data)
    steps = len(data.train) // BATCH
    model.fit(batches(steps), shuffle=False, verbose=0)
    seconds = time.perf_counter() - began
    return {
        "reading s": round(read, 1),
        "first images/s": round(steps * BATCH / seconds, 1),
        "MiB": round(memory("VmHWM")),
    }


def after(folder: str, cache: str, turns: str, steps: str) -> dict[str, list[float]]:
    """Train on both in turns; return the images a second of each turn."""
    ways = {
        "in memory": loaded(folder, f"{cache} in memory", on_disk=False),
        "on disk": loaded(folder, cache, on_disk=True),
    }
    model = training(ways["in memory"])
    batches = {way: batches_of(data)(int(steps)) for way, data in ways.items()}
    speeds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(-1, int(turns)):  # the first turn compiles
        for way in ways if turn % 2 else reversed(ways):
            began = time.perf_counter()
            model.fit(batches[way], shuffle=False, verbose=0)
            if turn >= 0:
                speeds[way].append(int(steps) * BATCH / (time.perf_counter() - began))
    return speeds


def loaded(folder: str, cache: str, *, on_disk: bool) -> Any:
    """Load the folder, with a cache of its own."""
    import siamese_lib as sl  # waits, as above

    os.environ["SIAMESE_CACHE"] = cache
    warnings.simplefilter("ignore")
    options: dict[str, Any] = {"on_disk": True} if on_disk else {}
    return sl.load_folder(folder, image_size=(SIDE, SIDE), color="rgb", verbose=False, **options)


def training(data: Any) -> Any:
    """Return a tower that is ready to train."""
    import siamese_lib as sl  # waits, as above

    tower = sl.conv_tower(data.train.images.shape[1:], 16, seed=0)
    tower.compile(sl.Muon(0.001), sl.InBatchContrastiveLoss(), **sl.compile_options())
    return tower


def batches_of(data: Any) -> Any:
    """Return what makes batches of so many steps."""
    import siamese_lib as sl  # waits, as above

    sampler = sl.BalancedBatchSampler(data.train.labels, BATCH, seed=0)
    return lambda steps: sl.ImageBatches(data.train, sampler, steps=steps)


JOBS = {"make": make, "first": first, "after": after}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](*sys.argv[2:])))
