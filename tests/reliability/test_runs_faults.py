"""Runs whose parts make no sense, or of which a file is gone, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import Fault, check
from tiny_training import corners_dataset, dense_tower

import siamese_lib as sl
from siamese_lib.data.fingerprints import fingerprints

DATA = corners_dataset()
TOWER = dense_tower()


def made(steps: Any = (0, 5), history: Any = None, scale: float = 1.0, **options: Any) -> sl.Run:
    frames = [np.stack([weight, weight * scale]) for weight in TOWER.get_weights()]
    return sl.Run(TOWER, steps, frames, history, **options)


def saved(folder: Path) -> None:
    made(trained_on=fingerprints(DATA.train.images)).save(folder / "run")


def loaded(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """Load a copy of the run whose run.json is changed."""

    def act(folder: Path) -> sl.Run:
        saved(folder / "copy")
        index = folder / "copy" / "run" / "run.json"
        facts = json.loads(index.read_text())
        change(facts)
        index.write_text(json.dumps(facts))
        return sl.Run.load(folder / "copy" / "run")

    return act


def without_fingerprints(folder: Path, *, earlier: bool = False) -> object:
    saved(folder / "copy")
    index = folder / "copy" / "run" / "run.json"
    for file in index.parent.glob("trained-on-*"):
        file.unlink()
    if earlier:
        facts = json.loads(index.read_text())
        del facts["trained_on"]
        index.write_text(json.dumps(facts))
    return sl.Run.load(index.parent).trained_on


def deep(folder: Path) -> object:
    saved(folder / "copy")
    (folder / "copy" / "run" / "run.json").write_text("[" * 100_000)
    return sl.Run.load(folder / "copy" / "run")


def half(folder: Path) -> str:
    """Save weights in half precision, some of which it cannot hold."""
    run = made(scale=1e6)
    again = sl.Run.load(run.save(folder / "half", dtype="float16"))
    return f"{np.allclose(again.embed(DATA.test.images), run.embed(DATA.test.images), rtol=0.01)}"


FAULTS = {
    "fingerprints": Fault(
        "a run whose file of fingerprints is gone",
        "the run, and a warning that it is not known which images it was trained on",
        r"^None\n.*trained-on-.*is missing.*not known which images",
        without_fingerprints,
    ),
    "earlier run": Fault(
        "a run of an earlier version without such a file",
        "the run, without a word",
        r"^None$",
        lambda folder: without_fingerprints(folder, earlier=True),
    ),
    "nan": Fault(
        "weights of which some are NaN",
        "an error with the step",
        r"weight 0 is NaN or infinite in 1 of 2 frames, the first at step 5",
        lambda _: made(scale=np.nan),
        error=ValueError,
    ),
    "half": Fault(
        "weights beyond 65,504 saved in half precision",
        "they are kept in single precision",
        "^True$",
        half,
    ),
    "white": Fault(
        "a largest pixel of 128",
        "an error with 255 and 1",
        r"white is 128; expected 255 or 1",
        lambda _: made(white=128),
        error=ValueError,
    ),
    "white in the file": Fault(
        "a largest pixel in run.json that is a text",
        "the same error, with the folder",
        r"copy/run is inconsistent: white is '255'",
        loaded(lambda facts: facts.update(white="255")),
        error=ValueError,
    ),
    "steps": Fault(
        "steps that are no whole numbers",
        "an error that shows them",
        r"steps: got \[0\.2, 1\.7\]; expected ascending whole numbers, 0 or more",
        lambda _: made([0.2, 1.7]),
        error=ValueError,
    ),
    "negative steps": Fault(
        "a step below 0",
        "the same error",
        r"steps: got \[-5, 1\]",
        lambda _: made([-5, 1]),
        error=ValueError,
    ),
    "huge steps": Fault(
        "a step of 2 ** 70 in run.json",
        "the same error, with the folder",
        r"copy/run is inconsistent: steps: got \[0, 1180591620717411303424\]",
        loaded(lambda facts: facts.update(steps=[0, 2**70])),
        error=ValueError,
    ),
    "deep": Fault(
        "a run.json of 100,000 brackets",
        "an error that it is damaged",
        r"run\.json is damaged: it is not JSON",
        deep,
        error=ValueError,
    ),
    "fingerprint": Fault(
        "fingerprints that are no whole numbers",
        "an error with what was expected",
        r"trained_on: got float64 from -1\.0; expected fingerprints",
        lambda _: made(trained_on=np.array([1.5, -1])),
        error=ValueError,
    ),
    "no step": Fault(
        "a film of a run whose history has no column step",
        "an error that names the columns",
        r"history: got the columns loss; expected a column step",
        lambda _: made(history={"loss": [1.0]}).make_film(DATA.test.images),
        error=ValueError,
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
