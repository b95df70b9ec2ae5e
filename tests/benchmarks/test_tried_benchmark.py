"""What was tried: losses against loops, and no test image is looked at."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tiny_stripes import tiny_stripes

import siamese_lib as sl
from benchmarks.parts import tried
from benchmarks.recipes.tried_losses import (
    ClassMeans,
    HardestPairs,
    NeighbourhoodComponents,
    SupervisedContrastive,
)
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.results import machine, spread
from siamese_lib.network.optimizers import Muon
from siamese_lib.training.recipe_choice import digit_recipe, small_recipe, with_steps

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
POINTS = np.random.default_rng(0).normal(0, 0.7, (8, 2)).astype(np.float32)


def test_neighbourhood_components_are_their_loop():
    costs = []
    for i, label in enumerate(LABELS):
        near = [math.exp(-(math.dist(POINTS[i], POINTS[j]) ** 2)) for j in range(8)]
        others = [j for j in range(8) if j != i]
        own = sum(near[j] for j in others if LABELS[j] == label)
        costs.append(-math.log(own / sum(near[j] for j in others)))
    found = NeighbourhoodComponents()(LABELS, POINTS)
    assert float(found) == pytest.approx(np.mean(costs), rel=1e-4)


@pytest.mark.parametrize("cosine", [False, True])
def test_the_supervised_contrastive_loss_is_its_loop(cosine):
    def near(a: np.ndarray, b: np.ndarray) -> float:
        if cosine:
            return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) / 0.15
        return -(math.dist(a, b) ** 2) / 0.3

    costs = []
    for i, label in enumerate(LABELS):
        others = [j for j in range(8) if j != i]
        all_of_them = sum(math.exp(near(POINTS[i], POINTS[j])) for j in others)
        own = [near(POINTS[i], POINTS[j]) for j in others if LABELS[j] == label]
        costs.append(math.log(all_of_them) - np.mean(own))
    found = SupervisedContrastive(0.3, cosine)(LABELS, POINTS)
    assert float(found) == pytest.approx(np.mean(costs), rel=1e-4)


def test_class_means_are_their_loop():
    costs = []
    for i, label in enumerate(LABELS):
        logits = []
        for c in range(3):
            rows = [j for j in range(8) if LABELS[j] == c and j != i]
            logits.append(-(math.dist(POINTS[i], POINTS[rows].mean(axis=0)) ** 2))
        costs.append(math.log(sum(map(math.exp, logits))) - logits[label])
    assert float(ClassMeans(3)(LABELS, POINTS)) == pytest.approx(np.mean(costs), rel=1e-4)


def test_the_hardest_pairs_are_their_loop():
    costs = []
    for i, label in enumerate(LABELS):
        apart = [math.dist(POINTS[i], POINTS[j]) for j in range(8)]
        farthest = max(apart[j] for j in range(8) if LABELS[j] == label)
        nearest = min(apart[j] for j in range(8) if LABELS[j] != label)
        costs.append((farthest**2 + max(0.9 - nearest, 0) ** 2) / 2)
    assert float(HardestPairs(0.9)(LABELS, POINTS)) == pytest.approx(np.mean(costs), rel=1e-4)


def test_training_images_are_held_out_and_test_images_are_gone():
    data = tiny_stripes()
    parts = tried.held_out(data, 30, seed=1)
    assert (len(parts.train), len(parts.test)) == (50, 30)
    given = {image.tobytes() for image in data.train.images}
    train, test = ({image.tobytes() for image in each.images} for each in (parts.train, parts.test))
    assert not train & test
    assert train | test == given
    again = tried.held_out(data, 30, seed=1)
    np.testing.assert_array_equal(again.test.images, parts.test.images)


def test_names_are_used_once_and_data_sets_are_known():
    asked = tried.questions()
    names = [(question.name, way.name) for question in asked for way in question.ways]
    assert len(set(names)) == len(names)
    assert {question.data for question in asked} == {"mnist", "fashion_mnist"}


def test_the_recipes_of_the_record_are_among_the_ways():
    def parts(recipe: sl.Recipe) -> sl.Recipe:
        return replace(recipe, steps=1, name="", why="")

    data = tiny_stripes()
    ways = [way for question in tried.questions() for way in question.ways]
    plain = [parts(way.recipe) for way in ways if way.loss is None and way.optimizer is None]
    flat, photo = digit_recipe(data), digit_recipe(data, tower="photo")
    wide, wider = digit_recipe(data, 16), digit_recipe(data, 128)
    chosen = flat, photo, wide, with_steps(wide, 250), wider, small_recipe(data)
    assert all(parts(recipe) in plain for recipe in chosen)


class Counted(NeighbourhoodComponents):
    """It counts how often Keras traces it."""

    calls = 0

    def call(self, y_true, y_pred):
        Counted.calls += 1
        return super().call(y_true, y_pred)


@pytest.mark.parametrize("loss", [None, Counted])
def test_a_way_is_trained_and_judged(loss):
    way = tried.Way("a way", sl.Recipe(steps=20, batch_size=16, learning_rate=0.01), loss)
    Counted.calls = 0
    found = tried.tried(way, tiny_stripes())
    assert (Counted.calls > 0) == (loss is Counted)
    assert set(found) == set(tried.MEASURES)
    assert found[tried.KNN] > 0.5


def test_several_seeds_give_a_median_and_a_spread(monkeypatch):
    def trained(way, data, seed=0):
        return dict.fromkeys(tried.MEASURES, [0.3, 0.1, 0.11][seed])

    monkeypatch.setattr(tried, "tried", trained)
    way = tried.Way("a way", sl.Recipe())
    found = tried.over_seeds(way, tiny_stripes(), 3)
    assert found[tried.P7] == {"median": 0.11, "least": 0.1, "most": 0.3}
    question = {
        "name": "which",
        "measure": tried.KNN,
        "seeds": 3,
        "rows": [{"way": "a way", **found}],
    }
    made = {"machine": machine(()), "held out": 100, "questions": [question], "processors": {}}
    text = tried.render(made)
    assert "Medians of 3 seeds, with the least" in text
    assert "| a way | 0.1100 (0.1000 to 0.3000) |" in text
    assert "No better than chance: a way." in text
    assert tried.standard_error(question, 100) == pytest.approx(math.sqrt(0.11 * 0.89 / 100))


def test_weights_are_averaged_at_the_end(monkeypatch):
    found = {}
    monkeypatch.setattr(tried, "judge", lambda embed, data: {"at": embed(data.test.images)[0, 0]})
    recipe = sl.Recipe(steps=20, batch_size=16)
    for make in tried.constant_and_averaged, tried.averaged, lambda _: Muon(0.02):
        found[make] = tried.tried(tried.Way("a way", recipe, optimizer=make), tiny_stripes())["at"]
    assert len(set(found.values())) == 3


def test_a_way_that_trains_on_cosines_is_judged_by_cosines(monkeypatch):
    lengths = []

    def judge(embed, data):
        lengths.extend(np.linalg.norm(embed(data.test.images), axis=1))
        return {}

    monkeypatch.setattr(tried, "judge", judge)
    recipe = sl.Recipe(steps=5, batch_size=16)
    tried.tried(tried.Way("a way", recipe, cosine=True), tiny_stripes())
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)
    cosines = [way for each in tried.questions() for way in each.ways if "cosines" in way.name]
    assert cosines
    assert all(way.cosine for way in cosines)


def test_a_quick_try_and_its_text(monkeypatch):
    monkeypatch.setattr(sl, "load_dataset", lambda name: tiny_stripes())
    monkeypatch.setattr(tried, "held_out", lambda data: data)
    first = tried.questions()[0]
    ways = [replace(first.ways[0], recipe=sl.Recipe(steps=10, batch_size=16))]
    monkeypatch.setattr(tried, "questions", lambda: [replace(first, ways=ways)])
    result = tried.measure(Ledger("tried", folder=None), quick=True)
    text = tried.render({"machine": machine(()), **result})
    assert f"### {first.name}\n\nChosen by kNN accuracy, whose standard" in text
    assert (
        f"| {ways[0].name} | {result['questions'][0]['rows'][0]['kNN accuracy']['median']:.4f} |"
        in text
    )
    assert "chance:" not in text
    result["questions"][0]["rows"].append(
        {"way": "lost", **dict.fromkeys(tried.MEASURES, spread([0.11], 4))}
    )
    text = tried.render({"machine": machine(()), **result})
    assert "No better than chance: lost." in text
