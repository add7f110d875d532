"""The paired bootstrap, on answers whose differences are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.bootstrap import measure
from app.evaluation.metrics import METRICS, Answers
from training.compare import paired_differences
from training.errors import TrainingError
from training.predictions import read_predictions

RANDOM = np.random.default_rng(1)
TRUTH = np.arange(200) % 4 == 0
GROUPS = [f"lesion{row // 2}" for row in range(200)]


def answers(p_malignant: np.ndarray) -> Answers:
    return Answers(TRUTH, p_malignant, np.zeros(200, int), np.zeros(200, int), np.ones(200))


AUC = {"auc": METRICS["auc"]}
NOISE = RANDOM.normal(0, 0.2, 200)
GOOD = answers(np.clip(0.3 + 0.4 * TRUTH + NOISE, 0, 1))
BETTER = answers(np.clip(0.3 + 0.5 * TRUTH + NOISE, 0, 1))


def test_a_model_does_not_differ_from_itself() -> None:
    same = paired_differences([GOOD], [GOOD], GROUPS, seed=1, metrics=AUC)
    assert same == {"auc": {"difference": 0, "low": 0, "high": 0}}


def test_a_difference_is_that_of_the_metrics_and_changes_sign_with_the_order() -> None:
    auc = paired_differences([BETTER], [GOOD], GROUPS, seed=1, metrics=AUC)["auc"]
    assert auc["difference"] == METRICS["auc"](BETTER) - METRICS["auc"](GOOD) > 0
    assert 0 < auc["low"] < auc["difference"] < auc["high"]
    turned = paired_differences([GOOD], [BETTER], GROUPS, seed=1, metrics=AUC)["auc"]
    assert (turned["low"], turned["high"]) == pytest.approx((-auc["high"], -auc["low"]))


def test_pairing_sees_what_two_intervals_side_by_side_do_not() -> None:
    one, other = (measure(model, GROUPS, seed=1, metrics=AUC)["auc"] for model in (BETTER, GOOD))
    assert one["low"] < other["high"]  # the two intervals overlap
    paired = paired_differences([BETTER], [GOOD], GROUPS, seed=1, metrics=AUC)["auc"]
    assert paired["high"] - paired["low"] < one["high"] - one["low"]


def test_several_seeds_are_compared_by_their_mean() -> None:
    both = paired_differences([GOOD, BETTER], [GOOD], GROUPS, seed=1, metrics=AUC)["auc"]
    one = paired_differences([BETTER], [GOOD], GROUPS, seed=1, metrics=AUC)["auc"]
    assert both["difference"] == pytest.approx(one["difference"] / 2)
    assert both["high"] == pytest.approx(one["high"] / 2)


def test_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match="same images"):
        paired_differences([GOOD], [GOOD, replace(GOOD, malignant=~TRUTH)], GROUPS, seed=1, metrics=AUC)


def test_answers_are_read_from_what_evaluate_wrote(tmp_path: Path) -> None:
    head = "image_id,lesion_id,dx,malignant,p_malignant,raw_benign,raw_malignant\n"
    rows = ["b,,nv,False,0.2,0.9,0.1\n", "a,L1,mel,True,0.8,0.3,0.7\n"]
    for name, order in (("one", rows), ("other", rows[::-1])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_predictions.csv").write_text(head + "".join(order))
    one, other = read_predictions([tmp_path / "one", tmp_path / "other"])
    first, second = one.answers, other.answers
    assert one.groups == other.groups == ["L1", "b"]
    assert one.codes == ("benign", "malignant")
    assert one.raw.tolist() == [[0.3, 0.7], [0.9, 0.1]]
    assert first.p_malignant.tolist() == second.p_malignant.tolist() == [0.8, 0.2]
    assert first.malignant.tolist() == [True, False]
    assert first.classes.tolist() == [1, 0]
    (tmp_path / "other" / "test_predictions.csv").write_text(head + rows[0])
    with pytest.raises(TrainingError, match="one and other were not measured on the same images"):
        read_predictions([tmp_path / "one", tmp_path / "other"])
    with pytest.raises(TrainingError, match="`evaluate` that recipe first"):
        read_predictions([tmp_path / "one", tmp_path / "nothing"])
