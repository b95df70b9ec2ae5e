"""``--tower module:function`` trains a tower of one's own, and every command takes its run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from terminal_refusal import assert_refused
from tiny_training import corners

import siamese_lib as sl
from siamese_lib.__main__ import main

pytestmark = pytest.mark.usefixtures("tiny_set")
MODULE = """
import keras

def plain(image_shape):
    images = keras.Input(image_shape)
    numbers = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    return keras.Model(images, keras.layers.Dense(3)(numbers))

class Own(keras.Model):
    def __init__(self, dim):
        super().__init__()
        self.scale = keras.layers.Rescaling(1 / 255)
        self.flat, self.dense = keras.layers.Flatten(), keras.layers.Dense(dim)

    def call(self, images):
        return self.dense(self.flat(self.scale(images)))

def own(image_shape, embedding_dim=4):
    return Own(embedding_dim)

def downloads(image_shape):
    raise Exception("URL fetch failure on https://storage/x.h5: None -- Name or service not known")
"""


@pytest.fixture(autouse=True)
def module(tiny_set: None) -> str:
    """A module in the working directory, of another name in each test: Python reads each once."""
    name = f"towers_{Path.cwd().parent.name.replace('-', '_')}"
    Path(f"{name}.py").write_text(MODULE)
    return name


def words(tower: str, *more: str) -> list[str]:
    options = ["--data", "tiny", "--train-iter", "20", "--batch-size", "16"]
    return ["train", "--tower", tower, *options, *more]


def train(tower: str, *more: str) -> int:
    return main(words(tower, "--no-tensorboard", *more))


def test_a_tower_of_keras_needs_no_code_later(
    module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(f"{module}:plain", "--pairs", "random") in (0, 1)  # few steps teach little
    folder = Path("runs/tiny-3d")
    run = sl.Run.load(folder)
    assert (run.embedding_dim, run.settings["tower"]) == (3, f"{module}:plain")
    Image.fromarray(corners().images[0, ..., 0]).save("query.png")
    capsys.readouterr()
    assert main(["evaluate", str(folder)]) == 0
    assert main(["retrieve", "query.png", "--run", str(folder)]) == 0
    assert main(["export", str(folder), "page.html", "film.gif"]) == 0
    out = capsys.readouterr().out
    assert "precision@7" in out
    assert "rank" in out
    assert "wrote page.html" in out


def test_a_tower_of_own_code_is_named_again(
    module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(f"{module}:own", "--step", "10")) in (0, 1)  # with a TensorBoard log
    trained = capsys.readouterr().out
    assert f": {module}:own to 4 dimensions, " in trained
    again = ["--tower", f"{module}:own"]
    Image.fromarray(corners().images[0, ..., 0]).save("query.png")
    assert main(["evaluate", "runs/tiny-4d", *again]) == 0
    assert capsys.readouterr().out.splitlines()[-1] in trained
    assert main(["retrieve", "query.png", "--run", "runs/tiny-4d", *again]) == 0
    assert main(["export", "runs/tiny-4d", "page.html", *again]) == 0
    capsys.readouterr()
    assert_refused(capsys, ["evaluate", "runs/tiny-4d"], r"Own .*--tower in a terminal")


def test_the_seed_decides_the_first_weights(module: str) -> None:
    runs = []
    for seed, out in (("3", "a"), ("3", "b"), ("4", "c")):
        train(f"{module}:own", "--embedding-dim", "2", "--seed", seed, "--out", out)
        runs.append(sl.Run.load(out, tower=f"{module}:own").weights(0)[0])
    assert (runs[0] == runs[1]).all()
    assert (runs[0] != runs[2]).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plain", "--embedding-dim", "9"], "--embedding-dim is 9, but .* of 3 numbers"),
        (["other"], "has no function other"),
        (["downloads"], "cannot be downloaded here: .* weights=None"),
    ],
)
def test_what_is_wrong_is_said_in_the_last_line(
    module: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    function, *more = arguments
    assert_refused(capsys, words(f"{module}:{function}", *more), message)


def test_the_shipped_run_has_its_own_tower(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["retrieve", "query.png", "--tower", f"{module}:own"]
    assert_refused(capsys, arguments, "--tower was given without --run")
