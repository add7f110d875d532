"""Subgroups of a test part."""

from pathlib import Path

import numpy as np
import pytest

from app.evaluation.metrics import Answers
from training.datasets.records import LesionRecord
from training.report.worth_tables import subgroups_table
from training.subgroups import age_band, by_subgroup

THRESHOLD = 0.3


def record(number: int, dx: str, **known: object) -> LesionRecord:
    return LesionRecord(Path("x.jpg"), f"image{number}", f"lesion{number}", dx, "drawn", **known)  # type: ignore[arg-type]


def answers_of(malignant: list[bool], p_malignant: list[float]) -> Answers:
    truth, score = np.array(malignant), np.array(p_malignant)
    return Answers(truth, score, truth.astype(np.int64), (score >= 0.5).astype(np.int64), np.ones(len(truth)))


def test_rates_are_those_of_the_images_of_a_subgroup_alone() -> None:
    women = [(True, 0.9)] * 15 + [(True, 0.1)] * 5 + [(False, 0.1)] * 18 + [(False, 0.8)] * 2
    men = [(True, 0.9)] * 10 + [(False, 0.95)] * 10
    records = [record(n, "mel" if sick else "nv", sex="female") for n, (sick, _) in enumerate(women)]
    records += [record(100 + n, "mel" if sick else "nv", sex="male") for n, (sick, _) in enumerate(men)]
    answers = answers_of([sick for sick, _ in women + men], [score for _, score in women + men])
    found = by_subgroup(answers, records, THRESHOLD, seed=1, resamples=50)["sex"]
    assert (found["female"]["images"], found["female"]["malignant_images"]) == (40, 20)
    assert found["female"]["sensitivity"]["value"] == 0.75
    assert found["female"]["specificity"]["value"] == 0.9
    # Of 400 pairs the 15 found stand above 18 quiet benign ones and, at 0.9, above 2 at 0.8; the 5 missed tie with 18.
    assert found["female"]["auc"]["value"] == pytest.approx((15 * 20 + 5 * 18 / 2) / 400)
    assert found["male"]["sensitivity"]["value"] == 1.0
    assert found["male"]["specificity"]["value"] == 0.0
    assert found["male"]["auc"]["value"] == 0.0
    assert found["female"]["sensitivity"]["low"] < 0.75 < found["female"]["sensitivity"]["high"]


def test_a_class_of_one_side_has_only_the_rate_of_that_side() -> None:
    records = [record(n, "mel") for n in range(20)] + [record(50 + n, "nv") for n in range(30)]
    answers = answers_of([True] * 20 + [False] * 30, [0.9] * 20 + [0.1] * 30)
    found = by_subgroup(answers, records, THRESHOLD, seed=1, resamples=20)["class"]
    assert found["mel"]["sensitivity"]["value"] == 1.0
    assert found["mel"]["specificity"] is None
    assert found["mel"]["auc"] is None
    assert found["nv"]["specificity"]["value"] == 1.0
    # All alike, so that a bootstrap has no width; 20 of 20 found is Wilson's 0.839 at least.
    assert found["mel"]["sensitivity"]["low"] == pytest.approx(0.839, abs=0.001)


def test_a_rate_without_a_width_is_told_with_its_counts() -> None:
    alike = {"value": 1.0, "low": 1.0, "high": 1.0}
    row = {"images": 30, "malignant_images": 8, "auc": alike, "sensitivity": alike, "specificity": None}
    table = subgroups_table({"metrics": {"subgroups": {"site": {"foot": row}}}})
    assert table.endswith("| site | foot | 30 | 8 | 1.000 (no interval) | 1.000 (8 of 8) | - |")


def test_small_subgroups_are_counted_together_and_what_is_unknown_says_so() -> None:
    sites = ["back"] * 30 + ["scalp"] * 7 + ["ear"] * 15 + [None] * 20
    records = [record(n, "mel" if n % 2 else "nv", site=site) for n, site in enumerate(sites)]
    answers = answers_of([bool(n % 2) for n in range(len(sites))], [0.5] * len(sites))
    found = by_subgroup(answers, records, THRESHOLD, seed=1, resamples=20)["site"]
    assert {name: row["images"] for name, row in found.items()} == {"back": 30, "other": 22, "unknown": 20}


@pytest.mark.parametrize(
    ("age", "band"),
    [(None, "unknown"), (0, "under 30"), (29.9, "under 30"), (30, "30 to 44"), (60, "60 to 74"), (85, "75 and over")],
)
def test_ages_fall_into_bands(age: float | None, band: str) -> None:
    assert age_band(age) == band
