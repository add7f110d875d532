"""What runs reached on validation, collected from their folders."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from training.errors import TrainingError
from training.learning_curves import learning_curves, write_curves
from training.recipe import Recipe, load_recipe
from training.report.curve_tables import curves_table, read_curves

ROW = {
    "loss": 1.0,
    "validation_loss": 0.51234,
    "validation_auc": 0.9,
    "validation_balanced_accuracy": 0.6,
    "seconds": 1,
}


def write_run(out: Path, recipe: Recipe, aucs: list[float]) -> None:
    folder = out / recipe.name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"recipe": recipe.to_dict(), "precision": "mixed_bfloat16"}))
    rows = [{"epoch": epoch, **ROW, "validation_auc": auc} for epoch, auc in enumerate(aucs, 1)]
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    (folder / "history.csv").write_text("\n".join(lines) + "\n")


def test_finished_runs_are_listed_with_what_they_learnt_from(tmp_path: Path) -> None:
    whole = load_recipe("three_block_distilled-seed2")
    whole = replace(whole, fit=replace(whole.fit, cycles=(4,)))
    write_run(tmp_path, whole, [0.80004, 0.85, 0.87, 0.88])
    write_run(tmp_path, load_recipe("mobile_short_brief"), [0.7])
    write_run(tmp_path, load_recipe("three_block_ham10000-smoke"), [0.5, 0.5])
    (row,) = learning_curves(tmp_path)
    assert row["auc"] == [0.8, 0.85, 0.87, 0.88]
    assert row["loss"][-1] == 0.5123
    table = curves_table([row])
    assert (
        "| `three_block_distilled-seed2` | three_block | 96 | 2 | mixed_bfloat16 | `resnet50_ham10000` and `mobile"
        in table
    )
    assert "goes on from `three_block_plain-seed2` | 4 | 0.850 | 0.880 | 0.600 | 0.512 |" in table


def test_runs_stay_in_the_file_when_others_are_added(tmp_path: Path) -> None:
    kept = tmp_path / "learning_curves.json"
    write_curves([{"name": "b", "auc": [1]}], kept)
    write_curves([{"name": "a", "auc": [2]}, {"name": "b", "auc": [3]}], kept)
    assert read_curves(kept) == [{"name": "a", "auc": [2]}, {"name": "b", "auc": [3]}]


def test_without_a_finished_run_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no finished run"):
        learning_curves(tmp_path)
