"""Several seeds of a recipe: the same but for chance, and the median one is shipped."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from training import seeds
from training.recipe import Recipe, load_recipe
from training.seeds import median, on_validation, seeded, spread

RECIPE = replace(load_recipe("three_block_ham10000"), name="drawn", seeds=(1, 2, 3), note="")


def finished(out: Path, recipe: Recipe, auc: float) -> None:
    run = out / recipe.name
    run.mkdir(parents=True)
    rows = [
        {"epoch": epoch, "validation_loss": 1.0, "validation_auc": auc, "validation_balanced_accuracy": auc / 2}
        for epoch in range(1, recipe.fit.epochs + 1)
    ]
    rows[0]["validation_auc"] = 0.999  # an early epoch that was lucky
    pd.DataFrame(rows).to_csv(run / "history.csv", index=False)
    (run / f"checkpoint-{recipe.fit.epochs:03}.keras").touch()
    (run / "run.json").write_text(json.dumps({"recipe": recipe.to_dict()}))


@pytest.mark.parametrize(("aucs", "expected"), [((0.91, 0.93, 0.92), 3), ((0.94, 0.93, 0.92), 2)])
def test_the_median_of_the_last_epochs_is_shipped(aucs: tuple[float, ...], expected: int, tmp_path: Path) -> None:
    for recipe, auc in zip(seeded(RECIPE), aucs, strict=True):
        finished(tmp_path, recipe, auc)
    assert median(RECIPE, tmp_path) == RECIPE.seeded(expected)
    two = replace(RECIPE, seeds=(1, 2))
    assert median(two, tmp_path).seed == (1 if aucs[0] < aucs[1] else 2)


def test_the_one_that_is_shipped_says_how_far_the_seeds_lie_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "load_recipe", {"drawn": RECIPE}.__getitem__)
    first, *others = seeded(RECIPE)
    finished(tmp_path, first, 0.9)
    assert spread(first, tmp_path) == []  # the others are not trained yet
    for recipe in others:
        finished(tmp_path, recipe, 0.8)
    assert [(row["seed"], row["validation_auc"]) for row in spread(first, tmp_path)] == [(1, 0.9), (2, 0.8), (3, 0.8)]
    finished(tmp_path, RECIPE.seeded(7), 0.7)
    assert spread(RECIPE.seeded(7), tmp_path) == []  # it is none of those that are released


def test_a_recipe_of_one_seed_has_no_spread(tmp_path: Path) -> None:
    alone = replace(RECIPE, seeds=())
    assert seeded(alone) == [alone]
    assert spread(alone, tmp_path) == []
    finished(tmp_path, alone, 0.9)
    assert on_validation([alone], tmp_path)[0]["validation_auc"] == 0.9


@pytest.mark.parametrize("ending", ["", "-smoke", "-unpretrained", "-unpretrained-smoke"])
def test_a_seeded_recipe_is_found_by_its_name_and_ships_under_the_recipe_s(ending: str) -> None:
    recipe = load_recipe(f"three_block_distilled-seed2{ending}")
    assert recipe.name == f"three_block_distilled-seed2{ending}"
    assert recipe == load_recipe(f"three_block_distilled{ending}").seeded(2)
    assert recipe.bundle == f"three_block_distilled{ending}"
    assert (recipe.seed, recipe.views_seed) == (2, load_recipe("three_block_distilled").views_seed)
    assert recipe.distil == load_recipe(f"three_block_distilled{ending}").distil


def test_a_seed_starts_from_the_same_seed_of_what_came_before() -> None:
    after = load_recipe("densenet169_long-seed2")
    assert after.start == "densenet169_small_pictures-seed2"
    assert load_recipe(after.start).seed == after.seed == 2
    assert load_recipe("densenet169_long-seed2-smoke").start == "densenet169_small_pictures-seed2-smoke"
