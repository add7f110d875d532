"""From the model's class probabilities to the answer: calibrated probability of malignancy, prediction, confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.screening.calibration import Calibration

Prediction = Literal["benign", "malignant"]
Assessment = Literal["refer", "low_risk", "cannot_assess"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A measured share with its 95 % interval, all 0..1."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.value <= self.high <= 1:
            raise ValueError(f"a rate lies inside its interval and both between 0 and 1, not {self}")


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The threshold that decides who is referred, and what it was measured to do.

    Attributes:
        threshold: calibrated probability of malignancy from which a picture is `refer`, 0..1.
        sensitivity, specificity: on the data of `measured_on`, which the threshold was not chosen on.
        measured_on: which data, in words.
    """

    threshold: float
    sensitivity: Rate
    specificity: Rate
    measured_on: str

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(f"an operating point's threshold lies between 0 and 1, not at {self.threshold}")

    def predictive_values(self, prevalence: float) -> tuple[float, float]:
        """Positive and negative predictive value, 0..1, where a share `prevalence` (above 0, below 1) is malignant.

        Bayes' rule with the point's sensitivity and specificity, which are taken to be the same there.
        """
        if not 0 < prevalence < 1:
            raise ValueError(f"a prevalence lies between 0 and 1, not at {prevalence}")
        found, missed = self.sensitivity.value * prevalence, (1 - self.sensitivity.value) * prevalence
        cleared = self.specificity.value * (1 - prevalence)
        alarmed = (1 - self.specificity.value) * (1 - prevalence)
        return (
            found / (found + alarmed) if found + alarmed else 1.0,
            cleared / (cleared + missed) if cleared + missed else 1.0,
        )

    def assess(self, p_malignant: float) -> Assessment:
        """`refer` from the threshold on, `low_risk` below."""
        return "refer" if p_malignant >= self.threshold else "low_risk"


@dataclass(frozen=True, slots=True)
class Decision:
    """Attributes:
    prediction: the likelier of the two.
    p_malignant: calibrated probability of malignancy, 0..1.
    class_probabilities: calibrated, in the order of the classes; they add up to 1, the malignant ones to p_malignant.
    """

    prediction: Prediction
    p_malignant: float
    class_probabilities: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """Calibrated probability of the prediction, 0.5..1."""
        return self.p_malignant if self.prediction == "malignant" else 1 - self.p_malignant


def decide(
    probabilities: npt.NDArray[np.float32], malignant: Sequence[bool], calibration: Calibration | None
) -> Decision:
    """Decides on one picture.

    Args:
        probabilities: float32 (classes,), the model's output; adds up to about 1.
        malignant: for each class, whether it counts as malignant.
        calibration: None leaves the probabilities as they are.

    Raises:
        ValueError: the probabilities are not finite numbers from 0 to 1. A failure is never "benign".
    """
    values = np.asarray(probabilities, dtype=np.float64)
    mask = np.asarray(malignant, dtype=bool)
    if values.shape != mask.shape or not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise ValueError("the model's output is not a probability for each class")
    values = values / values.sum()
    if calibration:
        p_malignant, values = calibration(values, mask)
    else:
        p_malignant = float(values[mask].sum())
    return Decision(
        # An exact tie is read as malignant: the cost of a false reassurance is the higher one.
        prediction="malignant" if p_malignant >= 0.5 else "benign",
        p_malignant=p_malignant,
        class_probabilities=tuple(float(value) for value in values),
    )
