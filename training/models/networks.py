"""Every network that a recipe can name: how it is trained, and how it is shipped."""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import keras

from training.errors import TrainingError
from training.models.classifier import Classifier, in_float32
from training.models.conv_student import CONV_STUDENTS, ConvStudent, folded, trained_form
from training.recipe import FUSION, NetworkSpec
from training.weights import BACKBONES


@dataclass(frozen=True, slots=True)
class Network:
    """Attributes:
    build: from (spec, input_side, classes) to the model as it is trained, with float32 logits (N, classes).
    shipped: from (spec, trained model) to its float32 form with probabilities; the process' policy must be float32.
    rounded: whether its first convolution is rounded to half precision with care (half_precision.py).
    """

    build: Callable[[NetworkSpec, int, int], keras.Model]
    shipped: Callable[[NetworkSpec, keras.Model], keras.Model]
    rounded: bool = False


CLASSIFIER = Network(lambda spec, side, classes: Classifier(spec, side).whole(classes), in_float32)


def _conv_student(student: ConvStudent) -> Network:
    return Network(
        lambda _, side, classes: trained_form(student, input_side=side, classes=classes),
        lambda _, trained: folded(student, trained),
        rounded=True,
    )


NETWORKS: Mapping[str, Network] = MappingProxyType(
    {
        **{name: _conv_student(student) for name, student in CONV_STUDENTS.items()},
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
    learns = model.get_layer("head") if spec.frozen else model
    learning = sum(math.prod(weight.shape) for weight in learns.trainable_weights)
    return network(spec.name).shipped(replace(spec, weights="random"), model).count_params(), learning
