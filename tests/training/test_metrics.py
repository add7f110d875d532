"""Metrics worked out by hand, and a bootstrap that draws lesions."""

import time
from collections.abc import Callable

import numpy as np
import pytest
import sklearn.metrics as peers

from app.evaluation.bootstrap import measure, operating_rates
from app.evaluation.metrics import (
    CURVE_METRICS,
    METRICS,
    Answers,
    Metric,
    brier_score,
    class_f1,
    class_precision,
    class_recall,
    expected_calibration_error,
    sensitivity_at,
    specificity_at,
)
from training.evaluate import threshold_for


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


def random_answers(count: int, draws: int) -> Answers:
    random = np.random.default_rng(4)
    labels = random.integers(0, 4, count)
    # Rounded, so that there are ties.
    probabilities = np.round(np.clip((labels > 1) * 0.3 + random.uniform(size=count) * 0.7, 0, 1), 2)
    return Answers(
        labels > 1,
        probabilities,
        labels,
        random.integers(0, 4, count),
        random.integers(0, 3, (draws, count)).astype(float),
    )


@pytest.mark.parametrize(
    ("metric", "peer"),
    [
        (METRICS["auc"], lambda a, w: peers.roc_auc_score(a.malignant, a.p_malignant, sample_weight=w)),
        (METRICS["sensitivity"], lambda a, w: peers.recall_score(a.malignant, a.predicted, sample_weight=w)),
        (METRICS["specificity"], lambda a, w: peers.recall_score(~a.malignant, ~a.predicted, sample_weight=w)),
        (METRICS["precision"], lambda a, w: peers.precision_score(a.malignant, a.predicted, sample_weight=w)),
        (METRICS["accuracy"], lambda a, w: peers.accuracy_score(a.malignant, a.predicted, sample_weight=w)),
        (METRICS["f1"], lambda a, w: peers.f1_score(a.malignant, a.predicted, sample_weight=w)),
        (METRICS["mcc"], lambda a, w: peers.matthews_corrcoef(a.malignant, a.predicted, sample_weight=w)),
        (METRICS["brier"], lambda a, w: peers.brier_score_loss(a.malignant, a.p_malignant, sample_weight=w)),
        (
            METRICS["seven_class_balanced_accuracy"],
            lambda a, w: peers.balanced_accuracy_score(a.labels, a.classes, sample_weight=w),
        ),
        (METRICS["seven_class_accuracy"], lambda a, w: peers.accuracy_score(a.labels, a.classes, sample_weight=w)),
        (
            CURVE_METRICS["average_precision"],
            lambda a, w: peers.average_precision_score(a.malignant, a.p_malignant, sample_weight=w),
        ),
        (
            class_precision(2),
            lambda a, w: peers.precision_score(a.labels, a.classes, labels=[2], average="macro", sample_weight=w),
        ),
        (
            class_recall(2),
            lambda a, w: peers.recall_score(a.labels, a.classes, labels=[2], average="macro", sample_weight=w),
        ),
        (class_f1(2), lambda a, w: peers.f1_score(a.labels, a.classes, labels=[2], average="macro", sample_weight=w)),
    ],
)
def test_all_draws_at_once_give_what_scikit_learn_gives_for_each(metric: Metric, peer: Callable[..., float]) -> None:
    drawn = random_answers(200, 5)
    expected = [peer(drawn, weights) for weights in drawn.weights]
    assert metric(drawn) == pytest.approx(expected)
    assert metric(drawn.reweighted(drawn.weights[0])) == pytest.approx(expected[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # From the highest down: M .9, B .7, M .6, B .4, M .3, B .2 .2 .1
        ("average_precision", (1 + 2 / 3 + 3 / 5) / 3),
        ("sensitivity_at_specificity_80", 2 / 3),  # one benign of five may be referred: down to 0.6
        ("sensitivity_at_specificity_90", 1 / 3),  # none may
        ("sensitivity_at_specificity_95", 1 / 3),
        ("specificity_at_sensitivity_90", 3 / 5),  # all three malignant: down to 0.3, past 0.7 and 0.4
        ("specificity_at_sensitivity_95", 3 / 5),
    ],
)
def test_a_figure_of_the_curve_is_what_its_thresholds_give(name: str, expected: float) -> None:
    assert CURVE_METRICS[name](EXAMPLE) == pytest.approx(expected)


def test_a_fixed_rate_is_met_by_exactly_its_count_of_images() -> None:
    ten = answers([1] * 10 + [0] * 10, np.linspace(0.95, 0.0, 20).tolist())
    assert sensitivity_at(0.9)(ten.reweighted(np.ones(20))) == pytest.approx(1)
    mixed = answers([1, 0] * 10, np.linspace(0.95, 0.0, 20).tolist())
    # Two of ten benign are allowed at 0.8 (in binary, 1 - 0.2 is not quite 0.8): down to the third malignant image.
    assert sensitivity_at(0.8)(mixed) == pytest.approx(0.3)
    assert specificity_at(0.9)(mixed) == pytest.approx(0.2)


def test_a_class_that_a_draw_has_no_image_of_says_nothing_of_its_recall() -> None:
    weights = np.array([[1.0, 1, 1, 1], [0, 1, 1, 1]])
    drawn = Answers(
        np.array([True, False, False, True]), np.full(4, 0.5), np.array([2, 0, 1, 1]), np.array([2, 0, 1, 0]), weights
    )
    assert class_recall(2)(drawn).tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert class_f1(2)(drawn).tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert class_precision(2)(drawn).tolist() == [1, 0]
    assert METRICS["seven_class_balanced_accuracy"](drawn).tolist() == pytest.approx([2.5 / 3, 0.75])


def test_a_thousand_draws_of_two_thousand_images_take_seconds() -> None:
    many = random_answers(2000, 1)
    many = many.reweighted(np.ones(2000))
    started = time.perf_counter()
    measure(many, [str(number // 2) for number in range(2000)], seed=1, metrics={**METRICS, **CURVE_METRICS})
    assert time.perf_counter() - started < 20


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
