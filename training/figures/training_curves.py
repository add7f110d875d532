"""The course of a training: loss, and what validation says, by epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from training.figures.style import BLUE, GREEN, ORANGE, VERMILION, new_figure, save

LOSSES = {"loss": ("training", BLUE, "-"), "validation_loss": ("validation", VERMILION, "--")}
SCORES = {
    "validation_auc": ("AUC, malignant versus benign", GREEN, "-"),
    "validation_balanced_accuracy": ("balanced accuracy, all classes", ORANGE, "--"),
}


def save_curves(history: Sequence[Mapping[str, float]], path: Path, title: str) -> None:
    """Draws a run so far; cheap enough for the end of every epoch.

    Args:
        history: a row an epoch: "epoch", and any of the columns of LOSSES and SCORES; others are not drawn.
        path: the PNG to write.
        title: above the figure.
    """
    figure = new_figure(9, 3.6)
    for axes, columns, name in zip(figure.subplots(1, 2), (LOSSES, SCORES), ("Loss", "Validation"), strict=True):
        for column, (label, colour, style) in columns.items():
            drawn = [(row["epoch"], row[column]) for row in history if column in row]
            if drawn:
                marker = "o" if len(drawn) == 1 else None
                axes.plot(*zip(*drawn, strict=True), style, color=colour, marker=marker, linewidth=1.6, label=label)
        if axes.lines:
            axes.legend(fontsize=9)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set(xlabel="Epoch", ylabel=name)
    figure.axes[1].set_ylim(0, 1.02)
    figure.suptitle(title, fontsize=11)
    save(figure, path)
