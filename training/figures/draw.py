"""All figures of an evaluation, by file name."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training.figures.confusion import draw_confusion
from training.figures.precision_recall import draw_precision_recall
from training.figures.reliability import draw_reliability
from training.figures.roc import draw_roc
from training.figures.style import heading
from training.figures.training_curves import save_curves

CURVES = "curves.png"
FIGURES: Mapping[str, Callable[[Mapping[str, Any], Path], None]] = {
    "roc.png": draw_roc,
    "precision_recall.png": draw_precision_recall,
    "reliability.png": draw_reliability,
    "confusion.png": draw_confusion,
}


def draw_all(evaluation: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draws every figure that the evaluation has data for into the folder; an ensemble has no training curves."""
    for name, draw in FIGURES.items():
        draw(evaluation, folder / name)
    if history := evaluation["training"]["history"]:
        save_curves(history, folder / CURVES, heading({**evaluation, "part": "training"}, "Course of the training"))
    return [folder / name for name in drawn_names(evaluation)]


def drawn_names(evaluation: Mapping[str, Any]) -> list[str]:
    """File names of the figures that the evaluation has data for."""
    return [*FIGURES, *([CURVES] if evaluation["training"]["history"] else [])]
