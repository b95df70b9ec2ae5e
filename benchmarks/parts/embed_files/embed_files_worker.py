"""One job of the benchmark of embedding files: ``embed_files_worker WAY KIND SIZE FOLDER``."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

import siamese_lib as sl
from siamese_lib.data.offline import offline_digits

CLASSES, SIDE = 10, 256
LOOKS = 0.2  # seconds between two looks at the memory
SEED = 0


class Peak(threading.Thread):
    """The largest memory of this process and of those that it has started, in MiB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mib, self._done = 0.0, threading.Event()

    def run(self) -> None:
        """Look at it again and again."""
        me = psutil.Process()
        while not self._done.wait(LOOKS):
            found = sum(map(pss, [me, *me.children(recursive=True)]))
            self.mib = max(self.mib, found / 2**20)

    def stop(self) -> float:
        """Stop, and return it."""
        self._done.set()
        self.join()
        return self.mib


def pss(process: psutil.Process) -> int:
    """Return the proportional set size of a process in bytes, 0 once it has ended."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def write(kind: str, size: int, place: Path) -> float:
    """Write files in class folders, and return their mean size in kB."""
    digits = offline_digits()
    assert digits is not None
    pixels, rng = digits.train.images[..., 0], np.random.default_rng(SEED)
    for number in range(size):
        folder = place / f"{digits.train.labels[number % len(pixels)] % CLASSES}"
        folder.mkdir(parents=True, exist_ok=True)
        digit = Image.fromarray(pixels[number % len(pixels)])
        if kind == "digits":
            digit.save(folder / f"{number:06}.png")
            continue
        # A soft background in colour, a digit in colour, and the noise of a camera.
        ground = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
        ground = ground.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        shape = digit.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        ink = Image.new("RGB", (SIDE, SIDE), tuple(rng.integers(0, 256, 3).tolist()))
        picture = np.asarray(Image.composite(ink, ground, shape), np.int16)
        noise = rng.integers(-12, 13, picture.shape, dtype=np.int16)
        noisy = Image.fromarray((picture + noise).clip(0, 255).astype(np.uint8))
        noisy.save(folder / f"{number:06}.jpg", quality=85)
    files = [*place.rglob("*.*")]
    return sum(file.stat().st_size for file in files) / len(files) / 1000


def run_for(kind: str) -> sl.Run:
    """Return the run that embeds a kind of files."""
    if kind == "digits":
        return sl.shipped_run()
    tower = sl.photo_tower(seed=SEED)
    return sl.Run(tower, [0], [np.asarray(weight)[None] for weight in tower.get_weights()])


def in_memory(run: sl.Run, images: Path, out: Path) -> None:
    """Read all images, embed them, and write the embeddings to one file."""
    height, width, channels = run.image_shape
    data = sl.load_folder(
        images,
        image_size=(height, width),
        color="rgb" if channels == 3 else "grayscale",
        cache=False,
        verbose=False,
    )
    out.mkdir()
    np.savez(out / "all", *[run.embed(split.images) for split in (data.train, data.test)])


def main(way: str, kind: str, size: int, folder: Path) -> dict[str, Any]:
    """Do the job, and return what was measured."""
    if way == "write":
        return {"kB": round(write(kind, size, folder / "images"), 1)}
    peak = Peak()
    peak.start()
    run, out = run_for(kind), folder / "out"
    if way == "memory":
        in_memory(run, folder / "images", out)
    else:
        made = sl.embed_files(run, folder / "images", out, ray=way == "ray")
        assert len(made) == size
    shutil.rmtree(out)
    return {"MiB": peak.stop()}


if __name__ == "__main__":
    wanted, files, count, place = sys.argv[1:]
    print(json.dumps(main(wanted, files, int(count), Path(place))))
