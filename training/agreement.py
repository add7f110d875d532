"""How alike two models answer the same test images, whatever the truth: a student and its teacher, say."""

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr

from app.evaluation.bootstrap import RESAMPLES, Statistic, intervals
from app.evaluation.metrics import Floats, ratio
from app.screening.calibration import CLIP
from training.errors import TrainingError
from training.predictions import Predictions


def agreement(
    first: Predictions, second: Predictions, *, seed: int, resamples: int = RESAMPLES
) -> dict[str, dict[str, float]]:
    """Agreement of two models on the same images, each figure with its 95 % interval over lesions.

    Args:
        first, second: of the same images in the same order; the first is the one to be copied, such as the teacher.
        seed: of the bootstrap.
        resamples: its draws.

    Returns:
        {name: {"value", "low", "high"}} of "same_decision" (share of images that both call malignant, or both benign),
        "kappa" (Cohen 1960, of those decisions), "same_class" (share with the same likeliest class), "kl_divergence"
        (mean KL(first || second) of the class probabilities before calibration, in nats) and "correlation" (Pearson's,
        of the calibrated probabilities of malignancy).

    Raises:
        TrainingError: they tell other classes apart.
    """
    if first.codes != second.codes:
        raise TrainingError(
            f"{first.name} tells {', '.join(first.codes)} apart and {second.name} {', '.join(second.codes)}; name two "
            "recipes of the same classes, or use `compare`, which takes any two"
        )
    decisions = [model.answers.predicted for model in (first, second)]
    classes = [model.raw.argmax(axis=1) for model in (first, second)]
    kl = rel_entr(_probabilities(first), _probabilities(second)).sum(axis=1)
    statistics: dict[str, Statistic] = {
        "same_decision": _mean((decisions[0] == decisions[1]).astype(np.float64)),
        "kappa": lambda weights: cohens_kappa(decisions[0], decisions[1], weights),
        "same_class": _mean((classes[0] == classes[1]).astype(np.float64)),
        "kl_divergence": _mean(kl),
        "correlation": lambda weights: correlation(first.answers.p_malignant, second.answers.p_malignant, weights),
    }
    return intervals(statistics, first.answers.malignant, first.groups, seed=seed, resamples=resamples)


def cohens_kappa(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Agreement of two yes-no decisions (N,) beyond chance, for weights (..., N); 1 where both never change."""
    total = weights.sum(axis=-1)
    observed = ratio(weights @ (one == other), total)
    shares = [ratio(weights @ decisions, total) for decisions in (one, other)]
    by_chance = shares[0] * shares[1] + (1 - shares[0]) * (1 - shares[1])
    return ratio(observed - by_chance, 1 - by_chance, 1.0)


def correlation(one: Floats, other: Floats, weights: Floats) -> Floats:
    """Pearson's correlation of two numbers (N,) an image, for weights (..., N); 0 where one of them never changes."""
    total = weights.sum(axis=-1)

    def covariance(x: Floats, y: Floats) -> Floats:
        return ratio(weights @ (x * y), total) - ratio(weights @ x, total) * ratio(weights @ y, total)

    # Centred first: a difference of large squares would lose the digits of a small spread.
    x, y = one - one.mean(), other - other.mean()
    spread = np.sqrt(np.maximum(covariance(x, x), 0) * np.maximum(covariance(y, y), 0))
    return ratio(covariance(x, y), spread)


def _mean(values: Floats) -> Statistic:
    return lambda weights: ratio(weights @ values, weights.sum(axis=-1))


def _probabilities(model: Predictions) -> Floats:
    """Rows that add up to 1, none of them 0: where the second is sure of nothing, the divergence would be infinite."""
    clipped = np.maximum(model.raw, CLIP)
    return np.asarray(clipped / clipped.sum(axis=1, keepdims=True))
