"""The runs of a recipe from several seeds, and which of them is shipped: the median one, never the luckiest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.recipe import SEED, Recipe, load_recipe
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
    """What every seed reached on validation, for the manifest of the one that is shipped; empty for a single one."""
    seed = SEED.search(recipe.name)
    if not seed:
        return []
    recipes = seeded(load_recipe(recipe.bundle))
    if recipe not in recipes:
        raise TrainingError(f"{recipe.bundle} is not released from seed {recipe.seed}; its recipe names others")
    return on_validation(recipes, out)
