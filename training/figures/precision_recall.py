"""The precision-recall curve, which a rare malignant class does not flatter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.figures.style import BLUE, GREY, ORANGE, heading, new_figure, save, unit_square


def draw_precision_recall(evaluation: Mapping[str, Any], path: Path) -> None:
    """Draws the curve, the point at probability 0.5, and the precision of referring everyone."""
    figure = new_figure(5, 5.3)
    axes = figure.subplots()
    unit_square(axes)
    metrics = evaluation["metrics"]
    area = metrics["average_precision"]
    prevalence = evaluation["malignant_images"] / evaluation["images"]
    axes.axhline(prevalence, color=GREY, linestyle=":", linewidth=1, label=f"malignant images: {prevalence:.1%}")
    curve = zip(*evaluation["curves"]["precision_recall"], strict=True)
    label = f"average precision {area['value']:.3f} ({area['low']:.3f} to {area['high']:.3f})"
    axes.plot(*curve, color=BLUE, linewidth=1.8, label=label)
    half = (metrics["sensitivity"]["value"], metrics["precision"]["value"])
    axes.plot(*half, "s", color=ORANGE, markeredgecolor="black", label="probability 0.5")
    axes.set(xlabel="Recall (sensitivity)", ylabel="Precision")
    axes.set_title(heading(evaluation, "Precision and recall of malignant"), fontsize=11)
    # Below the curve of any useful model; the curve's upper left end is the noisiest and is not to be hidden.
    axes.legend(loc="lower left", fontsize=9, framealpha=1, bbox_to_anchor=(0, prevalence + 0.02))
    save(figure, path)
