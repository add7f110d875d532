"""What stands behind pooled features: a dense head, or the two streams of Islam et al. 2024 brought together.

Global average pooling comes first, so that the features of frozen backbones can be computed once. That leaves the
published function as it is: batch norm scales each channel by itself, the gate of squeeze-and-excitation sees nothing
but pooled values, and multiplying by it and averaging change places. In training, batch norm's statistics are those of
pooled features and not of positions: another scale, which its own factor learns.
"""

from collections.abc import Sequence

import keras

from training.specs import NetworkSpec

layers = keras.layers
EXCITATION_RATIO = 8
"""Of squeeze-and-excitation. Not published; with 8, ResNet152V2, ConvNeXtBase and ViT-Base give 3.39 M trainable
parameters, as published."""
FUSION_HEAD_NAME = "fusion_head"
FUSION_HEAD = ((256, 0.5), (128, 0.5), (64, 0.2))
"""Units of each dense layer of the fusion, and the dropout before it."""


def dense_head(spec: NetworkSpec, sizes: Sequence[int], classes: int) -> keras.Model:
    """A dense layer (ReLU, batch norm) and dropout where the recipe asks for them, then logits.

    Args:
        spec: its `head_units` and `dropout`.
        sizes: length of each backbone's features; they come as one vector.
        classes: number of outputs.
    """
    vector = keras.Input((sum(sizes),), name="pooled")
    features = vector
    if spec.head_units:
        features = layers.Dense(spec.head_units, activation="relu", name="head")(features)
        features = layers.BatchNormalization(name="head_norm", dtype="float32")(features)
    if spec.dropout:
        features = layers.Dropout(spec.dropout, name="dropout")(features)
    return keras.Model(vector, layers.Dense(classes, dtype="float32", name="logits")(features), name="head")


def fusion_head(spec: NetworkSpec, sizes: Sequence[int], classes: int) -> keras.Model:
    """The fusion of Islam et al. 2024 behind the pooled features.

    Stream 1: batch norm, squeeze-and-excitation (Hu et al. 2018). Stream 2: batch norm. Both together: dense layers of
    256, 128 and 64 (SELU) with dropout 0.5, 0.5 and 0.2 before them, logits.

    Args:
        spec: its `streams`.
        sizes: length of each backbone's features, in the order of the streams; they come as one vector.
        classes: number of outputs.
    """
    vector = keras.Input((sum(sizes),), name="pooled")
    border = sum(sizes[: len(spec.streams[0])])
    first = layers.BatchNormalization(name="stream1_norm", dtype="float32")(vector[:, :border])
    squeezed = layers.Dense(border // EXCITATION_RATIO, activation="relu", name="squeeze")(first)
    first = layers.Multiply(name="excited")(
        [first, layers.Dense(border, activation="sigmoid", name="excitation")(squeezed)]
    )
    second = layers.BatchNormalization(name="stream2_norm", dtype="float32")(vector[:, border:])
    features = layers.Concatenate(name="fused")([first, second])
    for units, dropout in FUSION_HEAD:
        features = layers.Dropout(dropout, name=f"dropout_{units}")(features)
        features = layers.Dense(units, activation="selu", kernel_initializer="lecun_normal", name=f"dense_{units}")(
            features
        )
    return keras.Model(vector, layers.Dense(classes, dtype="float32", name="logits")(features), name=FUSION_HEAD_NAME)
