"""The threshold explorer: what it counts, lists, sends and refuses; no browser is needed here."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest
from in_node import in_node
from PIL import Image

import siamese_lib as sl
from siamese_lib.colors import DIFFERENT, SAME, rgb
from siamese_lib.views.given import ViewError
from siamese_lib.views.threshold import mistakes
from siamese_lib.views.threshold.mistakes import Choice

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (60, 6, 5), dtype=np.uint8)
LABELS = np.arange(60) % 4
LEFT, RIGHT = RNG.integers(60, size=(2, 400))
EQUAL = (LABELS[LEFT] == LABELS[RIGHT]).astype(float)
# In steps of 1/16, so that there are ties and thresholds that are distances.
FAR = np.round(16 * np.abs(RNG.normal(2 - EQUAL, 0.8, 400))) / 16


def explorer(**more: Any) -> sl.ThresholdExplorer:
    return sl.ThresholdExplorer(FAR, EQUAL, LEFT, RIGHT, IMAGES, LABELS, **more)


def slowly(threshold: float) -> list[list[int]]:
    """List the pairs that are called wrongly, one at a time, the worst of either kind first."""
    accepts, rejects = [], []
    for pair, (distance, same) in enumerate(zip(FAR, EQUAL, strict=True)):
        if distance <= threshold and not same:
            accepts.append((distance, pair))
        if distance > threshold and same:
            rejects.append((-distance, pair))
    return [[pair for _, pair in sorted(kind)] for kind in (accepts, rejects)]


def both(cards: Iterable[Mapping[str, Any]]) -> list[list[int]]:
    return [card["images"] for card in cards]


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0, 1.03125, 1.5, FAR.max()])
def test_counts_and_lists_are_those_of_a_slow_loop(threshold):
    view = explorer(threshold=threshold, order="worst")
    accepts, rejects = slowly(threshold)
    assert (view.at.false_accepts, view.at.false_rejects) == (len(accepts), len(rejects))
    assert view._counts["fpr"] == len(accepts) / np.sum(EQUAL == 0)
    assert view._counts["tpr"] == pytest.approx(1 - len(rejects) / np.sum(EQUAL == 1))
    assert view._counts["accuracy"] == pytest.approx(1 - (len(accepts) + len(rejects)) / 400)
    for kind, pairs in (("accepts", accepts), ("rejects", rejects)):
        shown = [[LEFT[pair], RIGHT[pair]] for pair in pairs[: mistakes.SHOWN]]
        assert both(view._mistakes[kind]) == shown
    rows = [(row["kind"], row["left"], row["right"], row["distance"]) for row in view.mistakes]
    assert rows == [
        (kind, LEFT[pair], RIGHT[pair], FAR[pair])
        for kind, pairs in (("false accept", accepts), ("false reject", rejects))
        for pair in pairs
    ]


def test_the_nearest_to_the_line_are_the_last_of_the_worst():
    view = explorer(threshold=1.2, order="nearest")
    for kind, pairs in zip(("accepts", "rejects"), slowly(1.2), strict=True):
        assert len(pairs) > mistakes.SHOWN
        last = pairs[::-1][: mistakes.SHOWN]
        assert both(view._mistakes[kind]) == [[LEFT[pair], RIGHT[pair]] for pair in last]


def test_transitions_change_one_thing_and_leave_the_old_state():
    pairs, before = explorer()._pairs, Choice(0.5, "nearest")
    assert mistakes.moved(pairs, before, 1) == Choice(1.0, "nearest")
    assert mistakes.sorted_by(before, "worst") == Choice(0.5, "worst")
    assert before == Choice(0.5, "nearest")


def test_the_page_gets_pictures_words_and_distances():
    names = ["zero", "one", "two", "three"]
    card = explorer(threshold=1.0, order="worst", class_names=names)._mistakes["accepts"][0]
    assert card["distance"] == FAR[slowly(1.0)[0][0]]
    for number, word, uri in zip(card["images"], card["words"], card["pictures"], strict=True):
        assert word == names[LABELS[number]]
        picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))
        np.testing.assert_array_equal(picture, IMAGES[number])


def test_without_labels_there_are_no_words():
    view = sl.ThresholdExplorer(FAR, EQUAL, LEFT, RIGHT, np.stack([IMAGES] * 3, axis=-1))
    view.threshold = 1.0
    assert view._mistakes["rejects"][0]["words"] is None
    assert "left_label" not in view.mistakes[0]
    assert view.still()


def test_bars_are_shares_and_the_curve_is_the_roc():
    view = explorer()
    chart = view._chart
    edges = np.linspace(0, FAR.max(), mistakes.BINS + 1)
    for name, own in (("same", EQUAL == 1), ("different", EQUAL == 0)):
        counts = np.histogram(FAR[own], edges)[0]
        np.testing.assert_allclose(chart["bars"][name], counts / own.sum(), atol=1e-6)
    roc = chart["roc"]
    assert (roc["fpr"][0], roc["tpr"][0], roc["fpr"][-1], roc["tpr"][-1]) == (0, 0, 1, 1)
    for fpr, tpr, threshold in list(zip(*roc.values(), strict=True))[1:]:
        at = view.verification.at(threshold)
        assert (fpr, tpr) == (round(at.fpr, 6), round(at.tpr, 6))


def test_it_starts_at_the_best_threshold_and_knows_where_errors_are_equal():
    view = explorer()
    wrong = {t: sum(map(len, slowly(t))) for t in np.unique(FAR)}
    assert wrong[view.threshold] == min(wrong.values())
    rates = {}
    for threshold in np.unique(FAR):
        accepts, rejects = slowly(threshold)
        rates[threshold] = abs(
            len(accepts) / np.sum(EQUAL == 0) - len(rejects) / np.sum(EQUAL == 1)
        )
    assert rates[view._chart["equal"]] == min(rates.values())


def test_all_that_travels_is_json_and_light():
    view = explorer(threshold=1.0)
    for trait, most in (("_chart", 20_000), ("_counts", 300), ("_mistakes", 20_000)):
        assert len(json.dumps(getattr(view, trait))) < most


def test_a_move_sends_only_what_it_changes(monkeypatch):
    view = explorer(threshold=1.0, order="worst")
    sent = []
    view.observe(lambda change: sent.append(change["name"]), ["_chart", "_counts", "_mistakes"])
    gap = FAR[(FAR > 1.0)].min()
    view.threshold = 1.0 + (gap - 1.0) / 2  # no pair lies between
    assert sent == ["_counts"]
    view.threshold = 0.0
    assert sorted(set(sent)) == ["_counts", "_mistakes"]
    sent.clear()
    view.order = "nearest"
    assert "_counts" not in sent


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("threshold", -0.1, "threshold is -0.1; expected 0 to .*, the largest distance"),
        ("threshold", 99, "threshold is 99.*; expected 0 to .*, the largest distance"),
        ("threshold", float("nan"), "threshold is nan"),
        ("order", "best", "order is 'best'; expected 'nearest' or 'worst'"),
    ],
)
def test_refuses_what_cannot_be_set_and_stays_as_it_was(attribute, value, words):
    view = explorer(threshold=1.0)
    before = dict(view._counts)
    with pytest.raises(ViewError, match=words):
        setattr(view, attribute, value)
    assert (view.threshold, view.order, view._counts) == (1.0, "nearest", before)
    with pytest.raises(ViewError, match=words):
        explorer(**{attribute: value})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"distances": FAR[:9]}, "one entry for each pair"),
        ({"distances": FAR - 9}, "0 or more"),
        ({"distances": 0 * FAR}, "one above 0"),
        ({"same": EQUAL * 0}, "some of each"),
        ({"left": LEFT[:9]}, "left: got .*; expected the number of an image for each of 400 pairs"),
        ({"right": RIGHT + 1}, "right: got .* 60; expected numbers from 0 to 59"),
        ({"left": LEFT - 1}, "left: got -1 .*; expected numbers from 0 to 59"),
        ({"right": RIGHT / 2}, "float64"),
        ({"images": IMAGES / 255}, "uint8"),
        ({"labels": LABELS[:9]}, "labels: got 9; expected one for each of 60 images"),
        ({"class_names": ["a", "b"]}, "labels: got .*; expected numbers from 0 to 1"),
    ],
)
def test_refuses_pairs_that_do_not_fit(changed, words):
    arguments = {
        "distances": FAR, "same": EQUAL, "left": LEFT, "right": RIGHT, "images": IMAGES,
        "labels": LABELS,
    }  # fmt: skip
    with pytest.raises(ViewError, match=words):
        sl.ThresholdExplorer(**arguments | changed)


def colored(png: bytes, color: str, columns: slice) -> int:
    """Count pixels of one colour, in full, in some columns of a picture's upper part."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[:220, columns].astype(int)
    near = np.abs(pixels[..., :3] - rgb(color)).sum(axis=-1) < 40
    return int((near & (pixels[..., 3] > 200)).sum())


def test_a_still_picture_marks_what_is_called_wrongly():
    view = explorer(threshold=FAR.max() / 2)
    still = view.still()
    assert len(still) < 60_000
    left, right = slice(0, 420), slice(440, 700)
    assert colored(still, SAME, right) > 1000 > colored(still, SAME, left)
    assert colored(still, DIFFERENT, left) > 1000 > colored(still, DIFFERENT, right)  # its edge
    view.threshold = 0.0
    assert view.still() != still


def test_shown_in_a_notebook_it_brings_the_still_picture():
    view = explorer()
    shown = view._repr_mimebundle_()
    assert shown is not None
    data, _ = shown
    assert base64.b64decode(data["image/png"]) == view.still()
    assert "application/vnd.jupyter.widget-view+json" in data
    same = int(EQUAL.sum())
    assert repr(view) == f"ThresholdExplorer({same} same and {400 - same} different pairs)"


@pytest.mark.parametrize(
    ("limit", "digits"), [(0.04, 4), (0.5, 3), (1, 2), (2.7, 2), (12, 1), (812.0, 0), (5000, 0)]
)
def test_distances_are_written_as_finely_as_they_differ(limit, digits):
    assert mistakes.digits_up_to(limit) == digits


@pytest.mark.parametrize("order", mistakes.ORDERS)
@pytest.mark.parametrize("distances", [FAR, FAR + RNG.normal(scale=1e-12, size=400) ** 2])
def test_a_page_without_a_kernel_counts_and_lists_the_same(distances, order):
    view = sl.ThresholdExplorer(distances, EQUAL, LEFT, RIGHT, IMAGES, LABELS, order=order)
    distinct = np.unique(distances)
    between = (distinct[:-1] + distinct[1:]) / 2
    thresholds = [0.0, *distinct.tolist(), *between.tolist()]
    there = in_node(
        "views/threshold/judged_pairs.js",
        "JudgedPairs",
        "({ payload, thresholds, order }) => { const pairs = new JudgedPairs(payload);"
        " return thresholds.map((threshold) => { const counts = pairs.counts(threshold);"
        " return [counts, pairs.mistakes(counts, order)]; }); }",
        {"payload": view.payload(), "thresholds": thresholds, "order": order},
    )
    for threshold, (counts, listed) in zip(thresholds, there, strict=True):
        view.threshold = threshold
        assert counts == pytest.approx(view._counts, rel=1e-12, abs=1e-15)
        for kind, cards in view._mistakes.items():
            assert [{**card, "pictures": None} for card in listed[kind]] == [
                {**card, "pictures": None} for card in cards
            ]


def test_the_state_is_a_small_dict():
    view = explorer()
    view.state = {"threshold": 0.25, "order": "worst"}
    assert view.state == {"threshold": 0.25, "order": "worst"}
    assert (view.threshold, view.order) == (0.25, "worst")
    view.state = {"order": "nearest"}
    assert view.state == {"threshold": 0.25, "order": "nearest"}
    with pytest.raises(ViewError, match="zoom"):
        view.state = {"zoom": 2}
    with pytest.raises(ViewError):
        view.state = {"order": "best"}
