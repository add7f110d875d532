"""Workers: each takes the next trial of the study that nobody has, until all are done.

Optuna's queue (`enqueue_trial`) holds the trials. It can hold two of one cell: two workers may queue what is missing at
the same time, and what a killed worker had is queued again. Of these only the first that has not failed is ever
trained. Since a failed trial stays failed and numbers only grow, a trial that is the first stays it, and no cell is
trained by two workers at once.
"""

import time
import uuid
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from training.ablate.plan import Cell
from training.ablate.storage import GRACE_SECONDS
from training.errors import Diverged

CELL, WORKER, ERROR = "cell", "worker", "error"
"""User attributes of a trial: the cell, as `Cell.to_dict` has it; who took it; why it has no result."""

Measured = dict[str, Any]
"""What the training of a cell gives, a user attribute each; `auc.value` is what Optuna keeps as the trial's value."""


def work(study: optuna.Study, cells: Sequence[Cell], train: Callable[[Cell], Measured], *, pause: float = 5.0) -> None:
    """Trains cells until each of the plan is done, here or by another worker.

    Args:
        study: of `open_study`; it may hold cells of other plans, which are taken, too.
        cells: of the plan.
        train: trains one and measures it. Diverged is that cell's result; any other error ends this worker, and the
            cell is left to the others.
        pause: seconds between two looks at what others are doing.
    """
    me = uuid.uuid4().hex
    answered: list[str] = []

    def objective(trial: optuna.Trial) -> float:
        cell = _cell_to_train(study, trial)
        trial.set_user_attr(WORKER, me)
        print(f"{cell.name} ({len(done(study, cells))} of {len(cells)} trials are done)", flush=True)
        try:
            measured = train(cell)
        except Diverged as error:
            answered.append(cell.name)
            trial.set_user_attr(ERROR, str(error))
            raise
        answered.append(cell.name)
        for name, value in measured.items():
            trial.set_user_attr(name, value)
        return float(measured["auc"]["value"])

    silent_since: dict[int, float] = {}
    while missing := {cell.name for cell in cells} - done(study, cells):
        _fail_dead(study, silent_since)
        queue(study, cells)
        waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if not any(_name(trial) in missing for trial in waiting):
            time.sleep(pause)
            continue
        answered.clear()
        try:
            study.optimize(objective, n_trials=1, catch=(Diverged,))
        except (ValueError, AssertionError):
            # What Optuna raises when it is told the result of a trial that it has taken for dead meanwhile.
            if not answered:
                raise
            print(f"{answered[0]} was given to another: nothing was heard of this worker for too long", flush=True)


def queue(study: optuna.Study, cells: Sequence[Cell]) -> None:
    """Queues a trial for each cell that has none: none that waits, runs or has a result."""
    there = {_name(trial) for trial in study.get_trials(deepcopy=False) if _holds(trial)}
    for cell in cells:
        if cell.name not in there:
            study.enqueue_trial({}, user_attrs={CELL: cell.to_dict()})


def done(study: optuna.Study, cells: Sequence[Cell]) -> set[str]:
    """The names of those cells that have a result, be it that they diverged."""
    have = {_name(trial) for trial in study.get_trials(deepcopy=False) if _holds(trial) and trial.state.is_finished()}
    return {cell.name for cell in cells if cell.name in have}


def _cell_to_train(study: optuna.Study, trial: optuna.Trial) -> Cell:
    """The cell of a trial; prunes it where another trial has that cell, or where the queue was empty after all."""
    if CELL not in trial.user_attrs:
        raise optuna.TrialPruned
    cell = Cell.from_dict(trial.user_attrs[CELL])
    before = study.get_trials(deepcopy=False)[: trial.number]
    if any(_name(other) == cell.name and _holds(other) for other in before):
        raise optuna.TrialPruned
    return cell


def _name(trial: FrozenTrial) -> str | None:
    name: str | None = trial.user_attrs.get(CELL, {}).get("name")
    return name


def _holds(trial: FrozenTrial) -> bool:
    """Whether a trial has its cell, so that no other may: it waits, runs or has a result."""
    return trial.state not in (TrialState.FAIL, TrialState.PRUNED) or ERROR in trial.user_attrs


def _fail_dead(study: optuna.Study, silent_since: dict[int, float]) -> None:
    """Fails the trials of workers that are gone, so that they are queued again.

    Optuna finds those whose heartbeat stopped. It has none of a worker that was killed between its claim and its first
    heartbeat: such a trial names no worker, and is failed when it has not for as long.

    Args:
        study: of the trials.
        silent_since: when each such trial was first seen, by the monotonic clock of this process; kept between calls.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)
    now = time.monotonic()
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    nameless = {trial.number for trial in running if WORKER not in trial.user_attrs}
    for number in set(silent_since) - nameless:
        del silent_since[number]
    for number in nameless:
        if now - silent_since.setdefault(number, now) > study.user_attrs[GRACE_SECONDS]:
            study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
