"""The terminal's retrieve: what it prints, what it draws, and what it refuses."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_training import corners

import siamese_lib as sl
from siamese_lib import images as images_module
from siamese_lib.__main__ import main
from siamese_lib.data.handwriting import from_file
from siamese_lib.runs import embedding
from siamese_lib.terminal import retrieve

ROW = re.compile(r"^ *(\d+) +(\d+) +(\w+) +([\d.e-]+)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sl.Split:
    """A set called tiny, a run on it, and pictures of three of its training images."""
    train, test = corners(60), corners(48, seed=1)
    arrays: dict[str, Any] = {
        f"{axis}_{part}": values
        for part, split in (("train", train), ("test", test))
        for axis, values in (("x", split.images[..., 0]), ("y", split.labels))
    }
    np.savez(tmp_path / "tiny.npz", **arrays)
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    tower = sl.conv_tower(train.images.shape[1:], 2, seed=0)
    frames = [np.asarray(weight)[None] for weight in tower.get_weights()]
    sl.Run(tower, [0], frames, settings={"data": "tiny"}).save("run")
    for index in (3, 14, 15):
        Image.fromarray(train.images[index, ..., 0]).save(f"{index}.png")
        Image.fromarray(255 - train.images[index, ..., 0]).save(f"{index}-inverted.png")
    return train


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("invert", [False, True])
def test_each_image_gets_its_table(work, capsys, metric, invert):
    files = [f"{index}{'-inverted' * invert}.png" for index in (3, 14, 15)]
    options = ["--metric", metric, "--neighbours", "4", *["--invert"] * invert]
    assert main(["retrieve", "--run", "run", *options, *files]) == 0
    out = capsys.readouterr().out
    run = sl.Run.load("run")
    gallery = sl.Gallery(run.embed(work.images), metric)
    indices, distances = gallery.nearest(run.embed(work.images[[3, 14, 15]]), 4)
    rows = [
        (str(rank), str(index), str(work.labels[index]), f"{distance:.3g}")
        for row in zip(indices, distances, strict=True)
        for rank, (index, distance) in enumerate(zip(*row, strict=True), 1)
    ]
    assert ROW.findall(out) == rows
    assert [line for line in out.splitlines() if line in files] == files
    assert out.count("rank   index  label  distance") == 3


def test_training_images_are_embedded_with_a_progress_bar_and_once(work, capsys, monkeypatch):
    bars = []

    def bar(steps: list, what: str, unit: str) -> list:
        bars.append(what)
        return steps

    monkeypatch.setattr(embedding, "progress_bar", bar)
    monkeypatch.setattr(embedding, "_FEW", 60)
    small = functools.partialmethod(sl.Run.embed_once, batch_size=10)
    monkeypatch.setattr(sl.Run, "embed_once", small)
    for _ in range(2):
        assert main(["retrieve", "--run", "run", "3.png"]) == 0
    assert bars == ["embedding training images"]
    first, second = capsys.readouterr().out.split("3.png")[1:]
    assert ROW.findall(first) == ROW.findall(second)


def test_handwriting_is_prepared_as_the_explorer_does(work, capsys):
    digit = Image.fromarray(255 - work.images[3, ..., 0]).resize((90, 90))
    page = Image.new("L", (300, 200), 250)
    page.paste(digit, (170, 20))
    page.save("page.png")
    assert main(["retrieve", "--run", "run", "--handwriting", "page.png"]) == 0
    out = capsys.readouterr().out
    run = sl.Run.load("run")
    image, done = from_file(Path("page.png").read_bytes(), run.image_shape)
    assert f"page.png: {done}" in out
    (indices,), _ = sl.Gallery(run.embed(work.images)).nearest(run.embed(image[None]), 7)
    assert [index for _, index, _, _ in ROW.findall(out)] == [str(index) for index in indices]


def test_a_picture_is_drawn(work, capsys):
    arguments = ["retrieve", "--run", "run", "3.png", "15.png", "--picture", "new/found.png"]
    assert main(arguments) == 0
    assert capsys.readouterr().out.endswith("\nwrote new/found.png\n")
    with Image.open("new/found.png") as opened:
        pixels = np.asarray(opened.convert("L"))
    run = sl.Run.load("run")
    gallery = sl.Gallery(run.embed(work.images))
    indices, _ = gallery.nearest(run.embed(work.images[[3, 15]]), 7)
    side, gap = images_module._SIDE, images_module._GAP
    for row, (query, found) in enumerate(zip((3, 15), indices, strict=True)):
        top = gap + row * (side + images_module._TEXT + 2 * gap)
        for column, index in enumerate((query, *found)):
            left = gap + column * (side + gap) + gap * (column > 0)
            tile = np.kron(work.images[index, ..., 0], np.ones((side // 8, side // 8)))
            assert np.array_equal(pixels[top : top + side, left : left + side], tile)
        words = pixels[top + side : top + side + gap // 2 + 14]
        assert (words < 128).any()  # ink under the images


def test_long_names_are_cut_and_colours_kept():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (1, 2, 8, 8, 3), np.uint8)
    picture = images_module.draw_neighbours(images[:, 0], ["w" * 99], images, [["a", ""]])
    assert picture.mode == "RGB"
    assert picture.getpixel((images_module._GAP, images_module._GAP)) == tuple(images[0, 0, 0, 0])
    gutter = np.asarray(picture)[:, images_module._GAP + images_module._SIDE :][
        :, : 2 * images_module._GAP
    ]
    assert (gutter[images_module._GAP + images_module._SIDE :] == 255).all()


def test_labels_of_any_length_keep_the_columns():
    lines = retrieve.table(np.array([5, 59999]), np.array(["7", "ankle boot"]), np.ones(2))
    assert lines.splitlines() == [
        "rank   index       label  distance",
        "   1       5           7         1",
        "   2   59999  ankle boot         1",
    ]


def test_the_files_of_a_folder_are_named(work, capsys):
    for index in range(12):
        folder = Path("photos", "ab"[work.labels[index] % 2])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(work.images[index, ..., 0]).save(folder / f"{'long ' * index}{index}.png")
    data = sl.load_folder("photos", image_size=work.images.shape[1:3])
    assert data.train.files is not None
    arguments = ["retrieve", "--run", "run", "--data", "photos", "--neighbours", "3"]
    assert main([*arguments, *(str(data.path("train", index)) for index in (0, 5))]) == 0
    out = capsys.readouterr().out
    assert f"The files found are in {Path('photos').resolve()}/." in out
    tables = [block.splitlines() for block in out.split("\nrank ")[1:]]
    for index, (head, *rows) in zip((0, 5), tables, strict=True):
        places = [head.find("file") + len("rank "), head.find("  distance") + len("rank ")]
        found = [row[slice(*places)].strip() for row in rows[:3]]
        assert [data.train.files[int(row.split()[1])] for row in rows[:3]] == found
        assert found[0] == data.train.files[index]


def test_a_path_in_the_home_folder(work, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["retrieve", "--run", "run", "~/3.png", "~/nowhere.png"]) == 2
    out, err = capsys.readouterr()
    assert ROW.findall(out)[0][:2] == ("1", "3")
    assert f"{tmp_path / 'nowhere.png'} does not exist; expected an image file." in err


def test_a_broken_file_does_not_stop_the_others(work, capsys):
    Path("broken.png").write_bytes(Path("3.png").read_bytes()[:60])
    Image.new("L", (40, 40), 9).save("blank.png")
    files = ["3.png", "broken.png", "nowhere.png", "blank.png", "15.png"]
    options = ["--handwriting", "--picture", "found.png"]
    assert main(["retrieve", "--run", "run", *options, *files]) == 2
    said = capsys.readouterr()
    assert [line for line in said.out.splitlines() if line in files] == ["3.png", "15.png"]
    assert len(ROW.findall(said.out)) == 2 * 7
    found = [line.removeprefix("siamese retrieve: ") for line in said.err.splitlines()]
    assert [line.split(" ")[0].strip(":") for line in found] == [files[2], files[1], files[3]]
    for line, why in zip(found, ["does not exist", "not an image that", "one colour"], strict=True):
        assert why in line
    with Image.open("found.png") as opened:
        rows = opened.height / (images_module._SIDE + images_module._TEXT)
    assert 2 <= rows < 3


@pytest.mark.parametrize("option", [[], ["--data", "tiny"]])
def test_without_a_run_the_first_line_says_what_is_searched(work, capsys, monkeypatch, option):
    run = sl.Run.load("run")
    monkeypatch.setattr(sl, "shipped_run", lambda: run)
    assert main(["retrieve", "3.png", *option]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    searched = "tiny" if option else "the handwritten digits of tiny"
    assert first.startswith(
        f"No --run was given. This searches {searched}, with the run on tiny that comes with"
    )
    assert "Name another one with --run" in first
    assert main(["retrieve", "3.png", "--run", "run", *option]) == 0
    assert "--run" not in capsys.readouterr().out


def test_colours_that_a_grey_run_does_not_see_are_warned_of(work, capsys):
    Image.new("RGB", (40, 40), (200, 30, 30)).save("red.png")
    arguments = ["retrieve", "--run", "run", "--no-handwriting", "3.png", "red.png"]
    with pytest.warns(UserWarning, match=r"not see the colours of red\.png\.$") as said:
        assert main(arguments) == 0
    assert len(said) == 1
    assert len(ROW.findall(capsys.readouterr().out)) == 2 * 7
    for index in range(12):  # of a folder, which may have been in colour
        folder = Path("photos", "ab"[index % 2])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(work.images[index, ..., 0]).save(folder / f"{index}.png")
    assert main([*arguments, "--data", "photos"]) == 0


def test_without_a_run_the_shipped_one_answers(capsys, monkeypatch):
    asked = []

    def load_for_run(run: sl.Run, name: str, folder: Path) -> None:
        asked.append((repr(run), name, folder))
        raise ValueError("enough")

    monkeypatch.setattr(retrieve, "load_for_run", load_for_run)
    assert main(["retrieve", "3.png"]) == 2
    assert asked == [(repr(sl.shipped_run()), None, None)]
    assert sl.shipped_run().settings["data"] == "mnist"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["nowhere.png"],
            r"nowhere\.png \(/.*/nowhere\.png\) does not exist; expected an image file",
        ),
        (["run"], r"run \(/.*/run\) is a folder; expected an image file"),
        (["tiny.npz"], r"tiny\.npz \(/.*/tiny\.npz\) is not an image that can be read"),
        (
            ["3.png", "--run", "elsewhere"],
            r"elsewhere \(/.*/elsewhere\) does not exist; expected the folder",
        ),
        (["3.png", "--neighbours", "61"], "k is 61; expected at most 60, the number of embeddings"),
        (
            ["3.png", "--picture", "found.xyz"],
            r"--picture is found\.xyz; expected .* such as found\.png",
        ),
        (["3.png", "--data", "mnist-of-nobody"], "'mnist-of-nobody'"),
    ],
)
def test_a_mistake_is_reported_in_one_line(capsys, arguments, message):
    assert main(["retrieve", "--run", "run", *arguments]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert re.match("siamese retrieve: .*" + message, said[0])
