"""The factors of the ablation studies, and the levels that each is tried at.

Source: Islam et al. 2024 (arXiv 2406.17051), Tables 3 and 4, which vary seven hyperparameters of the student. What they
chose is known here (`published`), and so are the three feature conversions that they compare. Their other levels are
not: those below are ours, taken around what was published.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.screening.preprocess import STAGES
from training.models.students import CONV_STUDENTS
from training.recipe import Recipe
from training.specs import OPTIMIZERS, DistilSpec, FitSpec

PAPER = "Islam et al. 2024"

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Factor:
    """A hyperparameter that can be varied.

    Attributes:
        title: for tables and figures.
        levels: that it is tried at; the base recipe's own value comes to them.
        published: the level that the paper chose; None where it is not known.
        read: a recipe's level; None where the recipe has no such thing.
        write: the recipe with another level.
    """

    title: str
    levels: tuple[Value, ...]
    published: Value | None
    read: Callable[[Recipe], Value | None]
    write: Callable[[Recipe, Value], Recipe]


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe with so many epochs: cycles in proportion, those of no epoch left out, warm-ups at most as long."""
    fit, share = recipe.fit, epochs / recipe.fit.epochs
    ends = [round(share * sum(fit.cycles[: cycle + 1])) for cycle in range(len(fit.cycles))]
    cycles = tuple(end - start for start, end in zip([0, *ends], ends, strict=False) if end > start)
    return replace(recipe, fit=replace(fit, cycles=cycles, warmup_epochs=fit.warmup_epochs * min(share, 1.0)))


def without_stage(recipe: Recipe, stage: str) -> Recipe:
    """The recipe without one of the six stages.

    Without `rescale` the network is given 0..255. Without `resize` it is given the working image at the size that this
    has, so that nothing is left to be resized; where both sizes are the same, nothing changes.
    """
    spec = recipe.preprocess
    off = replace(spec, stages=tuple(name for name in spec.stages if name != stage))
    return replace(recipe, preprocess=replace(off, output_size=spec.working_size) if stage == "resize" else off)


def _of_fit(name: str) -> tuple[Callable[[Recipe], Value | None], Callable[[Recipe, Value], Recipe]]:
    def write(recipe: Recipe, value: Value) -> Recipe:
        fit: FitSpec = replace(recipe.fit, **{name: value})  # type: ignore[arg-type]  # a name of FitSpec
        return replace(recipe, fit=fit)

    return lambda recipe: getattr(recipe.fit, name), write


def _of_distil(name: str) -> tuple[Callable[[Recipe], Value | None], Callable[[Recipe, Value], Recipe]]:
    def write(recipe: Recipe, value: Value) -> Recipe:
        distil: DistilSpec | None = recipe.distil and replace(recipe.distil, **{name: value})  # type: ignore[arg-type]
        return replace(recipe, distil=distil)

    return lambda recipe: getattr(recipe.distil, name) if recipe.distil else None, write


def _conversion(recipe: Recipe) -> Value | None:
    student = CONV_STUDENTS.get(recipe.network.name)
    return (recipe.network.conversion or student.conversion) if student else None


def _write_conversion(recipe: Recipe, value: Value) -> Recipe:
    return replace(recipe, network=replace(recipe.network, conversion=value))  # type: ignore[arg-type]  # it checks


def _write_epochs(recipe: Recipe, value: Value) -> Recipe:
    return with_epochs(recipe, int(value))


ON, OFF = "on", "off"


def _stage(stage: str) -> Factor:
    return Factor(
        f"stage {stage}", (OFF,), ON,
        lambda recipe: ON if stage in recipe.preprocess.stages else OFF,
        lambda recipe, value: without_stage(recipe, stage) if value == OFF else recipe,
    )  # fmt: skip


HYPERPARAMETERS: Mapping[str, Factor] = MappingProxyType(
    {
        # Without "adam": Keras' Adam with a weight decay is AdamW, to the last bit.
        "optimizer": Factor(
            "optimizer", tuple(name for name in OPTIMIZERS if name != "adam"), "adafactor", *_of_fit("optimizer")
        ),
        "batch_size": Factor("batch size", (16, 32, 64, 128), 64, *_of_fit("batch_size")),
        "learning_rate": Factor(
            "learning rate", (0.0005, 0.001, 0.002, 0.004, 0.008), 0.002, *_of_fit("peak_learning_rate")
        ),
        "temperature": Factor("temperature", (1.0, 2.0, 4.0, 8.0), 1.0, *_of_distil("temperature")),
        # Half and half in the paper, so that it does not matter here which of the two losses its alpha weighs.
        "alpha": Factor("alpha", (0.0, 0.25, 0.5, 0.75, 1.0), 0.5, *_of_distil("alpha")),
        "conversion": Factor(
            "feature conversion", ("flatten", "average", "max"), "max", _conversion, _write_conversion
        ),
        "epochs": Factor("epochs", (10, 30, 50, 70, 90), 70, lambda recipe: recipe.fit.epochs, _write_epochs),
    }
)

FACTORS: Mapping[str, Factor] = MappingProxyType({**HYPERPARAMETERS, **{stage: _stage(stage) for stage in STAGES}})
"""By name: the seven hyperparameters, then the six preprocessing stages, each of which is tried without."""
