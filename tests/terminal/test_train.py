"""``python -m siamese_lib train`` trains, saves and measures; ``evaluate`` measures again."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from terminal_refusal import assert_refused
from tiny_training import corners

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.data import shapes
from siamese_lib.terminal.train import _recipe as recipe_of
from siamese_lib.terminal.train_options import add_options
from siamese_lib.training import recipes
from siamese_lib.training import recorder as recorder_module

pytestmark = pytest.mark.usefixtures("tiny_set")
FIGURES = re.compile(
    r"^precision@7 [01]\.\d{4}   kNN accuracy [01]\.\d{4}   \(.* training images\)$", re.MULTILINE
)


def photos(folder: Path) -> Path:
    """Colour alone tells the classes apart: all three are equally bright."""
    rng = np.random.default_rng(0)
    for channel, name in enumerate(("red", "green", "blue")):
        (folder / name).mkdir(parents=True)
        for i in range(20):
            pixels = rng.integers(60, 80, (30, 40, 3), np.uint8)
            pixels[..., channel] += 120
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


def train(*arguments: str, data: str = "tiny", steps: int = 20) -> int:
    chosen = ["--tower", "conv", "--model", data, "--train-iter", str(steps)]
    return main(["train", *chosen, *arguments])


# --- train and evaluate ------------------------------------------------------------------------


def test_train_with_the_original_flags_then_evaluate(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--batch-size", "16", "--step", "5") == 0
    out = capsys.readouterr().out
    folder = Path("runs/tiny-2d")
    assert "tiny: 60 training and 48 test images" in out
    assert "training on the " in out
    assert out.count("step ") >= 12
    assert f"saved Run(5 frames from step 0 to 20, 8x8x1 images to 2-D) in {folder}" in out
    figures = FIGURES.search(out)
    assert figures
    assert figures[0].endswith("(48 test images, nearest 7 of the first 60 training images)")
    assert out.endswith(figures[0] + "\n")

    run = sl.Run.load(folder)
    assert run.steps.tolist() == [0, 5, 10, 15, 20]
    assert run.settings["batch_size"] == 16
    assert run.history["precision"][-1] > 0.9
    assert list((folder / "tensorboard" / "train").glob("events.*"))
    assert not (folder / "checkpoint.npz").exists()

    assert main(["evaluate", str(folder)]) == 0
    assert capsys.readouterr().out.endswith(figures[0] + "\n")
    assert main(["evaluate", str(folder), "--data", "tiny"]) == 0
    assert capsys.readouterr().out.endswith(figures[0] + "\n")


def test_a_folder_of_photos_is_learned_in_colour_and_found_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    photos(tmp_path / "work" / "photos")
    assert train("--tower", "photo", "--batch-size", "12", "--no-tensorboard", data="photos") == 0
    out = capsys.readouterr().out
    data = sl.load_folder("photos", image_size=(64, 64), color="rgb")
    assert f"photos: {len(data.train)} training and {len(data.test)} test images of 64×64×3" in out
    assert "recipe for photographs: photo_tower to 64 dimensions, normalized softmax loss," in out
    figures = FIGURES.search(out)
    assert figures
    run = sl.Run.load("runs/photos-64d")
    assert run.image_shape == (64, 64, 3)
    assert (run.settings["tower"], run.settings["loss"]) == ("photo", "softmax")
    assert run.settings["distort"].startswith("PhotoDistortion(")
    assert "margin" not in run.settings  # this loss has none, so views draw none
    others = np.bincount(data.test.labels)[data.test.labels] - 1  # that each test image can find
    assert run.history["precision"][-1] == pytest.approx(np.minimum(others, 7).mean() / 7)
    monkeypatch.chdir(tmp_path)  # the run remembers where the photos are
    assert main(["evaluate", "work/runs/photos-64d"]) == 0
    assert capsys.readouterr().out.endswith(figures[0] + "\n")


def test_our_own_flags_and_photos_without_colour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = photos(tmp_path / "tiny")
    options = ["--image-size", "9", "--color", "grayscale", "--embedding-dim", "5", "--seed", "3"]
    rates = ["--pairs", "random", "--margin", "2", "--learning-rate", "0.01", "--batch-size", "8"]
    out = tmp_path / "a" / "run"
    more = ["--tower", "conv", "--shift", "1", "--no-tensorboard", "--out", str(out)]
    assert train(*options, *rates, *more, data="../tiny") == 0  # and not the set of that name
    figures = FIGURES.search(capsys.readouterr().out)
    assert figures
    run = sl.Run.load(out)
    assert run.image_shape == (9, 9, 1)
    assert run.settings == {
        "data": str(folder),
        "batch_size": 8,
        "train_iter": 20,
        "pairs": "random",
        "margin": 2.0,
        "shift": 1,
        "learning_rate": 0.01,
        "seed": 3,
        "tower": "conv",
        "loss": "contrastive",
        "per_class": None,
        "distort": "RandomShift(pixels=1)",
        "stop_early": False,
    }
    first = sl.conv_tower((9, 9, 1), 5, seed=3).get_weights()[0]
    np.testing.assert_array_equal(run.weights(0)[0], first)
    frames = json.loads((out / "run.json").read_text())["frames"]["file"]
    known = frames.replace("frames", "trained-on")
    assert {file.name for file in out.iterdir()} == {"run.json", frames, known}
    assert main(["evaluate", str(out)]) == 0
    assert capsys.readouterr().out.endswith(figures[0] + "\n")


def test_a_folder_that_stays_on_disk_trains_as_it_does_in_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    photos(tmp_path / "work" / "photos")
    options = ["--batch-size", "12", "--image-size", "16", "--no-tensorboard"]
    assert train(*options, "--out", "plain", data="photos") == 0
    figures = FIGURES.search(capsys.readouterr().out)
    assert figures
    # From here on the images do not fit into memory.
    monkeypatch.setattr(shapes, "memory_bytes", lambda: 60 * 16 * 16 * 3)
    assert train(*options, "--on-disk", "--out", "stored", data="photos") == 0
    runs = [sl.Run.load(name) for name in ("plain", "stored")]
    for mine, theirs in zip(*(run.weights() for run in runs), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    capsys.readouterr()
    assert main(["evaluate", "stored"]) == 0
    assert capsys.readouterr().out.endswith(figures[0] + "\n")
    assert_refused(capsys, ["evaluate", "plain"], "on_disk=True, or siamese train --on-disk")


# --- interrupted, resumed, diverged ------------------------------------------------------------


def test_a_signal_leaves_a_usable_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sl.ImageBatches.__getitem__

    def interrupting(self: sl.ImageBatches, index: int) -> Any:
        if self.first_step == 100 and index == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return batch(self, index)

    monkeypatch.setattr(sl.ImageBatches, "__getitem__", interrupting)
    assert train("--batch-size", "8", steps=200) == 143
    out = capsys.readouterr().out
    assert "SIGTERM: stopping after this step" in out
    assert "saved Run(" in out
    assert "Continue with --resume" in out
    run = sl.Run.load("runs/tiny-2d")
    assert 100 <= run.steps[-1] < 120
    assert sl.evaluate(run, sl.load_dataset("tiny")).precision > 0.9


class Crash(BaseException):
    pass


def test_resume_arrives_at_the_same_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_CHECKPOINT_SECONDS", -1.0)
    monkeypatch.setattr(recipes, "epoch_length", lambda steps: 10)
    options = ["--train-iter", "30", "--batch-size", "8", "--no-tensorboard"]
    assert main(["train", "--data", "tiny", *options, "--out", "whole"]) == 0

    def crash(self: sl.Progress, epoch: int, logs: Any) -> None:
        if epoch == 1:
            raise Crash

    parts = ["train", "--data", "tiny", *options, "--out", "parts"]
    with monkeypatch.context() as patch:
        patch.setattr(sl.Progress, "on_epoch_end", crash)
        with pytest.raises(Crash):
            main(parts)
    capsys.readouterr()
    other_rate = [*parts, "--resume", "--learning-rate", "0.01"]
    assert_refused(capsys, other_rate, "setting learning_rate was 0.02, now 0.01")
    assert main([*parts, "--resume"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step")]
    assert len(lines) < 8  # of twelve: the last ten steps of thirty
    whole, resumed = sl.Run.load("whole"), sl.Run.load("parts")
    assert resumed.steps.tolist() == whole.steps.tolist()
    assert resumed.history["step"] == whole.history["step"]
    for one, other in zip(resumed.weights(), whole.weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert_refused(capsys, [*parts, "--resume"], "a run that is finished")


@pytest.mark.parametrize("before", [True, False])
def test_a_training_is_resumed_where_its_images_are_on_disk_or_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    photos(tmp_path / "work" / "photos")
    options = ["--batch-size", "12", "--image-size", "16", "--no-tensorboard"]
    assert train(*options, "--out", "whole", data="photos") == 0
    batch = sl.ImageBatches.__getitem__

    def interrupting(self: sl.ImageBatches, index: int) -> Any:
        if self.first_step + index == 12:
            os.kill(os.getpid(), signal.SIGTERM)
        return batch(self, index)

    places = [["--on-disk"] if on_disk else [] for on_disk in (before, not before)]
    with monkeypatch.context() as patch:
        patch.setattr(sl.ImageBatches, "__getitem__", interrupting)
        assert train(*options, *places[0], "--out", "parts", data="photos") == 143
    assert train(*options, *places[1], "--out", "parts", "--resume", data="photos") == 0
    whole, resumed = sl.Run.load("whole"), sl.Run.load("parts")
    assert resumed.settings.get("on_disk", False) == (not before)
    for one, other in zip(resumed.weights(), whole.weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_training_that_diverges_leaves_what_there_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["train", "--tower", "conv", "--data", "tiny", "--train-iter", "30"]
    assert_refused(
        capsys, [*arguments, "--batch-size", "8", "--learning-rate", "1e30"], "by step .* too high"
    )
    embeddings = sl.Run.load("runs/tiny-2d").embed(corners(12).images)
    assert np.isfinite(embeddings).all()


# --- refused --------------------------------------------------------------------------------------


def test_too_few_images_are_noticed_before_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = photos(tmp_path / "few")
    for file in folder.rglob("[2-9].png"):
        file.unlink()
    for file in folder.rglob("1?.png"):
        file.unlink()
    assert_refused(capsys, ["train", "--data", str(folder)], "3 training and 3 test images")


def test_a_shift_and_a_distortion_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "--data", "tiny", "--shift", "1", "--distort", "affine"]
    assert_refused(capsys, arguments, "--shift 1 was given with --distort affine")


# --- recipes --------------------------------------------------------------------------------------


def test_the_parts_of_a_recipe_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--tower", "photo", "--loss", "triplet", "--embedding-dim", "3", "--margin", "0.3"]
    more = ["--per-class", "8", "--batch-size", "16", "--distort", "photo", "--no-flip"]
    assert train(*options, *more, "--no-tensorboard", steps=40) == 0
    run = sl.Run.load("runs/tiny-3d")
    kept = {name: run.settings[name] for name in ("tower", "loss", "margin", "per_class")}
    assert kept == {"tower": "photo", "loss": "triplet", "margin": 0.3, "per_class": 8}
    assert "flip=False" in run.settings["distort"]
    assert FIGURES.search(capsys.readouterr().out)


def test_a_training_stops_early_and_is_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, others = corners(160), corners(16, seed=1)
    arrays: dict[str, Any] = {"x_train": images.images[..., 0], "y_train": images.labels}
    arrays |= {"x_test": others.images[..., 0], "y_test": others.labels}
    np.savez(tmp_path / "sets" / "more.npz", **arrays)
    options = ["--batch-size", "8", "--no-tensorboard", "--stop-early"]
    assert train(*options, data="more", steps=600) == 0
    said = re.search(r"stopped after step (\d+): held-out precision@7", capsys.readouterr().out)
    assert said
    assert 150 < int(said[1]) < 600
    run = sl.Run.load("runs/more-2d")
    assert run.steps[-1] == int(said[1])
    assert not Path("runs/more-2d/checkpoint.npz").exists()
    known = run.was_trained_on(images.images)
    assert known is not None
    assert 0.7 < known.mean() < 1


def test_too_few_images_to_hold_out_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "--data", "tiny", "--stop-early"]
    assert_refused(capsys, arguments, "--stop-early holds out 7 of 60 training images; expected mo")


# --- the recipe --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("classes", "options", "loss", "margin"),
    [
        (501, [], "triplet", 0.2),  # the recipe's own
        (501, ["--margin", "0.7"], "triplet", 0.7),
        (501, ["--loss", "triplet"], "triplet", 0.2),
        (501, ["--loss", "contrastive"], "contrastive", 1.0),  # 0.2 was for the triplet loss
        (501, ["--pairs", "random"], "contrastive", 1.0),
        (501, ["--tower", "conv"], "contrastive", 1.0),
        (501, ["--tower", "conv", "--margin", "2"], "contrastive", 2.0),
        (3, ["--loss", "triplet"], "triplet", 1.0),
        (3, [], "softmax", 1.0),
    ],
)
def test_the_margin_is_that_of_the_loss(
    tmp_path: Path, classes: int, options: list[str], loss: str, margin: float
) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    images = np.zeros((2 * classes, 8, 8, 3), np.uint8)
    split = sl.Split(images, np.repeat(np.arange(classes), 2))
    data = sl.Dataset(split, split, tuple(map(str, range(classes))), "made", "made")
    recipe = recipe_of(data, parser.parse_args(["--model", str(tmp_path), *options]))
    assert (recipe.loss, recipe.margin) == (loss, margin)


def test_options_change_the_recipe_for_digits() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    images = np.zeros((2000, 28, 28, 1), np.uint8)
    images[:, 13, 4:-4] = 255  # a line
    split = sl.Split(images, np.arange(2000) % 10)
    data = sl.Dataset(split, split, tuple("0123456789"), "made", "made")
    assert recipe_of(data, parser.parse_args(["--model", "mnist"])).loss == "supervised"
    contrastive = ["--model", "mnist", "--loss", "contrastive"]
    for options, margins in (([], (3.0, 0.6)), (["--margin", "0.5"], (0.5, 0.1))):
        recipe = recipe_of(data, parser.parse_args([*contrastive, *options]))
        assert (recipe.margin, recipe.positive_margin) == pytest.approx(margins)
    for options in ([], ["--embedding-dim", "16"], ["--loss", "supervised"]):
        given = parser.parse_args(["--model", "mnist", "--margin", "2", *options])
        with pytest.raises(ValueError, match=r"--margin 2 was given with the \w+ loss, .*none"):
            recipe_of(data, given)
    bent = recipe_of(data, parser.parse_args(["--model", "mnist", "--distort", "elastic"]))
    assert bent.augment == sl.ElasticDistortion()
    softmax = recipe_of(data, parser.parse_args(["--model", "mnist", "--embedding-dim", "16"]))
    assert (softmax.loss, softmax.embedding_dim, softmax.name) == ("softmax", 16, "digits")
    assert (softmax.batch_size, softmax.steps) == (128, 9000)
    short = ["--model", "mnist", "--embedding-dim", "16", "--train-iter", "200"]
    options: list[str]
    for options, size in (
        ([], 64),
        (["--batch-size", "40"], 40),
        (["--tower", "photo"], 128),
        (["--loss", "triplet"], 128),
        (["--pairs", "random"], 128),
        (["--tower", "mine:tower"], 128),
    ):
        few = recipe_of(data, parser.parse_args([*short, *options]))
        assert (few.batch_size, few.steps) == (size, 200)
    for dim in ("2", "16"):
        pairs = ["--model", "mnist", "--embedding-dim", dim, "--pairs", "random"]
        drawn = recipe_of(data, parser.parse_args(pairs))
        assert (drawn.loss, drawn.margin, drawn.positive_margin) == ("contrastive", 1.0, 0.0)
        assert (drawn.batch_size, drawn.steps) == (128, 9000)
        assert recipe_of(data, parser.parse_args([*pairs, "--loss", "contrastive"])) == drawn
    own = recipe_of(data, parser.parse_args(["--model", "mnist", "--tower", "mine:tower"]))
    assert (own.margin, own.positive_margin) == (1.0, 0.0)  # it may have unit length
