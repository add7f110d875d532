"""What a study trains: the base recipe and its variants, which differ from it in one factor each, times the seeds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from training.ablate.levels import FACTORS, OFF, Value
from training.arms import untaught
from training.errors import TrainingError
from training.names import RecipeName
from training.recipe import Recipe, load_recipe

MEASURED = ("auc", "accuracy", "f1", "mcc")
"""What a trial is measured by."""

BASE = "base"
"""In the place of a factor: the base recipe itself."""

DISTILLED, HARD = "distilled", "hard"
"""The two arms of a study: with the recipe's teachers, and on hard labels alone."""

ABSENT = "the recipe has no such thing"


@dataclass(frozen=True, slots=True)
class Cell:
    """One training of a study.

    Attributes:
        arm: DISTILLED or HARD.
        factor: a name of FACTORS, or BASE.
        setting: the level; "" for the base.
        recipe: what is trained; its name is the cell's, its seed the trial's.
    """

    arm: str
    factor: str
    setting: str
    recipe: Recipe

    @property
    def name(self) -> str:
        """Of trial and run folder; unique within a study."""
        return self.recipe.name

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what a worker elsewhere needs to train it."""
        return {
            "name": self.name, "arm": self.arm, "factor": self.factor, "setting": self.setting,
            "seed": self.recipe.seed, "recipe": self.recipe.to_dict(),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(values["arm"], values["factor"], values["setting"], Recipe.from_dict(values["recipe"]))


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    name: of the study.
    base: the recipe with the study's epochs and images.
    recipe_epochs: of the recipe as it stands in its file; the levels of the factor `epochs` shrink as the base's do.
    validation_images: how many of the validation part are used; None for all, whatever part of training is used.
    arms: those of DISTILLED and HARD that are trained.
    factors: those that are varied, in the order of FACTORS.
    cells: in the order in which they are trained, seed by seed, so that an unfinished study has something of every
        setting.
    left_out: where no factors were named, those that cannot be varied here, each with its reason.
    """

    name: str
    base: Recipe
    recipe_epochs: int
    validation_images: int | None
    arms: tuple[str, ...]
    factors: tuple[str, ...]
    cells: tuple[Cell, ...]
    left_out: tuple[tuple[str, str], ...]

    def identity(self) -> dict[str, Any]:
        """JSON-ready: what all trials of a study have in common. Factors and seeds can be added to it later."""
        return {
            "base": self.base.essence().to_dict(), "recipe_epochs": self.recipe_epochs,
            "validation_images": self.validation_images,
        }  # fmt: skip

    def varied(self, arm: str) -> list[str]:
        """The factors that are varied in an arm."""
        there = {cell.factor for cell in self.cells if cell.arm == arm}
        return [factor for factor in self.factors if factor in there]

    def settings(self, factor: str) -> list[str]:
        """The levels of a factor in this study, the base's among them, in their order."""
        return [label(value) for value in _levels(factor, self.base, self.recipe_epochs)]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the identity, and what is trained."""
        return {
            "name": self.name, **self.identity(), "arms": self.arms, "factors": self.factors,
            "seeds": sorted({cell.recipe.seed for cell in self.cells}),
            "trials": [cell.name for cell in self.cells],
            "left_out": dict(self.left_out),
        }  # fmt: skip


def make_plan(
    recipe: Recipe,
    *,
    factors: Sequence[str] = (),
    arms: Sequence[str] = (),
    seeds: int = 3,
    epochs: int | None = None,
    images: int | None = None,
) -> Plan:
    """Plans a study, one factor at a time about a recipe.

    Args:
        recipe: the base.
        factors: names of FACTORS; all that the recipe has where none is named.
        arms: DISTILLED, HARD or both; all that the recipe has where none is named.
        seeds: how many, from the recipe's own upwards.
        epochs: of the base in the place of the recipe's; the levels of the factor `epochs` shrink in proportion.
        images: how many of the training part are used; None for the recipe's own.

    Raises:
        TrainingError: a factor or an arm is not one of this recipe's, or a number makes no sense.
    """
    if seeds < 1 or (epochs is not None and epochs < 1) or (images is not None and images < 1):
        raise TrainingError("seeds, epochs and images are whole numbers from 1; give others")
    if unknown := [name for name in factors if name not in FACTORS]:
        raise TrainingError(f"no factor named {unknown[0]!r}; there are {list(FACTORS)}")
    base = replace(recipe, view_seed=recipe.views_seed, images=recipe.images if images is None else images)
    base = base if epochs is None else _varied(base, "epochs", epochs)
    told = RecipeName.parse(recipe.name)
    recipe_epochs = load_recipe(str(replace(told, smoke=False))).fit.epochs if told.smoke else recipe.fit.epochs
    shorter = f"-{epochs}epochs" if base.fit.epochs != recipe.fit.epochs else ""
    fewer = f"-{images}images" if base.images != recipe.images else ""
    chosen = _arms(recipe, arms)
    left_out = {name: reason for name in FACTORS if (reason := _reason(name, base, chosen))}
    if barred := [name for name in factors if name in left_out]:
        raise TrainingError(f"{barred[0]} cannot be varied about {recipe.name}: {left_out[barred[0]]}")
    varied = tuple(name for name in FACTORS if name not in left_out and (not factors or name in factors))
    cells = [
        cell
        for seed in range(recipe.seed, recipe.seed + seeds)
        for arm in chosen
        for cell in _cells(replace(base, seed=seed), recipe_epochs, arm, varied)
    ]
    return Plan(
        name=f"{recipe.name}{shorter}{fewer}",
        base=base,
        recipe_epochs=recipe_epochs,
        validation_images=recipe.images,
        arms=chosen,
        factors=varied,
        cells=tuple(cells),
        left_out=() if factors else tuple(left_out.items()),
    )


def label(value: Value) -> str:
    """A level as it is written: 0.002, 64, adafactor."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _arms(recipe: Recipe, arms: Sequence[str]) -> tuple[str, ...]:
    there = (DISTILLED, HARD) if recipe.distil else (HARD,)
    if unknown := [arm for arm in arms if arm not in (DISTILLED, HARD)]:
        raise TrainingError(f"no arm named {unknown[0]!r}; there are {[DISTILLED, HARD]}")
    if DISTILLED in arms and not recipe.distil:
        raise TrainingError(f"{recipe.name} has no teachers; leave the arm {DISTILLED!r} out")
    return tuple(arm for arm in there if not arms or arm in arms)


def _reason(name: str, base: Recipe, arms: Sequence[str]) -> str:
    """Why a factor cannot be varied; "" where it can."""
    factor = FACTORS[name]
    value = factor.read(base)
    if value is None or (base.distil and factor.read(replace(base, distil=None)) is None and DISTILLED not in arms):
        return ABSENT
    if value == OFF:
        return "the recipe leaves this stage out already"
    if name == "resize" and base.preprocess.working_size == base.preprocess.output_size:
        side = base.preprocess.output_size
        return f"the stages run at {side}×{side} pixels, which is what the network takes: this stage changes no pixel"
    return ""


def _levels(name: str, base: Recipe, recipe_epochs: int) -> list[Value]:
    factor = FACTORS[name]
    levels = list(factor.levels)
    own = factor.read(base)
    if name == "epochs":
        levels = [max(1, round(int(level) * base.fit.epochs / recipe_epochs)) for level in levels]
    if own is not None:
        levels.append(own)
    if own == "adam":
        levels.remove("adamw")  # the same, see FACTORS
    unique = list(dict.fromkeys(levels))
    # Numbers in their order; words as they stand, the base's first where it is none of ours.
    return sorted(unique, key=float) if all(not isinstance(level, str) for level in unique) else unique


def _cells(base: Recipe, recipe_epochs: int, arm: str, factors: Sequence[str]) -> list[Cell]:
    base = base if arm == DISTILLED else untaught(base)
    cells = [_cell(arm, BASE, "", base)]
    for name in factors:
        own = FACTORS[name].read(base)
        if own is None:
            continue
        cells.extend(
            _cell(arm, name, label(value), _varied(base, name, value))
            for value in _levels(name, base, recipe_epochs)
            if value != own
        )
    return cells


def _varied(recipe: Recipe, name: str, value: Value) -> Recipe:
    try:
        return FACTORS[name].write(recipe, value)
    except ValueError as error:
        raise TrainingError(f"{recipe.name} cannot be trained with {name} {label(value)}: {error}") from error


def _cell(arm: str, factor: str, setting: str, recipe: Recipe) -> Cell:
    parts = [arm, factor, *([setting] if setting else []), f"seed{recipe.seed}"]
    return Cell(arm, factor, setting, replace(recipe, name=re.sub(r"[^\w.-]", "_", "-".join(parts))))
