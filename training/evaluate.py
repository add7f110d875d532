"""Measures a bundle as it will be served: every image's file goes through the Screener. No TensorFlow here.

`calibrate` sees the validation part only; `evaluate` opens the test part, which is logged, and changes nothing but the
metrics in the manifest.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from app.evaluation.bootstrap import BOOTSTRAP_SEED, RESAMPLES, operating_rates
from app.evaluation.metrics import METRICS, Answers
from app.screening.bundle import MODEL_FILE
from app.screening.decision import decide
from app.screening.screener import Screener, Screening
from training.bundles import read_manifest, write_manifest
from training.calibration import choose_calibration, told
from training.coverage import coverage, refused_non_lesions, warned
from training.datasets.records import LesionRecord
from training.datasets.schemes import SCHEMES
from training.evaluation import FIGURES, identity, measured, training_record, write_evaluation
from training.failures import failures, views_of
from training.figures.draw import draw_all
from training.predictions import RAW, Predictions, decided, decided_malignancy
from training.subgroups import by_subgroup

PARITY_IMAGES = 100
TARGET_SENSITIVITY = 0.95


def calibrate(folder: Path, validation: Sequence[LesionRecord]) -> dict[str, Any]:
    """Chooses and fits calibration and threshold on the validation part and writes both into the bundle's manifest.

    Returns:
        The manifest's `calibration` and `operating_point`.

    Raises:
        TrainingError: the model is no better than chance, so that there is nothing to calibrate, or the part has too
            few lesions to compare calibrations on.
    """
    manifest = read_manifest(folder)
    manifest.update(calibration=None, operating_point=None, metrics={})
    write_manifest(folder, manifest)
    screener = Screener.from_folder(folder)
    raw = raw_probabilities(screen_all(screener, validation))
    truth = to_answers(screener, raw, validation).malignant
    groups = [record.group for record in validation]
    flags = [label.malignant for label in screener.bundle.classes]
    calibration, compared = choose_calibration(raw, flags, truth, groups)
    manifest["calibration"] = told(calibration, compared, groups)
    # By the very function that serving calls, so that no image falls on the other side of the threshold there.
    calibrated = decided_malignancy(raw, flags, calibration)
    manifest["operating_point"] = {
        "target_sensitivity": TARGET_SENSITIVITY,
        "threshold": threshold_for(calibrated[truth], TARGET_SENSITIVITY),
        "chosen_on": "validation",
        "measured_on": None,
    }
    write_manifest(folder, manifest)
    return {"calibration": manifest["calibration"], "operating_point": manifest["operating_point"]}


def threshold_for(malignant_probabilities: npt.NDArray[np.float64], sensitivity: float) -> float:
    """The highest threshold that refers at least this share of the malignant images.

    Args:
        malignant_probabilities: float (N,), calibrated, of the malignant images.
        sensitivity: 0..1.
    """
    descending = np.sort(malignant_probabilities)[::-1]
    return float(descending[int(np.ceil(sensitivity * len(descending))) - 1])


def evaluate(folder: Path, test: Sequence[LesionRecord], run: Path, *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Screens the test part and writes what comes of it.

    The metrics go into the manifest, each answer into `run`/test_predictions.csv, and all that is to be tabled and
    drawn into `run`/evaluation.json, from which `run`/figures is drawn.

    Returns:
        The manifest's `metrics`.
    """
    screener = Screener.from_folder(folder)
    screenings = screen_all(screener, test)
    raw = raw_probabilities(screenings)
    groups = [record.group for record in test]
    answers = to_answers(screener, raw, test)
    manifest = read_manifest(folder)
    training = manifest["training"]
    scheme = SCHEMES[training["recipe"]["scheme"]]
    figures = measured(answers, groups, scheme, seed=BOOTSTRAP_SEED, resamples=resamples)
    counts = {key: figures[key] for key in ("images", "lesions", "malignant_images", "intervals")}
    manifest["metrics"] = {
        "test": {**counts, **{name: value for name, value in figures["metrics"].items() if name in METRICS}},
        "keras_tflite": _compare_with_keras(screener, raw, test, run),
    }
    threshold = manifest["operating_point"]["threshold"]
    rates = operating_rates(answers, threshold, groups, seed=BOOTSTRAP_SEED, resamples=resamples)
    where = f"{training['recipe']['dataset']} test part, {len(test):,} images of {len(set(groups)):,} lesions"
    manifest["operating_point"].update(measured_on=where, **rates)
    if screener.bundle.gate:
        manifest["metrics"]["gate"] = {
            **coverage(answers, assessable(screenings), threshold, groups, seed=BOOTSTRAP_SEED, resamples=resamples),
            "warned": warned([[each.code for each in found.quality.warnings] for found in screenings if found.quality]),
            "non_lesions": refused_non_lesions(screener),
        }
    options: dict[str, Any] = {"seed": BOOTSTRAP_SEED, "resamples": resamples}
    manifest["metrics"]["subgroups"] = by_subgroup(answers, test, threshold, **options)
    predictions = Predictions(run.name, _table(screener, screenings, answers, test))
    manifest["metrics"]["failures"] = failures(predictions, test, threshold, views_of(test), **options)
    write_manifest(folder, manifest)
    predictions.write(run)
    evaluation = {
        "recipe": identity(training["recipe"], manifest["version"]),
        "part": "test",
        "data_sha256": training["data_sha256"],
        "split_sha256": training["split_sha256"],
        **figures,
        "calibration": manifest["calibration"],
        "operating_point": manifest["operating_point"],
        "gate": manifest["metrics"].get("gate"),
        "subgroups": manifest["metrics"]["subgroups"],
        "model": {"bytes": manifest["files"][MODEL_FILE]["bytes"], "format": manifest["export"]["format"]},
        "training": training_record(training, run / "history.csv"),
    }
    write_evaluation(run, evaluation)
    draw_all(evaluation, run / FIGURES)
    metrics: dict[str, Any] = manifest["metrics"]
    return metrics


def to_answers(screener: Screener, raw: npt.NDArray[np.float32], records: Sequence[LesionRecord]) -> Answers:
    """The bundle's decisions on (N, classes) raw probabilities, beside the truth."""
    scheme = SCHEMES[screener.bundle.manifest["training"]["recipe"]["scheme"]]
    return decided(raw, [record.dx for record in records], scheme, screener.bundle.calibration)


def screen_all(screener: Screener, records: Sequence[LesionRecord]) -> list[Screening]:
    """The answers to the files of N records, without their pictures, which would fill the memory."""
    nothing = np.zeros((0, 0, 3), np.uint8)
    return [
        replace(screener.screen(record.image_path.read_bytes()), image=nothing)
        for record in tqdm(records, desc="screening", unit="image")
    ]


def raw_probabilities(screenings: Sequence[Screening]) -> npt.NDArray[np.float32]:
    """Of N answers, whatever the gate says: float32 (N, classes)."""
    return np.stack([screening.raw_probabilities for screening in screenings])


def assessable(screenings: Sequence[Screening]) -> npt.NDArray[np.bool_]:
    """Which of N answers the gate does not refuse: bool (N,)."""
    return np.array([screening.assessment != "cannot_assess" for screening in screenings])


def _compare_with_keras(
    screener: Screener, raw: npt.NDArray[np.float32], records: Sequence[LesionRecord], run: Path
) -> dict[str, Any]:
    expected = json.loads((run / "keras_probabilities.json").read_text(encoding="utf-8"))
    flags = [label.malignant for label in screener.bundle.classes]
    differences, same = [], 0
    for row, record in zip(raw, records, strict=True):
        if record.image_id not in expected:
            continue
        keras_row = np.array(expected[record.image_id], dtype=np.float32)
        differences.append(float(np.abs(row - keras_row).max()))
        decisions = [decide(values, flags, screener.bundle.calibration).prediction for values in (row, keras_row)]
        same += decisions[0] == decisions[1]
    return {"images": len(differences), "largest_difference": max(differences), "same_decision": same}


def _table(
    screener: Screener, screenings: Sequence[Screening], answers: Answers, records: Sequence[LesionRecord]
) -> pd.DataFrame:
    columns = {
        "image_id": [record.image_id for record in records],
        "lesion_id": [record.lesion_id for record in records],
        "dx": [record.dx for record in records],
        "malignant": answers.malignant,
        "p_malignant": answers.p_malignant,
        "assessable": assessable(screenings),
    }
    # float32 as the float64 of the same value: its shortest decimal alone would come back as another number.
    probabilities = raw_probabilities(screenings).astype(np.float64).T
    codes = [label.code for label in screener.bundle.classes]
    return pd.DataFrame(columns | {f"{RAW}{code}": row for code, row in zip(codes, probabilities, strict=True)})
