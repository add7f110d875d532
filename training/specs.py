"""Parts of a recipe: which network, how it learns, and from whom. Frozen values."""

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

FUSION = "fusion"
"""Name of the network whose backbones stand in two streams."""

Schedule = Literal["cosine", "constant", "plateau"]
WeightSource = Literal["imagenet", "random"]
Conversion = Literal["max", "average", "flatten"]

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

CONVOLUTION_STUDENTS = ("three_block", "dsnet", "lightkd_student", "mobile_short")
"""Networks without a backbone; training/models/students.py has their numbers."""

OPTIMIZERS = ("adamw", "adam", "adafactor", "sgd", "rmsprop", "nadam")


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Attributes:
    name: one of training.models.networks.NETWORKS.
    streams: the backbones of each stream, where the name is FUSION.
    weights: "imagenet" for pretrained backbones, "random" for a start from nothing; networks without a backbone ignore
        it.
    frozen: whether the backbone stays as it was loaded, so that only the head learns.
    learns_norm: whether a pretrained backbone's batch norm learns as the rest does. Else it stays as it was loaded,
        statistics, scale and shift.
    head_units: of a dense layer (ReLU, batch norm) behind a backbone; 0 for none.
    dropout: before the last layer behind a backbone.
    conversion: of the feature map into features, of students of plain convolution blocks: global max pooling, global
        average pooling, or flattening; None for the network's own.
    """

    name: str = "three_block"
    streams: tuple[tuple[str, ...], ...] = ()
    weights: WeightSource = "imagenet"
    frozen: bool = False
    learns_norm: bool = False
    head_units: int = 0
    dropout: float = 0.0
    conversion: Conversion | None = None

    def __post_init__(self) -> None:
        if self.conversion not in (None, *get_args(Conversion)):
            raise ValueError(f"no conversion named {self.conversion!r}; there are {get_args(Conversion)}")
        if self.weights not in get_args(WeightSource):
            raise ValueError(f"no weights named {self.weights!r}; there are {get_args(WeightSource)}")
        if self.frozen and self.name in CONVOLUTION_STUDENTS:
            raise ValueError(f"{self.name} has no backbone that could be frozen")
        if self.learns_norm and (self.frozen or self.name in CONVOLUTION_STUDENTS):
            raise ValueError(f"learns_norm is for backbones that are fine-tuned: {self}")
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
    bank: name of the teachers' answers, where several students with the same views learn from the same ones; empty for
        that of the student's bundle.
    """

    teachers: tuple[str, ...]
    temperature: float
    alpha: float
    views: int
    bank: str = ""

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
