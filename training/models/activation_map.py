"""Three answers of one inference: class probabilities, pooled features, and where the malignant score comes from.

The malignant score is the log-odds of malignancy, s = logsumexp(logits of the malignant classes) - logsumexp(logits of
the others). The class activation map is Grad-CAM's (Selvaraju et al. 2017) without its ReLU, so that it keeps the sign:
what speaks against malignancy is below 0. At position x of the last feature map A, with f the pooled features,

    map(x) = sum over channels c of ds/df_c A_c(x).

That is the derivative of s at f in the direction A(x), so that no gradient is needed: every A(x) is pushed forward as a
tangent through the very kernels that f goes through (forward-mode differentiation), and no transposed copy of a weight
is stored. Feature row and tangents are multiplied with a kernel as one matrix, so that it is stored once.

Unit: log-odds. map(x) is how fast s rises as A(x) is added to f: with average pooling, N times the share of position x
in it, N being the number of positions, and N times Grad-CAM's own value; the map's mean is then the derivative of s
along f. A flattened feature map gives each position N times its own slice as the tangent, so that the same holds.

Place: the map covers the whole picture that the network sees, row i and column j of h × w the tile from i/h to (i+1)/h
of its height and from j/w to (j+1)/w of its width. What a position answers to reaches beyond its tile. A feature map
finer than about 14 × 14 is averaged down to that; of a sum over channels that is its exact average.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from app.screening.runtime import FEATURES, MAP, PROBABILITIES
from training.errors import TrainingError

POSITIONS = 14
"""On a side of the map at least, where the feature map has as many: its cost grows with their number."""

POOLING = "features"
"""Name of the layer from the last feature map to the pooled features, in every network."""

SELU_ALPHA, SELU_SCALE = 1.67326324, 1.05070098
"""As keras.activations.selu has them (Klambauer et al. 2017)."""


@dataclass(frozen=True, slots=True)
class Activation:
    """Attributes:
    of: the activation, as keras.activations has it.
    derivative: of it, from its inputs and its outputs.
    """

    of: Callable[[Any], Any]
    derivative: Callable[[Any, Any], Any]


def _selu(inputs: Any) -> Any:
    """SELU as a sum of its two sides.

    TensorFlow's own takes the exponential of all inputs, and chooses after that: int8 would have to span those of the
    positive ones as well, and lose what SELU gives below 0. The two factors are its own, so that half precision rounds
    what it rounds there.
    """
    above = keras.ops.relu(inputs)
    return SELU_SCALE * above + SELU_SCALE * SELU_ALPHA * (keras.ops.elu(inputs) - above)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "linear": Activation(lambda inputs: inputs, lambda _, __: 1.0),
        "relu": Activation(keras.ops.relu, lambda inputs, _: keras.ops.cast(inputs > 0, "float32")),
        # Below 0, SELU is scale * alpha * (exp(z) - 1): its derivative is what it gives, plus scale * alpha.
        "selu": Activation(
            _selu, lambda inputs, outputs: keras.ops.where(inputs > 0, SELU_SCALE, outputs + SELU_SCALE * SELU_ALPHA)
        ),
    }
)
"""Those that a tangent can be pushed through."""

UNCHANGED = (keras.layers.Dropout, keras.layers.Softmax)
"""Layers of a head that change nothing in service, or nothing in the logits."""


def with_activation_map(model: keras.Model, malignant: Sequence[bool]) -> keras.Model:
    """The same network with the same weights, and all three answers.

    Args:
        model: float32, from pictures (N, side, side, 3) to probabilities (N, K). Its layer `features` (global max
            pooling, global average pooling or flattening) is followed by dense layers, batch norm in inference mode and
            dropout, one after another, and ends in a softmax.
        malignant: for each of the K classes, whether it counts as malignant.

    Returns:
        A model from float32 pictures (N, side, side, 3) to {"probabilities": float32 (N, K), "features": float32
        (N, D), "map": float32 (N, h, w)}.

    Raises:
        TrainingError: the head has a layer or an activation that no tangent can be pushed through.
    """
    pooling = model.get_layer(POOLING)
    head = model.layers[model.layers.index(pooling) + 1 :]
    _require_differentiable(head, flattened=isinstance(pooling, keras.layers.Flatten))
    answers = DifferentiatedHead(head, malignant, name="head")([pooling.input, pooling.output])
    outputs = {PROBABILITIES: answers[0], FEATURES: pooling.output, MAP: answers[1]}
    return keras.Model(model.input, outputs, name=model.name)


@keras.saving.register_keras_serializable("lesion_screening")
class DifferentiatedHead(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """The layers behind the pooling, with the map of the malignant score.

    Args:
        layers: the head, first to last; they stay the owners of their weights.
        malignant: for each class, whether it counts as malignant.
    """

    def __init__(self, layers: Sequence[Any], malignant: Sequence[bool], **settings: Any) -> None:
        super().__init__(**settings)
        self.layers = [
            keras.saving.deserialize_keras_object(layer) if isinstance(layer, Mapping) else layer for layer in layers
        ]
        self.malignant = [bool(flag) for flag in malignant]

    def build(self, shapes: Sequence[tuple[int | None, ...]]) -> None:
        """Builds the layers of a head that was made from its configuration."""
        shape = shapes[1]
        for layer in self.layers:
            if not layer.built:
                layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, inputs: Sequence[Any]) -> tuple[Any, Any]:
        """From feature map (N, H, W, C) and features (N, D) to probabilities (N, K) and map (N, h, w)."""
        feature_map, features = inputs
        _, rows, columns, channels = feature_map.shape
        step = _step(rows, columns)
        layers = [layer for layer in self.layers if not isinstance(layer, UNCHANGED)]
        if features.shape[-1] == channels:
            state = features[:, np.newaxis], _as_rows(_averaged(feature_map, step))
        else:
            state = _through_flattening(layers.pop(0), feature_map, step)
        for layer in layers:
            state = _through(layer, *state)
        logits, tangents = state[0][:, 0], state[1]
        flags = np.array(self.malignant)
        rises = _logsumexp_tangents(logits, tangents, flags) - _logsumexp_tangents(logits, tangents, ~flags)
        return keras.ops.softmax(logits), keras.ops.reshape(rises, (-1, rows // step, columns // step))

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again, without its weights."""
        layers = [keras.saving.serialize_keras_object(layer) for layer in self.layers]
        return {**super().get_config(), "layers": layers, "malignant": self.malignant}


def _require_differentiable(head: Sequence[keras.layers.Layer], *, flattened: bool) -> None:
    for layer in head:
        activation = layer.activation.__name__ if isinstance(layer, keras.layers.Dense) else "linear"
        if not isinstance(layer, (keras.layers.Dense, keras.layers.BatchNormalization, *UNCHANGED)) or (
            activation not in ACTIVATIONS and not (activation == "softmax" and layer is head[-1])
        ):
            raise TrainingError(
                f"no activation map can be made through the layer {layer.name!r} of the head: a head has dense layers "
                f"({', '.join(ACTIVATIONS)}), batch norm, dropout, and a softmax at its end"
            )
    if flattened and not isinstance(head[0], keras.layers.Dense):
        raise TrainingError(f"a flattened feature map needs a dense layer behind it, not {head[0].name!r}")


def _through(layer: keras.layers.Layer, values: Any, tangents: Any) -> tuple[Any, Any]:
    """Pushes values (N, 1, D) and tangents (N, P, D) through a layer."""
    if isinstance(layer, keras.layers.BatchNormalization):
        slope, shift = _in_service(layer)
        return values * slope + shift, tangents * slope
    products = keras.ops.matmul(keras.ops.concatenate([values, tangents], axis=1), layer.kernel)
    return _activated(layer, products[:, :1] + layer.bias, products[:, 1:])


def _in_service(norm: keras.layers.BatchNormalization) -> tuple[Any, Any]:
    """By what batch norm multiplies in inference mode, and what it adds then: each (D,)."""
    slope = keras.ops.rsqrt(norm.moving_variance + norm.epsilon) * (norm.gamma if norm.scale else 1.0)
    return slope, (norm.beta if norm.center else 0.0) - norm.moving_mean * slope


def _through_flattening(layer: keras.layers.Dense, feature_map: Any, step: int) -> tuple[Any, Any]:
    """The same through the dense layer behind a flattened feature map (N, H, W, C), whose kernel has H W C rows.

    A position's slice of the features meets only its own rows of the kernel. So these products cost as much as the
    layer itself; and as they add up to what it gives, that is not computed a second time.
    """
    _, rows, columns, channels = feature_map.shape
    positions = rows * columns
    kernel = keras.ops.reshape(layer.kernel, (positions, channels, layer.units))
    slices = keras.ops.transpose(keras.ops.reshape(feature_map, (-1, positions, channels)), (1, 0, 2))
    products = keras.ops.transpose(keras.ops.matmul(slices, kernel), (1, 0, 2))
    values = keras.ops.sum(products, axis=1, keepdims=True) + layer.bias
    grid = keras.ops.reshape(products, (-1, rows, columns, layer.units))
    return _activated(layer, values, positions * _as_rows(_averaged(grid, step)))


def _activated(layer: keras.layers.Dense, inputs: Any, tangents: Any) -> tuple[Any, Any]:
    if layer.activation.__name__ == "softmax":
        return inputs, tangents  # the logits are what is wanted
    activation = ACTIVATIONS[layer.activation.__name__]
    outputs = activation.of(inputs)
    return outputs, tangents * activation.derivative(inputs, outputs)


def _logsumexp_tangents(logits: Any, tangents: Any, chosen: npt.NDArray[np.bool_]) -> Any:
    """(N, P) tangents of the logsumexp of the chosen logits, whose gradient is their softmax."""
    columns = np.flatnonzero(chosen)
    if len(columns) == 1:
        return tangents[:, :, columns[0]]  # the softmax of one is 1
    gradient = keras.ops.softmax(keras.ops.take(logits, columns, axis=-1))
    return keras.ops.sum(keras.ops.take(tangents, columns, axis=-1) * gradient[:, np.newaxis], axis=-1)


def _step(rows: int, columns: int) -> int:
    """The largest common divisor of both sides that leaves POSITIONS on each, so that the tiles cover the map."""
    steps = range(1, min(rows, columns) // POSITIONS + 1)
    return max((step for step in steps if rows % step == columns % step == 0), default=1)


def _averaged(grid: Any, step: int) -> Any:
    return grid if step == 1 else keras.ops.average_pool(grid, step, step)


def _as_rows(grid: Any) -> Any:
    """(N, H, W, C) as (N, H W, C)."""
    _, rows, columns, channels = grid.shape
    return keras.ops.reshape(grid, (-1, rows * columns, channels))
