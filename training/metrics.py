"""Metrics as pure functions, and their 95 % intervals by a bootstrap that draws lesions, not images."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

ECE_BINS = 10
RESAMPLES = 1000
SMOKE_RESAMPLES = 50
"""Draws of the bootstrap; the second number is for --smoke."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers to N images.

    Attributes:
        malignant: bool (N,), the truth.
        p_malignant: float (N,), calibrated.
        labels: int (N,), index of the true class.
        classes: int (N,), index of the likeliest class.
        weights: float (N,), how often each image counts.
    """

    malignant: npt.NDArray[np.bool_]
    p_malignant: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]

    @property
    def predicted(self) -> npt.NDArray[np.bool_]:
        """Whether each image is predicted malignant: the likelier of the two, as `decide` has it."""
        return self.p_malignant >= 0.5

    def reweighted(self, weights: npt.NDArray[np.float64]) -> "Answers":
        """The same answers with other weights; images of weight 0 are left out."""
        kept = weights > 0
        return Answers(
            self.malignant[kept], self.p_malignant[kept], self.labels[kept], self.classes[kept], weights[kept]
        )


Metric = Callable[[Answers], float]


def expected_calibration_error(answers: Answers) -> float:
    """ECE of the malignant probability (Naeini et al. 2015) in ten bins of equal width."""
    bins = np.minimum((answers.p_malignant * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = np.bincount(bins, answers.weights * (answers.malignant - answers.p_malignant), ECE_BINS)
    return float(np.abs(gaps).sum() / answers.weights.sum())


def brier_score(answers: Answers) -> float:
    """Mean squared distance of the malignant probability from the truth (Brier 1950)."""
    return float(np.average((answers.p_malignant - answers.malignant) ** 2, weights=answers.weights))


METRICS: Mapping[str, Metric] = {
    "auc": lambda a: float(roc_auc_score(a.malignant, a.p_malignant, sample_weight=a.weights)),
    "sensitivity": lambda a: float(recall_score(a.malignant, a.predicted, sample_weight=a.weights)),
    "specificity": lambda a: float(recall_score(~a.malignant, ~a.predicted, sample_weight=a.weights)),
    "precision": lambda a: float(precision_score(a.malignant, a.predicted, sample_weight=a.weights, zero_division=0.0)),
    "accuracy": lambda a: float(accuracy_score(a.malignant, a.predicted, sample_weight=a.weights)),
    "f1": lambda a: float(f1_score(a.malignant, a.predicted, sample_weight=a.weights, zero_division=0.0)),
    "mcc": lambda a: float(matthews_corrcoef(a.malignant, a.predicted, sample_weight=a.weights)),
    "brier": brier_score,
    "ece": expected_calibration_error,
    "seven_class_balanced_accuracy": lambda a: float(
        balanced_accuracy_score(a.labels, a.classes, sample_weight=a.weights)
    ),
    "seven_class_accuracy": lambda a: float(accuracy_score(a.labels, a.classes, sample_weight=a.weights)),
}
"""Of malignant versus benign unless the name says otherwise; predictions at probability 0.5."""

BINARY_METRICS: Mapping[str, Metric] = {name: metric for name, metric in METRICS.items() if "class" not in name}
"""Those that a model of two outputs has."""


def operating_rates(
    answers: Answers, threshold: float, groups: Sequence[str], *, seed: int, resamples: int = RESAMPLES
) -> dict[str, dict[str, float]]:
    """Sensitivity and specificity at a threshold of the calibrated probability, as `measure` gives them."""
    rates: Mapping[str, Metric] = {
        "sensitivity": lambda a: float(
            np.average(a.p_malignant[a.malignant] >= threshold, weights=a.weights[a.malignant])
        ),
        "specificity": lambda a: float(
            np.average(a.p_malignant[~a.malignant] < threshold, weights=a.weights[~a.malignant])
        ),
    }
    return measure(answers, groups, seed=seed, metrics=rates, resamples=resamples)


def measure(
    answers: Answers,
    groups: Sequence[str],
    *,
    seed: int,
    metrics: Mapping[str, Metric] = METRICS,
    resamples: int = RESAMPLES,
) -> dict[str, dict[str, float]]:
    """Every metric with its 95 % percentile interval.

    Args:
        answers: weights all 1.
        groups: N names; images of a lesion share one and are drawn together.
        seed: of the bootstrap.
        metrics: to be measured.
        resamples: draws of the bootstrap.

    Returns:
        {metric: {"value", "low", "high"}}.

    Raises:
        ValueError: all images are malignant, or all benign.
    """
    if answers.malignant.all() or not answers.malignant.any():
        raise ValueError("metrics need malignant and benign images")
    draws = [answers.reweighted(weights) for weights in lesion_draws(answers.malignant, groups, seed, resamples)]
    return {
        name: {"value": metric(answers), **percentile_interval([metric(drawn) for drawn in draws])}
        for name, metric in metrics.items()
    }


def lesion_draws(
    malignant: npt.NDArray[np.bool_], groups: Sequence[str], seed: int, resamples: int
) -> Iterator[npt.NDArray[np.float64]]:
    """Draws of lesions with replacement: how often each image counts, float (N,), `resamples` times.

    Draws without malignant or without benign images, for which no rate is defined, are made again; only tiny test sets
    know them.
    """
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    count = int(member.max()) + 1
    random = np.random.default_rng(seed)
    made = 0
    while made < resamples:
        weights = np.bincount(random.integers(0, count, size=count), minlength=count)[member].astype(np.float64)
        if 0 < (weights * malignant).sum() < weights.sum():
            made += 1
            yield weights


def percentile_interval(values: Sequence[float]) -> dict[str, float]:
    """The 95 % percentile interval of bootstrapped values: {"low", "high"}."""
    return {"low": float(np.percentile(values, 2.5)), "high": float(np.percentile(values, 97.5))}
