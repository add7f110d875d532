"""A study's figure: a panel a factor, a point a seed, the base as a line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.ablate.levels import FACTORS
from training.ablate.plan import DISTILLED, HARD, Plan
from training.ablate.results import CHOSEN_BY, Trial, rows

COLUMNS = 4
COLOURS = {DISTILLED: "#0072b2", HARD: "#d55e00"}
"""Blue and vermilion of Okabe and Ito 2008, which the colour-blind tell apart."""

SHIFT = 0.12
"""Of an arm's points to the left or right, in settings."""


def draw(plan: Plan, trials: Sequence[Trial], path: Path) -> None:
    """Writes the PNG.

    Args:
        plan: of the study.
        trials: those that are finished.
        path: of the file.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    columns = min(COLUMNS, len(plan.factors)) or 1
    lines = -(-len(plan.factors) // columns) or 1
    figure, grid = plt.subplots(
        lines, columns, figsize=(3.4 * columns, 2.9 * lines), squeeze=False, sharey=True, layout="constrained"
    )
    for axes, factor in zip(grid.flat, plan.factors, strict=False):
        _panel(axes, plan, trials, factor)
    for axes in grid.flat[len(plan.factors) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("AUC on validation")
    handles = {
        name: handle for axes in grid.flat for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=len(handles) or 1, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _panel(axes: Any, plan: Plan, trials: Sequence[Trial], factor: str) -> None:
    settings = plan.settings(factor)
    for at, arm in enumerate(plan.arms):
        if factor not in plan.varied(arm):
            continue
        shift = SHIFT * (2 * at - len(plan.arms) + 1)
        for row in rows(plan, trials, arm, factor):
            values = row.values[CHOSEN_BY]
            if not values:
                continue
            place = settings.index(row.setting) + shift
            axes.plot([place] * len(values), values, "o", color=COLOURS[arm], alpha=0.6, markersize=5, label=arm)
            axes.plot([place - SHIFT, place + SHIFT], [np.mean(values)] * 2, color=COLOURS[arm], linewidth=2)
            if row.is_base:
                axes.axhline(
                    np.mean(values), color=COLOURS[arm], linewidth=1, linestyle="--", label=f"{arm}, mean of the base"
                )
    axes.set_xticks(range(len(settings)), settings, rotation=30 if max(map(len, settings)) > 4 else 0)
    axes.set_xlim(-0.6, len(settings) - 0.4)
    axes.set_title(FACTORS[factor].title, fontsize=10)
    axes.grid(axis="y", alpha=0.3)
