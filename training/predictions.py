"""A run's answers to the test part as a table: test_predictions.csv, a row an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.evaluation.metrics import Answers, Floats
from app.screening.calibration import Calibration
from app.screening.decision import decide
from training.bundles import PREDICTIONS
from training.datasets.schemes import LabelScheme
from training.errors import TrainingError

RAW = "raw_"
"""Before a class's code: the column of its probability before calibration."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Attributes:
    name: of the run.
    table: a row an image, ordered by image id: image_id, lesion_id (missing where none is named), dx, malignant,
        p_malignant (calibrated) and a raw_CODE a class.
    """

    name: str
    table: pd.DataFrame

    @property
    def codes(self) -> tuple[str, ...]:
        """Of the classes, in the order of the model's outputs."""
        return tuple(str(column).removeprefix(RAW) for column in self.table if str(column).startswith(RAW))

    @property
    def raw(self) -> Floats:
        """The model's probabilities before calibration, float (N, classes)."""
        probabilities: Floats = self.table[[f"{RAW}{code}" for code in self.codes]].to_numpy(np.float64)
        return probabilities

    @property
    def groups(self) -> list[str]:
        """The lesion of each image, or the image itself where no lesion is named."""
        groups: list[str] = self.table["lesion_id"].fillna(self.table["image_id"]).tolist()
        return groups

    @property
    def answers(self) -> Answers:
        """Benign and malignant as the two classes, whatever the model tells apart."""
        malignant = self.table["malignant"].to_numpy(bool)
        p_malignant = self.table["p_malignant"].to_numpy(np.float64)
        predicted = (p_malignant >= 0.5).astype(np.int64)
        return Answers(malignant, p_malignant, malignant.astype(np.int64), predicted, np.ones(len(self.table)))

    def write(self, run: Path) -> None:
        """Writes `run`/test_predictions.csv."""
        self.table.to_csv(run / PREDICTIONS, index=False)


def read_predictions(runs: Sequence[Path]) -> list[Predictions]:
    """What `evaluate` wrote of several runs.

    Raises:
        TrainingError: one of the runs is not evaluated, or they are not about the same images with the same labels.
    """
    found: list[Predictions] = []
    for run in runs:
        if not (run / PREDICTIONS).is_file():
            raise TrainingError(f"{run / PREDICTIONS} does not exist; `evaluate` that recipe first, or name --out")
        texts = dict.fromkeys(("image_id", "lesion_id", "dx"), str)
        table = pd.read_csv(run / PREDICTIONS, dtype=texts, float_precision="round_trip")
        found.append(Predictions(run.name, table.sort_values("image_id", ignore_index=True)))
    truth = ["image_id", "malignant"]
    for other in found[1:]:
        if not found[0].table[truth].equals(other.table[truth]):
            raise TrainingError(
                f"{found[0].name} and {other.name} were not measured on the same images with the same labels"
            )
    return found


def decided(
    raw: npt.NDArray[np.float32] | Floats, dx: Sequence[str], scheme: LabelScheme, calibration: Calibration | None
) -> Answers:
    """The decisions that serving makes of raw probabilities, beside the truth.

    Args:
        raw: float (N, classes), in the order of the scheme's classes.
        dx: N, what each lesion is.
        scheme: says what is a class and what is malignant.
        calibration: None leaves probabilities as they are.
    """
    decisions = [decide(row, scheme.malignant_outputs, calibration) for row in raw]
    return Answers(
        malignant=np.array([scheme.is_malignant(code) for code in dx]),
        p_malignant=np.array([decision.p_malignant for decision in decisions]),
        labels=np.array([scheme.target(code) for code in dx]),
        classes=np.array([int(np.argmax(decision.class_probabilities)) for decision in decisions]),
        weights=np.ones(len(dx)),
    )


def decided_malignancy(
    raw: npt.NDArray[np.float32] | Floats, malignant: Sequence[bool], calibration: Calibration | None
) -> Floats:
    """The calibrated probability of malignancy that serving shows for raw probabilities, float (N,)."""
    return np.array([decide(row, malignant, calibration).p_malignant for row in raw])
