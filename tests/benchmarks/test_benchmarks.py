"""The benchmarks' own parts: what they measure, and what they say of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import siamese_lib as sl
from benchmarks.parts import explorer, live, training
from benchmarks.parts.training import training_operations
from benchmarks.parts.views import views
from benchmarks.parts.views.views import with_ratios
from benchmarks.parts.views.views_lab import payload_bytes
from benchmarks.recipes.original import random_pairs
from benchmarks.tools import results
from benchmarks.tools.clouds import clouds, plotly_film
from benchmarks.tools.markdown import table
from benchmarks.tools.results import machine


def test_operations_of_a_training_image():
    forward = {
        "conv1": 28 * 28 * 32 * 7 * 7 * 1,
        "conv2": 14 * 14 * 64 * 5 * 5 * 32,
        "conv3": 7 * 7 * 128 * 3 * 3 * 64,
        "conv4": 4 * 4 * 256 * 128,
        "conv5": 2 * 2 * 2 * 256,
    }
    backward = {name: (1 if name == "conv1" else 2) * count for name, count in forward.items()}
    by_hand = 2 * (sum(forward.values()) + sum(backward.values()))
    assert training_operations(sl.conv_tower()) == by_hand


def test_original_pairs_are_what_their_labels_say():
    labels = np.arange(200) % 10
    left, right, same = next(random_pairs(labels, seed=0))
    assert ((labels[left] == labels[right]) == same).all()
    assert (np.array(left) != np.array(right)).all()
    assert same.mean() == pytest.approx(0.5, abs=0.1)  # 512 coins of a fixed seed


def test_a_table_has_a_line_for_each_row():
    assert table([{"a": 1, "b": 2}, {"a": 3, "b": 4}]).splitlines() == [
        "| a | b |", "| --- | --- |", "| 1 | 2 |", "| 3 | 4 |",
    ]  # fmt: skip


def test_processors_of_one_name_are_told_apart_by_their_instructions(monkeypatch, tmp_path):
    monkeypatch.setattr(results, "_CPU_FACTS", tmp_path / "cpuinfo")
    name = "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 207\nmodel name\t: Xeon\n"
    processors = []
    for flags in ("fpu avx2", "avx2 avx512f avx512_bf16", "avx512f avx512_bf16 amx_bf16"):
        (tmp_path / "cpuinfo").write_text(f"{name}flags\t\t: {flags}\n")
        processors.append(machine()["processor"])
    assert processors == [
        "Xeon (family 6, model 207, avx2)",
        "Xeon (family 6, model 207, avx512f, avx512_bf16)",
        "Xeon (family 6, model 207, avx512f, amx_bf16)",
    ]


def test_the_film_that_views_are_compared_on():
    frames, labels = clouds(500, 6)
    assert (frames.shape, frames.dtype) == ((6, 500, 2), np.float32)
    assert np.bincount(labels).tolist() == [50] * 10
    nearest = [sl.Gallery(frame).nearest(frame, k=2)[0][:, 1] for frame in frames[[0, -1]]]
    together = [(labels[of] == labels).mean() for of in nearest]
    assert together[0] < 0.3 < 0.9 < together[1]  # the classes come apart
    np.testing.assert_array_equal(clouds(500, 6)[0], frames)


def test_plotly_is_given_the_same_film():
    frames, labels = clouds(60, 3)
    figure = plotly_film(frames, labels)
    assert [len(frame.data) for frame in figure.frames] == [10, 10, 10]
    for k in range(10):
        trace = figure.frames[2].data[k]
        np.testing.assert_array_equal(np.stack([trace.x, trace.y], 1), frames[2][labels == k])
    assert figure.layout.updatemenus[0].buttons[0].method == "animate"


def test_bytes_of_a_payload():
    payload = {"film": {"count": 2, "frames": [bytes(8), bytes(8)]}, "images": None}
    rest = '{"film": {"count": 2, "frames": [null, null]}, "images": null}'
    assert payload_bytes(payload) == 16 + len(rest)
    frames, labels = clouds(1_000, 4)
    points = 1_000 * (4 * 4 + 2)  # of each 4 bytes a frame, and 2 for its class
    assert points < payload_bytes(sl.EmbeddingView(frames, labels).payload()) < points + 2_000


def test_ratios_are_those_of_the_medians():
    medians = {"view": 30.0, "scattergl": 4.0, "bare": 8.0}
    rows = with_ratios([{"way": way, "median": median} for way, median in medians.items()])
    assert [row["times scattergl"] for row in rows] == [7.5, 1.0, 2.0]
    assert [row["times bare"] for row in rows] == [3.75, 0.5, 1.0]


def test_the_report_of_views():
    spread = {"median": 31.25, "least": 30.0, "most": 32.0}
    row = {"points": 10_000, "way": "scattergl", "canvas": [700, 480], "processor ms": 90.5}
    row |= {"times scattergl": 1.0, "times bare": 0.5}
    text = views.render(
        {
            "machine": machine(views.COMPARED),
            "chromium": "1.2",
            "rounds": 5,
            "frames a second": [row | spread],
            "pick": {"points": 70_000, "ms": spread},
            "start": {"points": 10_000, "frames": 40, "view s": spread, "plotly s": spread},
            "bytes": {"view": 1_620_000, "plotly": 4_990_000},
        }
    )
    assert "| plotly scattergl, restyled | 10,000 | 31.2 (30 to 32) | 1 | 0.5 | 90.5 |" in text
    assert "The page is sent 1.62 MB, and 4.99 MB as plotly's figure." in text
    assert "Chromium 1.2." in text
    assert "plotly 7" in text


def test_the_reports_of_widgets():
    spread = {"median": 4.2, "least": 3.0, "most": 12.5}
    result = {"machine": machine(), "steps": 150, "images": 1_000, "rounds": [{}] * 5}
    text = live.render(result | {"longer by %": spread, "noise %": spread})
    assert "150 steps" in text
    assert text.count("4.2 (3 to 12.5)") == 2
    result = {"machine": machine(), "chromium": "1.2", "training images": 60_000, "choices": 50}
    times = {"neighbours ms": spread, "kernel ms": spread, "map ms": spread}
    text = explorer.render(result | times)
    assert "among 60,000" in text
    assert text.count("4.2 (3 to 12.5)") == 3


@pytest.mark.parametrize(("cost", "words"), [(-0.2, "less than the noise"), (4.0, "costs 4 ")])
def test_noise_is_not_sold_as_a_gain(cost, words):
    def spread(median: float) -> dict[str, float]:
        return {"median": median, "least": median - 1, "most": median + 1}

    measured = {"cost in %": spread(cost), "the same fit twice, difference in %": spread(0.1)}
    assert words in training.recording_line({**measured, "frames": 36, "steps": 100})


def trained(precisions: Sequence[float]) -> list[dict[str, Any]]:
    """Make up the trainings of the shortest recipe, one for each seed."""
    facts = {"recipe": "2-D, short", "dtype": "float32", "images": 25_600, "kNN accuracy": 0.96}
    return [
        {**facts, "seconds": 5.0 + seed, "precision@7": precision}
        for seed, precision in enumerate(precisions)
    ]


def test_a_row_is_the_spread_over_seeds():
    (row,) = training.over_seeds(trained([0.95, 0.96, 0.94]))
    assert row["seconds"] == {"median": 6.0, "least": 5.0, "most": 7.0}
    assert row["precision@7"] == {"median": 0.95, "least": 0.94, "most": 0.96}
    table = training.recipes_table({"quality": [row]})
    assert "| 2-D, short | 25.6 | 6 (5 to 7) | 0.950 (0.940 to 0.960) | 0.960 |" in table


@pytest.mark.parametrize(
    ("precisions", "words"), [([0.95, 0.96, 0.94], " all seeds"), ([0.95, 0.93, 0.94], "not all")]
)
def test_it_is_said_if_a_seed_misses_the_goal(precisions, words):
    step = {"median": 0.4, "least": 0.4, "most": 0.5}
    result = {"quality": training.over_seeds(trained(precisions)), "original step": step}
    facts = training.against_original(result)
    assert words in training.original_line(facts)
    assert facts["times as long"] == pytest.approx(facts["seconds to 0.938"] / 6.0, abs=0.06)
