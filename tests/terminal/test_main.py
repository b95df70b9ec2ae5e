"""Help, and mistakes reported in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from terminal_refusal import assert_refused

from siamese_lib.__main__ import main
from siamese_lib.terminal import train as command

pytestmark = pytest.mark.usefixtures("tiny_set")


@pytest.mark.parametrize(
    "command", [[], ["train"], ["evaluate"], ["retrieve"], ["export"], ["report"]]
)
def test_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main([*command, "--help"])
    assert error.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(" ".join(["usage: siamese", *command]))
    for word in {
        (): ["train ", "evaluate ", "retrieve ", "export ", "report "],
        ("train",): ["--batch-size N", "--train-iter N", "--step N", "--model", "default: 9000"],
        ("evaluate",): ["RUN", "--data", "first 10,000 training images"],
        ("retrieve",): ["IMAGE", "--run RUN", "--picture FILE", "default: 7", "euclidean"],
        ("export",): ["RUN", "OUT", "--title TEXT", ".html is a page"],
        ("report",): ["DATA", "PAGE", "--minutes N", "default: 64"],
    }[tuple(command)]:
        assert word in said
    assert "None" not in said


MISTAKES = {
    "no command": ([], "required: COMMAND"),
    "unknown option": (["train", "--steps", "60"], r"--steps 60 \(see siamese train --help\)"),
    "one argument too many": (["evaluate", "a", "b"], r": b \(see siamese evaluate --help\)"),
    "a shift below 0": (["train", "--shift", "-1"], "got -1; expected a whole number, 0 or more"),
    "no number": (["train", "--train-iter", "many"], "got many; expected a whole number, 1 or"),
    "a number with e": (["retrieve", "a.png", "--neighbours", "1e3"], "got 1e3; expected a whole"),
    "an empty name to train on": (
        ["train", "--data", ""],
        "--data/--model: got ''; expected a name",
    ),
    "an empty name to measure": (["evaluate", "run", "--data", " "], "got ' '; expected a name"),
    "an empty name of a run": (["evaluate", ""], "argument RUN: got ''; expected a name"),
    "an empty name to write": (["export", "run", ""], "argument OUT: got ''; expected a name"),
    "an empty folder to save in": (["train", "--out", ""], "argument --out: got ''; expected a"),
    "a picture of HDF5": (
        ["retrieve", "a.png", "--picture", "found.hdf"],
        "expected the name of an image file that",
    ),
    "no steps": (["train", "--train-iter", "0"], "got 0; expected a whole number, 1 or more"),
    "no margin": (["train", "--margin", "0"], "got 0; expected a number above 0"),
    "no rate": (["train", "--learning-rate", "nan"], "got nan; expected a number above 0"),
    "unknown set": (["train", "--data", "digits"], "'digits'"),
    "no such folder": (["train", "--data", "photos/"], r"/photos\): found nothing"),
    "a size for a set": (["train", "--data", "tiny", "--image-size", "9"], "for a folder"),
    "a colour for a set": (["train", "--data", "tiny", "--color", "rgb"], "for a folder"),
    "a negative seed": (["train", "--data", "tiny", "--seed", "-1"], "seed"),
    "a foreign folder": (["train", "--data", "tiny", "--out", ".."], "holds sets but no run.json"),
    "no such run": (["evaluate", "nowhere"], r"/nowhere\) does not exist; expected the folder"),
    "not a run": (["evaluate", "."], r"has no run\.json"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_in_one_line(
    mistake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_refused(capsys, *MISTAKES[mistake])
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


def test_an_unknown_option_shows_the_usage_of_its_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--steps", "60"])
    said = capsys.readouterr().err
    assert said.startswith("usage: siamese train [-h]")
    assert "--train-iter N" in said


def test_a_training_without_images_named_says_that_it_takes_digits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, *_: Any, **__: Any) -> None:
        raise ValueError(f"asked for {name}")

    monkeypatch.setattr(command, "load", load)
    assert main(["train"]) == 2
    said = capsys.readouterr()
    assert said.out.startswith("No --data was given. This trains on the handwritten digits of")
    assert said.err == "siamese train: asked for mnist\n"
    assert main(["train", "--data", "mnist"]) == 2
    assert capsys.readouterr().out == ""


def test_an_interrupt_outside_the_training(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "load", interrupt)
    assert main(["train", "--data", "tiny"]) == 130
    assert capsys.readouterr().err == (
        "siamese train: interrupted. Start it again, or continue with --resume.\n"
    )
