"""Text from outside becomes printable, and different names stay different."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.texts import located, printable, printable_names, shortened

NAMES = [
    b"caf\xe9", b"caf\xc3\xa9", rb"caf\xe9", b"line\nbreak", b"tab\there", b"bell\x07",
    b"\x1b[31mred",
    "\u202egnp.exe".encode(), "שלום".encode(), "قطة".encode(), "猫".encode(), "👩‍🔬".encode(),
    b"<b>&amp;", b"'quoted\"", b" spaced ", b"n" * 255, "\u2028".encode(), b"%s{}$HOME", b"-option",
]  # fmt: skip


@pytest.mark.parametrize("raw", NAMES)
def test_a_name_becomes_printable(raw):
    text = printable(os.fsdecode(raw))
    assert text == printable(raw) == printable(text)
    assert text.encode().decode() == text
    assert len(text.splitlines()) == 1
    assert "\u202e" not in text
    if raw.decode(errors="replace").isprintable() and b"\xe9" not in raw:
        assert text == raw.decode()


def test_escapes():
    assert printable("caf\udce9\n\t\x07\u202e\ud800\U000e0001") == (
        r"caf\xe9\n\t\x07\u202e\ud800\U000e0001"
    )
    assert printable("👩‍🔬 é שלום") == "👩‍🔬 é שלום"
    assert [printable(each) for each in (7, np.str_("a"), b"b", Path("c"))] == ["7", "a", "b", "c"]


def test_different_names_stay_different():
    raw = [os.fsdecode(name) for name in NAMES]
    names = printable_names(raw)
    assert len(set(names)) == len(raw)
    assert printable_names(names) == names
    assert printable_names(["a\n", r"a\n", "a\n", r"a\n (2)"]) == (
        r"a\n (3)", r"a\n", r"a\n (3)", r"a\n (2)",
    )  # fmt: skip
    rng = random.Random(0)
    for _ in range(300):
        some = list(
            {"".join(rng.choices("a\n\\n\udc0a\udce9", k=rng.randint(0, 4))) for _ in "x" * 9}
        )
        made = printable_names(some)
        assert len(set(made)) == len(some)
        assert printable_names(made) == made


def test_long_names_are_shortened():
    assert shortened("a" * 60) == "a" * 60
    assert shortened("a" * 100 + "z" * 30) == "a" * 39 + "…" + "z" * 20


@pytest.fixture
def odd(tmp_path, monkeypatch) -> Path:
    """A folder with a name that is not UTF-8, of classes with odd names."""
    monkeypatch.chdir(tmp_path)
    root = os.path.join(os.fsencode(tmp_path), b"b\xfccher\n")
    os.mkdir(root)
    for number, name in enumerate(NAMES):
        os.mkdir(os.path.join(root, name))
        for image in range(4):
            file = os.fsdecode(os.path.join(root, name, b"%d\xff\n.png" % image))
            Image.new("L", (28, 28), 10 * number + image).save(file, "PNG")
    with open(os.path.join(root, NAMES[0], b"cut\xff\n.png"), "wb") as cut:
        cut.write(b"\x89PNG")
    return Path(os.fsdecode(root))


def test_names_pass_through_everything(odd, tmp_path, capsys):
    with pytest.warns(UserWarning, match=r"cut\\xff\\n\.png") as caught:
        data = sl.load_folder(odd)
    for text in (str(caught[0].message), repr(data), data.source, data.name, *data.skipped):
        assert text == printable(text)
    print(data)
    assert len(repr(data)) < 1_000
    assert len(set(data.class_names)) == len(NAMES)
    tower = sl.conv_tower(seed=0)
    frames = [np.stack([w, w]) for w in tower.get_weights()]
    run = sl.Run(tower, [0, 1], frames, settings={"data": str(odd)})
    out = odd / "out\udcff\n"
    run.save(out / "run")
    assert sl.Run.load(out / "run").settings["data"] == str(odd)
    sl.export_projector(run, data, out / "projector")
    rows = (out / "projector" / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(data.test) + 1
    page = sl.export_html(run, data, out / "a.html", title="caf\udce9")
    assert "caf\\xe9" in page.read_text(encoding="utf-8")
    sl.export_gif(run, data, out / "a.gif", size=64)
    raw = [os.fsdecode(name) for name in NAMES]
    film = run.make_film(data.test.images, data.test.labels, class_names=raw)
    assert film.classes.names == list(printable_names(raw))
    explorer = sl.RetrievalExplorer(run, data, k=3)
    explorer._do(
        "upload", (odd / NAMES[1].decode() / "0\udcff\n.png").read_bytes(), "x\udcff\n.png"
    )
    assert explorer.message.startswith(r"x\xff\n.png: 28 × 28 pixels")
    for panel in explorer._panels.values():
        panel.html.encode()
    file = str(next((odd / os.fsdecode(NAMES[0])).glob("0*")))
    for words in (
        ["evaluate", str(out / "run")],
        ["retrieve", "--run", str(out / "run"), "--picture", str(out / "a.png"), file],
        ["export", str(out / "run"), str(out / "b.gif"), str(out / "c") + "/"],
    ):
        with pytest.warns(UserWarning, match="left out"):
            assert main(words) == 0
    capsys.readouterr().out.encode()
    assert main(["retrieve", "--run", str(out / "run"), file + "\udcff\n"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_dataset_made_by_hand_has_printable_names():
    names: Any = ["a\udce9\n", "b" * 999]  # a list does, too
    split = sl.Split(np.zeros((2, 8, 8, 1), np.uint8), np.arange(2))
    data = sl.Dataset(split, split, names, "from\udce9", "na\nme", ("x\udce9: y",))
    assert data.class_names == (r"a\xe9\n", "b" * 999)
    assert (data.source, data.name, data.skipped) == (r"from\xe9", r"na\nme", (r"x\xe9: y",))
    assert len(repr(data)) < 300


def test_errors_about_odd_paths_can_be_printed(tmp_path):
    with pytest.raises(sl.DataError) as caught:
        sl.load_folder(tmp_path / "gone\udcff\n")
    assert r"gone\xff\n: found nothing" in str(caught.value)


def test_a_relative_path_says_where_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("photos", Path("photos"), b"photos"):
        assert located(path) == f"photos ({tmp_path / 'photos'})"
    assert located("../a\nb") == rf"../a\nb ({tmp_path.parent}/a\nb)"
    assert located(tmp_path / "photos") == str(tmp_path / "photos")
