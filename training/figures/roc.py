"""The ROC curve with the points at which the model is used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.figures.style import BLUE, GREY, ORANGE, VERMILION, heading, new_figure, save, unit_square


def draw_roc(evaluation: Mapping[str, Any], path: Path) -> None:
    """Draws the curve, the operating point with its intervals, and the point at probability 0.5."""
    figure = new_figure(5, 5.3)
    axes = figure.subplots()
    unit_square(axes)
    auc, metrics = evaluation["metrics"]["auc"], evaluation["metrics"]
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="chance")
    curve = zip(*evaluation["curves"]["roc"], strict=True)
    label = f"AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})"
    axes.plot(*curve, color=BLUE, linewidth=1.8, label=label)
    half = (1 - metrics["specificity"]["value"], metrics["sensitivity"]["value"])
    axes.plot(*half, "s", color=ORANGE, markeredgecolor="black", label="probability 0.5")
    if point := evaluation["operating_point"]:
        sensitivity, specificity = point["sensitivity"], point["specificity"]
        axes.errorbar(
            1 - specificity["value"],
            sensitivity["value"],
            xerr=[[specificity["high"] - specificity["value"]], [specificity["value"] - specificity["low"]]],
            yerr=[[sensitivity["value"] - sensitivity["low"]], [sensitivity["high"] - sensitivity["value"]]],
            fmt="o",
            color=VERMILION,
            markeredgecolor="black",
            capsize=3,
            label=f"operating point, probability {point['threshold']:.3f}",
        )
    axes.set(xlabel="1 - specificity", ylabel="Sensitivity")
    axes.set_title(heading(evaluation, "ROC, malignant versus benign"), fontsize=11)
    axes.legend(loc="lower right", fontsize=9, framealpha=1)
    save(figure, path)
