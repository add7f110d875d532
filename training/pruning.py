"""Magnitude pruning: the smallest weights of each kernel become 0 (Han et al. 2015), at once, without training again.

Written here, since tensorflow-model-optimization wraps layers of Keras 2 and refuses those of Keras 3.
"""

import keras
import numpy as np
import numpy.typing as npt


def pruned(model: keras.Model, sparsity: float) -> keras.Model:
    """A copy of a model in which each kernel has lost its smallest weights. Biases and batch norm stay.

    Args:
        model: any.
        sparsity: share of each kernel's weights that become 0, 0..1.
    """
    copy = keras.models.clone_model(model)
    copy.set_weights(
        [
            without_smallest(values, sparsity) if values.ndim > 1 else values
            for values in (np.asarray(weight) for weight in model.weights)
        ]
    )
    return copy


def without_smallest(weights: npt.NDArray[np.float32], sparsity: float) -> npt.NDArray[np.float32]:
    """Weights of any shape with round(sparsity * N) of them 0: those nearest to 0."""
    if not 0 <= sparsity <= 1:
        raise ValueError(f"a sparsity lies between 0 and 1, not at {sparsity}")
    flat = weights.ravel().copy()
    flat[np.argsort(np.abs(flat), kind="stable")[: round(sparsity * flat.size)]] = 0
    return flat.reshape(weights.shape)
