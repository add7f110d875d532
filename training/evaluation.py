"""evaluation.json: all that is to be tabled and drawn about one evaluated run, without a picture of the data in it."""

import csv
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app.evaluation.bootstrap import Statistic, intervals
from app.evaluation.curves import confusion, precision_recall_points, roc_points
from app.evaluation.metrics import (
    BINARY_METRICS,
    CURVE_METRICS,
    METRICS,
    Answers,
    Metric,
    class_f1,
    class_precision,
    class_recall,
)
from app.evaluation.reliability import bin_statistics, reliability
from training.bundles import EVALUATION, PREDICTIONS
from training.datasets.schemes import BINARY, LabelScheme
from training.errors import TrainingError
from training.files import write_whole

SCHEMA_VERSION = 1
FIGURES = "figures"
"""In the run folder: what is drawn of the evaluation."""

CLASS_METRICS = {"precision": class_precision, "recall": class_recall, "f1": class_f1}


def measured(
    answers: Answers, groups: Sequence[str], scheme: LabelScheme, *, seed: int, resamples: int
) -> dict[str, Any]:
    """Every figure of the answers to a part; intervals are {"value", "low", "high"}, all from the same draws.

    Args:
        answers: weights all 1.
        groups: N names; images of a lesion share one and are drawn together.
        scheme: that labels and classes of the answers index.
        seed: of the bootstrap.
        resamples: draws of the bootstrap.

    Returns:
        JSON-ready: counts, "intervals" (in words), "metrics" (those of a bundle and those over all thresholds),
        "per_class" {name: {images, precision, recall, f1}} of benign, malignant and every class that has images,
        "confusion" {"malignancy", "classes"}: {labels, counts by true (row) and answered (column) class}, "reliability"
        (a row a bin), "curves" {"roc", "precision_recall"}: [[x, y], ...].
    """
    sides = replace(
        answers, labels=answers.malignant.astype(np.int64), classes=answers.predicted.astype(np.int64)
    )  # fmt: skip
    outputs = scheme.classes if scheme.classes != BINARY else ()
    metrics = {**(METRICS if outputs else BINARY_METRICS), **CURVE_METRICS}
    statistics = {name: _statistic(metric, answers) for name, metric in metrics.items()}
    images: dict[str, int] = {}
    for told, names in ((sides, BINARY), (answers, outputs)):
        for index, name in enumerate(names):
            if count := int((told.labels == index).sum()):
                images[name] = count
                statistics |= {f"{name} {kind}": _statistic(of(index), told) for kind, of in CLASS_METRICS.items()}
    statistics |= bin_statistics(answers)
    found = intervals(statistics, answers.malignant, groups, seed=seed, resamples=resamples)
    matrices = {"malignancy": {"labels": list(BINARY), "counts": confusion(sides.labels, sides.classes, 2)}}
    if outputs:
        counts = confusion(answers.labels, answers.classes, len(outputs))
        matrices["classes"] = {"labels": list(outputs), "counts": counts}
    return {
        "images": len(answers.malignant),
        "lesions": len(set(groups)),
        "malignant_images": int(answers.malignant.sum()),
        "intervals": f"95 % percentile bootstrap over lesions, {resamples:,} resamples",
        "metrics": {name: found[name] for name in metrics},
        "per_class": {
            name: {"images": count, **{kind: found[f"{name} {kind}"] for kind in CLASS_METRICS}}
            for name, count in images.items()
        },
        "confusion": matrices,
        "reliability": reliability(answers, found),
        "curves": {"roc": roc_points(answers), "precision_recall": precision_recall_points(answers)},
    }


def identity(recipe: Mapping[str, Any], version: str) -> dict[str, Any]:
    """What an evaluation says of a recipe, given as the JSON values that its run wrote: names, and a digest of all.

    The version is the bundle's, which may have moved on since the run.
    """
    content = json.dumps(recipe, sort_keys=True, separators=(",", ":")).encode()
    names = {key: recipe[key] for key in ("name", "dataset", "split", "scheme")}
    digest = hashlib.sha256(content).hexdigest()
    return {**names, "version": version, "smoke": recipe.get("images") is not None, "sha256": digest}


def training_record(training: Mapping[str, Any], history: Path) -> dict[str, Any]:
    """What an evaluation says of the training.

    Args:
        training: the manifest's `training`.
        history: the run's history.csv.

    Returns:
        {"parameters" (of what is shipped), "epochs_run", "before" (what the network had learnt before, as
        `RunFolder.before` has it), "seconds" (None where the history does not say how long it took), "history": a row
        an epoch}.
    """
    with history.open(newline="", encoding="utf-8") as file:
        rows = [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]
    timed = bool(rows) and all("seconds" in row for row in rows)
    return {
        "parameters": training["parameters"],
        "epochs_run": len(rows),
        "before": training.get("before", []),
        "seconds": sum(row["seconds"] for row in rows) if timed else None,
        "history": rows,
    }


def write_evaluation(run: Path, evaluation: Mapping[str, Any]) -> Path:
    """Writes `run`/evaluation.json and returns its path."""
    path = run / EVALUATION
    content = {"schema_version": SCHEMA_VERSION, **evaluation}
    write_whole(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
    return path


def forget_evaluation(run: Path) -> None:
    """Removes what was measured of a run's bundle before it was exported, calibrated or gated anew."""
    for name in (PREDICTIONS, EVALUATION):
        (run / name).unlink(missing_ok=True)
    shutil.rmtree(run / FIGURES, ignore_errors=True)


def read_evaluation(run: Path) -> dict[str, Any]:
    """What `evaluate` or `ensemble` wrote into the folder.

    Raises:
        TrainingError: it is not there, or of another version of this program.
    """
    path = run / EVALUATION
    if not path.is_file():
        raise TrainingError(f"{path} does not exist; `evaluate` that recipe first, or name --out")
    evaluation: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if evaluation.get("schema_version") != SCHEMA_VERSION:
        raise TrainingError(f"{path} was written by another version of this program; run `evaluate` again")
    return evaluation


def _statistic(metric: Metric, answers: Answers) -> Statistic:
    return lambda weights: metric(answers.reweighted(weights))
