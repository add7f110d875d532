"""Platt and temperature scaling, worked out by hand; and what was calibrated before gives the very same numbers."""

import math
from typing import Any

import numpy as np
import pytest

from app.screening.calibration import CLIP, Calibration, Platt, Temperature, from_parameters, parameters
from app.screening.decision import decide

TWO = np.array([True, False])
MALIGNANT = np.array([True, True, False, False, True, False, False])


def p_malignant(calibration: Calibration, probability: float) -> float:
    """Of a model that tells benign and malignant apart, and gives malignant this probability."""
    return calibration(np.array([probability, 1 - probability]), TWO)[0]


def test_platt_scaling_follows_its_formula() -> None:
    # logit(0.8) = ln 4; 2 ln 4 - 1 = 1.772589; 1 / (1 + e^-1.772589) = 0.854779
    assert p_malignant(Platt(2.0, -1.0), 0.8) == pytest.approx(0.854779, abs=1e-6)


def test_temperature_scaling_follows_its_formula() -> None:
    # Square roots: 0.8, 0.565685, 0.2; together 1.565685.
    found, classes = Temperature(2.0)(np.array([0.64, 0.32, 0.04]), np.array([False, True, True]))
    assert classes == pytest.approx([0.510958, 0.361302, 0.127740], abs=1e-6)
    assert found == pytest.approx(0.489042, abs=1e-6)
    # Half a degree squares: 0.4096, 0.1024, 0.0016; together 0.5136.
    assert Temperature(0.5)(np.array([0.64, 0.32, 0.04]), np.array([False, True, True]))[0] == pytest.approx(
        0.1040 / 0.5136
    )


def test_temperature_scaling_is_the_softmax_of_the_divided_logits() -> None:
    logits = np.random.default_rng(1).normal(0, 3, 7)
    probabilities = np.exp(logits) / np.exp(logits).sum()
    divided = np.exp(logits / 1.7)
    assert Temperature(1.7)(probabilities, MALIGNANT)[1] == pytest.approx(divided / divided.sum())


@pytest.mark.parametrize("calibration", [Platt(1.0, 0.0), Temperature(1.0)])
def test_the_identity_leaves_probabilities_alone(calibration: Calibration) -> None:
    for probability in (0.001, 0.3, 0.5, 0.999):
        assert p_malignant(calibration, probability) == pytest.approx(probability)


@pytest.mark.parametrize("calibration", [Platt(3.0, -2.0), Temperature(0.05), Temperature(20.0)])
def test_calibration_is_finite_and_ordered_up_to_the_ends(calibration: Calibration) -> None:
    calibrated = [p_malignant(calibration, p) for p in (0.0, 1e-300, 1e-9, 0.2, 0.5, 0.9, 1.0)]
    assert calibrated == sorted(calibrated)
    assert 0 <= calibrated[0] < calibrated[-1] <= 1


def test_even_an_absurdly_low_temperature_leaves_probabilities() -> None:
    # 7^-1000 is 0 in floating point, of every class.
    assert Temperature(0.001)(np.full(7, 1 / 7), MALIGNANT)[0] == pytest.approx(3 / 7)


def test_a_temperature_may_change_the_order_of_pictures_and_platt_never_does() -> None:
    spread, peaked = np.array([0.3, 0.3, 0.4]), np.array([0.62, 0.0, 0.38])
    malignant = np.array([True, True, False])
    assert spread[malignant].sum() < peaked[malignant].sum()
    warm, scaled = Temperature(2.0), Platt(0.5, -1.0)
    assert warm(spread, malignant)[0] > warm(peaked, malignant)[0]
    assert scaled(spread, malignant)[0] < scaled(peaked, malignant)[0]


@pytest.mark.parametrize(("slope", "intercept"), [(0.0, 0.0), (-1.0, 0.0), (math.nan, 0.0), (1.0, math.inf)])
def test_a_platt_scaling_that_could_turn_the_order_round_is_refused(slope: float, intercept: float) -> None:
    with pytest.raises(ValueError, match="slope above 0"):
        Platt(slope, intercept)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_a_temperature_that_is_none_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature above 0"):
        Temperature(temperature)


@pytest.mark.parametrize("calibration", [Platt(0.7, -0.5), Temperature(1.3)])
def test_a_manifest_s_entry_comes_back_as_the_calibration(calibration: Calibration) -> None:
    assert from_parameters({**parameters(calibration), "images": 7}) == calibration
    assert from_parameters(None) is None


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        ({"method": "isotonic"}, ValueError, "'isotonic' is unknown; this version knows 'platt' and 'temperature'"),
        ({"method": "temperature"}, KeyError, "temperature"),
        ({"method": "temperature", "temperature": "warm"}, ValueError, "warm"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(entry: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        from_parameters(entry)


def test_platt_s_answers_are_those_of_before_there_was_a_choice_bit_for_bit() -> None:
    def before(row: np.ndarray, slope: float, intercept: float) -> tuple[float, list[float]]:
        """As every bundle so far was measured: the malignant sum scaled, then shared out again."""
        values = np.asarray(row, np.float64) / np.asarray(row, np.float64).sum()
        raw = float(values[MALIGNANT].sum())
        clipped = min(max(raw, CLIP), 1 - CLIP)
        score = slope * math.log(clipped / (1 - clipped)) + intercept
        p = 1 / (1 + math.exp(-score)) if score >= 0 else math.exp(score) / (1 + math.exp(score))
        sick, well = values / values[MALIGNANT].sum(), values / values[~MALIGNANT].sum()
        return p, [sick[k] * p if MALIGNANT[k] else well[k] * (1 - p) for k in range(7)]

    for row in np.random.default_rng(1).dirichlet(np.full(7, 0.3), 500).astype(np.float32):
        if not 0 < row[MALIGNANT].sum() < row.sum():
            continue
        found = decide(row, MALIGNANT.tolist(), Platt(0.6840562608569818, -0.5375508232725313))
        p, classes = before(row, 0.6840562608569818, -0.5375508232725313)
        assert found.p_malignant == p
        assert list(found.class_probabilities) == classes
