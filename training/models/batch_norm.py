"""Batch norm (Ioffe, Szegedy 2015) for training, and what is left of it afterwards: another bias and another scale."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

EPSILON = 1e-3
RENEWAL = 0.02
"""Share of a batch in the running mean and variance."""

Weights = list[npt.NDArray[np.float32]]


@keras.saving.register_keras_serializable("lesion_screening")
class BatchNormReLU(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Batch norm with a shift and no scale, then ReLU.

    Keras' own layer computes in several steps in float32, which costs a good part of a step of training. The fused
    kernel takes bfloat16 and keeps its statistics in float32.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Makes shift, running mean and running variance, float32 (C,)."""

        def weight(name: str, initializer: str, *, trainable: bool) -> Any:
            return self.add_weight(
                shape=(shape[-1],), initializer=initializer, name=name, trainable=trainable, dtype="float32",
                autocast=False,
            )  # fmt: skip

        self.shift = weight("shift", "zeros", trainable=True)
        self.mean = weight("mean", "zeros", trainable=False)
        self.variance = weight("variance", "ones", trainable=False)

    def call(self, inputs: Any, *, training: bool | None = None) -> Any:
        """(N, H, W, C) of any float type, normalised over N, H and W, shifted, and cut off at 0."""
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.ones_like(self.mean),
            offset=tf.convert_to_tensor(self.shift),
            mean=tf.convert_to_tensor(self.mean),
            variance=tf.convert_to_tensor(self.variance),
            epsilon=EPSILON,
            exponential_avg_factor=RENEWAL if training else 1.0,
            is_training=bool(training),
        )
        if training:
            self.mean.assign(mean)
            self.variance.assign(variance)
        return tf.nn.relu(outputs)


def fold_into_convolution(convolution: keras.layers.Conv2D, norm: BatchNormReLU) -> Weights:
    """Kernel and bias of the convolution that does, before max pooling and ReLU, what a bias-free one and `norm` do."""
    (kernel,) = convolution.get_weights()
    shift, mean, variance = norm.get_weights()
    scale = 1 / np.sqrt(variance + EPSILON)
    return [kernel * scale, shift - mean * scale]


def fold_into_dense(norm: keras.layers.BatchNormalization, dense: keras.layers.Dense) -> Weights:
    """Kernel and bias of the dense layer that does what `norm` and `dense` after it do."""
    gamma, beta, mean, variance = norm.get_weights()
    kernel, bias = dense.get_weights()
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return [kernel * scale[:, np.newaxis], bias + (beta - mean * scale) @ kernel]
