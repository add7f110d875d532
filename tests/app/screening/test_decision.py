"""Calibration, prediction and confidence, worked out by hand."""

import math

import numpy as np
import pytest

from app.screening.decision import Calibration, OperatingPoint, Rate, decide

RATE = Rate(0.9, 0.8, 0.95)


def test_platt_scaling_follows_its_formula() -> None:
    # logit(0.8) = ln 4; 2 ln 4 - 1 = 1.772589; 1 / (1 + e^-1.772589) = 0.854779
    assert Calibration(2.0, -1.0)(0.8) == pytest.approx(0.854779, abs=1e-6)


def test_the_identity_leaves_probabilities_alone() -> None:
    for probability in (0.001, 0.3, 0.5, 0.999):
        assert Calibration(1.0, 0.0)(probability) == pytest.approx(probability)


def test_calibration_is_finite_and_ordered_up_to_the_ends() -> None:
    calibrated = [Calibration(3.0, -2.0)(p) for p in (0.0, 1e-9, 0.2, 0.5, 0.9, 1.0)]
    assert calibrated == sorted(calibrated)
    assert 0 <= calibrated[0] < calibrated[-1] <= 1


@pytest.mark.parametrize(("slope", "intercept"), [(0.0, 0.0), (-1.0, 0.0), (math.nan, 0.0), (1.0, math.inf)])
def test_a_calibration_that_could_turn_the_order_round_is_refused(slope: float, intercept: float) -> None:
    with pytest.raises(ValueError, match="slope above 0"):
        Calibration(slope, intercept)


def test_the_malignant_classes_add_up_to_the_probability_of_malignancy() -> None:
    decision = decide(np.array([0.2, 0.5, 0.1, 0.2], np.float32), [True, False, True, False], None)
    assert decision.p_malignant == pytest.approx(0.3)
    assert decision.prediction == "benign"
    assert decision.confidence == pytest.approx(0.7)


def test_classes_are_rescaled_to_the_calibrated_probability() -> None:
    # raw 0.3, so that logit = ln(3/7); an intercept of ln(7/3) lifts it to 0.5
    decision = decide(
        np.array([0.2, 0.5, 0.1, 0.2], np.float32), [True, False, True, False], Calibration(1.0, math.log(7 / 3))
    )
    assert decision.p_malignant == pytest.approx(0.5)
    assert decision.class_probabilities == pytest.approx((1 / 3, 5 / 14, 1 / 6, 1 / 7))
    assert sum(decision.class_probabilities) == pytest.approx(1)


def test_a_tie_is_read_as_malignant() -> None:
    assert decide(np.array([0.5, 0.5], np.float32), [True, False], None).prediction == "malignant"


def test_a_side_without_any_probability_still_adds_up() -> None:
    decision = decide(np.array([0.0, 0.0, 1.0], np.float32), [True, True, False], Calibration(1.0, 0.0))
    assert sum(decision.class_probabilities) == pytest.approx(1)
    assert decision.class_probabilities[0] == decision.class_probabilities[1]


@pytest.mark.parametrize("output", [[math.nan, 0.5], [0.0, 0.0], [-0.1, 1.1], [math.inf, 0.0], [0.2, 0.3, 0.5]])
def test_what_is_no_probability_is_an_error_and_never_benign(output: list[float]) -> None:
    with pytest.raises(ValueError, match="not a probability"):
        decide(np.array(output, np.float32), [True, False], None)


def test_the_threshold_itself_refers() -> None:
    point = OperatingPoint(0.1, RATE, RATE, "somewhere")
    assert [point.assess(p) for p in (0.0999, 0.1, 0.6)] == ["low_risk", "refer", "refer"]


@pytest.mark.parametrize("threshold", [0.0, 1.0, math.nan])
def test_a_threshold_outside_0_to_1_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        OperatingPoint(threshold, RATE, RATE, "somewhere")
