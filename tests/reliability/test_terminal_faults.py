"""What goes wrong in a terminal: always an exit status, one line, and what to do."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from faults import Fault, check
from tiny_training import corners

import siamese_lib as sl
from siamese_lib.__main__ import main


def arrays() -> dict[str, np.ndarray]:
    train, test = corners(60), corners(48, seed=1)
    return {
        "x_train": train.images[..., 0],
        "y_train": train.labels,
        "x_test": test.images[..., 0],
        "y_test": test.labels,
    }


def prepare(folder: Path) -> None:
    """A set called tiny, a run of it, and a file."""
    (folder / "sets").mkdir()
    np.savez(folder / "sets" / "tiny.npz", **arrays())  # pyright: ignore[reportArgumentType]
    tower = sl.conv_tower((8, 8, 1), 2, seed=0)
    frames = [weight[None] for weight in tower.get_weights()]
    sl.Run(tower, [0], frames, settings={"data": "tiny"}).save(folder / "run")
    (folder / "file").write_text("mine")


def command(
    words: str, error: BaseException | None = None, sets: str = "sets", **changes: np.ndarray
) -> Callable[[Path], object]:
    """Run a command in the folder; with `error`, the run's images cannot be embedded."""

    def act(folder: Path) -> str:
        if changes:
            sets_changed = folder / "changed"
            sets_changed.mkdir()
            path = sets_changed / "tiny.npz"
            np.savez(path, **{**arrays(), **changes})  # pyright: ignore[reportArgumentType]
        environment = {"SIAMESE_DATA": str(folder / ("changed" if changes else sets))}
        said, before = io.StringIO(), Path.cwd()
        os.chdir(folder)
        try:
            with (
                mock.patch.dict(os.environ, environment),
                mock.patch.object(sl.Run, "embed", side_effect=error)
                if error is not None
                else contextlib.nullcontext(),
                contextlib.redirect_stderr(said),
                contextlib.redirect_stdout(io.StringIO()),
            ):
                status = main(words.split())
        finally:
            os.chdir(before)
        return f"status {status}, {said.getvalue().splitlines()[-1]}"

    return act


TRAIN = "train --data tiny --tower conv --train-iter 20 --batch-size 16 --no-tensorboard"
GREY = {"x_train": np.full((60, 8, 8), 90, np.uint8), "x_test": np.full((48, 8, 8), 90, np.uint8)}
FULL = OSError(errno.ENOSPC, "No space left on device", "film.gif")
ROWS = {
    "no run": ("evaluate nowhere", {}, r"status 2, .*/nowhere\) does not exist; expected"),
    "a file as a run": ("evaluate file", {}, "status 2, .*file"),
    "a file as a folder": (f"{TRAIN} --out file", {}, "status 2, .*file"),
    "below a file": (f"{TRAIN} --out file/run", {}, "status 2, .*file.*"),
    "export below a file": ("export run file/film.gif", {}, "status 2, .*file.*"),
    "no such set": ("evaluate run --data nothing/", {}, "status 2, .*nothing"),
    "SIAMESE_DATA": ("evaluate run", {"sets": "elsewhere"}, "status 2, .*tiny"),
    "a full disk": ("evaluate run", {"error": FULL}, "status 2, .*Free some space"),
    "no permission": (
        "evaluate run", {"error": PermissionError(errno.EACCES, "Permission denied", "x")},
        r"status 2, .*denied: x \(/.*/x\)\. Choose another folder",
    ),
    "memory": ("evaluate run", {"error": MemoryError()}, "status 2, .*memory is not enough"),
    "an end too early": ("evaluate run", {"error": EOFError()}, "status 2, .*Copy or download"),
    "a missing package": (
        "evaluate run", {"error": ModuleNotFoundError("No module named 'faiss'", name="faiss")},
        "status 2, .*pip install faiss",
    ),
    "an error nobody foresaw": (
        "evaluate run", {"error": KeyError("a")}, "status 2, .*unexpected KeyError.*report it",
    ),
    "interrupted": ("evaluate run", {"error": KeyboardInterrupt()}, "status 130, .*Start it again"),
    "a rate too high": (
        f"{TRAIN} --learning-rate 1e30", {}, "status 2, .*learning rate is too high: try",
    ),
    "a rate too low": (
        f"{TRAIN} --learning-rate 1e-12", {}, "status 1, .*useless.*--learning-rate",
    ),
    "images all alike": (TRAIN, GREY, "status 1, .*useless, though the run is kept"),
    "labels by chance": (
        TRAIN, {"y_train": np.random.default_rng(0).integers(0, 4, 60)},
        "status 1, .*no better than chance.*Check that the labels",
    ),
}  # fmt: skip
FAULTS: dict[str, Fault] = {
    name: Fault(
        f"{name}: `siamese {words}`", f"exit {says[7:8]} and one line", says,
        command(words, **how), prepare,
    )
    for name, (words, how, says) in ROWS.items()
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
