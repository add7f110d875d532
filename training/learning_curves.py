"""What each run reached on validation, epoch by epoch: where more of the same stops to pay.

Nothing here opens the test part.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.files import write_whole
from training.recipe import Recipe
from training.report.curve_tables import CURVES, read_curves
from training.run_folder import RECORD, RunFolder

KEPT = {"validation_auc": "auc", "validation_balanced_accuracy": "balanced_accuracy", "validation_loss": "loss"}
"""Columns of a run's history, and what they are called here."""


def learning_curves(out: Path) -> list[dict[str, Any]]:
    """The finished runs in a folder, seeds and arms among them; small forms are left out.

    Args:
        out: holds the run folders.

    Returns:
        JSON-ready, a row a run: {"name", "network", "side" (of its pictures), "stages", "teachers", "start", "split",
        "precision", "auc", "balanced_accuracy", "loss": a number each epoch, on validation, not calibrated}.

    Raises:
        TrainingError: none is finished.
    """
    rows = []
    for record in sorted(out.glob(f"*/{RECORD}")):
        run = RunFolder(record.parent)
        recipe = Recipe.from_dict(run.record()["recipe"])
        if recipe.images is not None or not run.is_finished(recipe.fit):
            continue
        history = run.history()
        rows.append(
            {
                "name": recipe.name,
                "network": recipe.network.name,
                "side": recipe.preprocess.output_size,
                "stages": len(recipe.preprocess.stages),
                "teachers": list(recipe.distil.teachers) if recipe.distil else [],
                "start": recipe.start,
                "split": recipe.split,
                "precision": run.precision(),
                **{name: [round(row[column], 4) for row in history] for column, name in KEPT.items()},
            }
        )
    if not rows:
        raise TrainingError(f"{out} holds no finished run; `train`, `distil` or `release` makes one")
    return rows


def write_curves(rows: Sequence[dict[str, Any]], path: Path = CURVES) -> None:
    """Puts runs into the file, beside those of other recipes that it holds."""
    kept = {row["name"]: row for row in [*read_curves(path), *rows]}
    write_whole(path, json.dumps([kept[name] for name in sorted(kept)], indent=1) + "\n")
