"""Batch norm (Ioffe, Szegedy 2015) for training, and what is left of it afterwards: another bias and another scale."""

import math
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training import backend

ops = keras.ops
EPSILON = 1e-3
RENEWAL = 0.02
"""Share of a batch in the running mean and variance."""

Weights = list[npt.NDArray[np.float32]]


@keras.saving.register_keras_serializable("lesion_screening", name="BatchNormReLU")
class BatchNorm(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Batch norm with a shift and, where asked for, a scale, then an activation.

    Keras' own layer computes in several steps in float32, which costs a good part of a step of training on a CPU.
    TensorFlow's fused kernel takes bfloat16 and keeps its statistics in float32; JAX and PyTorch fuse such steps.
    Frozen, it keeps its statistics, as Keras' own does. Kept networks know it by the name it had at first.

    Args:
        activation: as keras.activations names it; None for none.
        scale: whether it has a factor for each channel, which the next layer makes superfluous where the activation is
            linear above 0.
        epsilon: added to the variance.
    """

    def __init__(
        self, activation: str | None = "relu", *, scale: bool = False, epsilon: float = EPSILON, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.activation = activation
        self.scale = scale
        self.epsilon = epsilon
        self.seen: list[tuple[Any, Any]] | None = None

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Makes shift, running mean and running variance, and the factor where there is one, float32 (C,)."""

        def weight(name: str, initializer: str, *, trainable: bool) -> Any:
            return self.add_weight(
                shape=(shape[-1],), initializer=initializer, name=name, trainable=trainable, dtype="float32",
                autocast=False,
            )  # fmt: skip

        self.shift = weight("shift", "zeros", trainable=True)
        self.mean = weight("mean", "zeros", trainable=False)
        self.variance = weight("variance", "ones", trainable=False)
        self.factor = weight("factor", "ones", trainable=True) if self.scale else None

    def call(self, inputs: Any, *, training: bool | None = None) -> Any:
        """(N, H, W, C) of any float type, normalised over N, H and W, scaled, shifted, and activated."""
        learns = bool(training and self.trainable)
        if self.seen is not None:
            self.seen.append(ops.moments(ops.cast(inputs, "float32"), axes=(0, 1, 2)))
        factor = ops.ones_like(self.mean) if self.factor is None else ops.convert_to_tensor(self.factor)
        outputs, mean, variance = (_fused if backend.name() == "tensorflow" else _in_steps)(
            inputs, factor, self.shift, self.mean, self.variance, epsilon=self.epsilon, training=learns
        )
        if learns:
            self.mean.assign(mean)
            self.variance.assign(variance)
        return keras.activations.get(self.activation)(outputs)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        own = {"activation": self.activation, "scale": self.scale, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


def _fused(
    inputs: Any, factor: Any, shift: Any, mean: Any, variance: Any, *, epsilon: float, training: bool
) -> tuple[Any, Any, Any]:
    # Here, since this module is also imported where there is no TensorFlow.
    import tensorflow as tf

    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs,
        scale=factor,
        offset=tf.convert_to_tensor(shift),
        mean=tf.convert_to_tensor(mean),
        variance=tf.convert_to_tensor(variance),
        epsilon=epsilon,
        exponential_avg_factor=RENEWAL if training else 1.0,
        is_training=training,
    )
    return outputs, mean, variance


def _in_steps(
    inputs: Any, factor: Any, shift: Any, mean: Any, variance: Any, *, epsilon: float, training: bool
) -> tuple[Any, Any, Any]:
    values = ops.cast(inputs, "float32")
    if training:
        used_mean, used_variance = ops.moments(values, axes=(0, 1, 2))
        count = math.prod(values.shape[:3])
        mean = mean + RENEWAL * (used_mean - mean)
        # The unbiased variance runs on, as in the fused kernel.
        variance = variance + RENEWAL * (used_variance * (count / (count - 1)) - variance)
    else:
        used_mean, used_variance = mean, variance
    outputs = (values - used_mean) * ops.rsqrt(used_variance + epsilon) * factor + shift
    return ops.cast(outputs, inputs.dtype), mean, variance


def with_fused_norm(model: keras.Model) -> keras.Model:
    """The same network with the same weights, its batch norm done by `BatchNorm`.

    Args:
        model: of single layers; its batch norm has a factor and a shift.
    """

    def made(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.layers.BatchNormalization):
            return BatchNorm(None, scale=True, epsilon=layer.epsilon, name=layer.name)
        return type(layer).from_config(layer.get_config())

    def called(layer: keras.layers.Layer, *inputs: Any, **options: Any) -> Any:
        # Keras' own has been called with a mask, and there is none.
        return layer(*inputs) if isinstance(layer, BatchNorm) else layer(*inputs, **options)

    fused = keras.models.clone_model(model, clone_function=made, call_function=called)
    take_over(model, fused)
    return fused


def settle(model: keras.Model, batches: Iterable[Any]) -> None:
    """Gives batch norm the statistics of these pictures, and a factor and a shift that undo the change.

    In inference the network answers as before. While it learns, batch norm takes the statistics of each batch: one that
    was trained with kept statistics, ImageNet's, would be a stranger to itself then.

    Args:
        model: the `BatchNorm` layers of which have a factor.
        batches: of what it is given in training, float32 (N, side, side, 3).
    """
    norms = [layer for layer in _single_layers(model) if isinstance(layer, BatchNorm)]
    for norm in norms:
        norm.seen = []
    for batch in batches:
        model(batch, training=False)
    for norm in norms:
        seen = np.array([[np.asarray(part) for part in batch] for batch in norm.seen or []])
        means, variances = seen[:, 0], seen[:, 1]
        norm.seen = None
        mean = means.mean(axis=0)
        variance = (variances + means**2).mean(axis=0) - mean**2
        shift, factor, old_mean, old_variance = norm.get_weights()
        slope = factor / np.sqrt(old_variance + norm.epsilon)
        norm.set_weights([shift + slope * (mean - old_mean), slope * np.sqrt(variance + norm.epsilon), mean, variance])


def take_over(source: keras.Model, target: keras.Model) -> set[str]:
    """Copies the weights of the layers that have the same name in both networks, also where they lie in a part of one.

    `BatchNorm` takes over from Keras' own batch norm too, where both have a factor and a shift.

    Returns:
        The names of the layers that have weights and were not found in `source`.
    """
    known = {layer.name: layer for layer in _single_layers(source)}
    missing = set()
    for layer in _single_layers(target):
        if not layer.weights:
            continue
        if layer.name not in known:
            missing.add(layer.name)
            continue
        weights = known[layer.name].get_weights()
        if isinstance(layer, BatchNorm) and isinstance(known[layer.name], keras.layers.BatchNormalization):
            factor, shift, *statistics = weights
            weights = [shift, factor, *statistics]
        layer.set_weights(weights)
    return missing


def _single_layers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    inner = getattr(layer, "layers", None)
    return [layer] if inner is None else [each for part in inner for each in _single_layers(part)]


def fold_into_convolution(convolution: keras.layers.Layer, norm: BatchNorm) -> Weights:
    """Kernels and bias of a convolution that does, before max pooling and ReLU, what a bias-free one and `norm` do.

    Args:
        convolution: plain, or depthwise with one kernel a channel.
        norm: behind it.
    """
    (kernel,) = convolution.get_weights()
    shift, *factor, mean, variance = norm.get_weights()
    scale = (factor[0] if factor else 1) / np.sqrt(variance + norm.epsilon)
    channels_last = not isinstance(convolution, keras.layers.DepthwiseConv2D)
    return [kernel * (scale if channels_last else scale[:, np.newaxis]), shift - mean * scale]


def fold_into_dense(norm: keras.layers.BatchNormalization, dense: keras.layers.Dense) -> Weights:
    """Kernel and bias of the dense layer that does what `norm` and `dense` after it do."""
    gamma, beta, mean, variance = norm.get_weights()
    kernel, bias = dense.get_weights()
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return [kernel * scale[:, np.newaxis], bias + (beta - mean * scale) @ kernel]
