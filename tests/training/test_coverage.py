"""What the gate costs and brings, counted by hand."""

import json

import numpy as np
import pytest

from app.evaluation.metrics import Answers
from training.coverage import coverage, warned
from training.report.gate_tables import WITHOUT, compared_table, gate_line, gate_table

EIGHT = Answers(
    malignant=np.array([1, 1, 1, 0, 0, 0, 0, 0], bool),
    p_malignant=np.array([0.9, 0.6, 0.05, 0.7, 0.4, 0.08, 0.2, 0.1]),
    labels=np.array([1, 1, 1, 0, 0, 0, 0, 0]),
    classes=np.array([1, 1, 0, 1, 0, 0, 0, 0]),
    weights=np.ones(8),
)
ASSESSABLE = np.array([1, 1, 0, 0, 1, 1, 1, 1], bool)


def test_refused_images_count_in_no_rate_of_the_assessed() -> None:
    found = coverage(EIGHT, ASSESSABLE, 0.3, [str(n) for n in range(8)], seed=1, resamples=50)
    assert (found["images"], found["refused_images"], found["refused_malignant_images"]) == (8, 2, 1)
    assert found["refused"]["value"] == 2 / 8
    assert found["refused_malignant"]["value"] == pytest.approx(1 / 3)
    assert found["sensitivity"]["value"] == 1  # of two assessed malignant images
    assert found["specificity"]["value"] == 3 / 4  # 0.4 is referred
    assert found["auc"]["value"] == 1
    assert all(found[name]["low"] <= found[name]["value"] <= found[name]["high"] for name in ("refused", "auc"))


def test_images_are_counted_once_for_any_warning() -> None:
    assert warned([["blurred", "too_dark"], [], ["blurred"]]) == {"any": 2, "blurred": 2, "too_dark": 1}


def test_the_tables_say_what_was_counted_and_what_is_not_there() -> None:
    rate = {"value": 0.5, "low": 0.25, "high": 0.75}
    gate = {
        **coverage(EIGHT, ASSESSABLE, 0.3, [str(n) for n in range(8)], seed=1, resamples=50),
        "warned": {"any": 2, "blurred": 2},
        "non_lesions": {
            "charts": {"pictures": 40, "refused": 40, "accepted": []},
            "faces": {"pictures": 10, "refused": 8, "accepted": ["one", "other"]},
        },
    }
    test = {"auc": rate, "intervals": "95 % of everything"}
    manifest = {"metrics": {"test": test, "gate": gate}, "operating_point": {"sensitivity": rate, "specificity": rate}}
    json.dumps(manifest, allow_nan=False)
    assert "refuses 25.0% (" in gate_line(manifest)
    assert "48 of 50 pictures without a lesion (96.0%)" in gate_line(manifest)
    table = gate_table(manifest)
    assert "| charts | 40 | 40 (100%) |" in table
    assert "| faces | 10 | 8 (80%) |" in table
    assert "| AUC | 0.500 (0.250 to 0.750) | 1.000 (" in table
    assert "blurred 2" in table
    assert "Let through: one, other (faces)." in table
    for text in (gate_line({"metrics": {}}), gate_table({"metrics": {}}), compared_table(None)):
        assert text == WITHOUT
