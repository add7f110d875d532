"""Learning curves of all runs of a split as Markdown."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.config import REPOSITORY

CURVES = REPOSITORY / "docs" / "figures" / "learning_curves.json"


def read_curves(path: Path = CURVES) -> list[dict[str, Any]]:
    """The kept runs, by name; none where there is no file yet."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return rows


def curves_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A row a run: what it is, and its validation at half of its epochs and at their end."""
    titles = (
        "run", "network", "pixels", "stages", "precision", "learns from", "epochs", "AUC at half of them", "AUC",
        "balanced accuracy of seven", "loss",
    )  # fmt: skip
    lines = [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]
    for row in rows:
        aucs = row["auc"]
        learns = " and ".join(f"`{name}`" for name in row["teachers"]) or "hard labels"
        goes_on = f", goes on from `{row['start']}`" if row["start"] else ""
        lines.append(
            f"| `{row['name']}` | {row['network']} | {row['side']} | {row['stages']} | {row['precision']} "
            f"| {learns}{goes_on} | {len(aucs)} "
            f"| {aucs[(len(aucs) - 1) // 2]:.3f} | {aucs[-1]:.3f} | {row['balanced_accuracy'][-1]:.3f} "
            f"| {row['loss'][-1]:.3f} |"
        )
    splits = sorted({row["split"] for row in rows})
    what = (
        f"On the validation part of {' and '.join(f'`{name}`' for name in splits)}, not calibrated, a picture alone "
        "without its mirror images. The loss is the negative log likelihood of the true class of seven, in nats."
    )
    return "\n".join([*lines, "", what])
