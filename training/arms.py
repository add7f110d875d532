"""Arms of the evidence: a recipe changed in one thing, to be compared with the recipe itself.

`NAME+ARM` is a recipe as any other: `python -m training distil --recipe three_block_distilled+without_roi_highlight`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.screening.preprocess import STAGES
from training.errors import TrainingError
from training.names import RecipeName
from training.recipe import Recipe, load_recipe

NEEDED_STAGES = ("rescale", "resize")
"""Without which the network is given other numbers, not another picture."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Attributes:
    says: what is different, in words, for a table.
    change: the recipe with the difference; the very same recipe where it has nothing that could be changed so.
    """

    says: str
    change: Callable[[Recipe], Recipe]


def untaught(recipe: Recipe) -> Recipe:
    """The recipe on hard labels, with the very same views in the same order."""
    if not recipe.distil:
        return recipe
    return replace(recipe, distil=None, fit=replace(recipe.fit, views=recipe.distil.views))


def untaught_weighted(recipe: Recipe) -> Recipe:
    """`untaught`, with rare classes weighted as in the training of the teachers, whose answers carry that."""
    if not recipe.distil:
        return recipe
    power = max(load_recipe(teacher).fit.class_weight_power for teacher in recipe.distil.teachers)
    if power == recipe.fit.class_weight_power:
        return recipe
    alone = untaught(recipe)
    return replace(alone, fit=replace(alone.fit, class_weight_power=power))


def _stages(*stages: str) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, preprocess=replace(recipe.preprocess, stages=stages))


def _without(stage: str) -> Callable[[Recipe], Recipe]:
    def change(recipe: Recipe) -> Recipe:
        kept = tuple(name for name in recipe.preprocess.stages if name != stage)
        return replace(recipe, preprocess=replace(recipe.preprocess, stages=kept))

    return change


def _bilateral(diameter: int, color: float, space: float) -> Callable[[Recipe], Recipe]:
    def change(recipe: Recipe) -> Recipe:
        if "bilateral" not in recipe.preprocess.stages:
            return recipe
        spec = replace(
            recipe.preprocess, bilateral_diameter=diameter, bilateral_sigma_color=color, bilateral_sigma_space=space
        )
        return replace(recipe, preprocess=spec)

    return change


def _smaller(recipe: Recipe) -> Recipe:
    spec = recipe.preprocess
    side = {name: round(0.75 * getattr(spec, name)) for name in ("working_size", "output_size")}
    return replace(recipe, preprocess=replace(spec, **side))


ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        "untaught": Arm("hard labels in the place of a teacher", untaught),
        "untaught_weighted": Arm("hard labels, rare classes weighted as for the teachers", untaught_weighted),
        "all_stages": Arm("all six stages", _stages(*STAGES)),
        "no_stages": Arm("no stage but rescale and resize", _stages(*NEEDED_STAGES)),
        **{
            f"without_{stage}": Arm(f"without {stage.replace('_', ' ')}", _without(stage))
            for stage in STAGES
            if stage not in NEEDED_STAGES
        },
        # The ends of the grid that docs/model.md shows, on both sides of what was chosen.
        "weak_bilateral": Arm("bilateral filter of 5 pixels, 10 grey levels", _bilateral(5, 10.0, 5.0)),
        "strong_bilateral": Arm("bilateral filter of 9 pixels, 75 grey levels", _bilateral(9, 75.0, 5.0)),
        "smaller_pictures": Arm("pictures of three quarters of the side", _smaller),
    }
)


def arm_of(recipe: Recipe, name: str) -> Recipe:
    """The arm of a recipe. It ships nothing: it has one seed and no note.

    Raises:
        TrainingError: there is no such arm, or it would change nothing.
    """
    if name not in ARMS:
        raise TrainingError(f"no arm named {name!r}; there are {sorted(ARMS)}")
    changed = ARMS[name].change(recipe)
    if changed == recipe:
        raise TrainingError(
            f"{recipe.name} is {ARMS[name].says} already, or has nothing of it: the arm changes nothing"
        )
    # It sees its recipe's views, and learns from the very same soft labels.
    distil = changed.distil and replace(changed.distil, bank=changed.distil.bank or recipe.bundle)
    start = recipe.start
    if start and name in arms(before := load_recipe(start)):
        # What has seen the other pictures already would be no arm.
        start = arm_name(before, name)
    return replace(
        changed,
        name=arm_name(recipe, name),
        note="",
        seeds=(),
        view_seed=recipe.views_seed,
        distil=distil,
        start=start,
    )


def arm_name(recipe: Recipe, arm: str) -> str:
    """The name of an arm of a recipe."""
    return str(replace(RecipeName.parse(recipe.name), arm=arm))


def arms(recipe: Recipe) -> list[str]:
    """Names of all arms that change something about a recipe."""
    return [name for name, arm in ARMS.items() if arm.change(recipe) != recipe]
