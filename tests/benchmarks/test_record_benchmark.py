"""The benchmark of the record: who takes part, how they are judged, and what the text says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tiny_stripes import tiny_stripes

import siamese_lib as sl
from benchmarks.parts import record
from benchmarks.recipes.contenders import RecipeTraining, Watch
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.results import machine
from siamese_lib.network.backend import keras


@pytest.fixture(scope="module")
def data() -> sl.Dataset:
    return tiny_stripes()


def short(_: sl.Dataset) -> sl.Recipe:
    return sl.Recipe(steps=3, batch_size=16)


def test_the_recipes_are_those_that_the_titles_name():
    digits = sl.load_dataset("mnist", verbose=False)
    chosen = {each.name: each.recipe(digits) for each in record.GROUPS if each.data == "mnist"}
    assert {name: (one.tower, one.embedding_dim) for name, one in chosen.items()} == {
        "MNIST in 2-D, the original's tower": ("conv", 2),
        "MNIST in 2-D, any tower": ("photo", 2),
        "MNIST in 16-D": ("conv", 16),
        "MNIST in 128-D": ("conv", 128),
    }
    assert len({each.name for each in record.GROUPS}) == len(record.GROUPS) == 6


def test_a_recipe_is_trained_as_the_terminal_trains_it(data):
    training = RecipeTraining(short(data), data, seed=3)
    watch = Watch(limit=1e9)
    watch.follow(training)
    assert watch.step == 3
    recipe = short(data)
    tower = recipe.build_tower((28, 28, 1), 3, recipe.fastest_dtype())
    model = recipe.compile(tower, 4)
    keras.utils.set_random_seed(3)
    batches = recipe.batches(data.train, 3)
    model.fit(batches, shuffle=False, verbose=0, callbacks=[sl.Recorder(tower, batches)])
    for mine, again in zip(watch.copies[-1].weights, tower.get_weights(), strict=True):
        np.testing.assert_allclose(mine, again, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["softmax", "contrastive"])
def test_copies_are_weights_of_the_tower(data, loss):
    recipe = replace(short(data), loss=loss, embedding_dim=4)
    training = RecipeTraining(recipe, data, seed=0)
    watch = Watch(limit=1e9)
    watch.follow(training)
    embedded = training.embed(watch.copies[-1].weights, data.test.images)
    assert embedded.shape == (40, 4)


def test_as_many_steps_as_fit(data, monkeypatch):
    monkeypatch.setattr(record, "steps_that_fit", lambda of, seconds, least: round(seconds * 10))
    training = record._fitting(short)(data, 0, 10.0)
    assert isinstance(training, RecipeTraining)
    assert training.recipe.steps == round(100 * (1 - record.ROOM))
    alone = record._as_long(short)(data, 0, 10.0)
    assert isinstance(alone, RecipeTraining)
    assert alone.recipe.steps == 3


def test_judged_by_hand():
    labels = np.arange(12) % 2
    images = np.arange(12, dtype=np.uint8).reshape(12, 1, 1, 1) + 10 * labels[:, None, None, None]
    train = sl.Split(images.astype(np.uint8), labels)
    test = sl.Split(np.array([0, 21], np.uint8).reshape(2, 1, 1, 1), np.array([0, 0]))
    data = sl.Dataset(train, test, ("a", "b"), "made", "made")
    found = record.judge(lambda x: x.reshape(len(x), 1).astype(np.float32), data)
    # Of 0, six of the nearest are of class 0, up to 10, and 11 is not. Of 21, only 10 is.
    assert found == pytest.approx({"kNN accuracy": 0.5, "precision@7": 0.5, "precision@1": 0.5})


def turn(first: float, other: float) -> list[dict[str, Any]]:
    return [
        {"contender": name, "seconds": 9.0, "steps": 5, **dict.fromkeys(record.MEASURES, value)}
        for name, value in ((record.OURS, first), ("a rival", other))
    ]


def test_the_text_has_the_median_of_the_seeds_and_the_best_of_the_others():
    rows = record.over_seeds([turn(0.99, 0.98), turn(0.97, 0.985), turn(0.98, 0.9)])
    group = {
        "name": "some digits", "seconds": 10.0, "measure": record.KNN, "must": 0.975, "fit": True,
        "images": [100, 20], "recipe": "a recipe", "rows": rows,
    }  # fmt: skip
    ahead = {**group, "name": "others", "must": None}
    text = record.render(
        {
            "machine": machine(()),
            "seeds": 3,
            "groups": [group, ahead],
            "not installed": ["torch"],
            "processors": {"an old one": 2, "a new one": 4},
        }
    )
    line = "kNN accuracy | 0.9800 (0.9700 to 0.9900) | 0.9800 (0.9000 to 0.9850) | a rival |"
    assert f"| some digits | 9 | {line} 0.9750 |" in text
    assert f"| others | 9 | {line} ahead |" in text
    assert "100 training and 20 test images. Ours: a recipe." in text
    assert "left out: torch" in text
    assert "measured by each processor: an old one: 2; a new one: 4." in text


def test_a_quick_try_trains_ours_and_the_default_before(monkeypatch, data):
    monkeypatch.setattr(sl, "load_dataset", lambda name: data)
    group = replace(record.GROUPS[0], recipe=short, fit=False, before=True)
    monkeypatch.setattr(record, "GROUPS", [group] * 3)
    monkeypatch.setattr(record, "DEFAULT_BEFORE", short(data))
    result = record.measure(Ledger("record", folder=None), quick=True)
    (made,) = result["groups"]
    assert [row["contender"] for row in made["rows"]] == [record.OURS, record.BEFORE]
    assert 1 <= made["rows"][0]["steps"]["median"] <= 3  # the clock stops it after three seconds
