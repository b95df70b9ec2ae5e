"""An exported page is whole, small, the same each time, and never runs what a name says."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks import ATTACKS
from PIL import Image
from tiny_sorted import sorted_dataset, untrained
from tiny_training import SHAPE, Training, corners, corners_dataset, dense_tower

import siamese_lib as sl
from siamese_lib import files
from siamese_lib import images as images_module
from siamese_lib.data.offline import offline_digits
from siamese_lib.export import page
from siamese_lib.texts import printable_names
from siamese_lib.views import wire

LIBRARY = Path(sl.__file__).parent
SOURCES = sorted(LIBRARY.rglob("*.js"))
DIGITS = corners_dataset()
NAMES = DIGITS.class_names


@pytest.fixture(scope="module")
def run() -> sl.Run:
    return Training(steps=18, frames=5, tower=sl.conv_tower(SHAPE, 5, seed=0)).fit().run


@pytest.fixture(scope="module")
def film(run: sl.Run) -> sl.EmbeddingView:
    return run.film(DIGITS.test.images, DIGITS.test.labels, class_names=NAMES)


class Page(HTMLParser):
    """What a browser makes of a page: its elements, and the text in each kind."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.inside = "between"
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self.inside = attributes.get("id") or attributes.get("type") or tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = "between"

    def handle_data(self, data: str) -> None:
        self.texts[self.inside] = self.texts.get(self.inside, "") + data

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]

    @property
    def data(self) -> dict[str, Any]:
        def unpacked(value: dict[str, Any]) -> Any:
            return base64.b64decode(value["base64"]) if "base64" in value else value

        return json.loads(self.texts["data"], object_hook=unpacked)


def named(*names: str, title: str = "corners") -> sl.Dataset:
    return sl.Dataset(DIGITS.train, DIGITS.test, names, "made here", title)


# --- what is in it -----------------------------------------------------------------------------


def test_the_page_holds_the_film_and_the_last_frame_in_full(
    run: sl.Run, film: sl.EmbeddingView, tmp_path: Path
) -> None:
    path = sl.export_html(run, DIGITS, tmp_path / "a" / "page.html", k=3, title="Ours")
    assert path == tmp_path / "a" / "page.html"
    shown = Page(path)
    data = shown.data
    for name, images in (("queries", DIGITS.test.images), ("gallery", DIGITS.train.images)):
        vectors = data[name] if name == "queries" else data[name]["embeddings"]
        assert vectors == run.embed(images).astype("<f4").tobytes()
        small = data["images"] if name == "queries" else data[name]["images"]
        assert small["shape"] == list(images.shape)
        assert zlib.decompress(small["data"]) == images.tobytes()
    assert np.array_equal(np.frombuffer(data["gallery"]["labels"], "<u2"), DIGITS.train.labels)
    view = data["view"]
    assert np.array_equal(np.frombuffer(view["about"]["labels"], "<u2"), DIGITS.test.labels)
    bounds = np.array(view["film"]["bounds"])
    levels = np.frombuffer(b"".join(view["film"]["frames"]), "<u2").reshape(film.frames.shape)
    np.testing.assert_allclose(wire.unpack(bounds, levels), film.frames, atol=bounds[:, 2].max())
    assert view["about"]["steps"] == run.steps.tolist()
    assert (data["dim"], data["k"], data["metric"], data["cosine"]) == (5, 3, "euclidean", True)
    assert shown.texts["title"] == shown.texts["h1"] == "Ours"
    evaluated = sl.evaluate(run, DIGITS)
    assert data["facts"] == (
        "48 test images · 40 training images to search · 18 training steps · "
        f"{evaluated.precision:.1%} of the 7 nearest and {evaluated.accuracy:.1%} of the votes are "
        "right · a drawing moves with the film, exact to about 0.001 of the margin"
    )


def test_the_page_asks_nothing_of_anyone(run: sl.Run, tmp_path: Path) -> None:
    shown = Page(sl.export_html(run, DIGITS, tmp_path / "page.html"))
    for tag, attributes in shown.elements:
        assert tag not in ("link", "iframe", "object", "base", "form")
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:")
    addresses = set(re.findall(r"\w+://[^\s\"'`)]+", shown.source))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, which nobody fetches
    assert not re.search(r"@import|url\(|\bimport\s*\(|fetch\(|XMLHttpRequest", shown.source)


def test_the_policy_allows_this_script_and_no_other(run: sl.Run, tmp_path: Path) -> None:
    shown = Page(sl.export_html(run, DIGITS, tmp_path / "page.html"))
    policy = next(a["content"] for _, a in shown.elements if a.get("http-equiv")) or ""
    digest = base64.b64encode(hashlib.sha256(shown.texts["module"].encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    scripts = [attributes["type"] for tag, attributes in shown.elements if tag == "script"]
    assert scripts == ["application/json", "module"]


def test_where_no_script_runs_there_is_a_picture(
    run: sl.Run, film: sl.EmbeddingView, tmp_path: Path
) -> None:
    shown = Page(sl.export_html(run, DIGITS, tmp_path / "page.html"))
    (source,) = [attributes["src"] for tag, attributes in shown.elements if tag == "img"]
    assert source == "data:image/png;base64," + base64.b64encode(film.still()).decode()


def test_names_stay_text(run: sl.Run, tmp_path: Path) -> None:
    plain = Page(sl.export_html(run, named(*"abcd"), tmp_path / "plain.html"))
    path = tmp_path / "attacked.html"
    shown = Page(sl.export_html(run, named(*ATTACKS, title=ATTACKS[0]), path))
    assert shown.tags == plain.tags
    assert shown.data["view"]["about"]["names"] == list(printable_names(ATTACKS))
    assert shown.texts["title"] == f"{ATTACKS[0]} embedded in 5 dimensions"
    assert not re.search("[<>&\u2028\u2029]", shown.texts["data"])
    assert shown.texts["module"] == plain.texts["module"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_a_script_cannot_end_its_own_element(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"</script|<!--", source, re.IGNORECASE)
    markup = re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", source)
    assert not markup or path == LIBRARY / "explorer" / "html_panel.js"  # which no page holds


def test_the_page_holds_the_modules_of_the_map_and_no_markup(run: sl.Run, tmp_path: Path) -> None:
    script = Page(sl.export_html(run, DIGITS, tmp_path / "page.html")).texts["module"]
    for name in ("class View {", "class Film {", "class PageSearch {", "function nearestRows("):
        assert script.count(f"\n{name}") == 1
    assert not re.search(r"^(import|export)\b|innerHTML", script, re.MULTILINE)


def test_the_same_run_is_the_same_page(run: sl.Run, tmp_path: Path) -> None:
    first, again = (sl.export_html(run, DIGITS, tmp_path / f"{i}.html") for i in "ab")
    assert first.read_bytes() == again.read_bytes()


def test_the_map_of_a_page_has_the_trust_of_its_film(
    run: sl.Run, film: sl.EmbeddingView, tmp_path: Path
) -> None:
    about = Page(sl.export_html(run, DIGITS, tmp_path / "page.html")).data["view"]["about"]
    assert film.trust is not None
    assert 0 < film.trust.min() < film.trust.max()
    np.testing.assert_array_equal(np.frombuffer(about["trust"], "<f4"), film.trust)


def test_ten_thousand_images_on_both_sides_stay_below_the_limit(tmp_path: Path) -> None:
    digits = offline_digits()
    assert digits is not None
    images = np.resize(digits.train.images, (10_000, 28, 28, 1))
    split = sl.Split(images, np.resize(digits.train.labels, 10_000))
    many = sl.Dataset(split, split, digits.class_names, "made here", "many")
    tower = dense_tower(shape=(28, 28, 1), dim=16)
    run = sl.Run(tower, [0], [weight.numpy()[None] for weight in tower.weights])
    frames = np.random.default_rng(0).normal(size=(40, 10_000, 2))
    film = sl.EmbeddingView(frames, split.labels, images=images, class_names=digits.class_names)
    path = sl.export_html(run, many, tmp_path / "many.html", film=film)
    assert path.stat().st_size < 15e6
    assert "data" in Page(path).data["images"]  # as they are


# --- images --------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_images_that_deflate_badly_go_into_sheets(
    channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = corners(2_700, channels=channels).images.repeat(2, 1).repeat(2, 2)
    monkeypatch.setattr(page, "_EXACT", len(images) * 60)
    small = page.packed(images)
    assert set(small) == {"shape", "sheets"}
    sheets = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in small["sheets"]]
    assert [sheet.shape for sheet in sheets] == [(800, 800, 3), (64, 800, 3)]
    for index in (0, 77, 2_499, 2_500, 2_699):
        row, column = divmod(index % 2_500, 50)
        tile = sheets[index // 2_500][16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
        assert np.abs(tile.mean(axis=2) - images[index].mean(axis=2)).mean() < 20


def test_large_images_are_shrunk_in_proportion(run: sl.Run, tmp_path: Path) -> None:
    images = np.zeros((3, 40, 80, 1), np.uint8)
    images[:, :, 40:] = 200
    small = images_module.shrunk_to(images, 20)
    assert small.shape == (3, 10, 20, 1)
    assert small[0, 5, [2, 17], 0].tolist() == [0, 200]
    assert images_module.shrunk_to(images, 80) is images
    path = sl.export_html(run, DIGITS, tmp_path / "page.html", thumbnail=8)
    assert Page(path).data["images"]["shape"] == [48, 8, 8, 1]


# --- films of all kinds --------------------------------------------------------------------------


def test_a_film_with_an_image_of_ones_own(run: sl.Run, tmp_path: Path) -> None:
    drawn = corners(1, seed=5).images
    film = run.film(DIGITS.test.images, DIGITS.test.labels, class_names=NAMES, extra=drawn)
    data = Page(sl.export_html(run, DIGITS, tmp_path / "page.html", film=film)).data
    assert np.frombuffer(data["view"]["about"]["labels"], "<u2")[-1] == data["classes"] == 4
    queries = np.frombuffer(data["queries"], "<f4")
    np.testing.assert_allclose(queries[-5:], run.embed(drawn)[-1], atol=1e-6)
    plain = Page(sl.export_html(run, DIGITS, tmp_path / "plain.html")).data
    measured = [d["facts"].split(" · ")[-1] for d in (data, plain)]
    assert measured[0] == measured[1]  # which counts images of known classes only


def test_drawn_images_keep_their_numbers(tmp_path: Path) -> None:
    data = sorted_dataset(5, 40, 20)
    path = sl.export_html(untrained(), data, tmp_path / "page.html", images=30, gallery=60)
    shown = Page(path).data
    for name, split, part in (("test", data.test, shown), ("train", data.train, shown["gallery"])):
        rows = np.frombuffer(part["rows"], "<u4")
        small = zlib.decompress(part["images"]["data"])
        assert small == split.images[rows].tobytes(), name
    labels = np.frombuffer(shown["gallery"]["labels"], "<u2")
    assert np.bincount(labels).tolist() == [12] * 5
    folder = sl.export_projector(untrained(), data, tmp_path / "projector", images=30)
    cells = [line.split("\t") for line in (folder / "metadata.tsv").read_text().splitlines()[1:]]
    assert [name for name, _ in cells] == [
        data.class_names[data.test.labels[int(index)]] for _, index in cells
    ]


def test_a_run_that_kept_its_last_frame_only_shows_its_recorded_film(
    run: sl.Run, film: sl.EmbeddingView, tmp_path: Path
) -> None:
    last = sl.Run(run.tower, run.steps[-1:], [weight[None] for weight in run.weights()])
    alone = Page(sl.export_html(last, DIGITS, tmp_path / "alone.html")).data
    assert len(alone["view"]["film"]["frames"]) == 1
    last.record(film)
    recorded = Page(sl.export_html(last, DIGITS, tmp_path / "recorded.html")).data
    assert len(recorded["view"]["film"]["frames"]) == 5
    others = Page(sl.export_html(last, named(*"abcd"), tmp_path / "others.html")).data
    assert len(others["view"]["film"]["frames"]) == 1  # the film is of other classes


def test_a_film_is_taken_like_a_view_of_it(
    run: sl.Run, film: sl.EmbeddingView, tmp_path: Path
) -> None:
    pages = [
        sl.export_html(run, DIGITS, tmp_path / f"{number}.html", film=shown).read_bytes()
        for number, shown in enumerate((film, film.film))
    ]
    assert pages[0] == pages[1]


def test_fewer_images(run: sl.Run, tmp_path: Path) -> None:
    data = Page(sl.export_html(run, DIGITS, tmp_path / "p.html", images=9, gallery=8, k=8)).data
    assert data["view"]["film"]["count"] == 9
    assert data["gallery"]["images"]["shape"][0] == 8


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "page.txt"}, r"page\.txt'; expected a name that ends in \.html or \.htm"),
        ({"k": 0}, "k is 0; expected a whole number, 1 or more"),
        ({"k": 41}, "k is 41; expected a whole number from 1 to 40"),
        ({"gallery": 0}, "gallery is 0; expected a whole number"),
        ({"images": 2.5}, "images is 2.5; expected a whole number"),
        ({"thumbnail": 2}, "thumbnail is 2; expected a whole number, 8 or more"),
        ({"metric": "dot"}, "metric is 'dot'; expected 'euclidean' or 'cosine'"),
        ({"film": sl.EmbeddingView(np.zeros((3, 2)))}, "film is .*; expected points with labels"),
        ({"film": sl.EmbeddingView(np.zeros((3, 2)), [0, 1, 2])}, r"film has the classes \['0'"),
        (
            {"film": sl.EmbeddingView(np.zeros((2, 2)), [0, 1], class_names=NAMES)},
            "film has no images; expected one",
        ),
        ({"digits": sl.Dataset(DIGITS.train, corners(0), NAMES, "", "c")}, "no test images"),
        ({"digits": sl.Dataset(corners(0), DIGITS.test, NAMES, "", "c")}, "no training images"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(
    run: sl.Run, tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    arguments = {"digits": DIGITS, "path": "page.html", **arguments}
    digits, path = arguments.pop("digits"), tmp_path / arguments.pop("path")
    with pytest.raises(ValueError, match=message):
        sl.export_html(run, digits, path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_embedding_without_an_angle_has_no_cosine(tmp_path: Path) -> None:
    tower = dense_tower()
    run = sl.Run(tower, [0], [np.zeros((1, *weight.shape)) for weight in tower.weights])
    assert Page(sl.export_html(run, DIGITS, tmp_path / "p.html")).data["cosine"] is False
    with pytest.raises(ValueError, match="metric is 'cosine'; expected 'euclidean'"):
        sl.export_html(run, DIGITS, tmp_path / "p.html", metric="cosine")


def test_a_page_is_replaced_whole_or_not_at_all(
    run: sl.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sl.export_html(run, DIGITS, tmp_path / "page.html")
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        sl.export_html(run, DIGITS, path, title="other")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
