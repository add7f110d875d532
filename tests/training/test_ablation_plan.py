"""What an ablation study is made of: one factor at a time, with teachers and without."""

from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from training.ablate.levels import HYPERPARAMETERS, with_epochs
from training.ablate.plan import BASE, DISTILLED, HARD, make_plan
from training.cli.main import main
from training.errors import TrainingError
from training.recipe import Recipe, load_recipe

STAGES_ON = ("closing", "bilateral", "roi_highlight", "unsharp_mask", "rescale")


@pytest.fixture(scope="module")
def taught() -> Recipe:
    return load_recipe("three_block_brief")


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
    # The same views, so that the teacher is all that differs.
    fit = replace(taught.fit, views=taught.distil.views if taught.distil else 0)
    assert hard_base == replace(taught, name=hard_base.name, distil=None, view_seed=taught.seed, fit=fit)
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


def test_the_plan_is_listed_without_training() -> None:
    about = ["ablate", "plan", "--recipe", "three_block_ham10000", "--seeds", "2", "--epochs", "4"]
    listed = CliRunner().invoke(main, [*about, "--factors", "conversion"])
    assert listed.output.splitlines() == [
        "hard-base-seed1",
        "hard-conversion-flatten-seed1",
        "hard-conversion-average-seed1",
        "hard-base-seed2",
        "hard-conversion-flatten-seed2",
        "hard-conversion-average-seed2",
        "three_block_ham10000-4epochs: 6 trials, 24 epochs in all, at most 4 a trial",
    ]
    refused = CliRunner().invoke(main, [*about, "--factors", "alpha,optimizer"])
    assert refused.exit_code == 1
    assert "Error: alpha cannot be varied about three_block_ham10000" in refused.output
