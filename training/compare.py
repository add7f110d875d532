"""Two models on the same test images: the difference of each metric, its interval from the same draws of lesions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from training.bundles import PREDICTIONS
from training.errors import TrainingError
from training.metrics import BINARY_METRICS, RESAMPLES, Answers, Metric, lesion_draws, percentile_interval


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
    draws = [
        (first.reweighted(weights), second.reweighted(weights))
        for weights in lesion_draws(first.malignant, groups, seed, RESAMPLES)
    ]
    return {
        name: {
            "difference": metric(first) - metric(second),
            **percentile_interval([metric(one) - metric(other) for one, other in draws]),
        }
        for name, metric in metrics.items()
    }


def read_answers(first: Path, second: Path) -> tuple[Answers, Answers, list[str]]:
    """What `evaluate` wrote of two runs, and the lesion of each image.

    Raises:
        TrainingError: one of the runs is not evaluated, or they are not about the same images.
    """
    tables = []
    for run in (first, second):
        if not (run / PREDICTIONS).is_file():
            raise TrainingError(f"{run / PREDICTIONS} does not exist; `evaluate` that recipe first, or name --out")
        tables.append(pd.read_csv(run / PREDICTIONS).sort_values("image_id", ignore_index=True))
    if not tables[0][["image_id", "malignant"]].equals(tables[1][["image_id", "malignant"]]):
        raise TrainingError(f"{first.name} and {second.name} were not measured on the same images with the same labels")
    answers = [_answers(table) for table in tables]
    return answers[0], answers[1], tables[0]["lesion_id"].fillna(tables[0]["image_id"]).tolist()


def _answers(table: pd.DataFrame) -> Answers:
    raw = table[[column for column in table if str(column).startswith("raw_")]].to_numpy()
    return Answers(
        malignant=table["malignant"].to_numpy(bool),
        p_malignant=table["p_malignant"].to_numpy(np.float64),
        labels=np.zeros(len(table), np.int64),
        classes=raw.argmax(axis=1),
        weights=np.ones(len(table)),
    )
