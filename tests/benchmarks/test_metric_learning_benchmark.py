"""The contender from pytorch-metric-learning; it needs that library, and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_stripes import tiny_stripes

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


def test_images_are_normalised_as_published():
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    pixels = metric_learning.normalised(images).numpy().ravel()
    np.testing.assert_allclose(pixels, [-0.1307 / 0.3081, (1 - 0.1307) / 0.3081], rtol=1e-5)


@pytest.mark.parametrize("network", [metric_learning.own_network, metric_learning.our_tower])
def test_an_epoch_takes_every_image_once(data, monkeypatch, network):
    monkeypatch.setattr(metric_learning, "BATCH", 32)
    training = metric_learning.TripletTraining(data, 0, network, epochs=2)
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
