"""The README and the benchmarks' report: they say what the results say, in a form that is read."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import siamese_lib as sl
from benchmarks.published import quality_figure, readme, summary
from benchmarks.published.summary import Comparison
from benchmarks.tools import markdown
from benchmarks.tools.results import load_result
from siamese_lib.data.offline import offline_digits

SVG = "{http://www.w3.org/2000/svg}"
TEXT = readme.README.read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


def committed(part: str) -> dict[str, Any]:
    found = load_result(part)
    assert found is not None
    return found


def test_texts_and_figures_are_those_of_the_results():
    written = readme.written()
    assert {path.name for path in written} == {"README.md", "quality.svg", "growth.svg"}
    for path, text in written.items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is old: run `make readme`"


def test_a_stranger_finishes_the_readme():
    lines = TEXT.splitlines()
    assert len(lines) < 150
    table = [line for line in summary.summary().splitlines() if line.startswith("|")]
    assert 6 <= len(table) - 2 <= 9
    links = re.findall(r"\]\((?!https:)([^)]+)\)", TEXT)
    assert all((readme.ROOT / link).exists() for link in links), links
    targets = re.findall(r"`?make ([a-z-]+)", TEXT)
    makefile = (readme.ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"setup", "lab", "test", "bench"} <= {*targets}
    assert all(f"\n{target}:" in makefile for target in targets)


def test_the_ten_lines_of_python_run(monkeypatch, tmp_path, capsys):
    code, _ = PYTHON
    assert sum(bool(line) for line in code.splitlines()) <= 11
    monkeypatch.chdir(tmp_path)
    digits = offline_digits()
    assert digits is not None
    few = [sl.Split(half.images[::8], half.labels[::8]) for half in (digits.train, digits.test)]
    digits = replace(digits, train=few[0], test=few[1])
    monkeypatch.setattr(sl, "load_dataset", lambda name: digits)
    exec(code.replace("steps=300", "steps=4"), {})
    assert "precision@7" in capsys.readouterr().out
    assert (tmp_path / "film.html").exists()


def test_the_kept_collection_is_searched_and_changed(monkeypatch, tmp_path, capsys):
    _, code = PYTHON
    monkeypatch.chdir(tmp_path)
    cats = Path("photos/cats")
    cats.mkdir(parents=True)
    names = ["new.jpg", "zebra1.jpg", "zebra2.jpg", "blurred.jpg", *(f"{n}.jpg" for n in range(5))]
    rng = np.random.default_rng(0)
    for number, name in enumerate(names):
        pixels = rng.integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save((cats if number > 2 else Path()) / name)
    collection = sl.Collection(sl.shipped_run())
    collection.add(sorted(cats.iterdir()), "cats")
    blurred = collection.ids_of(cats / "blurred.jpg")
    collection.save("report_files/collection")
    exec(code, {})
    said = capsys.readouterr().out
    assert len(re.findall(r"^cats /.*/photos/cats/\w+\.jpg [\d.]+$", said, re.MULTILINE)) == 5
    changed = sl.Collection.load("report_files/collection")
    assert [entry.class_name for entry in changed.entries] == ["cats"] * 5 + ["zebras"] * 2
    assert not np.isin(blurred, changed.ids).any()
    assert (cats / "blurred.jpg").exists()


def test_the_table_holds_the_figures_of_the_results():
    cells = [
        [cell.strip(" *") for cell in line.split("|")[1:-1]]
        for line in TEXT.splitlines()
        if line.startswith("|")
    ]
    rows = {row[0]: row[1:] for row in cells}
    steps = committed("step")["rows"]
    rates = {(row["way"], row["dtype"]): row["images/s"]["median"] for row in steps}
    expected = [
        markdown.shown(rates[way, "float32"]) for way in ("this library", "PyTorch, channels last")
    ]
    assert rows["training in float32, images/s"] == [*expected, "PyTorch, channels last"]
    groups = {group["name"]: group["rows"] for group in committed("record")["groups"]}
    medians = {row["contender"]: row["precision@1"]["median"] for row in groups["MNIST in 128-D"]}
    name = "pytorch-metric-learning, our tower, Adam at 0.001"
    expected = [f"{medians[each]:.3f}" for each in ("this library", name)]
    assert rows["precision@1 after 300 s of training in 128-D"] == [*expected, name]


def test_it_is_said_where_others_are_ahead():
    compared = [
        Comparison("speed", "images/s", 2.0, 1.0, "a", more=True),
        Comparison("time", "s", 2.0, 1.0, "b"),
        Comparison("precision@1", "", 0.9911, 0.9914, "c", more=True),
        Comparison("recall", "", 0.99, 0.992, "d", more=True),
    ]
    assert [one.behind for one in compared] == [False, True, False, True]
    assert summary.behind(compared) == "**Others are ahead in** time (b); recall (d)."
    assert summary.behind(compared[:1]) == ""
    assert [*compared[0].row().values()] == ["speed, images/s", "**2**", "1", "a"]
    assert [*compared[2].row().values()] == ["precision@1", "0.991", "0.991", "c"]
    assert [*compared[3].row().values()] == ["recall", "0.990", "**0.992**", "d"]


def test_it_is_said_on_which_processor_each_row_was_measured():
    amd = {"cores": 2, "processor": "AMD EPYC (family 26, model 2, avx512f)"}
    older = {"cores": 2, "processor": "AMD EPYC (avx512f)"}
    intel = {"cores": 4, "processor": "Intel(R) Xeon(R) CPU @ 2.50GHz (family 6, avx512f)"}
    machines = {"step": amd, "start": intel, "views": older}
    results = {part: {"machine": machine} for part, machine in machines.items()}
    rows = {part: [Comparison(f"the {part}", "s", 1, 2, "a")] for part in machines}
    said = "2 cores of AMD EPYC. These rows are from 4 cores of Intel Xeon: the start"
    assert summary.processors(results, rows) == said
    del results["start"]
    assert summary.processors(results, rows) == "2 cores of AMD EPYC"


def test_it_is_said_where_the_goal_comes_from_and_where_the_figure_stops():
    results = {part: committed(part) for part in ("training", "quality")}
    source = "0.938 is the precision@7 of the checkpoint published with the recipe of 2017."
    needed = "That recipe needs 403 s to reach it; the figure stops before, at 300 s."
    assert summary.goal(results) == f"{source} {needed}"
    results["quality"]["seconds"] = 500
    assert summary.goal(results) == source
    assert summary.goal({}) == ""


def test_the_figure_names_every_recipe_and_its_end():
    result = committed("quality")
    root = ElementTree.fromstring(quality_figure.figure(result))
    words = [node.text for node in root.iter(f"{SVG}text")]
    described = root.findtext(f"{SVG}desc", "")
    best = {dim: {} for dim in (2, 16, 128)}
    for row in result["contenders"]:
        wrong = f"{100 * (1 - row['end']['precision@7']):.2f}"
        if row["whose"] == "ours":
            best[row["dim"]][row["end"]["seconds"]] = wrong
        else:
            assert f"{wrong}  {row['contender']}, {row['dim']}-D" in words
            assert f"{row['contender']}, {row['dim']}-D, {wrong}" in described
    for dim, ends in best.items():
        assert f"{ends[max(ends)]}  this library, {dim}-D" in words


def test_the_figure_shows_where_each_line_ends():
    assert [quality_figure.named_from(least)[0] for least in (0.35, 0.5, 0.51)] == [0.2, 0.2, 0.5]
    root = ElementTree.fromstring(quality_figure.figure(committed("quality")))
    dots = [float(dot.get("cy", "nan")) for dot in root.iter(f"{SVG}circle")]
    assert dots
    assert all(quality_figure.TOP < y < quality_figure.BOTTOM for y in dots)


def test_labels_keep_apart():
    assert quality_figure.apart([0, 50, 100], 20, 200) == [0, 50, 100]
    moved = quality_figure.apart([10, 12, 100, 195, 199], 20, 200)
    assert moved == sorted(moved)
    assert max(moved) <= 200
    assert min(after - before for before, after in itertools.pairwise(moved)) > 19.9


# Shares that differ by less than a thousandth have four digits there.
FINE = ("The best embedding in five minutes", "What was tried for the record")


def test_the_report_can_be_read():
    text = readme.report()
    levels = [len(line.split(" ")[0]) for line in text.splitlines() if line.startswith("#")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert not re.search(r"\(([\d.,]+) to \1\)", text)
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert [readme.anchor(heading) for heading in headings] == re.findall(r"\]\(#(.*)\)", text)
    lines, section = text.splitlines(), ""
    for number, line in enumerate(lines):
        if line.startswith("## "):
            section = line[3:]
        if line.startswith("| ---"):  # a sentence stands before each table
            assert lines[number - 2] == ""
            assert lines[number - 3].rstrip().endswith(".")
            assert not lines[number - 3].startswith("#")
        if line.startswith("|"):
            for figure in re.findall(r"(?<![\w.])\d[\d,]*\.\d+", line):
                digits = figure.replace(",", "").replace(".", "").lstrip("0").rstrip("0")
                fine = section in FINE and re.fullmatch(r"0\.\d{4}", figure)
                assert fine or len(digits) <= 3, line


@pytest.mark.parametrize(
    ("value", "text"),
    [(3261, "3,260"), (6.7, "6.7"), (0.01784, "0.0178"), (0, "0"), (-3.149, "-3.15")],
)
def test_figures_have_three_digits(value, text):
    assert markdown.shown(value) == text


def test_a_spread_that_rounding_closes_is_one_figure():
    assert markdown.interval({"median": 49.01, "least": 49.0, "most": 49.04}) == "49"
    assert markdown.interval({"median": 2.0, "least": 1.5, "most": 2.0}) == "2 (1.5 to 2)"
    spread = {"median": 0.99, "least": 0.98, "most": 0.9911}
    assert markdown.interval(spread, markdown.share) == "0.990 (0.980 to 0.991)"
