"""One of two processes that train together, started as ``one_of_two.py PORT PROCESS FOLDER``."""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path

import numpy as np
from own_towers import subclassed
from tiny_training import Training, at_step
from trained_together import files_in, held_out, training

import siamese_lib as sl
from siamese_lib.network.backend import keras


def weights(name: str, tower: keras.Model) -> dict[str, np.ndarray]:
    return {f"{name} weight {i}": weight for i, weight in enumerate(tower.get_weights())}


def main(port: str, process: int, shared: Path) -> None:
    found: dict[str, object] = {}
    keras.distribution.initialize(f"127.0.0.1:{port}", 2, process)
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    try:
        training("pairs")
    except ValueError as error:
        found["split twice"] = str(error)
    sl.distribute()

    # Each process has a disk of its own.
    disk = shared / f"disk{process}"
    whole = training("in-batch", folder=disk / "run", validation=held_out())
    printed = io.StringIO()
    before, sys.stdout = sys.stdout, printed
    try:
        whole.fit(before=[sl.Guard()], after=[sl.Progress(whole.recorder)])
    finally:
        sys.stdout = before
    found |= weights("in-batch", whole.tower)
    found["in-batch loss"] = whole.recorder.history["loss"]
    found["precision"] = whole.recorder.history["precision"]
    found["printed"], found["folder"] = printed.getvalue(), str(disk / "run")
    whole.batches.first_step = 0
    found["part"], found["part labels"] = whole.batches[3]

    pairs = training("pairs")
    pairs.fit()
    found |= weights("pairs", pairs.tower)
    found["pairs loss"] = pairs.recorder.history["loss"]
    pairs.batches.first_step = 0
    (found["left"], found["right"]), _ = pairs.batches[3]

    stopped = training("in-batch", folder=disk / "stopped")
    guard = sl.Guard()
    stop = at_step(13, lambda: signal.raise_signal(signal.SIGTERM))
    stopped.fit(before=[guard], after=[stop] if process == 1 else [])
    found["stopped at"], found["stopped by"] = stopped.recorder.step, guard.stopped_by or 0
    resumed = training("in-batch", folder=disk / "stopped", resume=True)
    found["resumed at"] = resumed.fit(before=[sl.Guard()]).step
    found |= weights("resumed", resumed.tower)

    best = training("in-batch")
    stop_at_best = sl.StopAtBest(best.tower, held_out(), every=5, patience=2)
    best.fit(before=[stop_at_best])
    found |= weights("best", best.tower)
    found["best step"] = stop_at_best.step

    own = Training(tower=subclassed(), steps=6, frame_every=3, folder=disk / "own")
    own.model.compile("sgd", own.model.loss)
    own.fit()
    found |= weights("own", own.tower)

    foreign = disk / "foreign"
    if process == 0:
        foreign.mkdir(parents=True)
        (foreign / "foreign.txt").touch()
    try:
        training("in-batch", folder=foreign)
    except (ValueError, RuntimeError) as error:
        found["error"] = str(error)
    found["files"] = np.array(files_in(disk), str)
    np.savez(shared / f"found{process}.npz", **found)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
