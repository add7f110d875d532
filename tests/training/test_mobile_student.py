"""The student that starts from MobileNetV2: within its limits, as MobileNetV2 at the start, and folded truly."""

from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import softmax

from training.bundles import MAX_MODEL_BYTES
from training.models import mobile_student
from training.models.batch_norm import EPSILON, BatchNorm
from training.models.networks import network
from training.objective import Objective
from training.specs import NetworkSpec
from training.tflite import to_tflite
from training.weights import ROOT_VARIABLE, WeightsMissing

RANDOM = np.random.default_rng(1)
SPEC = NetworkSpec(name=mobile_student.NAME, weights="random")
LAST = "block_7_add"


def test_it_is_within_the_limits_of_a_shipped_student() -> None:
    trained = network(SPEC.name).build(SPEC, 64, 7)
    assert network(SPEC.name).plain(SPEC, trained).count_params() <= 170_000
    content = to_tflite(network(SPEC.name).shipped(SPEC, trained, (True,) * 3 + (False,) * 4))
    assert len(content) <= MAX_MODEL_BYTES


def test_it_starts_as_mobilenet_v2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    pictures = RANDOM.random((2, 64, 64, 3), np.float32)
    source = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(64, 64, 3))
    for layer in source.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([RANDOM.uniform(0.5, 1.5, row.shape) for row in layer.get_weights()])
    source.save_weights(tmp_path / "mobilenet_v2_imagenet_notop.weights.h5")
    expected = keras.Model(source.input, source.get_layer(LAST).output).predict(2 * pictures - 1, verbose=0)
    student = network(SPEC.name).build(NetworkSpec(name=SPEC.name), 64, 7)
    found = keras.Model(student.input, student.get_layer(LAST).output).predict(pictures, verbose=0)
    assert found == pytest.approx(expected, abs=1e-4 * np.abs(expected).max())
    assert expected.std() > 0.1


def test_without_weights_it_is_not_silently_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no hub")

    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", unreachable)
    monkeypatch.setattr("keras.src.applications.mobilenet_v2.file_utils.get_file", unreachable)
    with pytest.raises(WeightsMissing, match="mobilenet_v2_imagenet_notop"):
        network(SPEC.name).build(NetworkSpec(name=SPEC.name), 64, 7)


def test_the_shipped_form_answers_as_the_trained_one(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    trained = network(SPEC.name).build(SPEC, 64, 3)
    trained.compile(optimizer=keras.optimizers.Adam(0.001), loss=Objective())
    pictures = RANDOM.random((32, 64, 64, 3), np.float32) * RANDOM.random((32, 1, 1, 3), np.float32)
    trained.fit(pictures, np.eye(3)[RANDOM.integers(0, 3, 32)], epochs=30, batch_size=16, verbose=0)
    trained.save(tmp_path / "trained.keras")
    expected = softmax(trained.predict(pictures, verbose=0), axis=1)
    shipped = network(SPEC.name).plain(SPEC, keras.models.load_model(tmp_path / "trained.keras"))
    assert shipped.predict(pictures, verbose=0) == pytest.approx(expected, abs=1e-4)
    assert expected.std(axis=0).max() > 1e-3  # it answers to the picture


def test_batch_norm_with_a_factor_and_no_activation_is_its_formula() -> None:
    layer = BatchNorm(None, scale=True)
    layer.build((None, None, None, 2))
    layer.set_weights([np.array(row, np.float32) for row in ([0.5, -1.0], [3.0, 0.1], [1.0, 2.0], [4.0, 9.0])])
    outputs = np.asarray(layer(np.full((1, 1, 1, 2), -6, np.float32), training=False)).ravel()
    expected = [3 * (-6 - 1) / np.sqrt(4 + EPSILON) + 0.5, 0.1 * (-6 - 2) / np.sqrt(9 + EPSILON) - 1]
    assert outputs == pytest.approx(expected, abs=1e-5)


def test_a_frozen_batch_norm_keeps_its_statistics_in_training() -> None:
    layer = BatchNorm("relu6", scale=True)
    layer.build((None, None, None, 2))
    layer.trainable = False
    before = [row.copy() for row in layer.get_weights()]
    outputs = np.asarray(layer(np.full((2, 3, 3, 2), 9, np.float32), training=True))
    assert outputs == pytest.approx(np.full((2, 3, 3, 2), 6.0))
    assert [row.tolist() for row in layer.get_weights()] == [row.tolist() for row in before]
