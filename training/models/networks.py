"""Every network that a recipe can name: how it is trained, and how it is shipped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import keras

from training.errors import TrainingError
from training.models.classifier import RANGES, in_float32, pretrained_classifier
from training.models.conv_student import folded, trained_form
from training.models.students import CONV_STUDENTS, ConvStudent
from training.recipe import NetworkSpec


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


def _classifier(spec: NetworkSpec, side: int, classes: int) -> keras.Model:
    if spec.conversion:
        raise TrainingError(f"{spec.name} has no choice of conversion; leave `conversion` out of the recipe's network")
    return pretrained_classifier(spec, input_side=side, classes=classes)


CLASSIFIER = Network(_classifier, in_float32)


def _conv_student(student: ConvStudent) -> Network:
    def of(spec: NetworkSpec) -> ConvStudent:
        return replace(student, conversion=spec.conversion or student.conversion)

    return Network(
        lambda spec, side, classes: trained_form(of(spec), input_side=side, classes=classes),
        lambda spec, trained: folded(of(spec), trained),
        rounded=True,
    )


NETWORKS: Mapping[str, Network] = MappingProxyType(
    {
        **{name: _conv_student(student) for name, student in CONV_STUDENTS.items()},
        **dict.fromkeys(RANGES, CLASSIFIER),
    }
)


def network(name: str) -> Network:
    """The network called `name`. Raises TrainingError with the known names where there is none."""
    if name not in NETWORKS:
        raise TrainingError(f"no network named {name!r}; there are {sorted(NETWORKS)}")
    return NETWORKS[name]
