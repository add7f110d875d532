"""How workers share an ablation study: no trial twice, and none lost with the worker that had it."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from app.config import REPOSITORY
from training.ablate.plan import HARD, Cell, Plan, make_plan
from training.ablate.results import read_trials, rows
from training.ablate.storage import hold_to, open_study
from training.ablate.work import CELL, WORKER, done, queue, work
from training.errors import Diverged, TrainingError
from training.recipe import Recipe, load_recipe

WORKER_PROCESS = """
import json, sys, time
from pathlib import Path
from training.ablate.plan import make_plan
from training.ablate.storage import open_study
from training.ablate.work import work
from training.recipe import load_recipe

url, log, seconds, grace = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
plan = make_plan(load_recipe("three_block_ham10000"), factors=["conversion"], seeds=2)

def train(cell):
    with log.open("a") as file:
        file.write(f"start {cell.name}\\n")
    time.sleep(seconds)
    with log.open("a") as file:
        file.write(f"end {cell.name}\\n")
    return {"auc": {"value": 0.5}}

work(open_study(plan, url, heartbeat=1, grace=grace), plan.cells, train, pause=0.2)
"""


def start_worker(url: str, log: Path, *, seconds: float, grace: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER_PROCESS, url, str(log), str(seconds), str(grace)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
    )


def wait_for(text: str, log: Path, worker: subprocess.Popen[bytes]) -> None:
    while not (log.is_file() and text in log.read_text()):
        assert worker.poll() is None, "the worker ended before it did anything"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def hard() -> Recipe:
    return load_recipe("three_block_ham10000")


@pytest.fixture
def plan(hard: Recipe) -> Plan:
    return make_plan(hard, factors=["conversion"], seeds=2)


def test_workers_share_a_study_and_do_no_trial_twice(plan: Plan, tmp_path: Path) -> None:
    url, log = f"sqlite:///{tmp_path / 'study.db'}", tmp_path / "log"
    workers = [start_worker(url, log, seconds=1.0, grace=60) for _ in range(3)]
    assert [worker.wait(timeout=100) for worker in workers] == [0, 0, 0]
    starts = [line for line in log.read_text().splitlines() if line.startswith("start")]
    assert sorted(starts) == sorted(f"start {cell.name}" for cell in plan.cells)
    study = open_study(plan, url)
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    assert sorted(trial.user_attrs[CELL]["name"] for trial in complete) == sorted(cell.name for cell in plan.cells)
    assert len({trial.user_attrs[WORKER] for trial in complete}) > 1


def test_the_trial_of_a_killed_worker_is_taken_up_again(plan: Plan, tmp_path: Path) -> None:
    url, log = f"sqlite:///{tmp_path / 'study.db'}", tmp_path / "log"
    doomed = start_worker(url, log, seconds=100, grace=2)
    wait_for("start hard-base-seed1", log, doomed)
    time.sleep(1.2)  # A heartbeat, at least.
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    trained = []
    study = open_study(plan, url, heartbeat=1, grace=2)
    assert [trial.state for trial in study.get_trials()].count(TrialState.RUNNING) == 1
    work(study, plan.cells, lambda cell: trained.append(cell.name) or {"auc": {"value": 0.5}}, pause=0.2)
    assert sorted(trained) == sorted(cell.name for cell in plan.cells)
    assert [trial.state for trial in study.get_trials()].count(TrialState.FAIL) == 1
    work(study, plan.cells, lambda cell: pytest.fail(f"{cell.name} has a result already"))


def test_a_trial_whose_worker_died_before_its_first_sign_of_life_is_taken_up_again(plan: Plan, tmp_path: Path) -> None:
    study = open_study(plan, f"sqlite:///{tmp_path / 'study.db'}", heartbeat=1, grace=1)
    queue(study, plan.cells)
    with pytest.warns(UserWarning, match="Heartbeat"):
        study.ask()  # claims the first trial, as a worker does, and dies
    trained = []
    work(study, plan.cells, lambda cell: trained.append(cell.name) or {"auc": {"value": 0.5}}, pause=0.2)
    assert sorted(trained) == sorted(cell.name for cell in plan.cells)


def test_a_worker_that_was_taken_for_dead_goes_on_and_its_trial_is_done_again(plan: Plan, tmp_path: Path) -> None:
    study = open_study(plan, f"sqlite:///{tmp_path / 'study.db'}")
    trained: list[str] = []

    def train(cell: Cell) -> dict[str, Any]:
        if not trained:
            (mine,) = study.get_trials(states=(TrialState.RUNNING,))
            study.tell(mine.number, state=TrialState.FAIL)  # as another worker does with a stale trial
        trained.append(cell.name)
        return {"auc": {"value": 0.5}}

    work(study, plan.cells, train)
    assert sorted(trained) == sorted(["hard-base-seed1", *(cell.name for cell in plan.cells)])
    assert len(done(study, plan.cells)) == len(plan.cells)


def test_a_setting_that_diverges_is_a_result_and_another_error_is_not(plan: Plan, tmp_path: Path) -> None:
    study = open_study(plan, f"sqlite:///{tmp_path / 'study.db'}")

    def train(cell: Any) -> dict[str, Any]:
        if cell.setting == "average":
            raise Diverged("infinite")
        if cell.setting == "flatten" and cell.recipe.seed == 2 and not broken:
            broken.append(cell.name)
            raise OSError("disk full")
        return {name: {"value": 0.5, "low": 0.4, "high": 0.6} for name in ("auc", "accuracy", "f1", "mcc")}

    broken: list[str] = []
    with pytest.raises(OSError, match="disk full"):
        work(study, plan.cells, train)
    assert len(done(study, plan.cells)) < len(plan.cells)
    work(study, plan.cells, train)
    assert len(done(study, plan.cells)) == len(plan.cells)
    trials = read_trials(study)
    assert [trial.error for trial in trials if trial.setting == "average"] == ["infinite", "infinite"]
    average = next(row for row in rows(plan, trials, HARD, "conversion") if row.setting == "average")
    assert (average.diverged, average.values["auc"], average.differences) == (2, (), {})


def test_a_study_grows_by_factors_and_seeds_and_refuses_another_base(hard: Recipe, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    trained: list[str] = []

    def train(cell: Any) -> dict[str, Any]:
        trained.append(cell.name)
        return {"auc": {"value": 0.5}}

    first = make_plan(hard, factors=["conversion"], seeds=1)
    work(open_study(first, url), first.cells, train)
    more = make_plan(hard, factors=["conversion", "closing"], seeds=2)
    work(open_study(more, url), more.cells, train)
    assert sorted(trained) == sorted(cell.name for cell in more.cells)
    changed = make_plan(replace(hard, fit=replace(hard.fit, weight_decay=0.5)))
    with pytest.raises(TrainingError, match="a recipe that has changed since"):
        open_study(changed, url)


def test_a_study_refuses_what_its_earlier_trials_did_not_learn_from(hard: Recipe, tmp_path: Path) -> None:
    plan = make_plan(hard, factors=["rescale"], seeds=1)
    url = f"sqlite:///{tmp_path / 'study.db'}"
    hold_to(open_study(plan, url), {"data": "abc", "soft labels": None})
    hold_to(open_study(plan, url), {"data": "abc", "soft labels": "first"})
    hold_to(open_study(plan, url), {"data": "abc", "soft labels": None})
    with pytest.raises(TrainingError, match="trials of this study learnt from other soft labels; remove its database"):
        hold_to(open_study(plan, url), {"data": "abc", "soft labels": "second"})


def test_a_database_that_cannot_be_opened_is_named_without_its_password(hard: Recipe) -> None:
    with pytest.raises(TrainingError, match="mend --storage") as refused:
        open_study(make_plan(hard), "nothing://user:secret@nowhere/study")
    assert "secret" not in str(refused.value)
