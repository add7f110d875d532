"""A study's table in the layout of the paper's: factor, setting, metrics, and which setting is chosen."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.ablate.levels import FACTORS, PAPER
from training.ablate.plan import ABSENT, DISTILLED, MEASURED, Plan
from training.ablate.results import CHOSEN_BY, Row, Trial, arm_rows, deviation, lesion_half_width, rows

NOT_DONE = "not done"
TITLES = {"auc": "AUC", "accuracy": "Accuracy", "f1": "F1", "mcc": "MCC"}
ARM_TITLES = {DISTILLED: "With teachers", "hard": "On hard labels alone"}

MEASURES = (
    "Measured on the validation part, at a probability of 0.5, not calibrated. Mean ± standard deviation over seeds."
)
LEGEND = (
    "Difference: of the mean AUC from the base's, with the 95 % interval of Welch's t over seeds; = marks one that is "
    "inside the noise, ? one of a single seed, whose noise is unknown. Of twenty such intervals one is expected to "
    "miss by chance alone. Chosen: **here**, the highest AUC of the base and of what is above it by more than noise; "
    f"paper, what {PAPER} chose."
)


def to_json(plan: Plan, trials: Sequence[Trial]) -> dict[str, Any]:
    """JSON-ready: the plan, how much of it is done, and every row."""
    return {
        "plan": plan.to_dict(),
        "trials_done": len(_of_plan(plan, trials)),
        "arms": {
            arm: {factor: [row.to_dict() for row in rows(plan, trials, arm, factor)] for factor in plan.varied(arm)}
            for arm in plan.arms
        },
        "teachers": [row.to_dict() for row in arm_rows(plan, trials)] if len(plan.arms) > 1 else [],
        "lesion_half_width": {arm: lesion_half_width(trials, arm) for arm in plan.arms},
        "seconds": round(sum(trial.seconds for trial in trials), 1),
    }


def to_markdown(plan: Plan, trials: Sequence[Trial]) -> str:
    """A table an arm, one of the two arms' bases, and how to read them."""
    seeds = sorted({cell.recipe.seed for cell in plan.cells})
    part = "the whole training part" if plan.base.images is None else f"{plan.base.images} training images"
    how_much = (
        f"{len(_of_plan(plan, trials))} of {len(plan.cells)} trials are done. {plan.base.fit.epochs} epochs (the "
        f"recipe has {plan.recipe_epochs}), {part}, seeds {', '.join(map(str, seeds))}."
    )
    lines = [f"# Ablation of {plan.name}", "", f"{how_much} {MEASURES}"]
    if len(plan.arms) > 1:
        lines += ["", "## Teachers", "", *_table([("teachers", row) for row in arm_rows(plan, trials)])]
    for arm in plan.arms:
        found = [(factor, row) for factor in plan.varied(arm) for row in rows(plan, trials, arm, factor)]
        lines += ["", f"## {ARM_TITLES[arm]}", "", *_table([(FACTORS[name].title, row) for name, row in found])]
        if (half := lesion_half_width(trials, arm)) is not None:
            lines += [
                "",
                f"Other lesions in the validation part might move the base's AUC by ± {half:.3f} (bootstrap).",
            ]
    left_out = [f"- Left out: {FACTORS[name].title}; {why}." for name, why in plan.left_out if why != ABSENT]
    lines += ["", *left_out] if left_out else []
    return "\n".join([*lines, "", LEGEND, ""])


def _of_plan(plan: Plan, trials: Sequence[Trial]) -> list[Trial]:
    wanted = {(cell.arm, cell.factor, cell.setting, cell.recipe.seed) for cell in plan.cells}
    return [trial for trial in trials if (trial.arm, trial.factor, trial.setting, trial.seed) in wanted]


def _table(found: Sequence[tuple[str, Row]]) -> list[str]:
    head = ["Factor", "Setting", *(TITLES[name] for name in MEASURED), "Seeds", "Difference of AUC", "Chosen"]
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    before = ""
    for factor, row in found:
        marks = [*(["**here**"] if row.chosen else []), *(["paper"] if row.published else [])]
        setting = f"{row.setting} (base)" if row.is_base else row.setting
        cells = [
            "" if factor == before else factor, setting, *(_mean(row.values[name]) for name in MEASURED),
            str(len(row.values[CHOSEN_BY])) + (f", {row.diverged} diverged" if row.diverged else ""),
            _difference(row), ", ".join(marks),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
        before = factor
    return lines


def _mean(values: Sequence[float]) -> str:
    if not values:
        return NOT_DONE
    spread = deviation(values)
    return f"{np.mean(values):.3f}" + ("" if spread is None else f" ± {spread:.3f}")


def _difference(row: Row) -> str:
    if CHOSEN_BY not in row.differences:
        return "" if row.is_base else NOT_DONE
    found = row.differences[CHOSEN_BY]
    if found.low is None or found.high is None:
        return f"{found.value:+.3f} ?"
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]" + (" =" if found.in_noise else "")
