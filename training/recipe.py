"""What an experiment is: frozen values, in the order in which data meets them. One Python file each in recipes/."""

import importlib
import pkgutil
import re
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from app.screening.preprocess import PreprocessSpec
from training.augment import AugmentSpec
from training.errors import TrainingError
from training.names import RecipeName
from training.specs import DistilSpec, FitSpec, NetworkSpec

SMOKE_SIDE, SMOKE_IMAGES, SMOKE_OVERSAMPLE = 64, 160, 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """Attributes:
    name: of the recipe, its run folder and its bundle.
    version: of the bundle it makes.
    dataset: name of the reader.
    split: name of the split manifest.
    scheme: name of the label scheme.
    preprocess: the six stages.
    augment: what training pictures go through; never validation or test.
    fit: the optimisation.
    seed: of initial weights, order and, without a `view_seed`, augmentation.
    network: what is trained.
    distil: whose soft labels it learns from; None for hard labels alone.
    images: how many of each part are used, evenly over its ids; None for all.
    note: what the card has to say about the weights that are shipped under this version, in sentences; empty for
        nothing.
    view_seed: of augmentation, where it is not `seed`: runs of several seeds then see the same views, and so share
        the teachers' answers to them.
    start: the recipe whose trained network this one goes on from, as one of smaller pictures; empty to start anew.
    seeds: a release trains the recipe once with each, and ships the median one on validation; empty for `seed` alone.
    mirrors: what is shipped answers with the mean over so many mirror images of a picture (training/models/mirrors.py);
        1 for the picture alone.
    """

    name: str
    version: str
    dataset: str
    split: str
    scheme: str
    preprocess: PreprocessSpec
    augment: AugmentSpec
    fit: FitSpec
    seed: int
    network: NetworkSpec = field(default_factory=NetworkSpec)
    distil: DistilSpec | None = None
    images: int | None = None
    note: str = ""
    view_seed: int | None = None
    start: str = ""
    seeds: tuple[int, ...] = ()
    mirrors: int = 1

    def trains_as(self, other: "Recipe") -> bool:
        """Whether a run of `other` is one of this recipe: what only names or chooses something trains nothing."""
        return self.essence() == other.essence()

    def essence(self) -> Self:
        """The recipe without what trains nothing: what names, describes or exports its bundle, and its seeds."""
        distil = self.distil and replace(self.distil, bank="")
        return replace(self, version="", note="", seeds=(), mirrors=1, distil=distil)

    def __post_init__(self) -> None:
        if self.distil and self.fit.focal_gamma:
            raise ValueError("focal loss and distillation exclude each other")
        if self.network.frozen and self.augment.mixup:
            raise ValueError("the features of a frozen backbone are kept of single pictures: no mixup")

    @property
    def views_seed(self) -> int:
        """The seed of augmentation."""
        return self.seed if self.view_seed is None else self.view_seed

    @property
    def bundle(self) -> str:
        """Name of the bundle: of all seeds the same one."""
        return str(replace(RecipeName.parse(self.name), seed=None))

    @property
    def needed(self) -> tuple[str, ...]:
        """The recipes that are trained before this one: its teachers, and the one that it starts from."""
        teachers = self.distil.teachers if self.distil else ()
        return (*teachers, self.start) if self.start else teachers

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The recipe that `to_dict` or an older version of it wrote; what it did not know yet has its default."""
        distil = values.get("distil")
        if unknown := sorted(set(values) - {each.name for each in fields(cls)}):
            raise TrainingError(f"the recipe has fields that this version does not know: {unknown}")
        return cls(
            **{
                **values,
                "preprocess": PreprocessSpec.from_dict(values["preprocess"]),
                "augment": AugmentSpec(**values["augment"]),
                "fit": FitSpec(**{**values["fit"], "cycles": tuple(values["fit"]["cycles"])}),
                "network": _network(values.get("network", {})),
                "distil": DistilSpec(**{**distil, "teachers": tuple(distil["teachers"])}) if distil else None,
                "seeds": tuple(values.get("seeds", ())),
            }
        )

    def smoke(self) -> Self:
        """The same path in a minute: few and small pictures, two epochs, a small backbone from random, teachers too."""
        return replace(
            self,
            name=smoke(self.name),
            preprocess=replace(self.preprocess, working_size=SMOKE_SIDE, output_size=SMOKE_SIDE),
            fit=replace(
                self.fit,
                cycles=(2,),
                warmup_epochs=0.5,
                batch_size=16,
                mixed_precision="float32",
                oversample_to=min(self.fit.oversample_to, SMOKE_OVERSAMPLE),
                views=min(self.fit.views, 2),
            ),
            network=self.network.smoke(),
            distil=self.distil
            and replace(
                self.distil,
                teachers=tuple(map(smoke, self.distil.teachers)),
                views=min(self.distil.views, 2),
                bank=self.distil.bank and smoke(self.distil.bank),
            ),
            images=SMOKE_IMAGES,
            start=self.start and smoke(self.start),
            seeds=self.seeds[:1],
        )

    def unpretrained(self) -> Self:
        """The same with random weights at the start, teachers too."""
        return replace(
            self,
            name=unpretrained(self.name),
            network=replace(self.network, weights="random"),
            distil=self.distil
            and replace(
                self.distil,
                teachers=tuple(map(unpretrained, self.distil.teachers)),
                bank=self.distil.bank and unpretrained(self.distil.bank),
            ),
            start=self.start and unpretrained(self.start),
        )

    def seeded(self, seed: int) -> Self:
        """The same from other initial weights and in another order, and so what it starts from.

        The views, and so the soft labels, stay.
        """

        def of(name: str) -> str:
            return str(replace(RecipeName.parse(name), seed=seed))

        start = self.start and of(self.start)
        return replace(self, name=of(self.name), seed=seed, view_seed=self.views_seed, seeds=(), start=start)


def smoke(name: str) -> str:
    """The name of a recipe's small form."""
    return str(replace(RecipeName.parse(name), smoke=True))


def unpretrained(name: str) -> str:
    """The name of a recipe's form with random weights at the start."""
    return str(replace(RecipeName.parse(name), unpretrained=True))


def _modules() -> dict[str, str]:
    """Of each recipe's name its module's: a/b.py in training/recipes is the recipe a_b."""
    import training.recipes

    found = pkgutil.walk_packages(training.recipes.__path__, "training.recipes.")
    paths = [module.name for module in found if not module.ispkg]
    return {path.removeprefix("training.recipes.").replace(".", "_"): path for path in paths}


def recipe_names() -> list[str]:
    """Every recipe in training/recipes, sorted."""
    return sorted(_modules())


def recipe_module(file: str) -> str:
    """Name of the module of a recipe in training/recipes."""
    return _modules()[file]


def load_recipe(name: str) -> Recipe:
    """The recipe called `name`, changed as its endings say. Raises TrainingError where there is none."""
    told = RecipeName.parse(name)
    if told.file not in recipe_names():
        raise TrainingError(f"no recipe named {told.file!r}; there are {recipe_names()}")
    recipe: Recipe = importlib.import_module(recipe_module(told.file)).RECIPE
    if told.arm:
        from training.arms import arm_of  # needs Recipe

        recipe = arm_of(recipe, told.arm)
    if told.seed is not None:
        recipe = recipe.seeded(told.seed)
    if told.unpretrained:
        recipe = recipe.unpretrained()
    return recipe.smoke() if told.smoke else recipe


def _network(values: dict[str, Any]) -> NetworkSpec:
    return NetworkSpec(**{**values, "streams": tuple(tuple(stream) for stream in values.get("streams", ()))})


def purpose(name: str) -> str:
    """The first sentence of what a recipe's file says about itself."""
    return " ".join(_document(name).split("\n\n")[0].split())


def expected_time(name: str) -> str:
    """What a recipe's file says of the time that it takes; empty where it says nothing."""
    told = re.search(r"^Time: (.+?)(?=^\w+: |\Z)", _document(name), re.MULTILINE | re.DOTALL)
    return " ".join(told[1].split()) if told else ""


def _document(name: str) -> str:
    return importlib.import_module(recipe_module(name)).__doc__ or ""
