"""Evaluated runs without a model: made-up answers, written as `evaluate` writes those of a model."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.datasets.schemes import SCHEMES
from training.evaluation import measured, write_evaluation
from training.predictions import Predictions, decided

DX = ("nv", "nv", "mel", "mel")


def write_run(
    run: Path, raw: list[list[float]], *, dx: tuple[str, ...] = DX, scheme: str = "melanoma", **recipe: Any
) -> dict[str, Any]:
    """Writes `run` with raw probabilities, a row an image; each image shows a lesion of its own.

    Args:
        run: folder to make; its name is the recipe's.
        raw: (N, classes) in the order of the scheme's classes.
        dx: N, what each image shows.
        scheme: name of the label scheme.
        recipe: what differs from the made-up recipe.
    """
    rows, labels = np.array(raw), SCHEMES[scheme]
    answers = decided(rows, dx, labels, None)
    ids = [f"image{number}" for number in range(len(dx))]
    table = pd.DataFrame({"image_id": ids, "lesion_id": ids, "dx": dx})
    table = table.assign(malignant=answers.malignant, p_malignant=answers.p_malignant)
    table = table.assign(**{f"raw_{code}": rows[:, at] for at, code in enumerate(labels.classes)})
    run.mkdir(parents=True)
    Predictions(run.name, table).write(run)
    evaluation = {
        "recipe": {
            "name": run.name, "version": "1.0.0", "dataset": "ham10000", "split": "drawn", "scheme": scheme,
            "smoke": False, "sha256": "0" * 64, **recipe,
        },
        "part": "test",
        "data_sha256": "1" * 64,
        "split_sha256": "2" * 64,
        **measured(answers, ids, labels, seed=1, resamples=20),
        "calibration": {"method": "none"},
        "operating_point": None,
        "model": None,
        "training": {"parameters": 1000, "epochs_run": 2, "seconds": None, "history": [
            {"epoch": 1.0, "loss": 1.5, "validation_auc": 0.6}, {"epoch": 2.0, "loss": 1.0, "validation_auc": 0.7},
        ]},
    }  # fmt: skip
    write_evaluation(run, evaluation)
    return evaluation
