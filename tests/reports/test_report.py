"""A folder with planted faults becomes a page: everything planted is found, and nothing is lost."""

from __future__ import annotations

import copy
import csv
import html
import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.reports.inventory import inventory
from siamese_lib.reports.judging import WAYS
from siamese_lib.reports.report_page import _kept

COLOURS = {"red": 0, "green": 1, "blue": 2, "dark": None, "light": 3}
RECIPE = sl.Recipe(embedding_dim=8, steps=60, batch_size=20, learning_rate=0.02)


def picture(name: str, rng: np.random.Generator) -> np.ndarray:
    """A picture of noise with a colour that says its class."""
    pixels = rng.integers(0, 120, (24, 20, 3))
    channel = COLOURS[name]
    if name == "light":
        pixels += 130
    elif channel is not None:
        pixels[..., channel] += 130
    return pixels.astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "photos"
    rng = np.random.default_rng(0)
    for name in COLOURS:
        (root / name).mkdir(parents=True)
        for number in range(24):
            Image.fromarray(picture(name, rng)).save(root / name / f"{number}.png")
    for number in range(3):  # wrong labels
        Image.fromarray(picture("green", rng)).save(root / "red" / f"wrong {number}.png")
    with Image.open(root / "blue" / "3.png") as copied:  # near duplicates
        copied.save(root / "blue" / "copy.jpg", quality=95)
        copied.save(root / "dark" / "copy.png")
    (root / "dark" / "notes.txt").write_text("no picture")
    (root / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    return root


@pytest.fixture(scope="module")
def made(folder: Path) -> sl.Report:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what was planted
        return sl.report(
            folder, folder.parent / "page.html", image_size=16, recipe=RECIPE, minutes=0.5,
            false_accept=0.1, verbose=False,
        )  # fmt: skip


def texts(made: sl.Report) -> str:
    """The words of the page, without markup, scripts and data."""
    page = made.page.read_text(encoding="utf-8")
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_it_says_what_is_there(made: sl.Report) -> None:
    there = made.there
    counts = dict(zip(there.class_names, (there.train + there.test).tolist(), strict=True))
    assert counts == {"blue": 25, "dark": 25, "green": 24, "light": 24, "red": 27}
    assert there.sizes.tolist() == [[20, 24]] * 125
    assert there.other_kinds == {".txt": 1}
    assert len(there.unreadable) == 1
    assert "broken.png" in there.unreadable[0]
    assert there.across_classes >= 1
    words = texts(made)
    assert "Passed over, as their kinds are not read: .txt 1." in words
    assert "The pictures are 20 to 20 pixels wide" in words


def test_the_page_begins_with_the_verdict(made: sl.Report) -> None:
    words = texts(made)
    assert words.index(made.verdict[0].split(":")[0]) < words.index("What is there")
    assert made.judged.queries == len(made.data.test)
    assert made.new_classes is not None
    assert made.new_classes.gallery == sum(
        (labels == k).sum()
        for labels in (made.data.train.labels, made.data.test.labels)
        for k in set(range(5)) - set(trained_classes(made))
    )


def trained_classes(made: sl.Report) -> list[int]:
    run = sl.Run.load(made.folder / "run-fewer-classes")
    labels = made.data.train.labels
    known = run.was_trained_on(made.data.train.images)
    assert known is not None
    return np.unique(labels[known]).tolist()


def test_the_planted_faults_are_in_the_table(made: sl.Report) -> None:
    with (made.folder / "findings.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    suspects = [row for row in rows if row["kind"] == "suspect label"]
    wrong = {f"red/wrong {number}.png" for number in range(3)}
    assert wrong <= {row["file"] for row in suspects[:6]}
    assert {row["suggested"] for row in suspects if row["file"] in wrong} == {"green"}
    pairs = [{row["file"], row["other file"]} for row in rows if row["kind"] == "near duplicate"]
    assert {"blue/3.png", "dark/copy.png"} in pairs[:3] or {
        "blue/copy.jpg", "dark/copy.png",
    } in pairs[:3]  # fmt: skip
    assert "findings.csv has all of them" in texts(made)


def test_the_list_of_suspects_ends_where_a_look_is_no_longer_worth_it(made: sl.Report) -> None:
    cleaned = made.cleaned
    suspects = next(each for each in cleaned.findings if each.kind == "suspect label")
    assert 3 <= len(suspects) < 60
    assert suspects.scores.min() >= max(0.5, cleaned.stop.score)
    assert cleaned.worth_a_look == (suspects.scores >= cleaned.stop.half).sum() > 0
    words = texts(made)
    assert f"{cleaned.stop.planted} labels were made wrong on purpose" in words
    assert f"{cleaned.stop.caught} of these" in words
    assert f"Another class fits {cleaned.unlisted} more pictures a little better." in words
    page = made.page.read_text(encoding="utf-8")
    (table,) = re.findall(r"<h2>Labels that may be wrong</h2>.*?</section>", page, re.DOTALL)
    assert suspects.votes is not None
    counts = [int(value) for value in re.findall(r'data-value="(\d+)"', table)]
    assert counts == suspects.votes[:100, :2].ravel().tolist()
    assert "score" not in re.findall(r'<th scope="col">(.*?)</th>', table)


def test_the_page_says_how_much_the_folder_takes(made: sl.Report) -> None:
    size = sum(file.stat().st_size for file in made.folder.rglob("*") if file.is_file())
    assert f"The folder page_files takes {size / 1e6:,.1f} MB." in texts(made)


def test_the_page_explains_its_words(made: sl.Report) -> None:
    words = texts(made)
    for private in ("tower", "queries", "rival"):
        assert not re.findall(rf".{{40}}\b{private}\b.{{20}}", words)
    for name, what in WAYS.values():
        assert f"{name} {what}" in words


def test_a_blank_picture_is_named(made: sl.Report) -> None:
    assert made.there.blank == ()
    images = made.data.train.images.copy()
    images[3] = 250
    images[3, :4] = 255  # a white drawing on white
    train = sl.Split(images, made.data.train.labels, made.data.train.files)
    there = inventory(replace(made.data, train=train))
    assert made.data.train.files is not None
    assert there.blank == (made.data.train.files[3],)
    assert any("Nearly of one colour" in line and "(1)" in line for line in there.lines())


def test_what_was_left_out_is_marked(made: sl.Report) -> None:
    rejected = {made.cleaned.names[row] for row in made.cleaned.rejected}
    with (made.folder / "findings.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["left out"] for row in rows} - {""} == rejected
    page = made.page.read_text(encoding="utf-8")
    (suspects,) = re.findall(r"<h2>Labels that may be wrong</h2>.*?</section>", page, re.DOTALL)
    cells = [re.sub(r"<[^>]+>", "|", row).strip("|").split("|") for row in suspects.split("<tr>")]
    marked = {name for row in cells for name in rejected if name in row and "yes" in row}
    named = {name for row in cells for name in rejected if name in row}
    assert marked == named != set()
    words = texts(made)
    assert f"which {len(rejected):,} training images the last training did without" in words
    assert "The tables above show up to 100 rows each, and the rest is only there." in words
    assert "test images always stay" in words


def test_the_page_says_how_to_go_on_without_some(made: sl.Report) -> None:
    call = re.search(r"(sl\.load_folder\(.*\))\.without\(names\)\.", html.unescape(texts(made)))
    assert call is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what was planted
        data = eval(call[1], {"sl": sl})
    np.testing.assert_array_equal(data.train.images, made.data.train.images)
    names = [made.cleaned.names[row] for row in made.cleaned.rejected]
    assert len(data.without(names).train) == len(data.train) - len(names)


def test_pairs_that_do_not_count_are_folded(made: sl.Report) -> None:
    page = made.page.read_text(encoding="utf-8")
    counted = re.search(r"<h2>Nearly the same picture</h2>.*?</section>", page, re.DOTALL)
    others = re.search(r"<details class=\"table\">.*?</details>", page, re.DOTALL)
    assert counted is not None
    assert others is not None
    scores = [
        [float(value) for value in re.findall(r'data-value="([^"]+)"', each[0])]
        for each in (counted, others)
    ]
    assert len(scores[0]) == made.there.alike
    assert min(scores[0]) >= 0.9 > max(scores[1])


def test_retrieve_finds_the_images_of_the_run(
    made: sl.Report, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = 5
    file = made.data.path("train", row)
    words = f"siamese retrieve --run {made.folder / 'run'} FILE"
    assert words in texts(made)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what was planted
        assert main(words.replace("FILE", str(file)).split()[1:]) == 0
    said = capsys.readouterr().out
    assert f"The files found are in {folder}" in said
    assert re.search(rf"^ +1 +{row} .*{re.escape(file.name)} +0$", said, re.MULTILINE)


def test_the_page_says_what_became_of_an_earlier_collection(made: sl.Report) -> None:
    moved = replace(made.kept, before=made.folder / "collection-1", reason="cannot be read")
    said = " ".join(_kept(replace(made, kept=moved)))
    assert "page_files/collection-1: the earlier collection, which cannot be read." in said
    assert "earlier collection" not in " ".join(_kept(made))


def test_only_a_run_whose_images_open_again_names_them(made: sl.Report) -> None:
    assert made.run.settings["data"] == str(made.data.root)
    for name in ("run-fewer-classes", "run-cleaned"):
        assert "data" not in sl.Run.load(made.folder / name).settings
    other = copy.copy(made.run)
    other.settings = {}
    said = " ".join(_kept(replace(made, run=other)))
    assert "siamese retrieve" not in said
    assert f"sl.Collection.load('{made.folder / 'collection'}').nearest('FILE')" in said


def test_without_the_rejected_the_data_go_on(made: sl.Report) -> None:
    rejected = made.cleaned.rejected
    assert len(rejected)
    assert rejected.max() < len(made.data.train)
    fewer = made.data.without(train=rejected)
    assert len(fewer.train) == len(made.data.train) - len(rejected)
    assert made.without_rejected is not None
    assert made.without_rejected.gallery == len(fewer.train)


def test_every_answer_opens_a_file(made: sl.Report, folder: Path) -> None:
    page = made.page.read_text(encoding="utf-8")
    block = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    data = json.loads(block[1])
    links = data["links"]
    assert len(links["gallery"]) == len(made.data.train)
    assert len(links["queries"]) == len(made.data.test)
    from urllib.parse import unquote

    for part, name in (("gallery", "train"), ("queries", "test")):
        for row, link in enumerate(links[part]):
            assert made.page.parent / unquote(link) == made.data.path(name, row)
            assert (made.page.parent / unquote(link)).is_file()


def test_the_collection_is_kept(made: sl.Report) -> None:
    kept = sl.Collection.load(made.folder / "collection")
    assert len(kept) == 125
    file = made.data.path("test", 0)
    assert kept.nearest(file, k=1)[0][0].path == file


def test_another_call_trains_nothing_again(
    made: sl.Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from siamese_lib.reports import report as report_module
    from siamese_lib.reports import training

    def no(*_: object, **__: object) -> None:
        raise AssertionError("a finished training was repeated")

    kept = sl.Collection.load(made.folder / "collection")
    kept.add(np.zeros((1, 16, 16, 3), np.uint8), "black")
    kept.remove(3)
    kept.save(made.folder / "collection")
    monkeypatch.setattr(training, "_fit", no)
    monkeypatch.setattr(report_module, "steps_within", no)
    again = sl.report(
        made.data, made.page, recipe=RECIPE, minutes=0.5, false_accept=0.1, verbose=True
    )
    said = capsys.readouterr().out
    assert "2/6 training, kept from before: conv_tower" in said
    again_without = r"training again without .*, kept from before$"
    assert len(re.findall(again_without, said, re.MULTILINE)) == 2
    assert "collection stays as it is, with your changes" in said
    *_, page, kept_in = said.splitlines()
    assert re.search(r"page\.html \(\d+\.\d MB\) in \d+ s$", page)
    assert re.search(r"page_files \(\d+\.\d MB\): the trainings, the collection", kept_in)
    assert again.judged.gain == made.judged.gain
    assert again.verdict == made.verdict
    assert again.kept.changed
    assert sl.Collection.load(made.folder / "collection").entries == kept.entries
    with pytest.raises(AssertionError):
        sl.report(made.data, made.page, recipe=RECIPE, minutes=0.5, seed=1, verbose=False)
    other = replace(RECIPE, margin=2.0)
    with pytest.raises(AssertionError):
        sl.report(made.data, made.page, recipe=other, minutes=0.5, verbose=False)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"path": "page.pdf"}, "ending in .html"),
        ({"minutes": 0.1}, "minutes is 0.1; expected 0.5 or more"),
        ({"minutes": float("nan")}, "minutes is nan"),
        ({"false_accept": 1}, "false_accept is 1"),
        ({"source": "no such folder"}, "no such folder"),
    ],
)
def test_what_is_refused(folder: Path, tmp_path: Path, given: dict, says: str) -> None:
    asked = {"source": folder, "path": tmp_path / "page.html", **given}
    with pytest.raises(ValueError, match=says):
        sl.report(asked.pop("source"), asked.pop("path"), verbose=False, **asked)
    assert not list(tmp_path.iterdir())


def test_the_terminal_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path), str(tmp_path / "page.html")]) == 2
    assert "no sub-folders" in capsys.readouterr().err
