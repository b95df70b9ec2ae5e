"""The contender from pytorch-metric-learning; it needs that library, and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_stripes import tiny_stripes
from tiny_training import corners

import siamese_lib as sl
from benchmarks.parts import quality
from benchmarks.recipes.contenders import Watch

torch = pytest.importorskip("torch")
pytest.importorskip("pytorch_metric_learning")
from benchmarks.recipes import metric_learning  # noqa: E402


@pytest.fixture(scope="module")
def data() -> sl.Dataset:
    return tiny_stripes()


def test_our_tower_in_torch_is_our_tower():
    keras_tower, tower = sl.conv_tower(embedding_dim=128, seed=1), metric_learning.our_tower()
    weights = [torch.from_numpy(weight) for weight in keras_tower.get_weights()]
    with torch.no_grad():
        for held, weight in zip(tower.parameters(), weights, strict=True):
            held.copy_(weight.permute(3, 2, 0, 1) if weight.ndim == 4 else weight)
        images = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), dtype=np.uint8)
        found = tower(torch.from_numpy(images).permute(0, 3, 1, 2) / 255)
    expected = np.asarray(keras_tower(images))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("side", [32, 64])
def test_our_photo_tower_in_torch_is_our_photo_tower(side):
    shape = (side, side, 3)
    keras_tower, tower = sl.photo_tower(shape, 128, seed=1), metric_learning.our_tower(shape).eval()
    names = [
        "stem",
        *(f"block{n}_{part}" for n in (1, 2, 3, 4) for part in ("conv1", "conv2", "widen")),
    ]
    names.remove("block1_widen")
    weights = [keras_tower.get_layer(name).get_weights()[0] for name in names]
    weights = [weight.transpose(3, 2, 0, 1) for weight in weights]
    weights.append(keras_tower.get_layer("embedding").get_weights()[0].T)
    images = np.random.default_rng(0).integers(0, 256, (5, *shape), dtype=np.uint8)
    with torch.no_grad():
        held = [each for each in tower.parameters() if each.ndim > 1]
        for each, weight in zip(held, weights, strict=True):
            each.copy_(torch.from_numpy(weight.copy()))
        found = tower(torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1)
    found = torch.nn.functional.normalize(found).numpy()
    np.testing.assert_allclose(found, np.asarray(keras_tower(images)), atol=1e-4)


def test_images_are_normalised_as_published():
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    pixels = metric_learning.normalised(images, *metric_learning.MNIST).numpy().ravel()
    np.testing.assert_allclose(pixels, [-0.1307 / 0.3081, (1 - 0.1307) / 0.3081], rtol=1e-5)


def test_other_images_are_normalised_by_channel():
    images = np.random.default_rng(0).integers(0, (50, 100, 256), (9, 8, 8, 3), dtype=np.uint8)
    pixels = metric_learning.normalised(images, *metric_learning.pixels_of(images)).numpy()
    for channel in range(3):
        assert pixels[:, channel].mean() == pytest.approx(0, abs=1e-5)
        assert pixels[:, channel].std() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("side", [8, 9])
def test_own_network_takes_any_side_and_colour(side):
    network = metric_learning.own_network((side, side + 3, 3))
    assert network(torch.zeros(2, 3, side, side + 3)).shape == (2, 128)


def test_pictures_in_colour_are_embedded():
    train, test = corners(40, channels=3), corners(24, seed=1, channels=3)
    first, again, other = (
        metric_learning.embedder(train, seed, seconds=0)(test.images) for seed in (0, 0, 1)
    )
    assert first.shape == (24, 128)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_pictures_in_colour_are_learned():
    train, test = corners(40, channels=3), corners(24, seed=1, channels=3)
    pixels = metric_learning.pixels_of(train.images)
    own = metric_learning.own_network
    training = metric_learning.TripletTraining(train, 0, own, 0.001, epochs=40, pixels=pixels)
    watch = Watch(limit=1e9)
    watch.follow(training)
    points = training.embed(watch.copies[-1].weights, test.images)
    away = np.linalg.norm(points[:, None] - points, axis=2)
    same = test.labels[:, None] == test.labels
    assert away[same].max() < away[~same].min()


@pytest.mark.parametrize("network", [metric_learning.own_network, metric_learning.our_tower])
def test_an_epoch_takes_every_image_once(data, monkeypatch, network):
    monkeypatch.setattr(metric_learning, "BATCH", 32)
    training = metric_learning.TripletTraining(data.train, 0, network, epochs=2)
    watch = Watch(limit=1e9, epoch=80)
    watch.follow(training)
    assert [(c.step, c.images) for c in watch.copies] == [(3, 80), (6, 160)]
    before, after = (training.embed(c.weights, data.test.images) for c in watch.copies)
    assert before.shape == (40, 128)
    assert not np.allclose(before, after)
    np.testing.assert_allclose(np.linalg.norm(before, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(training.embed(watch.copies[0].weights, data.test.images), before)


def test_it_takes_part_where_it_is_installed():
    first, again, absent = quality.contenders((128,))
    names = [one.name for one in first if one.whose == "pytorch-metric-learning"]
    assert names[0] == "pytorch-metric-learning, own network"
    assert absent == []
    assert again[-1].name == "pytorch-metric-learning, own network, one epoch, seed 1"
