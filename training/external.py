"""A test on another publisher's pictures: ISIC 2017, melanoma or not.

Its test part is never used for any choice. Its training part is there for those: what it shows may be acted on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.evaluation.bootstrap import BOOTSTRAP_SEED, RESAMPLES, measure, operating_rates
from app.evaluation.metrics import METRICS, Answers, Floats
from app.screening.screener import Screener
from training.bundles import read_manifest, write_manifest
from training.coverage import coverage
from training.datasets.isic2017 import NAME
from training.datasets.records import Dataset, LesionRecord
from training.errors import TrainingError
from training.evaluate import assessable, raw_probabilities, screen_all
from training.predictions import decided_malignancy

MELANOMA = "mel"
EXTERNAL_METRICS = ("auc", "brier", "ece")


def external_part(dataset: Dataset, part: str = "test") -> list[LesionRecord]:
    """One of the publisher's parts."""
    return [record for record in dataset.records if record.part == part]


def evaluate_external(folder: Path, records: Sequence[LesionRecord], *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Measures a bundle on the test part, and writes what comes of it into the manifest's metrics."""
    manifest = read_manifest(folder)
    found = measure_external(folder, records, resamples=resamples)
    manifest["metrics"]["external"] = found
    write_manifest(folder, manifest)
    return found


def measure_external(
    folder: Path, records: Sequence[LesionRecord], part: str = "test", *, resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Screens pictures of another publisher.

    Malignant means melanoma there: the other lesions are naevi and seborrhoeic keratoses. The score is the calibrated
    probability of malignancy, as it is shown; "auc_melanoma" is the AUC of
    what the model gives the class melanoma alone, before calibration.

    Returns:
        {"data", "images", "melanomas", "intervals", "auc", "auc_melanoma", "brier", "ece", "sensitivity",
        "specificity" (both at the operating point), "gate"}.

    Raises:
        TrainingError: the bundle has no operating point, or no class melanoma.
    """
    manifest = read_manifest(folder)
    point = manifest["operating_point"]
    codes = [entry["code"] for entry in manifest["classes"]]
    if not point or MELANOMA not in codes:
        raise TrainingError(f"{folder} is not calibrated, or does not tell melanoma apart; run `calibrate` first")
    screener = Screener.from_folder(folder)
    screenings = screen_all(screener, records)
    raw = raw_probabilities(screenings)
    melanoma = np.array([record.dx == MELANOMA for record in records])
    malignant = [label.malignant for label in screener.bundle.classes]
    p_malignant = decided_malignancy(raw, malignant, screener.bundle.calibration)
    answers = _answers(melanoma, p_malignant)
    groups = [record.group for record in records]
    options: dict[str, Any] = {"seed": BOOTSTRAP_SEED, "resamples": resamples}
    metrics = measure(answers, groups, metrics={name: METRICS[name] for name in EXTERNAL_METRICS}, **options)
    alone = _answers(melanoma, raw[:, codes.index(MELANOMA)].astype(np.float64))
    return {
        "data": f"{NAME} {part} part",
        "images": len(records),
        "melanomas": int(melanoma.sum()),
        "intervals": f"95 % percentile bootstrap over images, {resamples:,} resamples",
        **metrics,
        "auc_melanoma": measure(alone, groups, metrics={"auc": METRICS["auc"]}, **options)["auc"],
        **operating_rates(answers, point["threshold"], groups, **options),
        "gate": coverage(answers, assessable(screenings), point["threshold"], groups, **options)
        if screener.bundle.gate
        else None,
    }


def _answers(malignant: npt.NDArray[np.bool_], score: Floats) -> Answers:
    sides = malignant.astype(np.int64)
    return Answers(malignant, score, sides, (score >= 0.5).astype(np.int64), np.ones(len(malignant)))
