"""Metrics worked out by hand, and a bootstrap that draws lesions."""

import numpy as np
import pytest

from training.bootstrap import measure, operating_rates
from training.evaluate import threshold_for
from training.metrics import METRICS, Answers, brier_score, expected_calibration_error


def answers(malignant: list[int], probabilities: list[float]) -> Answers:
    count = len(malignant)
    truth = np.array(malignant, bool)
    return Answers(truth, np.array(probabilities), truth.astype(int), np.zeros(count, int), np.ones(count))


EXAMPLE = answers([1, 1, 1, 0, 0, 0, 0, 0], [0.9, 0.6, 0.3, 0.7, 0.4, 0.2, 0.2, 0.1])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("auc", 12 / 15),  # of the 15 pairs, 0.9 wins 5, 0.6 wins 4 and 0.3 wins 3
        ("sensitivity", 2 / 3),
        ("specificity", 4 / 5),
        ("precision", 2 / 3),
        ("accuracy", 6 / 8),
        ("f1", 2 / 3),
        ("mcc", (2 * 4 - 1 * 1) / np.sqrt(3 * 3 * 5 * 5)),
        ("brier", (0.01 + 0.16 + 0.49 + 0.49 + 0.16 + 0.04 + 0.04 + 0.01) / 8),
        # bins (0.1], (0.2, 0.2], (0.3], (0.4], (0.6], (0.7], (0.9]: |sum of (truth - p)| a bin
        ("ece", (0.1 + 0.4 + 0.7 + 0.4 + 0.4 + 0.7 + 0.1) / 8),
        ("seven_class_accuracy", 5 / 8),
        ("seven_class_balanced_accuracy", 1 / 2),
    ],
)
def test_a_metric_is_what_its_formula_gives(name: str, expected: float) -> None:
    assert METRICS[name](EXAMPLE) == pytest.approx(expected)


def test_a_perfectly_calibrated_model_has_no_calibration_error() -> None:
    perfect = answers([1, 0, 0, 0, 1, 1, 1, 0], [0.25] * 4 + [0.75] * 4)
    assert expected_calibration_error(perfect) == pytest.approx(0)
    assert brier_score(perfect) == pytest.approx(0.25 * 0.75)


def test_weights_count_images() -> None:
    weighted = EXAMPLE.reweighted(np.array([2.0, 0, 1, 1, 1, 1, 1, 1]))
    doubled = answers([1, 1, 1, 0, 0, 0, 0, 0], [0.9, 0.9, 0.3, 0.7, 0.4, 0.2, 0.2, 0.1])
    for name, metric in METRICS.items():
        assert metric(weighted) == pytest.approx(metric(doubled)), name


def test_intervals_hold_the_value_and_come_out_the_same_again() -> None:
    random = np.random.default_rng(2)
    truth = random.uniform(size=300) < 0.3
    noisy = answers(truth.astype(int).tolist(), np.clip(truth * 0.3 + random.uniform(size=300) * 0.7, 0, 1).tolist())
    groups = [str(number // 2) for number in range(300)]
    first = measure(noisy, groups, seed=1, resamples=200)
    assert first == measure(noisy, groups, seed=1, resamples=200)
    for name in ("auc", "sensitivity", "specificity", "accuracy"):
        assert first[name]["low"] < first[name]["value"] < first[name]["high"], name


def test_images_of_one_lesion_are_drawn_together() -> None:
    random = np.random.default_rng(3)
    truth = np.repeat(random.uniform(size=40) < 0.5, 10)
    probabilities = np.repeat(np.clip(random.uniform(size=40), 0, 1), 10)
    repeated = answers(truth.astype(int).tolist(), probabilities.tolist())
    by_lesion = measure(repeated, [str(number // 10) for number in range(400)], seed=1, resamples=200)["auc"]
    by_image = measure(repeated, [str(number) for number in range(400)], seed=1, resamples=200)["auc"]
    widths = [row["high"] - row["low"] for row in (by_lesion, by_image)]
    assert widths[0] > 2 * widths[1], "ten copies of a lesion are no ten lesions"


def test_the_threshold_reaches_the_sensitivity_and_no_higher_one_does() -> None:
    probabilities = np.arange(1, 101) / 100
    threshold = threshold_for(probabilities, 0.95)
    assert threshold == pytest.approx(0.06)
    assert (probabilities >= threshold).mean() == pytest.approx(0.95)
    assert threshold_for(np.array([0.2, 0.4, 0.9]), 0.95) == 0.2


def test_operating_rates_count_from_the_threshold_on() -> None:
    rates = operating_rates(EXAMPLE, 0.3, [str(number) for number in range(8)], seed=1)
    assert rates["sensitivity"]["value"] == pytest.approx(1.0)
    assert rates["specificity"]["value"] == pytest.approx(3 / 5)
