"""The three answers of one inference for networks of several backbones, as activation_map.py has them for one.

The fusion's head is no plain row of layers, so that TensorFlow's own forward-mode differentiation takes every tangent
through it. That needs a copy of the head's work for every position, which a teacher can afford.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from app.screening.runtime import FEATURES, MAP, PROBABILITIES
from training.models.backbones import ClassToken
from training.models.heads import FUSION_HEAD_NAME

ops = keras.ops


def malignant_score(logits: Any, malignant: npt.NDArray[np.bool_]) -> Any:
    """The log-odds of malignancy (N,): logsumexp of the malignant logits (N, K) less that of the others."""
    inside, outside = np.flatnonzero(malignant), np.flatnonzero(~malignant)
    return ops.logsumexp(ops.take(logits, inside, axis=-1), axis=-1) - ops.logsumexp(
        ops.take(logits, outside, axis=-1), axis=-1
    )


def with_fused_activation_map(model: keras.Model, malignant: Sequence[bool]) -> keras.Model:
    """The same network with the same weights, and all three answers.

    The map has the coarsest grid of the backbones' feature maps; finer ones are averaged down to it. A vision
    transformer's class token is no average over positions: its stream is held fast and adds nothing to the map.

    Args:
        model: float32, from pictures (N, side, side, 3) to probabilities (N, K), with a fusion head.
        malignant: for each of the K classes, whether it counts as malignant.

    Returns:
        A model from float32 pictures to {"probabilities": float32 (N, K), "features": float32 (N, D), "map": float32
        (N, h, w)}.
    """
    fused = model.get_layer("features")
    pools = [next(layer for layer in model.layers if layer.output is vector) for vector in fused.input]
    maps = [pool.input for pool in pools if not isinstance(pool, ClassToken)]
    lengths = [vector.shape[-1] for vector in fused.input]
    mapped = [not isinstance(pool, ClassToken) for pool in pools]
    head = FusedHead(model.get_layer(FUSION_HEAD_NAME), lengths, mapped, malignant, name="answers")
    probabilities, activation_map = head([fused.output, *maps])
    return keras.Model(
        model.input, {PROBABILITIES: probabilities, FEATURES: fused.output, MAP: activation_map}, name=model.name
    )


class FusedHead(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A fusion's head, with the map of the malignant score. Made for export, not for saving.

    Args:
        head: from the fused features (N, D) to logits (N, K).
        lengths: of each backbone's features.
        mapped: whether each backbone's features are the average of a map.
        malignant: for each class, whether it counts as malignant.
    """

    def __init__(
        self, head: keras.Model, lengths: Sequence[int], mapped: Sequence[bool], malignant: Sequence[bool], **rest: Any
    ) -> None:
        super().__init__(**rest)
        self.head = head
        self.lengths = list(lengths)
        self.mapped = list(mapped)
        self.malignant = np.array(malignant)

    def call(self, inputs: Sequence[Any]) -> tuple[Any, Any]:
        """From fused features (N, D) and the maps (N, H, W, C) to probabilities (N, K) and map (N, h, w)."""
        features, *maps = inputs
        rows, columns = min(grid.shape[1] for grid in maps), min(grid.shape[2] for grid in maps)
        positions = rows * columns
        left = iter(maps)
        tangents = []
        for length, mapped in zip(self.lengths, self.mapped, strict=True):
            if mapped:
                grid = next(left)
                step = grid.shape[1] // rows
                averaged = grid if step == 1 else ops.average_pool(grid, step, step)
                tangents.append(ops.reshape(averaged, (-1, positions, length)))
            else:
                tangents.append(ops.zeros_like(ops.repeat(features[:, np.newaxis, :length], positions, axis=1)))
        copies = ops.reshape(ops.repeat(features[:, np.newaxis], positions, axis=1), (-1, features.shape[-1]))
        directions = ops.reshape(ops.concatenate(tangents, axis=-1), (-1, features.shape[-1]))
        # Here, since this module is also imported where there is no TensorFlow; only exporting needs it.
        import tensorflow as tf

        with tf.autodiff.ForwardAccumulator(copies, directions) as accumulator:
            score = malignant_score(self.head(copies), self.malignant)
        rises = ops.reshape(accumulator.jvp(score), (-1, rows, columns))
        return ops.softmax(self.head(features)), rises
