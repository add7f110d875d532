"""From the trials of a study to rows: mean and deviation over seeds, and the difference from the base."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState
from scipy import stats

from training.ablate.levels import FACTORS
from training.ablate.plan import BASE, MEASURED, Plan, label
from training.ablate.work import CELL, ERROR

CHOSEN_BY = "auc"
"""The metric that decides; it needs no threshold."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A finished trial.

    Attributes:
        arm, factor, setting, seed: as in its `Cell`.
        metrics: {metric: {"value", "low", "high"}}, the interval over lesions; empty where it diverged.
        epochs: that were trained.
        seconds: that they and measuring took.
        error: why there are no metrics.
    """

    arm: str
    factor: str
    setting: str
    seed: int
    metrics: dict[str, dict[str, float]]
    epochs: int = 0
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a setting's mean from the base's, with the 95 % interval of Welch's t over seeds (Welch 1947).

    Attributes:
        value: the difference.
        low, high: the interval; None where one of the two has a single seed, which tells nothing of noise.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def in_noise(self) -> bool | None:
        """Whether the interval holds 0; None without one."""
        return None if self.low is None or self.high is None else self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class Row:
    """A setting of a factor.

    Attributes:
        setting: the level.
        is_base: whether it is the base's own.
        published: whether the paper chose it.
        values: {metric: a value a seed}.
        differences: {metric: difference from the base}; empty for the base and where one has no trial.
        diverged: how many seeds diverged.
        chosen: whether this study would choose it: the highest mean AUC of the base and of those that are above it
            by more than noise.
    """

    setting: str
    is_base: bool
    published: bool
    values: dict[str, tuple[float, ...]]
    differences: dict[str, Difference]
    diverged: int = 0
    chosen: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with mean and standard deviation (n - 1; None of a single seed) of each metric."""
        return {
            **asdict(self),
            "means": {name: float(np.mean(values)) for name, values in self.values.items() if values},
            "deviations": {name: deviation(values) for name, values in self.values.items()},
        }


def read_trials(study: optuna.Study) -> list[Trial]:
    """The finished trials of a study."""
    found = []
    for trial in study.get_trials(deepcopy=False):
        attributes = trial.user_attrs
        if trial.state is not TrialState.COMPLETE and ERROR not in attributes:
            continue
        cell = attributes[CELL]
        found.append(
            Trial(
                cell["arm"], cell["factor"], cell["setting"], cell["seed"],
                {name: attributes[name] for name in MEASURED if name in attributes},
                attributes.get("epochs", 0), attributes.get("seconds", 0.0), attributes.get(ERROR, ""),
            )
        )  # fmt: skip
    return found


def rows(plan: Plan, trials: Sequence[Trial], arm: str, factor: str) -> list[Row]:
    """A row for each level of a factor in an arm, in the order of the plan."""
    own = FACTORS[factor].read(plan.base)
    published = FACTORS[factor].published
    base = _values(trials, arm, BASE, "")
    found = []
    for setting in plan.settings(factor):
        is_base = own is not None and setting == label(own)
        place = (arm, BASE, "") if is_base else (arm, factor, setting)
        values = base if is_base else _values(trials, arm, factor, setting)
        found.append(
            Row(
                setting, is_base, published is not None and setting == label(published), values,
                {} if is_base else _differences(values, base), _diverged(trials, *place),
            )
        )  # fmt: skip
    return _choose(found)


def arm_rows(plan: Plan, trials: Sequence[Trial]) -> list[Row]:
    """A row for each arm's base; the first arm, with teachers where there are any, is what the others differ from."""
    values = [_values(trials, arm, BASE, "") for arm in plan.arms]
    found = [
        Row(
            arm,
            arm == plan.arms[0],
            arm == plan.arms[0],
            mine,
            {} if at == 0 else _differences(mine, values[0]),
            _diverged(trials, arm, BASE, ""),
        )
        for at, (arm, mine) in enumerate(zip(plan.arms, values, strict=True))
    ]
    return _choose(found)


def difference(values: Sequence[float], base: Sequence[float]) -> Difference:
    """Mean of `values` less mean of `base`, with its interval."""
    value = float(np.mean(values) - np.mean(base))
    if min(len(values), len(base)) < 2:
        return Difference(value, None, None)
    if not np.ptp(values) and not np.ptp(base):
        return Difference(value, value, value)
    interval = stats.ttest_ind(values, base, equal_var=False).confidence_interval(0.95)
    return Difference(value, float(interval.low), float(interval.high))


def deviation(values: Sequence[float]) -> float | None:
    """Standard deviation over seeds (n - 1); None of fewer than two."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def lesion_half_width(trials: Iterable[Trial], arm: str) -> float | None:
    """Half of the interval over lesions of the base's AUC, mean over seeds: what another validation part might move."""
    widths = [
        (trial.metrics[CHOSEN_BY]["high"] - trial.metrics[CHOSEN_BY]["low"]) / 2
        for trial in trials
        if (trial.arm, trial.factor) == (arm, BASE) and trial.metrics
    ]
    return float(np.mean(widths)) if widths else None


def _values(trials: Sequence[Trial], arm: str, factor: str, setting: str) -> dict[str, tuple[float, ...]]:
    mine = [
        trial
        for trial in sorted(trials, key=lambda trial: trial.seed)
        if (trial.arm, trial.factor, trial.setting) == (arm, factor, setting) and trial.metrics
    ]
    return {name: tuple(trial.metrics[name]["value"] for trial in mine) for name in MEASURED}


def _diverged(trials: Sequence[Trial], arm: str, factor: str, setting: str) -> int:
    return sum(
        bool(trial.error) for trial in trials if (trial.arm, trial.factor, trial.setting) == (arm, factor, setting)
    )


def _differences(values: dict[str, tuple[float, ...]], base: dict[str, tuple[float, ...]]) -> dict[str, Difference]:
    return {name: difference(values[name], base[name]) for name in MEASURED if values[name] and base[name]}


def _choose(found: list[Row]) -> list[Row]:
    def stands(row: Row) -> bool:
        if not row.values[CHOSEN_BY]:
            return False
        low = row.differences[CHOSEN_BY].low if CHOSEN_BY in row.differences else None
        return row.is_base or (low is not None and low > 0)

    standing = [row for row in found if stands(row)]
    if not any(row.is_base for row in standing):
        return found
    best = max(standing, key=lambda row: float(np.mean(row.values[CHOSEN_BY])))
    return [
        Row(row.setting, row.is_base, row.published, row.values, row.differences, row.diverged, chosen=row is best)
        for row in found
    ]
