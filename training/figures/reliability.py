"""The reliability diagram: is a third of those malignant that the model calls malignant with probability 1/3?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.screening.calibration import METHODS
from training.figures.style import BLUE, GREY, heading, new_figure, save, unit_square

TITLES = {"none": "not calibrated", **{name: f"after {kind.title}" for name, kind in METHODS.items()}}


def draw_reliability(evaluation: Mapping[str, Any], path: Path) -> None:
    """Draws the malignant share of each bin of probabilities with its interval, and below how many images it has."""
    figure = new_figure(5, 6.4)
    above, below = figure.subplots(2, 1, height_ratios=(4, 1.1))
    unit_square(above)
    above.set_aspect("auto")  # as wide as the bars below, bin above bin
    bins = [row for row in evaluation["reliability"] if row["images"]]
    shares = [row["malignant_share"] for row in bins]
    ece, brier = evaluation["metrics"]["ece"]["value"], evaluation["metrics"]["brier"]["value"]
    above.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="perfectly calibrated")
    above.errorbar(
        [row["mean_probability"] for row in bins],
        [share["value"] for share in shares],
        yerr=[
            [max(0.0, share["value"] - share["low"]) for share in shares],
            [max(0.0, share["high"] - share["value"]) for share in shares],
        ],
        fmt="o-",
        color=BLUE,
        capsize=3,
        linewidth=1.2,
        label=f"ECE {ece:.3f}, Brier {brier:.3f}",
    )
    above.set(xlabel="Mean probability of malignancy", ylabel="Malignant share")
    above.set_title(heading(evaluation, f"Reliability, {TITLES[evaluation['calibration']['method']]}"), fontsize=11)
    above.legend(loc="upper left", fontsize=9, framealpha=1)
    rows = evaluation["reliability"]
    bars = below.bar(
        [row["from"] for row in rows], [row["images"] for row in rows], width=rows[0]["to"], align="edge",
        color=BLUE, edgecolor="white",
    )  # fmt: skip
    below.bar_label(bars, [f"{row['images']:,}" for row in rows], fontsize=8)
    below.set(xlim=(-0.01, 1.01), xlabel="Bin of the probability", ylabel="Images")
    below.margins(y=0.25)
    save(figure, path)
