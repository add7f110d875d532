"""The points of a model's curves and bins, small enough to be kept as JSON and to be drawn from it."""

import heapq

import numpy as np
import numpy.typing as npt

from app.evaluation.metrics import Answers, Floats, cumulated, ratio

MOST_POINTS = 200
DECIMALS = 5
"""Of a kept coordinate, 0..1: far finer than a pixel."""

Points = list[list[float]]
"""[[x, y], ...], all 0..1."""


def roc_points(answers: Answers) -> Points:
    """[1 - specificity, sensitivity] from the highest threshold to the lowest, from [0, 0] to [1, 1]."""
    _, true, false = cumulated(answers)
    curve = np.stack([ratio(false, false[-1]), ratio(true, true[-1])], axis=1)
    return _kept(np.vstack([[0.0, 0.0], curve]))


def precision_recall_points(answers: Answers) -> Points:
    """[recall, precision] of malignant, from the highest threshold to the lowest, which refers everything."""
    _, true, false = cumulated(answers)
    return _kept(np.stack([ratio(true, true[-1]), ratio(true, true + false)], axis=1))


def thinned(points: Floats, most: int = MOST_POINTS) -> npt.NDArray[np.int64]:
    """Which points of a curve to keep, so that the straight lines between them stay closest to it.

    Douglas, Peucker 1973 with a budget in place of a tolerance: the point farthest from the lines is taken next.

    Args:
        points: float (N, 2).
        most: number of points that may be kept, at least 2.

    Returns:
        int (M,), M <= most, ascending; the first and the last point are among them.
    """
    kept = {0, len(points) - 1}
    open_parts: list[tuple[float, int, int, int]] = []

    def divide(start: int, end: int) -> None:
        if end - start > 1:
            distances = _distances(points[start + 1 : end], points[start], points[end])
            farthest = int(distances.argmax())
            heapq.heappush(open_parts, (-float(distances[farthest]), start, start + 1 + farthest, end))

    divide(0, len(points) - 1)
    while open_parts and len(kept) < most and open_parts[0][0] < -(10.0**-DECIMALS):
        _, start, middle, end = heapq.heappop(open_parts)
        kept.add(middle)
        divide(start, middle)
        divide(middle, end)
    return np.array(sorted(kept))


def _kept(points: Floats) -> Points:
    kept: Points = np.round(points[thinned(points)], DECIMALS).tolist()
    return kept


def _distances(points: Floats, start: Floats, end: Floats) -> Floats:
    """Of points (N, 2) from the line between two others."""
    along = end - start
    length = float(along @ along)
    share = np.clip((points - start) @ along / length, 0, 1) if length else np.zeros(len(points))
    return np.asarray(np.linalg.norm(points - start - share[:, np.newaxis] * along, axis=1))


def confusion(labels: npt.NDArray[np.int64], classes: npt.NDArray[np.int64], count: int) -> list[list[int]]:
    """Images by true class (row) and likeliest class (column), `count` of each."""
    matrix = np.zeros((count, count), np.int64)
    np.add.at(matrix, (labels, classes), 1)
    counts: list[list[int]] = matrix.tolist()
    return counts
