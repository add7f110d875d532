"""Mirror images in one inference: the mean of what the network says of each, and its weights once."""

import keras
import numpy as np
import pytest

from app.screening.runtime import FEATURES, MAP, PROBABILITIES
from training.models.mirrors import with_mirror_images
from training.models.networks import network
from training.specs import NetworkSpec
from training.tflite import answered, to_tflite

RANDOM = np.random.default_rng(1)
SPEC = NetworkSpec(name="mobile_short", weights="random")
SIDE = 64


@pytest.fixture(scope="module")
def shipped() -> keras.Model:
    keras.utils.set_random_seed(1)
    return network(SPEC.name).shipped(SPEC, network(SPEC.name).build(SPEC, SIDE, 3), (True, False, False))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return RANDOM.random((3, SIDE, SIDE, 3), np.float32)


def test_each_answer_is_the_mean_over_the_images(shipped: keras.Model, pictures: np.ndarray) -> None:
    found = with_mirror_images(shipped, 4).predict(pictures, verbose=0)
    images = [pictures, pictures[:, :, ::-1], pictures[:, ::-1], pictures[:, ::-1, ::-1]]
    answers = [shipped.predict(image, verbose=0) for image in images]
    for name in (PROBABILITIES, FEATURES):
        assert found[name] == pytest.approx(np.mean([answer[name] for answer in answers], axis=0), abs=1e-5)
    maps = [answers[0][MAP], answers[1][MAP][:, :, ::-1], answers[2][MAP][:, ::-1], answers[3][MAP][:, ::-1, ::-1]]
    assert found[MAP] == pytest.approx(np.mean(maps, axis=0), abs=1e-4)
    assert np.abs(maps[0] - maps[1]).max() > 1e-3, "the images are not told apart by this network"


def test_a_mirrored_picture_has_the_same_answer_and_the_mirrored_map(
    shipped: keras.Model, pictures: np.ndarray
) -> None:
    model = with_mirror_images(shipped, 2)
    found, mirrored = (model.predict(each, verbose=0) for each in (pictures, pictures[:, :, ::-1]))
    assert mirrored[PROBABILITIES] == pytest.approx(found[PROBABILITIES], abs=1e-5)
    assert mirrored[MAP][:, :, ::-1] == pytest.approx(found[MAP], abs=1e-4)


def test_the_file_has_the_weights_once_and_answers_as_keras(shipped: keras.Model, pictures: np.ndarray) -> None:
    model = with_mirror_images(shipped, 2)
    content = to_tflite(model)
    assert len(content) < 1.1 * len(to_tflite(shipped))
    expected = model.predict(pictures, verbose=0)
    for name in (PROBABILITIES, FEATURES, MAP):
        assert answered(content, pictures, name) == pytest.approx(expected[name], abs=0.01)


def test_one_image_is_the_network_itself(shipped: keras.Model) -> None:
    assert with_mirror_images(shipped, 1) is shipped
    with pytest.raises(ValueError, match="not 3"):
        with_mirror_images(shipped, 3)
