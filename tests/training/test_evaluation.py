"""evaluation.json holds what was counted by hand, and what is kept of a curve is the curve."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.curves import MOST_POINTS, confusion, precision_recall_points, roc_points, thinned
from app.evaluation.metrics import Answers, auc
from tests.training.made_up import write_run
from training.datasets.schemes import CLINICAL, MELANOMA
from training.errors import TrainingError
from training.evaluation import identity, measured, read_evaluation, training_record

EIGHT = Answers(
    malignant=np.array([1, 1, 1, 0, 0, 0, 0, 0], bool),
    p_malignant=np.array([0.9, 0.6, 0.3, 0.7, 0.4, 0.2, 0.2, 0.1]),
    labels=np.array([1, 1, 1, 0, 0, 0, 0, 0]),
    classes=np.array([1, 1, 0, 1, 0, 0, 0, 0]),
    weights=np.ones(8),
)
LESIONS = [str(number) for number in range(8)]


def test_both_sides_of_a_binary_scheme_have_precision_recall_and_f1() -> None:
    found = measured(EIGHT, LESIONS, MELANOMA, seed=1, resamples=50)
    values = {
        side: {name: row["value"] for name, row in rows.items() if name != "images"}
        for side, rows in found["per_class"].items()
    }
    assert values["malignant"] == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3})
    assert values["benign"] == pytest.approx({"precision": 4 / 5, "recall": 4 / 5, "f1": 4 / 5})
    assert {side: rows["images"] for side, rows in found["per_class"].items()} == {"benign": 5, "malignant": 3}
    assert found["confusion"] == {"malignancy": {"labels": ["benign", "malignant"], "counts": [[4, 1], [1, 2]]}}
    assert (found["images"], found["lesions"], found["malignant_images"]) == (8, 8, 3)
    assert "seven_class_accuracy" not in found["metrics"]
    for row in found["metrics"].values():
        assert row["low"] <= row["high"]


def test_each_class_of_a_scheme_of_seven_is_measured_and_one_without_images_is_not() -> None:
    codes = list(CLINICAL.classes)
    labels = np.array([codes.index(code) for code in ("nv", "nv", "nv", "mel", "mel", "bkl")])
    classes = np.array([codes.index(code) for code in ("nv", "nv", "bkl", "mel", "nv", "bkl")])
    answers = Answers(
        labels == codes.index("mel"), np.array([0.1, 0.1, 0.1, 0.9, 0.1, 0.1]), labels, classes, np.ones(6)
    )
    found = measured(answers, [str(number) for number in range(6)], CLINICAL, seed=1, resamples=50)
    assert list(found["per_class"]) == ["benign", "malignant", "bkl", "mel", "nv"]
    assert found["per_class"]["nv"]["precision"]["value"] == pytest.approx(2 / 3)
    assert found["per_class"]["bkl"]["recall"]["value"] == 1
    assert found["per_class"]["mel"]["f1"]["value"] == pytest.approx(2 / 3)
    counts = found["confusion"]["classes"]["counts"]
    assert counts[codes.index("mel")][codes.index("nv")] == 1
    assert sum(map(sum, counts)) == 6
    assert found["confusion"]["malignancy"]["counts"] == [[4, 0], [1, 1]]


def test_the_reliability_bins_hold_every_image_once() -> None:
    rows = measured(EIGHT, LESIONS, MELANOMA, seed=1, resamples=50)["reliability"]
    assert [row["images"] for row in rows] == [0, 1, 2, 1, 1, 0, 1, 1, 0, 1]
    assert (rows[2]["from"], rows[2]["to"]) == (0.2, pytest.approx(0.3))
    assert (rows[2]["mean_probability"], rows[2]["malignant_share"]["value"]) == (0.2, 0)
    assert rows[9]["malignant_share"]["value"] == 1
    assert rows[0]["mean_probability"] is None
    assert rows[0]["malignant_share"] is None


def test_a_short_curve_is_kept_corner_by_corner() -> None:
    # Malignant .9, benign .7, malignant .6, benign .4, malignant .3, then only benign.
    corners = [[0, 0], [0, 1 / 3], [0.2, 1 / 3], [0.2, 2 / 3], [0.4, 2 / 3], [0.4, 1], [1, 1]]
    assert np.allclose(roc_points(EIGHT), corners, atol=1e-5)
    points = precision_recall_points(EIGHT)
    assert points[0] == pytest.approx([1 / 3, 1], abs=1e-5)
    assert points[-1] == pytest.approx([1, 3 / 8])


def test_what_is_kept_of_a_long_curve_shows_no_loss() -> None:
    random = np.random.default_rng(1)
    truth = random.uniform(size=3000) < 0.25
    p_malignant = np.clip(truth * 0.25 + random.uniform(size=3000) * 0.75, 0, 1)
    many = Answers(truth, p_malignant, truth.astype(int), truth.astype(int), np.ones(3000))
    points = np.array(roc_points(many))
    assert len(points) <= MOST_POINTS
    assert np.array_equal(points[[0, -1]], [[0, 0], [1, 1]])
    area = (np.diff(points[:, 0]) * (points[1:, 1] + points[:-1, 1]) / 2).sum()
    assert area == pytest.approx(float(auc(many)), abs=0.001)
    assert len(precision_recall_points(many)) <= MOST_POINTS


def test_thinning_keeps_a_corner_and_drops_what_lies_on_a_line() -> None:
    line = np.stack([np.linspace(0, 1, 50), np.linspace(0, 1, 50)], axis=1)
    assert thinned(line).tolist() == [0, 49]
    line[20] = [0.3, 0.9]
    assert {19, 20, 21} <= set(thinned(line).tolist())
    assert thinned(line, most=3).tolist() == [0, 20, 49]


def test_a_confusion_matrix_has_the_truth_in_its_rows() -> None:
    assert confusion(np.array([0, 0, 1]), np.array([0, 2, 1]), 3) == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_an_evaluation_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = write_run(tmp_path / "one", [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]])
    assert read_evaluation(tmp_path / "one") == {"schema_version": 1, **written}
    with pytest.raises(TrainingError, match="`evaluate` that recipe first"):
        read_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(TrainingError, match="another version of this program; run `evaluate` again"):
        read_evaluation(tmp_path)


def test_a_recipe_is_told_from_one_with_another_value() -> None:
    recipe = {"name": "one", "version": "1", "dataset": "d", "split": "s", "scheme": "clinical", "seed": 1}
    first, other = identity(recipe, "2"), identity({**recipe, "seed": 2}, "2")
    assert {key: first[key] for key in ("name", "version", "smoke")} == {"name": "one", "version": "2", "smoke": False}
    assert len(first["sha256"]) == 64
    assert first["sha256"] != other["sha256"]
    assert identity({**recipe, "images": 160}, "2")["smoke"]


def test_the_time_of_a_training_is_told_where_every_epoch_has_it(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text("epoch,loss,seconds\n1,1.5,60.5\n2,1.25,59.5\n")
    record = training_record({"parameters": 7}, history)
    assert (record["epochs_run"], record["seconds"], record["parameters"]) == (2, 120, 7)
    assert record["history"][1] == {"epoch": 2, "loss": 1.25, "seconds": 59.5}
    history.write_text("epoch,loss,seconds\n1,1.5,\n2,1.25,59.5\n")
    assert training_record({"parameters": 7}, history)["seconds"] is None
