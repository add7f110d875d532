"""What a batch of answers is worth where the truth is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.evaluation.bootstrap import BOOTSTRAP_SEED, RESAMPLES, Statistic, intervals, share
from app.evaluation.curves import roc_points
from app.evaluation.labels import LabelsRejected
from app.evaluation.metrics import Answers, Floats, Metric, auc, brier_score, expected_calibration_error
from app.evaluation.proportions import of_groups, wilson
from app.evaluation.reliability import bin_statistics, reliability

Mask = npt.NDArray[np.bool_]
RANKED: Mapping[str, Metric] = {"auc": auc, "brier": brier_score, "ece": expected_calibration_error}


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers to N pictures whose truth is known.

    Attributes:
        malignant: bool (N,), the truth.
        assessed: bool (N,), which got an answer; the others were refused by the gate or could not be read.
        referred: bool (N,), which were referred at the operating point; False where there is no answer. None for a
            model without an operating point.
        p_malignant: float (N,), calibrated; NaN where there is no answer.
        groups: N ids of lesions or patients; None where they are not known.
    """

    malignant: Mask
    assessed: Mask
    referred: Mask | None
    p_malignant: Floats
    groups: Sequence[str] | None


def measure_batch(batch: Batch, *, seed: int = BOOTSTRAP_SEED, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Every figure with its 95 % interval.

    Shares have Wilson's interval where each picture stands for itself, else that of a bootstrap over groups; AUC, Brier
    score and ECE that of a bootstrap over groups or pictures, on the assessed ones.

    Returns:
        JSON-ready; a figure is {"value", "low", "high"}, or None where it is not defined: "pictures", "malignant",
        "groups", "assessed", "intervals" (in words), "prevalence", "coverage", "auc", "brier", "ece", "reliability",
        "roc", and "operating_point", None where the model has none, else for "assessed" and "refused_as_referred":
        "counts" {tp, fn, fp, tn}, "sensitivity", "specificity", "ppv", "npv".

    Raises:
        LabelsRejected: all pictures are malignant, or all benign.
    """
    if not len(batch.malignant):
        raise LabelsRejected("No picture of the run has a known truth; an evaluation needs benign and malignant ones.")
    if batch.malignant.all() or not batch.malignant.any():
        side = "malignant" if batch.malignant.any() else "benign"
        raise LabelsRejected(
            f"All {len(batch.malignant):,} labelled pictures are {side}; an evaluation needs both kinds."
        )
    everything = np.ones_like(batch.malignant)
    counted = {}
    if batch.referred is not None:
        counted = {
            "assessed": _counted(batch, batch.referred, batch.assessed),
            "refused_as_referred": _counted(batch, batch.referred | ~batch.assessed, everything),
        }
    shares = {"prevalence": (batch.malignant, everything), "coverage": (batch.assessed, everything)}
    for kind, masks in counted.items():
        shares |= {f"{kind} {name}": share for name, share in _rates(masks).items()}
    answers = _assessed(batch)
    both = bool(answers.malignant.any()) and not answers.malignant.all()
    statistics: dict[str, Statistic] = {}
    if both:
        statistics |= {name: _where_both(answers, metric) for name, metric in RANKED.items()} | bin_statistics(answers)
        statistics = {name: _of_assessed(batch, statistic) for name, statistic in statistics.items()}
    if batch.groups is not None:
        statistics |= {name: share(of, among) for name, (of, among) in shares.items() if among.any()}
    groups = batch.groups or [str(index) for index in range(len(batch.malignant))]
    found = intervals(statistics, batch.malignant, groups, seed=seed, resamples=resamples)
    figures = {name: _figure(found.get(name), of, among, batch.groups) for name, (of, among) in shares.items()}
    return {
        "pictures": len(batch.malignant),
        "malignant": int(batch.malignant.sum()),
        "groups": len(set(batch.groups)) if batch.groups is not None else None,
        "assessed": int(batch.assessed.sum()),
        "intervals": _told(batch, resamples),
        "prevalence": figures["prevalence"],
        "coverage": figures["coverage"],
        **{name: found.get(name) for name in RANKED},
        "reliability": reliability(answers, found) if both else [],
        "roc": roc_points(answers) if both else [],
        "operating_point": {
            kind: {
                "counts": {name: int(mask.sum()) for name, mask in masks.items()},
                **{name: figures[f"{kind} {name}"] for name in _rates(masks)},
            }
            for kind, masks in counted.items()
        }
        or None,
    }


def _counted(batch: Batch, referred: Mask, among: Mask) -> dict[str, Mask]:
    """Which pictures are right and wrong positives and negatives."""
    sick, well = batch.malignant & among, ~batch.malignant & among
    return {"tp": sick & referred, "fn": sick & ~referred, "fp": well & referred, "tn": well & ~referred}


def _rates(counted: Mapping[str, Mask]) -> dict[str, tuple[Mask, Mask]]:
    """Of each rate: the pictures that are counted, and those among which they are."""
    tp, fn, fp, tn = (counted[name] for name in ("tp", "fn", "fp", "tn"))
    return {"sensitivity": (tp, tp | fn), "specificity": (tn, tn | fp), "ppv": (tp, tp | fp), "npv": (tn, tn | fn)}


def _figure(
    found: dict[str, float] | None, of: Mask, among: Mask, groups: Sequence[str] | None
) -> dict[str, float] | None:
    """A share with its interval; None where it is a share of nothing."""
    if not among.any():
        return None
    if groups is None or found is None:
        return wilson(int(of.sum()), int(among.sum()))
    return of_groups(found, of, among, groups)


def _assessed(batch: Batch) -> Answers:
    truth = batch.malignant[batch.assessed]
    p_malignant = batch.p_malignant[batch.assessed]
    sides = truth.astype(np.int64)
    return Answers(truth, p_malignant, sides, (p_malignant >= 0.5).astype(np.int64), np.ones(len(truth)))


def _where_both(answers: Answers, metric: Metric) -> Statistic:
    """NaN for a draw without malignant or without benign ones."""

    def value(weights: Floats) -> Floats:
        drawn = answers.reweighted(weights)
        both = (drawn.count(answers.malignant) > 0) & (drawn.count(~answers.malignant) > 0)
        return np.where(both, metric(drawn), np.nan)

    return value


def _of_assessed(batch: Batch, statistic: Statistic) -> Statistic:
    return lambda weights: statistic(weights[:, batch.assessed])


def _told(batch: Batch, resamples: int) -> str:
    if batch.groups is None:
        return (
            "95 %; of shares Wilson's, which takes each picture for an independent one; of AUC, Brier score, ECE and "
            f"bins a percentile bootstrap over pictures, {resamples:,} resamples"
        )
    return f"95 % percentile bootstrap over groups, {resamples:,} resamples; Wilson's over groups for shares of 0 and 1"
