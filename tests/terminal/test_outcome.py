"""Whatever a user can cause: no traceback, the right exit status, a last line with what to do."""

from __future__ import annotations

import errno
import math
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tiny_training import Training, corners

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.terminal import evaluate as evaluating
from siamese_lib.terminal import outcome
from siamese_lib.terminal import train as training
from siamese_lib.terminal.verdict import collapse, useless

ROOT = Path(__file__).parents[2]


@pytest.fixture
def saved(tiny_set: None) -> str:
    """A run that was not trained."""
    tower = sl.conv_tower((8, 8, 1), 2, seed=0)
    frames = [weight[None] for weight in tower.get_weights()]
    sl.Run(tower, [0], frames, settings={"data": "tiny"}).save("run")
    return "run"


def last_line(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 2) -> str:
    assert main(arguments) == status
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said.splitlines()[-1]


class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "r/x"),
            r"device: r/x \(/.*/r/x\)\. Free some",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "x"), "Choose another folder, or"),
        (OSError(errno.EROFS, "Read-only file system"), "Choose another folder"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "x"), "place of a folder: move it"),
        (FileExistsError(errno.EEXIST, "File exists", "x"), "in the place of a folder"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "x"), "A folder is in the place"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), "Check the path"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x"), "Choose a shorter name"),
        (OSError(errno.EIO, "Input/output error"), "Check the disk"),
        (MemoryError(), "memory is not enough. Train with a smaller --batch-size"),
        (ResourceExhaustedError("OOM when allocating"), "memory is not enough"),
        (zipfile.BadZipFile("Bad CRC-32"), "a file is damaged .*Copy or download it again"),
        (EOFError(), "it ends too early.*Copy or download"),
        (ModuleNotFoundError("No module named 'imageio'", name="imageio"), "pip install imageio"),
        (KeyError("x_train"), "unexpected KeyError: 'x_train'. Please report it.*siamese-"),
        (RuntimeError("a\n\n  b"), "unexpected RuntimeError: a b. Please report"),
        (
            ValueError("two  spaces.png: found\nnothing"),
            r"evaluate: two  spaces\.png: found nothing",
        ),
        (ValueError(), "unexpected ValueError: no message"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_is_told_in_one_line(
    error: Exception, message: str, capsys, monkeypatch, tmp_path
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(evaluating, "evaluate", fail)
    monkeypatch.setattr(sl.Run, "load", fail)
    assert main(["evaluate", "run"]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert said.startswith("siamese evaluate: ")
    assert re.search(message, said)


def test_names_of_files_keep_their_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome.told("retrieve", ["two  spaces.png:\n  no image", "b", "b"]) == 2
    said = capsys.readouterr().err
    assert said == "siamese retrieve: two  spaces.png: no image\nsiamese retrieve: b\n"


@pytest.mark.parametrize(
    "words",
    [
        "report nowhere page.html",
        "report nowhere/ page.html",
        "train --data nowhere",
        "train --data nowhere/",
        "evaluate nowhere",
        "evaluate run --data nowhere",
        "export nowhere film.html",
        "retrieve --run nowhere nowhere.png",
        "retrieve --run run nowhere",
    ],
)
def test_an_error_says_where_it_looked(words: str, saved: str, capsys) -> None:
    Path("nowhere.png").write_bytes(b"")
    said = last_line(capsys, *words.split())
    assert f"nowhere ({Path.cwd() / 'nowhere'})" in said


def test_files_in_the_way(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("mine")
    steps = ["--train-iter", "10", "--batch-size", "8", "--no-tensorboard"]
    for command in (
        ["train", "--data", "tiny", "--out", "file", *steps],
        ["train", "--data", "tiny", "--out", "file/below", *steps],
        ["evaluate", "file"],
        ["export", saved, "file/film.gif"],
        ["export", saved, "file/projector"],
        ["retrieve", "--run", saved, "file"],
    ):
        assert "file" in last_line(capsys, *command)
    assert Path("file").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"PK\3\4 nothing", b"\x93NUMPY"])
def test_a_damaged_set(saved: str, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path(os.environ["SIAMESE_DATA"], "tiny.npz").write_bytes(content)
    assert "tiny" in last_line(capsys, "evaluate", saved)


def test_a_folder_of_data_that_is_not_there(saved: str, capsys, monkeypatch) -> None:
    monkeypatch.setenv("SIAMESE_DATA", "/nowhere")
    assert "tiny" in last_line(capsys, "evaluate", saved)


def test_images_of_another_size(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    sets = os.environ["SIAMESE_DATA"]
    images, labels = np.zeros((20, 9, 9), np.uint8), np.arange(20) % 2
    np.savez(f"{sets}/wide.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert "expected" in last_line(capsys, "evaluate", saved, "--data", "wide")


def test_a_closed_pipe_and_a_terminal_of_ascii(saved: str) -> None:
    Path("猫").symlink_to(saved)
    command = f"{sys.executable} -m siamese_lib evaluate"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    for shell in (f"{command} run | head -0; exit ${{PIPESTATUS[0]}}", f"{command} 猫"):
        done = subprocess.run(
            ["bash", "-c", shell], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert "BrokenPipe" not in done.stderr


# --- useless trainings ---------------------------------------------------------------------------


def trained(*options: str) -> list[str]:
    chosen = ["--data", "tiny", "--tower", "conv", "--batch-size", "16", "--no-tensorboard"]
    return ["train", *chosen, *options]


def tiny(**changes: np.ndarray) -> None:
    train, test = corners(60), corners(48, seed=1)
    arrays = {"x_train": train.images[..., 0], "y_train": train.labels}
    arrays |= {"x_test": test.images[..., 0], "y_test": test.labels}
    arrays |= changes
    np.savez(Path(os.environ["SIAMESE_DATA"], "tiny.npz"), allow_pickle=False, **arrays)


@pytest.mark.usefixtures("tiny_set")
def test_labels_that_have_nothing_to_do_with_the_images(capsys) -> None:
    rng = np.random.default_rng(0)
    tiny(y_train=rng.permutation(corners(60).labels), y_test=rng.permutation(corners(48).labels))
    said = last_line(capsys, *trained("--train-iter", "20"), status=1)
    assert "no better than chance" in said
    assert "Check that the labels fit" in said
    assert sl.Run.load("runs/tiny-2d").steps[-1] == 20


@pytest.mark.filterwarnings("ignore:.*validation images are trained on")
@pytest.mark.usefixtures("tiny_set")
def test_images_that_are_all_alike(capsys: pytest.CaptureFixture[str]) -> None:
    tiny(x_train=np.full((60, 8, 8), 90, np.uint8), x_test=np.full((48, 8, 8), 90, np.uint8))
    said = last_line(capsys, *trained("--train-iter", "20"), status=1)
    assert "useless, though the run is kept in runs/tiny-2d" in said


@pytest.mark.usefixtures("tiny_set")
def test_a_rate_that_moves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    said = last_line(capsys, *trained("--train-iter", "40", "--learning-rate", "1e-12"), status=1)
    assert "the loss did not fall" in said
    assert "another --learning-rate" in said


def test_a_training_that_taught_something_is_not_useless() -> None:
    data = sl.Dataset(corners(60), corners(48, seed=1), tuple("abcdefghij"[:4]), "t", "t")
    run = Training(steps=10, frames=2).fit().run
    found = sl.Evaluation(0.9, 0.9, 60, 48)
    assert useless(run, data, found, 1.0, 0.9) is None
    assert training.USELESS == 1
    assert outcome.BAD_INPUT == 2


def history(loss: list[float], spread: list[float]) -> dict[str, list[float]]:
    return {"loss": loss, "spread": spread}


def test_all_in_one_point_is_a_collapse() -> None:
    assert "near 0" in str(collapse(history([0.1], [1.0, math.nan, 0.009]), 1.0, 0.25))
    assert "near 0" in str(collapse(history([0.1], [1.0, 0.019]), 2.0, 1.0))
    assert collapse(history([0.1], [1.0, 0.011]), 1.0, 0.25) is None
    assert collapse(history([0.1], [0.001]), 1.0, 0.25) is None  # the untrained tower may be so
    assert collapse(history([], []), 1.0, 0.25) is None


def test_a_loss_at_its_trivial_value_is_a_collapse() -> None:
    rng = np.random.default_rng(0)
    noise = (0.01 * rng.standard_normal(20)).tolist()
    assert "stays at 0.25" in str(collapse(history([0.25 + x for x in noise], []), 1.0, 0.25))
    assert "stays at 1," in str(collapse(history([9.0] + 20 * [1.0], []), 2.0, 1.0))
    assert collapse(history(19 * [0.25], []), 1.0, 0.25) is None
    assert collapse(history(20 * [0.22], []), 1.0, 0.25) is None
    falling = np.linspace(0.3, 0.2, 20).tolist()  # 0.25 on average, and learning
    assert collapse(history(falling, []), 1.0, 0.25) is None
