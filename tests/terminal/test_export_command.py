"""``python -m siamese_lib export`` writes what the suffixes ask for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_training import Training, corners_dataset

import siamese_lib as sl
from siamese_lib.__main__ import main

DIGITS = corners_dataset()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run in the folder ``run``, whose images are the set tiny."""
    np.savez(
        tmp_path / "tiny.npz",
        x_train=DIGITS.train.images[..., 0],
        y_train=DIGITS.train.labels,
        x_test=DIGITS.test.images[..., 0],
        y_test=DIGITS.test.labels,
    )
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    tower = sl.conv_tower((8, 8, 1), 2, seed=0)
    training = Training(steps=4, frames=3, tower=tower, settings={"data": "tiny"})
    training.fit().run.save("run")
    return "run"


def test_everything_at_once(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    outs = ["out/page.html", "out/film.gif", "out/film.WEBP", "out/projector", "out/v1.0/"]
    options = ["--images", "9", "--gallery", "20", "--title", "Ours & others"]
    assert main(["export", run, *outs, *options]) == 0
    said = capsys.readouterr().out
    for out in outs:
        assert f"wrote {Path(out)}" in said
    page = Path("out/page.html").read_text(encoding="utf-8")
    assert "<title>Ours &amp; others</title>" in page
    assert "9 test images \\u00b7 20 training images to search" in page
    for name, form in (("film.gif", "GIF"), ("film.WEBP", "WEBP")):
        with Image.open(Path("out", name)) as picture:
            assert picture.format == form
    for folder in ("projector", "v1.0"):
        rows = Path("out", folder, "embeddings.tsv").read_text().splitlines()
        assert len(rows) == 9


def test_what_cannot_be_written_does_not_stop_the_others(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("mine")
    outs = ["file/film.gif", "film.gif", "file"]
    assert main(["export", run, *outs, "--images", "9"]) == 2
    said = capsys.readouterr()
    assert [line for line in said.out.splitlines() if "wrote film.gif" in line]
    assert "wrote file" not in said.out
    reasons = said.err.splitlines()
    for line, out in zip(reasons, ["file/film.gif", "file"], strict=True):
        assert line.startswith(f"siamese export: {out}: ")
    assert Path("film.gif").exists()
    assert Path("file").read_text() == "mine"


def test_a_page_that_searches_fewer_images_than_it_shows_neighbours(run: str) -> None:
    assert main(["export", run, "page.html", "--gallery", "3"]) == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert "3 training images to search" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["page.txt"],
            "argument OUT: got 'page.txt'; expected a name that ends in .html, .gif, .webp or .mp4",
        ),
        (["film.gif", "--gallery", "9"], "--gallery and --title were given without a page"),
        (["page.html", "--images", "0"], "--images: got 0; expected a whole number, 1 or more"),
        ([], "OUT"),
    ],
)
def test_what_cannot_be_written_is_said(
    run: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    try:
        status = main(["export", run, *arguments])
    except SystemExit as error:
        status = error.code
    assert status == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not list(Path().glob("*.html"))


def test_an_mp4_without_its_package_is_an_error_without_a_traceback(
    run: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("siamese_lib.export.moving_pictures.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    assert main(["export", run, "film.mp4"]) == 2
    assert "pip install imageio-ffmpeg" in capsys.readouterr().err
