"""Confusion matrices as heat maps: counts, and the share of their row."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.figures.style import heading, new_figure, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELL = 0.62
"""Inches a cell of the matrix of all classes."""

SMALLEST = 2.6
"""Inches a matrix."""

NARROWEST = 5
"""Inches of a figure that its heading fits on."""

DARK = 0.55
"""Row share from which on a cell is so dark that its words are white."""


def draw_confusion(evaluation: Mapping[str, Any], path: Path) -> None:
    """Draws malignant versus benign, and beside it all classes where the model has more than two."""
    matrices = evaluation["confusion"]
    widths = [max(SMALLEST, CELL * len(matrix["labels"])) for matrix in matrices.values()]
    figure = new_figure(max(NARROWEST, sum(widths) + 1.1 * len(widths) + 0.3), max(widths) + 1.5)
    subplots = figure.subplots(1, len(matrices), squeeze=False, width_ratios=widths)[0]
    for axes, matrix in zip(subplots, matrices.values(), strict=True):
        _heat_map(axes, matrix["labels"], np.array(matrix["counts"]))
    figure.suptitle(heading(evaluation, "Confusion matrix: images, share of the true class"), fontsize=11)
    save(figure, path)


def _heat_map(axes: "Axes", labels: list[str], counts: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
    """Counts (K, K) by true class (row) and answer (column)."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        axes.text(
            column, row, f"{counts[row, column]:,}\n{shares[row, column]:.0%}", ha="center", va="center", fontsize=8,
            color="white" if shares[row, column] > DARK else "black",
        )  # fmt: skip
    named = [f"{label}\n({total:,})" for label, total in zip(labels, totals[:, 0], strict=True)]
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), named)
    axes.tick_params(length=0, labelsize=9)
    axes.set(xlabel="Answered", ylabel="True")
