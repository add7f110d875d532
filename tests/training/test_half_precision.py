"""Rounding to half precision: every value is one that float16 has, and outputs stay closer than by plain rounding."""

import keras
import numpy as np

from training.models.conv_student import shipped_form
from training.models.half_precision import round_first_convolution, round_rows
from training.models.students import THREE_BLOCK

RANDOM = np.random.default_rng(1)


def is_half(values: np.ndarray) -> bool:
    return bool(np.array_equal(values, values.astype(np.float16).astype(np.float32)))


def test_inputs_that_go_together_get_outputs_closer_than_by_plain_rounding() -> None:
    common = RANDOM.normal(size=(500, 1))
    inputs = common + 0.05 * RANDOM.normal(size=(500, 27))
    weights = RANDOM.normal(size=(27, 32)).astype(np.float32)
    rounded = round_rows(weights, inputs.T @ inputs / 500)
    assert is_half(rounded)
    plain = np.abs(inputs @ (weights.astype(np.float16) - weights)).mean()
    assert np.abs(inputs @ (rounded - weights)).mean() < 0.5 * plain
    # No weight goes far: the errors that are made up for are those of rounding.
    assert np.abs(rounded - weights).max() < 0.01


def test_weights_that_are_half_precision_already_stay() -> None:
    weights = RANDOM.normal(size=(5, 3)).astype(np.float16).astype(np.float32)
    assert np.array_equal(round_rows(weights, np.eye(5)), weights)


def test_the_first_convolution_alone_is_rounded_and_answers_as_before() -> None:
    model = shipped_form(THREE_BLOCK, input_side=32, classes=7)
    before = model.get_weights()
    noise = RANDOM.random((16, 4, 4, 3), np.float32)
    pictures = np.asarray(keras.ops.image.resize(noise, (32, 32)))
    first = keras.Model(model.input, model.get_layer("block1_conv").output)
    expected = first.predict(pictures, verbose=0)
    round_first_convolution(model, pictures)
    kernel, bias, *rest = model.get_weights()
    assert is_half(kernel)
    assert is_half(bias)
    assert all(np.array_equal(old, new) for old, new in zip(before[2:], rest, strict=True))
    error = np.abs(first.predict(pictures, verbose=0) - expected).mean()
    model.get_layer("block1_conv").set_weights([weights.astype(np.float16) for weights in before[:2]])
    assert error < 0.7 * np.abs(first.predict(pictures, verbose=0) - expected).mean()
