"""Every network that a recipe can name: how it is trained, and how it is shipped."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import keras

from training.errors import TrainingError
from training.models import mobile_student
from training.models.activation_map import with_activation_map
from training.models.classifier import Classifier, in_float32
from training.models.conv_student import folded, trained_form
from training.models.fusion_map import with_fused_activation_map
from training.models.students import CONV_STUDENTS, ConvStudent
from training.specs import FUSION, NetworkSpec
from training.weights import BACKBONES


@dataclass(frozen=True, slots=True)
class Network:
    """Attributes:
    build: from (spec, input_side, classes) to the model as it is trained, with float32 logits (N, classes).
    plain: from (spec, trained model) to its float32 form with probabilities alone; the process' policy must be float32.
    rounded: whether its convolutions are rounded to half precision with care (half_precision.py).
    """

    build: Callable[[NetworkSpec, int, int], keras.Model]
    plain: Callable[[NetworkSpec, keras.Model], keras.Model]
    rounded: bool = False

    def shipped(self, spec: NetworkSpec, trained: keras.Model, malignant: Sequence[bool]) -> keras.Model:
        """The trained model as it is shipped: `plain` with features and activation map (activation_map.py) beside.

        Args:
            spec: what was trained.
            trained: with float32 logits (N, K).
            malignant: for each class, whether it counts as malignant.

        Returns:
            A model to {"probabilities", "features", "map"}.
        """
        mapped = with_fused_activation_map if spec.name == FUSION else with_activation_map
        return mapped(self.plain(spec, trained), malignant)


def _classifier(spec: NetworkSpec, side: int, classes: int) -> keras.Model:
    if spec.conversion:
        raise TrainingError(f"{spec.name} has no choice of conversion; leave `conversion` out of the recipe's network")
    return Classifier(spec, side).whole(classes)


CLASSIFIER = Network(_classifier, in_float32)


def _conv_student(student: ConvStudent) -> Network:
    def of(spec: NetworkSpec) -> ConvStudent:
        return replace(student, conversion=spec.conversion or student.conversion)

    return Network(
        lambda spec, side, classes: trained_form(of(spec), input_side=side, classes=classes),
        lambda spec, trained: folded(of(spec), trained),
        rounded=True,
    )


MOBILE_SHORT = Network(
    lambda spec, side, classes: mobile_student.trained_form(input_side=side, classes=classes, weights=spec.weights),
    lambda _, trained: mobile_student.folded(trained),
    rounded=True,
)

NETWORKS: Mapping[str, Network] = MappingProxyType(
    {
        **{name: _conv_student(student) for name, student in CONV_STUDENTS.items()},
        mobile_student.NAME: MOBILE_SHORT,
        **dict.fromkeys((*BACKBONES, FUSION), CLASSIFIER),
    }
)


def network(name: str) -> Network:
    """The network called `name`. Raises TrainingError with the known names where there is none."""
    if name not in NETWORKS:
        raise TrainingError(f"no network named {name!r}; there are {sorted(NETWORKS)}")
    return NETWORKS[name]


@functools.cache
def sizes(spec: NetworkSpec, input_side: int, classes: int) -> tuple[int, int]:
    """Parameters of a network as it is shipped, and how many learn."""
    model = network(spec.name).build(replace(spec, weights="random"), input_side, classes)
    # Random weights have nothing to keep, so that no layer of theirs is frozen.
    behind = [layer.name for layer in model.layers].index("features") + 1 if spec.frozen else 0
    learning = sum(math.prod(weight.shape) for layer in model.layers[behind:] for weight in layer.trainable_weights)
    return network(spec.name).plain(replace(spec, weights="random"), model).count_params(), learning
