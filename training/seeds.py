"""The runs of a recipe from several seeds, and which of them is shipped: the median one, never the luckiest."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.names import RecipeName
from training.recipe import Recipe, load_recipe
from training.run_folder import RunFolder
from training.schedule import best_epoch

FIGURES = ("validation_auc", "validation_balanced_accuracy")


def seeded(recipe: Recipe) -> list[Recipe]:
    """The recipes that a release trains: one a seed, or the recipe itself."""
    return [recipe.seeded(seed) for seed in recipe.seeds] or [recipe]


def on_validation(recipes: Sequence[Recipe], out: Path) -> list[dict[str, Any]]:
    """What finished runs reached on the validation part: {"seed", "validation_auc", ...} each.

    Raises:
        TrainingError: a run is not finished.
    """
    rows = []
    for recipe in recipes:
        folder = RunFolder(out / recipe.name)
        folder.result(recipe.fit)
        history = folder.history()
        last = history[(best_epoch(history) if recipe.fit.patience else len(history)) - 1]
        rows.append({"seed": recipe.seed, **{name: last[name] for name in FIGURES}})
    return rows


def median(recipe: Recipe, out: Path) -> Recipe:
    """Of the seeds of a recipe the one with the median AUC on validation; of an even number the lower middle one."""
    recipes = seeded(recipe)
    rows = on_validation(recipes, out)
    order = sorted(range(len(rows)), key=lambda row: rows[row]["validation_auc"])
    return recipes[order[(len(order) - 1) // 2]]


def spread(recipe: Recipe, out: Path) -> list[dict[str, Any]]:
    """What the seeds reached on validation among which this one is, for its manifest.

    Empty for a recipe of one seed, and while they are not all trained.
    """
    told = RecipeName.parse(recipe.name)
    if told.seed is None:
        return []
    recipes = seeded(load_recipe(str(replace(told, seed=None))))
    whole = recipe in recipes and all(RunFolder(out / each.name).is_finished(each.fit) for each in recipes)
    return on_validation(recipes, out) if whole else []
