"""Losses against numbers worked out by hand, and their gradients against the formulas'."""

import math

import numpy as np
import pytest
import tensorflow as tf

from training.losses import cross_entropy, distillation, effective_number, focal, inverse_frequency, kl_divergence

TARGET = np.array([[1.0, 0.0]], np.float32)
# softmax of (log 3, 0) is (3/4, 1/4); of (log 9, 0) at temperature 2 as well.
LOGITS = np.array([[math.log(3), 0.0]], np.float32)
TEACHER = np.array([[0.0, 0.0]], np.float32)


def gradient(loss: object, logits: np.ndarray) -> np.ndarray:
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = loss(variable)
    return np.asarray(tape.gradient(value, variable))


def test_cross_entropy_is_minus_the_log_of_the_right_probability() -> None:
    assert np.asarray(cross_entropy(TARGET, LOGITS)) == pytest.approx([-math.log(3 / 4)])
    # p - t
    assert gradient(lambda z: cross_entropy(TARGET, z), LOGITS) == pytest.approx(np.array([[-1 / 4, 1 / 4]]))


def test_focal_loss_weighs_by_the_distance_from_right() -> None:
    assert np.asarray(focal(TARGET, LOGITS, gamma=2)) == pytest.approx([-(1 / 16) * math.log(3 / 4)])
    assert np.asarray(focal(TARGET, LOGITS, gamma=0)) == pytest.approx(np.asarray(cross_entropy(TARGET, LOGITS)))
    # d/dp of -(1-p)² log p is 2(1-p) log p - (1-p)²/p; dp/dz of the right class is p(1-p).
    p = 3 / 4
    slope = (2 * (1 - p) * math.log(p) - (1 - p) ** 2 / p) * p * (1 - p)
    assert gradient(lambda z: focal(TARGET, z, gamma=2), LOGITS) == pytest.approx(np.array([[slope, -slope]]), abs=1e-6)


def test_divergence_is_0_between_equals_and_by_hand_otherwise() -> None:
    assert np.asarray(kl_divergence(LOGITS, LOGITS + 5, temperature=3)) == pytest.approx([0], abs=1e-6)
    by_hand = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert np.asarray(kl_divergence(TEACHER, LOGITS, temperature=1)) == pytest.approx([by_hand])
    assert np.asarray(kl_divergence(TEACHER, 2 * LOGITS, temperature=2)) == pytest.approx([by_hand])
    assert np.asarray(kl_divergence(LOGITS, TEACHER, temperature=1)) != pytest.approx([by_hand])


def test_distillation_weighs_hard_by_alpha_and_soft_by_the_rest_times_the_squared_temperature() -> None:
    student = 2 * LOGITS  # softmax at T = 1: 9/10; at T = 2: 3/4
    hard = -math.log(9 / 10)
    soft = 4 * (0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25))
    loss = distillation(TARGET, TEACHER, student, temperature=2, alpha=0.3)
    assert np.asarray(loss) == pytest.approx([0.3 * hard + 0.7 * soft])
    # Hinton et al.: the soft part's gradient is T (p_student(T) - p_teacher(T)).
    found = gradient(lambda z: distillation(TARGET, TEACHER, z, temperature=2, alpha=0.0), student)
    assert found == pytest.approx(np.array([[2 * (0.75 - 0.5), 2 * (0.25 - 0.5)]]))


def test_function_matching_is_0_for_a_student_that_answers_as_its_teacher() -> None:
    loss = distillation(TARGET, LOGITS, LOGITS - 1, temperature=1, alpha=0)
    assert np.asarray(loss) == pytest.approx([0], abs=1e-6)


def test_half_precision_logits_are_summed_in_float32() -> None:
    logits = tf.cast(LOGITS, tf.bfloat16)
    assert np.asarray(cross_entropy(TARGET, logits)).dtype == np.float32


def test_class_weights_have_mean_1_over_the_images() -> None:
    counts = np.array([6, 2])
    assert inverse_frequency(counts, power=0).tolist() == [1, 1]
    assert inverse_frequency(counts, power=1) == pytest.approx([8 / 12, 8 / 4])
    half = inverse_frequency(counts, power=0.5)
    assert half[1] / half[0] == pytest.approx(math.sqrt(3))
    assert (half * counts).sum() == pytest.approx(8)


def test_the_effective_number_by_hand() -> None:
    counts = np.array([1, 2])
    weights = effective_number(counts, beta=0.5)  # 1 and 0.5 / 0.75
    assert weights[0] / weights[1] == pytest.approx(1.5)
    assert (weights * counts).sum() == pytest.approx(3)
    assert effective_number(counts, beta=0.0).tolist() == [1, 1]
