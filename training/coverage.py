"""What the gate does: which pictures of a part it refuses, how the model does on the others, what it lets through."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.evaluation.bootstrap import Statistic, intervals, share
from app.evaluation.metrics import Answers, Floats, auc
from app.screening.screener import Screener
from training.non_lesions.trial import name_of, trial_set


def coverage(
    answers: Answers,
    assessable: npt.NDArray[np.bool_],
    threshold: float,
    groups: Sequence[str],
    *,
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    """The share of real pictures that the gate refuses, and the metrics on those that it does not.

    Args:
        answers: to all images, as if none were refused; weights all 1.
        assessable: bool (N,), which are not refused.
        threshold: calibrated probability from which a picture is referred.
        groups: N names; images of a lesion share one and are drawn together.
        seed: of the bootstrap.
        resamples: its draws.

    Returns:
        {"images", "refused_images", "refused_malignant_images"}, and {"value", "low", "high"} of "refused" (share of
        all images), "refused_malignant" (of the malignant ones), and on the assessed ones "auc", "sensitivity" and
        "specificity" at the threshold.
    """
    referred, malignant = answers.p_malignant >= threshold, answers.malignant

    def assessed_auc(weights: Floats) -> Floats:
        return auc(answers.reweighted(weights * assessable))

    statistics: dict[str, Statistic] = {
        "refused": share(~assessable, np.ones_like(assessable)),
        "refused_malignant": share(~assessable, malignant),
        "auc": assessed_auc,
        "sensitivity": share(referred, malignant & assessable),
        "specificity": share(~referred, ~malignant & assessable),
    }
    return {
        "images": len(malignant),
        "refused_images": int((~assessable).sum()),
        "refused_malignant_images": int((~assessable & malignant).sum()),
        **intervals(statistics, malignant, groups, seed=seed, resamples=resamples),
    }


def refused_non_lesions(screener: Screener) -> dict[str, dict[str, Any]]:
    """{kind: {"pictures", "refused", "accepted": names of the others}} of the trial set."""
    found = {}
    for kind, pictures in tqdm(trial_set().items(), desc="non-lesions", unit="kind"):
        answers = [screener.screen_image(np.ascontiguousarray(picture)).assessment for picture in pictures]
        accepted = [name_of(kind, number) for number, answer in enumerate(answers) if answer != "cannot_assess"]
        found[kind] = {"pictures": len(answers), "refused": len(answers) - len(accepted), "accepted": accepted}
    return found


def warned(codes: Sequence[Sequence[str]]) -> dict[str, int]:
    """{code: images} of the warnings given for images, "any" first."""
    every = sorted({code for row in codes for code in row})
    return {"any": sum(bool(row) for row in codes), **{code: sum(code in row for row in codes) for code in every}}
