"""Pretrained backbones side by side: from a picture to the pooled features of each, one vector."""

from collections.abc import Sequence
from typing import Any

import keras

from training.errors import TrainingError
from training.models.batch_norm import with_fused_norm
from training.specs import NetworkSpec
from training.weights import VIT, backbone

ops = keras.ops

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
RANGES = {
    "conv_smoke": "tf",
    "convnext_base": "bytes",
    "densenet169": "torch",
    "mobilenet_v2": "tf",
    "resnet50": "caffe",
    "resnet50_conv4": "caffe",
    "resnet152_v2": "tf",
    "vit_b32": "tf",
    "vit_smoke": "tf",
}
"""What each backbone was trained on, in the words of keras.applications; "bytes" is 0..255, which the network itself
brings into its range."""


LEARNT_MOMENTUM = 0.99
"""At most, of the statistics that batch norm learns here. MobileNetV2's own 0.999 is for ImageNet's many steps: here
the statistics lagged three epochs behind the weights, and validation stayed at chance while the loss fell."""


@keras.saving.register_keras_serializable("lesion_screening")
class ImageNetRange(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """From RGB 0..1 to the range a backbone was trained on; what keras.applications' preprocess_input does with 0..255.

    Args:
        convention: "torch" (mean 0, deviation 1), "caffe" (BGR 0..255 less its mean), "tf" (-1..1) or "bytes" (0..255).
    """

    def __init__(self, convention: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.convention = convention

    def call(self, pictures: Any) -> Any:
        """Float (N, H, W, 3)."""
        if self.convention == "tf":
            return 2 * pictures - 1
        if self.convention == "bytes":
            return pictures * 255
        if self.convention == "caffe":
            return ops.flip(pictures, axis=-1) * 255 - ops.convert_to_tensor(CAFFE_MEAN_BGR, pictures.dtype)
        mean, deviation = (ops.convert_to_tensor(row, pictures.dtype) for row in (IMAGENET_MEAN, IMAGENET_DEVIATION))
        return (pictures - mean) / deviation

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "convention": self.convention}


@keras.saving.register_keras_serializable("lesion_screening")
class ClassToken(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """What a vision transformer says of the whole picture."""

    def call(self, tokens: Any) -> Any:
        """From tokens (N, 1 + patches, D) to the first, (N, D)."""
        return tokens[:, 0]


def pooled_features(spec: NetworkSpec, names: Sequence[str], pictures: keras.KerasTensor) -> list[keras.KerasTensor]:
    """The backbones of a network, with what the recipe says of their weights.

    A pretrained backbone's batch norm stays as it was loaded, unless the recipe lets it learn: batches of some ten
    pictures estimate its statistics worse than ImageNet did. One that starts from random has none to keep, and learns
    them; of a backbone that is pretrained in part, the rest does. Frozen random ones stay so.

    Args:
        spec: whose `weights`, `frozen` and `learns_norm` count.
        names: of the backbones, each once.
        pictures: float32 (N, side, side, 3), RGB 0..1.

    Returns:
        (N, D) of each backbone: its feature map's global average, or the class token of a vision transformer.

    Raises:
        TrainingError: a frozen backbone is pretrained in part only.
    """
    side = pictures.shape[1]
    found = []
    for name in names:
        base, pretrained = backbone(name, side=side, weights=spec.weights)
        if spec.frozen and spec.weights == "imagenet" and any(layer.name not in pretrained for layer in base.layers):
            raise TrainingError(f"{name} is pretrained in part only: frozen, its other layers would stay random")
        if spec.learns_norm:
            base = with_fused_norm(base)
        for layer in base.layers:
            # Keras hands a model's own `training` down to the layers, so that calling it with training=False does
            # nothing.
            keeps = isinstance(layer, keras.layers.BatchNormalization) or spec.frozen
            layer.trainable = not (layer.name in pretrained and keeps)
            if layer.trainable and isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = min(layer.momentum, LEARNT_MOMENTUM)
        ranged = ImageNetRange(RANGES[name], dtype="float32", name=f"range_{name}")(pictures)
        maps = base(ranged)
        alone = "features" if len(names) == 1 else f"features_{name}"
        pool = ClassToken(name=alone) if name in VIT else keras.layers.GlobalAveragePooling2D(name=alone)
        found.append(pool(maps))
    return found
