"""Two models on the same test images: the difference of each metric, its interval from the same draws of lesions."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.evaluation.bootstrap import Statistic, intervals
from app.evaluation.metrics import BINARY_METRICS, Answers, Floats, Metric


def paired_differences(
    first: Answers,
    second: Answers,
    groups: Sequence[str],
    *,
    seed: int,
    metrics: Mapping[str, Metric] = BINARY_METRICS,
) -> dict[str, dict[str, float]]:
    """Each metric of the first less that of the second, with its 95 % percentile interval.

    Both are measured on the very same draws of lesions, so that what is hard for both cancels out: the interval is
    narrower than two intervals side by side would suggest.

    Args:
        first, second: of the same images in the same order, weights all 1.
        groups: N names; images of a lesion share one and are drawn together.
        seed: of the bootstrap.
        metrics: to be compared.

    Returns:
        {metric: {"difference", "low", "high"}}.

    Raises:
        ValueError: the two are not about the same images.
    """
    if not np.array_equal(first.malignant, second.malignant):
        raise ValueError("paired differences need the same images in the same order")

    def difference(metric: Metric) -> Statistic:
        def of_weights(weights: Floats) -> Floats:
            return metric(first.reweighted(weights)) - metric(second.reweighted(weights))

        return of_weights

    statistics = {name: difference(metric) for name, metric in metrics.items()}
    found = intervals(statistics, first.malignant, groups, seed=seed)
    return {name: {"difference": row["value"], "low": row["low"], "high": row["high"]} for name, row in found.items()}
