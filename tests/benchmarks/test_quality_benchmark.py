"""The quality benchmark: that contenders do what they claim, and are judged alike."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from tiny_stripes import tiny_stripes
from tiny_training import Clock

import siamese_lib as sl
from benchmarks.parts import quality
from benchmarks.recipes import contenders, judging, keras_example
from benchmarks.recipes.contenders import EPOCH, LONG, SHORT, Contender, Copy, Watch, Weights
from benchmarks.tools.ledger import Ledger
from benchmarks.tools.results import machine
from siamese_lib.network.backend import keras


@pytest.fixture(scope="module")
def data() -> sl.Dataset:
    return tiny_stripes()


class FakeTraining:
    """Its embedding of an image is its mean pixel, times the number of the step."""

    def __init__(self, clock: Clock, steps: int = 10, judges: bool | None = None) -> None:
        self.clock, self.steps, self.judges = clock, steps, judges
        self.step = 0

    def run(self, watch: Watch) -> None:
        self.step = 0
        for _ in range(self.steps):
            self.step += 1
            self.clock.now += 1
            if not watch.stepped(32, self.weights):
                return

    def weights(self) -> Weights:
        self.clock.now += 100  # what must not be on the clock
        return [np.array(float(self.step))]

    def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        return (weights[0] * images.mean(axis=(1, 2))).astype(np.float32)

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
        return None if self.judges is None else np.full(len(left), self.judges)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(contenders, "time", clock)
    return clock


def test_a_watch_copies_when_planned_and_stops_for_it(clock):
    watch = Watch(limit=300, moments=[2.5, 2.7, 6.0], epoch=150)
    watch.follow(FakeTraining(clock))
    assert watch.times == [*map(float, range(1, 11))]
    # At the first steps beyond 2.5 (and 2.7) s, 150 images and 6 s, and at the end.
    assert [(c.step, c.images, c.seconds) for c in watch.copies] == [
        (3, 96, 3.0), (5, 160, 5.0), (6, 192, 6.0), (10, 320, 10.0),
    ]  # fmt: skip
    assert [float(c.weights[0]) for c in watch.copies] == [3, 5, 6, 10]
    assert not watch.over


def test_a_watch_stops_a_training_at_its_limit(clock):
    watch = Watch(limit=4)
    watch.follow(FakeTraining(clock))
    assert (watch.step, watch.seconds, watch.over) == (4, 4.0, True)
    watch = Watch(limit=0)
    watch.follow(FakeTraining(clock))
    assert [c.step for c in watch.copies] == [1]


def test_our_recipes_have_three_lengths():
    assert [one.name for one in contenders.ours((2,))] == [
        f"ours, 2-D, {length}" for length in (SHORT, EPOCH, LONG)
    ]
    assert contenders.our_recipe(EPOCH).steps == 469
    assert contenders.our_recipe(SHORT) == contenders.RECIPES["2-D, short"]


def test_in_more_dimensions_our_recipe_is_the_one_that_the_library_chooses():
    digits = sl.load_dataset("mnist", verbose=False)
    chosen = sl.recipe_for(digits, 128)
    assert contenders.chosen_recipe(digits, 128, LONG) == chosen
    short = contenders.chosen_recipe(digits, 128, SHORT)
    assert short == replace(chosen, augment=None, steps=300)
    assert contenders.chosen_recipe(digits, 16, SHORT).batch_size == 64
    epoch = contenders.chosen_recipe(digits, 16, EPOCH)
    assert (epoch.batch_size, epoch.steps) == (128, -(-len(digits.train) // 128))


class SlowAtFirst:
    """Steps of a second, and later of a quarter."""

    def __init__(self, clock: Clock, steps: int) -> None:
        self.clock, self.steps = clock, steps

    def run(self, watch: Watch) -> None:
        assert self.steps == contenders.WARM + contenders.TIMED
        for step in range(self.steps):
            self.clock.wait(0.25 if step >= contenders.WARM else 1.0)
            if not watch.stepped(128, list):
                return

    embed = same = None


def test_steps_that_fit_are_told_by_a_try(clock):
    def fit(seconds: float, least: float = 0.0) -> int:
        return contenders.steps_that_fit(
            lambda steps: cast(Any, SlowAtFirst(clock, steps)), seconds, least
        )

    # Ten seconds until all is warm, and then four steps a second.
    assert fit(1000.0) == 10 + 990 * 4
    # A tenth of five seconds is over within the first step, of a second.
    assert fit(5.0) == 5
    assert fit(50.0, least=25.0) == 10 + 40 * 4


def test_our_training_makes_all_its_steps_and_keeps_its_copies(data):
    recipe = replace(contenders.our_recipe(SHORT), steps=3, batch_size=16, dtype="float32")
    training = contenders.OurTraining(recipe, data)
    watch = Watch(limit=1e9, epoch=30)
    watch.follow(training)
    assert [(c.step, c.images) for c in watch.copies] == [(2, 32), (3, 48)]
    earlier, last = (training.embed(c.weights, data.test.images) for c in watch.copies)
    assert not np.allclose(earlier, last)
    np.testing.assert_array_equal(
        training.embed(watch.copies[0].weights, data.test.images), earlier
    )
    assert training.same(watch.copies[0].weights, last, last) is None


class Ended(Watch):
    """A watch during whose first step the process is asked to end."""

    def stepped(self, images: int, weights: Any) -> bool:
        signal.raise_signal(signal.SIGTERM)
        return super().stepped(images, weights)


@pytest.mark.parametrize("limit", [0, 300])  # in the step for practice, and later
@pytest.mark.parametrize("by_the_library", [False, True])
def test_an_interrupted_training_is_no_result(data, by_the_library, limit):
    if by_the_library:
        recipe = sl.Recipe(steps=3, batch_size=16)
        training = contenders.RecipeTraining(recipe, data, seed=0)
    else:
        short = replace(contenders.our_recipe(SHORT), steps=3, batch_size=16)
        training = contenders.OurTraining(short, data)
    with pytest.raises(KeyboardInterrupt):
        Ended(limit).follow(training)


def test_the_recipe_of_2017_counts_two_images_a_pair(data):
    training = contenders.OldTraining(data, seed=0)
    watch = Watch(limit=0)
    watch.follow(training)
    assert [(c.step, c.images) for c in watch.copies] == [(1, 1024)]
    assert training.embed(watch.copies[0].weights, data.test.images).shape == (40, 2)


def test_pairs_are_those_of_the_example():
    labels = np.random.default_rng(0).integers(0, 5, 400)
    left, right, same = keras_example.example_pairs(labels, seed=1)
    assert left.tolist() == [i for i in range(400) for _ in range(2)]
    assert same.tolist() == [1, 0] * 400
    assert ((labels[left] == labels[right]) == (same == 1)).all()
    assert (left == right).any()  # an image may be paired with itself
    others = (labels[right] - labels[left])[same == 0] % 5
    assert np.bincount(others, minlength=5)[1:].min() > 70  # of 100: any other class, evenly
    assert not np.array_equal(right, keras_example.example_pairs(labels, seed=2).right)


def test_loss_and_distance_of_the_example_by_hand():
    same, predicted = np.array([[1.0], [0.0], [1.0]]), np.array([[0.9], [0.3], [0.0]])
    by_hand = np.mean([(1 - 0.9) ** 2, 0.3**2, 1.0])
    assert float(keras_example.contrastive_loss(same, predicted)) == pytest.approx(by_hand)
    left, right = np.array([[3.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 4.0], [1.0, 1.0]])
    apart = keras.ops.convert_to_numpy(keras_example.distance(left, right))
    assert apart == pytest.approx(np.array([[5.0], [np.sqrt(1e-7)]]))


def test_the_example_has_the_published_network():
    network = keras_example.embedding_network((28, 28, 1))
    convolutions = (25 * 4 + 4) + (4 * 25 * 16 + 16)
    assert network.count_params() == 4 + convolutions + 4 * 256 + (256 * 10 + 10)


def test_the_example_trains_on_half_the_images_and_judges_pairs_itself(data):
    training = keras_example.ExampleTraining(data)
    assert len(training.inputs[0]) == 2 * 40
    watch = Watch(limit=1e9, epoch=32)
    watch.follow(training)
    assert watch.images == 10 * 2 * 80
    assert [c.step for c in watch.copies] == [1, 50]
    weights = watch.copies[-1].weights
    left, right = (
        training.embed(weights, data.test.images[part]) for part in (slice(20), slice(20, 40))
    )
    sigmoid = training.siamese.predict(
        [data.test.images[part].astype(np.float32) for part in (slice(20), slice(20, 40))],
        verbose=0,
    )
    np.testing.assert_array_equal(training.same(weights, left, right), sigmoid[:, 0] > 0.5)


def test_a_copy_is_judged_among_all_training_images(clock, data):
    training = FakeTraining(clock)
    judged = judging.judge(training, Copy(3, 96, 1.234, [np.array(1.0)]), data)
    assert (judged["step"], judged["images"], judged["seconds"]) == (3, 96, 1.23)
    gallery, queries = (split.images.mean(axis=(1, 2)) for split in (data.train, data.test))
    asked, counts = data.test.labels, np.bincount(data.train.labels)
    nearest, _ = sl.Gallery(gallery.astype(np.float32)).nearest(queries.astype(np.float32), 20)
    found = data.train.labels[nearest]
    expected = {
        "precision@7": sl.metrics.precision_at_k(found[:, :7], asked),
        "precision@1": sl.metrics.precision_at_k(found[:, :1], asked),
        "R-precision": sl.metrics.r_precision(found, asked, counts[asked]),
        "MAP@R": sl.metrics.map_at_r(found, asked, counts[asked]),
    }
    assert counts.tolist() == [20] * 4
    for name, value in expected.items():
        assert judged[name] == round(value, 4)


def test_precision_is_that_of_the_book(data):
    tower = sl.conv_tower(seed=3)
    run = sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])

    class Tower:
        def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
            return run.embed(images)

    copy = Copy(1, 1, 1.0, [])
    training = cast(contenders.Training, Tower())
    assert judging.precision(training, copy, data) == sl.evaluate(run, data).precision


def test_pairs_are_judged_by_a_threshold_from_training_images(clock, data):
    training = FakeTraining(clock)
    copy = Copy(1, 1, 1.0, [np.array(1.0)])

    def accuracy(gallery: np.ndarray, queries: np.ndarray) -> float:
        return judging.pair_accuracy(training, copy, gallery, queries, data)

    apart = np.eye(4, dtype=np.float32)
    assert accuracy(apart[data.train.labels], apart[data.test.labels]) == 1
    # Test images that lie further apart than any threshold: none is called the same.
    far = 100 * np.arange(40, dtype=np.float32)[:, None]
    pairs = keras_example.example_pairs(data.test.labels, judging.PAIR_SEED)
    itself = (pairs.left == pairs.right).mean()
    assert accuracy(apart[data.train.labels], far) == pytest.approx(0.5 + itself)


@pytest.mark.parametrize("says", [True, False])
def test_a_recipe_that_judges_pairs_itself_does_so(clock, data, says):
    training = FakeTraining(clock, judges=says)
    copy = Copy(1, 1, 1.0, [np.array(1.0)])
    embedded = np.zeros((40, 1), np.float32)
    assert judging.pair_accuracy(training, copy, embedded, embedded, data) == 0.5


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    def contender(name: str, whose: str, dim: int, seed: int = 0, steps: int = 10) -> Contender:
        def prepare(data: sl.Dataset, seed: int, limit: float) -> FakeTraining:
            return FakeTraining(clock, steps)

        return Contender(name, whose, dim, prepare, seed)

    first = [
        contender("ours, 16-D, short", "ours", 16, steps=2),
        contender("Keras' siamese example", "Keras", 10),
    ]
    again = [contender("ours, 16-D, short, seed 1", "ours", 16, 1, steps=2)]
    monkeypatch.setattr(quality, "contenders", lambda dims: (first, again, ["torch"]))


def test_each_contender_is_followed_and_judged(monkeypatch, fakes, data):
    monkeypatch.setattr(quality, "full_mnist", lambda: data)
    result = quality.measure(Ledger("quality", folder=None))
    short, example = result["contenders"]
    assert (short["one epoch"], short["end"]["images"]) == (None, 64)
    assert short["stopped by the clock"] is False
    assert (example["one epoch"]["step"], example["end"]["step"]) == (3, 10)  # 80 images: 3 × 32
    steps = [copy["step"] for copy in example["copies"]]
    assert steps == sorted({*steps, 3, 10})
    at_end = example["copies"][-1]
    assert at_end["precision@7"] == example["end"]["precision@7"]
    assert json.loads(json.dumps(result)) == result
    text = quality.render({"machine": machine(), **result})
    assert "Not installed, so left out: torch." in text
    assert "| ours, 16-D, short | 1 |" in text


def made_up(
    name: str,
    whose: str,
    dim: int,
    copies: Sequence[tuple[int, float, float]],
    *,
    epoch: int | None = None,
) -> dict[str, Any]:
    """A row: copies are (step, seconds, figure), with one figure for all measures."""

    def moment(copy: tuple[int, float, float]) -> dict[str, float]:
        step, seconds, value = copy
        figures = dict.fromkeys(quality.FIGURES, value)
        return {"step": step, "images": 128 * step, "seconds": seconds, **figures}

    moments = [moment(copy) for copy in copies]
    return {
        "contender": name,
        "whose": whose,
        "dim": dim,
        "seed": 0,
        "stopped by the clock": False,
        "copies": moments,
        "one epoch": None if epoch is None else moments[epoch],
        "end": moments[-1],
    }


def made_up_result(**changes: object) -> dict[str, Any]:
    rows = [
        made_up("ours, 128-D, short", "ours", 128, [(100, 4.0, 0.9), (300, 9.0, 0.97)]),
        made_up("ours, 128-D, one epoch", "ours", 128, [(469, 30.0, 0.985)], epoch=0),
        made_up(
            "pytorch-metric-learning, own network",
            "pytorch-metric-learning",
            128,
            [(40, 8.0, 0.94), (235, 60.0, 0.98), (1000, 300.0, 0.99)],
            epoch=1,
        ),
        made_up("Keras' siamese example", "Keras", 10, [(1875, 8.0, 0.6), (37500, 90.0, 0.8)]),
    ]
    again = made_up("ours, 128-D, short, seed 1", "ours", 128, [(300, 9.5, 0.965)]) | {"seed": 1}
    return {
        "machine": machine(),
        "seconds": 300.0,
        "our dtype": "mixed_bfloat16",
        "training images": 60_000,
        "test images": 10_000,
        "contenders": rows,
        "second seeds": [again],
        "not installed": [],
        **changes,
    }


def test_the_tables_show_what_was_measured():
    text = quality.render(made_up_result())
    assert "`sl.fastest_dtype()`, which is\nmixed_bfloat16 here" in text
    assert "| ours, 128-D, short | 128 | 9 | not in 9 (best 0.970) |" in text
    assert "| pytorch-metric-learning, own network | 128 | 8 | 60 |" in text
    assert "| Keras' siamese example | 10 | not in 90 (best 0.800) |" in text
    row = "| pytorch-metric-learning, own network | 128 | 60 | 30.1 | 23.5 | 0.980 |"
    assert row in text
    assert text.splitlines()[-1].startswith("Measured on ")


def test_sentences_follow_the_figures():
    text = quality.render(made_up_result())
    assert (
        "* First to 0.938: of our recipes, *ours, 128-D, short*, after 9 s; of the others, "
        "*pytorch-metric-learning, own network*, at the first look after 8 s or before.\n" in text
    )
    assert (
        "The best precision@1 of our recipes: *ours, 128-D, one epoch*, 0.985 after 30 s. The best "
        "of the others: *pytorch-metric-learning, own network*, 0.990 after 300 s." in text
    )
    assert "ours are ahead in 1 of 3 comparisons and behind in 1." in text
    assert "Another seed changes precision@1 by up to 0.5 points." in text
    assert "| ours, 128-D, short | 0 | 9 | 0.970 | 0.970 |" in text
    assert "| ours, 128-D, short | 1 | 9.5 | 0.965 | 0.965 |" in text


def test_others_are_compared_with_ours_that_took_no_longer():
    rows = made_up_result()["contenders"]

    def compared(name: str, dim: int = 128) -> list[str]:
        line = quality.beside(rows[2], name, rows, dim, "precision@1")
        return [*line.values()][4:]

    assert compared("one epoch") == ["0.980", "ours, 128-D, one epoch", "30", "0.985", "0.5"]
    assert compared("end") == ["0.990", "ours, 128-D, one epoch", "30", "0.985", "-0.5"]
    assert compared("end", dim=16) == ["0.990", "none in 16-D was over", "", "", ""]


def test_a_ratio_to_what_was_there_at_the_first_look_is_a_bound():
    rows = [
        made_up("ours, 16-D, short", "ours", 16, [(100, 4.0, 0.98), (200, 8.0, 0.98)]),
        made_up("ours, 2-D, short", "ours", 2, [(100, 4.1, 0.95), (200, 8.0, 0.98)]),
        made_up("Keras' siamese example", "Keras", 10, [(100, 4.0, 0.8), (999, 12.0, 0.98)]),
    ]
    text = quality.render(made_up_result(contenders=rows, **{"second seeds": []}))
    first, second = (line for line in text.splitlines() if line.startswith("* First to"))
    assert "of our recipes, 16-D and 2-D, at the first look after 4 s or before" in first
    assert first.endswith("example*, after 12 s, at least 3 times our seconds.")
    assert "of our recipes, 16-D, at the first look" in second
    assert "Each training was made with one seed only." in text


def test_equal_figures_are_level_and_goals_may_be_missed():
    rows = [
        made_up("ours, 16-D, short", "ours", 16, [(300, 9.0, 0.8)]),
        made_up("Keras' siamese example", "Keras", 10, [(37500, 90.0, 0.8)]),
    ]
    text = quality.render(made_up_result(contenders=rows, **{"second seeds": []}))
    assert "* First to 0.938: of our recipes, none; of the others, none." in text
    assert "| 0.800 | ours, 16-D, short | 9 | 0.800 | 0 |" in text
    assert "No training came that far." in text


def test_libraries_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "benchmarks.recipes.metric_learning", raising=False)
    monkeypatch.delattr("benchmarks.recipes.metric_learning", raising=False)
    first, again, absent = quality.contenders((2, 16))
    assert absent == ["torch"]
    assert [one.seed for one in again] == [1, 1]
    assert len(first) == 2 * 3 + 2
