"""How a model does in parts of the test set: by class, how the diagnosis was made, sex, age and place on the body."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.evaluation.bootstrap import Statistic, intervals, share
from app.evaluation.metrics import Answers, Floats, auc
from app.evaluation.proportions import of_groups
from training.datasets.records import LesionRecord

LEAST_IMAGES = 20
"""A subgroup of fewer is counted among "other": its interval would say nothing."""

LEAST_OF_A_SIDE = 5
"""Malignant, and benign, images that a rate or an AUC is given for."""

UNKNOWN, OTHER = "unknown", "other"
AGES = ((0, 30), (30, 45), (45, 60), (60, 75), (75, 200))
"""Bands of years, the upper end excluded."""

BY: Mapping[str, Callable[[LesionRecord], str]] = {
    "class": lambda record: record.dx,
    "diagnosis by": lambda record: record.dx_type or UNKNOWN,
    "sex": lambda record: record.sex or UNKNOWN,
    "age": lambda record: age_band(record.age),
    "site": lambda record: record.site or UNKNOWN,
}

Mask = npt.NDArray[np.bool_]


def age_band(age: float | None) -> str:
    """Such as "45 to 59"; of years."""
    if age is None:
        return UNKNOWN
    low, high = next((low, high) for low, high in AGES if low <= age < high)
    if low == 0:
        return f"under {high}"
    return f"{low} and over" if high == AGES[-1][1] else f"{low} to {high - 1}"


def by_subgroup(
    answers: Answers,
    records: Sequence[LesionRecord],
    threshold: float,
    *,
    seed: int,
    resamples: int,
) -> dict[str, dict[str, dict[str, Any]]]:
    """AUC, and sensitivity and specificity at the operating point, in each subgroup.

    Args:
        answers: weights all 1.
        records: N, in the same order.
        threshold: calibrated probability from which a picture is referred.
        seed: of the bootstrap.
        resamples: its draws.

    Returns:
        {kind: {subgroup: {"images", "malignant_images", "auc", "sensitivity", "specificity"}}}; each of the last three
        {"value", "low", "high"}, or None where the subgroup has too few images of a side. A share of 0 or 1 has
        Wilson's interval with a lesion for one case.
    """
    masks = {
        (kind, name): mask
        for kind, of in BY.items()
        for name, mask in subgroup_masks([of(record) for record in records]).items()
    }
    statistics: dict[str, Statistic] = {}
    for (kind, name), mask in masks.items():
        for rate, statistic in _statistics(answers, mask, threshold).items():
            statistics[f"{kind}/{name}/{rate}"] = statistic
    groups = [record.group for record in records]
    found = intervals(statistics, answers.malignant, groups, seed=seed, resamples=resamples)
    referred = answers.p_malignant >= threshold
    sides = {"sensitivity": (referred, answers.malignant), "specificity": (~referred, ~answers.malignant)}
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for (kind, name), mask in masks.items():
        counts = {"images": int(mask.sum()), "malignant_images": int((mask & answers.malignant).sum())}
        rates = {rate: found.get(f"{kind}/{name}/{rate}") for rate in ("auc", "sensitivity", "specificity")}
        for rate, (right, side) in sides.items():
            if (found_rate := rates[rate]) is not None:
                rates[rate] = of_groups(found_rate, right & side & mask, side & mask, groups)
        table.setdefault(kind, {})[name] = {**counts, **rates}
    return table


def subgroup_masks(names: Sequence[str]) -> dict[str, Mask]:
    """Which images are in each subgroup, the small ones joined; by name, "other" and "unknown" last."""
    counted = Counter(names)
    kept = [name if counted[name] >= LEAST_IMAGES else OTHER for name in names]
    order = sorted(set(kept), key=lambda name: (name in {OTHER, UNKNOWN}, not name.startswith("under"), name))
    return {name: np.array([other == name for other in kept]) for name in order}


def _statistics(answers: Answers, mask: Mask, threshold: float) -> dict[str, Statistic]:
    referred, malignant = answers.p_malignant >= threshold, answers.malignant
    sick, well = mask & malignant, mask & ~malignant
    found: dict[str, Statistic] = {}
    if sick.sum() >= LEAST_OF_A_SIDE:
        found["sensitivity"] = share(referred, sick)
    if well.sum() >= LEAST_OF_A_SIDE:
        found["specificity"] = share(~referred, well)
    if len(found) == 2:

        def area(weights: Floats) -> Floats:
            both = ((weights @ sick) > 0) & ((weights @ well) > 0)
            return np.where(both, auc(answers.reweighted(weights * mask)), np.nan)

        found["auc"] = area
    return found
