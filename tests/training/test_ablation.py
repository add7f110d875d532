"""Ablation studies: what is planned, how workers share it, and the arithmetic of the table."""

import json
import os
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
from training.ablate.figure import draw
from training.ablate.levels import HYPERPARAMETERS, with_epochs
from training.ablate.plan import BASE, DISTILLED, HARD, Plan, make_plan
from training.ablate.results import Trial, arm_rows, difference, read_trials, rows
from training.ablate.storage import open_study
from training.ablate.table import to_json, to_markdown
from training.ablate.work import CELL, WORKER, done, queue, work
from training.errors import Diverged, TrainingError
from training.recipe import Recipe, load_recipe

STAGES_ON = ("closing", "bilateral", "roi_highlight", "unsharp_mask", "rescale")


@pytest.fixture(scope="module")
def taught() -> Recipe:
    return load_recipe("three_block_distilled")


@pytest.fixture(scope="module")
def hard() -> Recipe:
    return load_recipe("three_block_ham10000")


def flat(recipe: Recipe) -> dict[str, Any]:
    """Every value of a recipe by its path; the stages apart."""
    found: dict[str, Any] = {}
    for name, value in recipe.to_dict().items():
        found |= (
            {f"{name}.{inner}": each for inner, each in value.items()} if isinstance(value, dict) else {name: value}
        )
    return found


def test_each_trial_differs_from_its_base_in_its_factor_alone(taught: Recipe) -> None:
    plan = make_plan(taught, seeds=2)
    changes = {
        "optimizer": {"fit.optimizer"}, "batch_size": {"fit.batch_size"}, "learning_rate": {"fit.peak_learning_rate"},
        "temperature": {"distil.temperature"}, "alpha": {"distil.alpha"}, "conversion": {"network.conversion"},
        "epochs": {"fit.cycles"}, **{stage: {"preprocess.stages"} for stage in STAGES_ON}, BASE: set(),
    }  # fmt: skip
    bases = {(cell.arm, cell.recipe.seed): flat(cell.recipe) for cell in plan.cells if cell.factor == BASE}
    for cell in plan.cells:
        base, variant = bases[cell.arm, cell.recipe.seed], flat(cell.recipe)
        changed = {path for path in variant if variant[path] != base.get(path)} - {"name"}
        # A warm-up never lasts longer than it did in proportion, which short trainings need.
        assert changed - {"fit.warmup_epochs"} == changes[cell.factor], cell.name
    names = [cell.name for cell in plan.cells]
    assert len(set(names)) == len(names)


def test_all_seven_hyperparameters_and_the_stages_are_planned_with_teachers_and_without(taught: Recipe) -> None:
    plan = make_plan(taught, seeds=1)
    by_arm = {arm: {cell.factor for cell in plan.cells if cell.arm == arm} for arm in (DISTILLED, HARD)}
    assert by_arm[DISTILLED] == {BASE, *HYPERPARAMETERS, *STAGES_ON}
    assert by_arm[HARD] == by_arm[DISTILLED] - {"temperature", "alpha"}
    hard_base = next(cell.recipe for cell in plan.cells if (cell.arm, cell.factor) == (HARD, BASE))
    assert hard_base == replace(taught, name=hard_base.name, distil=None, view_seed=taught.seed)
    for name, factor in HYPERPARAMETERS.items():
        assert factor.published in factor.levels, name


def test_the_resize_stage_is_left_out_where_it_changes_nothing_and_varied_where_it_does(hard: Recipe) -> None:
    assert dict(make_plan(hard).left_out)["resize"].startswith("the stages run at 224×224")
    with pytest.raises(TrainingError, match=r"resize cannot be varied .* changes no pixel"):
        make_plan(hard, factors=["resize"])
    smaller = replace(hard, preprocess=replace(hard.preprocess, output_size=112))
    (_, off) = make_plan(smaller, factors=["resize"], seeds=1).cells
    assert off.recipe.preprocess.output_size == 224
    assert "resize" not in off.recipe.preprocess.stages


def test_seeds_change_the_weights_and_leave_the_views(taught: Recipe) -> None:
    cells = make_plan(taught, factors=["alpha"], seeds=3).cells
    assert {cell.recipe.seed for cell in cells} == {1, 2, 3}
    assert {cell.recipe.views_seed for cell in cells} == {taught.seed}


def test_shorter_studies_say_so_in_their_name_and_shrink_their_levels(hard: Recipe) -> None:
    plan = make_plan(hard, factors=["epochs"], epochs=5, images=600, seeds=1)
    assert plan.name == "three_block_ham10000-5epochs-600images"
    # Of 50 epochs to 5: 10, 30, 50, 70 and 90 become a tenth.
    assert [cell.recipe.fit.epochs for cell in plan.cells] == [5, 1, 3, 7, 9]
    assert plan.settings("epochs") == ["1", "3", "5", "7", "9"]
    assert (plan.base.images, plan.validation_images) == (600, None)
    restarts = replace(hard, fit=replace(hard.fit, cycles=(30, 10), warmup_epochs=2))
    assert with_epochs(restarts, 4).fit.cycles == (3, 1)
    assert with_epochs(restarts, 80).fit.warmup_epochs == 2
    small = make_plan(load_recipe("three_block_ham10000-smoke"), factors=["epochs"], seeds=1)
    assert small.settings("epochs") == ["1", "2", "3", "4"]


def test_what_cannot_be_studied_is_refused_in_a_sentence(hard: Recipe) -> None:
    with pytest.raises(TrainingError, match="no factor named 'magic'"):
        make_plan(hard, factors=["magic"])
    with pytest.raises(
        TrainingError, match="alpha cannot be varied about three_block_ham10000: the recipe has no such"
    ):
        make_plan(hard, factors=["alpha"])
    with pytest.raises(TrainingError, match="has no teachers"):
        make_plan(hard, arms=[DISTILLED])
    with pytest.raises(TrainingError, match="no arm named 'soft'"):
        make_plan(hard, arms=["soft"])
    with pytest.raises(TrainingError, match="whole numbers from 1"):
        make_plan(hard, seeds=0)
    teacher = load_recipe("densenet169_ham10000")
    assert dict(make_plan(teacher).left_out)["conversion"] == "the recipe has no such thing"
    assert dict(make_plan(teacher).left_out)["closing"] == "the recipe leaves this stage out already"


def test_the_plan_is_listed_without_training(tmp_path: Path) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "training", "ablate", "plan", "--recipe", "three_block_ham10000", "--factors",
         "alpha,optimizer"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert listed.returncode == 1
    assert "Error: alpha cannot be varied about three_block_ham10000" in listed.stderr


# Workers -------------------------------------------------------------------------------------------------------------

WORKER_PROCESS = """
import json, sys, time
from pathlib import Path
from training.ablate.plan import make_plan
from training.ablate.storage import open_study
from training.ablate.work import work
from training.recipe import load_recipe

url, log, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
plan = make_plan(load_recipe("three_block_ham10000"), factors=["conversion"], seeds=2)

def train(cell):
    with log.open("a") as file:
        file.write(f"start {cell.name}\\n")
    time.sleep(seconds)
    with log.open("a") as file:
        file.write(f"end {cell.name}\\n")
    return {"auc": {"value": 0.5}}

work(open_study(plan, url, heartbeat=1, grace=2), plan.cells, train, pause=0.2)
"""


def start_worker(url: str, log: Path, seconds: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER_PROCESS, url, str(log), str(seconds)], cwd=REPOSITORY, stdout=subprocess.DEVNULL
    )


def wait_for(text: str, log: Path, worker: subprocess.Popen[bytes]) -> None:
    while not (log.is_file() and text in log.read_text()):
        assert worker.poll() is None, "the worker ended before it did anything"
        time.sleep(0.02)


@pytest.fixture
def plan(hard: Recipe) -> Plan:
    return make_plan(hard, factors=["conversion"], seeds=2)


def test_workers_share_a_study_and_do_no_trial_twice(plan: Plan, tmp_path: Path) -> None:
    url, log = f"sqlite:///{tmp_path / 'study.db'}", tmp_path / "log"
    workers = [start_worker(url, log, 0.02) for _ in range(3)]
    assert [worker.wait(timeout=100) for worker in workers] == [0, 0, 0]
    starts = [line for line in log.read_text().splitlines() if line.startswith("start")]
    assert sorted(starts) == sorted(f"start {cell.name}" for cell in plan.cells)
    study = open_study(plan, url)
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    assert sorted(trial.user_attrs[CELL]["name"] for trial in complete) == sorted(cell.name for cell in plan.cells)
    assert len({trial.user_attrs[WORKER] for trial in complete}) > 1


def test_the_trial_of_a_killed_worker_is_taken_up_again(plan: Plan, tmp_path: Path) -> None:
    url, log = f"sqlite:///{tmp_path / 'study.db'}", tmp_path / "log"
    doomed = start_worker(url, log, 100)
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


def test_a_database_that_cannot_be_opened_is_named_without_its_password(hard: Recipe) -> None:
    with pytest.raises(TrainingError, match="mend --storage") as refused:
        open_study(make_plan(hard), "nothing://user:secret@nowhere/study")
    assert "secret" not in str(refused.value)


# Arithmetic ----------------------------------------------------------------------------------------------------------


def made_up(factor: str, setting: str, values: tuple[float, ...], arm: str = HARD) -> list[Trial]:
    return [
        Trial(arm, factor, setting, seed, {
            name: {"value": value, "low": value - 0.1, "high": value + 0.1}
            for name in ("auc", "accuracy", "f1", "mcc")
        })
        for seed, value in enumerate(values, start=1)
    ]  # fmt: skip


def test_the_difference_has_the_interval_that_was_computed_by_hand() -> None:
    # Means 0.90 and 0.82, both deviations 0.02: standard error √(2 · 0.0004 / 3) = 0.0163299; 4 degrees of freedom,
    # t = 2.776445; half the interval 0.0453391.
    found = difference((0.88, 0.90, 0.92), (0.80, 0.82, 0.84))
    assert found.value == pytest.approx(0.08)
    assert (found.low, found.high) == (pytest.approx(0.0346609, abs=1e-6), pytest.approx(0.1253391, abs=1e-6))
    assert found.in_noise is False
    assert difference((0.80, 0.84, 0.88), (0.80, 0.82, 0.84)).in_noise is True
    assert difference((0.9,), (0.8, 0.9)).in_noise is None
    assert difference((0.9, 0.9), (0.8, 0.8)).low == pytest.approx(0.1)


def test_the_table_has_means_deviations_differences_and_what_is_chosen(hard: Recipe) -> None:
    plan = make_plan(hard, factors=["conversion", "closing"], seeds=3)
    trials = [
        *made_up(BASE, "", (0.80, 0.82, 0.84)),
        *made_up("conversion", "average", (0.88, 0.90, 0.92)),
        *made_up("conversion", "flatten", (0.80, 0.84, 0.88)),
        *made_up("closing", "off", (0.85,)),
    ]
    flatten, average, own = rows(plan, trials, HARD, "conversion")
    assert (own.setting, own.is_base, own.published) == ("max", True, True)
    assert own.to_dict()["means"]["auc"] == pytest.approx(0.82)
    assert own.to_dict()["deviations"]["mcc"] == pytest.approx(0.02)
    assert (flatten.chosen, average.chosen, own.chosen) == (False, True, False)
    off, on = rows(plan, trials, HARD, "closing")
    assert (off.setting, off.chosen, on.chosen) == ("off", False, True)
    table = to_markdown(plan, trials)
    assert "| feature conversion | flatten | 0.840 ± 0.040 |" in table
    assert "|  | average | 0.900 ± 0.020 | 0.900 ± 0.020 | 0.900 ± 0.020 | 0.900 ± 0.020 | 3 | " in table
    assert "| +0.080 [+0.035, +0.125] | **here** |" in table
    # Deviations 0.04 and 0.02: standard error √((0.0016 + 0.0004) / 3) = 0.02582; (0.02582)⁴ / ((0.0016 / 3)² / 2 +
    # (0.0004 / 3)² / 2) = 2.94 degrees of freedom, t = 3.219; half the interval 0.0831.
    assert "| +0.020 [-0.063, +0.103] = |" in table
    assert "| off | 0.850 | 0.850 | 0.850 | 0.850 | 1 | +0.030 ? |" in table
    assert "|  | max (base) | 0.820 ± 0.020 |" in table
    assert "10 of 12 trials are done" in table
    assert "± 0.100 (bootstrap)" in table
    assert json.loads(json.dumps(to_json(plan, trials)))["trials_done"] == 10


def test_the_two_arms_are_compared(taught: Recipe) -> None:
    plan = make_plan(taught, factors=["alpha"], seeds=3)
    trials = [*made_up(BASE, "", (0.88, 0.90, 0.92), DISTILLED), *made_up(BASE, "", (0.80, 0.82, 0.84))]
    with_teachers, without = arm_rows(plan, trials)
    assert (with_teachers.chosen, without.chosen) == (True, False)
    assert without.differences["auc"].value == pytest.approx(-0.08)
    assert "not done" in to_markdown(plan, trials)


def test_a_figure_is_drawn_of_an_unfinished_study(taught: Recipe, tmp_path: Path) -> None:
    plan = make_plan(taught, seeds=2)
    draw(plan, made_up(BASE, "", (0.8, 0.82)), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
