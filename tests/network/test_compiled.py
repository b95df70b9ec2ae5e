"""A tower that is asked often with few images is compiled, and answers as before."""

import copy
import pickle

import keras
import numpy as np
import pytest

import siamese_lib as sl
from siamese_lib.network import compiled
from siamese_lib.network.any_tower import TowerAt, calls_of
from siamese_lib.network.photo_tower import photo_tower

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def tower():
    return photo_tower((16, 16, 3), 4, seed=0)


def other_weights(tower, seed):
    rng = np.random.default_rng(seed)
    return [w + rng.uniform(0, 0.02, w.shape).astype(np.float32) for w in tower.get_weights()]


def test_compiled_and_layer_by_layer_agree(tower):
    at = TowerAt(tower, tower.get_weights())
    answers = [np.asarray(at(IMAGES[:1])) for _ in range(compiled._OFTEN + 3)]
    assert at._called._compiled is not None
    expected = np.asarray(tower(IMAGES[:1], training=False))
    np.testing.assert_allclose(answers, np.broadcast_to(expected, (len(answers), 1, 4)), atol=2e-6)
    np.testing.assert_allclose(
        np.asarray(at(IMAGES[:3])), np.asarray(tower(IMAGES[:3], training=False)), atol=2e-6
    )
    floats = IMAGES[:1].astype(np.float32)
    np.testing.assert_allclose(np.asarray(at(floats)), expected, atol=2e-6)


def test_frames_share_what_is_compiled_and_keep_their_own_weights(tower):
    shared = calls_of(tower)
    frames = [TowerAt(tower, other_weights(tower, seed), shared) for seed in range(2)]
    before = [np.asarray(frame(IMAGES[:1])) for frame in frames]
    for _ in range(compiled._OFTEN):
        frames[0](IMAGES[:1])
    function = shared._compiled
    after = [np.asarray(frame(IMAGES[:1])) for frame in frames]
    assert shared._compiled is function is not None
    np.testing.assert_allclose(after, before, atol=2e-6)
    assert np.abs(before[0] - before[1]).max() > 1e-3  # or the test could not fail


def test_a_batch_of_many_images_is_not_compiled():
    asked = []
    often = compiled.CompiledOften(lambda weights, images: asked.append(len(images)))
    for _ in range(20):
        often([], IMAGES)
    assert asked == [12] * 20
    assert often._compiled is None


def test_the_towers_own_weights_stay(tower):
    before = tower.get_weights()
    at = TowerAt(tower, other_weights(tower, 5))
    for _ in range(compiled._OFTEN + 2):
        at(IMAGES[:1])
    for one, other in zip(before, tower.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class Asks(keras.Model):
    """Looks at its pixels in Python, which a compiler cannot."""

    def call(self, images):
        return keras.ops.mean(images, axis=(1, 2)) * (2 if float(np.max(images)) > 3 else 1)


def test_code_of_ones_own_is_called_as_it_is():
    model = Asks()
    white = np.full((1, 4, 4, 1), 9, np.float32)
    model(white)
    at = TowerAt(model, model.get_weights())
    for _ in range(compiled._OFTEN + 2):
        np.testing.assert_array_equal(np.asarray(at(white)), [[18]])


@pytest.mark.parametrize("layer", [keras.layers.Lambda, keras.layers.Activation])
def test_functions_of_ones_own_are_asked_each_time(layer):
    gain = [1.0]
    model = keras.Sequential(
        [keras.Input((2, 2, 1)), keras.layers.Flatten(), layer(lambda x: x * gain[0])]
    )
    at = TowerAt(model, model.get_weights())
    white = np.full((1, 2, 2, 1), 3, np.float32)
    for _ in range(compiled._OFTEN + 2):
        np.testing.assert_array_equal(np.asarray(at(white)), [[3] * 4])
    gain[0] = 5.0
    np.testing.assert_array_equal(np.asarray(at(white)), [[15] * 4])


def test_what_cannot_be_compiled_is_called_as_before():
    def fails_in_a_tracer(weights, images):
        return np.asarray(images) * 2.0 if isinstance(images, np.ndarray) else float(images)

    often = compiled.CompiledOften(fails_in_a_tracer)
    for _ in range(compiled._OFTEN + 4):
        np.testing.assert_array_equal(often([], IMAGES[:2]), IMAGES[:2] * 2.0)


def test_a_run_that_was_asked_often_can_be_copied(tower):
    run = sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])
    before = [run.embed(IMAGES[:1]) for _ in range(compiled._OFTEN + 2)][-1]
    np.testing.assert_allclose(copy.deepcopy(run).embed(IMAGES[:1]), before, atol=2e-6)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(run)).embed(IMAGES[:1]), before, atol=2e-6)


def test_weights_are_not_trained(tower):
    with pytest.raises(ValueError, match="training is True"):
        TowerAt(tower, tower.get_weights())(IMAGES[:1], training=True)
