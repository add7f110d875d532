"""Backbones and a head: the teachers, and the students made from such networks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import keras

from training.models.backbones import pooled_features
from training.models.heads import FUSION_HEAD_NAME, dense_head, fusion_head
from training.specs import FUSION, NetworkSpec

HeadBuilder = Callable[[NetworkSpec, Sequence[int], int], keras.Model]


@dataclass(frozen=True, slots=True)
class Classifier:
    """A network in two halves that can be trained together, or the second one alone on kept features.

    Attributes:
        spec: of the network.
        input_side: side in pixels of the square RGB input, float32 0..1.
    """

    spec: NetworkSpec
    input_side: int

    @property
    def backbones(self) -> tuple[str, ...]:
        """Their names, in the order of their features."""
        return tuple(name for stream in self.spec.streams for name in stream) or (self.spec.name,)

    def extractor(self) -> keras.Model:
        """From pictures (N, side, side, 3) to the features of each backbone, a list of (N, D)."""
        pictures = keras.Input((self.input_side, self.input_side, 3), name="picture")
        return keras.Model(pictures, pooled_features(self.spec, self.backbones, pictures), name="extractor")

    def head(self, sizes: Sequence[int], classes: int) -> keras.Model:
        """From that vector, which holds `sizes` numbers of each backbone, to float32 logits (N, classes)."""
        build: HeadBuilder = fusion_head if self.spec.name == FUSION else dense_head
        return build(self.spec, sizes, classes)

    def whole(self, classes: int) -> keras.Model:
        """Both halves, from pictures to float32 logits (N, classes)."""
        extractor = self.extractor()
        head = self.head([features.shape[-1] for features in extractor.outputs], classes)
        return joined(extractor, head, self.spec.name)


def joined(extractor: keras.Model, head: keras.Model, name: str) -> keras.Model:
    """The head behind the backbones, as one network; a head that is a plain row of layers lies open in it."""
    found = extractor.outputs
    answers = keras.layers.Concatenate(name="features")(found) if len(found) > 1 else found[0]
    for layer in [head] if head.name == FUSION_HEAD_NAME else head.layers[1:]:
        answers = layer(answers)
    return keras.Model(extractor.input, answers, name=name)


def in_float32(spec: NetworkSpec, trained: keras.Model) -> keras.Model:
    """The same network with the same weights under the float32 policy, which must be set, with probabilities."""
    _, side, _, _ = trained.input_shape
    model = Classifier(replace(spec, weights="random"), side).whole(trained.output_shape[-1])
    model.set_weights(trained.get_weights())
    return keras.Model(model.input, keras.layers.Softmax(name="probabilities")(model.output), name=spec.name)
