"""Prediction and confidence, worked out by hand."""

import math

import numpy as np
import pytest

from app.screening.calibration import Calibration, Platt, Temperature
from app.screening.decision import OperatingPoint, Rate, decide

RATE = Rate(0.9, 0.8, 0.95)


def test_the_malignant_classes_add_up_to_the_probability_of_malignancy() -> None:
    decision = decide(np.array([0.2, 0.5, 0.1, 0.2], np.float32), [True, False, True, False], None)
    assert decision.p_malignant == pytest.approx(0.3)
    assert decision.prediction == "benign"
    assert decision.confidence == pytest.approx(0.7)


def test_classes_are_rescaled_to_the_calibrated_probability() -> None:
    # raw 0.3, so that logit = ln(3/7); an intercept of ln(7/3) lifts it to 0.5
    decision = decide(
        np.array([0.2, 0.5, 0.1, 0.2], np.float32), [True, False, True, False], Platt(1.0, math.log(7 / 3))
    )
    assert decision.p_malignant == pytest.approx(0.5)
    assert decision.class_probabilities == pytest.approx((1 / 3, 5 / 14, 1 / 6, 1 / 7))
    assert sum(decision.class_probabilities) == pytest.approx(1)


def test_a_tie_is_read_as_malignant() -> None:
    assert decide(np.array([0.5, 0.5], np.float32), [True, False], None).prediction == "malignant"


def test_a_temperature_scales_every_class_and_the_malignant_ones_add_up() -> None:
    # Square roots: 0.6, 0.2, 0.2, 0.748331; together 1.748331.
    decision = decide(np.array([0.36, 0.04, 0.04, 0.56], np.float32), [True, False, True, False], Temperature(2.0))
    assert decision.p_malignant == pytest.approx(0.8 / 1.748331, abs=1e-6)
    assert decision.class_probabilities[3] == pytest.approx(0.748331 / 1.748331, abs=1e-6)
    assert sum(decision.class_probabilities) == pytest.approx(1)
    assert decision.prediction == "benign"


@pytest.mark.parametrize("calibration", [Platt(1.0, 0.0), Temperature(1.5)])
def test_a_side_without_any_probability_still_adds_up(calibration: Calibration) -> None:
    decision = decide(np.array([0.0, 0.0, 1.0], np.float32), [True, True, False], calibration)
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
