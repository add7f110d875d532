"""Which calibration a bundle gets: Platt or temperature scaling, compared on validation pictures that neither has seen.

The validation part is cut into folds that keep a lesion whole. Each method is fitted on all folds but one and asked
about that one, so that a method gains nothing by having more parameters. The better one by the negative log likelihood
of malignant versus benign, a proper score (Gneiting, Raftery 2007), is then fitted on the whole part.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from app.evaluation.bootstrap import BOOTSTRAP_SEED
from app.evaluation.metrics import Answers, Floats, Metric, brier_score, expected_calibration_error, ratio
from app.screening.calibration import CLIP, Calibration, Platt, Temperature, parameters
from training.compare import paired_differences
from training.errors import TrainingError
from training.predictions import decided_malignancy

FOLDS = 5
LOG_TEMPERATURES = (-3.0, 3.0)
"""Where a temperature is looked for: from 1/20 to 20."""

TRIED = 61
"""Temperatures that are tried first: the loss may have more than one valley where classes are summed."""

Raw = npt.NDArray[np.float32] | Floats
Truth = npt.NDArray[np.bool_]
Fit = Callable[[Raw, Sequence[bool], Truth], Calibration]


class NoBetterThanChance(TrainingError):
    """A model's probabilities have nothing in them that could be calibrated."""


def choose_calibration(
    raw: Raw, malignant: Sequence[bool], truth: Truth, groups: Sequence[str]
) -> tuple[Calibration, dict[str, Any]]:
    """Compares the methods, and fits the better one on all N pictures.

    Args:
        raw: float (N, classes), the model's probabilities.
        malignant: for each class, whether it counts as malignant.
        truth: bool (N,), which pictures are malignant.
        groups: N names; pictures of a lesion share one and stay in one fold.

    Returns:
        The calibration, and what was compared, JSON-ready: {"folds", "methods": {method: {"nll", "brier", "ece"}, all
        of the probabilities that were held out; None for a method that could not be fitted without some fold},
        "platt_less_temperature": {"nll": {"difference", "low", "high"}}, from a bootstrap over lesions; None where one
        of them could not be fitted}.

    Raises:
        NoBetterThanChance: by all N pictures.
        TrainingError: a side has too few lesions to be cut into folds.
    """
    lesions = min(len({name for name, is_so in zip(groups, truth, strict=True) if is_so == side}) for side in (0, 1))
    if lesions < FOLDS:
        raise TrainingError(
            f"validation has {lesions} malignant or benign lesions; {FOLDS} are needed to compare calibrations"
        )
    fitted = {method: fit(raw, malignant, truth) for method, fit in FITS.items()}
    folds = list(StratifiedGroupKFold(FOLDS).split(raw, truth, groups))
    held_out = {method: _held_out(fit, raw, malignant, truth, folds) for method, fit in FITS.items()}
    methods = {
        method: answers and {name: float(score(answers)) for name, score in SCORES.items()}
        for method, answers in held_out.items()
    }
    difference = None
    if (first := held_out[Platt.method]) and (second := held_out[Temperature.method]):
        likelihood = {"nll": negative_log_likelihood}
        difference = paired_differences([first], [second], groups, seed=BOOTSTRAP_SEED, metrics=likelihood)
    best = min((scores["nll"], method) for method, scores in methods.items() if scores)[1]
    return fitted[best], {"folds": FOLDS, "methods": methods, "platt_less_temperature": difference}


def fit_platt(raw: Raw, malignant: Sequence[bool], truth: Truth) -> Platt:
    """Platt scaling of highest likelihood. Raises NoBetterThanChance where probability speaks against malignancy."""
    clipped = np.clip(decided_malignancy(raw, malignant, None), CLIP, 1 - CLIP)
    scores = np.log(clipped / (1 - clipped))[:, np.newaxis]
    fitted = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(scores, truth)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise NoBetterThanChance("the model ranks the validation part no better than chance; train it longer")
    return Platt(slope, intercept)


def fit_temperature(raw: Raw, malignant: Sequence[bool], truth: Truth) -> Temperature:
    """The temperature of highest likelihood of malignant versus benign.

    Guo et al. 2017 take the likelihood of all classes; decided, and compared with Platt scaling, is malignancy alone.
    """
    with np.errstate(divide="ignore"):
        logits = np.log(np.asarray(raw, np.float64))  # a probability that was rounded to 0 stays 0
    own_side = np.where(truth[:, np.newaxis] == np.asarray(malignant), logits, -np.inf)

    def loss(log_temperature: float) -> float:
        over = np.exp(log_temperature)
        found = logsumexp(own_side / over, axis=1) - logsumexp(logits / over, axis=1)
        return -float(np.maximum(found, np.log(CLIP)).mean())

    tried = np.linspace(*LOG_TEMPERATURES, TRIED)
    best = int(np.argmin([loss(value) for value in tried]))
    around = (tried[max(best - 1, 0)], tried[min(best + 1, TRIED - 1)])
    return Temperature(float(np.exp(minimize_scalar(loss, bounds=around, method="bounded", options={"xatol": 1e-8}).x)))


def negative_log_likelihood(answers: Answers) -> Floats:
    """Mean of -log of what the truth was given, malignant versus benign, in nats; kept CLIP away from 0."""
    given = np.where(answers.malignant, answers.p_malignant, 1 - answers.p_malignant)
    return ratio(answers.weights @ -np.log(np.maximum(given, CLIP)), answers.weights.sum(axis=-1))


FITS: Mapping[str, Fit] = {Platt.method: fit_platt, Temperature.method: fit_temperature}
SCORES: Mapping[str, Metric] = {
    "nll": negative_log_likelihood,
    "brier": brier_score,
    "ece": expected_calibration_error,
}


def told(calibration: Calibration, compared: Mapping[str, Any], groups: Sequence[str]) -> dict[str, Any]:
    """What a manifest says of a calibration that was chosen on N validation pictures of these lesions."""
    counts = {"images": len(groups), "lesions": len(set(groups))}
    return {**parameters(calibration), "fitted_on": "validation", **counts, "compared": dict(compared)}


def _held_out(
    fit: Fit,
    raw: Raw,
    malignant: Sequence[bool],
    truth: Truth,
    folds: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
) -> Answers | None:
    """Each picture's answer by a calibration that has seen no picture of its lesion; None where one has no fit."""
    p_malignant = np.empty(len(truth))
    for others, held in folds:
        try:
            calibration = fit(raw[others], malignant, truth[others])
        except NoBetterThanChance:
            return None
        p_malignant[held] = decided_malignancy(raw[held], malignant, calibration)
    sides = truth.astype(np.int64)
    return Answers(truth, p_malignant, sides, (p_malignant >= 0.5).astype(np.int64), np.ones(len(truth)))
