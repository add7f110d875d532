"""Figures of a labelled batch, worked out by hand, and their intervals."""

import numpy as np
import pytest

from app.evaluation.batch import Batch, measure_batch
from app.evaluation.labels import LabelsRejected
from app.evaluation.proportions import wilson

THRESHOLD = 0.3
TRUTH = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
ANSWERS = [0.9, 0.6, 0.1, None, 0.7, 0.2, 0.1, 0.1, 0.2, None]


def batch(truth: list[int], answers: list[float | None], groups: list[str] | None = None) -> Batch:
    p_malignant = np.array([np.nan if answer is None else answer for answer in answers])
    assessed = ~np.isnan(p_malignant)
    return Batch(np.array(truth, bool), assessed, assessed & (p_malignant >= THRESHOLD), p_malignant, groups)


def test_refused_pictures_are_left_out_and_counted_as_referred() -> None:
    found = measure_batch(batch(TRUTH, ANSWERS), resamples=200)
    assert (found["pictures"], found["malignant"], found["assessed"]) == (10, 4, 8)
    assert found["prevalence"]["value"] == pytest.approx(0.4)
    assert found["coverage"]["value"] == pytest.approx(0.8)
    assessed, referred = found["operating_point"]["assessed"], found["operating_point"]["refused_as_referred"]
    assert assessed["counts"] == {"tp": 2, "fn": 1, "fp": 1, "tn": 4}
    assert referred["counts"] == {"tp": 3, "fn": 1, "fp": 2, "tn": 4}
    expected = {
        "sensitivity": (2 / 3, 3 / 4),
        "specificity": (4 / 5, 4 / 6),
        "ppv": (2 / 3, 3 / 5),
        "npv": (4 / 5,) * 2,
    }
    for name, values in expected.items():
        assert (assessed[name]["value"], referred[name]["value"]) == pytest.approx(values), name
    # Of the 15 pairs of assessed pictures 0.9 wins 5, 0.6 wins 4, and 0.1 ties with two.
    assert found["auc"]["value"] == pytest.approx((5 + 4 + 1) / 15)
    # A miss of 0.9, 0.7 and so on; the two refused ones are in neither figure.
    squares = [0.1**2, 0.4**2, 0.9**2, 0.7**2, 0.2**2, 0.1**2, 0.1**2, 0.2**2]
    assert found["brier"]["value"] == pytest.approx(sum(squares) / 8)
    assert sum(row["images"] for row in found["reliability"]) == 8


def test_an_interval_of_independent_pictures_is_wilsons() -> None:
    found = measure_batch(batch(TRUTH, ANSWERS), resamples=50)
    assert found["coverage"] == wilson(8, 10)
    assert found["groups"] is None
    assert "Wilson" in found["intervals"]


@pytest.mark.parametrize(
    ("successes", "of", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(successes: int, of: int, low: float, high: float) -> None:
    found = wilson(successes, of)
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_all_has_an_interval_with_a_width() -> None:
    assert wilson(20, 20)["high"] == 1
    assert wilson(20, 20)["low"] == pytest.approx(1 - 0.1611, abs=5e-5)
    groups = [f"lesion {number // 2}" for number in range(10)]
    perfect = measure_batch(batch([1] * 4 + [0] * 6, [0.9] * 4 + [0.1] * 6, groups), resamples=50)
    assert perfect["operating_point"]["assessed"]["sensitivity"] == wilson(2, 2), "two lesions, not four pictures"


def test_pictures_of_one_lesion_make_intervals_wider_than_as_many_lesions() -> None:
    random = np.random.default_rng(5)
    truth = np.repeat(random.uniform(size=60) < 0.5, 10).astype(int).tolist()
    answers = np.repeat(random.uniform(size=60), 10).tolist()
    grouped = measure_batch(batch(truth, answers, [str(number // 10) for number in range(600)]), resamples=200)
    alone = measure_batch(batch(truth, answers), resamples=200)
    for name in ("auc", "brier", "prevalence"):
        widths = [found[name]["high"] - found[name]["low"] for found in (grouped, alone)]
        assert widths[0] > 2 * widths[1], name
    assert grouped["groups"] == 60


def test_what_is_not_defined_is_no_number() -> None:
    none = measure_batch(batch([1, 0], [None, None]), resamples=20)
    assert (none["auc"], none["reliability"], none["coverage"]["value"]) == (None, [], 0)
    assert none["operating_point"]["assessed"]["sensitivity"] is None
    assert none["operating_point"]["refused_as_referred"]["sensitivity"]["value"] == 1
    benign = measure_batch(batch([1, 0, 0], [None, 0.1, 0.2]), resamples=20)
    assert (benign["auc"], benign["operating_point"]["assessed"]["sensitivity"]) == (None, None)
    assert benign["operating_point"]["assessed"]["specificity"]["value"] == 1


def test_labels_of_one_kind_are_refused() -> None:
    with pytest.raises(LabelsRejected, match="All 2 labelled pictures are benign"):
        measure_batch(batch([0, 0], [0.1, 0.2]))


def test_a_model_without_an_operating_point_has_no_rates_there() -> None:
    whole = batch(TRUTH, ANSWERS)
    found = measure_batch(Batch(whole.malignant, whole.assessed, None, whole.p_malignant, None), resamples=20)
    assert found["operating_point"] is None
    assert found["auc"]["value"] == pytest.approx((5 + 4 + 1) / 15)
