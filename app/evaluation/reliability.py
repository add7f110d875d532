"""The bins of a reliability diagram: how often pictures of about one probability are malignant."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.evaluation.bootstrap import Statistic, share
from app.evaluation.curves import DECIMALS
from app.evaluation.metrics import ECE_BINS, Answers, calibration_bins


def bin_statistics(answers: Answers) -> dict[str, Statistic]:
    """The malignant share of each bin that has pictures, by the bin's name; NaN for a draw without any of them."""
    bins = calibration_bins(answers.p_malignant)
    return {_name(index): share(answers.malignant, bins == index) for index in np.unique(bins)}


def reliability(answers: Answers, found: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """A row a bin of equal width, the lowest first.

    Args:
        answers: weights all 1.
        found: what the bootstrap gave for `bin_statistics`.

    Returns:
        {"from", "to", "images", "mean_probability", "malignant_share" {"value", "low", "high"}} each; the last two are
        None where the bin is empty.
    """
    bins = calibration_bins(answers.p_malignant)
    return [_row(answers, bins == index, index, found.get(_name(index))) for index in range(ECE_BINS)]


def _name(index: int) -> str:
    return f"bin {index}"


def _row(
    answers: Answers, chosen: npt.NDArray[np.bool_], index: int, found: Mapping[str, float] | None
) -> dict[str, Any]:
    return {
        "from": index / ECE_BINS,
        "to": (index + 1) / ECE_BINS,
        "images": int(chosen.sum()),
        "mean_probability": round(float(answers.p_malignant[chosen].mean()), DECIMALS) if chosen.any() else None,
        "malignant_share": found,
    }
