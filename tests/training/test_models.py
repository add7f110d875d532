"""The networks: sizes as published, and the trained form and the shipped one are the same function."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import softmax

from training.errors import TrainingError
from training.models.batch_norm import EPSILON, RENEWAL, BatchNorm
from training.models.conv_student import CONVERSIONS, folded, shipped_form, trained_form
from training.models.networks import network
from training.models.students import CONV_STUDENTS, DSNET, LIGHTKD, THREE_BLOCK, ConvStudent
from training.objective import Objective
from training.specs import NetworkSpec

RANDOM = np.random.default_rng(1)


def test_the_students_have_the_published_numbers_of_parameters() -> None:
    assert shipped_form(THREE_BLOCK, input_side=224, classes=2).count_params() == 163_362
    assert shipped_form(THREE_BLOCK, input_side=224, classes=7).count_params() == 163_527
    # "About" 0.26 and 0.29 million are published.
    assert shipped_form(DSNET, input_side=224, classes=2).count_params() == pytest.approx(260_000, rel=0.02)
    assert shipped_form(LIGHTKD, input_side=224, classes=7).count_params() == pytest.approx(290_000, rel=0.02)


def test_dsnet_has_under_ten_layers_of_weights() -> None:
    assert sum(bool(layer.weights) for layer in shipped_form(DSNET, input_side=224, classes=2).layers) < 10


def test_flattened_features_keep_every_place() -> None:
    flat = replace(THREE_BLOCK, conversion="flatten")
    assert shipped_form(flat, input_side=32, classes=2).get_layer("features").output.shape == (None, 4 * 4 * 128)


def test_a_recipe_chooses_how_its_student_makes_features_of_the_map() -> None:
    for conversion, layer in CONVERSIONS.items():
        spec = NetworkSpec(name="three_block", conversion=conversion)
        trained = network(spec.name).build(spec, 16, 2)
        assert isinstance(trained.get_layer("features"), layer)
        assert isinstance(network(spec.name).plain(spec, trained).get_layer("features"), layer)
    own = network("dsnet").build(NetworkSpec(name="dsnet"), 16, 2)
    assert isinstance(own.get_layer("features"), keras.layers.GlobalAveragePooling2D)
    with pytest.raises(ValueError, match="no conversion named 'mean'"):
        NetworkSpec(conversion="mean")
    with pytest.raises(TrainingError, match="mobilenet_v2 has no choice of conversion"):
        network("mobilenet_v2").build(NetworkSpec(name="mobilenet_v2", conversion="max", weights="random"), 32, 2)


def test_batch_norm_is_its_formula_in_training_and_renews_its_statistics() -> None:
    layer = BatchNorm()
    values = RANDOM.normal(3, 2, (4, 5, 6, 3)).astype(np.float32)
    outputs = np.asarray(layer(values, training=True))
    mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
    assert outputs == pytest.approx(np.maximum((values - mean) / np.sqrt(variance + EPSILON), 0), abs=1e-4)
    count = values[..., 0].size
    assert np.asarray(layer.mean) == pytest.approx(RENEWAL * mean, rel=1e-4)
    # The unbiased variance is what runs on.
    assert np.asarray(layer.variance) == pytest.approx(1 - RENEWAL + RENEWAL * variance * count / (count - 1), rel=1e-4)


def test_batch_norm_in_service_uses_its_statistics_and_leaves_them() -> None:
    layer = BatchNorm()
    layer.build((None, None, None, 2))
    layer.set_weights([np.array(row, np.float32) for row in ([0.5, -1.0], [1.0, 2.0], [4.0, 9.0])])
    outputs = np.asarray(layer(np.full((1, 1, 1, 2), 6, np.float32), training=False)).ravel()
    expected = [(6 - 1) / np.sqrt(4 + EPSILON) + 0.5, (6 - 2) / np.sqrt(9 + EPSILON) - 1]
    assert outputs == pytest.approx(expected, abs=1e-5)
    assert [weights.tolist() for weights in layer.get_weights()] == [[0.5, -1.0], [1.0, 2.0], [4.0, 9.0]]


@pytest.mark.parametrize("student", [*CONV_STUDENTS.values(), replace(THREE_BLOCK, conversion="flatten")])
def test_the_shipped_form_answers_as_the_trained_one(student: ConvStudent, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    trained = trained_form(student, input_side=32, classes=7)
    trained.compile(optimizer=keras.optimizers.Adam(0.001), loss=Objective())
    pictures = RANDOM.random((64, 32, 32, 3), np.float32)
    trained.fit(pictures, np.eye(7)[RANDOM.integers(0, 7, 64)], epochs=3, batch_size=16, verbose=0)
    trained.save(tmp_path / "trained.keras")
    expected = softmax(trained.predict(pictures, verbose=0), axis=1)
    assert expected.std(axis=0).max() > 0.01  # it answers to the picture
    shipped = folded(student, keras.models.load_model(tmp_path / "trained.keras"))
    assert shipped.count_params() == shipped_form(student, input_side=32, classes=7).count_params()
    assert shipped.predict(pictures, verbose=0) == pytest.approx(expected, abs=2e-5)
