"""The map that the graph computes is gradient times activation, as automatic differentiation has it."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.errors import TrainingError
from training.models.activation_map import ACTIVATIONS, with_activation_map
from training.models.classifier import Classifier, in_float32
from training.models.conv_student import shipped_form
from training.models.students import CONV_STUDENTS, DSNET, THREE_BLOCK, ConvStudent
from training.specs import NetworkSpec
from training.tflite import to_tflite

MALIGNANT = (True, True, False, False, True, False, False)
RANDOM = np.random.default_rng(1)


def with_random_weights(model: keras.Model) -> keras.Model:
    """Every weight moved, biases and batch norm's statistics too, so that none of them can be left out unseen."""
    model.set_weights(
        [np.abs(w + 0.2 * RANDOM.normal(size=w.shape)) + 0.1 if "variance" in weight.path
         else w + 0.2 * RANDOM.normal(size=w.shape) * (w.ndim == 1)
         for w, weight in zip(model.get_weights(), model.weights, strict=True)]
    )  # fmt: skip
    return model


def differentiated(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    """Gradient of the log-odds of malignancy times activation, (N, H, W), by TensorFlow's reverse mode."""
    pooling = model.get_layer("features")
    body = keras.Model(model.input, pooling.input)
    head = model.layers[model.layers.index(pooling) + 1 :]
    feature_map = body(pictures, training=False)
    features = pooling(feature_map)
    with tf.GradientTape() as tape:
        tape.watch(features)
        values = features
        for layer in head:
            values = layer(values, training=False)
        p_malignant = tf.reduce_sum(tf.boolean_mask(values, MALIGNANT, axis=1), axis=1)
        p_benign = tf.reduce_sum(tf.boolean_mask(values, ~np.array(MALIGNANT), axis=1), axis=1)
        score = tf.math.log(p_malignant / p_benign)
    gradient = tape.gradient(score, features)
    if isinstance(pooling, keras.layers.Flatten):
        positions = feature_map.shape[1] * feature_map.shape[2]
        return np.asarray(positions * tf.reduce_sum(tf.reshape(gradient, tf.shape(feature_map)) * feature_map, axis=-1))
    return np.asarray(tf.reduce_sum(gradient[:, None, None] * feature_map, axis=-1))


def averaged(finer: np.ndarray, height: int, width: int) -> np.ndarray:
    count, rows, columns = finer.shape
    return finer.reshape(count, height, rows // height, width, columns // width).mean(axis=(2, 4))


FLAT = replace(THREE_BLOCK, conversion="flatten")
CASES = [
    *((student, 64) for student in CONV_STUDENTS.values()),
    (replace(THREE_BLOCK, conversion="average"), 64),
    (FLAT, 64),
    (replace(DSNET, conversion="flatten", head_units=()), 64),
    # A feature map of 28 × 28, which is averaged to 14 × 14.
    (THREE_BLOCK, 224),
    (replace(FLAT, head_units=(16,)), 224),
]


@pytest.mark.parametrize(("student", "side"), CASES, ids=lambda case: str(getattr(case, "conversion", case)))
def test_a_student_s_map_is_gradient_times_activation(student: ConvStudent, side: int) -> None:
    plain = with_random_weights(shipped_form(student, input_side=side, classes=7))
    pictures = RANDOM.random((3, side, side, 3), np.float32)
    answers = with_activation_map(plain, MALIGNANT).predict(pictures, verbose=0)
    expected = differentiated(plain, pictures)
    finest = side // 2 ** len(student.filters)
    height = 14 if finest == 28 else finest
    assert answers["map"].shape == (3, height, height)
    expected = averaged(expected, height, height)
    assert answers["map"] == pytest.approx(expected, rel=1e-3, abs=1e-4 * np.abs(expected).max())
    assert np.abs(expected).max() > 1e-3  # there is something to be equal to
    assert answers["probabilities"] == pytest.approx(plain.predict(pictures, verbose=0), abs=1e-5)
    pooled = keras.Model(plain.input, plain.get_layer("features").output).predict(pictures, verbose=0)
    assert answers["features"] == pytest.approx(pooled, abs=1e-6)


@pytest.mark.parametrize("head_units", [0, 16])
def test_a_backbone_s_map_is_gradient_times_activation(head_units: int) -> None:
    spec = NetworkSpec(name="mobilenet_v2", weights="random", head_units=head_units, dropout=0.5)
    plain = in_float32(spec, with_random_weights(Classifier(spec, 96).whole(7)))
    pictures = RANDOM.random((2, 96, 96, 3), np.float32)
    found = with_activation_map(plain, MALIGNANT).predict(pictures, verbose=0)["map"]
    expected = differentiated(plain, pictures)
    assert found.shape == (2, 3, 3)
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-4 * np.abs(expected).max())
    assert np.abs(found).max() > 1e-3


@pytest.mark.parametrize("conversion", ["average", "flatten"])
def test_the_map_s_mean_is_the_derivative_of_the_log_odds_along_the_features(conversion: str) -> None:
    student = replace(DSNET, conversion=conversion, head_units=())
    plain = with_random_weights(shipped_form(student, input_side=64, classes=7))
    answers = with_activation_map(plain, MALIGNANT).predict(RANDOM.random((1, 64, 64, 3), np.float32), verbose=0)
    kernel, bias = (weights.astype(np.float64) for weights in plain.get_layer("probabilities").get_weights())

    def log_odds(length: float) -> float:
        logits = length * answers["features"][0].astype(np.float64) @ kernel + bias
        flags = np.array(MALIGNANT)
        return float(np.logaddexp.reduce(logits[flags]) - np.logaddexp.reduce(logits[~flags]))

    step = 1e-4
    slope = (log_odds(1 + step) - log_odds(1 - step)) / (2 * step)
    assert answers["map"].mean() == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize("student", [THREE_BLOCK, replace(FLAT, head_units=(16,)), DSNET], ids=lambda s: s.conversion)
def test_the_tflite_file_gives_the_same_and_stores_each_kernel_once(student: ConvStudent) -> None:
    model = with_activation_map(with_random_weights(shipped_form(student, input_side=64, classes=7)), MALIGNANT)
    content = to_tflite(model)
    assert len(content) < 2 * model.count_params() + 25_000  # half precision, and the graph
    picture = RANDOM.random((1, 64, 64, 3), np.float32)
    found = tf.lite.Interpreter(model_content=content).get_signature_runner()(picture=picture)
    for name, expected in model.predict(picture, verbose=0).items():
        assert found[name].shape == expected.shape
        assert found[name] == pytest.approx(expected, abs=5e-3 * np.abs(expected).max()), name


def test_the_weights_are_those_of_the_plain_network_each_counted_once() -> None:
    plain = with_random_weights(shipped_form(THREE_BLOCK, input_side=64, classes=7))
    model = with_activation_map(plain, MALIGNANT)
    assert model.count_params() == plain.count_params() == 163_527
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    pictures = RANDOM.random((2, 64, 64, 3), np.float32)
    for name, values in model.predict(pictures, verbose=0).items():
        assert np.array_equal(copy.predict(pictures, verbose=0)[name], values), name


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_each_activation_is_keras_own_and_its_derivative_the_slope_of_that(name: str) -> None:
    activation = keras.activations.get(name)
    points, step = np.linspace(-3, 3, 40).astype(np.float32), np.float32(1e-2)
    values = np.asarray(activation(points))
    assert np.asarray(ACTIVATIONS[name].of(points)) == pytest.approx(values, abs=1e-6)
    slope = (np.asarray(activation(points + step)) - np.asarray(activation(points - step))) / (2 * step)
    assert np.broadcast_to(ACTIVATIONS[name].derivative(points, values), 40) == pytest.approx(slope, abs=1e-3)


def test_scores_as_sure_as_float32_can_say_still_have_a_finite_map() -> None:
    plain = shipped_form(THREE_BLOCK, input_side=64, classes=7)
    last = plain.get_layer("probabilities")
    last.set_weights([last.get_weights()[0], np.array([-200, -200, 200, 0, -200, 0, 0], np.float32)])
    answers = with_activation_map(plain, MALIGNANT).predict(RANDOM.random((1, 64, 64, 3), np.float32), verbose=0)
    assert answers["probabilities"][0, list(MALIGNANT)].max() == 0
    assert np.isfinite(answers["map"]).all()
    assert np.abs(answers["map"]).max() > 0


def test_a_head_without_a_known_derivative_is_refused_by_name() -> None:
    def network(*head: keras.layers.Layer) -> keras.Model:
        return keras.Sequential([keras.Input((32, 32, 3)), *head, keras.layers.Dense(7, "softmax")])

    pool = keras.layers.GlobalAveragePooling2D
    for model, words in (
        (
            network(pool(name="features"), keras.layers.Dense(4, "tanh", name="curved")),
            "the layer 'curved' of the head",
        ),
        (network(pool(name="features"), keras.layers.Dense(4, "softmax", name="early")), "the layer 'early'"),
        (network(pool(name="features"), keras.layers.LayerNormalization(name="norm")), "the layer 'norm'"),
        (network(keras.layers.Flatten(name="features"), keras.layers.BatchNormalization(name="bn")), "not 'bn'"),
    ):
        with pytest.raises(TrainingError, match=words):
            with_activation_map(model, MALIGNANT)
