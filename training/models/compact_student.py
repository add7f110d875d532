"""A student of our own: residual convolutions on small grids, as deep as 170,000 parameters allow.

The first block works on a quarter of the picture's side, so that a pass costs a quarter of the three-block network's
operations. Where the grid is large and channels are few, convolutions are dense: depthwise ones have fewer operations
and train several times slower on a CPU, where moving what they give costs more than computing it. On the last grid,
where a dense convolution would take all the parameters, they are separable, of 5×5, so that each position sees the
whole lesion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from training.models.batch_norm import BatchNorm, fold_into_convolution

layers = keras.layers
Unit = Callable[..., Any]

SEPARABLE_SIDE = 5
"""Of the depthwise kernels."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Convolutions on one grid.

    Attributes:
        channels: of each convolution.
        blocks: how many; those that keep the number of channels are residual.
        separable: depthwise 5×5 and pointwise ones in the place of 3×3 (Chollet 2017).
    """

    channels: int
    blocks: int
    separable: bool = False


@dataclass(frozen=True, slots=True)
class CompactStudent:
    """Attributes:
    name: of the network.
    stem: channels of the first 3×3 convolution, of stride 2, which ends in 2×2 max pooling. Training in bfloat16 takes
        half as long again with 24 as with 32, which oneDNN has blocks for.
    stages: by grid; 2×2 max pooling lies between two of them.
    """

    name: str
    stem: int
    stages: tuple[Stage, ...]


COMPACT = CompactStudent("compact", 32, (Stage(32, 2), Stage(56, 2), Stage(80, 2)))
DEEP = CompactStudent("compact_deep", 32, (Stage(32, 2), Stage(48, 2), Stage(128, 6, separable=True)))
COMPACT_STUDENTS = {student.name: student for student in (COMPACT, DEEP)}


def shipped_form(student: CompactStudent, *, input_side: int, classes: int) -> keras.Model:
    """Builds the student as it is shipped: convolutions with biases, no batch norm.

    Args:
        student: its layers.
        input_side: side in pixels of the square RGB input, float32 0..1.
        classes: number of outputs.

    Returns:
        A model from (N, input_side, input_side, 3) to float32 probabilities (N, classes).
    """

    def unit(inputs: Any, filters: int, *, name: str, strides: int = 1, separable: bool = False) -> Any:
        convolution = _convolution(filters, strides, separable=separable, activation="relu", name=name)
        return convolution(inputs)

    pictures, features = _features(student, input_side, unit)
    answers = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(features)
    return keras.Model(pictures, answers, name=student.name)


def trained_form(student: CompactStudent, *, input_side: int, classes: int) -> keras.Model:
    """Builds the student as it is trained: batch norm behind every convolution, which `folded` puts into it.

    Args as `shipped_form`; the result gives float32 logits (N, classes).
    """

    def unit(inputs: Any, filters: int, *, name: str, strides: int = 1, separable: bool = False) -> Any:
        convolution = _convolution(filters, strides, separable=separable, use_bias=False, name=name)
        return BatchNorm(name=f"{name}_norm")(convolution(inputs))

    pictures, features = _features(student, input_side, unit)
    logits = layers.Dense(classes, dtype="float32", name="logits")(features)
    return keras.Model(pictures, logits, name=f"{student.name}_in_training")


def folded(student: CompactStudent, trained: keras.Model) -> keras.Model:
    """The shipped form of a model of `trained_form`, in float32; the process' policy must be float32."""
    _, side, _, _ = trained.input_shape
    shipped = shipped_form(student, input_side=side, classes=trained.output_shape[-1])
    for layer in shipped.layers:
        if isinstance(layer, layers.Conv2D | layers.SeparableConv2D):
            norm = trained.get_layer(layer.name.removesuffix("_conv") + "_norm")
            layer.set_weights(fold_into_convolution(trained.get_layer(layer.name), norm))
        elif layer.name == "probabilities":
            layer.set_weights(trained.get_layer("logits").get_weights())
    return shipped


def _convolution(filters: int, strides: int, *, separable: bool, name: str, **options: Any) -> keras.layers.Layer:
    options |= {"strides": strides, "padding": "same", "name": f"{name}_conv"}
    if not separable:
        return layers.Conv2D(filters, 3, kernel_initializer="he_normal", **options)
    return layers.SeparableConv2D(
        filters,
        SEPARABLE_SIDE,
        # Keras' own initialisers take all channels for inputs of a depthwise kernel, which sees one.
        depthwise_initializer=keras.initializers.RandomNormal(stddev=1 / SEPARABLE_SIDE),
        pointwise_initializer="he_normal",
        **options,
    )


def _features(student: CompactStudent, side: int, unit: Unit) -> tuple[Any, Any]:
    pictures = keras.Input((side, side, 3), name="picture")
    # Inverted, so that the white that the ROI stage makes of the skin is 0, as the padding is.
    grid = unit(1.0 - pictures, student.stem, strides=2, name="stem")
    for number, stage in enumerate(student.stages, start=1):
        grid = layers.MaxPooling2D(2, name=f"stage{number}_pool")(grid)
        for block in range(1, stage.blocks + 1):
            found = unit(grid, stage.channels, name=f"stage{number}_block{block}", separable=stage.separable)
            wide = grid.shape[-1] == stage.channels
            grid = layers.Add(name=f"stage{number}_add{block}")([grid, found]) if wide else found
    return pictures, layers.GlobalAveragePooling2D(name="features")(grid)
