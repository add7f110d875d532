"""Metrics as pure functions that measure any number of weighted draws at once: no loop over a bootstrap's draws.

Accuracy, precision, recall, F1 and MCC are equations 16 to 20 of Islam et al. 2024 (arXiv:2406.17051), whose equation
16 misprints FP as PP. What 0/0 would be is 0, as in scikit-learn, unless a docstring says otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ECE_BINS = 10
FIXED_SPECIFICITIES = (0.80, 0.90, 0.95)
FIXED_SENSITIVITIES = (0.90, 0.95)
COUNTING_SLACK = 1e-9
"""A share of whole images is compared with a fixed rate after rounding errors, which are far smaller than this."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers to N images.

    Attributes:
        malignant: bool (N,), the truth.
        p_malignant: float (N,), calibrated.
        labels: int (N,), index of the true class.
        classes: int (N,), index of the likeliest class.
        weights: float (..., N), how often each image counts; a row is a draw, and every metric gives a value a row.
    """

    malignant: npt.NDArray[np.bool_]
    p_malignant: Floats
    labels: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    weights: Floats

    @property
    def predicted(self) -> npt.NDArray[np.bool_]:
        """Whether each image is predicted malignant: the likelier of the two, as `decide` has it."""
        return self.p_malignant >= 0.5

    def reweighted(self, weights: Floats) -> "Answers":
        """The same answers with other weights, float (..., N)."""
        return replace(self, weights=weights)

    def count(self, images: npt.NDArray[np.bool_]) -> Floats:
        """How many of the images, bool (N,), there are in each draw: float (...)."""
        return np.asarray(self.weights @ images)


Metric = Callable[[Answers], Floats]
"""Gives float (...), a value for each draw; a number for weights of one row."""


def ratio(over: npt.ArrayLike, under: npt.ArrayLike, otherwise: float = 0.0) -> Floats:
    """`over` / `under`, and `otherwise` where `under` is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(over, np.float64), np.asarray(under, np.float64))
    quotient: Floats = np.divide(top, bottom, out=np.full(top.shape, otherwise), where=bottom != 0)
    return quotient


def expected_calibration_error(answers: Answers) -> Floats:
    """ECE of the malignant probability (Naeini et al. 2015) in ten bins of equal width."""
    gaps = answers.malignant - answers.p_malignant
    in_bins = calibration_bins(answers.p_malignant)[:, np.newaxis] == np.arange(ECE_BINS)
    return ratio(np.abs(answers.weights @ (in_bins * gaps[:, np.newaxis])).sum(axis=-1), answers.weights.sum(axis=-1))


def calibration_bins(p_malignant: Floats) -> npt.NDArray[np.int64]:
    """Each probability's bin, int (N,), 0..ECE_BINS-1; probability 1 is in the last one."""
    return np.minimum((p_malignant * ECE_BINS).astype(np.int64), ECE_BINS - 1)


def brier_score(answers: Answers) -> Floats:
    """Mean squared distance of the malignant probability from the truth (Brier 1950)."""
    distances = (answers.p_malignant - answers.malignant) ** 2
    return ratio(answers.weights @ distances, answers.weights.sum(axis=-1))


def accuracy(answers: Answers) -> Floats:
    """(TP + TN) / all, malignant versus benign (Islam et al. 2024, eq. 16, which misprints FP as PP)."""
    return ratio(answers.count(answers.predicted == answers.malignant), answers.weights.sum(axis=-1))


def precision(answers: Answers) -> Floats:
    """TP / (TP + FP) of malignant (Islam et al. 2024, eq. 17)."""
    return ratio(answers.count(answers.predicted & answers.malignant), answers.count(answers.predicted))


def sensitivity(answers: Answers) -> Floats:
    """Recall of malignant, TP / (TP + FN) (Islam et al. 2024, eq. 18)."""
    return ratio(answers.count(answers.predicted & answers.malignant), answers.count(answers.malignant))


def specificity(answers: Answers) -> Floats:
    """Recall of benign, TN / (TN + FP)."""
    return ratio(answers.count(~answers.predicted & ~answers.malignant), answers.count(~answers.malignant))


def f1(answers: Answers) -> Floats:
    """2 TP / (2 TP + FP + FN) of malignant, which is the harmonic mean of Islam et al. 2024, eq. 19."""
    hits = answers.count(answers.predicted & answers.malignant)
    return ratio(2 * hits, answers.count(answers.predicted) + answers.count(answers.malignant))


def matthews(answers: Answers) -> Floats:
    """Matthews correlation coefficient (Islam et al. 2024, eq. 20)."""
    truth, predicted = answers.malignant, answers.predicted
    tp, tn = answers.count(truth & predicted), answers.count(~truth & ~predicted)
    fp, fn = answers.count(~truth & predicted), answers.count(truth & ~predicted)
    return ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def class_accuracy(answers: Answers) -> Floats:
    """Share of images whose likeliest class is the true one."""
    return ratio(answers.count(answers.labels == answers.classes), answers.weights.sum(axis=-1))


def class_balanced_accuracy(answers: Answers) -> Floats:
    """Mean recall of the classes that a draw has images of."""
    recalls = [class_recall(index)(answers) for index in np.unique(answers.labels)]
    return np.asarray(np.nanmean(recalls, axis=0))


def class_precision(index: int) -> Metric:
    """Precision of one class among all (Islam et al. 2024, eq. 17, with that class as the positive one)."""
    return lambda a: ratio(a.count((a.classes == index) & (a.labels == index)), a.count(a.classes == index))


def class_recall(index: int) -> Metric:
    """Recall of one class among all (eq. 18); NaN for a draw without images of it, which tells nothing about it."""
    return lambda a: ratio(a.count((a.classes == index) & (a.labels == index)), a.count(a.labels == index), np.nan)


def class_f1(index: int) -> Metric:
    """F1 of one class among all (eq. 19); NaN for a draw without images of it."""

    def score(a: Answers) -> Floats:
        true, found = a.count(a.labels == index), a.count(a.classes == index)
        value = ratio(2 * a.count((a.classes == index) & (a.labels == index)), true + found)
        return np.where(true > 0, value, np.nan)

    return score


def cumulated(answers: Answers) -> tuple[Floats, Floats, Floats]:
    """What lies at or above each threshold, from the highest probability down.

    Returns:
        Thresholds, float (T,), the distinct probabilities in descending order; and how many malignant and how many
        benign images have at least that probability, float (..., T) each.
    """
    order = np.argsort(-answers.p_malignant, kind="stable")
    descending = answers.p_malignant[order]
    last_of_each = np.append(np.flatnonzero(np.diff(descending)), len(descending) - 1)
    weights = answers.weights[..., order]
    true = answers.malignant[order]
    return (
        descending[last_of_each],
        np.cumsum(weights * true, axis=-1)[..., last_of_each],
        np.cumsum(weights * ~true, axis=-1)[..., last_of_each],
    )


def auc(answers: Answers) -> Floats:
    """Area under the ROC curve: the share of pairs that stand in the right order, ties counting half (Hanley 1982)."""
    _, true, false = cumulated(answers)
    new_false = np.diff(false, axis=-1, prepend=0)
    below = np.diff(true, axis=-1, prepend=0)
    return ratio((new_false * (true - below / 2)).sum(axis=-1), true[..., -1] * false[..., -1])


def average_precision(answers: Answers) -> Floats:
    """Area under the precision-recall curve as a sum of steps, without interpolation, as scikit-learn has it."""
    _, true, false = cumulated(answers)
    gained = np.diff(true, axis=-1, prepend=0)
    return ratio((gained * ratio(true, true + false)).sum(axis=-1), true[..., -1])


def sensitivity_at(least_specificity: float) -> Metric:
    """The highest sensitivity that any threshold with at least this specificity (0..1) has, without interpolation."""

    def highest(answers: Answers) -> Floats:
        _, true, false = cumulated(answers)
        allowed = 1 - ratio(false, false[..., -1:]) >= least_specificity - COUNTING_SLACK
        return np.asarray(np.where(allowed, ratio(true, true[..., -1:]), 0.0).max(axis=-1))

    return highest


def specificity_at(least_sensitivity: float) -> Metric:
    """The highest specificity that any threshold with at least this sensitivity (0..1) has, without interpolation."""

    def highest(answers: Answers) -> Floats:
        _, true, false = cumulated(answers)
        allowed = ratio(true, true[..., -1:]) >= least_sensitivity - COUNTING_SLACK
        return np.asarray(np.where(allowed, 1 - ratio(false, false[..., -1:]), 0.0).max(axis=-1))

    return highest


BINARY_METRICS: Mapping[str, Metric] = {
    "auc": auc,
    "sensitivity": sensitivity,
    "specificity": specificity,
    "precision": precision,
    "accuracy": accuracy,
    "f1": f1,
    "mcc": matthews,
    "brier": brier_score,
    "ece": expected_calibration_error,
}
"""Malignant versus benign; predictions at probability 0.5. Those that a model of two outputs has in its bundle."""

METRICS: Mapping[str, Metric] = {
    **BINARY_METRICS,
    "seven_class_balanced_accuracy": class_balanced_accuracy,
    "seven_class_accuracy": class_accuracy,
}
"""Those that a bundle's manifest holds."""

CURVE_METRICS: Mapping[str, Metric] = {
    "average_precision": average_precision,
    **{f"sensitivity_at_specificity_{round(100 * rate)}": sensitivity_at(rate) for rate in FIXED_SPECIFICITIES},
    **{f"specificity_at_sensitivity_{round(100 * rate)}": specificity_at(rate) for rate in FIXED_SENSITIVITIES},
}
"""Read off the curves, so over all thresholds: what a threshold chosen on these very images would do."""
