"""Agreement of two models and their mean, on answers worked out by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.training.made_up import write_run
from training.agreement import agreement, cohens_kappa, correlation
from training.ensemble import ensemble
from training.errors import TrainingError
from training.evaluation import read_evaluation
from training.predictions import read_predictions

FIRST = [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]]
SECOND = [[0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.1, 0.9]]


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    write_run(tmp_path / "first", FIRST)
    write_run(tmp_path / "second", SECOND)
    return [tmp_path / "first", tmp_path / "second"]


def test_agreement_is_what_its_formulas_give(runs: list[Path]) -> None:
    found = agreement(*read_predictions(runs), seed=1, resamples=50)
    values = {name: row["value"] for name, row in found.items()}
    # First: benign, then three times malignant. Second: three times benign, then malignant.
    assert values["same_decision"] == values["same_class"] == 0.5
    by_chance = 0.75 * 0.25 + 0.25 * 0.75
    assert values["kappa"] == pytest.approx((0.5 - by_chance) / (1 - by_chance))
    divergences = [
        sum(p * math.log(p / q) for p, q in zip(one, other, strict=True))
        for one, other in zip(FIRST, SECOND, strict=True)
    ]
    assert values["kl_divergence"] == pytest.approx(sum(divergences) / 4)
    malignant = np.array([FIRST, SECOND])[:, :, 1]
    assert values["correlation"] == pytest.approx(np.corrcoef(malignant)[0, 1])
    for row in found.values():
        assert row["low"] <= row["value"] <= row["high"]


def test_a_model_agrees_with_itself(runs: list[Path]) -> None:
    found = agreement(*read_predictions([runs[0], runs[0]]), seed=1, resamples=50)
    expected = {"same_decision": 1, "kappa": 1, "same_class": 1, "kl_divergence": 0, "correlation": 1}
    assert {name: row["value"] for name, row in found.items()} == pytest.approx(expected)
    assert all(row["low"] == pytest.approx(row["high"]) for row in found.values())


def test_a_certain_model_diverges_finitely_from_one_that_excludes_its_class(tmp_path: Path) -> None:
    write_run(tmp_path / "certain", [[1, 0], [1, 0], [0, 1], [0, 1]])
    write_run(tmp_path / "opposite", [[0, 1], [0, 1], [1, 0], [1, 0]])
    tables = read_predictions([tmp_path / "certain", tmp_path / "opposite"])
    found = agreement(*tables, seed=1, resamples=20)
    assert found["kl_divergence"]["value"] == pytest.approx(math.log(1e6), rel=1e-4)
    assert found["kappa"]["value"] == pytest.approx(-1)


def test_weights_are_counts_and_constants_have_no_correlation() -> None:
    one, other = np.array([True, True, False]), np.array([True, False, False])
    twice = cohens_kappa(one[[0, 1, 2, 2]], other[[0, 1, 2, 2]], np.ones(4))
    assert cohens_kappa(one, other, np.array([[1.0, 1, 2]])) == pytest.approx([float(twice)])
    assert cohens_kappa(one, one, np.array([1.0, 1, 0])) == 1
    assert correlation(np.array([0.2, 0.2]), np.array([0.1, 0.9]), np.ones(2)) == 0


def test_models_of_other_classes_are_refused_by_name(runs: list[Path], tmp_path: Path) -> None:
    seven = np.full((4, 7), 1 / 7).tolist()
    write_run(tmp_path / "seven", seven, scheme="clinical")
    with pytest.raises(TrainingError, match=r"seven akiec, bcc, .* or use `compare`"):
        agreement(*read_predictions([runs[0], tmp_path / "seven"]), seed=1)


def test_an_ensemble_averages_probabilities_and_is_measured_as_a_run_is(runs: list[Path], tmp_path: Path) -> None:
    returned = ensemble("both", runs, tmp_path / "both", resamples=50)
    assert read_evaluation(tmp_path / "both") == {"schema_version": 1, **returned}
    [table] = read_predictions([tmp_path / "both"])
    assert table.raw == pytest.approx((np.array(FIRST) + SECOND) / 2)
    assert table.answers.p_malignant == pytest.approx([0.15, 0.45, 0.55, 0.85])
    assert returned["metrics"]["accuracy"]["value"] == 1  # each member errs once, on another image
    assert [read_evaluation(run)["metrics"]["accuracy"]["value"] for run in runs] == [0.75, 0.75]
    assert returned["calibration"] == {"method": "none"}
    assert returned["operating_point"] is None
    assert [member["name"] for member in returned["ensemble_of"]] == ["first", "second"]
    assert returned["training"]["parameters"] == 2000
    assert (tmp_path / "both" / "figures" / "roc.png").is_file()
    ensemble("three", [*runs, tmp_path / "both"], tmp_path / "three", resamples=20)


def test_an_ensemble_of_what_does_not_belong_together_is_refused(runs: list[Path], tmp_path: Path) -> None:
    def refused(words: str, members: list[Path], name: str = "both") -> None:
        with pytest.raises(TrainingError, match=words):
            ensemble(name, members, tmp_path / name)
        assert not (tmp_path / "both").exists()

    write_run(tmp_path / "elsewhere", FIRST, split="other")
    write_run(tmp_path / "fewer", FIRST[1:] + SECOND[:1], dx=("nv", "mel", "mel", "nv"))
    refused("at least two recipes", runs[:1])
    refused("each named once", [runs[0], runs[0]])
    refused("elsewhere and first differ in split", [runs[0], tmp_path / "elsewhere"])
    refused("first and fewer were not measured on the same images", [runs[0], tmp_path / "fewer"])
    refused("`evaluate` that recipe first", [runs[0], tmp_path / "nothing"])
    refused("give the ensemble another --name", runs, "first")
    refused("not '../both'", runs, "../both")
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained" / "run.json").write_text("{}")
    refused("holds a run of its own", runs, "trained")
    before = json.loads((runs[1] / "evaluation.json").read_text())
    (runs[1] / "evaluation.json").write_text(json.dumps({**before, "split_sha256": "3" * 64}))
    refused("second and first differ in split_sha256", runs)
