"""A backbone, global average pooling and a dense head: the plain teacher, and the students made from such networks."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from training.recipe import NetworkSpec
from training.weights import backbone

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
RANGES = {"densenet169": "torch", "resnet50": "caffe", "mobilenet_v2": "tf"}
"""What each backbone was trained on, in the words of keras.applications."""


@keras.saving.register_keras_serializable("lesion_screening")
class ImageNetRange(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """From RGB 0..1 to the range a backbone was trained on; what keras.applications' preprocess_input does with 0..255.

    Args:
        convention: "torch" (mean 0, deviation 1), "caffe" (BGR 0..255 less its mean) or "tf" (-1..1).
    """

    def __init__(self, convention: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.convention = convention

    def call(self, pictures: Any) -> Any:
        """Float (N, H, W, 3)."""
        if self.convention == "tf":
            return 2 * pictures - 1
        if self.convention == "caffe":
            return pictures[..., ::-1] * 255 - np.array(CAFFE_MEAN_BGR, np.float32)
        return (pictures - np.array(IMAGENET_MEAN, np.float32)) / np.array(IMAGENET_DEVIATION, np.float32)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "convention": self.convention}


def pretrained_classifier(spec: NetworkSpec, *, input_side: int, classes: int) -> keras.Model:
    """Builds the classifier.

    A pretrained backbone's batch norm stays as it was loaded, statistics, scale and shift, frozen or not: batches of
    some ten pictures estimate its statistics worse than ImageNet did. One that starts from random has none to keep, and
    learns them; of a backbone that is pretrained in part, the rest does.

    Args:
        spec: its backbone is `spec.name`.
        input_side: side in pixels of the square RGB input, float32 0..1.
        classes: number of outputs.

    Returns:
        A model to float32 logits (N, classes).
    """
    base, pretrained = backbone(spec.name, side=input_side, weights=spec.weights)
    for layer in base.layers:
        # Keras hands a model's own `training` down to the layers, so that calling it with training=False does nothing.
        keeps = isinstance(layer, keras.layers.BatchNormalization) or spec.frozen
        layer.trainable = not (layer.name in pretrained and keeps)
    pictures = keras.Input((input_side, input_side, 3), name="picture")
    ranged = ImageNetRange(RANGES[spec.name], dtype="float32", name="range")(pictures)
    features = keras.layers.GlobalAveragePooling2D(name="features")(base(ranged))
    if spec.head_units:
        features = keras.layers.Dense(spec.head_units, activation="relu", name="head")(features)
        features = keras.layers.BatchNormalization(name="head_norm")(features)
    if spec.dropout:
        features = keras.layers.Dropout(spec.dropout, name="dropout")(features)
    return keras.Model(pictures, keras.layers.Dense(classes, dtype="float32", name="logits")(features), name=spec.name)


def in_float32(spec: NetworkSpec, trained: keras.Model) -> keras.Model:
    """The same network with the same weights under the float32 policy, which must be set, with probabilities."""
    _, side, _, _ = trained.input_shape
    unloaded = replace(spec, weights="random")
    model = pretrained_classifier(unloaded, input_side=side, classes=trained.output_shape[-1])
    model.set_weights(trained.get_weights())
    return keras.Model(model.input, keras.layers.Softmax(name="probabilities")(model.output), name=spec.name)
