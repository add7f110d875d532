"""Rounding to half precision: every value is one that float16 has, and outputs stay closer than by plain rounding."""

import keras
import numpy as np

from training.models.conv_student import shipped_form
from training.models.half_precision import round_convolutions, round_rows
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


def test_of_inputs_that_are_always_0_weights_are_rounded_plainly() -> None:
    weights = RANDOM.normal(size=(5, 3)).astype(np.float32)
    assert np.array_equal(round_rows(weights, np.zeros((5, 5))), weights.astype(np.float16))


def smooth_pictures(side: int) -> np.ndarray:
    noise = RANDOM.random((16, 4, 4, 3), np.float32)
    return np.asarray(keras.ops.image.resize(noise, (side, side)))


def test_all_convolutions_are_rounded_and_the_first_one_answers_as_before() -> None:
    model = shipped_form(THREE_BLOCK, input_side=32, classes=7)
    before = model.get_weights()
    pictures = smooth_pictures(32)
    first = keras.Model(model.input, model.get_layer("block1_conv").output)
    expected = first.predict(pictures, verbose=0)
    round_convolutions(model, pictures)
    after = model.get_weights()
    assert all(is_half(weights) for weights in after[:6])
    assert all(np.array_equal(old, new) for old, new in zip(before[6:], after[6:], strict=True))
    error = np.abs(first.predict(pictures, verbose=0) - expected).mean()
    model.get_layer("block1_conv").set_weights([weights.astype(np.float16) for weights in before[:2]])
    assert error < 0.7 * np.abs(first.predict(pictures, verbose=0) - expected).mean()


def test_a_depthwise_convolution_is_rounded_channel_by_channel() -> None:
    layer = keras.layers.DepthwiseConv2D(3, padding="same")
    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, layer(inputs))
    kernel, bias = layer.get_weights()
    pictures = smooth_pictures(32)
    expected = model.predict(pictures, verbose=0)
    round_convolutions(model, pictures)
    assert is_half(layer.get_weights()[0])
    error = np.abs(model.predict(pictures, verbose=0) - expected).mean()
    layer.set_weights([kernel.astype(np.float16), bias])
    assert error < 0.7 * np.abs(model.predict(pictures, verbose=0) - expected).mean()
