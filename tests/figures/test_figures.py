"""Figures: what they draw is what they were given."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from siamese_lib import figures
from siamese_lib.colors import DIFFERENT, SAME

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (10, 28, 28, 1), dtype=np.uint8)
LABELS = np.arange(10) % 5
POINTS = RNG.normal(size=(10, 2))


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))


def contains(canvas: np.ndarray, image: np.ndarray) -> bool:
    """Whether an image (H, W) stands somewhere in a picture (H', W', 4), opaque and grey."""
    height, width = image.shape
    windows = np.lib.stride_tricks.sliding_window_view(canvas[..., 0], (height, width))
    starts = np.argwhere(windows[:, :, 0, 0] == image[0, 0])
    places = [(y, x) for y, x in starts if (windows[y, x] == image).all()]
    return any((canvas[y : y + height, x : x + width, 3] == 255).all() for y, x in places)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (9, 13, 1)])
def test_grid_holds_every_image_unchanged(shape):
    images = RNG.integers(0, 256, (10, *shape), dtype=np.uint8)
    figure = figures.image_grid(images, LABELS, columns=4)
    canvas = pixels(figure.data[0].source)
    for image in images:
        assert contains(canvas, image.reshape(shape[:2]))
    assert list(figure.data[1].text) == [str(label) for label in LABELS]
    assert len(set(figure.data[1].y)) == 3, "ten images in rows of four"


def test_grid_keeps_colours():
    image = RNG.integers(0, 256, (1, 8, 8, 3), dtype=np.uint8)
    canvas = pixels(figures.image_grid(image).data[0].source)
    assert contains(canvas, image[0, ..., 0])
    inside = canvas[..., 3] == 255
    np.testing.assert_array_equal(canvas[inside][:, :3], image.reshape(-1, 3))


@pytest.mark.parametrize(
    ("images", "titles", "columns"),
    [
        (IMAGES.astype(float), None, 8),
        (IMAGES[..., [0, 0]], None, 8),
        (IMAGES[:0], None, 8),
        (IMAGES, ["one"], 8),
        (IMAGES, None, 0),
    ],
)
def test_grid_refuses_what_it_cannot_draw(images, titles, columns):
    with pytest.raises(ValueError, match=r"got|Got .* columns; expected"):
        figures.image_grid(images, titles, columns=columns)


def test_pairs_say_same_and_different_in_words_and_colours():
    figure = figures.pairs(IMAGES[:2], IMAGES[2:4], np.array([1, 0]))
    assert list(figure.data[1].text) == ["same", "different"]
    assert len(set(figure.data[1].textfont.color)) == 2
    canvas = pixels(figure.data[0].source)
    for image in IMAGES[:4]:
        assert contains(canvas, image[..., 0])


def test_pairs_refuse_labels_of_another_length():
    with pytest.raises(ValueError, match="expected two images of one shape and one label"):
        figures.pairs(IMAGES[:2], IMAGES[2:4], np.ones(3))


def test_neighbours_are_marked_right_and_wrong():
    figure = figures.neighbours(
        IMAGES[0], IMAGES[1:4], [5, 6, 5], np.array([0.1, 0.25, 1.0]), query_label=5
    )
    query, *found = figure.data[1].text
    assert query.startswith("query: 5")
    assert [text.split("<br>") for text in found] == [
        ["✓\u00a05", "0.100"], ["✗\u00a06", "0.250"], ["✓\u00a05", "1.000"],
    ]  # fmt: skip


def test_neighbours_of_an_unknown_query_are_not_judged():
    figure = figures.neighbours(IMAGES[0], IMAGES[1:3], [5, 6], np.array([0.1, 0.2]))
    assert not re.search("[✓✗]", "".join(figure.data[1].text))


def test_map_draws_each_class_once_with_its_points():
    figure = figures.embedding_map(POINTS, LABELS, ["a", "b", "c", "d", "e"])
    assert [trace.name for trace in figure.data] == ["a", "b", "c", "d", "e"]
    for label, trace in enumerate(figure.data):
        np.testing.assert_allclose(trace.x, POINTS[label == LABELS, 0], atol=6e-4)
        np.testing.assert_allclose(trace.y, POINTS[label == LABELS, 1], atol=6e-4)
        np.testing.assert_array_equal(trace.customdata, np.flatnonzero(label == LABELS))
    assert figure.layout.yaxis.scaleanchor == "x", "one scale on both axes"


def test_map_puts_thumbnails_near_their_points():
    figure = figures.embedding_map(POINTS, LABELS, images=IMAGES)
    assert 1 <= len(figure.layout.images) <= len(POINTS)
    for picture in figure.layout.images:
        inks = pixels(picture.source)[..., 3]
        (i,) = [i for i in range(10) if (IMAGES[i, ..., 0] == inks).all()]
        offset = np.abs(POINTS[i] - [picture.x, picture.y])
        assert offset.max() <= picture.sizex / 0.95 / 2 + 1e-3


@pytest.mark.parametrize("points", [POINTS[:, :1], RNG.normal(size=(10, 16)), POINTS[:0]])
def test_map_needs_two_dimensions(points):
    with pytest.raises(ValueError, match=r"expected shape \(N, 2\)"):
        figures.embedding_map(points, LABELS)


def test_arrows_follow_the_gradient_of_the_loss():
    margin = 1.0
    points = 0.4 * RNG.normal(size=(8, 2))
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    figure = figures.force_arrows(points, labels, margin)
    pull, push = (next(t for t in figure.data if t.name == name) for name in ("pull", "push"))
    ratios = []
    for trace, similar in ((pull, True), (push, False)):
        starts, ends = (np.array([trace.x[i::3], trace.y[i::3]], dtype=float).T for i in (0, 1))
        np.testing.assert_allclose(starts, points, atol=1e-4)
        for i in range(8):
            force = []
            for j in range(8):
                gap = points[j] - points[i]
                distance = np.linalg.norm(gap)
                if i != j and similar and labels[i] == labels[j]:
                    force.append(gap)
                if not similar and labels[i] != labels[j]:
                    force.append(-gap / distance * max(margin - distance, 0))
            expected, drawn = np.mean(force, axis=0), ends[i] - starts[i]
            ratios.append(np.linalg.norm(drawn) / np.linalg.norm(expected))
            np.testing.assert_allclose(drawn, ratios[-1] * expected, atol=2e-3)
    assert np.ptp(ratios) < 0.05 * np.mean(ratios), "all arrows share one scale"


def test_no_force_draws_no_arrowhead():
    figure = figures.force_arrows(np.array([[0, 0], [0.6, 0], [0.3, 0.4]]), np.array([0, 0, 1]))
    pull, push = (next(t for t in figure.data if t.name == name) for name in ("pull", "push"))
    assert [head > 0 for head in pull.marker.size[1::3]] == [True, True, False]
    assert all(head > 0 for head in push.marker.size[1::3])


def test_loss_curve_is_the_papers():
    same, _, different, _ = figures.loss_curve(margin=2.0).data
    np.testing.assert_allclose(same.y, np.asarray(same.x) ** 2 / 2)
    expected = [max(2.0 - d, 0) ** 2 / 2 for d in different.x]
    np.testing.assert_allclose(different.y, expected)


def test_training_curves_leave_out_what_was_not_measured():
    history = {"step": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "precision": [0.1, np.nan, 0.9]}
    loss, precision = figures.training_curves(history).data
    assert list(loss.y) == [3.0, 2.0, 1.0]
    assert list(precision.x) == [1, 3]
    both = figures.training_curves({"one": history, "two": history})
    assert [trace.name for trace in both.data] == ["one", "one", "two", "two"]


def test_training_curves_name_a_missing_column():
    with pytest.raises(ValueError, match="columns step, loss; expected also precision"):
        figures.training_curves({"step": [1], "loss": [1.0]})


def test_quality_curves_give_each_halving_of_mistakes_the_same_height():
    shares = [0.8, 0.9, 0.98, 0.99]
    figure = figures.quality_curves({"a": ([1, 2, 4, 8], shares), "b": ([3.0], [1.0])})
    first, second = figure.data
    heights = np.diff(first.y)
    assert heights[0] == pytest.approx(heights[2])
    assert list(first.customdata) == shares
    assert (list(second.x), np.isfinite(second.y).all()) == ([3.0], True)
    ticks = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert ticks["98 %"] == pytest.approx(first.y[2])
    assert figure.layout.xaxis.type == "log"


@pytest.mark.parametrize("curve", [([0, 1], [0.5, 0.6]), ([1, 2], [0.5, 1.2]), ([1, 2], [0.5])])
def test_quality_curves_refuse_what_such_axes_do_not_hold(curve):
    with pytest.raises(ValueError, match=r"'mine'.*; expected"):
        figures.quality_curves({"mine": curve})


def test_growth_curves_keep_a_name_s_look_in_all_panels():
    sizes, costs = [1_000, 10_000, 100_000], [0.1, 1, 10]
    panels = {"ms": {"memory": (sizes, costs), "disk": (sizes, costs)}, "MiB": {"disk": ([5], [2])}}
    figure = figures.growth_curves(panels)
    memory, disk, again = figure.data
    assert (list(memory.x), list(memory.y)) == (sizes, costs)
    assert (disk.line, disk.marker) == (again.line, again.marker)
    assert memory.line.dash != disk.line.dash
    assert memory.marker.symbol != disk.marker.symbol
    assert [trace.showlegend for trace in figure.data] == [True, True, False]
    assert {axis.type for axis in (*figure.select_xaxes(), *figure.select_yaxes())} == {"log"}


@pytest.mark.parametrize("costs", [[1e-9, 1e-7], [1e13, 5e13], [3, 3], [1, 1000], [7e-7, 2e14]])
def test_growth_curves_hold_costs_of_any_size_between_two_marks(costs):
    axis = figures.growth_curves({"bytes": {"mine": ([1, 10], costs)}}).layout.yaxis
    assert axis.range[0] <= np.log10(costs[0]) <= np.log10(costs[1]) <= axis.range[1]
    assert sum(axis.range[0] <= np.log10(mark) <= axis.range[1] for mark in axis.tickvals) >= 1


@pytest.mark.parametrize("curve", [([0, 1], [1, 2]), ([1, 2], [0, 1]), ([1, 2], [1])])
def test_growth_curves_refuse_what_logarithms_do_not_hold(curve):
    with pytest.raises(ValueError, match=r"panels\['ms'\]\['mine'\] .*; expected"):
        figures.growth_curves({"ms": {"mine": curve}})
    with pytest.raises(ValueError, match="panels is empty; expected one panel"):
        figures.growth_curves({})


def test_class_curves_give_each_class_its_shares_at_the_steps():
    values = np.array([[0.1, 0.2], [0.4, 0.3], [0.9, 0.8]])
    figure = figures.class_curves([0, 4, 100], values, ["ant", "bee"])
    assert [trace.name for trace in figure.data] == ["ant", "bee"]
    assert list(figure.data[0].x) == [0, 2, 10]
    assert list(figure.data[1].y) == [0.2, 0.3, 0.8]
    assert list(figure.layout.xaxis.ticktext) == ["0", "4", "100"]


@pytest.mark.parametrize(("steps", "shape"), [([0, 1], (3, 2)), ([0, 1], (2, 3)), ([], (0, 2))])
def test_class_curves_refuse_shares_that_do_not_fit(steps, shape):
    with pytest.raises(ValueError, match=r"expected \(F, K\)"):
        figures.class_curves(steps, np.zeros(shape), ["ant", "bee"])


def test_histogram_counts_each_kind_for_itself():
    distances = np.concatenate([np.full(30, 0.1), np.full(10, 0.9)])
    same, different = figures.distance_histogram(distances, distances < 0.5, bins=3).data
    np.testing.assert_allclose(same.y, [1, 0, 0])
    np.testing.assert_allclose(different.y, [0, 0, 1])


@pytest.mark.parametrize("distances", [np.ones((2, 2)), np.array([1.0, np.nan]), np.ones(3)])
def test_histogram_refuses_what_is_not_distances(distances):
    with pytest.raises(ValueError, match="distances"):
        figures.distance_histogram(distances, np.array([1, 0]))


def test_class_shares_draw_each_share_over_its_class():
    figure = figures.class_shares({"set": [0.9, 0.1], "drawn": [0.5, 0.5]}, ["ant", "bee"])
    bars = {bar.name: dict(zip(bar.x, bar.y, strict=True)) for bar in figure.data}
    assert bars == {"set": {"ant": 0.9, "bee": 0.1}, "drawn": {"ant": 0.5, "bee": 0.5}}
    with pytest.raises(ValueError, match="'set' has 2 shares; expected one for each of 3 classes"):
        figures.class_shares({"set": [0.9, 0.1]}, ["ant", "bee", "cat"])


def test_pair_matrix_marks_similar_pairs_in_blocks():
    figure = figures.pair_matrix(np.array([2, 0, 2, 0, 0]), ["ant", "bee", "cat"])
    different, same, itself = 0, 1, 2
    labels = [0, 0, 0, 2, 2]
    for i, row in enumerate(figure.data[0].z):
        for j, kind in enumerate(row):
            expected = itself if i == j else same if labels[i] == labels[j] else different
            assert kind == expected, (i, j)
    assert list(figure.data[0].colorbar.ticktext) == ["different", "same", "itself"]
    assert list(figure.layout.xaxis.ticktext) == ["ant", "cat"]
    assert list(figure.layout.yaxis.tickvals) == [1, 3.5], "in the middle of each block"


@pytest.mark.parametrize("labels", [np.zeros((2, 2), int), np.zeros(0, int), np.zeros(3)])
def test_pair_matrix_refuses_what_is_no_labels(labels):
    with pytest.raises(ValueError, match=r"labels .*expected"):
        figures.pair_matrix(labels)


def test_forces_are_minus_the_slope_of_the_loss():
    same, same_force, different, different_force = figures.loss_curve(margin=2.0).data
    for cost, force in ((same, same_force), (different, different_force)):
        slope = np.diff(cost.y) / np.diff(cost.x)  # exact between the points of a parabola
        middle = (np.asarray(force.y)[:-1] + np.asarray(force.y)[1:]) / 2
        np.testing.assert_allclose(-slope, middle, atol=1e-3)


def test_pairs_have_the_colour_of_their_word():
    words = figures.pairs(IMAGES[:2], IMAGES[2:4], np.array([1, 0])).data[1]
    assert list(words.textfont.color) == [SAME, DIFFERENT]


def test_neighbours_have_the_colour_of_their_mark():
    found = [5, 6, 5]
    figure = figures.neighbours(IMAGES[0], IMAGES[1:4], found, np.ones(3), query_label=5)
    assert list(figure.data[1].textfont.color)[1:] == [SAME, DIFFERENT, SAME]


def test_histogram_marks_the_margin():
    figure = figures.distance_histogram(np.array([0.2, 1.5]), np.array([1, 0]), margin=0.7)
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (0.7, 0.7)


def test_training_curves_keep_each_value_with_its_step():
    history = {"step": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "precision": [0.1, np.nan, 0.9]}
    _, precision = figures.training_curves(history).data
    assert (list(precision.x), list(precision.y)) == ([1, 3], [0.1, 0.9])


def test_map_names_its_classes_where_they_are():
    figure = figures.embedding_map(POINTS, LABELS, ["a", "b", "c", "d", "e"])
    notes = figure.layout.annotations
    assert [note.text for note in notes] == [f"<b>{name}</b>" for name in "abcde"]
    middle = np.median(POINTS[LABELS == 1], axis=0)
    note = notes[1]
    np.testing.assert_allclose([note.x, note.y], middle, atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"embeddings": np.full((10, 2), np.nan)}, "finite"),
        ({"class_names": ["only one"]}, "expected numbers below 1, the number of class_names"),
        ({"images": IMAGES[:3]}, "images: got 3; expected one for each of 10 points"),
    ],
)
def test_map_refuses_what_does_not_fit(changes, message):
    arguments = {"embeddings": POINTS, "labels": LABELS, **changes}
    with pytest.raises(ValueError, match=message):
        figures.embedding_map(**arguments)


@pytest.mark.parametrize("margin", [0, -1, float("nan")])
def test_loss_curve_needs_a_margin(margin):
    with pytest.raises(ValueError, match="margin"):
        figures.loss_curve(margin)


def test_pairs_may_have_words_of_their_own():
    figure = figures.pairs(IMAGES[:2], IMAGES[2:4], [1, 0], np.array(["4 · 9", "5 · 5"]))
    assert list(figure.data[1].text) == ["4 · 9", "5 · 5"]
    assert list(figure.data[1].textfont.color) == [SAME, DIFFERENT]


def test_roc_curves_keep_their_ends_and_lie_on_what_was_given():
    fpr = np.linspace(0, 1, 5001)
    figure = figures.roc_curves({"good": (fpr, fpr**0.1), "coin": (fpr, fpr)})
    good, coin = figure.data
    assert (good.name, coin.name) == ("good", "coin")
    assert len(good.x) < 500
    assert (good.x[0], good.y[0], good.x[-1], good.y[-1]) == (0, 0, 1, 1)
    np.testing.assert_allclose(good.y, np.asarray(good.x) ** 0.1, atol=0.02)
    np.testing.assert_allclose(coin.y, coin.x, atol=1e-4)
    assert good.line.dash != coin.line.dash


@pytest.mark.parametrize(
    "rates", [([0, 1], [0, 0.5, 1]), ([0, 1.5], [0, 1]), ([0, np.nan], [0, 1]), ([], [])]
)
def test_roc_curves_refuse_what_are_no_rates(rates):
    with pytest.raises(ValueError, match=r"'x'.*; expected"):
        figures.roc_curves({"x": rates})
