"""The choice between Platt and temperature scaling, on networks that are wrong in a known way."""

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest

from app.evaluation.metrics import Answers
from app.screening.calibration import Calibration, Platt, Temperature, from_parameters
from training import calibration
from training.calibration import (
    FOLDS,
    NoBetterThanChance,
    choose_calibration,
    fit_platt,
    fit_temperature,
    negative_log_likelihood,
    told,
)
from training.errors import TrainingError
from training.predictions import decided_malignancy

SEVEN = (True, True, False, False, True, False, False)
TWO = (True, False)

Drawn = tuple[np.ndarray, np.ndarray, list[str]]


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def too_sure(count: int = 2000, factor: float = 2.5) -> Drawn:
    """Seven classes whose logits are `factor` times what they should be; two pictures a lesion."""
    random = np.random.default_rng(3)
    logits = np.repeat(random.normal(0, 2, (count // 2, 7)), 2, axis=0) + random.normal(0, 0.5, (count, 7))
    labels = [int(random.choice(7, p=row)) for row in softmax(logits)]
    return softmax(factor * logits), np.array([SEVEN[label] for label in labels]), lesions(count)


def shifted(count: int = 4000) -> Drawn:
    """Two classes, malignant said far too often: logit(truth) = 0.7 logit(said) - 1.5; two pictures a lesion."""
    random = np.random.default_rng(4)
    said = np.repeat(random.normal(0, 2, count // 2), 2) + random.normal(0, 0.5, count)
    truth = random.uniform(size=count) < 1 / (1 + np.exp(1.5 - 0.7 * said))
    return softmax(np.stack([said, np.zeros(count)], axis=1)), truth, lesions(count)


def lesions(count: int) -> list[str]:
    return [f"lesion{row // 2}" for row in range(count)]


def test_a_network_that_is_too_sure_of_every_class_gets_a_temperature() -> None:
    raw, truth, groups = too_sure()
    chosen, compared = choose_calibration(raw, SEVEN, truth, groups)
    assert isinstance(chosen, Temperature)
    assert chosen.temperature == pytest.approx(2.5, rel=0.1)
    assert compared["methods"]["temperature"]["nll"] < compared["methods"]["platt"]["nll"]
    assert compared["platt_less_temperature"]["nll"]["low"] > 0


def test_a_network_that_says_malignant_too_often_gets_platt_scaling() -> None:
    raw, truth, groups = shifted()
    chosen, compared = choose_calibration(raw, TWO, truth, groups)
    assert isinstance(chosen, Platt)
    assert (chosen.slope, chosen.intercept) == (pytest.approx(0.7, rel=0.15), pytest.approx(-1.5, rel=0.1))
    assert compared["methods"]["platt"]["nll"] < compared["methods"]["temperature"]["nll"]
    assert compared["methods"]["platt"]["ece"] < 0.05 < compared["methods"]["temperature"]["ece"]
    assert compared["platt_less_temperature"]["nll"]["high"] < 0


def test_what_a_manifest_keeps_is_json_and_the_calibration_comes_back_from_it() -> None:
    raw, truth, groups = shifted(400)
    chosen, compared = choose_calibration(raw, TWO, truth, groups)
    kept = json.loads(json.dumps(told(chosen, compared, groups), allow_nan=False))
    assert from_parameters(kept) == chosen
    assert (kept["fitted_on"], kept["images"], kept["lesions"]) == ("validation", 400, 200)
    assert kept["compared"]["folds"] == FOLDS
    assert set(kept["compared"]["methods"]["platt"]) == {"nll", "brier", "ece"}


def test_the_likelihood_is_that_of_the_two_sides() -> None:
    answers = Answers(
        np.array([True, True, False, False]), np.array([0.8, 0.5, 0.1, 1.0]), np.zeros(4, int), np.zeros(4, int),
        np.ones(4),
    )  # fmt: skip
    # The last one is certain and wrong: it is taken for one in a million.
    expected = -(math.log(0.8) + math.log(0.5) + math.log(0.9) + math.log(1e-6)) / 4
    assert float(negative_log_likelihood(answers)) == pytest.approx(expected)
    heavier = answers.reweighted(np.array([3.0, 0.0, 1.0, 0.0]))
    assert float(negative_log_likelihood(heavier)) == pytest.approx(-(3 * math.log(0.8) + math.log(0.9)) / 4)


def test_each_method_is_at_the_bottom_of_its_likelihood() -> None:
    raw, truth, _ = too_sure(600)

    def loss(tried: Calibration) -> float:
        given = decided_malignancy(raw, SEVEN, tried)
        return -float(np.log(np.maximum(np.where(truth, given, 1 - given), 1e-6)).mean())

    warm = fit_temperature(raw, SEVEN, truth)
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        assert loss(Temperature(warm.temperature * factor)) > loss(warm), factor
    scaled = fit_platt(raw, SEVEN, truth)
    for slope, intercept in ((1.05, 0), (0.95, 0), (1, 0.05), (1, -0.05)):
        assert loss(Platt(scaled.slope * slope, scaled.intercept + intercept)) > loss(scaled), (slope, intercept)


def test_a_class_that_was_rounded_to_nothing_does_not_stop_the_fit() -> None:
    raw, truth, _ = too_sure(600)
    raw[::3, 0] = 0
    assert 1.5 < fit_temperature(raw.astype(np.float32), SEVEN, truth).temperature < 4


def test_a_lesion_is_never_fitted_on_and_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 60
    raw = np.stack([np.linspace(0.01, 0.99, count), 1 - np.linspace(0.01, 0.99, count)], axis=1)
    truth = np.arange(count) % 2 == 1
    groups = [f"lesion{row % 20}" for row in range(count)]  # its pictures lie far apart
    fitted: list[set[int]] = []

    def recording(rows: np.ndarray, malignant: Sequence[bool], known: np.ndarray) -> Platt:
        assert malignant == TWO
        fitted.append({int(np.flatnonzero(raw[:, 0] == row)[0]) for row in rows[:, 0]})
        assert known.tolist() == truth[sorted(fitted[-1])].tolist()
        return Platt(1.0, 0.0)

    monkeypatch.setattr(calibration, "FITS", {"platt": recording, "temperature": recording})
    choose_calibration(raw, TWO, truth, groups)
    whole, folds = fitted[:2], fitted[2 : 2 + FOLDS]
    assert whole == [set(range(count))] * 2
    left_out = [set(range(count)) - rows for rows in folds]
    assert sorted(row for rows in left_out for row in rows) == list(range(count)), "each picture is held out once"
    for held, rows in zip(left_out, folds, strict=True):
        assert not {groups[row] for row in held} & {groups[row] for row in rows}


def test_a_method_that_cannot_be_fitted_without_some_fold_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    raw, truth, groups = shifted(400)

    def fragile(rows: np.ndarray, malignant: Sequence[bool], known: np.ndarray) -> Platt:
        if len(rows) < 400:
            raise NoBetterThanChance
        return fit_platt(rows, malignant, known)

    monkeypatch.setitem(calibration.FITS, "platt", fragile)  # type: ignore[arg-type]
    chosen, compared = choose_calibration(raw, TWO, truth, groups)
    assert isinstance(chosen, Temperature)
    assert compared["methods"]["platt"] is None
    assert compared["platt_less_temperature"] is None


def test_what_is_no_better_than_chance_or_too_few_is_refused() -> None:
    raw, truth, groups = shifted(400)
    with pytest.raises(TrainingError, match="no better than chance; train it longer"):
        choose_calibration(raw[:, ::-1], TWO, truth, groups)
    few = np.zeros(400, bool)
    few[:8] = True
    with pytest.raises(TrainingError, match="validation has 4 malignant or benign lesions; 5 are needed"):
        choose_calibration(raw, TWO, few, groups)
