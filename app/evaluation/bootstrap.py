"""95 % percentile intervals by a bootstrap that draws lesions, not images (Efron, Tibshirani 1993)."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from app.evaluation.metrics import METRICS, Answers, Floats, Metric, ratio

RESAMPLES = 1000
BOOTSTRAP_SEED = 1
"""Of all that is written down, so that a figure comes out the same again."""

DRAWS_AT_ONCE = 100
"""A block of draws is measured in one go; larger ones take memory and are no faster."""

WEIGHTS_AT_ONCE = 3_000_000
"""Fewer draws at once where there are many images, so that a block of weights stays within 24 MB."""

Statistic = Callable[[Floats], Floats]
"""Of weights, float (draws, N), how often each image counts, to float (draws,)."""


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

    def of_weights(metric: Metric) -> Statistic:
        return lambda weights: metric(answers.reweighted(weights))

    statistics = {name: of_weights(metric) for name, metric in metrics.items()}
    return intervals(statistics, answers.malignant, groups, seed=seed, resamples=resamples)


def intervals(
    statistics: Mapping[str, Statistic],
    malignant: npt.NDArray[np.bool_],
    groups: Sequence[str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, dict[str, float]]:
    """Every statistic of all images, and its interval; all of them on the very same draws.

    Args:
        statistics: may be NaN for a draw, which then does not count for the interval.
        malignant: bool (N,), the truth.
        groups: N names; images of a lesion share one and are drawn together.
        seed: of the bootstrap.
        resamples: draws of the bootstrap.

    Returns:
        {statistic: {"value", "low", "high"}}.

    Raises:
        ValueError: all images are malignant, or all benign.
    """
    if malignant.all() or not malignant.any():
        raise ValueError("metrics need malignant and benign images")
    drawn: dict[str, list[Floats]] = {name: [] for name in statistics}
    for weights in lesion_draws(malignant, groups, seed, resamples):
        for name, statistic in statistics.items():
            drawn[name].append(statistic(weights))
    everything = np.ones((1, len(malignant)))
    return {
        name: {"value": float(statistic(everything)[0]), **percentile_interval(np.concatenate(drawn[name]))}
        for name, statistic in statistics.items()
    }


def lesion_draws(
    malignant: npt.NDArray[np.bool_], groups: Sequence[str], seed: int, resamples: int
) -> Iterator[Floats]:
    """Draws of lesions with replacement: how often each image counts.

    Draws without malignant or without benign images, for which no rate is defined, are made again; only tiny test sets
    know them.

    Yields:
        float (draws, N), `resamples` rows in all.
    """
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    count = int(member.max()) + 1
    random = np.random.default_rng(seed)

    def draw() -> Floats:
        while True:
            weights = np.bincount(random.integers(0, count, size=count), minlength=count)[member].astype(np.float64)
            if 0 < (weights * malignant).sum() < weights.sum():
                return weights

    block = min(DRAWS_AT_ONCE, max(1, WEIGHTS_AT_ONCE // len(malignant)))
    for made in range(0, resamples, block):
        yield np.stack([draw() for _ in range(min(block, resamples - made))])


def percentile_interval(values: npt.ArrayLike) -> dict[str, float]:
    """The 95 % percentile interval of bootstrapped values, those that are NaN left out: {"low", "high"}."""
    low, high = np.nanpercentile(np.asarray(values), [2.5, 97.5])
    return {"low": float(low), "high": float(high)}


def share(of: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> Statistic:
    """How many of the images `among`, bool (N,), are also in `of`, as a share of them; NaN for a draw without any."""
    return lambda weights: ratio(weights @ (of & among), weights @ among, np.nan)


def operating_rates(
    answers: Answers, threshold: float, groups: Sequence[str], *, seed: int, resamples: int = RESAMPLES
) -> dict[str, dict[str, float]]:
    """Sensitivity and specificity at a threshold of the calibrated probability, as `measure` gives them."""
    referred = answers.p_malignant >= threshold
    rates: Mapping[str, Metric] = {
        "sensitivity": lambda a: ratio(a.count(referred & a.malignant), a.count(a.malignant)),
        "specificity": lambda a: ratio(a.count(~referred & ~a.malignant), a.count(~a.malignant)),
    }
    return measure(answers, groups, seed=seed, metrics=rates, resamples=resamples)
