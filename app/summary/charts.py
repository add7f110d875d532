"""Where the marks of the summary's charts stand, computed from data; the template draws them as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 400.0, 150.0
"""Of the histogram's plot, in the units of its view box."""

SIDE = 200.0
"""Of the square plots."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Attributes:
    name: of what is counted.
    count: how many.
    share: 0..1, of the longest bar.
    """

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Column:
    """A bar of the histogram: `x`, `y`, `width` and `height` in the view box, `low` to `high` of the probability."""

    x: float
    y: float
    width: float
    height: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin of the reliability diagram: `x`, `y`, and from `low` to `high` its 95 % interval; all in the view box."""

    x: float
    y: float
    low: float
    high: float
    images: int


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """A bar for each name."""
    most = max(counts.values(), default=0)
    return [Bar(name, count, count / most if most else 0.0) for name, count in counts.items()]


def columns(histogram: npt.NDArray[np.int64]) -> list[Column]:
    """The histogram of probabilities 0..1, int (bins,)."""
    most = max(int(histogram.max()), 1)
    width = WIDTH / len(histogram)
    return [
        Column(
            x=index * width + 1,
            y=HEIGHT * (1 - count / most),
            width=width - 2,
            height=HEIGHT * count / most,
            low=index / len(histogram),
            high=(index + 1) / len(histogram),
            count=count,
        )
        for index, count in enumerate(histogram.tolist())
    ]


def roc_line(points: Sequence[Sequence[float]]) -> str:
    """The `points` of an SVG polyline for [[1 - specificity, sensitivity], ...]."""
    return " ".join(f"{x * SIDE:.1f},{(1 - y) * SIDE:.1f}" for x, y in points)


def reliability_dots(rows: Sequence[Mapping[str, Any]]) -> list[Dot]:
    """Those bins that have pictures."""
    return [
        Dot(
            x=row["mean_probability"] * SIDE,
            y=(1 - row["malignant_share"]["value"]) * SIDE,
            low=(1 - row["malignant_share"]["low"]) * SIDE,
            high=(1 - row["malignant_share"]["high"]) * SIDE,
            images=row["images"],
        )
        for row in rows
        if row["images"]
    ]
