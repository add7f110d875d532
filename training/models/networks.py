"""Every network that a recipe can name: how it is trained, and how it is shipped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import keras

from training.errors import TrainingError
from training.models.activation_map import with_activation_map
from training.models.classifier import RANGES, in_float32, pretrained_classifier
from training.models.conv_student import CONV_STUDENTS, ConvStudent, folded, trained_form
from training.recipe import NetworkSpec


@dataclass(frozen=True, slots=True)
class Network:
    """Attributes:
    build: from (spec, input_side, classes) to the model as it is trained, with float32 logits (N, classes).
    plain: from (spec, trained model) to its float32 form with probabilities alone; the process' policy must be float32.
    rounded: whether its first convolution is rounded to half precision with care (half_precision.py).
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
        return with_activation_map(self.plain(spec, trained), malignant)


CLASSIFIER = Network(
    lambda spec, side, classes: pretrained_classifier(spec, input_side=side, classes=classes), in_float32
)


def _conv_student(student: ConvStudent) -> Network:
    return Network(
        lambda _, side, classes: trained_form(student, input_side=side, classes=classes),
        lambda _, trained: folded(student, trained),
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
