"""Calibration: what is shown for a model's class probabilities, by Platt or by temperature scaling."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CLIP = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""


@dataclass(frozen=True, slots=True)
class Platt:
    """Platt scaling (Platt 1999) of the malignant probability: logit(p') = slope logit(p) + intercept.

    Each side's probability is shared out among its classes as the model does. A slope above 0 keeps the order of
    pictures by malignancy, so that it never changes a ROC curve.
    """

    method: ClassVar[str] = "platt"
    title: ClassVar[str] = "Platt scaling"

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and math.isfinite(self.intercept) and self.slope > 0):
            raise ValueError(f"calibration needs a finite slope above 0 and a finite intercept, got {self}")

    def __call__(self, probabilities: Floats, malignant: Mask) -> tuple[float, Floats]:
        """As `Temperature` has it."""
        p_malignant = self._scaled(float(probabilities[malignant].sum()))
        return p_malignant, np.where(
            malignant,
            _share(probabilities, malignant) * p_malignant,
            _share(probabilities, ~malignant) * (1 - p_malignant),
        )

    def _scaled(self, probability: float) -> float:
        clipped = min(max(probability, CLIP), 1 - CLIP)
        score = self.slope * math.log(clipped / (1 - clipped)) + self.intercept
        # The exponent never overflows this way round, whatever the sign of the score.
        return 1 / (1 + math.exp(-score)) if score >= 0 else math.exp(score) / (1 + math.exp(score))


@dataclass(frozen=True, slots=True)
class Temperature:
    """Temperature scaling (Guo et al. 2017): softmax(z / T) of the class logits z.

    The model gives p = softmax(z), and log p is z but for a constant, so that softmax(z / T) is p_k^(1/T), normalised.
    It keeps the order of the classes in a picture. The order of pictures by malignancy it may change, since that
    probability is the sum of several classes: AUC and thresholds have to be of the calibrated values.
    """

    method: ClassVar[str] = "temperature"
    title: ClassVar[str] = "temperature scaling"

    temperature: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"calibration needs a finite temperature above 0, got {self}")

    def __call__(self, probabilities: Floats, malignant: Mask) -> tuple[float, Floats]:
        """Calibrates one picture.

        Args:
            probabilities: float64 (classes,), the model's; they add up to 1.
            malignant: bool (classes,), which classes count as malignant.

        Returns:
            The probability of malignancy, 0..1, and float64 (classes,), which add up to 1, the malignant ones to it.
        """
        # By the largest first: its power is 1, so that not all of them can round to 0.
        powers = (probabilities / probabilities.max()) ** (1 / self.temperature)
        scaled = powers / powers.sum()
        return min(float(scaled[malignant].sum()), 1.0), scaled


Calibration = Platt | Temperature
METHODS: Mapping[str, type[Platt] | type[Temperature]] = {kind.method: kind for kind in (Platt, Temperature)}


def parameters(calibration: Calibration) -> dict[str, Any]:
    """What a manifest says of a calibration: {"method", and each of its numbers by name}."""
    numbers = {field.name: getattr(calibration, field.name) for field in fields(calibration)}
    return {"method": calibration.method, **numbers}


def from_parameters(entry: Mapping[str, Any] | None) -> Calibration | None:
    """The calibration that a manifest tells of; further keys are of no matter, and None is none.

    Raises:
        KeyError: a number is missing.
        ValueError: the method is unknown, or a number makes no sense.
    """
    if entry is None:
        return None
    if entry["method"] not in METHODS:
        known = " and ".join(repr(name) for name in METHODS)
        raise ValueError(f"calibration method {entry['method']!r} is unknown; this version knows {known}")
    kind = METHODS[entry["method"]]
    return kind(*(float(entry[field.name]) for field in fields(kind)))


def _share(values: Floats, mask: Mask) -> Floats:
    """Each class's share of its own side; even where the side has no probability at all."""
    total = float(values[mask].sum())
    return values / total if total > 0 else np.full(values.shape, 1 / mask.sum())
