"""Two models on the same images: the difference of each metric, its interval from the same draws of lesions."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.evaluation.bootstrap import Statistic, intervals
from app.evaluation.metrics import BINARY_METRICS, Answers, Floats, Metric


def paired_differences(
    first: Sequence[Answers],
    second: Sequence[Answers],
    groups: Sequence[str],
    *,
    seed: int,
    metrics: Mapping[str, Metric] = BINARY_METRICS,
) -> dict[str, dict[str, float]]:
    """Each metric of the first less that of the second, with its 95 % percentile interval.

    Both are measured on the very same draws of lesions, so that what is hard for both cancels out: the interval is
    narrower than two intervals side by side would suggest. Of a model that was trained from several seeds, the mean of
    a metric over them is compared.

    Args:
        first, second: a model each, its answers from one or several seeds; all of the same images in the same order,
            weights all 1.
        groups: N names; images of a lesion share one and are drawn together.
        seed: of the bootstrap.
        metrics: to be compared.

    Returns:
        {metric: {"difference", "low", "high"}}.

    Raises:
        ValueError: they are not about the same images.
    """
    truth = first[0].malignant
    if not all(np.array_equal(truth, other.malignant) for other in (*first, *second)):
        raise ValueError("paired differences need the same images in the same order")

    def difference(metric: Metric) -> Statistic:
        def mean(models: Sequence[Answers], weights: Floats) -> Floats:
            return np.asarray(np.mean([metric(model.reweighted(weights)) for model in models], axis=0))

        return lambda weights: mean(first, weights) - mean(second, weights)

    statistics = {name: difference(metric) for name, metric in metrics.items()}
    found = intervals(statistics, truth, groups, seed=seed)
    return {name: {"difference": row["value"], "low": row["low"], "high": row["high"]} for name, row in found.items()}
