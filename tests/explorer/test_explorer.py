"""The explorer without a browser: what it answers, shows and says, and that it does not loop."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tiny_explorer import by_hand, mixed_dataset, tiny_explorer, tiny_run
from tiny_sorted import sorted_dataset, untrained
from tiny_training import corners_dataset

import siamese_lib as sl

RUN = tiny_run()
DATA = mixed_dataset()
STROKES = [[[0.2, 0.2], [0.7, 0.2]], [[0.2, 0.3], [0.7, 0.3]]]


@pytest.fixture
def explorer() -> sl.RetrievalExplorer:
    return sl.RetrievalExplorer(RUN, DATA, index=1)


def panel(explorer: sl.RetrievalExplorer, kind: str) -> str:
    return explorer._panels[kind].html


def press(explorer: sl.RetrievalExplorer, kind: str, act: str, value: Any = None) -> None:
    """What the page sends when a control is used."""
    content = {"method": "custom", "content": {"act": act, "value": value}}
    explorer._panels[kind]._handle_msg({"content": {"data": content}, "buffers": []})


def picture(pixels: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, "PNG")
    return buffer.getvalue()


def send(explorer: sl.RetrievalExplorer, content: bytes, name: str = "seven.png") -> None:
    message = {"method": "custom", "content": {"act": "upload", "value": name}}
    explorer.pad._handle_msg({"content": {"data": message}, "buffers": [memoryview(content)]})


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("frame", [0, 12, -1])
def test_answers_are_those_of_a_loop(explorer, metric, frame):
    answer = explorer.select(index=7, frame=frame, metric=metric, k=5)
    embeddings = RUN.embed(DATA.train.images, frame)
    wanted = by_hand(embeddings, RUN.embed(DATA.test.images[7:8], frame)[0], 5, metric)
    assert list(answer.indices) == wanted
    assert answer["labels"] == tuple(DATA.train.labels[wanted].tolist())
    assert answer.step == RUN.steps[frame]
    assert answer.metric == metric


def test_the_answer_can_be_read_and_not_changed(explorer):
    answer = explorer.select(index=3)
    assert answer is explorer.answer
    assert {"indices", "labels", "distances", "vote", "confidence"} <= {*answer}
    assert len(dict(answer)) == len(answer)
    assert [row["index"] for row in answer.rows()] == list(answer.indices)
    assert answer._repr_html_().count("<tr>") == 8
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.vote = 2
    with pytest.raises(TypeError):
        answer["vote"] = 2
    with pytest.raises(TypeError):
        explorer.answers["cosine"] = answer
    with pytest.raises(KeyError):
        answer["nothing"]


def test_a_training_image_is_not_its_own_neighbour(explorer):
    answer = explorer.select(train=6)
    assert 6 not in answer.indices
    assert (answer.query, answer.index, answer.label) == ("train", 6, DATA.train.labels[6])


def test_vote_and_verdict(explorer):
    assert explorer.select(index=1).right
    wrong = explorer.select(index=5)
    assert (wrong.right, wrong.vote != wrong.label) == (False, True)
    markup = panel(explorer, "answer")
    assert "✗ wrong" in markup
    assert "sx-head sx-wrong" in markup
    votes = sum(label == wrong.vote for label in wrong.labels)
    assert wrong.confidence == votes / 7
    assert f"{votes} of 7" in markup


def test_every_neighbour_has_label_index_distance_and_sign(explorer):
    explorer.select(index=5)
    cards = re.findall(r"<li class='sx-card.*?</li>", panel(explorer, "answer"))
    assert len(cards) == 14
    for card, row in zip(cards, explorer.answers["euclidean"].rows(), strict=False):
        right = row["label"] == explorer.answer.label
        assert f"{'✓' if right else '✗'} <bdi>{row['class']}</bdi>" in card
        assert f"sx-{'right' if right else 'wrong'}" in card
        assert f"#{row['index']}" in card
        assert f"{row['distance']:.4f}" in card


def test_controls_of_the_picker(explorer):
    press(explorer, "picker", "choose_test", "40")
    assert explorer.answer.index == 40
    press(explorer, "picker", "toggle_mistakes")
    thumbs = re.findall(r"data-act='choose_test' data-value='(\d+)'", panel(explorer, "picker"))
    assert {"5", "20"} <= {*thumbs}
    assert len(thumbs) == explorer._search.facts.mistaken.sum()
    press(explorer, "picker", "choose_random")
    assert str(explorer.answer.index) in thumbs
    assert explorer._panels["picker"].current == str(explorer.answer.index)
    press(explorer, "picker", "toggle_mistakes")
    press(explorer, "picker", "set_class", "2")
    assert "1–13 of 13" in panel(explorer, "picker")
    press(explorer, "picker", "set_class", "")
    press(explorer, "picker", "turn_page", "1")
    assert "41–48 of 48" in panel(explorer, "picker")


def test_controls_of_the_answer(explorer):
    press(explorer, "answer", "set_metric", "cosine")
    assert explorer.answer.metric == "cosine"
    copied = " ".join(map(str, explorer.answer.indices))
    assert f"data-copy='{copied}'" in panel(explorer, "answer")
    press(explorer, "answer", "say", f"Copied {copied}.")
    assert copied in panel(explorer, "status")
    neighbour = explorer.answer.indices[0]
    press(explorer, "answer", "choose_train", str(neighbour))
    assert (explorer.answer.query, explorer.answer.index) == ("train", neighbour)


def test_pins_are_compared_at_the_same_moment(explorer):
    press(explorer, "answer", "pin")
    explorer.select(index=5)
    press(explorer, "answer", "pin")
    assert panel(explorer, "pins").count("sx-pin ") == 2
    before = panel(explorer, "pins")
    explorer.select(frame=0, k=3)
    assert panel(explorer, "pins") != before
    press(explorer, "pins", "recall", "0")
    assert explorer.answer.index == 1
    press(explorer, "pins", "unpin", "0")
    press(explorer, "pins", "unpin", "0")
    assert panel(explorer, "pins") == ""


def test_sliders_and_code_move_each_other_once(explorer):
    shown = []
    whole, inner = explorer._show, explorer._maps.show
    explorer._maps.show = lambda *values: (shown.append(values), inner(*values))
    explorer._controls.k = 3
    assert (explorer.answer.k, len(shown)) == (3, 1)
    explorer._controls.frame = 4
    assert (explorer.answer.step, len(shown)) == (RUN.steps[4], 2)
    explorer.select(k=9, frame=-1)
    assert (explorer._controls.k, explorer._controls.frame, len(shown)) == (9, len(RUN) - 1, 3)
    assert whole == explorer._show


def test_an_earlier_network_answers_otherwise(explorer):
    last = explorer.select(index=2)
    first = explorer.select(frame=0)
    assert first.indices != last.indices
    assert first.step == 0


def test_a_click_on_either_map_asks_about_that_image(explorer):
    explorer.map.set_state({"selected": [11], "highlighted": []})
    assert (explorer.answer.query, explorer.answer.index) == ("train", 11)
    neighbour = explorer.answer.indices[0]
    explorer.near.set_state({"selected": [1], "highlighted": []})  # 0 is the query
    assert explorer.answer.index == neighbour
    assert explorer.map.selected == [len(DATA.train)]


def test_clicks_that_choose_nothing_leave_the_answer_highlighted(explorer):
    before = explorer.answer, explorer.map.highlighted
    for points in ([], [1, 2, 3]):
        explorer.map.set_state({"selected": points, "highlighted": []})
        assert (explorer.answer, explorer.map.highlighted) == before
        assert explorer.map.selected == [len(DATA.train)]
        assert "single training image" in explorer.message


def test_maps_light_the_neighbours_of_the_metric(explorer):
    for metric in ("euclidean", "cosine"):
        answer = explorer.select(index=9, metric=metric)
        assert explorer.map.highlighted == list(answer.indices)  # all training images are there
        assert explorer.near.highlighted == list(range(1, 8))
        embedded = RUN.embed(DATA.train.images[list(answer.indices)])
        for view in (explorer.map, explorer.near):
            np.testing.assert_allclose(view.frames[0, view.highlighted], embedded, rtol=1e-5)
            query = RUN.embed(DATA.test.images[9:10])[0]
            np.testing.assert_allclose(view.frames[0, view.selected[0]], query, rtol=1e-5)


def test_neighbours_that_are_not_on_the_map_are_added(monkeypatch):
    monkeypatch.setattr("siamese_lib.explorer.search.ON_THE_MAP", 8)
    explorer = sl.RetrievalExplorer(RUN, DATA, index=1)
    assert len(explorer._search.shown) == 8
    assert explorer.answer.searched == 40
    embedded = RUN.embed(DATA.train.images[list(explorer.answer.indices)])
    lit = explorer.map.frames[0, explorer.map.highlighted]
    np.testing.assert_allclose(lit, embedded, rtol=1e-5)
    added = explorer.map.frames.shape[1] - 1
    explorer.map.selected = [added]
    assert explorer.answer.query == "train"
    earlier = explorer.select(frame=3)  # among those on the map
    assert earlier.searched == 8
    assert {*earlier.indices} <= {*explorer._search.shown.tolist()}
    assert "among 8 training images" in panel(explorer, "answer")


def test_a_drawing(explorer):
    before = explorer.select(index=3)
    explorer.pad.strokes = STROKES
    answer = explorer.answer
    assert (answer.query, answer.index, answer.label, answer.right) == ("drawing", None, None, None)
    assert explorer.pad.preview.startswith("data:image/png")
    assert "sx-card sx-unknown" in panel(explorer, "answer")
    both = explorer.state.query.pixels
    explorer.pad.strokes = STROKES[:1]  # undone
    assert explorer.state.query.pixels != both
    explorer.pad.strokes = []  # cleared
    assert (explorer.pad.preview, explorer.answer) == ("", before)
    message = {"method": "custom", "content": {"act": "find"}}
    explorer.pad._handle_msg({"content": {"data": message}, "buffers": []})
    assert "pad is empty" in panel(explorer, "status")
    assert "sx-error" in panel(explorer, "status")


def test_an_upload_says_what_was_done(explorer):
    sheet = Image.new("L", (80, 60), 250)
    ImageDraw.Draw(sheet).line([(20, 10), (60, 50)], 10, 8)
    for handwriting, words in (
        (None, "80 × 60 pixels, scaled to fit and centred"),  # these images are not as MNIST's
        (True, "80 × 60 pixels, dark on light, inverted"),
    ):
        own = sl.RetrievalExplorer(RUN, DATA, handwriting=handwriting)
        send(own, picture(sheet))
        assert own.answer.query == "picture"
        assert f"seven.png: {words}" in own.message
    before = explorer.answer
    send(explorer, b"%PDF", "a.pdf")
    assert "not a PNG or JPEG" in panel(explorer, "status")
    assert explorer.answer is before


def test_errors_of_the_page_are_shown(explorer):
    before = explorer.answer
    for act, value, words in [
        ("choose_test", "48", "from 0 to 47"), ("choose_test", "one", "whole number"),
        ("fly", None, "no action called"), ("fail", "<b>x</b>", "&lt;b&gt;"),
        ("turn_page", "x", "invalid literal"), ("turn_page", None, "TypeError"),
    ]:  # fmt: skip
        press(explorer, "picker", act, value)
        assert words in panel(explorer, "status")
        assert "sx-error" in panel(explorer, "status")
        assert explorer.answer is before
    assert explorer._panels["status"].live
    press(explorer, "picker", "choose_test", "2")
    assert "sx-error" not in panel(explorer, "status")


def test_errors_of_code_are_shown_and_raised(explorer):
    before = explorer.state
    for options in ({"index": 48}, {"k": 0}, {"frame": 99}, {"metric": "x"}, {"index": 1, "k": 99}):
        with pytest.raises(ValueError, match="; expected "):
            explorer.select(**options)
        assert "sx-error" in panel(explorer, "status")
        assert explorer.state.query == before.query
    with pytest.raises(ValueError, match=r"got uint8 of shape .*; expected uint8 of shape"):
        explorer.select(image=np.zeros((3, 3), np.uint8))
    assert explorer.select(image=DATA.test.images[3]).query == "picture"


def test_what_fails_inside_is_shown(explorer, monkeypatch):
    monkeypatch.setattr(explorer._search, "answers", lambda *_: 1 / 0)
    press(explorer, "picker", "choose_test", "2")
    assert "ZeroDivisionError" in panel(explorer, "status")
    assert explorer.answer.index == 1


def test_a_gallery_is_used_if_it_is_the_runs():
    embeddings = RUN.embed(DATA.train.images)
    own = sl.RetrievalExplorer(RUN, DATA, gallery=sl.Gallery(embeddings))
    assert not own.state.failed
    plain = sl.RetrievalExplorer(RUN, DATA)
    assert own.select(index=4) == plain.select(index=4)


@pytest.mark.parametrize(
    ("embeddings", "words"),
    [
        (RUN.embed(DATA.train.images[:9]), "9 embeddings of 2 numbers"),
        (np.eye(40, 3), "40 embeddings of 3 numbers"),
        (RUN.embed(DATA.train.images, 0), "other embeddings than those of the training images"),
    ],
)
def test_a_gallery_of_another_is_reported_and_not_used(embeddings, words):
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=sl.Gallery(embeddings))
    assert words in panel(explorer, "status")
    assert "sx-error" in panel(explorer, "status")
    assert explorer.answer == sl.RetrievalExplorer(RUN, DATA).answer


def test_a_run_of_one_frame_says_why_there_is_no_slider():
    last = sl.Run(RUN.tower, RUN.steps[-1:], [weight[None] for weight in RUN.weights()])
    explorer = sl.RetrievalExplorer(last, DATA)
    assert "kept only the weights of its last step" in explorer._controls.note


def test_fewer_images_to_search():
    explorer = sl.RetrievalExplorer(RUN, DATA, limit=10, k=9)
    assert (explorer.answer.searched, explorer._controls.most) == (10, 9)
    assert max(explorer.answer.indices) < 10


def test_a_part_of_images_in_the_order_of_their_classes_keeps_their_indices():
    data, run = sorted_dataset(5, 40, 20), untrained(frames=2)
    explorer = sl.RetrievalExplorer(run, data, limit=50)
    assert len(explorer.searched) == explorer.answer.searched == 50
    assert set(data.train.labels[explorer.searched].tolist()) == set(range(5))
    for index in range(0, 100, 19):
        answer = explorer.select(index=index)
        assert set(answer.indices) <= set(explorer.searched.tolist())
        assert data.train.labels[list(answer.indices)].tolist() == list(answer.labels)
        assert set(answer.labels) == {data.test.labels[index]}
    for train in (
        int(explorer.searched[3]),
        int(np.setdiff1d(np.arange(200), explorer.searched)[0]),
    ):
        answer = explorer.select(train=train)
        assert train not in answer.indices
        assert set(answer.labels) == {data.train.labels[train]} == {answer.label}
    assert set(explorer.select(index=99, frame=0).labels) == {4}
    gallery = sl.Gallery(run.embed(data.train.images[explorer.searched]))
    assert not sl.RetrievalExplorer(run, data, limit=50, gallery=gallery).message


def test_the_first_page_of_thumbnails_shows_all_classes():
    facts = sl.RetrievalExplorer(untrained(), sorted_dataset(5, 10, 20))._search.facts
    assert sorted(facts.order.tolist()) == list(range(100))
    assert set(facts.test_labels[facts.order[:5]].tolist()) == set(range(5))
    plain = sl.RetrievalExplorer(RUN, DATA)._search.facts
    assert plain.order.tolist() == list(range(48))


def test_more_dimensions_are_a_shadow():
    run = tiny_run(dim=5)
    explorer = sl.RetrievalExplorer(run, DATA)
    assert "2 of 5 dimensions" in explorer.map.note
    embeddings = run.embed(DATA.train.images)
    wanted = by_hand(embeddings, run.embed(DATA.test.images[:1])[0], 7, "euclidean")
    assert list(explorer.answer.indices) == wanted
    sentence = panel(explorer, "answer")
    assert "In two dimensions" not in sentence


def test_names_bring_no_markup():
    data = corners_dataset()
    names = ("<i>nw</i>", "ne", "sw", "se'")
    named = sl.Dataset(data.train, data.test, names, "here", "corners")
    explorer = sl.RetrievalExplorer(RUN, named)
    press(explorer, "answer", "pin")
    for kind in ("picker", "answer", "pins"):
        assert "<i>nw" not in panel(explorer, kind)
    assert "&lt;i&gt;nw" in panel(explorer, "answer")


def test_a_still_picture_takes_its_place(explorer):
    shown = explorer._repr_mimebundle_()
    assert shown is not None
    data, _ = shown
    png = base64.b64decode(data["image/png"])
    assert len(png) < 60_000
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    assert picture.width > 500
    opacity = np.asarray(picture)[..., 3]
    assert not opacity[[0, 0, -1, -1], [0, -1, 0, -1]].any()  # the page is seen through the corners


def test_saved_state_is_small():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6_000, 8, 8, 1), dtype=np.uint8)
    split = sl.Split(images, np.arange(6_000) % 4)
    explorer = sl.RetrievalExplorer(RUN, sl.Dataset(split, split, DATA.class_names, "", "noise"))

    def size(value: object) -> float:
        if isinstance(value, dict):
            return sum(map(size, value.values()))
        if isinstance(value, list | tuple):
            return sum(map(size, value))
        return len(value) * 4 / 3 if isinstance(value, bytes | memoryview) else len(str(value))

    parts = [explorer.map, explorer.near, explorer.pad, *explorer._panels.values()]
    assert sum(size(part.get_state()) for part in parts) < 460_000


def test_refuses_data_that_do_not_fit():
    with pytest.raises(ValueError, match=r"images: got shape .*; expected \(N, "):
        sl.RetrievalExplorer(
            sl.Run(sl.conv_tower(), [0], [w[None] for w in sl.conv_tower().get_weights()]), DATA
        )
    with pytest.raises(ValueError, match="index is 48; expected a whole number from 0 to 47"):
        tiny_explorer(index=48)
    with pytest.raises(ValueError, match="k is 30; expected a whole number from 1 to"):
        tiny_explorer(k=30)


def test_the_state_can_be_set(explorer):
    explorer.select(index=7, k=3, frame=4)
    moment, before = explorer.saved, explorer.answer
    explorer.select(index=2, k=5, frame=-1)
    explorer.state = moment
    assert (explorer.saved, explorer.answer) == (moment, before)
    with pytest.raises(ValueError, match="k is 99"):
        explorer.state = {"k": 99}
    assert explorer.answer == before
    assert "k is 99" in panel(explorer, "status")


def test_an_upload_clears_an_old_drawing(explorer):
    explorer.pad.strokes = STROKES
    assert explorer.state.query.kind == "drawing"
    send(explorer, picture(Image.new("L", (8, 8), 77)))
    assert (explorer.state.query.kind, explorer.pad.strokes) == ("picture", [])


def test_a_new_step_says_what_it_waits_for(explorer):
    said = []
    explorer._controls.observe(lambda change: said.append(change.new), "waiting")
    explorer._panels["answer"].observe(lambda change: said.append(change.new), "stale")
    explorer.select(frame=3)
    assert said[0].startswith("Embedding ")
    assert said[1:] == [True, "", False]
    assert 3 in explorer._controls.quick
    said.clear()
    explorer.select(frame=3, k=2)
    assert said == []
