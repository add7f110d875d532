"""What an experiment is: frozen values, in the order in which data meets them. One Python file each in recipes/."""

import importlib
import pkgutil
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Self, get_args

from app.screening.preprocess import PreprocessSpec
from training.augment import AugmentSpec
from training.errors import TrainingError

SMOKE, UNPRETRAINED = "-smoke", "-unpretrained"
"""Behind a recipe's name: the recipe in small, and with random weights in the place of pretrained ones."""

FUSION = "fusion"
"""Name of the network whose backbones stand in two streams."""

Schedule = Literal["cosine", "constant", "plateau"]
WeightSource = Literal["imagenet", "random"]
Conversion = Literal["max", "average", "flatten"]

SMOKE_SIDE, SMOKE_IMAGES, SMOKE_OVERSAMPLE = 64, 160, 20
SMOKE_BACKBONES = {
    "convnext_base": "conv_smoke",
    "densenet169": "conv_smoke",
    "mobilenet_v2": "conv_smoke",
    "resnet50": "conv_smoke",
    "resnet50_conv4": "conv_smoke",
    "resnet152_v2": "conv_smoke",
    "vit_b32": "vit_smoke",
}
"""A few layers stand for the large backbones: tracing and converting those takes minutes, even of few pictures."""

OPTIMIZERS = ("adamw", "adam", "adafactor", "sgd", "rmsprop", "nadam")


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Attributes:
    name: one of training.models.networks.NETWORKS.
    streams: the backbones of each stream, where the name is FUSION.
    weights: "imagenet" for pretrained backbones, "random" for a start from nothing; networks without a backbone ignore
        it.
    frozen: whether the backbone stays as it was loaded, so that only the head learns.
    head_units: of a dense layer (ReLU, batch norm) behind a backbone; 0 for none.
    dropout: before the last layer behind a backbone.
    conversion: of the feature map into features, of students of plain convolution blocks: global max pooling, global
        average pooling, or flattening; None for the network's own.
    """

    name: str = "three_block"
    streams: tuple[tuple[str, ...], ...] = ()
    weights: WeightSource = "imagenet"
    frozen: bool = False
    head_units: int = 0
    dropout: float = 0.0
    conversion: Conversion | None = None

    def __post_init__(self) -> None:
        if self.conversion not in (None, *get_args(Conversion)):
            raise ValueError(f"no conversion named {self.conversion!r}; there are {get_args(Conversion)}")
        if self.weights not in get_args(WeightSource):
            raise ValueError(f"no weights named {self.weights!r}; there are {get_args(WeightSource)}")
        if bool(self.streams) != (self.name == FUSION) or len(self.streams) not in (0, 2):
            raise ValueError(f"the network {FUSION!r} has two streams of backbones, any other none: {self}")

    def smoke(self) -> Self:
        """Small backbones from random in the place of the large ones."""
        small = tuple(
            tuple(dict.fromkeys(SMOKE_BACKBONES.get(name, name) for name in stream)) for stream in self.streams
        )
        if len(small) > 1 and set(small[0]) & set(small[1]):
            small = (small[0], ("vit_smoke",))
        return replace(self, name=SMOKE_BACKBONES.get(self.name, self.name), streams=small, weights="random")


@dataclass(frozen=True, slots=True)
class DistilSpec:
    """Attributes:
    teachers: recipes whose trained networks give the soft labels; several are averaged as softened probabilities.
    temperature: T, for teachers and student alike.
    alpha: weight of the hard loss; 1 - alpha is the soft one's.
    views: how many augmented views of every training picture the teachers see, whose answers are kept; epoch e uses
        view e modulo views. 0: a new view in each epoch, and the teachers are asked while the student learns.
    """

    teachers: tuple[str, ...]
    temperature: float
    alpha: float
    views: int

    def __post_init__(self) -> None:
        if not self.teachers or self.temperature <= 0 or not 0 <= self.alpha <= 1 or self.views < 0:
            raise ValueError(
                f"teachers, a temperature above 0, an alpha in 0..1 and no negative number of views are needed: {self}"
            )


@dataclass(frozen=True, slots=True)
class FitSpec:
    """Attributes:
    cycles: passes over the training part, a number for each cycle of the learning rate (warm restarts: Loshchilov,
        Hutter 2017).
    batch_size: images a step.
    peak_learning_rate: of the first cycle, after its warm-up; falls to 0 along a half cosine by the cycle's last step.
    restart_factor: each cycle's peak over that of the one before.
    warmup_epochs: of linear rise, in each cycle.
    weight_decay: of AdamW, decoupled.
    gradient_norm: a step's gradient is scaled down to this norm over all weights.
    class_weight_power: each class weighs (N / (K n_c)) ** power in the loss: 0 = none, 1 = inverse frequency.
    label_smoothing: share of the target that is spread over all classes.
    mixed_precision: Keras policy while training, or "auto" for what the hardware is fast in (training/backend.py);
        weights stay float32.
    optimizer: one of OPTIMIZERS.
    schedule: "cosine"; "constant" after the warm-up; or "plateau": constant until validation makes no progress.
    plateau_factor, plateau_patience, least_learning_rate: of "plateau": the rate falls by the factor after so many
        epochs without a lower validation loss, down to the least.
    patience: epochs without a lower validation loss after which a run ends with its best weights; 0 runs all epochs
        and keeps the last weights.
    oversample_to: classes with fewer training images are repeated to so many in every epoch; 0 for none.
    focal_gamma: of the focal loss; 0 is cross-entropy.
    views: how many augmented views of every training picture there are; epoch e uses view e modulo views. 0: a new one
        in each epoch. A student uses the views of its soft labels.
    """

    cycles: tuple[int, ...]
    batch_size: int
    peak_learning_rate: float
    restart_factor: float
    warmup_epochs: float
    weight_decay: float
    gradient_norm: float
    class_weight_power: float
    label_smoothing: float
    mixed_precision: str
    optimizer: str = "adamw"
    schedule: Schedule = "cosine"
    focal_gamma: float = 0.0
    plateau_factor: float = 0.5
    plateau_patience: int = 5
    least_learning_rate: float = 0.0
    patience: int = 0
    oversample_to: int = 0
    views: int = 0

    def __post_init__(self) -> None:
        if not self.cycles or min(self.cycles) <= self.warmup_epochs:
            raise ValueError(f"each cycle needs more epochs than its warm-up ({self.warmup_epochs}): {self.cycles}")
        if self.schedule not in get_args(Schedule):
            raise ValueError(f"no schedule named {self.schedule!r}; there are {get_args(Schedule)}")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"no optimizer named {self.optimizer!r}; there are {OPTIMIZERS}")

    @property
    def epochs(self) -> int:
        """Of all cycles."""
        return sum(self.cycles)


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
    network: NetworkSpec = NetworkSpec()
    distil: DistilSpec | None = None
    images: int | None = None
    note: str = ""

    def trains_as(self, other: "Recipe") -> bool:
        """Whether a run of `other` is one of this recipe: version and note name a bundle and train nothing."""
        return replace(self, version="", note="") == replace(other, version="", note="")

    view_seed: int | None = None

    def __post_init__(self) -> None:
        if self.distil and self.fit.focal_gamma:
            raise ValueError("focal loss and distillation exclude each other")
        if self.network.frozen and self.augment.mixup:
            raise ValueError("the features of a frozen backbone are kept of single pictures: no mixup")

    @property
    def views_seed(self) -> int:
        """The seed of augmentation."""
        return self.seed if self.view_seed is None else self.view_seed

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The recipe that `to_dict` or an older version of it wrote; what it did not know yet has its default."""
        distil = values.get("distil")
        if unknown := sorted(set(values) - {field.name for field in fields(cls)}):
            raise TrainingError(f"the recipe has fields that this version does not know: {unknown}")
        return cls(
            **{
                **values,
                "preprocess": PreprocessSpec.from_dict(values["preprocess"]),
                "augment": AugmentSpec(**values["augment"]),
                "fit": FitSpec(**{**values["fit"], "cycles": tuple(values["fit"]["cycles"])}),
                "network": _network(values.get("network", {})),
                "distil": DistilSpec(**{**distil, "teachers": tuple(distil["teachers"])}) if distil else None,
            }
        )

    def smoke(self) -> Self:
        """The same path in a minute: few and small pictures, two epochs, a small backbone from random, teachers too."""
        return replace(
            self,
            name=f"{self.name}{SMOKE}",
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
            and replace(self.distil, teachers=tuple(f"{name}{SMOKE}" for name in self.distil.teachers), views=2),
            images=SMOKE_IMAGES,
        )

    def unpretrained(self) -> Self:
        """The same with random weights at the start, teachers too."""
        return replace(
            self,
            name=f"{self.name}{UNPRETRAINED}",
            network=replace(self.network, weights="random"),
            distil=self.distil
            and replace(self.distil, teachers=tuple(f"{name}{UNPRETRAINED}" for name in self.distil.teachers)),
        )


def _modules() -> dict[str, str]:
    """Of each recipe's name its module's: a/b.py in training/recipes is the recipe a_b."""
    import training.recipes

    found = pkgutil.walk_packages(training.recipes.__path__, "training.recipes.")
    paths = [module.name for module in found if not module.ispkg]
    return {path.removeprefix("training.recipes.").replace(".", "_"): path for path in paths}


def recipe_names() -> list[str]:
    """Every recipe in training/recipes, sorted."""
    return sorted(_modules())


def load_recipe(name: str) -> Recipe:
    """The recipe called `name`, changed as its endings say. Raises TrainingError where there is none."""
    if name.endswith(SMOKE):
        return load_recipe(name.removesuffix(SMOKE)).smoke()
    if name.endswith(UNPRETRAINED):
        return load_recipe(name.removesuffix(UNPRETRAINED)).unpretrained()
    if name not in recipe_names():
        raise TrainingError(f"no recipe named {name!r}; there are {recipe_names()}")
    recipe: Recipe = importlib.import_module(_modules()[name]).RECIPE
    return recipe


def _network(values: dict[str, Any]) -> NetworkSpec:
    return NetworkSpec(**{**values, "streams": tuple(tuple(stream) for stream in values.get("streams", ()))})


def purpose(name: str) -> str:
    """The first sentence of what a recipe's file says about itself."""
    document = importlib.import_module(_modules()[name]).__doc__ or ""
    return " ".join(document.split("\n\n")[0].split())
