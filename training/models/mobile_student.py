"""A student of our own that starts from ImageNet: the first eight blocks of MobileNetV2, and a tail of ours.

Few parameters learn little of what a picture is from 7,000 of them. MobileNetV2 (Sandler et al. 2018, table 2) has most
of its parameters in its last blocks: those up to the second one on the grid of a sixteenth of the side are 128 thousand
and come pretrained. Behind them stand one more inverted residual of 5×5, so that a position sees the whole lesion, and
a pointwise convolution, as MobileNetV2 ends. Layers are called as keras.applications calls them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from training.models.batch_norm import BatchNorm, fold_into_convolution, take_over
from training.weights import backbone

layers = keras.layers
Unit = Callable[..., Any]
SOURCE = "mobilenet_v2"


@dataclass(frozen=True, slots=True)
class Block:
    """An inverted residual: pointwise expansion, depthwise convolution, linear projection.

    Attributes:
        name: of its layers.
        expansion: times the channels that come in.
        channels: that go out.
        stride: of the depthwise convolution.
        side: of its kernels.
    """

    name: str
    expansion: int
    channels: int
    stride: int = 1
    side: int = 3


NAME = "mobile_short"
STEM = 32
BLOCKS = (
    Block("expanded_conv", 1, 16),
    Block("block_1", 6, 24, stride=2),
    Block("block_2", 6, 24),
    Block("block_3", 6, 32, stride=2),
    Block("block_4", 6, 32),
    Block("block_5", 6, 32),
    Block("block_6", 6, 64, stride=2),
    Block("block_7", 6, 64),
    Block("tail", 3, 64, side=5),
)
FEATURES = 128


def shipped_form(*, input_side: int, classes: int) -> keras.Model:
    """Builds the student as it is shipped: convolutions with biases, no batch norm.

    Args:
        input_side: side in pixels of the square RGB input, float32 0..1.
        classes: number of outputs.

    Returns:
        A model from (N, input_side, input_side, 3) to float32 probabilities (N, classes).
    """

    def unit(inputs: Any, convolution: Callable[..., Any], name: str, activation: str | None) -> Any:
        return convolution(activation=activation, name=name)(inputs)

    pictures, features = _features(input_side, unit)
    answers = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(features)
    return keras.Model(pictures, answers, name=NAME)


def trained_form(*, input_side: int, classes: int, weights: str) -> keras.Model:
    """Builds the student as it is trained: batch norm behind every convolution, which `folded` puts into it.

    Args:
        input_side, classes: as `shipped_form` has them.
        weights: "imagenet" for MobileNetV2's in its blocks, "random" for a start from nothing.

    Returns:
        A model from (N, input_side, input_side, 3) to float32 logits (N, classes).

    Raises:
        WeightsMissing: "imagenet", and nobody has them.
    """

    def unit(inputs: Any, convolution: Callable[..., Any], name: str, activation: str | None) -> Any:
        return BatchNorm(activation, scale=True, name=_norm(name))(convolution(use_bias=False, name=name)(inputs))

    pictures, features = _features(input_side, unit)
    logits = layers.Dense(classes, dtype="float32", name="logits")(features)
    model = keras.Model(pictures, logits, name=f"{NAME}_in_training")
    if weights == "imagenet":
        take_over(backbone(SOURCE, side=input_side, weights=weights)[0], model)
    return model


def folded(trained: keras.Model) -> keras.Model:
    """The shipped form of a model of `trained_form`, in float32; the process' policy must be float32."""
    _, side, _, _ = trained.input_shape
    shipped = shipped_form(input_side=side, classes=trained.output_shape[-1])
    for layer in shipped.layers:
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            norm = trained.get_layer(_norm(layer.name))
            layer.set_weights(fold_into_convolution(trained.get_layer(layer.name), norm))
        elif layer.name == "probabilities":
            layer.set_weights(trained.get_layer("logits").get_weights())
    return shipped


def _norm(convolution: str) -> str:
    return f"bn_{convolution}" if convolution == "Conv1" else f"{convolution}_BN"


def _features(side: int, unit: Unit) -> tuple[Any, Any]:
    pictures = keras.Input((side, side, 3), name="picture")
    # MobileNetV2's own range, -1..1.
    grid = unit(2.0 * pictures - 1.0, _convolution(STEM, 3, stride=2), "Conv1", "relu6")
    for block in BLOCKS:
        grid = _block(grid, block, unit)
    last = unit(grid, _convolution(FEATURES, 1), "last", "relu6")
    return pictures, layers.GlobalAveragePooling2D(name="features")(last)


def _block(inputs: Any, block: Block, unit: Unit) -> Any:
    channels = inputs.shape[-1]
    grid = inputs
    if block.expansion > 1:
        grid = unit(grid, _convolution(block.expansion * channels, 1), f"{block.name}_expand", "relu6")
    grid = unit(grid, _depthwise(block.side, block.stride), f"{block.name}_depthwise", "relu6")
    grid = unit(grid, _convolution(block.channels, 1), f"{block.name}_project", None)
    keeps = block.stride == 1 and channels == block.channels
    return layers.Add(name=f"{block.name}_add")([inputs, grid]) if keeps else grid


def _convolution(filters: int, side: int, stride: int = 1) -> Callable[..., keras.layers.Layer]:
    def make(**options: Any) -> keras.layers.Layer:
        return layers.Conv2D(filters, side, strides=stride, padding="same", kernel_initializer="he_normal", **options)

    return make


def _depthwise(side: int, stride: int) -> Callable[..., keras.layers.Layer]:
    def make(**options: Any) -> keras.layers.Layer:
        # Keras' own initialisers take all channels for inputs of a depthwise kernel, which sees one.
        start = keras.initializers.RandomNormal(stddev=1 / side)
        return layers.DepthwiseConv2D(side, strides=stride, padding="same", depthwise_initializer=start, **options)

    return make
